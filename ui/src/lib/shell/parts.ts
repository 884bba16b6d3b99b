/**
 * A long command in parts, each drawn only when it is near the view: one block of a megabyte takes an engine seconds
 * to lay out.
 *
 * A part ends where a line does, or in a line that is longer than a part, where it would be wrapped anyway.
 */
import type { MarkedPiece } from "./marks";

export type Part = { pieces: MarkedPiece[]; length: number; lines: number };

/** About forty lines. */
const aim = 4096;

/** An escape is not cut in half. */
const longestEscape = 10;

export function partsOf(pieces: readonly MarkedPiece[]): Part[] {
  const parts: Part[] = [];
  let part: Part = { pieces: [], length: 0, lines: 0 };
  const close = () => {
    parts.push(part);
    part = { pieces: [], length: 0, lines: 0 };
  };
  for (const piece of pieces) {
    let rest = piece.text;
    while (rest !== "") {
      if (part.length > aim - longestEscape) close();
      const room = aim - part.length;
      const fits = rest.length <= room;
      const text = fits ? rest : rest.slice(0, cutAt(rest, room));
      part.pieces.push(fits ? { ...piece, text } : { ...piece, text, ends: [] });
      part.length += text.length;
      part.lines += newlines(text);
      rest = rest.slice(text.length);
      if (!fits || (part.length >= aim / 2 && text.endsWith("\n"))) close();
    }
  }
  return part.length > 0 ? [...parts, part] : parts;
}

/** Where to cut, at `most` or a little before it: after a line, after a space, before an escape. */
function cutAt(text: string, most: number): number {
  const within = text.slice(0, most);
  const line = within.lastIndexOf("\n") + 1;
  if (line > most / 2) return line;
  const space = within.lastIndexOf(" ") + 1;
  if (space > most / 2) return space;
  const escape = within.lastIndexOf("⟨");
  if (escape > 0 && escape > most - longestEscape) return escape;
  const last = within.charCodeAt(most - 1);
  const splitsPair = last >= 0xd800 && last < 0xdc00;
  return splitsPair ? most - 1 : most;
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}
