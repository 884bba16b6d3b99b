/** What a person began in this window that is in no other place, and ends with the page. */
import { somethingIsDrafted } from "./chat/draft.svelte";
import { somethingIsUnsent } from "./chat/outbox";
import type { Desk } from "./desk";
import { typedHere } from "./inbox/typed";

/** Whether there is any. */
export function holdsSomething({ policy, inbox }: Pick<Desk, "policy" | "inbox">): boolean {
  const answering = typedHere.anyFor(inbox.waiting);
  return policy.holds || somethingIsDrafted() || somethingIsUnsent() || answering;
}
