/**
 * A program's output as styled lines: colours and weight kept, everything that could hide text left out.
 *
 * Own code, because the kept libraries take more than colours: they honour "conceal" and equal foreground and
 * background, and some drop all that stands between an escape and a later `m`, so that an agent could hide what it
 * did. Here only whole, well-formed sequences vanish, and they can hold nothing but digits and separators.
 */

export interface TerminalSpan {
  readonly text: string;
  /** Class names of `terminal.css`, joined by blanks. */
  readonly style: string;
}

export type TerminalLine = readonly TerminalSpan[];

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** Written out by the backend, which escapes control characters before the page sees them. */
const ESCAPED = /⟨U\+001B⟩/g;

/** A control sequence (ECMA-48, 5.4). Without letters or blanks inside: there are none in those that are in use. */
// eslint-disable-next-line no-control-regex
const SEQUENCE = /\x1b\[([0-9;:?]*)([@-~])/g;

interface Style {
  colour: string;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
}

const PLAIN: Style = { colour: "", bold: false, dim: false, italic: false, underline: false };

/** The lines of `output`. A carriage return starts its line over, as a progress bar means it. */
export function terminalLines(output: string): TerminalLine[] {
  const text = output.replace(ESCAPED, "\x1b").replace(/⟨U\+000D⟩/g, "\r");
  let style = PLAIN;
  return withoutLastBreak(text.replace(/\r+\n/g, "\n"))
    .split("\n")
    .map((line) => {
      const visible = line.slice(line.lastIndexOf("\r") + 1);
      const read = readLine(visible, style);
      style = read.style;
      return read.spans;
    });
}

/** What a person gets who copies it: no sequences. */
export function plainOutput(output: string): string {
  return terminalLines(output)
    .map((line) => line.map((span) => span.text).join(""))
    .join("\n");
}

function withoutLastBreak(text: string): string {
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

function readLine(line: string, from: Style): { spans: TerminalSpan[]; style: Style } {
  const spans: TerminalSpan[] = [];
  let style = from;
  let position = 0;
  const push = (text: string) => {
    if (text !== "") spans.push({ text: visibleEscape(text), style: classes(style) });
  };
  for (const match of line.matchAll(SEQUENCE)) {
    push(line.slice(position, match.index));
    position = match.index + match[0].length;
    if (match[2] === "m") style = restyle(style, match[1] ?? "");
  }
  push(line.slice(position));
  return { spans, style };
}

/** What is left of an escape character is shown, not sent to the screen. */
function visibleEscape(text: string): string {
  return text.replaceAll("\x1b", "⟨U+001B⟩");
}

function restyle(style: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map((code) => Number(code || "0"));
  let next = style;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      const table = codes[index + 1] === 5;
      if (code === 38) next = { ...next, colour: table ? tableColour(codes[index + 2] ?? -1) : "" };
      // The numbers that follow belong to this colour: one of a table, or three of red, green and blue.
      index += table ? 2 : 4;
    } else {
      next = applyCode(next, code);
    }
  }
  return next;
}

function applyCode(style: Style, code: number): Style {
  if (code >= 30 && code <= 37) return { ...style, colour: COLOURS[code - 30] ?? "" };
  if (code >= 90 && code <= 97) return { ...style, colour: `bright-${COLOURS[code - 90] ?? ""}` };
  switch (code) {
    case 0:
      return PLAIN;
    case 1:
      return { ...style, bold: true };
    case 2:
      return { ...style, dim: true };
    case 3:
      return { ...style, italic: true };
    case 4:
      return { ...style, underline: true };
    case 22:
      return { ...style, bold: false, dim: false };
    case 23:
      return { ...style, italic: false };
    case 24:
      return { ...style, underline: false };
    case 39:
      return { ...style, colour: "" };
    default:
      return style;
  }
}

/** The first sixteen of the table are the named ones; of the others none can be sure to be readable here. */
function tableColour(index: number): string {
  if (index >= 0 && index < 8) return COLOURS[index] ?? "";
  if (index >= 8 && index < 16) return `bright-${COLOURS[index - 8] ?? ""}`;
  return "";
}

function classes(style: Style): string {
  const names = [
    style.colour && `ansi-${style.colour}`,
    style.bold && "ansi-bold",
    style.dim && "ansi-dim",
    style.italic && "ansi-italic",
    style.underline && "ansi-underline",
  ];
  return names.filter(Boolean).join(" ");
}
