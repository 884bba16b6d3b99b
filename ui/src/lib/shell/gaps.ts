/**
 * Long runs of nothing in a command, which push what comes after them out of view: lines that are blank, and spaces.
 *
 * A run becomes a piece of its own, to be drawn as one mark. Joined, the pieces stay the same text.
 */
import type { MarkedPiece } from "./marks";

/** What a run is made of, and how many. */
export type Gap = { what: "lines" | "spaces"; count: number };

export type GappedPiece = MarkedPiece & { gap?: Gap };

/** So many blank lines are still a paragraph, and so many spaces an indentation. */
export const mostBlankLines = 3;
export const mostSpaces = 40;

type Run = Gap & { start: number; end: number };

/** White space, and letters that are drawn as nothing. */
const nothing = /[\s\u115f\u1160\u2800\u3164\uffa0]+/g;
const spaces = new RegExp(`[^\\S\\n]{${mostSpaces + 1},}`, "g");

export function withGaps(pieces: readonly MarkedPiece[]): GappedPiece[] {
  const runs = runsOf(pieces.map(({ text }) => text).join(""));
  return runs.length === 0 ? [...pieces] : cut(pieces, runs);
}

function runsOf(text: string): Run[] {
  return [...text.matchAll(nothing)].flatMap(({ 0: found, index }) => inside(found, index));
}

function matchesOf(pattern: RegExp, text: string, from: number, what: Gap["what"]): Run[] {
  return [...text.matchAll(pattern)].map(({ 0: found, index }) => {
    const start = from + index;
    return { what, count: found.length, start, end: start + found.length };
  });
}

/** The end of the line before and that of the last blank one stay outside, so that no lines are joined. */
function inside(text: string, from: number): Run[] {
  const blank = text.split("\n").length - 2;
  const stretched = text.replaceAll(/[^\s]/g, " ");
  if (blank <= mostBlankLines) return matchesOf(spaces, stretched, from, "spaces");
  const [first, last] = [text.indexOf("\n") + 1, text.lastIndexOf("\n")];
  return [
    ...matchesOf(spaces, stretched.slice(0, first), from, "spaces"),
    { what: "lines", count: blank, start: from + first, end: from + last },
    ...matchesOf(spaces, stretched.slice(last), from + last, "spaces"),
  ];
}

/** Pieces outside of the runs as they are; those inside of one as one, which keeps what is said of the first. */
function cut(pieces: readonly MarkedPiece[], runs: readonly Run[]): GappedPiece[] {
  const all: GappedPiece[] = [];
  let [at, next] = [0, 0];
  for (const piece of pieces) {
    const [start, end] = [at, at + piece.text.length];
    while (at < end) {
      while (next < runs.length && (runs[next]?.end ?? 0) <= at) next += 1;
      const run = runs[next];
      const inRun = run !== undefined && run.start <= at;
      const to = Math.min(end, run === undefined ? end : inRun ? run.end : run.start);
      const part = { ...piece, text: piece.text.slice(at - start, to - start) };
      const ends = to === end ? piece.ends : [];
      const last = all.at(-1);
      if (!inRun) all.push({ ...part, ends });
      else if (run.start < at && last?.gap)
        all[all.length - 1] = {
          ...last,
          text: last.text + part.text,
          ends: [...(last.ends ?? []), ...(ends ?? [])],
        };
      else all.push({ ...part, ends, gap: { what: run.what, count: run.count } });
      at = to;
    }
  }
  return all;
}

/** The lines that are drawn: a run is one however many it stands for. */
export function drawnLines(pieces: readonly GappedPiece[]): number {
  return pieces.reduce((sum, { text, gap }) => (gap ? sum : sum + text.split("\n").length - 1), 0);
}
