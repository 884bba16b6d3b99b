/**
 * Which part of a long list is mounted: a window of bounded size that slides in steps.
 *
 * Pure: it knows rows and counts, not elements. `content-visibility` spares the layout of what is mounted and not
 * seen; the bound here keeps the number of elements from growing with the length of a session.
 */

/** The mounted range `[start, end)` of a list. */
export interface MountedRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The most rows that are mounted at once. An engine looks at each skipped row in every frame, so fewer are faster; but
 * the shortest of them (37 px) have to fill the largest screen and `NEAR` on both sides of it, or the ends would chase
 * each other.
 */
export const MOUNTED = 200;

/** How many rows are mounted in one frame: a frame can bear it, and nobody scrolls faster than 20,000 px a second. */
export const STEP = 5;

const OPENING = 24;

/** The range a list opens with: its end, about as much as a person sees at once. */
export function initialRange(count: number): MountedRange {
  return { start: Math.max(0, count - OPENING), end: count };
}

/**
 * The range a list opens with for the first time: as many rows at its end as fill `view` pixels for certain, by the
 * least that each can be high. What is mounted beyond that would only keep the person waiting.
 */
export function openingRange(
  count: number,
  leastHeight: (row: number) => number,
  view: number,
): MountedRange {
  const { start: least, end } = initialRange(count);
  let start = end;
  let height = 0;
  while (start > least && height < view) {
    start -= 1;
    height += leastHeight(start);
  }
  return { start, end };
}

/** One step of earlier rows; what falls out at the end is far below. */
export function extendUp(range: MountedRange): MountedRange {
  const start = Math.max(0, range.start - STEP);
  return { start, end: Math.min(range.end, start + MOUNTED) };
}

/** One step of later rows; what falls out at the beginning is far above. */
export function extendDown(range: MountedRange, count: number): MountedRange {
  const end = Math.min(count, range.end + STEP);
  return { start: Math.max(range.start, end - MOUNTED), end };
}

/**
 * The range after the list changed from `before` to `after` (rows added or removed anywhere): the same rows stay
 * mounted. A range that reached the end goes on reaching it, as far as the bound allows: a reader who follows the
 * end loses rows at the beginning, another one does not see the newest yet.
 */
export function carryRange<Row>(
  range: MountedRange,
  before: readonly Row[],
  after: readonly Row[],
  following: boolean,
): MountedRange {
  const first = before.slice(range.start, range.end).find((row) => after.includes(row));
  if (first === undefined) return initialRange(after.length);
  const start = after.indexOf(first);
  const end = range.end === before.length ? after.length : endOf(range, before, after);
  if (end - start <= MOUNTED) return { start, end };
  // More than one row is dropped at a time, so that a stream of messages does not do it for each.
  return following ? { start: end - MOUNTED + STEP, end } : { start, end: start + MOUNTED };
}

function endOf<Row>(range: MountedRange, before: readonly Row[], after: readonly Row[]): number {
  const last = before.slice(range.start, range.end).findLast((row) => after.includes(row));
  return last === undefined ? after.length : after.indexOf(last) + 1;
}
