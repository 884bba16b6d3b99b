import { describe, expect, it } from "vitest";
import { MarkdownDocument, type MarkdownBlock } from "./document";

/** One of everything that top-level blocks are made of, and the joints between them that a stream can break. */
const SAMPLE = `# Title

A paragraph with **bold**, *italic*, \`code\`, ~~gone~~ and a [link](https://example.com/a?b=c "t").
Second line
===

1. one
2. two

   still two
3. three

- a
- b
  - nested \`x\`

> quoted
lazy

| a | b |
|---|:-:|
| 1 | **2** |

\`\`\`rust
fn main() { println!("\\\`\\\`"); }
\`\`\`

~~~
tilde
~~~

    indented

<div onclick="x">raw</div>

---

![pic](https://example.com/p.png) [ref][r] <https://auto.example> \\*escaped\\*

[r]: https://example.com/ref
`;

function htmlOf(blocks: readonly MarkdownBlock[]): string[] {
  return blocks.map((block) =>
    block.kind === "code" ? `${block.language}:${block.code}` : block.html,
  );
}

function stream(text: string, step: number): MarkdownDocument {
  const document = new MarkdownDocument();
  for (let end = step; end < text.length; end += step) document.update(text.slice(0, end), true);
  document.update(text, true);
  return document;
}

describe("a Markdown text that grows", () => {
  it.each([1, 2, 3, 7, 50])("reads the same in steps of %i characters as at once", (step) => {
    const whole = new MarkdownDocument().update(SAMPLE, false);
    const streamed = stream(SAMPLE, step);
    expect(htmlOf(streamed.update(SAMPLE, false))).toEqual(htmlOf(whole));
  });

  it("reads at each step what it would read of the text so far, where links need no definition", () => {
    const text = SAMPLE.replace("[ref][r]", "").replace(/\[r\]: .*/, "");
    const growing = new MarkdownDocument();
    for (let end = 1; end <= text.length; end += 1) {
      const part = text.slice(0, end);
      const seen = htmlOf(growing.update(part, true));
      expect(seen, JSON.stringify(part.slice(-40))).toEqual(
        htmlOf(new MarkdownDocument().update(part, true)),
      );
    }
  });

  it("never throws and never makes a tag of the author's, whatever prefix it is cut at", () => {
    for (let end = 0; end <= SAMPLE.length; end += 1) {
      const html = htmlOf(new MarkdownDocument().update(SAMPLE.slice(0, end), true)).join("");
      expect(html).not.toMatch(/<div(?! class="md-table")|<img|<[^>]*(onclick|href)=/);
    }
  });

  it("keeps the blocks that more text cannot change", () => {
    const document = new MarkdownDocument();
    const text = "one\n\ntwo\n\nthree\n\nfour";
    const before = document.update(text, true);
    const after = document.update(`${text} and more`, true);
    expect(after[0]).toBe(before[0]);
    expect(after[2]).toBe(before[2]);
    expect(after[3]).not.toBe(before[3]);
    expect(after[3]?.key).toBe(before[3]?.key);
  });

  it("keeps unchanged blocks when the text is settled", () => {
    const document = stream(SAMPLE, 9);
    const before = document.blocks;
    const after = document.update(SAMPLE, false);
    expect(after[0]).toBe(before[0]);
    expect(after.map((block) => block.key)).toEqual(before.map((block) => block.key));
  });

  it("starts over when the text is replaced", () => {
    const document = stream(SAMPLE, 9);
    expect(htmlOf(document.update("other", true))).toEqual(["<p>other</p>\n"]);
  });

  it("joins a list item that has only begun to the list", () => {
    const blocks = stream("1. a\n2. b\n\n3. c", 1).blocks;
    expect(blocks).toHaveLength(1);
  });

  it("takes carriage returns for line ends", () => {
    expect(htmlOf(stream("a\r\n\r\nb\r\n\r\nc\r\n\r\nd", 1).blocks)).toHaveLength(4);
  });

  it("closes bold text that has only begun", () => {
    const [block] = new MarkdownDocument().update("so **bol", true);
    expect(block?.kind === "prose" && block.html).toContain("<strong>bol</strong>");
  });

  it("leaves the text of a whole message alone", () => {
    const [block] = new MarkdownDocument().update("so **bol", false);
    expect(block?.kind === "prose" && block.html).toContain("**bol");
  });
});

describe("a code block", () => {
  const only = (text: string, streaming = true) => {
    const [block] = new MarkdownDocument().update(text, streaming);
    if (block?.kind !== "code") throw new Error(`not code: ${text}`);
    return block;
  };

  it("is open until its fence is", () => {
    expect(only("```rust\nfn a() {}\n").closed).toBe(false);
    expect(only("```rust\nfn a() {}\n```").closed).toBe(true);
    expect(only("```rust\nfn a() {}", false).closed).toBe(true);
  });

  it("does not show a fence that is about to close it", () => {
    expect(only("```rust\nfn a() {}\n``").code).toBe("fn a() {}");
  });

  it("names its language once the line has ended", () => {
    expect(only("```ru").language).toBe("");
    expect(only("```Rust,ignore\n").language).toBe("rust");
  });

  it("is closed by a fence as long as its own", () => {
    expect(only("````md\n```\ncode\n```\n").closed).toBe(false);
    expect(only("````md\n```\ncode\n```\n````").closed).toBe(true);
  });
});

describe("text that is meant to break a reader", () => {
  it.each([
    ["quotes in quotes", ">".repeat(20_000)],
    ["lists in lists", "- ".repeat(3_000)],
    ["open brackets", "[".repeat(20_000)],
    ["open images", "![](".repeat(5_000)],
    ["open emphasis", "*a _b ".repeat(3_000)],
    ["backticks", "`".repeat(20_001)],
    ["tags", "<a ".repeat(10_000)],
    ["table bars", "|".repeat(20_000)],
    ["a word", "a".repeat(400_000)],
    ["a paragraph", "some *words* and `code` ".repeat(15_000)],
    ["blank lines", "\n".repeat(50_000)],
  ])("is shown all the same: %s", (_name, text) => {
    for (const streaming of [true, false]) {
      const html = htmlOf(new MarkdownDocument().update(text, streaming)).join("");
      expect(html === "").toBe(text.trim() === "");
      expect(html).not.toMatch(/<a |<img/);
    }
  });

  it("shows what is nested deeper than the stack as it is", () => {
    const text = `${"> ".repeat(20_000)}deep`;
    const html = htmlOf(new MarkdownDocument().update(text, false)).join("");
    expect(html).toContain("deep");
  });
});
