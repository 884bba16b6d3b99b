/** One thing that is asked of a backend: waiting, there, or failed. An answer that was overtaken counts for nothing. */
import type { ProblemView } from "$lib/backend/types";
import { problemOf } from "$lib/errors";

export class Asked<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<ProblemView | null>(null);
  busy = $state(false);
  #turn = 0;

  constructor(private readonly ask: () => Promise<T>) {}

  /** Asks again; what is there stays until the answer comes. */
  async load(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.busy = true;
    try {
      const value = await this.ask();
      if (turn !== this.#turn) return;
      this.value = value;
      this.problem = null;
    } catch (thrown) {
      if (turn === this.#turn) this.problem = problemOf(thrown);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  /** A later answer than any that was asked for. */
  put(value: T): void {
    this.#turn += 1;
    this.value = value;
    this.problem = null;
    this.busy = false;
  }

  clear(): void {
    this.#turn += 1;
    this.value = null;
    this.problem = null;
    this.busy = false;
  }
}
