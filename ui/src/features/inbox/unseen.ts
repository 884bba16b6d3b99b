/** What may wait without being among the requests: where nobody listens, and what could not be read. */
import type { Gateways } from "$features/gateways/gateways.svelte";
import type { GatewayView } from "$lib/backend/types";
import { m } from "$lib/messages";
import { short } from "./short";

type Heard = Pick<Gateways, "list" | "connected" | "unheard">;

export type Unseen = {
  away: readonly GatewayView[];
  /** Where something waits that cannot be read, and how much over all. */
  unreadable: readonly GatewayView[];
  unreadableCount: number;
};

export function unseenOf({ list, unheard }: Pick<Heard, "list" | "unheard">): Unseen {
  const unreadable = list.filter((each) => each.unreadableWaiting > 0);
  const unreadableCount = unreadable.reduce((sum, each) => sum + each.unreadableWaiting, 0);
  return { away: unheard, unreadable, unreadableCount };
}

/** How much waits. What is not known may wait as well, so that nothing waits is not said beside it. */
export function countsOf(
  waiting: number,
  notKnown: number,
  { away, unreadableCount }: Pick<Unseen, "away" | "unreadableCount">,
): string {
  const counts = [
    waiting > 0 ? m.inbox.waitingCount(waiting) : "",
    notKnown > 0 ? m.inbox.notKnown(notKnown) : "",
    unreadableCount > 0 ? m.inbox.notReadable(unreadableCount) : "",
  ].filter(Boolean);
  return counts.join(", ") || (away.length > 0 ? m.inbox.noneKnown : m.inbox.noneWait);
}

/** What an inbox without a request says: no more than is known. */
export function nothingWaits(gateways: Heard): { title: string; meaning: string } {
  const { unreadable, unreadableCount } = unseenOf(gateways);
  const { connected, unheard, list } = gateways;
  if (unreadableCount > 0) {
    const title = m.inbox.unreadable(unreadableCount);
    return { title, meaning: m.inbox.unreadableOn(namesOf(unreadable)) };
  }
  if (connected.length === 0)
    return { title: m.inbox.noneOfflineTitle, meaning: m.inbox.noneOffline };
  if (unheard.length === 0)
    return { title: m.inbox.noneTitle, meaning: m.inbox.noneMeaning(list.length) };
  return {
    title: m.inbox.noneOn(namesOf(connected)),
    meaning: m.inbox.notSeen(namesOf(unheard), unheard.length),
  };
}

/** More names are no easier to remember than a number. */
const mostNamed = 3;

function namesOf(gateways: readonly GatewayView[]): string {
  const names = gateways.map(({ name }) => short(name));
  const all = names.length <= mostNamed;
  const named = all
    ? names
    : [...names.slice(0, mostNamed - 1), m.inbox.moreGateways(names.length - mostNamed + 1)];
  return new Intl.ListFormat(undefined, { type: "conjunction" }).format(named);
}
