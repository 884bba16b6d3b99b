/**
 * The time, as something that can be shown: reading `now` in a component or an effect makes it follow.
 * It ticks only while something reads it.
 */
import { createSubscriber } from "svelte/reactivity";

export class Clock {
  #subscribe: () => void;

  constructor(
    private readonly read: () => number = Date.now,
    private readonly counted: () => number = read === Date.now ? () => performance.now() : read,
  ) {
    this.#subscribe = createSubscriber((update) => {
      const timer = setInterval(update, 1000);
      return () => clearInterval(timer);
    });
  }

  /** Milliseconds since the epoch, anew each second. */
  get now(): number {
    this.#subscribe();
    return this.read();
  }

  /** The same without following it. */
  peek(): number {
    return this.read();
  }

  /** Milliseconds since some moment, whatever happens to the time of day: for how long something took. */
  count(): number {
    return this.counted();
  }
}
