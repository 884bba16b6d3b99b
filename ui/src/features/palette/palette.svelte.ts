/** What the palette finds: places, waiting requests, sessions, actions; the best matches first. */
import type { Route } from "$lib/router.svelte";

export type PaletteGroup = "places" | "waiting" | "sessions" | "actions";

export type PaletteEntry = {
  id: string;
  group: PaletteGroup;
  label: string;
  /** The label is a command. */
  mono?: boolean;
  detail?: string;
  keys?: string;
  run: () => void;
};

export type Go = (route: Route) => void;

/** More than these cannot be read at a glance. */
const mostEntries = 40;

export function find(entries: readonly PaletteEntry[], text: string): PaletteEntry[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return entries.slice(0, mostEntries);
  return entries
    .map((entry) => ({ entry, rank: rank(entry, wanted) }))
    .filter(({ rank }) => rank > 0)
    .sort((one, other) => other.rank - one.rank)
    .slice(0, mostEntries)
    .map(({ entry }) => entry);
}

/** The beginning of the label before the beginning of a word, before anywhere, before the letters in order. */
function rank({ label, detail }: PaletteEntry, wanted: string): number {
  const text = label.toLowerCase();
  if (text.startsWith(wanted)) return 5;
  if (text.includes(` ${wanted}`)) return 4;
  if (text.includes(wanted)) return 3;
  if (detail?.toLowerCase().includes(wanted)) return 2;
  return inOrder(text, wanted) ? 1 : 0;
}

function inOrder(text: string, wanted: string): boolean {
  let at = -1;
  return [...wanted].every((letter) => (at = text.indexOf(letter, at + 1)) >= 0);
}
