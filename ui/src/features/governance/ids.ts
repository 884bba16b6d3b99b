/** Hashes, versions and ids of records, for the eye. */

/** Digits that are enough to tell one from its neighbours. */
const shown = 8;
const ids =
  /\b(?:[0-9a-f]{64}|[0-9a-f]{16}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b/gi;

/** Each of them by its first digits. For a line; where it matters it stands whole. */
export function shortIds(text: string): string {
  return text.replace(ids, (id) => `${id.slice(0, shown)}…`);
}
