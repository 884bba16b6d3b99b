import { describe, expect, it, vi } from "vitest";
import type { SearchHit, SessionsChange, SessionsSnapshot, SessionView } from "$lib/backend/types";
import { Sessions } from "./sessions.svelte";

const session = (key: string, fields: Partial<SessionView> = {}): SessionView => ({
  session: { gateway: "gw", key },
  title: key,
  agent: "main",
  kind: "direct",
  channel: null,
  model: null,
  execMode: "inherited",
  activity: "idle",
  unread: false,
  pinned: false,
  archived: false,
  updatedAt: 0,
  preview: null,
  totalTokens: null,
  contextTokens: null,
  costUsd: null,
  cached: false,
  ...fields,
});

async function world(...sessions: SessionView[]) {
  let send: (change: SessionsChange) => void = () => undefined;
  const snapshot: SessionsSnapshot = { revision: 1, sessions, loading: [] };
  const backend = {
    sessionsSnapshot: vi.fn(async () => snapshot),
    sessionsSearch: vi.fn(async (): Promise<SearchHit[]> => []),
    sessionRead: vi.fn(async () => undefined),
    onSessionsChanged: (handler: typeof send) => ((send = handler), () => undefined),
    onInterrupted: () => () => undefined,
  };
  const list = new Sessions(backend);
  list.start();
  await Promise.resolve();
  await Promise.resolve();
  return { list, backend, send: (change: SessionsChange) => send(change) };
}

const ids = (list: Sessions) =>
  list.rows.map((row) => (row.kind === "session" ? row.session.title : row.id));

describe("the sessions list", () => {
  it("puts the pinned first and the rest by time, without the archive", async () => {
    const { list } = await world(
      session("old", { updatedAt: 1 }),
      session("new", { updatedAt: 2 }),
      session("pin", { pinned: true }),
      session("gone", { archived: true }),
    );
    expect(ids(list)).toEqual(["pinned", "pin", "recent", "new", "old"]);
    list.showArchived = true;
    expect(ids(list)).toEqual(["pinned", "pin", "recent", "new", "old", "archived", "gone"]);
  });

  it("needs no headings when nothing is pinned", async () => {
    const { list } = await world(session("one"));
    expect(ids(list)).toEqual(["one"]);
  });

  it("applies changes, and asks again when one is missing", async () => {
    const { list, backend, send } = await world(session("one"));
    send({ revision: 2, changed: [session("two", { updatedAt: 5 })], removed: [], loading: [] });
    expect(ids(list)).toEqual(["two", "one"]);
    send({ revision: 3, changed: [], removed: [{ gateway: "gw", key: "one" }], loading: [] });
    expect(ids(list)).toEqual(["two"]);
    send({ revision: 9, changed: [], removed: [], loading: [] });
    expect(backend.sessionsSnapshot).toHaveBeenCalledTimes(2);
  });

  it("finds by title in the page and in messages through the backend", async () => {
    vi.useFakeTimers();
    const { list, backend } = await world(session("Build"), session("Other"));
    const hit = {
      session: { gateway: "gw", key: "Other" },
      title: "Other",
      message: "m1",
      excerpt: "the build",
      at: 1,
    };
    backend.sessionsSearch.mockResolvedValueOnce([hit]);
    list.search("buil");
    expect(ids(list)).toEqual(["Build"]);
    await vi.advanceTimersByTimeAsync(200);
    expect(list.rows.map(({ kind }) => kind)).toEqual(["session", "heading", "hit"]);
    vi.useRealTimers();
  });

  it("counts what it lists: without the archive while that is hidden, and in a search what was found", async () => {
    const { list } = await world(
      session("one"),
      session("two"),
      session("gone", { archived: true }),
    );
    expect(list.count).toBe(2);
    list.showArchived = true;
    expect(list.count).toBe(3);
    list.search("two");
    expect(list.count).toBe(1);
  });

  it("has nothing unread in the session that is open, nor in it afterwards until something comes", async () => {
    const { list, send } = await world(session("open", { unread: true, updatedAt: 5 }));
    const unread = () => list.find({ gateway: "gw", key: "open" })?.unread;
    let revision = 1;
    const came = (updatedAt: number) => {
      const changed = [session("open", { unread: true, updatedAt })];
      send({ revision: (revision += 1), changed, removed: [], loading: [] });
    };
    expect(unread()).toBe(true);
    list.reading({ gateway: "gw", key: "open" });
    expect(unread()).toBe(false);
    came(6);
    expect(unread()).toBe(false);
    list.reading(null);
    came(6);
    expect(unread(), "it was read while it was open").toBe(false);
    came(7);
    expect(unread(), "that came after it was left").toBe(true);
  });

  it("tells its gateway what was read, once no run writes any more", async () => {
    const writing = session("open", { unread: true, updatedAt: 5, activity: "running" });
    const { list, backend, send } = await world(writing, session("other", { unread: true }));
    list.reading({ gateway: "gw", key: "open" });
    expect(backend.sessionRead).not.toHaveBeenCalled();
    const changed = [session("open", { unread: true, updatedAt: 6 })];
    send({ revision: 2, changed, removed: [], loading: [] });
    expect(backend.sessionRead.mock.calls).toEqual([[{ gateway: "gw", key: "open" }]]);
    send({ revision: 3, changed, removed: [], loading: [] });
    expect(backend.sessionRead, "it heard that already").toHaveBeenCalledTimes(1);
    send({ revision: 4, changed: [session("open")], removed: [], loading: [] });
    send({ revision: 5, changed, removed: [], loading: [] });
    expect(backend.sessionRead, "something new came").toHaveBeenCalledTimes(2);
  });
});
