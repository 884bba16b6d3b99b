/** Which shape stands for what in the audit. */
import type { Component } from "svelte";
import Ban from "@lucide/svelte/icons/ban";
import BookLock from "@lucide/svelte/icons/book-lock";
import Check from "@lucide/svelte/icons/check";
import CircleHelp from "@lucide/svelte/icons/circle-question-mark";
import CircleStop from "@lucide/svelte/icons/circle-stop";
import CircleX from "@lucide/svelte/icons/circle-x";
import Dot from "@lucide/svelte/icons/circle-small";
import LogIn from "@lucide/svelte/icons/log-in";
import Settings2 from "@lucide/svelte/icons/settings-2";
import ShieldCheck from "@lucide/svelte/icons/shield-check";
import SquareTerminal from "@lucide/svelte/icons/square-terminal";
import UserRound from "@lucide/svelte/icons/user-round";
import type { AuditLine } from "$lib/backend/types";

type Mark = {
  icon: Component<{ size?: number }>;
  tone: "allow" | "ask" | "deny" | "quiet";
};

/** By the first word of a record's kind. */
const areas: Record<string, Mark["icon"]> = {
  tool: SquareTerminal,
  undo: SquareTerminal,
  approval: UserRound,
  grant: UserRound,
  policy: ShieldCheck,
  audit: ShieldCheck,
  credential: BookLock,
  login: LogIn,
  pairing: LogIn,
  device: LogIn,
  token: LogIn,
  config: Settings2,
  agent: Settings2,
  session: ShieldCheck,
  exec: Settings2,
  gateway: Settings2,
};

const verdicts = { allow: Check, ask: CircleHelp, deny: Ban };

/** What came of a call, where it is not what the call was for. */
const outcomes: Record<string, Mark> = {
  error: { icon: CircleX, tone: "deny" },
  failed: { icon: CircleX, tone: "deny" },
  refused: { icon: Ban, tone: "deny" },
  denied: { icon: Ban, tone: "deny" },
  changed: { icon: Ban, tone: "deny" },
  unknown_outcome: { icon: CircleHelp, tone: "ask" },
  aborted: { icon: CircleStop, tone: "quiet" },
  not_run: { icon: CircleStop, tone: "quiet" },
};

/** Only of these does the outcome say how it went; an approval's is what its kind says already. */
const withOutcome = new Set(["tool.outcome", "credential.used"]);

/** A verdict where there is one, then an outcome that is no success, else what it is about. */
export function markOf({
  verdict,
  kind,
  outcome,
}: Pick<AuditLine, "verdict" | "kind" | "outcome">): Mark {
  if (verdict) return { icon: verdicts[verdict], tone: verdict };
  const came = withOutcome.has(kind) ? outcomes[outcome ?? ""] : undefined;
  return came ?? { icon: areas[kind.split(".")[0] ?? ""] ?? Dot, tone: "quiet" };
}
