/** A reading of a command that is good enough to draw: it knows a few words and judges nothing real. */
import type {
  CommandAnalysis,
  EffectKind,
  EffectView,
  FindingView,
  SpanView,
  Verdict,
  Zone,
} from "../types";

type Known = {
  pattern: RegExp;
  verdict: Verdict;
  code: string;
  finding?: string;
  effect?: (match: string) => [EffectKind, Zone, string];
  secret?: boolean;
};

const known: readonly Known[] = [
  {
    pattern: /\brm\s+-rf?\s+(\/|~)(?=\s|$)/g,
    verdict: "deny",
    code: "delete-root",
    finding: "Deletes the home folder or the whole disk.",
    effect: () => ["delete", "home", "Deletes everything below it."],
  },
  {
    pattern: /\b(curl|wget)\b[^|&;]*\|\s*(sudo\s+)?(ba|z|)sh\b[^|&;]*/g,
    verdict: "deny",
    code: "download-run",
    finding: "Runs whatever the download says, unread.",
  },
  {
    pattern: /\brm\s+-rf?\s+[^|&;]*[^|&;\s]/g,
    verdict: "allow",
    code: "delete",
    effect: (match) => [
      "delete",
      "workspace",
      `Deletes ${match.replace(/^rm\s+-\w+\s+/, "").replace(/\s+/g, " and ")} with all that is in them.`,
    ],
  },
  {
    pattern: /\b(curl|wget)\b[^|&;]*[^|&;\s]/g,
    verdict: "ask",
    code: "network",
    effect: (match) => ["network", "elsewhere", transferred(match)],
  },
  {
    pattern: /\bsudo\b/g,
    verdict: "ask",
    code: "privilege",
    finding: "Runs with the rights of root.",
  },
  {
    pattern: /[^\s]*(\.pem|\.ssh\/\S*|\.env\b|\.npmrc)[^\s]*/g,
    verdict: "ask",
    code: "secret-read",
    effect: () => ["read", "protected", "Reads what authenticates somebody."],
    secret: true,
  },
  {
    pattern: /\bgit\s+push\b[^|&;]*--force[^|&;]*/g,
    verdict: "ask",
    code: "force-push",
    finding: "Overwrites history that others may have.",
    effect: () => ["remote", "elsewhere", "Changes a branch on a remote."],
  },
  {
    pattern: /\bnpm\s+(run|test|ci|install|publish)\b[^|&;]*/g,
    verdict: "ask",
    code: "script",
    effect: (match) => {
      if (match.includes("publish")) return ["remote", "elsewhere", "Publishes a package."];
      return ["execute", "workspace", "Runs a script that package.json names."];
    },
  },
  {
    pattern: /\bcp\s[^|&;]*[^|&;\s]/g,
    verdict: "allow",
    code: "copy",
    effect: (match) => [
      "write",
      "elsewhere",
      `Writes to ${match.split(/\s+/).at(-1) ?? "a place"}.`,
    ],
  },
];

/** What curl and wget do with the address: what is given to it is sent. */
function transferred(command: string): string {
  const host = /https?:\/\/([^/\s]+)/.exec(command)?.[1] ?? "an address that is not known";
  const file = /\s(?:-T|--upload-file|--post-file)[ =]?(\S+)/.exec(command)?.[1];
  if (file) return `Sends ${file} to ${host}.`;
  const data = /\s(?:-d|--data\S*|-F|--form|--post-data)\b/.test(command);
  return data ? `Sends data to ${host}.` : `Fetches from ${host}.`;
}

const order: readonly Verdict[] = ["allow", "ask", "deny"];
export const strictest = (verdicts: readonly Verdict[]): Verdict =>
  order[Math.max(0, ...verdicts.map((verdict) => order.indexOf(verdict)))] ?? "allow";

/** How many findings and how many effects are listed. */
const most = 60;

export function analyse(text: string): CommandAnalysis {
  const findings: FindingView[] = [];
  const effects: EffectView[] = [];
  const verdicts: Verdict[] = [];
  for (const { pattern, verdict, code, finding, effect, secret = false } of known) {
    for (const match of text.matchAll(pattern)) {
      const span: SpanView = { start: match.index, end: match.index + match[0].trimEnd().length };
      verdicts.push(verdict);
      if (finding) findings.push({ verdict, code, span, text: finding });
      if (!effect) continue;
      const [kind, zone, words] = effect(match[0]);
      effects.push({ kind, zone, target: null, secret, span, text: words });
    }
  }
  findings.sort((one, other) => order.indexOf(other.verdict) - order.indexOf(one.verdict));
  const argv = text.split(/\s*(?:&&|\||;|\n)\s*/).filter(Boolean);
  return {
    verdict: verdicts.length > 0 ? strictest(verdicts) : knownHarmless(text) ? "allow" : "ask",
    dangerous: verdicts.includes("deny") || effects.some((each) => each.secret),
    findings: findings.slice(0, most),
    effects: effects.slice(0, most),
    commands: argv.slice(0, 40).map((line) => ({
      argv: line.split(/\s+/),
      exact: !/[$*]/.test(line),
      indirect: /^bash\b/.test(line),
    })),
    cut: effects.length > most,
  };
}

const knownHarmless = (text: string) =>
  /^(ls|pwd|git (status|log|diff)|cat|grep|rg|echo)\b/.test(text);
