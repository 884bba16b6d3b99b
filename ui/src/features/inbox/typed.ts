/**
 * What was typed and chosen for a request, until it is decided or the app ends: a card that goes, as it does with a
 * connection, a session that is begun again or a look at something else, takes nothing of it along. In memory only,
 * as drafts are.
 *
 * It belongs to what the request is about. The same key with anything else behind it finds nothing here.
 */
import { SvelteMap } from "svelte/reactivity";
import type { InboxItemDetail, InboxItemView, ItemKey } from "$lib/backend/types";
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

  /** What was taken back, letter by letter or choice by choice, is nothing to keep. */
  keep(detail: InboxItemDetail, typed: Typed): void {
    if (isNothing(detail, typed)) this.#kept.delete(detail.item.key);
    else this.#kept.set(detail.item.key, { about: aboutOf(detail), typed });
  }

  of(detail: InboxItemDetail): Typed {
    const kept = this.#kept.get(detail.item.key);
    return kept?.about === aboutOf(detail) ? kept.typed : nothingTyped;
  }

  drop(key: ItemKey): void {
    this.#kept.delete(key);
  }

  /** Whether there is any for one of these; that of a request which was answered elsewhere is lost to nobody. */
  anyFor(items: readonly InboxItemView[]): boolean {
    return items.some(({ key }) => this.#kept.has(key));
  }

  clear(): void {
    this.#kept.clear();
  }
}

/** The window's. */
export const typedHere = new TypedFor();

function isNothing({ subject }: InboxItemDetail, typed: Typed): boolean {
  const { given, reason, command, pattern } = typed;
  const answered = Object.values(given).some(({ chosen, words }) => chosen.length > 0 || words);
  const instead = [command, pattern].some((text) => text !== null && text !== subject);
  return !answered && !reason && !instead;
}

/** What the words are about: not who else answered meanwhile, nor what can be answered. */
function aboutOf({ item, subject, argv, resolvedPath, node, questions }: InboxItemDetail): string {
  const { kind, gateway, agent, session, cwd, host, createdAt } = item;
  return JSON.stringify([
    [subject, argv, resolvedPath, node, questions],
    [kind, gateway, agent, session, cwd, host, createdAt],
  ]);
}
