/** Which world the fake shows. Chosen by the address: `?fake=few&latency=200&deltas=500&messages=10000`. */

export const scenarioNames = [
  "empty",
  "quiet",
  "few",
  "many",
  "long",
  "offline",
  "locked",
  "choice",
  "passphrase",
  "error",
  "slow",
  "streaming",
  "states",
  "pairing",
  "older",
  "odd",
  "unstarted",
  "lost",
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

/**
 * What the gateway of this computer holds, chosen with `&own=few`; none has no such gateway. `script` is how it begins:
 * without a model, and nothing signed yet.
 */
export const ownKinds = [
  "none",
  "few",
  "empty",
  "long",
  "broken",
  "unproven",
  "readonly",
  "paused",
  "error",
  "slow",
  "away",
  "failed",
  "script",
] as const;
export type OwnKind = (typeof ownKinds)[number];

export type Scenario = {
  name: ScenarioName;
  /** How long each call takes, in milliseconds. */
  latency: number;
  /** Text deltas a second of a streaming run. */
  deltas: number;
  /** Messages in each session's transcript. */
  messages: number;
  sessions: number;
  requests: number;
  own: OwnKind;
};

const sizes: Partial<Record<ScenarioName, Partial<Scenario>>> = {
  empty: { sessions: 0, requests: 0 },
  quiet: { requests: 0 },
  odd: { sessions: 0 },
  many: { sessions: 10_000, requests: 400, messages: 10_000 },
  slow: { latency: 20_000 },
  streaming: { deltas: 60 },
};

export function scenario(search: string): Scenario {
  const query = new URLSearchParams(search);
  const name = scenarioNames.find((known) => known === query.get("fake")) ?? "few";
  const base: Scenario = {
    name,
    latency: 25,
    deltas: 40,
    messages: 24,
    sessions: 14,
    requests: 4,
    own: "none",
    ...sizes[name],
  };
  const own = ownKinds.find((known) => known === query.get("own")) ?? base.own;
  const number = (key: string, usual: number) => {
    const text = query.get(key);
    return text === null || !Number.isFinite(Number(text)) ? usual : Number(text);
  };
  return {
    name,
    latency: number("latency", base.latency),
    deltas: number("deltas", base.deltas),
    messages: number("messages", base.messages),
    sessions: number("sessions", base.sessions),
    requests: number("requests", base.requests),
    own,
  };
}
