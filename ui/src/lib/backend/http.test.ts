import { afterEach, describe, expect, it, vi } from "vitest";
import { BackendError } from "./backend";
import { browserSession, httpBackend, signIn } from "./http";
import { TabStream, type Source } from "./http-events";

type Listener = (event: Event) => void;

/** A stream that a test speaks through. */
class FakeSource implements Source {
  readyState = 0;
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
    await httpBackend(() => undefined).chatAbort(session);
    expect(sent).toEqual([{ url: "/control/api/call/chat_abort", body: { session } }]);
  });

  it("throws the command's own error, with its code", async () => {
    answering(422, { code: "itemChanged", message: "it changed", retryable: true });
    const calling = httpBackend(() => undefined).sessionsSearch("logs");
    await expect(calling).rejects.toMatchObject({ code: "itemChanged", retryable: true });
    await expect(calling).rejects.toBeInstanceOf(BackendError);
  });

  it("says that the gateway cannot be reached when nothing answers", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed to fetch")));
    const calling = httpBackend(() => undefined).appInfo();
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
    const backend = httpBackend(() => undefined);
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
    const backend = httpBackend(() => undefined);
    expect(backend.capabilities.editGateways).toBe(false);
    await expect(backend.gatewayRemove("gw")).rejects.toMatchObject({ code: "onlyOnTheDesktop" });
  });
});

describe("a tab's stream", () => {
  function streaming() {
    const sources: FakeSource[] = [];
    const lost = vi.fn(() => Promise.resolve());
    const reload = vi.fn();
    const connect = () => {
      const source = new FakeSource();
      sources.push(source);
      return source;
    };
    return { stream: new TabStream("/events", lost, connect, reload), sources, lost, reload };
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

  it("opens again after it broke, and starts the page afresh, because something may have been missed", async () => {
    vi.useFakeTimers();
    const { stream, sources, lost, reload } = streaming();
    const opened = stream.opened();
    last(sources).say("open", {});
    await opened;
    last(sources).fail();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(lost).toHaveBeenCalledOnce();
    expect(sources).toHaveLength(2);
    expect(reload).not.toHaveBeenCalled();
    last(sources).say("open", {});
    expect(reload).toHaveBeenCalledOnce();
  });
});
