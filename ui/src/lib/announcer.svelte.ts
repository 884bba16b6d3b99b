/** What a screen reader is told. A new approval politely, its expiry assertively. */
import { untrack } from "svelte";

export class Announcer {
  polite = $state("");
  assertive = $state("");

  say(text: string): void {
    this.polite = again(
      untrack(() => this.polite),
      text,
    );
  }

  alert(text: string): void {
    this.assertive = again(
      untrack(() => this.assertive),
      text,
    );
  }
}

/** A live region speaks when its text changes, so the same words twice differ by a space. */
function again(before: string, text: string): string {
  return before === text ? `${text} ` : text;
}
