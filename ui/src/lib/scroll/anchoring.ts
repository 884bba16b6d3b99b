/**
 * The arithmetic of a list that must not move under its reader: no DOM, no state.
 *
 * WebKitGTK has no `overflow-anchor`, so the page does it itself: it remembers which element the reader looks at and
 * where it stood, and after every change of layout scrolls by as much as that element moved.
 */

/** Where a scroll container stands. Pixels; browsers round them differently, so nothing here compares exactly. */
export interface ScrollPosition {
  readonly top: number;
  readonly contentHeight: number;
  readonly viewportHeight: number;
}

/** An element's place relative to the top of the viewport. */
export interface Extent {
  readonly top: number;
  readonly bottom: number;
}

/** Less than a pixel at any zoom is rounding, not a movement. */
const ROUNDING = 1;

/** So near to the bottom, a movement towards it means "follow". About a line of text. */
const CATCH = 20;

/** How many pixels lie below the viewport. Never negative, also while a browser bounces. */
export function distanceToBottom(position: ScrollPosition): number {
  return Math.max(0, position.contentHeight - position.viewportHeight - position.top);
}

/**
 * Whether the view follows the bottom after it came from `previousTop` to `position`.
 *
 * Only an upward movement lets go: content that grew under a view which follows looks like a distance too. Only a
 * downward one that ends at the bottom takes hold again.
 */
export function followsBottom(
  following: boolean,
  previousTop: number,
  position: ScrollPosition,
): boolean {
  const distance = distanceToBottom(position);
  const moved = position.top - previousTop;
  if (following) return distance <= ROUNDING || moved >= -ROUNDING;
  // A browser clamps a view whose content shrank: that is the bottom too, but nobody went there.
  if (moved < -ROUNDING) return false;
  return distance <= (moved > ROUNDING ? CATCH : ROUNDING);
}

/**
 * Which of `extents` (in document order) to hold on to: the first that begins inside the viewport, since what is
 * above it may still change its height; else the one that fills the viewport. -1 when none is visible.
 */
export function anchorIndex(extents: readonly Extent[], viewportHeight: number): number {
  const first = firstBelow(extents.length, (index) => extents[index]?.bottom ?? 0);
  if (first === extents.length) return -1;
  const beginsInside = (index: number): boolean => {
    const extent = extents[index];
    return extent !== undefined && extent.top >= 0 && extent.top < viewportHeight;
  };
  if (beginsInside(first)) return first;
  if (beginsInside(first + 1)) return first + 1;
  return (extents[first]?.top ?? viewportHeight) < viewportHeight ? first : -1;
}

/** The first index whose bottom lies below the viewport's top, by bisection; `count` when there is none. */
export function firstBelow(count: number, bottomOf: (index: number) => number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bottomOf(middle) > ROUNDING) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** By how much to scroll so that what stood at `before` and stands at `now` stands at `before` again. */
export function correction(before: number, now: number): number {
  const moved = now - before;
  return Math.abs(moved) < 0.5 ? 0 : moved;
}
