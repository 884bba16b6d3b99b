import { describe, expect, it } from "vitest";
import { dayText, dollarsText, durationText, runningText, shortPath, tokensText } from "./figures";

const check = <Input>(say: (input: Input) => string, cases: [Input, string][]) =>
  it.each(cases)("says %s as %s", (input, words) => expect(say(input)).toBe(words));

describe("a duration", () => {
  check(durationText, [
    [40, "40 ms"],
    [400, "0.4 s"],
    [12_400, "12 s"],
    [200_000, "3 min 20 s"],
    [7_500_000, "2 h 5 min"],
    [0, "<1 ms"],
    [-5, "<1 ms"],
  ]);
});

describe("a time that runs", () => {
  check(runningText, [
    [900, "0 s"],
    [59_900, "59 s"],
    [61_000, "1 min 1 s"],
  ]);
});

describe("tokens", () => {
  check(tokensText, [
    [950, "950"],
    [12_440, "12.4k"],
    [128_000, "128k"],
    [999_600, "1M"],
    [1_250_000, "1.3M"],
  ]);
});

describe("money", () => {
  check(dollarsText, [
    [0, "0"],
    [0.0042, "0.0042"],
    [0.314, "0.31"],
    [12.5, "12.50"],
  ]);
});

describe("a day", () => {
  const now = new Date(2026, 10, 21, 9).getTime();

  it("is named as people do", () => {
    expect(dayText(new Date(2026, 10, 21, 1).getTime(), now)).toBe("Today");
    expect(dayText(new Date(2026, 10, 20, 23).getTime(), now)).toBe("Yesterday");
    expect(dayText(new Date(2025, 4, 2).getTime(), now)).toContain("2025");
  });

  it("is yesterday also over the end of a month", () => {
    const first = new Date(2026, 2, 1, 9).getTime();
    expect(dayText(new Date(2026, 1, 28, 9).getTime(), first)).toBe("Yesterday");
  });
});

describe("a path", () => {
  check(shortPath, [
    ["notes.txt", "notes.txt"],
    ["~/projects/gallery/build/index.html", "~/projects/gallery/build/index.html"],
    [
      "/tmp/gatehouse-desk-25333-r7AeJC/home/.gatehouse/workspace/notes.txt",
      "…/home/.gatehouse/workspace/notes.txt",
    ],
    [`/a/${"long".repeat(20)}.txt`, `…/${"long".repeat(20)}.txt`],
  ]);
});
