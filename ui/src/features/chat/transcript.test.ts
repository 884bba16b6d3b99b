import { describe, expect, it } from "vitest";
import type { ChatUpdate, MessageView, ToolView } from "$lib/backend/types";
import { Transcript, type TextBlock, type ToolBlock } from "./transcript.svelte";

function message(id: string, fields: Partial<MessageView> = {}): MessageView {
  return {
    id,
    role: "assistant",
    at: 1_700_000_000_000,
    blocks: [{ kind: "text", text: id }],
    state: { kind: "done" },
    model: null,
    tokens: null,
    costUsd: null,
    ...fields,
  };
}

function tool(id: string, fields: Partial<ToolView> = {}): ToolView {
  return {
    id,
    name: "exec",
    summary: "ls",
    arguments: null,
    state: "running",
    output: "",
    outputCut: false,
    exitCode: null,
    durationMs: null,
    approval: null,
    decision: null,
    ...fields,
  };
}

function transcript(...messages: MessageView[]): Transcript {
  const made = new Transcript();
  made.reset({ messages, hasOlder: false });
  return made;
}

const ids = (from: Transcript) => from.entries.map((entry) => entry.id);
const text = (from: Transcript, id: string, block = 0) =>
  (from.get(id)?.blocks[block] as TextBlock | undefined)?.text;
const append = (id: string, words: string, block = 0): ChatUpdate => ({
  kind: "append",
  id,
  block,
  text: words,
});

describe("a stream of updates", () => {
  it("appends text to the one block it belongs to", () => {
    const chat = transcript(message("a"), message("b"));
    chat.apply([append("a", "1"), append("b", "2"), append("a", "3"), append("a", "4")]);
    expect(text(chat, "a")).toBe("a134");
    expect(text(chat, "b")).toBe("b2");
  });

  it("begins a block that the text is for, and no other", () => {
    const chat = transcript(message("a"));
    expect(chat.apply([append("a", "new", 1)]).gap).toBe(false);
    expect(text(chat, "a", 1)).toBe("new");
    expect(chat.apply([append("a", "lost", 7)]).gap).toBe(true);
  });

  it("says that there is a gap when a message is not here", () => {
    expect(transcript().apply([append("x", "1")]).gap).toBe(true);
    expect(transcript().apply([{ kind: "renamed", from: "x", to: "y" }]).gap).toBe(true);
  });

  it("puts a new message at the end and reports it", () => {
    const chat = transcript(message("a"));
    const streaming = message("b", { state: { kind: "streaming" } });
    expect(chat.apply([{ kind: "message", message: streaming }]).added).toHaveLength(1);
    expect(ids(chat)).toEqual(["a", "b"]);
    const done = chat.apply([{ kind: "message", message: message("b") }]);
    expect(done.added).toHaveLength(0);
    expect(done.finished.map((entry) => entry.id)).toEqual(["b"]);
  });

  it("keeps blocks and what was opened in them when a message is replaced", () => {
    const chat = transcript(message("a", { blocks: [{ kind: "tool", tool: tool("t") }] }));
    const before = chat.get("a")?.tool("t");
    if (before) before.open = true;
    const replaced = message("a", {
      blocks: [
        { kind: "text", text: "first" },
        { kind: "tool", tool: tool("t", { state: "done", output: "out" }) },
      ],
    });
    chat.apply([{ kind: "message", message: replaced }]);
    expect(chat.get("a")?.tool("t")).toBe(before);
    expect(before?.open).toBe(true);
    expect(before?.output).toBe("out");
  });

  it("adds to a tool's output and keeps it when only the call changed", () => {
    const chat = transcript(message("a", { blocks: [{ kind: "tool", tool: tool("t") }] }));
    chat.apply([
      { kind: "toolOutput", id: "a", tool: "t", text: "one\n" },
      { kind: "toolOutput", id: "a", tool: "t", text: "two\n" },
      { kind: "tool", id: "a", tool: tool("t", { state: "done", exitCode: 0 }) },
    ]);
    const block = chat.get("a")?.tool("t") as ToolBlock;
    expect(block.output).toBe("one\ntwo\n");
    expect(block.tool.state).toBe("done");
  });

  it("keeps the end of an output that does not end", () => {
    const chat = transcript(message("a", { blocks: [{ kind: "tool", tool: tool("t") }] }));
    const text = "0123456789\n".repeat(10_000);
    for (let i = 0; i < 20; i += 1) chat.apply([{ kind: "toolOutput", id: "a", tool: "t", text }]);
    const output = chat.get("a")?.tool("t")?.output ?? "";
    expect(output.length).toBeLessThan(400_000);
    expect(output.endsWith(text)).toBe(true);
  });

  it("shows a tool call that it had not heard of", () => {
    const chat = transcript(message("a"));
    chat.apply([{ kind: "tool", id: "a", tool: tool("t", { output: "out" }) }]);
    expect(chat.get("a")?.tool("t")?.output).toBe("out");
  });

  it("keeps a message in its place and under its key when the gateway names it", () => {
    const chat = transcript(message("mine"), message("b"));
    const key = chat.get("mine")?.key;
    chat.apply([{ kind: "renamed", from: "mine", to: "theirs" }]);
    expect(ids(chat)).toEqual(["theirs", "b"]);
    expect(chat.get("theirs")?.key).toBe(key);
  });

  it("shows one message when the gateway's own came before its name did", () => {
    const chat = transcript(message("mine"));
    chat.apply([
      { kind: "message", message: message("theirs") },
      { kind: "renamed", from: "mine", to: "theirs" },
    ]);
    expect(ids(chat)).toEqual(["theirs"]);
  });

  it("forgets a removed message", () => {
    const chat = transcript(message("a"), message("b"));
    chat.apply([{ kind: "removed", id: "a" }]);
    expect(ids(chat)).toEqual(["b"]);
    expect(chat.get("a")).toBeUndefined();
  });
});

describe("a reset", () => {
  it("keeps the objects of messages that are still there", () => {
    const chat = transcript(message("a"), message("b"));
    const before = chat.get("b");
    chat.reset({ messages: [message("b"), message("c")], hasOlder: true });
    expect(chat.get("b")).toBe(before);
  });

  it("keeps the history that was paged in before it, and its end", () => {
    const chat = transcript(message("c"), message("d"));
    chat.prepend([message("a"), message("b")], false);
    chat.reset({ messages: [message("c"), message("d"), message("e")], hasOlder: true });
    expect(ids(chat)).toEqual(["a", "b", "c", "d", "e"]);
    expect(chat.hasOlder).toBe(false);
  });

  it("starts over when it does not join what is here", () => {
    const chat = transcript(message("a"), message("b"));
    chat.reset({ messages: [message("x"), message("y")], hasOlder: true });
    expect(ids(chat)).toEqual(["x", "y"]);
    expect(chat.hasOlder).toBe(true);
  });

  it("drops what it no longer holds", () => {
    const chat = transcript(message("a"), message("b"), message("c"));
    chat.reset({ messages: [message("a"), message("c")], hasOlder: false });
    expect(ids(chat)).toEqual(["a", "c"]);
  });

  it("keeps our message that nobody has answered for", () => {
    const chat = transcript(message("a"));
    chat.addLocal(message("mine", { role: "user", state: { kind: "sending" } }));
    chat.reset({ messages: [message("a"), message("b")], hasOlder: false });
    expect(ids(chat)).toEqual(["a", "b", "mine"]);
  });
});

describe("history", () => {
  it("goes before what is loaded, each message once", () => {
    const chat = transcript(message("c"));
    expect(chat.prepend([message("a"), message("b"), message("c")], true)).toBe(2);
    expect(ids(chat)).toEqual(["a", "b", "c"]);
    expect(chat.hasOlder).toBe(true);
  });

  it("moves the beginning of a day", () => {
    const chat = transcript(message("b"), message("c"));
    expect(chat.entries.map((entry) => entry.opensDay)).toEqual([true, false]);
    chat.prepend([message("z", { at: 1_600_000_000_000 }), message("a")], false);
    expect(chat.entries.map((entry) => entry.opensDay)).toEqual([true, true, false, false]);
  });

  it("begins a day once, also where messages without a time stand in it", () => {
    const opens = (chat: Transcript) => chat.entries.map((entry) => entry.opensDay);
    const chat = transcript(message("a"), message("b", { at: null }), message("c"));
    expect(opens(chat)).toEqual([true, false, false]);
    chat.apply([{ kind: "message", message: message("d", { at: null }) }]);
    chat.apply([{ kind: "message", message: message("e") }]);
    expect(opens(chat)).toEqual([true, false, false, false, false]);
    chat.prepend([message("y"), message("z", { at: null })], false);
    expect(opens(chat)).toEqual([true, false, false, false, false, false, false]);
  });
});

describe("a text that the gateway wrote in the person's name", () => {
  const speaker = (text: string, role: MessageView["role"] = "user") =>
    transcript(message("a", { role, blocks: [{ kind: "text", text }] })).get("a")?.speaker;

  it("is a notice", () => {
    expect(speaker("[System] Your previous turn was interrupted by a restart.")).toBe("system");
    expect(speaker("An async command the user already approved has completed.")).toBe("system");
  });

  it("is not taken for one where a person wrote it, or the agent", () => {
    expect(speaker("Look at [System] in the log")).toBe("user");
    expect(speaker("[Systems] are down")).toBe("user");
    expect(speaker("[System] said so", "assistant")).toBe("assistant");
  });
});
