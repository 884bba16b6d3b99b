/**
 * A command made ready to read: coloured pieces with what looks dangerous marked, and what it runs.
 *
 * Takes time in proportion to the text, a second for a megabyte: for a long one ask `CommandReading`, which does not
 * hold the page for it. However it is read, the pieces joined are the text.
 */
import { simpleCommands, type SimpleCommand } from "./commands";
import { dangers, effective, type Danger, type DangerKind } from "./danger";
import { tokenise, type Token, type TokenKind } from "./tokens";

export type Piece = { kind: TokenKind | "plain"; text: string; danger: boolean };

export type Reading = {
  pieces: Piece[];
  /** Each kind once, in the order of the text. */
  dangers: DangerKind[];
  /** The programs that run, in order; of many some different ones, first those of what looks dangerous. */
  programs: string[];
  /** How many different ones are not named. */
  morePrograms: number;
  /** How many commands there are. */
  commands: number;
  /** Its pipelines in the order in which they run, each by its programs; none where it is long or that is not clear. */
  pipelines: string[][] | null;
  /** Whether it was looked through, is being, or cannot be. */
  state: "read" | "pending" | "unread";
};

/** So many pieces are coloured, from the beginning; what follows has its marks alone. Each is an element. */
const mostColoured = 2000;

/** So many dangerous stretches, and so many escapes after the coloured part, are marked. Their kinds are all named. */
const mostMarked = 500;

/** More programs than this are not listed one by one. */
export const mostNamed = 4;

export function read(text: string): Reading {
  const tokens = tokenise(text);
  const found = dangers(tokens);
  const commands = simpleCommands(tokens);
  return {
    pieces: cut(coloured(tokens, text), joined(found).slice(0, mostMarked)),
    dangers: [...new Set(found.map(({ kind }) => kind))],
    ...named(commands, found),
    commands: commands.length,
    pipelines: commands.length <= mostNamed && runsInOrder(tokens) ? pipelinesOf(commands) : null,
    state: "read",
  };
}

/** The text as it is, before or without a reading of it. */
export function plain(text: string, state: "pending" | "unread"): Reading {
  const pieces: Piece[] = [{ kind: "plain", text, danger: false }];
  return { pieces, dangers: [], ...unnamed, commands: 0, pipelines: null, state };
}

/** A text that is no command: nothing in it runs, and its escapes stand out as they do everywhere. */
export function asItIs(text: string): Reading {
  const pieces: Piece[] = [];
  let at = 0;
  for (const { 0: found, index } of text.matchAll(/⟨U\+[0-9A-F]{4,6}⟩/g)) {
    if (pieces.length >= mostMarked) break;
    if (index > at) pieces.push({ kind: "plain", text: text.slice(at, index), danger: false });
    pieces.push({ kind: "escape", text: found, danger: false });
    at = index + found.length;
  }
  if (at < text.length) pieces.push({ kind: "plain", text: text.slice(at), danger: false });
  return { ...plain(text, "unread"), pieces, state: "read" };
}

/** Nothing in it chooses, repeats, groups or runs beside something else. */
function runsInOrder(tokens: readonly Token[]): boolean {
  return tokens.every(
    ({ kind, text }) =>
      kind !== "keyword" && (kind !== "operator" || /^(\|&?|;|&&|\r?\n)$/.test(text)),
  );
}

function pipelinesOf(commands: readonly SimpleCommand[]): string[][] {
  const all: string[][] = [];
  for (const command of commands) {
    const before = all.at(-1);
    if (command.piped && before) before.push(nameOf(command));
    else all.push([nameOf(command)]);
  }
  return all;
}

type Named = Pick<Reading, "programs" | "morePrograms">;

const unnamed: Named = { programs: [], morePrograms: 0 };

function nameOf({ words, program }: SimpleCommand): string {
  const worker = effective(words)[0] ?? program;
  return worker === program ? program : `${program} ${worker}`;
}

function named(commands: readonly SimpleCommand[], found: readonly Danger[]): Named {
  if (commands.length <= mostNamed) return { programs: commands.map(nameOf), morePrograms: 0 };
  const grave = joined(found);
  const inDanger = commands.filter(within(grave)).map(nameOf);
  const different = new Set([...inDanger, ...commands.map(nameOf)]);
  const programs = [...different].slice(0, mostNamed);
  return { programs, morePrograms: different.size - programs.length };
}

/** Whether a command lies in one of the stretches. Both come in order. */
function within(stretches: readonly { start: number; end: number }[]) {
  let next = 0;
  return ({ start }: SimpleCommand): boolean => {
    while (next < stretches.length && (stretches[next]?.end ?? 0) <= start) next += 1;
    return (stretches[next]?.start ?? Infinity) <= start;
  };
}

type Stretch = { kind: Piece["kind"]; text: string; start: number };

/** The first tokens as they are; of the rest the escapes, and what is between them as one. */
function coloured(tokens: readonly Token[], text: string): Stretch[] {
  const kept: Stretch[] = tokens.slice(0, mostColoured);
  const rest = tokens.slice(mostColoured);
  let at = rest[0]?.start ?? text.length;
  const escapes = rest.filter(({ kind }) => kind === "escape").slice(0, mostMarked);
  for (const escape of escapes) {
    if (escape.start > at) kept.push(between(text, at, escape.start));
    kept.push(escape);
    at = escape.start + escape.text.length;
  }
  if (at < text.length) kept.push(between(text, at, text.length));
  return kept;
}

function between(text: string, start: number, end: number): Stretch {
  return { kind: "plain", text: text.slice(start, end), start };
}

/** Dangerous stretches in order, those that touch one another as one. */
function joined(found: readonly Danger[]): { start: number; end: number }[] {
  const all: { start: number; end: number }[] = [];
  for (const { start, end } of found) {
    const last = all.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else all.push({ start, end });
  }
  return all;
}

/** Cuts at the borders of the dangerous stretches, so that each piece is wholly in or out of them. Both are in order. */
function cut(
  stretches: readonly Stretch[],
  found: readonly { start: number; end: number }[],
): Piece[] {
  const pieces: Piece[] = [];
  let next = 0;
  for (const { kind, text, start } of stretches) {
    const end = start + text.length;
    let at = start;
    while (at < end) {
      while (next < found.length && (found[next]?.end ?? 0) <= at) next += 1;
      const danger = found[next];
      const inside = danger !== undefined && danger.start <= at;
      const border = danger === undefined ? end : inside ? danger.end : danger.start;
      const to = Math.min(end, border);
      pieces.push({ kind, text: text.slice(at - start, to - start), danger: inside });
      at = to;
    }
  }
  return pieces;
}
