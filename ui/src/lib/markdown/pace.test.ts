import { describe, expect, it } from "vitest";
import { Pace } from "./pace";

/** A clock on which work takes as long as the test says. */
function world() {
  let time = 0;
  const timers: { at: number; callback: () => void }[] = [];
  const done: string[] = [];
  const pace = new Pace({
    now: () => time,
    later: (callback, ms) => timers.push({ at: time + ms, callback }),
  });
  return {
    pace,
    done,
    timers,
    work: (name: string, ms: number) => () => {
      time += ms;
      done.push(name);
    },
    pass: (ms: number) => {
      time += ms;
      for (const timer of timers.splice(0)) {
        if (timer.at <= time) timer.callback();
        else timers.push(timer);
      }
    },
  };
}

describe("paced work", () => {
  it("runs at once while it is cheap", () => {
    const { pace, done, work } = world();
    pace.run(work("a", 0));
    pace.run(work("b", 0));
    expect(done).toEqual(["a", "b"]);
  });

  it("leaves three times its duration to others, then runs only the latest", () => {
    const { pace, done, work, pass } = world();
    pace.run(work("a", 100));
    pace.run(work("b", 100));
    pace.run(work("c", 100));
    pass(299);
    expect(done).toEqual(["a"]);
    pass(1);
    expect(done).toEqual(["a", "c"]);
  });

  it("does not hold back what is final, and drops what it replaces", () => {
    const { pace, done, work, pass } = world();
    pace.run(work("a", 100));
    pace.run(work("b", 100));
    pace.runAtOnce(work("last", 0));
    pass(1000);
    expect(done).toEqual(["a", "last"]);
  });
});
