/** Numbers of a chat in words: durations, tokens, money, days. */
import { m } from "$lib/messages";

/** "<1 ms", "40 ms", "0.4 s", "12 s", "3 min 20 s", "2 h 5 min". */
export function durationText(milliseconds: number): string {
  // Nothing that ran took no time at all.
  if (milliseconds < 1) return "<1 ms";
  if (milliseconds < 100) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return longDuration(Math.round(seconds));
}

/** The same in whole seconds, for a time that runs. */
export function runningText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return seconds < 60 ? `${seconds} s` : longDuration(seconds);
}

function longDuration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "950", "12.4k", "1.2M". */
export function tokensText(tokens: number): string {
  if (tokens < 1000) return String(Math.round(tokens));
  if (tokens < 999_500) return `${trim(tokens / 1000)}k`;
  return `${trim(tokens / 1_000_000)}M`;
}

function trim(value: number): string {
  return value < 100 ? String(Math.round(value * 10) / 10) : String(Math.round(value));
}

/** Dollars with as many digits as say something: "0.0042", "0.31", "12.50". */
export function dollarsText(dollars: number): string {
  if (dollars === 0) return "0";
  return dollars < 0.1 ? dollars.toPrecision(2) : dollars.toFixed(2);
}

/** "Today", "Yesterday", "Friday, 14 November", with the year when it is another. */
export function dayText(at: number, now: number): string {
  const day = new Date(at);
  const today = new Date(now);
  if (dayNumber(at) === dayNumber(now)) return m.chat.today;
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (day.toDateString() === yesterday.toDateString()) return m.chat.yesterday;
  const year = day.getFullYear() === today.getFullYear() ? undefined : "numeric";
  return day.toLocaleDateString(undefined, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year,
  });
}

/** A number that two times share when they are on the same day here. */
export function dayNumber(at: number): number {
  const day = new Date(at);
  return (day.getFullYear() * 12 + day.getMonth()) * 31 + day.getDate();
}

/** Longer than this a path pushes out what is said of it. */
const longestPath = 40;

/** A path by its end, whole names only: "…/build/index.html". A short one as it is. */
export function shortPath(path: string): string {
  if (path.length <= longestPath) return path;
  const names = path.split("/");
  let kept = names.pop() ?? "";
  for (let name = names.pop(); name; name = names.pop()) {
    if (name.length + kept.length + 3 > longestPath) break;
    kept = `${name}/${kept}`;
  }
  return `…/${kept}`;
}

// Made once: a formatter costs a hundred times what it formats.
const clockTime = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** "14:05". */
export function timeText(at: number): string {
  return clockTime.format(at);
}
