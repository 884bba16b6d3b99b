/** What passes between the page and its highlighting worker. Compact: a long file is tens of thousands of tokens. */
import type { Language } from "./languages";

/** What a stretch of code is. The page has one class and one colour for each. */
export const TOKEN_KINDS = [
  "plain",
  "comment",
  "constant",
  "deleted",
  "function",
  "inserted",
  "keyword",
  "parameter",
  "punctuation",
  "string",
] as const;

export type TokenKind = (typeof TOKEN_KINDS)[number];

/** A line as alternating kind (an index into `TOKEN_KINDS`) and number of characters. */
export type LineTokens = readonly number[];

export interface HighlightRequest {
  readonly code: string;
  readonly language: Language;
}
