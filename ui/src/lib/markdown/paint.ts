/** Puts coloured code into an element. By hand: a component per token costs more than the token. */
import { TOKEN_KINDS, type LineTokens } from "./tokens";

/** Code in pieces of about this many lines: a stream changes the last piece, and the others keep their layout. */
const CHUNK_LINES = 64;

/** A piece of a code block: whole lines, the last of them not empty, so that no line break is lost between pieces. */
export interface CodeChunk {
  readonly text: string;
  readonly firstLine: number;
  readonly lines: number;
}

export function codeChunks(code: string): CodeChunk[] {
  const lines = code.split("\n");
  const chunks: CodeChunk[] = [];
  let start = 0;
  while (start < lines.length) {
    let end = Math.min(start + CHUNK_LINES, lines.length);
    while (end < lines.length && lines[end - 1] === "") end += 1;
    chunks.push({ text: lines.slice(start, end).join("\n"), firstLine: start, lines: end - start });
    start = end;
  }
  return chunks;
}

/** Makes `target` show `text` in the colours of `lines`, which may know nothing of it. */
export function paintCode(target: Element, text: string, lines: readonly LineTokens[]): void {
  const fragment = document.createDocumentFragment();
  text.split("\n").forEach((line, index) => {
    if (index > 0) fragment.append("\n");
    paintLine(fragment, line, lines[index] ?? []);
  });
  target.replaceChildren(fragment);
}

function paintLine(fragment: DocumentFragment, line: string, tokens: LineTokens): void {
  let position = 0;
  for (let index = 0; index + 1 < tokens.length; index += 2) {
    const kind = TOKEN_KINDS[tokens[index] ?? 0] ?? "plain";
    const end = position + (tokens[index + 1] ?? 0);
    const text = line.slice(position, end);
    position = end;
    if (kind === "plain") fragment.append(text);
    else {
      const span = document.createElement("span");
      span.className = `tok-${kind}`;
      span.textContent = text;
      fragment.append(span);
    }
  }
  // Whatever the tokens say, every character is shown.
  fragment.append(line.slice(position));
}
