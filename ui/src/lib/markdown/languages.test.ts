import { describe, expect, it } from "vitest";
import { highlight } from "./highlight";
import { knownLanguage } from "./languages";
import { codeChunks, paintCode } from "./paint";

describe("a fence's word", () => {
  it.each([
    ["ts", "typescript"],
    ["rust", "rust"],
    ["sh", "bash"],
    ["console", "shellsession"],
  ])("%s names %s", (word, language) => expect(knownLanguage(word)).toBe(language));

  it("names nothing that is not a language", () => {
    expect(knownLanguage("constructor")).toBeUndefined();
    expect(knownLanguage("")).toBeUndefined();
    expect(knownLanguage("klingon")).toBeUndefined();
  });
});

describe("the highlighter", () => {
  it("leaves code plain where there are no workers, in a language it does not know, and where nobody reads it", async () => {
    expect(await highlight("a", "rust")).toBeNull();
    expect(await highlight("a", "klingon")).toBeNull();
    expect(await highlight("a".repeat(200_000), "rust")).toBeNull();
  });
});

describe("code in pieces", () => {
  it("loses no line, whatever is empty", () => {
    for (const code of [
      "",
      "\n",
      "a\n\n",
      Array.from({ length: 500 }, (_, i) => (i % 3 ? `${i}` : "")).join("\n"),
    ]) {
      const chunks = codeChunks(code);
      expect(chunks.map((chunk) => chunk.text).join("\n")).toBe(code);
      const lines = chunks.reduce((sum, chunk) => sum + chunk.lines, 0);
      expect(lines).toBe(code.split("\n").length);
    }
  });

  it("shows every character, whatever the tokens say", () => {
    const target = document.createElement("code");
    for (const lines of [
      [],
      [[6, 3]],
      [
        [6, 3, 0, 400],
        [1, 1],
      ],
      [[99, 2]],
    ]) {
      paintCode(target, "let x;\n<b>y</b>", lines);
      expect(target.textContent).toBe("let x;\n<b>y</b>");
    }
  });

  it("colours by kind", () => {
    const target = document.createElement("code");
    paintCode(target, "let x", [[6, 3, 0, 2]]);
    expect(target.innerHTML).toBe('<span class="tok-keyword">let</span> x');
  });
});
