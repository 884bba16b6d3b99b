/** Where the person put the borders. The only thing that the page keeps in local storage. */

import { MediaQuery } from "svelte/reactivity";

/** The list and the content take turns; the style sheets say the same. */
export const folded = new MediaQuery("max-width: 999px");

export const listWidths = { least: 280, most: 360, usual: 304 } as const;

const key = "gatehouse.layout";

export class Layout {
  #listWidth = $state<number>(listWidths.usual);

  constructor(private readonly storage: Storage | null) {
    this.#listWidth = clamp(this.#stored());
  }

  get listWidth(): number {
    return this.#listWidth;
  }

  resizeList(width: number): void {
    this.#listWidth = clamp(width);
    try {
      this.storage?.setItem(key, JSON.stringify({ listWidth: this.#listWidth }));
    } catch {
      // A full or refused storage costs a remembered width and nothing else.
    }
  }

  #stored(): number {
    try {
      const parsed: unknown = JSON.parse(this.storage?.getItem(key) ?? "{}");
      const { listWidth } = (parsed ?? {}) as { listWidth?: unknown };
      return typeof listWidth === "number" ? listWidth : listWidths.usual;
    } catch {
      return listWidths.usual;
    }
  }
}

function clamp(width: number): number {
  return Math.round(Math.min(listWidths.most, Math.max(listWidths.least, width)));
}
