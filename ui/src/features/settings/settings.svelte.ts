/** What the person set. A change shows at once, is saved, and goes back when it could not be. */
import type { Backend } from "$lib/backend/backend";
import type { ProblemView, Settings } from "$lib/backend/types";
import { problemOf } from "$lib/errors";

type Change = {
  notifications?: Partial<Settings["notifications"]>;
  appearance?: Partial<Settings["appearance"]>;
  ownGateway?: Partial<Settings["ownGateway"]>;
};

export class Preferences {
  current = $state.raw<Settings>() as Settings;
  problem = $state.raw<ProblemView | null>(null);

  constructor(
    private readonly backend: Pick<
      Backend,
      "appInfo" | "settingsSave" | "onSettingsChanged" | "onInterrupted"
    >,
    initial: Settings,
  ) {
    this.current = initial;
  }

  start(): () => void {
    const stop = this.backend.onSettingsChanged((settings) => (this.current = settings));
    const stopInterrupted = this.backend.onInterrupted((how) => {
      if (how === "missed") void this.#read();
    });
    return () => {
      stop();
      stopInterrupted();
    };
  }

  async #read(): Promise<void> {
    try {
      this.current = (await this.backend.appInfo()).settings;
    } catch {
      // What was known stands; the next change brings all of them.
    }
  }

  async change(change: Change): Promise<void> {
    const before = this.current;
    this.current = {
      notifications: { ...before.notifications, ...change.notifications },
      appearance: { ...before.appearance, ...change.appearance },
      ownGateway: { ...before.ownGateway, ...change.ownGateway },
    };
    try {
      this.current = await this.backend.settingsSave(this.current);
      this.problem = null;
    } catch (thrown) {
      this.current = before;
      this.problem = problemOf(thrown);
    }
  }
}
