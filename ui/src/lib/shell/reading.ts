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
  /** The programs that run, in order; of many the first different ones. */
  programs: string[];
  /** How many commands there are. */
  commands: number;
  pipeline: boolean;
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
    programs: named(commands),
    commands: commands.length,
    pipeline: commands.length > 1 && commands.slice(1).every(({ piped }) => piped),
    state: "read",
  };
}

/** The text as it is, before or without a reading of it. */
export function plain(text: string, state: "pending" | "unread"): Reading {
  const pieces: Piece[] = [{ kind: "plain", text, danger: false }];
  return { pieces, dangers: [], programs: [], commands: 0, pipeline: false, state };
}

function named(commands: readonly SimpleCommand[]): string[] {
  const names = function* () {
    for (const { words, program } of commands) {
      const worker = effective(words)[0] ?? program;
      yield worker === program ? program : `${program} ${worker}`;
    }
  };
  if (commands.length <= mostNamed) return [...names()];
  const different = new Set<string>();
  for (const name of names()) if (different.add(name).size === mostNamed) break;
  return [...different];
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
