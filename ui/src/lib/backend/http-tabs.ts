/**
 * The tabs of one browser share its few streams.
 *
 * A browser gives all tabs of a server six connections over plain HTTP. So at most four tabs hold a stream of their
 * own, those that a person turned to last, and leave two connections for what they ask. Each other one that is in view
 * borrows: one that holds a stream passes on what it hears. What is borrowed is all but transcripts, which a tab hears
 * over a stream of its own: it gets one as soon as a person turns to it.
 *
 * There is no lock and no list that all agree on, so nothing is left behind by a tab that crashed: whoever claims a
 * stream says so, and who hears of as many later claims as there are streams lets go of its own.
 */
import { randomName } from "../random";

/** What a stream has to offer, an `EventSource` or a borrowed one. */
export interface Source {
  addEventListener(name: string, listener: (event: Event) => void): void;
  close(): void;
  /** Another tab's: the server knows it under no name of ours. */
  readonly borrowed?: true;
}

/** What the tabs say to each other. */
type Said =
  | { kind: "claims" | "gone" | "asks" | "stands"; from: string }
  | { kind: "heard"; from: string; name: string; data: string };

/** What the tabs talk over, so that tests can give one. */
export type Channel = Pick<BroadcastChannel, "postMessage" | "onmessage">;
/** What tells that a person turned to this tab. */
type Page = Pick<EventTarget, "addEventListener">;

const CHANNEL = "gatehouse-stream";

/** Of the browser's six connections. */
const MOST = 4;

/** No tab has a stream to lend for so long: then there is room for one. */
const ALONE_MS = 3_000;

/** All that the server says to every tab. */
const PASSED_ON = [
  "gatewaysChanged",
  "inboxChanged",
  "sessionsChanged",
  "secretsChanged",
  "settingsChanged",
  "tick",
] as const;

export class Tabs {
  private readonly id = randomName();
  /** Who claimed a stream after this tab did. */
  private readonly later = new Set<string>();
  private own: Source | undefined;
  private stands = false;
  private lent: Borrowed | undefined;
  private yielded = false;

  constructor(
    /** The stream is to be opened anew: it is another's from now on, or this tab's. */
    private readonly again: () => void,
    private readonly open: (url: string) => Source = (url) => new EventSource(url),
    private readonly channel: Channel | null = channelOfTabs(),
    page: Page = globalThis,
  ) {
    if (!channel) return;
    channel.onmessage = ({ data }) => this.hear(data as Said);
    for (const sign of ["focus", "pointerdown", "keydown"])
      page.addEventListener(sign, () => this.turnedTo(), { capture: true });
    page.addEventListener("pagehide", () => this.say("gone"));
  }

  connect(url: string): Source {
    return this.yielded ? this.borrow() : this.claim(url);
  }

  /** A person turned to this tab: its stream is its own. */
  turnedTo(): void {
    if (!this.yielded) {
      if (this.later.size > 0) this.sayClaim();
      return;
    }
    this.yielded = false;
    this.again();
  }

  private claim(url: string): Source {
    const source = this.open(url);
    this.own = source;
    this.stands = false;
    this.sayClaim();
    source.addEventListener("open", (event) => {
      if (!("data" in event) || source !== this.own) return;
      this.stands = true;
      this.say("stands");
    });
    for (const name of PASSED_ON)
      source.addEventListener(name, (event) => this.passOn(source, name, event));
    return {
      addEventListener: source.addEventListener.bind(source),
      close: () => this.letGo(source),
    };
  }

  private letGo(source: Source): void {
    source.close();
    if (source !== this.own) return;
    this.own = undefined;
    this.stands = false;
    this.later.clear();
    this.say("gone");
  }

  private borrow(): Source {
    const alone = () => {
      this.yielded = false;
      this.again();
    };
    const lent = new Borrowed(alone);
    this.lent = lent;
    this.say("asks");
    return lent;
  }

  private passOn(source: Source, name: string, event: Event): void {
    if (source !== this.own) return;
    const { data } = event as MessageEvent<string>;
    this.channel?.postMessage({ kind: "heard", from: this.id, name, data } satisfies Said);
  }

  private hear(said: Said): void {
    this.lent?.hear(said);
    if (said.kind === "asks" && this.stands) this.say("stands");
    if (said.kind === "gone") this.later.delete(said.from);
    if (said.kind !== "claims" || !this.own) return;
    this.later.add(said.from);
    if (this.later.size < MOST) return;
    this.yielded = true;
    this.again();
  }

  private sayClaim(): void {
    this.later.clear();
    this.say("claims");
  }

  private say(kind: "claims" | "gone" | "asks" | "stands"): void {
    this.channel?.postMessage({ kind, from: this.id } satisfies Said);
  }
}

/** A stream that another tab holds. It ends when that one does. */
class Borrowed extends EventTarget implements Source {
  readonly borrowed = true as const;
  private from: string | null = null;
  private over = false;
  private readonly waiting: ReturnType<typeof setTimeout>;

  constructor(alone: () => void) {
    super();
    this.waiting = setTimeout(alone, ALONE_MS);
  }

  hear(said: Said): void {
    if (this.over) return;
    if (this.from === null && said.kind === "stands") {
      clearTimeout(this.waiting);
      this.from = said.from;
      this.dispatchEvent(new MessageEvent("open", { data: "{}" }));
    } else if (said.from !== this.from) {
      return;
    } else if (said.kind === "heard") {
      this.dispatchEvent(new MessageEvent(said.name, { data: said.data }));
    } else if (said.kind === "gone") {
      this.dispatchEvent(new Event("error"));
    }
  }

  close(): void {
    this.over = true;
    clearTimeout(this.waiting);
  }
}

/** None where the browser has no such thing: then each tab has a stream of its own. */
function channelOfTabs(): Channel | null {
  return typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
}
