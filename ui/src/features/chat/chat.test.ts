import { describe, expect, it, vi } from "vitest";
import { BackendError } from "$lib/backend/backend";
import type { Interruption } from "$lib/backend/backend";
import type {
  ChatSnapshot,
  ChatUpdate,
  GatewayView,
  MessageView,
  OlderMessages,
} from "$lib/backend/types";
import { MOUNTED } from "$lib/scroll/window";
import { Chat, type ChatPort } from "./chat.svelte";
import { Draft } from "./draft.svelte";
import { until } from "../../../tests/until";

const session = { gateway: "gw", key: "agent:main:main" };

function message(id: string, fields: Partial<MessageView> = {}): MessageView {
  return {
    id,
    role: "assistant",
    at: 0,
    blocks: [{ kind: "text", text: id }],
    state: { kind: "done" },
    model: null,
    tokens: null,
    costUsd: null,
    ...fields,
  };
}

const many = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => message(`m${from + index}`));

function snapshot(messages: MessageView[], fields: Partial<ChatSnapshot> = {}): ChatSnapshot {
  return {
    session,
    title: "A session",
    model: "model",
    messages,
    hasOlder: false,
    run: { kind: "idle" },
    cached: false,
    limits: { maxBytes: 1000, maxCount: 3 },
    contextTokens: null,
    totalTokens: null,
    ...fields,
  };
}

const gateway = (kind: "ready" | "paused") =>
  ({
    id: "gw",
    name: "Studio",
    connection: kind === "ready" ? { kind, since: 0 } : { kind },
  }) as GatewayView;

/** A chat whose backend, frames and clock the test moves. */
function world(first = snapshot([message("a")])) {
  const frames: (() => void)[] = [];
  let send: (updates: ChatUpdate[]) => void = () => undefined;
  let gateways: (all: GatewayView[]) => void = () => undefined;
  let interrupted: (how: Interruption) => void = () => undefined;
  let now = 1000;
  let id = 0;
  const port = {
    chatOpen: vi.fn(async (_session, onUpdates: typeof send) => {
      send = onUpdates;
      return first;
    }),
    chatClose: vi.fn(async () => undefined),
    chatOlder: vi.fn(async (): Promise<OlderMessages> => ({ messages: [], hasOlder: false })),
    chatSend: vi.fn(async (input): Promise<MessageView> => message(input.id, { role: "user" })),
    chatRetry: vi.fn(async () => undefined),
    chatAbort: vi.fn(async () => undefined),
    gatewaysList: vi.fn(async () => [gateway("ready")]),
    onGatewaysChanged: vi.fn((handler: typeof gateways) => {
      gateways = handler;
      return () => undefined;
    }),
    onInterrupted: vi.fn((handler: (how: Interruption) => void) => {
      interrupted = handler;
      return () => undefined;
    }),
  } satisfies ChatPort;
  const chat = new Chat(port, session, {
    now: () => now,
    newId: () => `own-${(id += 1)}`,
    nextFrame: (callback) => frames.push(callback),
    viewHeight: () => 10_000,
  });
  return {
    chat,
    port,
    frames,
    updates: (...updates: ChatUpdate[]) => send(updates),
    gateways: (...all: GatewayView[]) => gateways(all),
    interrupt: (how: Interruption) => interrupted(how),
    pass: (ms: number) => (now += ms),
    frame: () => frames.splice(0).forEach((callback) => callback()),
    ids: () => chat.transcript.entries.map((entry) => entry.id),
    state: (of: string) => chat.transcript.get(of)?.state.kind,
  };
}

const disconnected = new BackendError("notConnected", "gone", true);

describe("opening", () => {
  it("shows the snapshot and how the gateway is connected", async () => {
    const { chat } = world();
    await chat.open();
    await until(() => expect(chat.online).toBe(true));
    expect(chat.phase.kind).toBe("open");
    expect(chat.title).toBe("A session");
    expect(chat.gatewayName).toBe("Studio");
  });

  it("holds updates that come before the snapshot, and applies them on top of it", async () => {
    const { chat, port, frame, ids } = world();
    let answer: (value: ChatSnapshot) => void = () => undefined;
    let send: (updates: ChatUpdate[]) => void = () => undefined;
    port.chatOpen.mockImplementation((_session, onUpdates) => {
      send = onUpdates;
      return new Promise((resolve) => (answer = resolve));
    });
    const opened = chat.open();
    send([{ kind: "message", message: message("b") }]);
    frame();
    expect(ids()).toEqual([]);
    answer(snapshot([message("a")]));
    await opened;
    expect(ids()).toEqual(["a", "b"]);
  });

  it("says why it failed and can be tried again", async () => {
    const { chat, port } = world();
    port.chatOpen.mockRejectedValueOnce(disconnected);
    await chat.open();
    expect(chat.phase).toMatchObject({ kind: "failed", problem: { code: "notConnected" } });
    await chat.open();
    expect(chat.phase.kind).toBe("open");
  });

  it("opens again when the stream does not fit, but not in a circle", async () => {
    const { chat, port, updates, frame, pass } = world();
    await chat.open();
    const misfit: ChatUpdate = { kind: "append", id: "unheard", block: 0, text: "x" };
    updates(misfit);
    frame();
    expect(port.chatOpen).toHaveBeenCalledTimes(1);
    pass(5000);
    updates(misfit);
    frame();
    expect(port.chatOpen).toHaveBeenCalledTimes(2);
  });

  it("is closed after it was opened, and opened again after it was closed", async () => {
    const { chat, port } = world();
    const said: string[] = [];
    const answers: (() => void)[] = [];
    port.chatOpen.mockImplementation(() => {
      said.push("open");
      return new Promise((resolve) => answers.push(() => resolve(snapshot([message("a")]))));
    });
    port.chatClose.mockImplementation(() => {
      said.push("close");
      return new Promise((resolve) => answers.push(() => resolve(undefined)));
    });
    void chat.open();
    chat.close();
    const again = chat.open();
    for (const expected of [["open"], ["open", "close"], ["open", "close", "open"]]) {
      await until(() => expect(said).toEqual(expected));
      answers.shift()?.();
    }
    await again;
    expect(chat.phase.kind).toBe("open");
  });

  it("ignores what an earlier opening still sends", async () => {
    const { chat, port, frame, ids } = world();
    const senders: ((updates: ChatUpdate[]) => void)[] = [];
    port.chatOpen.mockImplementation(async (_session, onUpdates) => {
      senders.push(onUpdates);
      return snapshot([message("a")]);
    });
    await chat.open();
    await chat.open();
    senders[0]?.([{ kind: "message", message: message("late") }]);
    frame();
    expect(ids()).toEqual(["a"]);
  });
});

describe("a stream", () => {
  it("is applied once a frame, however many updates come", async () => {
    const { chat, updates, frames, frame } = world();
    await chat.open();
    for (let i = 0; i < 500; i += 1) updates({ kind: "append", id: "a", block: 0, text: "." });
    expect(frames).toHaveLength(1);
    frame();
    expect(chat.transcript.get("a")?.plainText).toHaveLength(501);
  });

  it("announces a finished answer, not its parts", async () => {
    const { chat, updates, frame } = world();
    await chat.open();
    const streaming = message("b", { state: { kind: "streaming" } });
    updates(
      { kind: "message", message: streaming },
      { kind: "append", id: "b", block: 0, text: "!" },
    );
    frame();
    expect(chat.announcement).toBe("");
    updates({ kind: "message", message: message("b", { blocks: [{ kind: "text", text: "b!" }] }) });
    frame();
    expect(chat.announcement).toBe("b!");
  });

  it("counts what comes while the person reads further up", async () => {
    const { chat, updates, frame } = world();
    await chat.open();
    chat.setFollowing(false);
    updates({ kind: "message", message: message("b") });
    frame();
    expect(chat.unseen).toBe(1);
    chat.jumpToLatest();
    expect(chat.unseen).toBe(0);
    expect(chat.following).toBe(true);
  });

  it("keeps the messages on screen mounted over a reset", async () => {
    const { chat, updates, frame } = world(snapshot(many(0, 30)));
    await chat.open();
    const before = chat.mounted;
    updates({ kind: "reset", snapshot: snapshot([...many(10, 30), message("new")]) });
    frame();
    expect(chat.mounted.slice(0, -1)).toEqual(before);
    expect(chat.mounted.at(-1)?.id).toBe("new");
  });

  it("shows the run, the usage and the way of the gateway", async () => {
    const { chat, updates, frame, gateways } = world();
    await chat.open();
    updates(
      { kind: "run", run: { kind: "running", run: "r", phase: null, since: 1 } },
      { kind: "usage", contextTokens: 100, totalTokens: 40 },
    );
    frame();
    expect(chat.run.kind).toBe("running");
    expect([chat.contextTokens, chat.totalTokens]).toEqual([100, 40]);
    gateways(gateway("paused"));
    expect(chat.online).toBe(false);
    gateways();
    expect(chat.connection).toBeNull();
  });
});

describe("history", () => {
  it("mounts what is loaded before it asks for more, and never asks twice at once", async () => {
    const { chat, port } = world(snapshot(many(100, 200), { hasOlder: true }));
    await chat.open();
    expect(chat.mounted.length).toBeLessThan(50);
    await chat.showOlder();
    expect(port.chatOlder).not.toHaveBeenCalled();
    while (chat.range.start > 30) await chat.showOlder();
    expect(port.chatOlder).toHaveBeenCalledTimes(1);
    expect(port.chatOlder).toHaveBeenCalledWith(session, "m100");
  });

  it("keeps the same messages mounted when a page arrives", async () => {
    const { chat, port } = world(snapshot(many(100, 120), { hasOlder: true }));
    port.chatOlder.mockResolvedValueOnce({ messages: many(40, 100), hasOlder: true });
    await chat.open();
    const before = chat.mounted;
    await chat.showOlder();
    expect(chat.mounted).toEqual(before);
    await chat.showOlder();
    expect(chat.mounted.at(-1)).toBe(before.at(-1));
    expect(chat.mounted.length).toBeGreaterThan(before.length);
  });

  it("says that a page failed, and asks again when told", async () => {
    const { chat, port } = world(snapshot(many(0, 5), { hasOlder: true }));
    port.chatOlder.mockRejectedValueOnce(disconnected);
    await chat.open();
    await chat.showOlder();
    expect(chat.older).toMatchObject({ kind: "failed", problem: { code: "notConnected" } });
    await chat.retryOlder();
    expect(chat.older.kind).toBe("idle");
  });

  it("mounts no more than its bound, also after a long way up", async () => {
    const { chat } = world(snapshot(many(0, 2000)));
    await chat.open();
    for (let i = 0; i < 100; i += 1) await chat.showOlder();
    expect(chat.mounted).toHaveLength(MOUNTED);
    expect(chat.showsNewest).toBe(false);
    chat.setFollowing(true);
    expect(chat.following).toBe(false);
    chat.jumpToLatest();
    expect(chat.mounted.at(-1)?.id).toBe("m1999");
  });
});

describe("our own message", () => {
  it("stands in the transcript at once and is settled by the answer", async () => {
    const { chat, port, state } = world();
    await chat.open();
    const sent = chat.send("hello", []);
    expect(state("own-1")).toBe("sending");
    await sent;
    expect(state("own-1")).toBe("done");
    expect(port.chatSend).toHaveBeenCalledWith({
      session,
      id: "own-1",
      text: "hello",
      attachments: [],
    });
  });

  it("stays with the reason when it is refused, and is sent again under the same id", async () => {
    const { chat, port, state, ids } = world();
    await chat.open();
    port.chatSend.mockRejectedValueOnce(disconnected);
    await chat.send("hello", []);
    expect(state("own-1")).toBe("failed");
    await chat.retry("own-1");
    expect(port.chatSend.mock.calls.map(([input]) => input.id)).toEqual(["own-1", "own-1"]);
    expect(state("own-1")).toBe("done");
    expect(ids()).toEqual(["a", "own-1"]);
  });

  it("is there with its reason when the chat was left and is opened again", async () => {
    const { chat, port } = world();
    await chat.open();
    port.chatSend.mockRejectedValueOnce(disconnected);
    await chat.send("do not lose me", []);
    chat.close();
    const again = new Chat(port, session);
    await again.open();
    const kept = again.transcript.entries.at(-1);
    expect([kept?.plainText, kept?.state.kind]).toEqual(["do not lose me", "failed"]);
    await again.retry("own-1");
    expect(port.chatSend.mock.calls.map(([input]) => input.id)).toEqual(["own-1", "own-1"]);
  });

  it("is not set back by an answer that the stream has overtaken", async () => {
    const { chat, port, updates, frame, ids } = world();
    await chat.open();
    let answer: (view: MessageView) => void = () => undefined;
    port.chatSend.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    const sent = chat.send("hello", []);
    updates(
      { kind: "message", message: message("own-1", { role: "user" }) },
      { kind: "renamed", from: "own-1", to: "theirs" },
    );
    frame();
    answer(message("own-1", { role: "user", state: { kind: "sending" } }));
    await sent;
    expect(ids()).toEqual(["a", "theirs"]);
    expect(chat.transcript.get("theirs")?.state.kind).toBe("done");
  });

  it("is retried by the backend when it was the backend that kept it", async () => {
    const { chat, port } = world();
    await chat.open();
    await chat.retry("a");
    expect(port.chatRetry).toHaveBeenCalledWith(session, "a");
  });

  it("shows its attachments before they are anywhere else", async () => {
    const { chat } = world();
    await chat.open();
    void chat.send("", [{ name: "a.png", mime: "image/png", data: "AAAA" }]);
    const [block] = chat.transcript.get("own-1")?.blocks ?? [];
    expect(block?.kind === "media" && block.view).toMatchObject({
      data: "data:image/png;base64,AAAA",
    });
  });
});

describe("stopping", () => {
  it("asks the gateway and says when that failed", async () => {
    const { chat, port } = world();
    await chat.open();
    port.chatAbort.mockRejectedValueOnce(disconnected);
    await chat.abort();
    expect(chat.problem?.code).toBe("notConnected");
    expect(chat.stopping).toBe(false);
  });
});

describe("asking again", () => {
  const problem = { code: "runFailed", detail: "overloaded", requestId: null, deviceId: null };
  const failed = (id: string) => message(id, { state: { kind: "errored", problem } });
  const asked = (id: string) => message(id, { role: "user" });

  async function opened(messages: MessageView[], fields: Partial<ChatSnapshot> = {}) {
    const { chat } = world(snapshot(messages, fields));
    await chat.open();
    const again = (id: string) => {
      const entry = chat.transcript.get(id);
      return entry && chat.questionAgain(entry)?.id;
    };
    return again;
  }

  it("is for the last answer, and not for one that was overtaken", async () => {
    const again = await opened([asked("q1"), failed("a1"), asked("q2"), failed("a2")]);
    expect(again("a1")).toBeUndefined();
    expect(again("a2")).toBe("q2");
  });

  it("waits until nothing runs", async () => {
    const run = { kind: "running", run: "r", phase: null, since: 0 } as const;
    const again = await opened([asked("q"), failed("a")], { run });
    expect(again("a")).toBeUndefined();
  });
});

describe("what is put into a draft", () => {
  it("leaves what was begun there", () => {
    const draft = new Draft();
    draft.add("What failed?");
    expect(draft.text).toBe("What failed?");
    draft.text = "Half a thought ";
    draft.add("What failed?");
    expect(draft.text).toBe("Half a thought\n\nWhat failed?");
  });

  it("is opened again in its place after updates may have been missed", async () => {
    const { chat, port, interrupt, ids } = world();
    await chat.open();
    port.chatOpen.mockResolvedValueOnce(snapshot([message("a"), message("b")]));
    interrupt("missed");
    await vi.waitFor(() => expect(ids()).toEqual(["a", "b"]));
    expect(chat.phase.kind).toBe("open");
  });
});
