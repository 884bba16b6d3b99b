/**
 * The time, as something that can be shown: reading `now` in a component or an effect makes it follow.
 * It ticks only while something reads it.
 */
import { createSubscriber } from "svelte/reactivity";

/** So late after midnight another day has begun at most, also where the computer slept. */
const dayIsLookedAt = 20_000;

export class Clock {
  #subscribe: () => void;
  #subscribeDay: () => void;

  constructor(
    private readonly read: () => number = Date.now,
    private readonly counted: () => number = read === Date.now ? () => performance.now() : read,
  ) {
    this.#subscribe = createSubscriber((update) => {
      const timer = setInterval(update, 1000);
      return () => clearInterval(timer);
    });
    this.#subscribeDay = createSubscriber((update) => {
      let day = dayOf(this.read());
      const timer = setInterval(() => {
        const now = dayOf(this.read());
        if (now !== day) update();
        day = now;
      }, dayIsLookedAt);
      return () => clearInterval(timer);
    });
  }

  /** Milliseconds since the epoch, anew each second. */
  get now(): number {
    this.#subscribe();
    return this.read();
  }

  /** Some moment of today, anew each day: for what only says on which day something was. */
  get today(): number {
    this.#subscribeDay();
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

const dayOf = (at: number) => new Date(at).toDateString();
