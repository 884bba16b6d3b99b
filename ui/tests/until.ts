/** Waits until `check` throws no more: half a minute, since a busy machine is no fault of the page. */
import { vi } from "vitest";

export const until = (check: () => unknown) => vi.waitFor(check, { timeout: 30_000 });
