/** The session that a person is about to write in: its chat takes the keyboard as soon as it is there. */
import type { SessionRef } from "$lib/backend/types";

let next: SessionRef | null = null;

export function writesNext(session: SessionRef): void {
  next = session;
}

/** Asked once by the chat that opens; whatever opens is what the person went to. */
export function takesKeyboard({ gateway, key }: SessionRef): boolean {
  const wanted = next?.gateway === gateway && next.key === key;
  next = null;
  return wanted;
}
