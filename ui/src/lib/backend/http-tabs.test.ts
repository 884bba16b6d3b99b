import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TabStream } from "./http-events";
import { Tabs, type Channel, type Source } from "./http-tabs";

/** A stream that a test speaks through. */
class Stream extends EventTarget implements Source {
  closed = false;
  close() {
    this.closed = true;
  }
  say(name: string, payload: unknown) {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(payload) }));
  }
}

/** What the tabs of one browser talk over, and the connections that it has open. */
class Browser {
  readonly streams: Stream[] = [];
  private readonly channels: Channel[] = [];

  get open(): Stream[] {
    return this.streams.filter(({ closed }) => !closed);
  }

  /** The server tells something to every stream. */
  say(name: string, payload: unknown) {
    for (const stream of this.open) stream.say(name, payload);
  }

  tab() {
    const page = new EventTarget();
    const heard: unknown[] = [];
    const again = vi.fn();
    const channel: Channel = {
      onmessage: null,
      postMessage: (data) => {
        const event = new MessageEvent("message", { data });
        for (const other of this.channels.filter((each) => each !== channel))
          setTimeout(() => other.onmessage?.call(other as BroadcastChannel, event));
      },
    };
    this.channels.push(channel);
    const opened = () => {
      const stream = new Stream();
      this.streams.push(stream);
      // The server answers a moment later.
      setTimeout(() => stream.say("open", {}));
      return stream;
    };
    const tabs: Tabs = new Tabs(() => stream.again(), opened, channel, page);
    const stream = new TabStream(
      "/events",
      () => Promise.resolve(),
      (url) => tabs.connect(url),
    );
    stream.onStandsAgain(again);
    stream.follow("inboxChanged", (it) => heard.push(it));
    return { stream, heard, again, turnTo: () => page.dispatchEvent(new Event("focus")) };
  }

  async tabs(count: number) {
    const tabs = [];
    for (let at = 0; at < count; at += 1) {
      tabs.push(this.tab());
      await vi.advanceTimersByTimeAsync(10);
    }
    return tabs;
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("the tabs of one browser", () => {
  it("leave connections for what they ask, and all hear of an approval once", async () => {
    const browser = new Browser();
    const tabs = await browser.tabs(8);
    expect(browser.open).toHaveLength(4);
    browser.say("inboxChanged", "asked");
    await vi.advanceTimersByTimeAsync(10);
    expect(tabs.map(({ heard }) => heard)).toEqual(Array(8).fill(["asked"]));
  });

  it("read their snapshots again when their stream becomes another's", async () => {
    const browser = new Browser();
    const [first] = await browser.tabs(5);
    expect(first?.again).toHaveBeenCalledOnce();
    await first?.stream.opened();
    expect(first?.stream.standing).toBeNull();
  });

  it("give the one that a person turns to a stream of its own", async () => {
    const browser = new Browser();
    const [first] = await browser.tabs(8);
    first?.turnTo();
    await vi.advanceTimersByTimeAsync(10);
    expect((await first?.stream.owned())?.tab).toBe(first?.stream.standing);
    expect(browser.open).toHaveLength(4);
  });

  it("hear of everything again after the tab that lent its stream was closed", async () => {
    const browser = new Browser();
    const tabs = await browser.tabs(8);
    // Each in turn, so that whoever lent to whom is among them.
    for (let closed = 0; closed < 4; closed += 1) {
      const holder = tabs.findIndex(({ stream }) => stream.standing !== null);
      const [left] = tabs.splice(holder, 1);
      hide(left);
      await vi.advanceTimersByTimeAsync(10_000);
    }
    const before = tabs.map(({ heard }) => heard.length);
    browser.say("inboxChanged", "asked");
    await vi.advanceTimersByTimeAsync(10);
    expect(tabs.map(({ heard }, at) => heard.slice(before[at]))).toEqual(tabs.map(() => ["asked"]));
    expect(browser.open.length).toBeLessThanOrEqual(4);
  });

  it("do without each other when none has a stream to lend", async () => {
    const browser = new Browser();
    const tabs = await browser.tabs(8);
    // The gateway went away: no stream stands, and nobody says so.
    for (const stream of browser.open) stream.dispatchEvent(new Event("error"));
    await vi.advanceTimersByTimeAsync(20_000);
    browser.say("inboxChanged", "asked");
    await vi.advanceTimersByTimeAsync(10);
    for (const { heard } of tabs) expect(heard).toContain("asked");
    expect(browser.open).toHaveLength(4);
  });
});

type Tab = ReturnType<Browser["tab"]>;

/** As a tab that is closed does: its stream ends. */
function hide(tab: Tab | undefined) {
  (tab?.stream as unknown as { end(): void }).end();
}
