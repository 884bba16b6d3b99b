/** A text in pieces, so that the words that were searched for can be marked in it. */
export type Piece = { text: string; found: boolean };

/** Every place of `wanted` in `text`, whatever the case; the pieces joined are the text. */
export function pieces(text: string, wanted: string): Piece[] {
  const words = wanted.trim().split(/\s+/).filter(Boolean).map(escaped);
  if (words.length === 0) return [{ text, found: false }];
  const parts = text.split(new RegExp(`(${words.join("|")})`, "giu"));
  return parts
    .map((part, index) => ({ text: part, found: index % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}

const escaped = (word: string) => word.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
