/** What a session is called that nobody has named: the main one of an agent so, any other by its key. */
import { m } from "$lib/messages";

/** The main session of an agent. It can be opened before anything was said in it. */
export function isMain(key: string): boolean {
  return /^agent:[^:]+:main$/.test(key);
}

export function sessionName(key: string): string {
  return isMain(key) ? m.sessions.main : key;
}

/** `title` as the backend gives it: where it knows none, it is the key. */
export function titleOf(title: string, key: string): string {
  return title === key ? sessionName(key) : title;
}
