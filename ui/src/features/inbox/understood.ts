/** Whether this page knows everything that a request says of itself. A newer app or gateway may say more. */
import type { InboxItemDetail, InboxItemView } from "$lib/backend/types";
import { kindIcons } from "./marks";

const verdicts: readonly string[] = ["allow", "ask", "deny"];

/** `unsaid`: the gateway did not say what would run. */
type Item = InboxItemView & { readonly unsaid?: boolean };

export function understood({ item, analysis }: InboxItemDetail): boolean {
  const { kind, unsaid = false }: Item = item;
  if (unsaid || !Object.hasOwn(kindIcons, kind)) return false;
  if (!analysis) return true;
  const said = [analysis.verdict, ...analysis.findings.map(({ verdict }) => verdict)];
  return said.every((verdict) => verdicts.includes(verdict));
}
