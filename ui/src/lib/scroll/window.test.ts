import { describe, expect, it } from "vitest";
import {
  carryRange,
  extendDown,
  extendUp,
  initialRange,
  MOUNTED,
  openingRange,
  STEP,
} from "./window";

const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("the mounted range", () => {
  it("opens with the end of the list", () => {
    expect(initialRange(1000)).toEqual({ start: 976, end: 1000 });
    expect(initialRange(3)).toEqual({ start: 0, end: 3 });
  });

  it("opens for the first time with what fills the view for certain, and no more", () => {
    expect(openingRange(1000, () => 100, 850)).toEqual({ start: 991, end: 1000 });
    expect(openingRange(3, () => 100, 850)).toEqual({ start: 0, end: 3 });
    expect(
      openingRange(1000, () => 1, 850),
      "bounded",
    ).toEqual(initialRange(1000));
    expect(
      openingRange(1000, () => 5000, 850),
      "one is enough",
    ).toEqual({ start: 999, end: 1000 });
  });

  it("grows upwards to its bound and then lets go of the end", () => {
    let range = initialRange(1000);
    for (let step = 0; step < 80; step += 1) range = extendUp(range);
    const start = 976 - 80 * STEP;
    expect(range).toEqual({ start, end: start + MOUNTED });
    expect(extendUp({ start: 3, end: 203 })).toEqual({ start: 0, end: MOUNTED });
  });

  it("comes back down the same way", () => {
    expect(extendDown({ start: 0, end: 200 }, 1000)).toEqual({ start: STEP, end: 200 + STEP });
    expect(extendDown({ start: 797, end: 997 }, 1000)).toEqual({ start: 800, end: 1000 });
  });
});

describe("a change of the list", () => {
  it("keeps the same rows mounted when history is put before them", () => {
    const range = carryRange({ start: 0, end: 50 }, rows(50, 100), rows(0, 100), false);
    expect(range).toEqual({ start: 50, end: 100 });
  });

  it("mounts what comes at the end when the end is mounted", () => {
    const range = carryRange({ start: 50, end: 100 }, rows(0, 100), rows(0, 101), false);
    expect(range).toEqual({ start: 50, end: 101 });
  });

  it("leaves a range alone that does not reach the end", () => {
    const range = carryRange({ start: 10, end: 60 }, rows(0, 100), rows(0, 110), false);
    expect(range).toEqual({ start: 10, end: 60 });
  });

  it("drops rows far above whoever follows the end", () => {
    const range = carryRange({ start: 0, end: 200 }, rows(0, 200), rows(0, 201), true);
    expect(range).toEqual({ start: 1 + STEP, end: 201 });
  });

  it("drops none that somebody may be reading", () => {
    const range = carryRange({ start: 0, end: 200 }, rows(0, 200), rows(0, 201), false);
    expect(range).toEqual({ start: 0, end: 200 });
  });

  it("holds on to the rows that are left when some vanish", () => {
    const after = rows(0, 100).filter((row) => row % 2 === 1);
    expect(carryRange({ start: 50, end: 100 }, rows(0, 100), after, false)).toEqual({
      start: 25,
      end: 50,
    });
  });

  it("opens anew when none are left", () => {
    expect(carryRange({ start: 0, end: 10 }, rows(0, 10), rows(100, 300), false)).toEqual(
      initialRange(200),
    );
    expect(carryRange({ start: 0, end: 0 }, [], rows(0, 80), true)).toEqual(initialRange(80));
  });
});
