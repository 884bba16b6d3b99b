import { describe, expect, it, vi } from "vitest";
import { CommandReading, readAtOnce } from "./command-reading.svelte";
import { partsOf } from "./parts";
import { read, type Reading } from "./reading";

const textOf = (reading: Reading | null) => reading?.pieces.map(({ text }) => text).join("");
const megabyte = "echo word; ".repeat(95_000);
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("the reading of a command", () => {
  it("is there at once where it is short", () => {
    const ask = vi.fn();
    const reading = new CommandReading(ask);
    reading.show("rm -rf build");
    expect(reading.current?.dangers).toEqual(["recursiveDelete"]);
    expect(ask).not.toHaveBeenCalled();
  });

  it("of a megabyte is somebody else's work, and the whole text is there meanwhile", async () => {
    let answer: (reading: Reading) => void = () => undefined;
    const ask = vi.fn(() => new Promise<Reading>((resolve) => (answer = resolve)));
    const reading = new CommandReading(ask);
    reading.show(megabyte);
    reading.show(megabyte);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(reading.current?.state).toBe("pending");
    expect(textOf(reading.current)).toBe(megabyte);
    answer(read(megabyte));
    await settle();
    expect(reading.current?.state).toBe("read");
    expect(textOf(reading.current)).toBe(megabyte);
  });

  it("that comes too late is not put on another command", async () => {
    const answers: ((reading: Reading) => void)[] = [];
    const reading = new CommandReading(() => new Promise((resolve) => answers.push(resolve)));
    const [first, second] = ["a".repeat(readAtOnce + 1), "b".repeat(readAtOnce + 1)];
    reading.show(first);
    reading.show(second);
    answers[0]?.(read(first));
    await settle();
    expect(textOf(reading.current)).toBe(second);
    expect(reading.current?.state).toBe("pending");
  });

  it("that cannot be had says so and hides nothing", async () => {
    for (const ask of [async () => null, () => Promise.reject(new Error("died"))]) {
      const reading = new CommandReading(ask);
      reading.show(megabyte);
      await settle();
      expect(reading.current?.state).toBe("unread");
      expect(textOf(reading.current)).toBe(megabyte);
    }
  });
});

describe("a long command in parts", () => {
  const cases = {
    words: megabyte,
    lines: "cp -a one two &&\n".repeat(20_000),
    "empty lines": "\n".repeat(30_000),
    "one word": "x".repeat(300_000),
    escapes: "⟨U+202E⟩".repeat(30_000),
    "escapes among others": "abcde⟨U+2066⟩".repeat(30_000),
    "pairs of surrogates": "🙂".repeat(50_000),
    "an odd one and pairs": `x${"🙂".repeat(50_000)}`,
  };

  it.each(Object.entries(cases))("loses nothing: %s", (_, text) => {
    const parts = partsOf(read(text).pieces);
    expect(parts.flatMap(({ pieces }) => pieces.map((piece) => piece.text)).join("")).toBe(text);
    for (const { length, pieces } of parts) {
      expect(length).toBeLessThanOrEqual(4096);
      expect(pieces.reduce((sum, piece) => sum + piece.text.length, 0)).toBe(length);
    }
  });

  it.each(Object.entries(cases))("cuts no escape and no character in half: %s", (_, text) => {
    for (const { pieces } of partsOf(read(text).pieces)) {
      const part = pieces.map((piece) => piece.text).join("");
      expect(part).not.toMatch(/⟨[^⟩]*$|^[^⟨]*⟩/);
      expect(part).not.toMatch(/[\uD800-\uDBFF]$|^[\uDC00-\uDFFF]/);
    }
  });
});
