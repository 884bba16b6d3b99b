/** The simple commands of a command line: which programs run with which words, and what feeds what. */
import type { Token } from "./tokens";

export type SimpleCommand = {
  /** The program's name without its folder. */
  program: string;
  /** Every word of it, the program first, quotes taken off. */
  words: string[];
  start: number;
  end: number;
  /** Reads what the command before it writes. */
  piped: boolean;
  /** Files that it writes to by redirection. */
  writes: string[];
};

type Draft = { tokens: Token[]; piped: boolean };

export function simpleCommands(tokens: readonly Token[]): SimpleCommand[] {
  const drafts: Draft[] = [{ tokens: [], piped: false }];
  for (const token of tokens) {
    if (token.kind === "operator") drafts.push({ tokens: [], piped: feeds(token.text, drafts) });
    else drafts.at(-1)?.tokens.push(token);
  }
  return drafts.flatMap((draft) => simple(draft) ?? []);
}

/** A pipe; and what may stand between it and the command that it feeds: the end of its line, a group. */
function feeds(operator: string, drafts: readonly Draft[]): boolean {
  if (/^\|&?$/.test(operator)) return true;
  const before = drafts.at(-1);
  const blank = before?.tokens.every(({ kind }) => kind === "space" || kind === "comment");
  return Boolean(before?.piped && blank) && /^(\r?\n|\()$/.test(operator);
}

function simple({ tokens, piped }: Draft): SimpleCommand | null {
  const first = tokens.findIndex((token) => token.kind === "command" || token.kind === "string");
  if (first < 0) return null;
  const { words, writes } = wordsOf(tokens.slice(first));
  const last = tokens.findLast((token) => token.kind !== "space" && token.kind !== "comment");
  const start = tokens[first]?.start ?? 0;
  const end = last ? last.start + last.text.length : start;
  return { program: (words[0] ?? "").replace(/^.*\//, ""), words, start, end, piped, writes };
}

function wordsOf(tokens: readonly Token[]): { words: string[]; writes: string[] } {
  const words: string[] = [];
  const writes: string[] = [];
  let target: string[] | null = words;
  let open = false;
  for (const [index, token] of tokens.entries()) {
    if (token.kind === "comment") break;
    if (token.kind === "space" || token.kind === "redirect") {
      open = false;
      if (token.kind === "redirect") target = token.text.includes(">") ? writes : null;
      continue;
    }
    const text = token.kind === "string" ? unquote(token.text) : token.text;
    const into: string[] = target ?? [];
    if (open) into.push((into.pop() ?? "") + text);
    else into.push(text);
    open = true;
    // A redirection takes one word; then the command's own go on.
    if (into !== words && !continues(tokens[index + 1])) target = words;
  }
  return { words, writes };
}

function continues(after: Token | undefined): boolean {
  return after !== undefined && after.kind !== "space" && after.kind !== "redirect";
}

function unquote(text: string): string {
  return text.replace(/^\$?(['"])([\s\S]*?)\1?$/, "$2");
}
