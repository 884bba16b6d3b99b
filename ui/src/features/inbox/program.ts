/** The file that would run, beside the word that asks for it. */
import type { InboxItemDetail } from "$lib/backend/types";
import { simpleCommands } from "$lib/shell/commands";
import { tokenise } from "$lib/shell/tokens";
import { short } from "./short";

export type Program = {
  path: string;
  /** The word in the command, where the file has another name. */
  typed: string | null;
  /** It is not what the word makes one expect: another name, or a folder where programs seldom are. */
  odd: boolean;
};

/** The first command stands here; the rest of a long text has no say in it. */
const beginning = 500;

const usual = /^(\/(usr\/)?(local\/)?s?bin|\/opt\/homebrew\/s?bin)\/[^/]+$/;

export function programOf({ item, subject, resolvedPath }: InboxItemDetail): Program | null {
  if (resolvedPath === null) return null;
  const word = item.kind === "exec" ? firstWord(subject) : "";
  const typed = word !== "" && nameOf(word) !== nameOf(resolvedPath) ? short(word) : null;
  return { path: resolvedPath, typed, odd: typed !== null || !usual.test(resolvedPath) };
}

function firstWord(subject: string): string {
  return simpleCommands(tokenise(subject.slice(0, beginning)))[0]?.program ?? "";
}

function nameOf(path: string): string {
  const name = path.replace(/^.*[/\\]/, "");
  return /\.(exe|cmd|bat)$/i.test(name) ? name.slice(0, -4).toLowerCase() : name;
}
