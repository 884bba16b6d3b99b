/**
 * One tab's stream of server-sent events, opened on first use and opened again when it ends.
 *
 * A stream that broke may have missed something, and only a page that starts afresh reads every snapshot again. So
 * after a stream that had stood comes back, the page is loaded anew: rarely, and what a person typed is kept by the
 * browser's own form memory.
 */
import { randomName } from "../random";
import type { Unsubscribe } from "./backend";

/** Milliseconds between attempts to open a stream that ended. */
const RETRY_MS = 2_000;

type Handler = (payload: unknown) => void;
/** What the class needs of an `EventSource`, so that tests can give one. */
export type Source = Pick<EventSource, "addEventListener" | "close" | "readyState">;

export class TabStream {
  private readonly handlers = new Map<string, Set<Handler>>();
  private source: Source | undefined;
  private opening: Promise<{ tab: string }> | undefined;
  private stood = false;

  constructor(
    private readonly url: string,
    /** The stream ended: is the session still there? */
    private readonly lost: () => Promise<void>,
    private readonly connect: (url: string) => Source = (it) => new EventSource(it),
    private readonly reload: () => void = () => window.location.reload(),
  ) {}

  /** Resolves once the server has this tab's stream open. */
  opened(): Promise<{ tab: string }> {
    this.opening ??= this.open();
    return this.opening;
  }

  follow(name: string, handler: Handler): Unsubscribe {
    const known = this.handlers.get(name);
    if (known) known.add(handler);
    else {
      this.handlers.set(name, new Set([handler]));
      if (this.source) this.listen(this.source, name);
    }
    void this.opened();
    return () => this.handlers.get(name)?.delete(handler);
  }

  private open(): Promise<{ tab: string }> {
    const tab = randomName();
    const source = this.connect(`${this.url}/${tab}`);
    this.source = source;
    for (const name of this.handlers.keys()) this.listen(source, name);
    return new Promise((resolve) => {
      source.addEventListener("open", (event) => {
        // The browser's own `open` has no data; the server's says that the stream is registered.
        if (!("data" in event)) return;
        if (this.stood) this.reload();
        this.stood = true;
        resolve({ tab });
      });
      source.addEventListener("error", () => {
        source.close();
        void this.lost().then(() => setTimeout(() => void this.open().then(resolve), RETRY_MS));
      });
    });
  }

  private listen(source: Source, name: string): void {
    source.addEventListener(name, (event) => {
      const payload: unknown = JSON.parse((event as MessageEvent<string>).data);
      for (const handler of this.handlers.get(name) ?? []) handler(payload);
    });
  }
}
