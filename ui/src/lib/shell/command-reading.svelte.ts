/**
 * The reading of the command that is shown: at once where it is short, else from a worker while the whole of the
 * text is there already. What could not be looked through says so, because a missing mark would look like safety.
 */
import { AskedWorker, startWorker } from "../workers";
import { plain, read, type Reading } from "./reading";

/** Read at once up to this length, in a few milliseconds. */
export const readAtOnce = 16_384;

/** Whoever reads a long command. */
export type Ask = (text: string) => Promise<Reading | null>;

const worker = new AskedWorker<string, Reading>(() => startWorker("reading"));

export class CommandReading {
  current = $state.raw<Reading | null>(null);
  #text: string | null = null;

  constructor(private readonly ask: Ask = (text) => worker.ask(text)) {}

  /** Call it whenever the text may have changed; none shows none. */
  show(text: string | null): void {
    if (text === this.#text) return;
    this.#text = text;
    if (text === null) this.current = null;
    else if (text.length <= readAtOnce) this.current = read(text);
    else void this.#readLater(text);
  }

  async #readLater(text: string): Promise<void> {
    this.current = plain(text, "pending");
    const reading = await this.ask(text).catch(() => null);
    // The request may have changed, or another one is open, since it was asked.
    if (this.#text === text) this.current = reading ?? plain(text, "unread");
  }
}
