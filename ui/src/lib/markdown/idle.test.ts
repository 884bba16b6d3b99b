import { describe, expect, it } from "vitest";
import { IdleQueue } from "./idle";

/** A queue whose slices the test runs, with a clock on which each step takes two milliseconds. */
function queue() {
  const slices: (() => void)[] = [];
  let time = 0;
  const idle = new IdleQueue(
    (slice) => slices.push(slice),
    () => time,
  );
  const done: string[] = [];
  function* steps(name: string, count: number): Generator<void, void> {
    for (let step = 0; step < count; step += 1) {
      time += 2;
      done.push(name);
      yield;
    }
  }
  const runSlice = () => slices.shift()?.();
  return { idle, slices, done, steps, runSlice };
}

describe("idle work", () => {
  it("stops when its slice is over and goes on in the next", () => {
    const { idle, done, steps, runSlice, slices } = queue();
    idle.add(steps("a", 5), new AbortController().signal);
    expect(done).toHaveLength(0);
    runSlice();
    expect(done).toHaveLength(3);
    runSlice();
    expect(done).toHaveLength(5);
    expect(slices).toHaveLength(0);
  });

  it("does first what was asked for last", () => {
    const { idle, done, steps, runSlice } = queue();
    const { signal } = new AbortController();
    idle.add(steps("a", 1), signal);
    idle.add(steps("b", 1), signal);
    runSlice();
    expect(done).toEqual(["b", "a"]);
  });

  it("drops what nobody waits for any more", () => {
    const { idle, done, steps, runSlice } = queue();
    const wanted = new AbortController();
    idle.add(steps("a", 9), wanted.signal);
    runSlice();
    wanted.abort();
    runSlice();
    expect(done).toHaveLength(3);
  });
});
