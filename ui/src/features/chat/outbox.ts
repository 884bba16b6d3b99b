/**
 * Messages that the backend did not take, per session, until the app ends: leaving a chat does not throw them away. In
 * memory only, as drafts are.
 */
import { SvelteMap } from "svelte/reactivity";
import type { ProblemView, SendMessage, SessionRef } from "$lib/backend/types";

export type Unsent = { readonly message: SendMessage; readonly problem: ProblemView | null };
export type Outbox = Map<string, Unsent>;

const outboxes = new SvelteMap<string, Outbox>();

/** The session's outbox; the same one each time. */
export function outboxOf({ gateway, key }: SessionRef): Outbox {
  const name = JSON.stringify([gateway, key]);
  const outbox = outboxes.get(name) ?? new SvelteMap<string, Unsent>();
  outboxes.set(name, outbox);
  return outbox;
}

/** Whether the backend has not taken every message. */
export function somethingIsUnsent(): boolean {
  return [...outboxes.values()].some((outbox) => outbox.size > 0);
}
