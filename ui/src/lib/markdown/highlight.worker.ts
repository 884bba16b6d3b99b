/**
 * Colours code away from the page's own thread: compiling a grammar's expressions takes up to a second, and a stream
 * must not stop for it. Runs shiki on the engine's own regular expressions, so no WebAssembly and no eval.
 */
import { createCssVariablesTheme, createHighlighterCore, type ThemedToken } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import { loadGrammar } from "./grammars";
import { TOKEN_KINDS, type HighlightRequest, type LineTokens } from "./tokens";

/** A longer line is data, not something to read: it would take seconds. */
const MAX_LINE = 2000;

/** Each colour of this theme is `var(--kind)`, so a token's colour names its kind. */
const theme = createCssVariablesTheme({ name: "kinds", variablePrefix: "--" });

const KINDS: Record<string, (typeof TOKEN_KINDS)[number]> = {
  "token-comment": "comment",
  "token-constant": "constant",
  "token-deleted": "deleted",
  "token-function": "function",
  "token-inserted": "inserted",
  "token-keyword": "keyword",
  "token-link": "string",
  "token-parameter": "parameter",
  "token-punctuation": "punctuation",
  "token-string": "string",
  "token-string-expression": "string",
};

const highlighter = createHighlighterCore({
  themes: [theme],
  langs: [],
  // A grammar may use what JavaScript's expressions lack; that rule is skipped, the rest still colours.
  engine: createJavaScriptRegexEngine({ forgiving: true }),
});

async function highlight({ code, language }: HighlightRequest): Promise<LineTokens[]> {
  const shiki = await highlighter;
  if (!shiki.getLoadedLanguages().includes(language)) {
    await shiki.loadLanguage((await loadGrammar(language)).default);
  }
  const lines = shiki.codeToTokensBase(code, {
    lang: language,
    theme: "kinds",
    tokenizeMaxLineLength: MAX_LINE,
  });
  return lines.map(compact);
}

function compact(line: readonly ThemedToken[]): number[] {
  const compacted: number[] = [];
  for (const token of line) {
    const kind = kindOf(token.color);
    const last = compacted.length - 2;
    if (compacted[last] === kind)
      compacted[last + 1] = (compacted[last + 1] ?? 0) + token.content.length;
    else compacted.push(kind, token.content.length);
  }
  return compacted;
}

function kindOf(color: string | undefined): number {
  const name = /--([\w-]+)/.exec(color ?? "")?.[1] ?? "";
  return TOKEN_KINDS.indexOf(KINDS[name] ?? "plain");
}

// One at a time, in the order asked for: each needs the whole of the thread.
let last: Promise<void> = Promise.resolve();

type Asked = { id: number; question: HighlightRequest };

self.onmessage = ({ data: { id, question } }: MessageEvent<Asked>) => {
  last = last.then(async () => {
    const answer = await highlight(question).catch(() => null);
    self.postMessage({ id, answer });
  });
};
