import { flushSync } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import { dayText } from "./figures";
import { Clock } from "$lib/time/clock.svelte";

afterEach(() => vi.useRealTimers());

describe("the day", () => {
  it("is another one after midnight, for whoever reads it, and says nothing else before", () => {
    vi.useFakeTimers({ now: new Date(2026, 10, 21, 23, 58) });
    const clock = new Clock();
    const at = Date.now();
    const read: string[] = [];
    const stop = $effect.root(() => {
      $effect(() => void read.push(dayText(at, clock.today)));
    });
    flushSync();
    vi.advanceTimersByTime(60_000);
    flushSync();
    expect(read).toEqual(["Today"]);
    vi.advanceTimersByTime(90_000);
    flushSync();
    expect(read).toEqual(["Today", "Yesterday"]);
    stop();
  });
});
