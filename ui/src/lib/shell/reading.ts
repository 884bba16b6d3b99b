/** A command made ready to read: coloured pieces with what looks dangerous marked, and what it runs. */
import { simpleCommands } from "./commands";
import { dangers, effective, type Danger, type DangerKind } from "./danger";
import { tokenise, type TokenKind } from "./tokens";

export type Piece = { kind: TokenKind | "plain"; text: string; danger: boolean };

export type Reading = {
  pieces: Piece[];
  /** Each kind once, in the order of the text. */
  dangers: DangerKind[];
  programs: string[];
  pipeline: boolean;
};

/** Past this many pieces a command is shown with its marks alone: colours would cost more than they tell. */
const mostPieces = 4000;

export function read(text: string): Reading {
  const tokens = tokenise(text);
  const found = dangers(tokens);
  const commands = simpleCommands(tokens);
  const kept = tokens.length <= mostPieces ? tokens : [{ kind: "plain" as const, text, start: 0 }];
  return {
    pieces: kept.flatMap((token) => cut(token, found)),
    dangers: [...new Set(found.map(({ kind }) => kind))],
    programs: commands.map(({ words, program }) => {
      const worker = effective(words)[0] ?? program;
      return worker === program ? program : `${program} ${worker}`;
    }),
    pipeline: commands.length > 1 && commands.slice(1).every(({ piped }) => piped),
  };
}

type Cuttable = { kind: Piece["kind"]; text: string; start: number };

/** Cuts a token at the borders of the dangerous stretches, so that each piece is wholly in or out of them. */
function cut({ kind, text, start }: Cuttable, found: readonly Danger[]): Piece[] {
  const end = start + text.length;
  const over = found.filter((danger) => danger.start < end && danger.end > start);
  if (over.length === 0) return [{ kind, text, danger: false }];
  const borders = over.flatMap((danger) => [danger.start, danger.end]);
  const cuts = [...new Set([start, ...borders, end])].filter((at) => at >= start && at <= end);
  cuts.sort((one, other) => one - other);
  return cuts.slice(0, -1).map((from, index) => {
    const to = cuts[index + 1] ?? end;
    const inside = over.some((danger) => danger.start <= from && danger.end >= to);
    return { kind, text: text.slice(from - start, to - start), danger: inside };
  });
}
