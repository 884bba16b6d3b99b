/**
 * Openings and closings of one session, one after the other. A backend works on commands side by side: a closing that
 * overtook its opening would leave a transcript open that nobody reads, and one that came late would end the updates of
 * the opening after it.
 */

import type { SessionRef } from "$lib/backend/types";

/** The last that was begun of each session, until it was answered. */
const last = new Map<string, Promise<unknown>>();

/** Does `work` once what was begun before it, of the same session, was answered; at once where nothing was. */
export function inTurn<T>(session: SessionRef, work: () => Promise<T>): Promise<T> {
  const name = JSON.stringify([session.gateway, session.key]);
  const before = last.get(name);
  const done = before ? before.then(work, work) : work();
  last.set(name, done);
  const forget = (): void => {
    if (last.get(name) === done) last.delete(name);
  };
  done.then(forget, forget);
  return done;
}
