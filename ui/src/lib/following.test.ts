import { describe, expect, it, vi } from "vitest";
import { Following } from "./following";

type Step = { revision: number };

/** A follower that writes down what it is given, with snapshots answered by hand. */
function world() {
  const log: string[] = [];
  const asked: { answer: (revision: number) => void; fail: () => void }[] = [];
  const following = new Following<Step, Step>({
    ask: () =>
      new Promise((resolve, reject) => {
        asked.push({
          answer: (revision) => resolve({ revision }),
          fail: () => reject(new Error("no")),
        });
      }),
    take: ({ revision }) => log.push(`all ${revision}`),
    apply: ({ revision }) => log.push(`${revision}`),
    failed: () => log.push("failed"),
  });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  return { log, asked, following, settle };
}

describe("a snapshot and the changes on top of it", () => {
  it("keeps what arrives before the snapshot and drops what the snapshot has already", async () => {
    const { log, asked, following, settle } = world();
    void following.load();
    for (const revision of [3, 4, 5]) following.apply({ revision });
    asked[0]?.answer(4);
    await settle();
    expect(log).toEqual(["all 4", "5"]);
  });

  it("starts over when a number is missing, and asks once however many follow", async () => {
    const { log, asked, following, settle } = world();
    void following.load();
    asked[0]?.answer(1);
    await settle();
    for (const revision of [2, 4, 5]) following.apply({ revision });
    expect(asked.length).toBe(2);
    asked[1]?.answer(5);
    await settle();
    expect(log).toEqual(["all 1", "2", "all 5"]);
  });

  it("looks again at a change of no number, also where it missed a single one", async () => {
    const { log, asked, following, settle } = world();
    void following.load();
    asked[0]?.answer(1);
    await settle();
    const gap = { revision: 2 ** 32 - 1 };
    following.apply(gap);
    asked[1]?.answer(2);
    await settle();
    following.apply({ revision: 3 });
    expect(log).toEqual(["all 1", "all 2", "3"]);
  });

  it("takes no change twice", async () => {
    const { log, asked, following, settle } = world();
    void following.load();
    asked[0]?.answer(1);
    await settle();
    for (const revision of [2, 2, 1]) following.apply({ revision });
    expect(log).toEqual(["all 1", "2"]);
  });

  it("tells of a snapshot that failed and gets another with the next change", async () => {
    const { log, asked, following, settle } = world();
    const waiting = vi.fn();
    void following.load().then(waiting);
    asked[0]?.fail();
    await settle();
    expect(waiting).toHaveBeenCalled();
    following.apply({ revision: 9 });
    asked[1]?.answer(9);
    await settle();
    expect(log).toEqual(["failed", "all 9"]);
  });

  it("takes another snapshot when it was asked to while one was on its way, also where that one failed", async () => {
    const { log, asked, following, settle } = world();
    void following.load();
    void following.load();
    expect(asked).toHaveLength(1);
    asked[0]?.fail();
    await settle();
    asked[1]?.answer(7);
    await settle();
    expect(log).toEqual(["all 7"]);
  });
});
