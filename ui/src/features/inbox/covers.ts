/** What a rule of Allow always covers, as far as the version of its gateway tells. */
export type Covers = "exactly" | "program" | "unknown";

/** From this version on a rule is the exact command in its folder. */
const exactFrom = [2026, 8, 1] as const;

export function coversOf(version: string | null | undefined): Covers {
  const found = /^v?(\d{4})\.(\d{1,2})\.(\d{1,3})(.*)$/.exec(version ?? "");
  if (!found) return "unknown";
  const [at, ...later] = exactFrom.map((part, index) => Number(found[index + 1]) - part);
  const differs = [at, ...later].find((difference) => difference !== 0);
  // Before a version come its trials.
  if (differs === undefined) return found[4] === "" ? "exactly" : "unknown";
  return differs > 0 ? "exactly" : "program";
}
