import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { StableScroller } from "./scroller";

const VIEW = 200;

/** A list whose layout is arithmetic: rows of given heights in a viewport of `VIEW` pixels. */
function list(...heights: number[]) {
  const viewport = document.createElement("div");
  const content = document.createElement("div");
  viewport.append(content);
  document.body.append(viewport);
  let top = 0;
  const total = () => heights.reduce((sum, height) => sum + height, 0);
  const clamp = (value: number) => Math.max(0, Math.min(value, total() - VIEW));
  Object.defineProperties(viewport, {
    scrollTop: { get: () => (top = clamp(top)), set: (value: number) => (top = clamp(value)) },
    scrollHeight: { get: total },
    clientHeight: { get: () => VIEW },
  });
  viewport.getBoundingClientRect = () => new DOMRect(0, 0, 100, VIEW);
  const newRow = () => {
    const row = document.createElement("div");
    row.getBoundingClientRect = () => {
      const index = [...content.children].indexOf(row);
      const before = heights.slice(0, index).reduce((sum, height) => sum + height, 0);
      return new DOMRect(0, before - clamp(top), 100, heights[index] ?? 0);
    };
    return row;
  };
  content.append(...heights.map(newRow));
  return {
    viewport,
    content,
    /** The person scrolls; the browser tells a moment later. */
    move: (by: number) => (viewport.scrollTop += by),
    report: () => viewport.dispatchEvent(new Event("scroll")),
    resize: (index: number, height: number) => (heights[index] = height),
    prepend: (height: number) => {
      heights.unshift(height);
      content.prepend(newRow());
    },
    append: (height: number) => {
      heights.push(height);
      content.append(newRow());
    },
    distance: () => total() - VIEW - viewport.scrollTop,
    at: (index: number) => content.children[index]?.getBoundingClientRect().top,
  };
}

let observed: () => void = () => undefined;
const frames: (() => void)[] = [];

beforeEach(() => {
  frames.length = 0;
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(callback: () => void) {
        observed = callback;
      }
      observe() {}
      disconnect() {}
    },
  );
  vi.stubGlobal("requestAnimationFrame", (callback: () => void) => frames.push(callback));
});

afterEach(() => vi.unstubAllGlobals());

function scroller(of: ReturnType<typeof list>) {
  const reactions = { onFollowing: vi.fn(), onNearTop: vi.fn(), onNearBottom: vi.fn() };
  const made = new StableScroller(of.viewport, of.content, reactions);
  observed();
  return { made, reactions };
}

describe("a scrolled list", () => {
  it("begins at its bottom and stays there while it grows", () => {
    const rows = list(300, 300);
    scroller(rows);
    expect(rows.distance()).toBe(0);
    rows.append(90);
    observed();
    expect(rows.distance()).toBe(0);
  });

  it("lets go at the first movement up, and does not move what is read", () => {
    const rows = list(300, 300, 300);
    const { reactions } = scroller(rows);
    rows.move(-150);
    rows.report();
    expect(reactions.onFollowing).toHaveBeenLastCalledWith(false);
    const seen = rows.at(2);
    rows.append(500);
    observed();
    expect(rows.at(2)).toBe(seen);
  });

  it("lets go of a turned wheel before the scrolling itself arrives", () => {
    const rows = list(300, 300);
    const { made } = scroller(rows);
    rows.viewport.dispatchEvent(new WheelEvent("wheel", { deltaY: -10 }));
    rows.append(50);
    observed();
    expect(made.following).toBe(false);
    expect(rows.distance()).toBe(50);
  });

  it("goes on following when a new row turns out smaller while another comes", () => {
    const rows = list(300, 300);
    const { made } = scroller(rows);
    rows.append(120);
    observed();
    rows.resize(2, 34);
    expect(rows.distance()).toBe(0);
    rows.append(120);
    observed();
    expect(made.following).toBe(true);
    expect(rows.distance()).toBe(0);
  });

  it("holds what is read when history comes before it, or a height above it turns out another", () => {
    const rows = list(300, 300, 300);
    scroller(rows);
    rows.move(-250);
    rows.report();
    const seen = rows.at(2);
    rows.prepend(400);
    observed();
    expect(rows.at(3)).toBe(seen);
    rows.resize(0, 120);
    observed();
    expect(rows.at(3)).toBe(seen);
  });

  it("does not undo a scrolling that the browser has not reported yet", () => {
    const rows = list(300, 300, 300);
    scroller(rows);
    rows.move(-250);
    rows.report();
    const seen = rows.at(2) ?? 0;
    rows.move(-40);
    rows.prepend(400);
    observed();
    expect(rows.at(3)).toBe(seen + 40);
  });

  it("corrects a change of layout that a scrolling is the first to show", () => {
    const rows = list(300, 300, 300);
    scroller(rows);
    rows.move(-250);
    rows.report();
    const seen = rows.at(2) ?? 0;
    rows.move(-10);
    rows.resize(0, 500);
    rows.report();
    expect(rows.at(2)).toBe(seen + 10);
  });

  it("follows again once it is back at the bottom, or is told to", () => {
    const rows = list(300, 300, 300);
    const { made } = scroller(rows);
    rows.move(-150);
    rows.report();
    rows.move(150);
    rows.report();
    expect(made.following).toBe(true);
    rows.move(-400);
    rows.report();
    made.followBottom();
    expect(rows.distance()).toBe(0);
  });

  it("says once a frame that an end is near", () => {
    const rows = list(300, 300);
    const { reactions } = scroller(rows);
    rows.report();
    rows.report();
    expect(frames).toHaveLength(1);
    frames.forEach((frame) => frame());
    expect(reactions.onNearTop).toHaveBeenCalledOnce();
    expect(reactions.onNearBottom).toHaveBeenCalledOnce();
  });
});
