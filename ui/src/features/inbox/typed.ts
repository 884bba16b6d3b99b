/**
 * What was typed and chosen for a request, until it is decided or the app ends: a card that goes, as it does with a
 * connection, a session that is begun again or a look at something else, takes nothing of it along. In memory only,
 * as drafts are.
 *
 * It belongs to what the request is about. The same key with anything else behind it finds nothing here.
 */
import { SvelteMap } from "svelte/reactivity";
import type { InboxItemDetail, ItemKey } from "$lib/backend/types";
import type { Given } from "./questions";

export type Typed = {
  readonly given: Readonly<Record<string, Given>>;
  readonly reason: string;
  /** In the place of the one that was asked for; null where nothing was typed. */
  readonly command: string | null;
  /** What should be allowed for longer; null where nothing was typed. */
  readonly pattern: string | null;
};

export const nothingTyped: Typed = { given: {}, reason: "", command: null, pattern: null };

type Kept = { readonly about: string; readonly typed: Typed };

export class TypedFor {
  readonly #kept = new SvelteMap<ItemKey, Kept>();

  keep(detail: InboxItemDetail, typed: Typed): void {
    this.#kept.set(detail.item.key, { about: aboutOf(detail), typed });
  }

  of(detail: InboxItemDetail): Typed {
    const kept = this.#kept.get(detail.item.key);
    return kept?.about === aboutOf(detail) ? kept.typed : nothingTyped;
  }

  drop(key: ItemKey): void {
    this.#kept.delete(key);
  }

  get any(): boolean {
    return this.#kept.size > 0;
  }
}

/** The window's. */
export const typedHere = new TypedFor();

/** What the words are about: not who else answered meanwhile, nor what can be answered. */
function aboutOf({ item, subject, argv, resolvedPath, node, questions }: InboxItemDetail): string {
  const { kind, gateway, agent, session, cwd, host, createdAt } = item;
  return JSON.stringify([
    [subject, argv, resolvedPath, node, questions],
    [kind, gateway, agent, session, cwd, host, createdAt],
  ]);
}
