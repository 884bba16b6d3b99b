/** One change at a time: whether it is on its way, and why the last one did not go through. */
import type { ProblemView } from "$lib/backend/types";
import { problemOf } from "$lib/errors";

export class Attempt {
  busy = $state(false);
  problem = $state.raw<ProblemView | null>(null);

  /** True when it went through. */
  async make(change: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = null;
    try {
      await change();
      return true;
    } catch (thrown) {
      this.problem = problemOf(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }

  forget(): void {
    this.problem = null;
  }
}
