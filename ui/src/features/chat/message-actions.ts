/** What can be done from within a message. */
import type { Entry } from "./transcript.svelte";
import type { Undo } from "./undo.svelte";

export interface MessageActions {
  /** Asks the person whether to open the address. */
  openLink(url: string): void;
  /** Sends a message of ours that was not taken once more. */
  retry(entry: Entry): void;
  /** Puts the question that led to this answer back into the composer: a run is never started by itself. */
  askAgain(entry: Entry): void;
  canAskAgain(entry: Entry): boolean;
  /** What tool calls replaced, where the gateway keeps it. */
  undo?: Undo;
}
