import { describe, expect, it } from "vitest";
import type { LossesView } from "$lib/backend/types";
import { Losses } from "./losses.svelte";

const told: LossesView = {
  losses: [{ kind: "rules", aside: "/home/me/app/autoAnswers.unread.json" }],
  rulesPaused: true,
};

describe("what could not be read", () => {
  it("is shown until the person has seen it, and that is kept", async () => {
    let kept = 0;
    const losses = new Losses({ lossesSeen: async () => void (kept += 1) }, told);
    expect(losses.current).toEqual(told);
    await losses.seen();
    expect(losses.current.losses).toEqual([]);
    expect(kept).toBe(1);
  });

  it("stays where it could not be kept that it was seen, and leaves at the second press", async () => {
    const losses = new Losses({ lossesSeen: () => Promise.reject(new Error("disk full")) }, told);
    await losses.seen();
    expect(losses.notKept).toBe(true);
    expect(losses.current).toEqual(told);
    await losses.seen();
    expect(losses.current.losses).toEqual([]);
  });
});
