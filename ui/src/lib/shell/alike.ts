/** Which of the plain effects of a command stand first, and which are told in one sentence because there are many. */
import type { EffectKind } from "../backend/types";
import { m } from "../messages";
import type { Entry } from "./marks";

/** A sentence with what it is about; a finding is about no effect. */
export type Told = Entry & { kind: EffectKind | null };

/** So many sentences of a kind are read one by one. */
const mostAlike = 3;

const foldable = ["read", "list", "write", "append", "create"] as const;
export type Foldable = (typeof foldable)[number];

/** What leaves this machine, goes away, or widens rights, before what stays here. */
const urgency: Partial<Record<EffectKind, number>> = {
  execute: 2,
  environment: 2,
  write: 1,
  append: 1,
  create: 1,
  read: 0,
  list: 0,
};
/** Also of a kind that a later version tells. */
const mostUrgent = 3;

export function urgencyOf({ kind }: Told): number {
  return (kind && urgency[kind]) ?? mostUrgent;
}

/** Plain effects of one kind, in places of one sort, as one sentence where they are many. `more`: some are not listed. */
export function withAlikeAsOne(told: readonly Told[], more: boolean): Told[] {
  const groups = new Map<string | Told, Told[]>();
  for (const each of told) {
    const group = isFoldable(each) ? `${each.kind} ${each.about}` : each;
    groups.set(group, [...(groups.get(group) ?? []), each]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first || !isFoldable(first) || group.length <= mostAlike) return group;
    const text = m.governance.analysis.alike(first.kind, group.length, more);
    return [{ ...first, text, spans: group.flatMap(({ spans }) => spans) }];
  });
}

function isFoldable(told: Told): told is Told & { kind: Foldable } {
  return told.level === "effect" && foldable.some((kind) => kind === told.kind);
}
