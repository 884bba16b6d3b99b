/** What an effect is, in a few words beside its sentence: where, and that it is a secret. */
import type { EffectView } from "$lib/backend/types";
import { m } from "$lib/messages";

/** The workspace is where an agent belongs: that needs no word. */
export function aboutEffect({ zone, secret }: EffectView): string {
  const where = zone === "workspace" || zone === "elsewhere" ? "" : m.governance.zones[zone];
  const what = secret ? m.governance.analysis.secret : "";
  return [where, what].filter(Boolean).join(", ");
}
