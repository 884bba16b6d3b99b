/**
 * Lets repeated work take no more than a part of the time, whatever one run of it costs.
 *
 * A stream asks for each frame; a text that takes longer than a frame to read would otherwise leave no time to scroll,
 * to type or to stop it.
 */

/** After a run, this many times its duration belongs to everything else. */
const REST = 3;

export interface PaceClock {
  now(): number;
  later(callback: () => void, ms: number): void;
}

const pageClock: PaceClock = {
  now: () => performance.now(),
  later: (callback, ms) => setTimeout(callback, ms),
};

export class Pace {
  #freeAt = 0;
  #waiting: (() => void) | undefined;

  constructor(private readonly clock: PaceClock = pageClock) {}

  /** Runs `work` now, or the latest that was asked for once there is time again. */
  run(work: () => void): void {
    if (this.#waiting) {
      this.#waiting = work;
    } else if (this.clock.now() >= this.#freeAt) {
      this.#measure(work);
    } else {
      this.#waiting = work;
      this.clock.later(() => this.#resume(), this.#freeAt - this.clock.now());
    }
  }

  /** Runs `work` now, in any case, and nothing that waited. */
  runAtOnce(work: () => void): void {
    this.#waiting = undefined;
    this.#measure(work);
  }

  #resume(): void {
    const work = this.#waiting;
    this.#waiting = undefined;
    if (work) this.#measure(work);
  }

  #measure(work: () => void): void {
    const started = this.clock.now();
    work();
    const ended = this.clock.now();
    this.#freeAt = ended + (ended - started) * REST;
  }
}
