/** What a session is called that nobody has named: the main one of an agent so, any other by its key. */
import { m } from "$lib/messages";

export function sessionName(key: string): string {
  return /^agent:[^:]+:main$/.test(key) ? m.sessions.main : key;
}

/** `title` as the backend gives it: where it knows none, it is the key. */
export function titleOf(title: string, key: string): string {
  return title === key ? sessionName(key) : title;
}
