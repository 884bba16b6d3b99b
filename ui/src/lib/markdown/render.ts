/**
 * Turns Markdown tokens into HTML text, on the assumption that whoever wrote the Markdown is hostile.
 *
 * Nothing the author writes becomes a tag: raw HTML is not a token here, so it is read as text. A link carries its
 * address in `data-url` and has no `href`, so that no engine and no missing handler can ever follow it; an image is
 * shown as such a link and never loaded. `sanitise.ts` checks the result again before it touches the document.
 */
import { Lexer, Marked, type Token, type Tokens, type TokensList } from "marked";

/** Schemes that may be offered to be opened outside; the backend checks again. */
const OPENABLE = new Set(["http:", "https:"]);

/** The most characters of an address that a link remembers. Longer ones are text. */
const MAX_URL = 4096;

const ESCAPES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML text, good inside elements and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** The address in its normal form when a person may be offered to open it, else nothing. */
export function openableUrl(href: string): string | null {
  if (href.length > MAX_URL) return null;
  try {
    const url = new URL(href.trim());
    return OPENABLE.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** The language a fence names: its first word, lower case, or an empty string. */
export function fenceLanguage(info: string | undefined): string {
  return (
    (info ?? "")
      .trim()
      .split(/[\s,{:]/, 1)[0]
      ?.toLowerCase() ?? ""
  );
}

function linkHtml(url: string, inner: string, kind: "link" | "image"): string {
  const address = escapeHtml(url);
  return `<a class="md-${kind}" role="link" tabindex="0" data-url="${address}" title="${address}">${inner}</a>`;
}

function cellHtml(cell: Tokens.TableCell, inner: string): string {
  const tag = cell.header ? "th" : "td";
  const align = cell.align ? ` class="align-${cell.align}"` : "";
  return `<${tag}${align}>${inner}</${tag}>`;
}

const marked = new Marked({
  gfm: true,
  // `undefined`, unlike `false`, means "no such token here": what looks like a tag falls through to text.
  tokenizer: {
    html: () => undefined,
    tag: () => undefined,
  },
  renderer: {
    html: ({ text }: Tokens.HTML | Tokens.Tag) => escapeHtml(text),
    heading({ tokens, depth }: Tokens.Heading) {
      // One level below the page's title, whatever the author's is: theirs begin anywhere and have gaps.
      return `<h2 class="md-h${depth}">${this.parser.parseInline(tokens)}</h2>\n`;
    },
    link({ href, tokens }: Tokens.Link) {
      const inner = this.parser.parseInline(tokens);
      const url = openableUrl(href);
      return url === null ? inner : linkHtml(url, inner, "link");
    },
    image({ href, text }: Tokens.Image) {
      const url = openableUrl(href);
      const label = escapeHtml(text || "image");
      return url === null ? label : linkHtml(url, label, "image");
    },
    code({ text, lang }: Tokens.Code) {
      const language = escapeHtml(fenceLanguage(lang));
      return `<pre class="md-code"><code data-language="${language}">${escapeHtml(text)}</code></pre>\n`;
    },
    checkbox: ({ checked }: Tokens.Checkbox) =>
      `<span class="md-task">${checked ? "☑" : "☐"}</span> `,
    table({ header, rows }: Tokens.Table) {
      const line = (cells: Tokens.TableCell[]) =>
        `<tr>${cells.map((cell) => cellHtml(cell, this.parser.parseInline(cell.tokens))).join("")}</tr>`;
      const body = rows.length > 0 ? `<tbody>${rows.map(line).join("")}</tbody>` : "";
      return `<div class="md-table"><table><thead>${line(header)}</thead>${body}</table></div>\n`;
    },
  },
});

/** A longer run of text is shown as it is: reading emphasis and links in it takes longer than a frame. */
const MAX_INLINE = 20_000;

/** Reads Markdown into top-level tokens; the list also holds the link definitions it met. */
export function lex(source: string): TokensList {
  const lexer = new Lexer(marked.defaults);
  lexer.blockTokens(source, lexer.tokens);
  for (const { src, tokens } of lexer.inlineQueue) {
    if (src.length <= MAX_INLINE) lexer.inlineTokens(src, tokens);
    else tokens.push({ type: "text", raw: src, text: src, escaped: false });
  }
  return lexer.tokens;
}

/** The HTML text of tokens that `lex` returned. */
export function tokensToHtml(tokens: Token[]): string {
  return marked.parser(tokens);
}
