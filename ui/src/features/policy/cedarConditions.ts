/** The conditions of Cedar in words, as far as they are of our gateway's schema; else as they are written. */
import { m } from "$lib/messages";

/** A sentence's end, or code. */
export type Words = { text: string; isCode: boolean };

export function condition(text: string): Words {
  const said = words(text);
  return said === null ? { text, isCode: true } : { text: said, isCode: false };
}

/** None where a part of it is not known: half of a condition would say something else. */
function words(text: string): string | null {
  const inner = bare(text.trim());
  const either = parted(inner, "||");
  if (either.length > 1) return joined(either, m.cedar.or);
  const all = parted(inner, "&&").filter((each) => !isOnlyThere(each, inner));
  if (all.length > 1) return joined(all, m.cedar.and);
  return fact(all[0] ?? inner);
}

function joined(parts: readonly string[], by: string): string | null {
  const said = parts.map((part) => {
    const own = words(part);
    const isMixed =
      parted(bare(part.trim()), "||").length > 1 || parted(bare(part.trim()), "&&").length > 1;
    return own !== null && isMixed ? `(${own})` : own;
  });
  return said.includes(null) ? null : said.join(` ${by} `);
}

/** `resource has x` before what is said of `resource.x` says nothing of its own. */
function isOnlyThere(part: string, whole: string): boolean {
  const [, of, name] = /^(\w+) has (\w+)$/.exec(part.trim()) ?? [];
  return of !== undefined && whole.includes(`${of}.${name} `);
}

function fact(text: string): string | null {
  const plain = text.replace(/\s+/g, " ");
  const isNot = plain.startsWith("!");
  const said = m.cedar.facts[isNot ? bare(plain.slice(1).trim()) : plain];
  if (said) return isNot ? said.no : said.yes;
  const scope = /^principal\.scopes\.contains\("([^"]*)"\)$/.exec(
    isNot ? plain.slice(1) : plain,
  )?.[1];
  if (scope !== undefined) return isNot ? m.cedar.withoutScope(scope) : m.cedar.withScope(scope);
  const compared = /^(\w+\.\w+)\s*(==|!=|like)\s*"((?:[^"\\]|\\.)*)"$/.exec(text);
  const [, of = "", sign = "", value = ""] = compared ?? [];
  const name = m.cedar.members[of];
  const compare = m.cedar.compared[sign];
  return name && compare ? compare(name, value) : null;
}

/** Without brackets around all of it. */
function bare(text: string): string {
  let inner = text;
  while (inner.startsWith("(") && closes(inner) === inner.length - 1)
    inner = inner.slice(1, -1).trim();
  return inner;
}

/** Where the bracket that a text begins with closes. */
function closes(text: string): number {
  let depth = 0;
  for (const [at, letter] of letters(text)) {
    if (letter === "(") depth += 1;
    else if (letter === ")" && --depth === 0) return at;
  }
  return -1;
}

/** At each such sign that is in no bracket and no text. */
function parted(text: string, sign: "||" | "&&"): string[] {
  const found: string[] = [];
  let [depth, from] = [0, 0];
  for (const [at, letter] of letters(text)) {
    if ("([{".includes(letter)) depth += 1;
    else if (")]}".includes(letter)) depth -= 1;
    else if (depth === 0 && text.startsWith(sign, at) && at >= from) {
      found.push(text.slice(from, at).trim());
      from = at + sign.length;
    }
  }
  return [...found, text.slice(from).trim()];
}

/** The letters that are in no text, each with its place. */
function* letters(text: string): Generator<[number, string]> {
  for (const { index, 0: part } of text.matchAll(/"(?:[^"\\]|\\.)*"|[\s\S]/g)) {
    if (part.length === 1) yield [index, part];
  }
}
