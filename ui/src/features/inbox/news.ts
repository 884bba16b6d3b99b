/** What a screen reader hears of the inbox: a new request politely, its expiry at once. */
import type { Announcer } from "$lib/announcer.svelte";
import { m } from "$lib/messages";
import type { InboxNews } from "./inbox.svelte";

/** The beginning of a command tells which it is; the whole of it is for reading. */
const spoken = 120;

export function announceNews(announcer: Announcer): (news: InboxNews) => void {
  return ({ kind, item }) => {
    const what = item.subject.slice(0, spoken);
    if (kind === "arrived") announcer.say(m.inbox.announceNew(what, item.gatewayName));
    else if (kind === "expired") announcer.alert(m.inbox.announceExpired(what));
    else if (item.phase.kind === "decided") {
      announcer.say(m.inbox.announceDecided(m.inbox.outcome[item.phase.decision], what));
    }
  };
}
