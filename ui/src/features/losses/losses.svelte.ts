/** What of the app's own records could not be read, until the person has seen it. */
import type { Backend } from "$lib/backend/backend";
import type { LossesView } from "$lib/backend/types";

const none: LossesView = { losses: [], rulesPaused: false };

export class Losses {
  current = $state.raw<LossesView>(none);
  /** That it was seen could not be kept. */
  notKept = $state(false);

  constructor(
    private readonly backend: Pick<Backend, "lossesSeen">,
    initial: LossesView,
  ) {
    this.current = initial;
  }

  /** Which settings hold now is to be looked at: some were not read. */
  readonly inSettings = $derived(this.current.losses.some(({ kind }) => kind === "settings"));

  /** A second press closes it all the same. */
  async seen(): Promise<void> {
    if (this.notKept) {
      this.current = none;
      return;
    }
    try {
      await this.backend.lossesSeen();
      this.current = none;
    } catch {
      this.notKept = true;
    }
  }
}
