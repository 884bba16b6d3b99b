/**
 * What the analysis says of a command, laid over its text: a numbered list of sentences, and the text cut so that each
 * stretch carries the numbers that are about it.
 *
 * Where two overlap, the stretch looks like the graver one and is named by both.
 */
import type { CommandAnalysis, EffectKind, EffectView, SpanView, Verdict } from "../backend/types";
import { urgencyOf, withAlikeAsOne, type Told } from "./alike";
import type { Piece } from "./reading";

/** `danger`: look twice. `ask`: a reason to ask. `effect`: what it does. */
export type Level = "danger" | "ask" | "effect";

export type Entry = {
  number: number;
  level: Level;
  text: string;
  about: string;
  spans: SpanView[];
};

/** The number of a sentence, as grave as the sentence: another one about the same place may be graver. */
export type Note = { number: number; level: Level };

export type MarkedPiece = Piece & {
  level?: Level;
  numbers?: readonly number[];
  /** The sentences whose place ends here. */
  ends?: readonly Note[];
};

const gravity: Record<Level, number> = { danger: 2, ask: 1, effect: 0 };
const levelOf: Record<Verdict, Level> = { deny: "danger", ask: "ask", allow: "effect" };

function effectLevel({ secret, zone, kind }: EffectView): Level {
  const looks = kind === "read" || kind === "list";
  if (secret || zone === "device") return "danger";
  return zone === "protected" && !looks ? "danger" : "effect";
}

/**
 * The gravest first: what is denied before what is only grave, among plain effects the most urgent; and among equals
 * the one that comes first in the text. `about` names what an effect is.
 */
export function entriesOf(
  { findings, effects, cut = false }: Said,
  about: (effect: EffectView) => string,
): Entry[] {
  const known = new Map<string, Told>();
  const denied = new Set<Entry>();
  const add = (
    level: Level,
    kind: EffectKind | null,
    text: string,
    word: string,
    span: SpanView | null,
  ) => {
    const entry = known.get(text) ?? echoed(known, text, span);
    if (entry) {
      if (urgencyOf({ ...entry, kind }) > urgencyOf(entry)) entry.kind = kind;
      if (text.length > entry.text.length) entry.text = text;
      entry.about ||= word;
      if (gravity[level] > gravity[entry.level]) entry.level = level;
      if (span && !entry.spans.some((each) => same(each, span))) entry.spans.push(span);
    } else {
      known.set(text, { number: 0, level, kind, text, about: word, spans: span ? [span] : [] });
    }
    return known.get(text) ?? entry;
  };
  for (const { verdict, text, span } of findings) {
    // A verdict of a later version than this page is no reason to look less.
    const entry = add(levelOf[verdict] ?? "danger", null, text, "", span);
    if (entry && verdict !== "ask" && verdict !== "allow") denied.add(entry);
  }
  for (const effect of effects)
    add(effectLevel(effect), effect.kind, effect.text, about(effect), effect.span);
  const from = ({ spans }: Entry) => spans[0]?.start ?? -1;
  const weight = (entry: Entry) => 2 * gravity[entry.level] + (denied.has(entry) ? 1 : 0);
  const urgent = (entry: Told) => (entry.level === "effect" ? urgencyOf(entry) : 0);
  return withAlikeAsOne([...known.values()], cut)
    .sort(
      (one, other) =>
        weight(other) - weight(one) || urgent(other) - urgent(one) || from(one) - from(other),
    )
    .map(({ level, text, about: word, spans }, index) => {
      return { number: index + 1, level, text, about: word, spans };
    });
}

type Said = Pick<CommandAnalysis, "findings" | "effects"> & Partial<Pick<CommandAnalysis, "cut">>;

/** Among so many it is looked for. More are too many to be read, and to be compared. */
const mostCompared = 100;

function echoed(
  known: ReadonlyMap<string, Told>,
  text: string,
  span: SpanView | null,
): Told | undefined {
  if (known.size > mostCompared) return undefined;
  return [...known.values()].find((each) => echoes(each, text, span));
}

/** “publish publishes a package.” and “publishes a package”, about the same place, say it twice. */
function echoes(entry: Entry, text: string, span: SpanView | null): boolean {
  const [short, long] = [plainly(entry.text), plainly(text)].sort((a, b) => a.length - b.length);
  const told = short !== "" && (short === long || long?.endsWith(` ${short}`));
  return Boolean(told) && (!span || entry.spans.some((each) => meet(each, span)));
}

const plainly = (text: string) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[.!]+$/, "");
const meet = (one: SpanView, other: SpanView) => one.start < other.end && other.start < one.end;
const same = (one: SpanView, other: SpanView) => one.start === other.start && one.end === other.end;

type Stretch = { start: number; end: number; level: Level; numbers: number[]; ends: Note[] };

/** An effect is told as what the command does, "deletes build"; in a list it is a sentence like the others. */
export function asSentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}

/** The stretches of the text that something is said of, in order and apart. */
function stretches(entries: readonly Entry[]): Stretch[] {
  const spans = entries.flatMap(({ spans, level, number }) =>
    spans
      .filter(({ start, end }) => end > start)
      .map(({ start, end }) => ({ start, end, level, number })),
  );
  const borders = [...new Set(spans.flatMap(({ start, end }) => [start, end]))].sort(
    (one, other) => one - other,
  );
  const found: Stretch[] = [];
  for (const [index, start] of borders.entries()) {
    const end = borders[index + 1];
    if (end === undefined) break;
    const over = spans.filter((span) => span.start <= start && span.end >= end);
    const [first] = over;
    if (!first) continue;
    const level = over.reduce<Level>(
      (gravest, span) => (gravity[span.level] > gravity[gravest] ? span.level : gravest),
      first.level,
    );
    const numbers = notesOf(over).map(({ number }) => number);
    const ends = notesOf(over.filter((span) => span.end === end));
    found.push({ start, end, level, numbers, ends });
  }
  return found;
}

/** Each sentence once, in order. */
function notesOf(spans: readonly Note[]): Note[] {
  const levels = new Map(spans.map(({ number, level }) => [number, level]));
  return [...levels]
    .map(([number, level]) => ({ number, level }))
    .sort((one, other) => one.number - other.number);
}

/** The pieces, cut at the borders of what is said of them. Joined they are the same text. */
export function mark(pieces: readonly Piece[], entries: readonly Entry[]): MarkedPiece[] {
  const marks = stretches(entries);
  const cut: MarkedPiece[] = [];
  let [at, next] = [0, 0];
  for (const { kind, text } of pieces) {
    const end = at + text.length;
    const start = at;
    while (at < end) {
      while (next < marks.length && (marks[next]?.end ?? 0) <= at) next += 1;
      const found = marks[next];
      const inside = found !== undefined && found.start <= at;
      const to = Math.min(end, found === undefined ? end : inside ? found.end : found.start);
      const part = { kind, text: text.slice(at - start, to - start), danger: false };
      if (inside) {
        const ends = to === found.end ? found.ends : [];
        const danger = found.level === "danger";
        cut.push({ ...part, danger, level: found.level, numbers: found.numbers, ends });
      } else cut.push(part);
      at = to;
    }
  }
  return cut;
}
