/** How high a message is at least, from what is in it: for choosing what to mount before anything can be measured. */
import type { Block, Entry } from "./transcript.svelte";

/** A row's own padding. */
const row = 18;
/** No line of prose has more characters than this in the column. */
const lineCharacters = 120;
const lineHeight = 18;
/** A folded tool call, a file, a folded thought. */
const folded = 24;

export function leastHeight({ blocks }: Entry): number {
  return blocks.reduce((height, block) => height + blockHeight(block), row);
}

function blockHeight(block: Block): number {
  if (block.kind !== "text") return folded;
  return Math.max(1, Math.ceil(block.text.length / lineCharacters)) * lineHeight;
}
