import { describe, expect, it, vi } from "vitest";
import type { Interruption } from "$lib/backend/backend";
import type { InboxChange, InboxItemView, InboxSnapshot } from "$lib/backend/types";
import { Inbox, type InboxNews } from "./inbox.svelte";
import { makeItem } from "./test-items";
import { countsOf } from "./unseen";

type Handler = (change: InboxChange) => void;

function world(snapshots: InboxSnapshot[]) {
  let handler: Handler = () => undefined;
  let interrupt: (how: Interruption) => void = () => undefined;
  const inboxSnapshot = vi.fn(async () => {
    const next = snapshots.shift();
    if (!next) throw new Error("no more snapshots");
    return next;
  });
  const news: InboxNews[] = [];
  const inbox = new Inbox(
    {
      inboxSnapshot,
      onInboxChanged: (each) => ((handler = each), () => undefined),
      onInterrupted: (each) => ((interrupt = each), () => undefined),
    },
    (each) => news.push(each),
  );
  return {
    inbox,
    inboxSnapshot,
    news,
    send: (change: InboxChange) => handler(change),
    interrupt: (how: Interruption) => interrupt(how),
  };
}

const snapshot = (revision: number, ...items: InboxItemView[]): InboxSnapshot => ({
  revision,
  items,
  waiting: items.length,
  overflow: [],
});
const change = (revision: number, ...changed: InboxItemView[]): InboxChange => ({
  revision,
  changed,
  removed: [],
  waiting: changed.length,
  overflow: [],
});
const settle = () => new Promise((resolve) => setTimeout(resolve));
const keys = (inbox: Inbox) => inbox.all.map(({ key }) => key);

describe("the inbox", () => {
  it("does not say that nothing waits beside what nobody knows of", async () => {
    const away = { kind: "unreachable", since: 1, wasDeciding: null } as const;
    const { inbox } = world([{ ...snapshot(1, makeItem({ phase: away })), waiting: 0 }]);
    inbox.start();
    await settle();
    const seen = { away: [], unreadableCount: 0 };
    expect(countsOf(inbox.waitingCount, inbox.notKnown, seen)).toBe("1 not known");
    expect(countsOf(2, 1, seen)).toBe("2 wait, 1 not known");
    expect(countsOf(0, 0, seen)).toBe("nothing waits");
  });

  it("applies the next change on top of its snapshot", async () => {
    const { inbox, send } = world([snapshot(4, makeItem({ key: "a" }))]);
    inbox.start();
    await settle();
    send(change(5, makeItem({ key: "b", createdAt: 2 })));
    expect(keys(inbox)).toEqual(["a", "b"]);
  });

  it("asks for a snapshot when a revision is missing, and loses nothing", async () => {
    const all = ["a", "b", "c"].map((key, index) => makeItem({ key, createdAt: index }));
    const { inbox, inboxSnapshot, send } = world([
      snapshot(4, ...all.slice(0, 1)),
      snapshot(6, ...all),
    ]);
    inbox.start();
    await settle();
    send(change(6, ...all.slice(2)));
    await settle();
    expect(inboxSnapshot).toHaveBeenCalledTimes(2);
    expect(keys(inbox)).toEqual(["a", "b", "c"]);
  });

  it("keeps a change that arrives while the snapshot is on its way", async () => {
    const { inbox, send } = world([snapshot(4, makeItem({ key: "a" }))]);
    inbox.start();
    send(change(4, makeItem({ key: "a" })));
    send(change(5, makeItem({ key: "b", createdAt: 2 })));
    await settle();
    expect(keys(inbox)).toEqual(["a", "b"]);
  });

  it("ignores a change that its snapshot already holds", async () => {
    const { inbox, inboxSnapshot, send } = world([
      snapshot(4, makeItem({ key: "a", revision: 3 })),
    ]);
    inbox.start();
    await settle();
    send(change(3, makeItem({ key: "a", revision: 2, subject: "older" })));
    expect(inbox.find("a")?.subject).not.toBe("older");
    expect(inboxSnapshot).toHaveBeenCalledTimes(1);
  });

  it("never puts an older state of an item over a newer one", async () => {
    const { inbox, send } = world([snapshot(1, makeItem({ key: "a", revision: 5 }))]);
    inbox.start();
    await settle();
    send(change(2, makeItem({ key: "a", revision: 4, subject: "older" })));
    inbox.put(makeItem({ key: "a", revision: 5, subject: "the same" }));
    expect(inbox.find("a")?.subject).toBe("ls");
  });

  it("says that it failed, and starts again when asked", async () => {
    const { inbox } = world([]);
    inbox.start();
    await settle();
    expect(inbox.state).toBe("failed");
    expect(inbox.problem?.code).toBe("internal");
  });

  it("tells of what arrives, expires and is decided, and not of what it started with", async () => {
    const { inbox, news, send } = world([snapshot(1, makeItem({ key: "a" }))]);
    inbox.start();
    await settle();
    send(change(2, makeItem({ key: "b" })));
    send(change(3, makeItem({ key: "a", revision: 2, phase: { kind: "expired", at: 9 } })));
    expect(news.map(({ kind, item }) => `${kind} ${item.key}`)).toEqual(["arrived b", "expired a"]);
  });

  it("lists what waits the oldest first, and what was decided the latest first", async () => {
    const past = (key: string, at: number) => makeItem({ key, phase: { kind: "expired", at } });
    const waits = (key: string, createdAt: number) => makeItem({ key, createdAt });
    const items = [waits("w2", 2), past("p1", 1), waits("w1", 1), past("p2", 2)];
    const { inbox } = world([snapshot(1, ...items)]);
    inbox.start();
    await settle();
    expect(keys(inbox)).toEqual(["w1", "w2", "p2", "p1"]);
  });

  it("reads everything again after it may have missed something", async () => {
    const missed = makeItem({ key: "gw/exec/2" });
    const { inbox, interrupt } = world([snapshot(4, makeItem()), snapshot(2, missed)]);
    inbox.start();
    await settle();
    interrupt("missed");
    await settle();
    expect(keys(inbox)).toEqual(["gw/exec/2"]);
  });

  it("shows nothing of a session that is over until the next one is read: no card of it can be answered", async () => {
    const { inbox, interrupt } = world([snapshot(4, makeItem()), snapshot(1, makeItem())]);
    inbox.start();
    await settle();
    interrupt("restarted");
    expect(inbox.state).toBe("loading");
    expect(keys(inbox)).toEqual([]);
    interrupt("missed");
    await settle();
    expect(inbox.state).toBe("ready");
    expect(keys(inbox)).toHaveLength(1);
  });
});
