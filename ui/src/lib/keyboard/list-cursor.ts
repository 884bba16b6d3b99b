/**
 * Where J and K are in a list. Beside the list the content follows them; where the list has the window to
 * itself they only move the focus, and Enter opens.
 */
import { tick } from "svelte";
import { folded } from "../layout.svelte";
import type { ListCursor } from "./list-keys";

export type ListOfRows = {
  ids: () => readonly string[];
  /** The row whose content is open. */
  opened: () => string | null;
  open: (id: string) => void;
  /** Brings a row into view, so that it is there to be focused. */
  reveal: (id: string) => void;
};

export function listCursor(list: ListOfRows): ListCursor & Pick<ListOfRows, "reveal"> {
  const { ids, opened, open, reveal } = list;
  return {
    ids,
    reveal,
    selected: () => opened() ?? focusedRow(),
    select: (id) => {
      reveal(id);
      if (opened() === null && folded.current) void focusRow(id);
      else open(id);
    },
  };
}

function focusedRow(): string | null {
  return document.activeElement?.closest<HTMLElement>("[data-key]")?.dataset.key ?? null;
}

async function focusRow(id: string): Promise<void> {
  await tick();
  const row = [...document.querySelectorAll<HTMLElement>("[data-key]")];
  row.find((each) => each.dataset.key === id)?.focus();
}
