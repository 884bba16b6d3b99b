/**
 * Asks for colours for code that has been written out. The answer comes later or never; plain text is always there.
 *
 * The worker is started for the first block and ended after a minute without work: its grammars take tens of
 * megabytes that a window in the background should not hold.
 */
import workerUrl from "./highlight.worker.ts?worker&url";
import { knownLanguage } from "./languages";
import type { HighlightAnswer, HighlightRequest, LineTokens } from "./tokens";

/** Larger code stays plain: nobody reads it, and colouring takes seconds. */
const MAX_CHARACTERS = 100_000;

const IDLE_MS = 60_000;

type Waiting = (lines: readonly LineTokens[] | null) => void;

/** The part of a `Worker` that is used. */
export interface HighlightWorker {
  postMessage(request: HighlightRequest): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<HighlightAnswer>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

export class Highlighter {
  #worker: HighlightWorker | undefined;
  #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly start: () => HighlightWorker) {}

  /** The code's tokens by line, or nothing when it stays plain. */
  async highlight(code: string, word: string): Promise<readonly LineTokens[] | null> {
    const language = knownLanguage(word);
    if (!language || code.length > MAX_CHARACTERS) return null;
    const worker = this.#wake();
    if (!worker) return null;
    this.#nextId += 1;
    const id = this.#nextId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      worker.postMessage({ id, code, language });
    });
  }

  #wake(): HighlightWorker | undefined {
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

  #answered({ id, lines }: HighlightAnswer): void {
    this.#waiting.get(id)?.(lines);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#idle = setTimeout(() => this.#end(), IDLE_MS);
  }

  /** Ends the worker; whoever still waits stays plain. */
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

/** A policy of its own, named in the content security policy, that lets nothing but our own worker's file through. */
const policy = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes?.createPolicy(
  "gatehouse-worker",
  {
    createScriptURL: (url) => {
      if (url !== workerUrl) throw new TypeError("not the highlighting worker");
      return url;
    },
  },
);

/** The page's one highlighter. */
export const highlighter = new Highlighter(
  () => new Worker(policy?.createScriptURL(workerUrl) ?? workerUrl, { type: "module" }),
);
