/** What went wrong, for a person: one table, and the two ways that a failure reaches the page. */
import { asBackendError } from "../backend/backend";
import type { ProblemView } from "../backend/types";

export { explain, isKnown, type NextAction, type ProblemEntry, type Severity } from "./table";
export { problemCodes, type ProblemCode } from "./codes";

/** A failed call in the shape of a problem, so that one component shows both. */
export function problemOf(thrown: unknown): ProblemView {
  const { code, message } = asBackendError(thrown);
  return { code, detail: message || null, requestId: null, deviceId: null };
}
