import { afterEach, describe, expect, it, vi } from "vitest";
import { BackendError } from "./backend";
import { browserSession, httpBackend, signIn } from "./http";
import { TabStream, type Sight } from "./http-events";
import type { Source } from "./http-tabs";

type Listener = (event: Event) => void;

/** A stream that a test speaks through. */
class FakeSource implements Source {
  closed = false;
  private readonly listeners = new Map<string, Listener[]>();

  addEventListener(name: string, listener: unknown) {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener as Listener]);
  }
  close() {
    this.closed = true;
  }
  say(name: string, payload: unknown) {
    const event = new MessageEvent(name, { data: JSON.stringify(payload) });
    for (const listener of this.listeners.get(name) ?? []) listener(event);
  }
  fail() {
    for (const listener of this.listeners.get("error") ?? []) listener(new Event("error"));
  }
}

/** A backend whose session stands. */
const backendOf = () =>
  httpBackend(
    async () => true,
    () => undefined,
  );

/** The stream that was opened last. */
function last(sources: FakeSource[]): FakeSource {
  const source = sources.at(-1);
  if (!source) throw new Error("no stream was opened");
  return source;
}

function answering(status: number, body: unknown) {
  const sent: { url: string; body: unknown }[] = [];
  vi.stubGlobal("fetch", (url: string, init?: RequestInit) => {
    sent.push({ url, body: init?.body ? JSON.parse(init.body as string) : undefined });
    const text = status === 204 ? null : JSON.stringify(body);
    return Promise.resolve(new Response(text, { status }));
  });
  return sent;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("the browser's backend", () => {
  it("calls a command by its name, with its arguments by theirs", async () => {
    const sent = answering(200, null);
    const session = { gateway: "gw", key: "agent:main:main" };
    await backendOf().chatAbort(session);
    expect(sent).toEqual([{ url: "/control/api/call/chat_abort", body: { session } }]);
  });

  it("throws the command's own error, with its code", async () => {
    answering(422, { code: "itemChanged", message: "it changed", retryable: true });
    const calling = backendOf().sessionsSearch("logs");
    await expect(calling).rejects.toMatchObject({ code: "itemChanged", retryable: true });
    await expect(calling).rejects.toBeInstanceOf(BackendError);
  });

  it("says that the gateway cannot be reached when nothing answers", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed to fetch")));
    const calling = backendOf().appInfo();
    await expect(calling).rejects.toMatchObject({ code: "unreachable", retryable: true });
    expect(await browserSession()).toBeNull();
  });

  it("asks for a snapshot once it hears what changes after it, and not before", async () => {
    const sources: FakeSource[] = [];
    const opening = class extends FakeSource {
      constructor() {
        super();
        sources.push(this);
      }
    };
    vi.stubGlobal("EventSource", opening);
    const sent = answering(200, { revision: 1 });
    const backend = backendOf();
    const asked = [
      backend.inboxSnapshot(),
      backend.sessionsSnapshot(),
      backend.gatewaysList(),
      backend.secretStoreState(),
    ];
    await new Promise((resolve) => setTimeout(resolve));
    expect(sent).toEqual([]);
    last(sources).say("open", {});
    await Promise.all(asked);
    expect(sent).toHaveLength(4);
    expect(sources).toHaveLength(1);
  });

  it("sends the credential once, in the body, and keeps it nowhere", async () => {
    const sent = answering(204, undefined);
    await signIn("correct-horse-battery");
    expect(sent).toEqual([
      { url: "/control/api/session", body: { credential: "correct-horse-battery" } },
    ]);
    expect(JSON.stringify([{ ...localStorage }, { ...sessionStorage }])).not.toContain("horse");
  });

  it("refuses what only the desktop can do", async () => {
    const backend = backendOf();
    expect(backend.capabilities.editGateways).toBe(false);
    await expect(backend.gatewayRemove("gw")).rejects.toMatchObject({ code: "onlyOnTheDesktop" });
  });
});

describe("a session that ends under the page", () => {
  it("asks for the sign-in once, sends nothing again, and begins anew once it is there", async () => {
    const sources: FakeSource[] = [];
    vi.stubGlobal(
      "EventSource",
      class extends FakeSource {
        constructor() {
          super();
          sources.push(this);
        }
      },
    );
    const sent = answering(401, { code: "unauthorized", message: "sign in", retryable: false });
    let signedIn: (done: boolean) => void = () => undefined;
    const asked = vi.fn(() => new Promise<boolean>((resolve) => (signedIn = resolve)));
    const backend = httpBackend(asked, () => undefined);
    const heard: string[] = [];
    backend.onInterrupted((how) => heard.push(how));
    backend.onInboxChanged(() => undefined);
    last(sources).say("open", {});

    const calls = [backend.inboxItem("here/exec/1"), backend.sessionsSearch("logs")];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: "signedOut" });
    expect(asked).toHaveBeenCalledOnce();
    expect(sent).toHaveLength(2);
    expect(heard).toEqual([]);

    signedIn(true);
    await vi.waitFor(() => expect(sources).toHaveLength(2));
    expect(heard).toEqual(["restarted"]);
    expect(sources[0]?.closed).toBe(true);
    last(sources).say("open", {});
    expect(heard).toEqual(["restarted", "missed"]);
  });

  it("leaves the page when this browser signed out in another tab", async () => {
    answering(204, undefined);
    const leave = vi.fn();
    httpBackend(async () => true, leave);
    await backendOf().signOut();
    await vi.waitFor(() => expect(leave).toHaveBeenCalled());
  });
});

describe("a tab's stream", () => {
  function streaming() {
    vi.useFakeTimers();
    const sources: FakeSource[] = [];
    const lost = vi.fn(() => Promise.resolve());
    const again = vi.fn();
    const connect = () => {
      const source = new FakeSource();
      sources.push(source);
      return source;
    };
    const sight = { visibilityState: "visible" as DocumentVisibilityState, look: () => undefined };
    const addEventListener = (_: string, look: () => undefined) => (sight.look = look);
    const watched = Object.assign(sight, { addEventListener }) as unknown as Sight;
    const see = (state: DocumentVisibilityState) => {
      sight.visibilityState = state;
      sight.look();
    };
    const stream = new TabStream("/events", lost, connect, watched);
    stream.onStandsAgain(again);
    return { stream, sources, lost, again, see };
  }

  it("gives each event to those who follow it, until they stop", async () => {
    const { stream, sources } = streaming();
    const heard: unknown[] = [];
    const stop = stream.follow("inboxChanged", (it) => heard.push(it));
    last(sources).say("open", {});
    await stream.opened();
    last(sources).say("inboxChanged", 1);
    stop();
    last(sources).say("inboxChanged", 2);
    expect(heard).toEqual([1]);
    expect(sources).toHaveLength(1);
  });

  it("hears an event that somebody follows after the stream stands", async () => {
    const { stream, sources } = streaming();
    const opened = stream.opened();
    last(sources).say("open", {});
    await opened;
    const heard: unknown[] = [];
    stream.follow("chat", (it) => heard.push(it));
    last(sources).say("chat", "hello");
    expect(heard).toEqual(["hello"]);
  });

  it("opens again in its place after it broke, and tells that something may have been missed", async () => {
    const { stream, sources, lost, again } = streaming();
    const heard: unknown[] = [];
    stream.follow("inboxChanged", (it) => heard.push(it));
    last(sources).say("open", {});
    const before = await stream.owned();
    last(sources).fail();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(lost).toHaveBeenCalledOnce();
    expect(sources).toHaveLength(2);
    expect(again).not.toHaveBeenCalled();
    last(sources).say("open", {});
    expect(again).toHaveBeenCalledOnce();
    expect(await stream.owned()).not.toEqual(before);
    last(sources).say("inboxChanged", 3);
    expect(heard).toEqual([3]);
  });

  it("takes a stream that has said nothing for long for dead", async () => {
    const { stream, sources, again } = streaming();
    void stream.opened();
    last(sources).say("open", {});
    for (let tick = 0; tick < 10; tick += 1) {
      await vi.advanceTimersByTimeAsync(15_000);
      last(sources).say("tick", {});
    }
    expect(sources).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sources.length).toBeGreaterThan(1);
    last(sources).say("open", {});
    expect(again).toHaveBeenCalled();
  });

  it("takes none of the browser's few connections while nobody looks at the tab", async () => {
    const { stream, sources, again, see } = streaming();
    see("hidden");
    void stream.opened();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sources).toHaveLength(0);

    see("visible");
    last(sources).say("open", {});
    see("hidden");
    await vi.advanceTimersByTimeAsync(1_000);
    see("visible");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(last(sources).closed).toBe(false);

    see("hidden");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(last(sources).closed).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sources).toHaveLength(1);
    see("visible");
    expect(sources).toHaveLength(2);
    last(sources).say("open", {});
    expect(again).toHaveBeenCalledOnce();
  });
});
