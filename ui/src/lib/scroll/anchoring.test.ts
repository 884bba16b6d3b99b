import { describe, expect, it } from "vitest";
import { anchorIndex, correction, distanceToBottom, firstBelow, followsBottom } from "./anchoring";

const at = (top: number, contentHeight = 1000, viewportHeight = 200) => ({
  top,
  contentHeight,
  viewportHeight,
});

describe("following the bottom", () => {
  it("holds while content grows under a view that stands still", () => {
    expect(followsBottom(true, 800, at(800, 1400))).toBe(true);
  });

  it("lets go on the first movement upwards", () => {
    expect(followsBottom(true, 800, at(797))).toBe(false);
  });

  it("does not let go when the content shrank and the browser clamped", () => {
    expect(followsBottom(true, 800, at(700, 900))).toBe(true);
  });

  it("does not take hold when the content shrank under a reader further up", () => {
    expect(followsBottom(false, 800, at(700, 900))).toBe(false);
  });

  it("takes hold again at the bottom, and just before it on the way down", () => {
    expect(followsBottom(false, 700, at(800))).toBe(true);
    expect(followsBottom(false, 700, at(785))).toBe(true);
  });

  it("stays loose further up, and near the bottom on the way up", () => {
    expect(followsBottom(false, 700, at(740))).toBe(false);
    expect(followsBottom(false, 795, at(785))).toBe(false);
  });

  it("follows a content that does not fill the view", () => {
    expect(followsBottom(false, 0, at(0, 100))).toBe(true);
    expect(distanceToBottom(at(0, 100))).toBe(0);
  });
});

describe("the anchor", () => {
  const rows = (...edges: number[]) =>
    edges.slice(1).map((bottom, index) => ({ top: edges[index] ?? 0, bottom }));

  it("is the first that begins inside the view", () => {
    expect(anchorIndex(rows(-300, -50, 80, 400), 200)).toBe(2);
    expect(anchorIndex(rows(0, 80, 400), 200)).toBe(0);
  });

  it("is the one that fills the view when none begins inside", () => {
    expect(anchorIndex(rows(-300, -50, 900, 1000), 200)).toBe(1);
  });

  it("is none when nothing is in view", () => {
    expect(anchorIndex(rows(-300, -50), 200)).toBe(-1);
    expect(anchorIndex(rows(300, 500), 200)).toBe(-1);
    expect(anchorIndex([], 200)).toBe(-1);
  });

  it("is found by bisection, also at both ends", () => {
    const bottoms = Array.from({ length: 301 }, (_, index) => index * 10 - 1500);
    expect(firstBelow(bottoms.length, (index) => bottoms[index] ?? 0)).toBe(151);
    expect(firstBelow(3, () => 5)).toBe(0);
    expect(firstBelow(3, () => -5)).toBe(3);
  });
});

describe("the correction", () => {
  it("is how far the anchor moved, rounding left out", () => {
    expect(correction(20, 220)).toBe(200);
    expect(correction(220, 20)).toBe(-200);
    expect(correction(20, 20.3)).toBe(0);
  });
});
