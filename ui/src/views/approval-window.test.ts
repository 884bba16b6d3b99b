import { fireEvent, render, screen } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeDetail, makeItem } from "$features/inbox/test-items";
import { Announcer } from "$lib/announcer.svelte";
import type { Backend } from "$lib/backend/backend";
import type { AppInfo, InboxChange, InboxItemView } from "$lib/backend/types";
import { Keymap } from "$lib/keyboard/keymap.svelte";
import type { Page } from "$lib/page";
import { Router } from "$lib/router.svelte";
import { Clock } from "$lib/time/clock.svelte";
import ApprovalWindow from "./ApprovalWindowOnPage.test.svelte";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** The window with these requests, the first of which is shown. */
async function show(...items: InboxItemView[]) {
  const known = new Map(items.map((item) => [item.key, item]));
  const decide = vi.fn();
  let send: (change: InboxChange) => void = () => undefined;
  const backend = {
    inboxSnapshot: async () => ({ revision: 1, items, waiting: items.length, overflow: [] }),
    inboxItem: async (key: string) => makeDetail(known.get(key)),
    inboxDecide: decide,
    onInboxChanged: (handler: typeof send) => ((send = handler), () => undefined),
    onInterrupted: () => () => undefined,
    onOpen: () => () => undefined,
    onSettingsChanged: () => () => undefined,
    windowReady: async () => undefined,
  } as unknown as Backend;
  const keymap = new Keymap(false);
  const page = {
    backend,
    keymap,
    router: new Router(window),
    announcer: new Announcer(),
    clock: new Clock(),
  } as unknown as Page;
  const stop = keymap.listen();
  const view = render(ApprovalWindow, { page, info: { opening: null } as AppInfo });
  await vi.advanceTimersByTimeAsync(1500);
  const deny = (item: InboxItemView) => {
    const phase = {
      kind: "decided",
      decision: "deny",
      by: "Bob",
      byThisApp: false,
      at: 1,
      record: "read",
    } as const;
    const changed = [{ ...item, phase, offered: [], revision: 2 }];
    known.set(item.key, changed[0] ?? item);
    send({ revision: 2, changed, removed: [], waiting: items.length - 1, overflow: [] });
    return vi.advanceTimersByTimeAsync(10);
  };
  return { ...view, decide, deny, stop };
}

const first = makeItem({ key: "a", subject: "ls first", createdAt: 1 });
const second = makeItem({ key: "b", subject: "ls second", createdAt: 2 });
const third = makeItem({ key: "c", subject: "ls third", createdAt: 3 });
const shown = (container: Element) => container.querySelector("pre")?.textContent;

describe("the small window", () => {
  it("names the gateway beside what is asked, above all that scrolls", async () => {
    const { container } = await show(first);
    expect(container.querySelector("header")?.textContent).toContain("Studio");
  });

  it("says what became of a request, then shows the next one that waits", async () => {
    const { container, deny } = await show(first, second, third);
    await deny(first);
    expect(shown(container)).toBe("ls first");
    expect(container.textContent).toContain("Denied");
    await vi.advanceTimersByTimeAsync(2100);
    expect(shown(container)).toBe("ls second");
  });

  it("takes no key on the one that came by itself before it can have been read", async () => {
    const { container, deny, decide } = await show(first, second);
    await deny(first);
    await vi.advanceTimersByTimeAsync(2100);
    expect(shown(container)).toBe("ls second");
    await fireEvent.keyDown(document.body, { key: "d" });
    expect(decide).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1100);
    await fireEvent.keyDown(document.body, { key: "d" });
    expect(decide).toHaveBeenCalledWith(expect.objectContaining({ key: "b", decision: "deny" }));
  });

  it("offers to go on at once, and says how many wait", async () => {
    const { container, deny } = await show(first, second, third);
    await deny(first);
    await fireEvent.click(screen.getByRole("button", { name: "Next (2 wait)" }));
    await vi.advanceTimersByTimeAsync(10);
    expect(shown(container)).toBe("ls second");
  });

  it("stays where it is while the request waits, and where nothing else does", async () => {
    const { container, deny } = await show(first, second);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(shown(container)).toBe("ls first");
    await deny(second);
    await deny(first);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(shown(container)).toBe("ls first");
  });
});
