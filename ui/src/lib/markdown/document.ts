/**
 * Markdown that grows at its end, as a list of top-level blocks.
 *
 * While a message streams, only the blocks that more text could still change are read again; all earlier ones keep
 * their identity, so the page leaves their elements alone. Once the message is whole it is read once more from its
 * beginning, which also settles what only the end can tell (such as link definitions).
 */
import type { Token, Tokens, TokensList } from "marked";
import remend from "remend";
import { escapeHtml, fenceLanguage, lex, tokensToHtml } from "./render";

/** One top-level block, immutable: a changed block is another object with the same key. */
export type MarkdownBlock = ProseBlock | CodeBlock;

export interface ProseBlock {
  readonly kind: "prose";
  readonly key: number;
  /** HTML text that still has to pass `sanitise`. */
  readonly html: string;
}

export interface CodeBlock {
  readonly kind: "code";
  readonly key: number;
  readonly language: string;
  readonly code: string;
  /** False while more of its text may come. */
  readonly closed: boolean;
}

/** What is closed while it is open. A tag is text here, so nothing may hide its beginning; nor is there mathematics. */
const REPAIR = { htmlTags: false, katex: false, inlineKatex: false };

type Draft = Omit<ProseBlock, "key"> | Omit<CodeBlock, "key">;

/** A block and how many characters of the source it covers, following blank lines included. */
interface Extent {
  block: MarkdownBlock;
  length: number;
}

/**
 * How many blocks at the end stay open to change. Two, since a line that has only begun can still turn out to
 * belong to the block before it (`2` after a numbered list, or a fence whose opening line is not one after all).
 */
const OPEN_BLOCKS = 2;

/** A growing Markdown text and its blocks. */
export class MarkdownDocument {
  #source = "";
  #extents: Extent[] = [];
  #blocks: readonly MarkdownBlock[] = [];
  #nextKey = 0;
  #settled = true;

  /**
   * The blocks of `text`. Cheap when it is the previous one with something added. Without `streaming` the text is
   * whole, and every block is closed.
   */
  update(text: string, streaming: boolean): readonly MarkdownBlock[] {
    // The lexer does the same; done first, so that lengths here are lengths there.
    const source = text.replace(/\r\n?/g, "\n");
    if (source === this.#source && this.#settled === !streaming) return this.blocks;
    const grown = streaming && source.startsWith(this.#source);
    const kept = grown ? Math.max(0, this.#extents.length - OPEN_BLOCKS) : 0;
    const offset = this.#extents.slice(0, kept).reduce((sum, extent) => sum + extent.length, 0);
    const drafts = readBlocks(source.slice(offset), streaming);
    const reused = this.#extents.slice(kept);
    const fresh = drafts.map(({ draft, length }, index) => ({
      block: this.#adopt(draft, reused[index]?.block),
      length,
    }));
    this.#extents = [...this.#extents.slice(0, kept), ...fresh];
    this.#blocks = this.#extents.map((extent) => extent.block);
    this.#source = source;
    this.#settled = !streaming;
    return this.blocks;
  }

  get blocks(): readonly MarkdownBlock[] {
    return this.#blocks;
  }

  /** The old block where nothing changed, a new one under the old key where it did, else one with a new key. */
  #adopt(draft: Draft, old: MarkdownBlock | undefined): MarkdownBlock {
    if (old?.kind === draft.kind) return sameBlock(old, draft) ? old : { ...draft, key: old.key };
    this.#nextKey += 1;
    return { ...draft, key: this.#nextKey };
  }
}

function sameBlock(old: MarkdownBlock, draft: Draft): boolean {
  if (old.kind === "prose") return draft.kind === "prose" && old.html === draft.html;
  return (
    draft.kind === "code" &&
    old.code === draft.code &&
    old.closed === draft.closed &&
    old.language === draft.language
  );
}

/** Text that no reader can make sense of (nested deeper than the stack, say) is shown as it is, never dropped. */
function readBlocks(source: string, streaming: boolean): { draft: Draft; length: number }[] {
  try {
    return readTokens(lex(source), streaming);
  } catch {
    return [
      { draft: { kind: "prose", html: `<p>${escapeHtml(source)}</p>` }, length: source.length },
    ];
  }
}

function readTokens(tokens: TokensList, streaming: boolean): { draft: Draft; length: number }[] {
  const found: { draft: Draft; length: number }[] = [];
  const last = tokens.findLastIndex((token) => !isSilent(token));
  tokens.forEach((token, index) => {
    const previous = found.at(-1);
    if (isSilent(token)) {
      if (previous) previous.length += token.raw.length;
      else found.push({ draft: { kind: "prose", html: "" }, length: token.raw.length });
      return;
    }
    found.push({ draft: readBlock(token, streaming && index === last), length: token.raw.length });
  });
  return found;
}

/** Blank lines and link definitions show nothing. */
function isSilent(token: Token): boolean {
  return token.type === "space" || token.type === "def";
}

function readBlock(token: Token, open: boolean): Draft {
  if (token.type === "code") return readCode(token as Tokens.Code, open);
  if (!open) return { kind: "prose", html: tokensToHtml([token]) };
  return { kind: "prose", html: tokensToHtml(lex(remend(token.raw, REPAIR))) };
}

function readCode(token: Tokens.Code, open: boolean): Draft {
  const closed = !open || isClosedFence(token);
  // A closing fence arrives a character at a time: its beginning is not code.
  const code = closed ? token.text : token.text.replace(/(^|\n) {0,3}[`~]{1,2}$/, "");
  // So does the language: it stands once its line has ended.
  const named = !open || token.raw.includes("\n");
  return { kind: "code", language: named ? fenceLanguage(token.lang) : "", code, closed };
}

function isClosedFence(token: Tokens.Code): boolean {
  const fence = /^ {0,3}(`{3,}|~{3,})/.exec(token.raw)?.[1];
  if (fence === undefined) return false;
  const lines = token.raw.trimEnd().split("\n");
  const end = lines.at(-1)?.trim() ?? "";
  return (
    lines.length > 1 && end.length >= fence.length && end === fence.charAt(0).repeat(end.length)
  );
}
