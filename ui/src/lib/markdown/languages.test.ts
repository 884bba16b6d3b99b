import { describe, expect, it } from "vitest";
import { Highlighter, type HighlightWorker } from "./highlight";
import { knownLanguage } from "./languages";
import { codeChunks, paintCode } from "./paint";
import type { HighlightRequest } from "./tokens";

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

/** A worker whose answers the test gives. */
function worker() {
  const requests: HighlightRequest[] = [];
  const made: HighlightWorker = {
    postMessage: (request) => requests.push(request),
    terminate: () => undefined,
    onmessage: null,
    onerror: null,
  };
  return { requests, made };
}

describe("the highlighter", () => {
  it("gives each answer to whoever asked for it", async () => {
    const { requests, made } = worker();
    const highlighter = new Highlighter(() => made);
    const first = highlighter.highlight("a", "rust");
    const second = highlighter.highlight("b", "ts");
    const answer = (id: number, kind: number) =>
      made.onmessage?.({ data: { id, lines: [[kind, 1]] } } as unknown as MessageEvent);
    answer(requests[1]?.id ?? 0, 2);
    answer(requests[0]?.id ?? 0, 1);
    expect(await first).toEqual([[1, 1]]);
    expect(await second).toEqual([[2, 1]]);
  });

  it("leaves code plain when the worker cannot be started or dies", async () => {
    const never = new Highlighter(() => {
      throw new Error("refused");
    });
    expect(await never.highlight("a", "rust")).toBeNull();
    const { made } = worker();
    const dying = new Highlighter(() => made);
    const waiting = dying.highlight("a", "rust");
    made.onerror?.({} as ErrorEvent);
    expect(await waiting).toBeNull();
  });

  it("does not start one for a language it does not know or code nobody reads", async () => {
    const highlighter = new Highlighter(() => {
      throw new Error("must not be started");
    });
    expect(await highlighter.highlight("a", "klingon")).toBeNull();
    expect(await highlighter.highlight("a".repeat(200_000), "rust")).toBeNull();
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
