/** How a record is put into two lines: what was done and to what, then who did it, without the ids that nobody reads. */
import { shortIds } from "$features/governance/ids";
import type { AuditActor, AuditLine } from "$lib/backend/types";
import { m } from "$lib/messages";

/** The client's name for itself where it gave one, else its id, short. */
export function whoOf({ name, id }: AuditActor): string {
  return name ?? shortIds(id);
}

/** Whether the text is what ran or would have: a command, or a tool with what it was called on. */
export function isCommand({ kind }: Pick<AuditLine, "kind">): boolean {
  return /^(tool|approval)\./.test(kind);
}

/** Kinds whose text says no more than the kind does, but for ids. */
const saidAlready = /^(grant|login|policy|gateway)\./;

export type RowWords = {
  /** What the eye meets first: the command, or else what was done. */
  first: string;
  /** By whom, and the other of the two. */
  second: string;
};

export function rowWords(line: AuditLine): RowWords {
  const did = m.audit.did(line.kind, line.outcome);
  const who = whoOf(line.actor) || line.agent;
  const join = (...parts: (string | null)[]) => parts.filter(Boolean).join(" · ");
  if (isCommand(line)) return { first: line.what, second: join(who, did) };
  return {
    first: sentence(did),
    second: join(who, saidAlready.test(line.kind) ? null : shortIds(line.what)),
  };
}

export const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
