/**
 * Work in small slices between frames, latest request first.
 *
 * WebKitGTK has no `requestIdleCallback`, so a slice runs in a task of its own after a frame was drawn and stops
 * when its few milliseconds are over. What was asked for last runs first: it is what the person looks at.
 */

/** Work that can be put aside: each `next` is a small step. */
export type Steps = Iterator<void, void>;

/** How long a slice may take: a third of a frame at 60 Hz leaves room for a stream. */
const SLICE_MS = 5;

/** Asks for a callback when a slice may run, and says until when. */
export type Schedule = (slice: () => void) => void;

const afterFrame: Schedule = (slice) => {
  // The timer is for a hidden window, where no frames are drawn.
  if (document.hidden) setTimeout(slice, 100);
  else requestAnimationFrame(() => setTimeout(slice, 0));
};

/** A stack of sliced work. */
export class IdleQueue {
  #stack: { steps: Steps; signal: AbortSignal }[] = [];
  #scheduled = false;

  constructor(
    private readonly schedule: Schedule = afterFrame,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Runs `steps` slice by slice until they end or `signal` aborts. */
  add(steps: Steps, signal: AbortSignal): void {
    this.#stack.push({ steps, signal });
    this.#request();
  }

  #request(): void {
    if (this.#scheduled || this.#stack.length === 0) return;
    this.#scheduled = true;
    this.schedule(() => this.#slice());
  }

  #slice(): void {
    this.#scheduled = false;
    const end = this.now() + SLICE_MS;
    let task = this.#stack.at(-1);
    while (task && this.now() < end) {
      if (task.signal.aborted || task.steps.next().done) {
        this.#stack = this.#stack.filter((other) => other !== task);
      }
      task = this.#stack.at(-1);
    }
    this.#request();
  }
}

/** The queue that all highlighting shares. */
export const idleQueue = new IdleQueue();
