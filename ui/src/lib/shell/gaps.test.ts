import { describe, expect, it } from "vitest";
import { drawnLines, withGaps } from "./gaps";
import { mark, type Entry } from "./marks";
import { read } from "./reading";

const gapsOf = (text: string) => withGaps(read(text).pieces);
const drawn = (text: string) =>
  gapsOf(text)
    .map((piece) => (piece.gap ? `[${piece.gap.count} ${piece.gap.what}]` : piece.text))
    .join("");

describe("runs of nothing in a command", () => {
  const cases: [string, string, string][] = [
    ["blank lines", `ls -la${"\n".repeat(60)}./deploy`, "ls -la\n[59 lines]\n./deploy"],
    ["lines of blanks", `ls${" \n\t\n".repeat(9)}  rm x`, "ls \n[17 lines]\n  rm x"],
    ["spaces", `ls${" ".repeat(900)}; rm x`, "ls[900 spaces]; rm x"],
    ["spaces in a string", `echo 'a${" ".repeat(99)}b'`, "echo 'a[99 spaces]b'"],
    ["letters that look empty", `ls ${"\u3164".repeat(80)}; rm x`, "ls[81 spaces]; rm x"],
    [
      "spaces before and after blank lines",
      `a${" ".repeat(50)}${"\n".repeat(9)}${" ".repeat(60)}b`,
      "a[50 spaces]\n[8 lines]\n[60 spaces]b",
    ],
  ];

  it.each(cases)("are one mark each: %s", (_, text, expected) => {
    expect(drawn(text)).toBe(expected);
    expect(
      gapsOf(text)
        .map((piece) => piece.text)
        .join(""),
      "copied, it is the command",
    ).toBe(text);
  });

  it("stay as they are where they are an indentation or a paragraph", () => {
    const text = `if a; then\n${" ".repeat(16)}b\n\n\nfi`;
    expect(drawn(text)).toBe(text);
  });

  it("keep what is said of the text that they stand in", () => {
    const text = `echo '${"\n".repeat(20)}'; ls`;
    const said: Entry = { number: 1, level: "danger", text: "x", about: "", spans: [] };
    const marked = withGaps(mark(read(text).pieces, [{ ...said, spans: [{ start: 5, end: 27 }] }]));
    expect(marked.find(({ gap }) => gap)).toMatchObject({ danger: true, numbers: [1] });
    expect(marked.filter(({ ends }) => ends?.length)).toHaveLength(1);
  });

  it("are one line each of those that are drawn", () => {
    expect(drawnLines(gapsOf(`a${"\n".repeat(60)}b`))).toBe(2);
  });

  it("cost no more than the text is long", () => {
    for (const text of [" ".repeat(400_000), " \n".repeat(200_000), " x".repeat(200_000)]) {
      const joined = withGaps([{ kind: "plain", text, danger: false }]);
      expect(joined.map((piece) => piece.text).join("") === text).toBe(true);
    }
  });
});
