/** What a command does, in one sentence, and where it would run: from facts, never from a guess. */
import type { InboxItemDetail, InboxItemView, ItemKind } from "$lib/backend/types";
import { m } from "$lib/messages";
import { mostNamed, type Reading } from "$lib/shell/reading";
import type { Covers } from "./covers";
import { choiceLabel } from "./marks";

/** “Runs rm, then curl piped into bash.” Null where there are no several commands: one says it itself. */
export function sentence({ programs, morePrograms, commands, pipelines }: Reading): string | null {
  if (programs.length === 0 || commands < 2) return null;
  if (commands > mostNamed) return m.inbox.does.many(programs, morePrograms, commands);
  const listed = `${programs.slice(0, -1).join(", ")} ${m.inbox.does.and} ${programs.at(-1) ?? ""}`;
  if (!pipelines) return m.inbox.does.some(listed);
  if (pipelines.length === 1) return m.inbox.does.pipeline(listed);
  if (pipelines.length === commands) return m.inbox.does.sequence(listed);
  return m.inbox.does.mixed(pipelines);
}

/** What is allowed from then on, once this is allowed always. */
export function alwaysMeaning(kind: ItemKind, covers: Covers, reading: Reading | null): string {
  if (kind !== "exec") return m.inbox.alwaysOther;
  if (covers === "exactly") return m.inbox.alwaysExactly;
  const programs = reading && reading.morePrograms === 0 ? [...new Set(reading.programs)] : [];
  if (covers === "unknown" || programs.length === 0) return m.inbox.alwaysUnknown;
  const list = new Intl.ListFormat(undefined, { type: "disjunction" });
  return m.inbox.alwaysProgram(list.format(programs));
}

/** On which computer: the gateway's own, a sandbox on it, or a node of it. */
export function place({ item: { host, gatewayName }, node }: InboxItemDetail): string {
  if (node) return m.inbox.onNode(node, gatewayName);
  if (host === null || host === "gateway") return m.inbox.onGateway(gatewayName);
  return host === "sandbox" ? m.inbox.inSandbox(gatewayName) : m.inbox.onHost(host, gatewayName);
}

/** So long a folder has room above a small card. */
const longestAbove = 60;

/** Folder and gateway, for the line above a small card; none where the folder is too long for it. */
export function placeAbove({ cwd, gatewayName }: InboxItemView): string[] | null {
  if (cwd === null) return [gatewayName];
  return cwd.length <= longestAbove ? [cwd, gatewayName] : null;
}

/** A warning above the choices: the gateway's, or one of this app's own reading of the request. */
export function warningOf(warning: string): string {
  if (warning === "unsaid") return m.inbox.warnings.unsaid;
  if (warning === "tooLarge") return m.inbox.warnings.tooLarge;
  return `${m.inbox.gatewayWarns} ${warning}`;
}

/** Why a decision is not offered. Four reasons come from this app's own reading of the request. */
export function reasonOf(reason: string | null, ask: string | null): string {
  if (reason === "asksForSecret") return m.inbox.reasons.asksForSecret;
  if (reason === "unreadable") return m.inbox.reasons.unreadable;
  if (reason === "unsaid") return m.inbox.reasons.unsaid;
  if (reason === "tooLarge") return m.inbox.reasons.tooLarge;
  return reason ?? (ask === "always" ? m.inbox.unavailableByPolicy : m.inbox.unavailableHere);
}

/** Which decisions this app may not make, scope by scope. Empty where nothing waits. */
export function lackOf({ phase, barred, kind, gatewayName }: InboxItemView): Lack[] {
  if (phase.kind !== "waiting") return [];
  const list = new Intl.ListFormat(undefined, { type: "conjunction" });
  return [...new Set(barred.map(({ scope }) => scope))].map((scope) => {
    const decisions = barred.filter((each) => each.scope === scope);
    const names = decisions.map(({ decision }) => `“${choiceLabel(kind, decision)}”`);
    return { scope, words: m.inbox.barred(list.format(names), scope, gatewayName) };
  });
}

export type Lack = { scope: string; words: string };
