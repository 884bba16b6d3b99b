import { fireEvent, render, screen } from "@testing-library/svelte";
import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Desk } from "$features/desk";
import { Gateways } from "$features/gateways/gateways.svelte";
import { Announcer } from "$lib/announcer.svelte";
import type { Backend } from "$lib/backend/backend";
import { makeGateway } from "$lib/backend/fake/gateways";
import type { InboxChange, InboxItemView } from "$lib/backend/types";
import { Keymap } from "$lib/keyboard/keymap.svelte";
import { folded } from "$lib/layout.svelte";
import type { Page } from "$lib/page";
import { Router } from "$lib/router.svelte";
import { Clock } from "$lib/time/clock.svelte";
import { Inbox } from "./inbox.svelte";
import InboxOnDesk from "./InboxOnDesk.test.svelte";
import { makeDetail, makeItem } from "./test-items";

beforeEach(() => {
  vi.useFakeTimers();
  window.location.hash = "#/inbox";
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function show(items: InboxItemView[], { narrow = false, unreadable = 0 } = {}) {
  vi.spyOn(folded, "current", "get").mockReturnValue(narrow);
  const known = new Map(items.map((item) => [item.key, item]));
  const decide = vi.fn();
  let send: (change: InboxChange) => void = () => undefined;
  const lab = makeGateway(0, {
    id: "lab",
    name: "Lab",
    url: "ws://x",
    unreadableWaiting: unreadable,
  });
  const backend = {
    inboxSnapshot: async () => ({ revision: 1, items, waiting: items.length, overflow: [] }),
    inboxItem: async (key: string) => makeDetail(known.get(key)),
    inboxDecide: decide,
    onInboxChanged: (handler: typeof send) => ((send = handler), () => undefined),
    onInterrupted: () => () => undefined,
    gatewaysList: async () => [lab],
    onGatewaysChanged: () => () => undefined,
  } as unknown as Backend;
  const keymap = new Keymap(false);
  const router = new Router(window);
  const page = { backend, keymap, router, announcer: new Announcer(), clock: new Clock() };
  const [inbox, gateways] = [new Inbox(backend), new Gateways(backend)];
  const desk = { inbox, gateways, sessions: { find: () => undefined } };
  const stops = [keymap.listen(), inbox.start(), gateways.start()];
  const view = render(InboxOnDesk, {
    desk: desk as unknown as Desk,
    page: page as unknown as Page,
  });
  await vi.advanceTimersByTimeAsync(1500);
  let revision = 1;
  const change = async (...changed: InboxItemView[]) => {
    for (const item of changed) known.set(item.key, item);
    revision += 1;
    send({ revision, changed, removed: [], waiting: 1, overflow: [] });
    await vi.advanceTimersByTimeAsync(10);
  };
  const shown = () => view.container.querySelector("article pre")?.textContent;
  return { ...view, router, decide, change, shown, stop: () => stops.forEach((stop) => stop()) };
}

const first = makeItem({ key: "a", subject: "ls first", createdAt: 1 });
const second = makeItem({ key: "b", subject: "ls second", createdAt: 2 });
const denied = (item: InboxItemView): InboxItemView => ({
  ...item,
  phase: {
    kind: "decided",
    decision: "deny",
    by: "Bob",
    byThisApp: false,
    at: 1,
    record: "read",
  },
  offered: [],
  revision: 2,
});

describe("the inbox beside its list", () => {
  it("opens what waits longest where nothing was chosen, and the list says so", async () => {
    const { router, shown, stop } = await show([second, first]);
    expect(shown()).toBe("ls first");
    expect(router.route).toEqual({ name: "inbox", item: "a" });
    stop();
  });

  it("stays with it once it is decided, so that no press meets another one", async () => {
    const { shown, change, decide, container, stop } = await show([first, second]);
    await change(denied(first));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(shown()).toBe("ls first");
    expect(container.querySelector("article")?.textContent).toContain("Denied");
    await fireEvent.keyDown(document.body, { key: "d" });
    expect(decide).not.toHaveBeenCalled();
    stop();
  });

  it("takes no key on one that came by itself before it can have been read", async () => {
    const { shown, change, decide, stop } = await show([]);
    await change(first);
    expect(shown()).toBe("ls first");
    await fireEvent.keyDown(document.body, { key: "d" });
    expect(decide).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1100);
    await fireEvent.keyDown(document.body, { key: "d" });
    expect(decide).toHaveBeenCalledWith(expect.objectContaining({ key: "a", decision: "deny" }));
    stop();
  });

  it("leaves what a person chose", async () => {
    const { shown, router, change, stop } = await show([second]);
    flushSync(() => router.go({ name: "inbox", item: "b" }));
    await change(first);
    expect(shown()).toBe("ls second");
    stop();
  });

  it("opens nothing by itself where the list has the window to itself", async () => {
    const { shown, router, stop } = await show([first], { narrow: true });
    expect(shown()).toBeUndefined();
    expect(router.route).toEqual({ name: "inbox", item: null });
    stop();
  });
});

describe("the list of the inbox", () => {
  it("says above the queue what cannot be read, with the way to its gateway", async () => {
    const { container, stop } = await show([first], { unreadable: 3 });
    expect(container.querySelector("header")?.textContent).toContain("1 waits, 3 not readable");
    const way = screen.getByRole("link", { name: "Lab" });
    expect(way.getAttribute("href")).toBe("#/settings/gateways/lab");
    stop();
  });
});
