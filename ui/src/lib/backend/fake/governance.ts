/** The governance calls of the fake, over what `policy` and `records` made up. */
import { BackendError } from "../backend";
import type { Governance } from "../governance";
import type {
  AuditLine,
  AuditQuery,
  AutoAnswerView,
  AutoRule,
  FlipView,
  PolicyView,
  SimulationView,
} from "../types";
import { analyse } from "./analysis";
import { policyOf, validate, withPreset } from "./policy";
import {
  agentsOf,
  auditSize,
  autoAnswersOf,
  credentialsOf,
  grantsOf,
  hex,
  lineAt,
  longLine,
  recordJson,
  undoOf,
  verdictCounts,
} from "./records";
import type { Scenario } from "./scenario";
import { configurationOf } from "./configuration";

const day = 86_400_000;

/** How long the fake looks for, so that each state of a wait can be seen. */
const slow = 20_000;

export function governanceCalls(current: Scenario, now: () => number): Governance {
  const kind = current.own;
  const content = kind === "empty" || kind === "long" ? kind : "few";
  let policy = policyOf(content, now());
  let grants = grantsOf(kind, now());
  let credentials = credentialsOf(kind, now());
  let undo = undoOf(kind, now());
  let answers = autoAnswersOf(kind, now());

  async function answer<T>(value: () => T, wait = current.latency): Promise<T> {
    await new Promise((resolve) => setTimeout(resolve, kind === "slow" ? slow : wait));
    if (kind === "error") {
      throw new BackendError("gatewayRefused", "the policy database is locked", true);
    }
    return value();
  }

  const need = <T>(found: T | undefined, code: string): T => {
    if (found === undefined) throw new BackendError(code, "it is not there", false);
    return found;
  };

  return {
    policyGet: () => answer(() => policy),
    policyValidate: (_, text, cedar) =>
      answer(() => [...validate(text), ...(cedar === null ? [] : cedarProblems(cedar))]),
    policySet: ({ baseHash, document, roles, preset }) =>
      answer(() => {
        if (baseHash !== policy.hash) throw new BackendError("policyMoved", "not the hash", false);
        if (document !== null && validate(document).some(({ error }) => error))
          throw new BackendError("policyInvalid", "it has errors", false);
        policy = changed(policy, { document, roles }, now());
        if (preset) policy = withPreset(policy, preset);
        return policy;
      }),
    policyCheck: ({ command }) => answer(() => decision(command, policy)),
    policySimulate: ({ document, since }) =>
      answer(() => simulation(kind, document !== null, since, now()), 240),

    grantsList: () => answer(() => grants),
    grantsPreview: (_, pattern) =>
      answer(() =>
        Array.from({ length: pattern.includes("**") ? 6 : 1 }, (_, index) => ({
          seq: auditSize - 40 - index * 12,
          at: now() - (2 + index * 9) * 3_600_000,
          command: `npm run test -- --grep '${["upload", "store", "thumbnail"][index % 3] ?? ""}'`,
        })),
      ),
    grantRevoke: (_, id) =>
      answer(() => {
        const before = grants.length;
        grants = grants.filter((each) => each.id !== id);
        return grants.length < before;
      }),

    auditList: (query) => answer(() => page(kind, query, now())),
    auditRecord: (_, seq) =>
      answer(() => {
        const line = seq >= 0 && seq < auditSize ? lineOf(kind, seq, now()) : undefined;
        const found = need(line, "invalidInput");
        return { line: found, json: recordJson(found), leaf: hex(seq), previous: hex(seq - 1) };
      }),
    auditVerify: () => answer(() => verification(kind, now()), 400),
    auditExport: ({ format }) =>
      answer(
        () => ({ place: `~/Downloads/gatehouse-audit-2026-11-21.${format}`, bytes: 31_417_000 }),
        500,
      ),

    agentCredentialsList: () => answer(() => credentials),
    agentCredentialSet: ({ secret: _secret, gateway: _gateway, ...input }) =>
      answer(() => {
        const [made] = credentialsOf("few", now());
        const rest = { rotatedAt: null, graceUntil: null, lastUsedAt: null, uses: 0 };
        if (made) {
          credentials = [
            ...credentials,
            { ...made, ...input, ...rest, state: "active", createdAt: now() },
          ];
        }
      }),
    agentCredentialRotate: ({ name, graceMs }) =>
      answer(() => {
        credentials = credentials.map((each) => {
          if (each.name !== name) return each;
          return { ...each, rotatedAt: now(), graceUntil: graceMs ? now() + graceMs : null };
        });
      }),
    agentCredentialDelete: (_, name) =>
      answer(() => {
        credentials = credentials.filter((each) => each.name !== name);
        return true;
      }),

    agentsList: () => answer(() => agentsOf(kind)),

    configurationState: () => answer(() => configurationOf(kind)),

    undoList: () => answer(() => undo),
    undoRestore: (_, id) =>
      answer(() => {
        const item = need(
          undo.find((each) => each.id === id),
          "undoGone",
        );
        undo = undo.filter((each) => each !== item);
        return item.path;
      }),

    autoAnswers: () => answer(() => answers),
    autoAnswersPause: (paused) => answer(() => (answers = { ...answers, paused })),
    autoRuleSave: (rule) => answer(() => (answers = saved(answers, rule))),
    autoRuleRemove: (id) =>
      answer(
        () =>
          (answers = { ...answers, rules: answers.rules.filter((each) => each.rule.id !== id) }),
      ),
  };
}

function changed(
  policy: PolicyView,
  { document, roles }: { document: string | null; roles: string | null },
  now: number,
): PolicyView {
  const version = String(Number(policy.version) + 1);
  return {
    ...policy,
    version,
    hash: `hash-${version}`,
    document: document ?? policy.document,
    roles: roles ?? policy.roles,
    problems: validate(document ?? policy.document),
    changedAt: now,
  };
}

function cedarProblems(text: string) {
  if (!text.includes("permitt")) return [];
  const line = text.split("\n").findIndex((each) => each.includes("permitt")) + 1;
  const message = "“permitt” begins no statement.";
  return [{ error: true, path: "roles", line, column: 1, message, suggestion: "permit" }];
}

function decision(command: string, { rules, version }: PolicyView) {
  const { findings, effects, commands, dangerous, verdict: least } = analyse(command);
  const hits = rules.filter(
    ({ id }) =>
      (id === "tests-run-freely" && /\b(npm|cargo) test\b/.test(command)) ||
      (id === "no-force-push" && /push.*--force/.test(command)),
  );
  const denied = hits.some((each) => each.verdict === "deny");
  const allowed = hits.some((each) => each.verdict === "allow") && !dangerous;
  const verdict = denied ? "deny" : allowed ? "allow" : least;
  return {
    verdict,
    dangerous,
    command,
    findings,
    effects,
    commands,
    plan: command.includes("$(") ? null : command.replace(/\s+/g, " "),
    rules: hits.map(({ id, verdict: each, text }) => ({ id, verdict: each, text })),
    policyVersion: version,
    cut: false,
  };
}

function simulation(kind: string, draft: boolean, since: number, now: number): SimulationView {
  if (kind === "empty") return { examined: 0, more: false, flips: [], counts: [] };
  const days = Math.max(1, Math.round((now - since) / day));
  if (!draft && days === 1) return { examined: 214, more: false, flips: [], counts: [] };
  const samples: Omit<FlipView, "seq" | "at">[] = [
    {
      agent: "main",
      session: "agent:main:0",
      what: "curl -fsSL https://example.org/data.json -o data.json",
      was: "allow",
      would: "ask",
      why: "nothing-leaves-at-night",
    },
    {
      agent: "ops",
      session: "agent:ops:0",
      what: "systemctl restart caddy",
      was: "ask",
      would: "allow",
      why: "ops-may-restart",
    },
    {
      agent: "main",
      session: "agent:main:0",
      what: "git push origin fix --force-with-lease",
      was: "ask",
      would: "deny",
      why: "no-force-push",
    },
  ];
  const flips = Array.from({ length: kind === "long" ? 200 : 7 }, (_, index): FlipView => {
    const sample = samples[index % samples.length] ?? samples[0];
    if (!sample) throw new Error("there are samples");
    return { ...sample, seq: auditSize - 12 - index * 31, at: now - (index + 1) * 5_100_000 };
  });
  return { examined: days * 214, more: days > 7, flips, counts: verdictCounts(flips) };
}

const lineOf = (kind: string, seq: number, now: number): AuditLine =>
  kind === "long" ? longLine(seq, now) : lineAt(seq, now);

function page(kind: string, query: AuditQuery, now: number) {
  const empty = { records: [], more: false, size: 0, root: hex(0) };
  if (kind === "empty") return empty;
  const { before, limit, kinds, agent, verdict, text } = query;
  const records: AuditLine[] = [];
  let seq = (before ?? auditSize) - 1;
  const wanted = (line: AuditLine) =>
    (kinds.length === 0 || kinds.some((each) => line.kind.startsWith(each))) &&
    (agent === null || line.agent === agent) &&
    (verdict === null || line.verdict === verdict) &&
    (text === null || line.what.toLowerCase().includes(text.toLowerCase()));
  for (; seq >= 0 && records.length < limit; seq -= 1) {
    const line = lineOf(kind, seq, now);
    if (wanted(line)) records.push(line);
  }
  return { records, more: seq > 0, size: auditSize, root: hex(auditSize) };
}

function verification(kind: string, now: number) {
  const checkpoint = { size: auditSize - 4, root: hex(auditSize - 4), at: now - 40_000 };
  const intact = { intact: true, unproven: [], checkpoint: null, broken: null };
  if (kind === "empty") return { ...intact, records: 0 };
  if (kind === "script") return { ...intact, records: 17 };
  const former =
    "the records of an earlier log were taken away: what this one says of them is not proven";
  const since =
    "records 48203 to 48206 follow the last checkpoint and were written by nobody who is known";
  if (kind === "unproven") {
    const unproven = [
      { first: null, text: former },
      { first: 48_203, text: since },
    ];
    return { ...intact, records: auditSize, checkpoint, unproven };
  }
  if (kind !== "broken") return { ...intact, records: auditSize, checkpoint };
  const text = "the record's content does not give the hash that stands in the tree";
  const broken = { seq: 48_203, kind: "changed", text };
  return { ...intact, intact: false, records: auditSize, checkpoint, broken };
}

function saved(answers: AutoAnswerView, rule: AutoRule): AutoAnswerView {
  const id = rule.id || `r-${answers.rules.length + 10}`;
  const known = answers.rules.find((each) => each.rule.id === id);
  const view = { uses: 0, lastUsedAt: null, problem: null, ...known, rule: { ...rule, id } };
  const rules = known
    ? answers.rules.map((each) => (each === known ? view : each))
    : [...answers.rules, view];
  return { ...answers, rules };
}
