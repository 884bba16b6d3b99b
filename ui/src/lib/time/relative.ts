/** Times in words: short ones to read in passing, exact ones for whoever asks. */
import { m } from "$lib/messages";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** "2 min ago". The future counts as now: clocks of two machines differ. */
export function ago(at: number, now: number): string {
  const passed = Math.max(0, now - at);
  if (passed < minute) return m.time.justNow;
  if (passed < hour) return m.time.minutesAgo(Math.floor(passed / minute));
  if (passed < day) return m.time.hoursAgo(Math.floor(passed / hour));
  if (passed < 7 * day) return m.time.daysAgo(Math.floor(passed / day));
  return new Date(at).toLocaleDateString(undefined, dateStyle(at, now));
}

/** "2 min", for a column: how long it is since. */
export function agoShort(at: number, now: number): string {
  const passed = Math.max(0, now - at);
  if (passed < minute) return m.time.shortNow;
  if (passed < hour) return m.time.shortMinutes(Math.floor(passed / minute));
  if (passed < day) return m.time.shortHours(Math.floor(passed / hour));
  if (passed < 7 * day) return m.time.shortDays(Math.floor(passed / day));
  return new Date(at).toLocaleDateString(undefined, dateStyle(at, now));
}

/** Time left. Whole minutes while there are many; `m:ss` in the last ten, as wide each second as before. */
export function left(until: number, now: number): string {
  const remaining = Math.max(0, until - now);
  if (remaining >= hour) return m.time.hoursLeft(Math.floor(remaining / hour));
  if (remaining >= 10 * minute) return m.time.minutesLeft(Math.floor(remaining / minute));
  const seconds = Math.ceil(remaining / second);
  return m.time.clockLeft(`${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
}

export function exact(at: number): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

function dateStyle(at: number, now: number): Intl.DateTimeFormatOptions {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return sameYear
    ? { day: "numeric", month: "short" }
    : { day: "numeric", month: "short", year: "numeric" };
}
