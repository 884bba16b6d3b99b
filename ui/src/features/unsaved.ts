/** What a person began in this window that is in no other place, and ends with the page. */
import { somethingIsDrafted } from "./chat/draft.svelte";
import { somethingIsUnsent } from "./chat/outbox";
import type { Desk } from "./desk";

/** Whether there is any. */
export function holdsSomething({ policy }: Pick<Desk, "policy">): boolean {
  return policy.holds || somethingIsDrafted() || somethingIsUnsent();
}
