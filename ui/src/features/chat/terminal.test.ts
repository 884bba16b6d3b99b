import { describe, expect, it } from "vitest";
import { plainOutput, terminalLines } from "./terminal";

function check(output: string, expected: [string, string][][]): void {
  const lines = terminalLines(output).map((line) => line.map(({ text, style }) => [text, style]));
  expect(lines).toEqual(expected);
}

describe("terminal output", () => {
  it("keeps colours and weight, also over lines", () => {
    check("\x1b[1;31mred\nstill\x1b[0m plain", [
      [["red", "ansi-red ansi-bold"]],
      [
        ["still", "ansi-red ansi-bold"],
        [" plain", ""],
      ],
    ]);
  });

  it("reads escapes that the backend wrote out", () => {
    check("⟨U+001B⟩[32mok⟨U+001B⟩[m", [[["ok", "ansi-green"]]]);
  });

  it("takes the colours of a table it can be sure of and skips the rest of the others", () => {
    check("\x1b[38;5;9ma\x1b[38;5;200mb\x1b[38;2;1;1;1mc\x1b[4md", [
      [
        ["a", "ansi-bright-red"],
        ["b", ""],
        ["c", ""],
        ["d", "ansi-underline"],
      ],
    ]);
  });

  it("shows text that asks to be concealed or painted in its background's colour", () => {
    expect(plainOutput("\x1b[8mrm -rf\x1b[0m \x1b[30;40mall\x1b[0m")).toBe("rm -rf all");
  });

  it("hides nothing between a broken sequence and the next letter", () => {
    expect(plainOutput("\x1b[2 rm -rf / m")).toBe("⟨U+001B⟩[2 rm -rf / m");
    expect(plainOutput("\x1b]0;title\x07x")).toContain("title");
  });

  it("drops well-formed sequences that move a cursor", () => {
    expect(plainOutput("a\x1b[2K\x1b[1Gb\x1b[?25lc")).toBe("abc");
  });

  it("starts a line over at a carriage return", () => {
    expect(plainOutput("10 %\r50 %\r100 %\ndone\r\n")).toBe("100 %\ndone");
  });

  it("is empty for no output", () => {
    expect(terminalLines("")).toEqual([[]]);
  });
});
