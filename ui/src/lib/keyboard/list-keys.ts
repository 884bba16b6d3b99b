/** J and K, and the arrows, over a list: they move the selection and never do more. */
import { m } from "../messages";
import type { Binding } from "./keymap.svelte";

export type ListCursor = {
  ids: () => readonly string[];
  selected: () => string | null;
  select: (id: string) => void;
};

export function listKeys({ ids, selected, select }: ListCursor): Binding[] {
  const move = (step: 1 | -1) => () => {
    const all = ids();
    const at = all.indexOf(selected() ?? "");
    const next = at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step));
    const id = all[next];
    if (id !== undefined) select(id);
  };
  const shared = { group: "move", repeats: true } as const;
  const arrow = { ...shared, enabled: inList, unlisted: true };
  return [
    { keys: "j", label: m.keys.next, run: move(1), ...shared },
    { keys: "k", label: m.keys.previous, run: move(-1), ...shared },
    { keys: "ArrowDown", label: m.keys.next, run: move(1), ...arrow },
    { keys: "ArrowUp", label: m.keys.previous, run: move(-1), ...arrow },
  ];
}

/** Elsewhere the arrows scroll what is focused. */
function inList(): boolean {
  const { activeElement, body } = document;
  return !activeElement || activeElement === body || activeElement.closest("[data-list]") !== null;
}
