/**
 * One tab's stream of server-sent events: opened on first use, opened again when it ends, and let go of while the tab
 * is hidden.
 *
 * A stream that broke may have missed something. So whoever follows it is told when it stands again, and reads its
 * snapshot anew; the page itself stays as it is, with everything that a person typed.
 *
 * A browser gives all tabs of a server six connections over plain HTTP, and a stream takes one of them for as long as
 * it is open. Tabs that nobody looks at must not take them from the one that somebody does; how those in view share
 * them is in `http-tabs`.
 */
import { randomName } from "../random";
import type { Unsubscribe } from "./backend";
import type { Source } from "./http-tabs";

/** Milliseconds between attempts to open a stream that ended. */
const RETRY_MS = 2_000;
/** Who looks at another tab for a moment comes back to a stream that stands. */
const HIDDEN_MS = 5_000;
/** The server says something every fifteen seconds: silence for so long is a connection that is dead. */
const SILENT_MS = 50_000;

type Handler = (payload: unknown) => void;
type Opened = { tab: string };
/** What it needs of the document. */
export type Sight = Pick<Document, "visibilityState" | "addEventListener">;

/** An opening that others wait for. */
class Opening<T> {
  readonly promise: Promise<T>;
  resolve: (opened: T) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve) => (this.resolve = resolve));
  }
}

export class TabStream {
  private readonly handlers = new Map<string, Set<Handler>>();
  private readonly standsAgain = new Set<() => void>();
  private readonly ticks = new Set<() => void>();
  private source: Source | undefined;
  private opening = new Opening<void>();
  private owning = new Opening<Opened>();
  private stands = false;
  private wanted = false;
  private stood = false;
  private tab: string | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private hiding: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    /** The stream ended: is the session still there? What it begins is waited for before the next attempt. */
    private readonly lost: () => Promise<void>,
    private readonly connect: (url: string) => Source = (it) => new EventSource(it),
    private readonly sight: Sight = document,
  ) {
    sight.addEventListener("visibilitychange", () => this.looked());
  }

  /** Resolves once what changes is heard, be it over a borrowed stream. A hidden tab hears nothing. */
  opened(): Promise<void> {
    this.want();
    return this.opening.promise;
  }

  /** Resolves once the server has a stream of this tab open, under the name that it gives. */
  owned(): Promise<Opened> {
    this.want();
    return this.owning.promise;
  }

  /** The name of this tab's own stream, while it stands. */
  get standing(): string | null {
    return this.tab;
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

  /** Calls when the stream stands again after it had not: what happened meanwhile was not heard. */
  onStandsAgain(handler: () => void): Unsubscribe {
    this.standsAgain.add(handler);
    return () => this.standsAgain.delete(handler);
  }

  /** Calls every few seconds while the stream stands. */
  onTick(handler: () => void): void {
    this.ticks.add(handler);
  }

  /** Opens it anew now, as for another session. */
  again(): void {
    this.end();
    this.looked();
  }

  private want(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.looked();
  }

  private get visible(): boolean {
    return this.sight.visibilityState === "visible";
  }

  private looked(): void {
    clearTimeout(this.hiding);
    if (!this.wanted) return;
    if (!this.visible) this.hiding = setTimeout(() => this.end(), HIDDEN_MS);
    else if (!this.source) this.open();
  }

  private open(): void {
    clearTimeout(this.retry);
    const tab = randomName();
    const source = this.connect(`${this.url}/${tab}`);
    this.source = source;
    for (const name of this.handlers.keys()) this.listen(source, name);
    source.addEventListener("open", (event) => {
      // The browser's own `open` has no data; the server's says that the stream is registered.
      if ("data" in event && source === this.source) this.stand(source.borrowed ? null : tab);
    });
    source.addEventListener("tick", () => {
      this.heard(source);
      for (const tell of this.ticks) tell();
    });
    source.addEventListener("error", () => this.broke(source));
    this.heard(source);
  }

  /** `null` is a stream of another tab. */
  private stand(tab: string | null): void {
    this.tab = tab;
    this.stands = true;
    this.opening.resolve();
    if (tab !== null) this.owning.resolve({ tab });
    if (this.stood) for (const tell of this.standsAgain) tell();
    this.stood = true;
  }

  private broke(source: Source): void {
    if (source !== this.source) return;
    this.end();
    void this.lost().then(() => {
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.looked(), RETRY_MS);
    });
  }

  /** What follows it waits for the next one. */
  private end(): void {
    clearTimeout(this.silence);
    clearTimeout(this.retry);
    this.source?.close();
    this.source = undefined;
    if (this.stands) this.opening = new Opening();
    if (this.tab !== null) this.owning = new Opening();
    this.stands = false;
    this.tab = null;
  }

  private heard(source: Source): void {
    if (source !== this.source) return;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.broke(source), SILENT_MS);
  }

  private listen(source: Source, name: string): void {
    source.addEventListener(name, (event) => {
      if (source !== this.source) return;
      this.heard(source);
      const payload: unknown = JSON.parse((event as MessageEvent<string>).data);
      for (const handler of this.handlers.get(name) ?? []) handler(payload);
    });
  }
}
