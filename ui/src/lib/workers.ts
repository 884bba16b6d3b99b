/**
 * The page's workers: work that would hold its own thread, asked for and answered by message.
 *
 * A worker is started for the first question and ended after a minute without one: what it loaded is memory that a
 * window in the background should not hold. A worker that fails answers nothing to everybody who waits.
 */
import highlightUrl from "./markdown/highlight.worker.ts?worker&url";
import readingUrl from "./shell/reading.worker.ts?worker&url";

const idleTime = 60_000;

/** The part of a `Worker` that is used. */
export interface PlainWorker<Question, Answer> {
  postMessage(asked: { id: number; question: Question }): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<{ id: number; answer: Answer | null }>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

export class AskedWorker<Question, Answer> {
  #worker: PlainWorker<Question, Answer> | undefined;
  #waiting = new Map<number, (answer: Answer | null) => void>();
  #nextId = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly start: () => PlainWorker<Question, Answer>) {}

  /** The answer, or nothing where there is none to be had. */
  async ask(question: Question): Promise<Answer | null> {
    const worker = this.#wake();
    if (!worker) return null;
    this.#nextId += 1;
    const id = this.#nextId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      worker.postMessage({ id, question });
    });
  }

  #wake(): PlainWorker<Question, Answer> | undefined {
    clearTimeout(this.#idle);
    if (this.#worker) return this.#worker;
    try {
      this.#worker = this.start();
    } catch {
      return undefined;
    }
    this.#worker.onmessage = ({ data }) => this.#answered(data);
    this.#worker.onerror = () => this.#end();
    return this.#worker;
  }

  #answered({ id, answer }: { id: number; answer: Answer | null }): void {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#idle = setTimeout(() => this.#end(), idleTime);
  }

  /** Ends the worker; whoever still waits gets nothing. */
  #end(): void {
    clearTimeout(this.#idle);
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const resolve of this.#waiting.values()) resolve(null);
    this.#waiting.clear();
  }
}

/** What is used of Trusted Types, which TypeScript's own library does not know yet. */
interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

const urls = { highlight: highlightUrl, reading: readingUrl };

/** A policy of its own, named in the content security policy, that lets nothing but our own workers' files through. */
const policy = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes?.createPolicy(
  "gatehouse-worker",
  {
    createScriptURL: (url) => {
      if (!Object.values(urls).includes(url)) throw new TypeError("not one of our workers");
      return url;
    },
  },
);

/** Starts one of the page's workers. */
export function startWorker(name: keyof typeof urls): Worker {
  const url = urls[name];
  return new Worker(policy?.createScriptURL(url) ?? url, { type: "module" });
}
