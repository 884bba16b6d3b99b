/** Made-up audit records, grants, agents, credentials, and what can be undone. */
import type {
  AgentCredentialView,
  AgentView,
  AuditLine,
  AutoAnswerView,
  GrantView,
  UndoItemView,
  Verdict,
} from "../types";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

type Sample = Partial<AuditLine> & Pick<AuditLine, "kind" | "what">;

const agent = { kind: "agent", id: "main", name: null };
const person = {
  kind: "operator",
  id: "38eb5b6f2e2849890a3ccd87013c6d0b5a7e91f4c2d86e3b10f7a9548c61d2e0",
  name: "Gatehouse on studio",
};
const grant = "a81cecf9-4b6c-453c-9d1e-0f5b7c2a6e38";

const samples: readonly Sample[] = [
  { kind: "tool.outcome", what: "npm test -- --grep upload", outcome: "error" },
  {
    kind: "tool.intent",
    what: "npm test -- --grep upload",
    verdict: "allow",
    rules: ["tests-run-freely"],
  },
  {
    kind: "approval.allowed",
    what: "npm ci",
    actor: { kind: "operator", id: "Gatehouse on studio", name: null },
    verdict: "allow",
    approval: "a-4471",
  },
  {
    kind: "approval.asked",
    what: "npm ci",
    verdict: "ask",
    rules: ["preset:guarded"],
    approval: "a-4471",
  },
  {
    kind: "tool.intent",
    what: "git push origin main --force",
    verdict: "deny",
    rules: ["no-force-push"],
  },
  { kind: "credential.used", what: "{{cred:DEPLOY_TOKEN}}", outcome: "allowed" },
  { kind: "tool.outcome", what: "write src/upload.ts", outcome: "ok" },
  { kind: "tool.intent", what: "write src/upload.ts", verdict: "allow" },
  {
    kind: "policy.changed",
    what: "the policy was changed from 8c01f7d2b94e6a35 to 243929b5d20576a8",
    actor: person,
    agent: null,
  },
  { kind: "grant.revoked", what: `the grant ${grant} was revoked`, actor: person, agent: null },
  {
    kind: "login.accepted",
    what: "Gatehouse on studio came in from 127.0.0.1:51722",
    actor: person,
    agent: null,
  },
  {
    kind: "config.changed",
    what: "the configuration file was changed at agents.defaults.model",
    actor: { kind: "file", id: "gatehouse.json", name: null },
    agent: null,
  },
  { kind: "tool.intent", what: "git status --short", verdict: "allow" },
];

export const auditSize = 48_212;

/** The record with this number; the same each time. */
export function lineAt(seq: number, now: number): AuditLine {
  const sample = samples[(auditSize - 1 - seq) % samples.length];
  const ago = auditSize - 1 - seq;
  const base: AuditLine = {
    seq,
    at: now - 12 * second - ago * 47 * second,
    kind: "tool.intent",
    actor: agent,
    agent: "main",
    session: "agent:main:0",
    what: "",
    verdict: null,
    rules: [],
    approval: null,
    policyVersion: "12",
    outcome: null,
  };
  return { ...base, ...sample };
}

export function longLine(seq: number, now: number): AuditLine {
  return {
    ...lineAt(seq, now),
    kind: "tool.intent",
    agent: "documentation-and-release-notes-with-a-very-long-name",
    what: `cp -a "/srv/archive/2026/volume-${seq}/documents and pictures" /mnt/backup/volume-${seq} && `.repeat(
      12,
    ),
    verdict: (["allow", "ask", "deny"] as const)[seq % 3] ?? "ask",
    rules: Array.from(
      { length: 14 },
      (_, index) => `team-${index}-may-use-the-deployment-pipeline`,
    ),
  };
}

export function recordJson(line: AuditLine): string {
  const { seq, at, kind, actor, what, verdict, rules, outcome } = line;
  const body = { kind, what, verdict, rules, outcome, agent: line.agent, session: line.session };
  return JSON.stringify(
    {
      v: 1,
      seq,
      at,
      actor,
      ...body,
      cwd: "/home/anna/projects/gallery",
      argv: what.split(" "),
      environment: { PATH: "/usr/bin:/bin", DEPLOY_TOKEN: "{{cred:DEPLOY_TOKEN}}" },
    },
    null,
    2,
  );
}

export const hex = (seed: number): string =>
  Array.from({ length: 32 }, (_, index) =>
    ((seed * 31 + index * 97 + ((seed >> 3) ^ index) * 13) & 255).toString(16).padStart(2, "0"),
  ).join("");

export function grantsOf(kind: string, now: number): GrantView[] {
  if (kind === "empty") return [];
  const base = {
    agent: "main",
    session: null,
    createdBy: "anna",
    createdAt: now - 3 * day,
    expiresAt: now + 27 * day,
    uses: 0,
    lastUsedAt: null,
  };
  const grants: GrantView[] = [
    {
      ...base,
      id: "g-1",
      pattern: false,
      text: "npm ci",
      cwd: "~/projects/gallery",
      uses: 14,
      lastUsedAt: now - 22 * minute,
    },
    {
      ...base,
      id: "g-2",
      pattern: true,
      text: "cargo build **",
      cwd: "~/projects",
      agent: null,
      uses: 3,
      lastUsedAt: now - 2 * day,
    },
    {
      ...base,
      id: "g-3",
      pattern: false,
      text: "docker compose up -d",
      cwd: "~/projects/gallery",
      session: "agent:main:own",
      createdAt: now - 41 * minute,
      expiresAt: null,
      uses: 1,
      lastUsedAt: now - 40 * minute,
    },
    {
      ...base,
      id: "g-4",
      pattern: false,
      text: "systemctl restart caddy",
      cwd: null,
      agent: "ops",
      createdAt: now - 52 * minute,
      expiresAt: now + 8 * minute,
    },
  ];
  if (kind !== "long") return grants;
  return Array.from({ length: 60 }, (_, index) => ({
    ...base,
    id: `g-${index}`,
    pattern: index % 2 === 0,
    text: `deployment-pipeline run --environment staging-${index} --configuration "/srv/configuration/of/the/deployment/pipeline-${index}.json" --and-wait`,
    cwd: "/srv/archive/a/folder/with/a/path/that/is/far/longer/than/any/column/could/ever/be",
    agent: "documentation-and-release-notes-with-a-very-long-name",
  }));
}

export function agentsOf(kind: string): AgentView[] {
  if (kind === "empty") return [];
  return [
    { id: "main", name: "Main", usual: true, model: "claude-opus-4-6", workspace: "~/projects" },
    { id: "ops", name: "Ops", usual: false, model: "claude-haiku-4-5", workspace: "/srv/ops" },
    { id: "docs", name: null, usual: false, model: null, workspace: "~/projects/docs" },
  ];
}

export function credentialsOf(kind: string, now: number): AgentCredentialView[] {
  if (kind === "empty") return [];
  const base: AgentCredentialView = {
    name: "DEPLOY_TOKEN",
    kind: "api_key",
    state: "active",
    createdAt: now - 40 * day,
    rotatedAt: now - 3 * day,
    expiresAt: now + 50 * day,
    lastUsedAt: now - 18 * minute,
    uses: 212,
    maxUses: null,
    graceUntil: null,
    boundHosts: ["api.example.org"],
    boundTools: [],
  };
  const more: AgentCredentialView[] = [
    base,
    {
      ...base,
      name: "NPM_PUBLISH",
      kind: "oauth_token",
      rotatedAt: now - 8 * minute,
      graceUntil: now + 52 * minute,
      uses: 4,
      maxUses: 10,
      boundHosts: ["registry.npmjs.org"],
    },
    {
      ...base,
      name: "STAGING_DB",
      kind: "password",
      state: "expired",
      rotatedAt: null,
      expiresAt: now - 2 * day,
      lastUsedAt: null,
      uses: 0,
      boundHosts: [],
      boundTools: ["psql"],
    },
    { ...base, name: "ONE_SHOT", state: "usedUp", uses: 1, maxUses: 1, boundHosts: [] },
  ];
  if (kind !== "long") return more;
  return Array.from({ length: 80 }, (_, index) => ({
    ...base,
    name: `A_NAME_THAT_IS_AS_LONG_AS_NAMES_MAY_BE_AND_THEN_SOME_MORE_CHARACTERS_${index}`,
    boundHosts: Array.from({ length: 9 }, (_, at) => `host-${at}.internal.example.org`),
  }));
}

export function undoOf(kind: string, now: number): UndoItemView[] {
  if (kind === "empty" || kind === "none") return [];
  return [
    {
      id: "u-1",
      toolCall: "call_9",
      at: now - 3 * minute,
      path: "~/projects/gallery/build/index.html",
      what: "overwrote",
      size: 18_240,
      session: "agent:main:0",
    },
    {
      id: "u-2",
      toolCall: "call_9",
      at: now - 5 * minute,
      path: "~/projects/gallery/notes/plan.md",
      what: "deleted",
      size: 4_108,
      session: "agent:main:0",
    },
  ];
}

export function autoAnswersOf(kind: string, now: number): AutoAnswerView {
  if (kind === "empty") return { paused: false, rules: [], answered: [] };
  const rule = (id: string, command: string, answer: "allow" | "deny", note: string) => ({
    rule: { id, enabled: true, gateway: null, agent: null, command, answer, note },
    uses: 0,
    lastUsedAt: null,
    problem: null,
  });
  const tests = rule("r-1", "npm test **", "allow", "Harmless, and it asks every time.");
  const push = rule("r-2", "git push ** --force **", "deny", "main is shared.");
  return {
    paused: kind === "paused",
    rules: [
      {
        ...tests,
        rule: { ...tests.rule, gateway: "gw-studio", agent: "main" },
        uses: 31,
        lastUsedAt: now - 6 * minute,
      },
      { ...push, uses: 2, lastUsedAt: now - 26 * hour },
    ],
    answered: Array.from({ length: kind === "long" ? 60 : 4 }, (_, index) => ({
      at: now - (6 + index * 31) * minute,
      rule: index === 2 ? "r-2" : index === 3 ? "r-9" : "r-1",
      gateway: "gw-studio",
      gatewayName: "Studio",
      item: `gw-studio/exec/auto-${index}`,
      subject: index === 2 ? "git push --force origin main" : "npm test -- --grep upload",
      agent: "main",
      answer: index === 2 ? ("deny" as const) : ("allow" as const),
    })),
  };
}

export const verdictCounts = (flips: readonly { was: Verdict; would: Verdict }[]) => {
  const counts = new Map<string, { was: Verdict; would: Verdict; count: number }>();
  for (const { was, would } of flips) {
    const key = `${was} ${would}`;
    const known = counts.get(key) ?? { was, would, count: 0 };
    counts.set(key, { ...known, count: known.count + 1 });
  }
  return [...counts.values()];
};
