/**
 * A shell command in coloured pieces, for reading. Not a parser: it never decides anything, and where a
 * command is too clever for it, it colours less and loses no character.
 *
 * Joined, the tokens are the input, always.
 */

export type TokenKind =
  | "space"
  | "command"
  | "word"
  | "flag"
  | "string"
  | "variable"
  | "operator"
  | "redirect"
  | "comment"
  | "keyword"
  | "escape";

export type Token = { kind: TokenKind; text: string; start: number };

const keywords = new Set(
  "if then elif else fi for while until do done case esac in function select time ! { } [[ ]]".split(
    " ",
  ),
);
/** Words after which a command follows, as if they were not there. */
const prefixes = new Set(
  "sudo doas env nohup nice time exec command builtin xargs eval".split(" "),
);

const patterns: readonly [TokenKind, RegExp][] = [
  ["escape", /⟨U\+[0-9A-F]{4,6}⟩/y],
  ["space", /(?:[ \t]|\\\r?\n)+/y],
  ["operator", /\r?\n|&&|\|\||\|&|;;|[|;()]|&(?!>|\d)/y],
  ["redirect", /(?:\d+|&)?(?:>>|<<<|<<-?|>&|<&|>\||<>|>|<)(?:\d|-(?=\s|$))?/y],
  ["string", /\$?'(?:[^'])*'?|\$?"(?:[^"\\]|\\[\s\S])*"?/y],
  ["variable", /\$(?:\{[^}]*\}?|[A-Za-z_]\w*|[0-9@*#?$!-])/y],
  ["operator", /\$\(\(?|`/y],
  ["word", /(?:\\[\s\S]|[^\s|&;()<>'"$`⟨\\]|&(?=\d))+/y],
];

/** Splits `text`. A single quote or a substitution that is left open runs to the end, as in a shell. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let expectsCommand = true;
  let wordStart = true;
  while (at < text.length) {
    const [kind, found] = next(text, at, wordStart);
    const token = { kind, text: found, start: at };
    at += found.length;
    if (kind === "word" && wordStart) {
      [token.kind, expectsCommand] = classify(found, text.slice(at, at + 1), expectsCommand);
    } else if (kind === "operator") {
      expectsCommand = found !== ")";
    } else if (kind === "string" && wordStart) {
      expectsCommand = false;
    }
    wordStart = kind === "space" || kind === "operator" || kind === "redirect";
    tokens.push(token);
  }
  return tokens;
}

function next(text: string, at: number, wordStart: boolean): [TokenKind, string] {
  if (wordStart && text[at] === "#") {
    const end = text.indexOf("\n", at);
    return ["comment", text.slice(at, end < 0 ? text.length : end)];
  }
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found) return [kind, found];
  }
  return ["word", String.fromCodePoint(text.codePointAt(at) ?? 0)];
}

/** What a bare word is, and whether a command may still follow it. */
function classify(word: string, after: string, expectsCommand: boolean): [TokenKind, boolean] {
  if (!expectsCommand) return [word.startsWith("-") ? "flag" : "word", false];
  if (keywords.has(word)) return ["keyword", word !== "for" && word !== "case" && word !== "in"];
  if (/^\w+\+?=/.test(word)) return ["variable", true];
  if (word.startsWith("-")) return ["flag", true];
  if (after === "=" && /^\w+$/.test(word)) return ["variable", true];
  return ["command", prefixes.has(word)];
}
