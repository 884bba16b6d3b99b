import { describe, expect, it } from "vitest";
import { pieces } from "./found";

const marked = (text: string, wanted: string) =>
  pieces(text, wanted)
    .map(({ text: piece, found }) => (found ? `[${piece}]` : piece))
    .join("");

describe("what a search found", () => {
  it.each([
    ["the Thumbnail and a thumb", "thumb", "the [Thumb]nail and a [thumb]"],
    ["two words, three words", "words two", "[two] [words], three [words]"],
    ["a (b) [c] \\d", "(b)", "a [(b)] [c] \\d"],
    ["Grüße GRÜSSE", "grü", "[Grü]ße [GRÜ]SSE"],
    ["nothing of it", "else", "nothing of it"],
    ["nothing was asked", " ", "nothing was asked"],
  ])("is marked in “%s” for “%s”", (text, wanted, expected) => {
    expect(marked(text, wanted)).toBe(expected);
  });

  it("takes nothing away from the text", () => {
    const text = "a.*b a.*b [x]";
    expect(
      pieces(text, ".* x")
        .map((piece) => piece.text)
        .join(""),
    ).toBe(text);
  });
});
