import { describe, expect, it } from "vitest";
import { ago, agoShort, left } from "./relative";

const now = Date.UTC(2026, 10, 21, 12);
const minute = 60_000;

describe("times in words", () => {
  it.each([
    [0, "just now"],
    [-5 * minute, "just now"],
    [50_000, "just now"],
    [96_000, "1 min ago"],
    [2 * minute, "2 min ago"],
    [59.6 * minute, "59 min ago"],
    [61 * minute, "1 h ago"],
    [26 * 60 * minute, "1 day ago"],
  ])("%d ms ago is %s", (passed, words) => {
    expect(ago(now - passed, now)).toBe(words);
  });

  it.each([
    [50_000, "now", "just now"],
    [96_000, "1 min", "1 min ago"],
    [119_999, "1 min", "1 min ago"],
    [59.9 * minute, "59 min", "59 min ago"],
    [119 * minute, "1 h", "1 h ago"],
  ])("%d ms ago is the same in a column and in a sentence", (passed, column, sentence) => {
    expect(agoShort(now - passed, now)).toBe(column);
    expect(ago(now - passed, now)).toBe(sentence);
  });

  it.each([
    [-1, "0:00 left"],
    [500, "0:01 left"],
    [72_000, "1:12 left"],
    [9.99 * minute, "10:00 left"],
    [28.7 * minute, "28 min left"],
    [125 * minute, "2 h left"],
  ])("%d ms to go is %s", (remaining, words) => {
    expect(left(now + remaining, now)).toBe(words);
  });
});
