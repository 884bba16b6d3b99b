/** A made-up policy: its document, its rules in words, its roles, and what is wrong with a changed one. */
import type { PolicyProblem, PolicyView, Preset, RuleView } from "../types";

export const document = `{
  version: 1,
  preset: "guarded",

  // What every agent of this gateway may do, beyond the preset. The strictest wins.
  rules: [
    {
      id: "tests-run-freely",
      verdict: "allow",
      tool: "exec",
      command: ["npm test **", "cargo test **"],
      paths: { below: ["~/projects"] },
      examples: {
        match: ["npm test -- --grep upload", "env CI=1 cargo test -p core"],
        not: ["npm test; curl https://example.org", "npm install"],
      },
    },
    {
      id: "nothing-leaves-at-night",
      verdict: "ask",
      effects: ["network", "remote"],
      time: { from: "22:00", to: "06:00" },
    },
    {
      id: "no-force-push",
      verdict: "deny",
      command: "git push ** --force **",
      reason: "main is shared. Open a pull request instead.",
    },
    {
      id: "ops-may-restart",
      verdict: "allow",
      enabled: "shadow",
      agent: "ops",
      command: "systemctl restart caddy",
    },
  ],
}
`;

export const roles = `// Agents
@id("agents call tools")
permit (principal is Agent in Role::"developer", action == Action::"tool.call", resource)
when {
  (!resource.runs || principal.scopes.contains("exec")) &&
  (resource.server == "" || principal.scopes.contains("tools"))
};

@id("agents write")
permit (
  principal is Agent in Role::"developer",
  action in [Action::"path.write", Action::"path.delete"],
  resource
)
when { principal.scopes.contains("write") };

@require_approval("production is looked at by a person")
permit (principal is Agent in Role::"developer", action == Action::"path.write", resource)
when { resource.path like "/srv/production/*" };

@id("agents use credentials where they are bound to")
permit (principal is Agent in Role::"developer", action == Action::"credential.use", resource)
when { principal.scopes.contains("credentials") && resource.bound };

forbid (principal == Agent::"ops", action == Action::"host.connect", resource)
unless { resource.name like "*.example.org" };

// People
permit (
  principal is User in Role::"observer",
  action in [Action::"session.read", Action::"approval.read", Action::"policy.read", Action::"audit.read"],
  resource
);
permit (principal is User in Role::"operator", action == Action::"approval.decide", resource);
forbid (principal == User::"user:anna@example.org", action == Action::"policy.change", resource)
when { if context.channel == "" then true else false };
`;

const rule = (
  id: string,
  verdict: RuleView["verdict"],
  text: string,
  more: Partial<RuleView> = {},
): RuleView => ({ id, verdict, text, state: "on", problems: [], ...more });

const usual: RuleView[] = [
  rule(
    "tests-run-freely",
    "allow",
    "npm test and cargo test, with any arguments, below ~/projects.",
  ),
  rule(
    "nothing-leaves-at-night",
    "ask",
    "Whatever uses the network or changes something elsewhere, from 22:00 to 06:00.",
  ),
  rule("no-force-push", "deny", "git push with --force anywhere in it."),
  rule("ops-may-restart", "allow", "systemctl restart caddy, by the agent ops.", {
    state: "shadow",
  }),
];

function long(): RuleView[] {
  return Array.from({ length: 160 }, (_, index) =>
    rule(
      `team-${index}-may-use-the-deployment-pipeline-of-the-documentation-and-release-notes`,
      (["allow", "ask", "deny"] as const)[index % 3] ?? "ask",
      `Commands that begin with deployment-pipeline-${index}, below /srv/a/folder/with/a/path/that/is/far/longer/than/any/column/could/ever/be/expected/to/hold, by any agent whose name begins with release.`,
      { state: index % 7 === 0 ? "shadow" : index % 11 === 0 ? "off" : "on" },
    ),
  );
}

export function policyOf(kind: "few" | "empty" | "long", now: number): PolicyView {
  const rules = { few: usual, empty: [], long: long() }[kind];
  const text =
    kind === "empty" ? '{\n  version: 1,\n  preset: "guarded",\n  rules: [],\n}\n' : document;
  return {
    version: kind === "empty" ? "1" : "12",
    preset: "guarded",
    document: text,
    hash: "5e1b",
    problems: [],
    rules,
    roles: kind === "empty" ? "" : roles,
    changedAt: now - 2 * 3_600_000,
  };
}

/** Enough to see each kind of problem: a word that is not known, a bracket that is missing, an example that fails. */
export function validate(text: string): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const lines = text.split("\n");
  const place = (pattern: RegExp): [number, number] => {
    const line = lines.findIndex((each) => pattern.test(each));
    return [line + 1, (lines[line]?.search(pattern) ?? 0) + 1];
  };
  const word = /verdict:\s*"(?!allow|ask|deny)(\w*)"/.exec(text);
  if (word) {
    const [line, column] = place(/verdict:\s*"(?!allow|ask|deny)/);
    problems.push({
      error: true,
      path: "rules[0].verdict",
      line,
      column,
      message: `“${word[1] ?? ""}” is no verdict.`,
      suggestion: "allow, ask or deny",
    });
  }
  const key = /\b(comand|effect|pathes)\b(?=:)/.exec(text);
  if (key?.[1]) {
    const [line, column] = place(/\b(comand|effect|pathes)\b(?=:)/);
    const names: Record<string, string> = { comand: "command", effect: "effects", pathes: "paths" };
    problems.push({
      error: true,
      path: `rules[0].${key[1]}`,
      line,
      column,
      message: `A rule has no field “${key[1]}”.`,
      suggestion: names[key[1]] ?? null,
    });
  }
  const opened = text.split("{").length - text.split("}").length;
  if (opened !== 0) {
    const line = lines.length - (lines.at(-1) === "" ? 1 : 0);
    problems.push({
      error: true,
      path: "",
      line,
      column: 1,
      message: opened > 0 ? "A brace is not closed." : "A brace is closed that was not opened.",
      suggestion: null,
    });
  }
  if (text.includes("example.com")) {
    const [line, column] = place(/example\.com/);
    problems.push({
      error: false,
      path: "rules[0].examples.not[0]",
      line,
      column,
      message: "This example does not match by its host alone; the command never gets that far.",
      suggestion: null,
    });
  }
  return problems;
}

export function withPreset(policy: PolicyView, preset: Preset): PolicyView {
  const text = policy.document.replace(/preset: "\w+"/, `preset: "${preset}"`);
  return { ...policy, preset, document: text };
}
