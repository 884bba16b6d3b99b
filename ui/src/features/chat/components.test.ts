import { fireEvent, render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import type { Component } from "svelte";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { Announcer } from "$lib/announcer.svelte";
import { fakeBackend } from "$lib/backend/fake/fake";
import type { ConnectionView, RunView, ToolView } from "$lib/backend/types";
import { Keymap } from "$lib/keyboard/keymap.svelte";
import { Layout } from "$lib/layout.svelte";
import type { Page } from "$lib/page";
import { Router } from "$lib/router.svelte";
import { Clock } from "$lib/time/clock.svelte";
import { Chat } from "./chat.svelte";
import Composer from "./Composer.svelte";
import { Draft } from "./draft.svelte";
import Message from "./Message.svelte";
import type { MessageActions } from "./message-actions";
import PageHarness from "./PageHarness.svelte";
import RunStatus from "./RunStatus.svelte";
import ToolCall from "./ToolCall.svelte";
import { Entry, ToolBlock } from "./transcript.svelte";
import { until } from "../../../tests/until";

beforeAll(() => {
  // happy-dom has neither; nothing here depends on what they would say.
  URL.createObjectURL ??= () => "blob:preview";
  URL.revokeObjectURL ??= () => undefined;
});

function show<Props extends Record<string, unknown>>(of: Component<Props>, props: Props): Page {
  const page: Page = {
    backend: fakeBackend("?latency=0"),
    router: new Router(window),
    keymap: new Keymap(false),
    announcer: new Announcer(),
    clock: new Clock(() => 60_000),
    layout: new Layout(null),
  };
  const inside = { page, of: of as unknown as Component<Record<string, unknown>>, props };
  page.keymap.listen();
  render(PageHarness, { props: inside });
  return page;
}

function tool(fields: Partial<ToolView>): ToolBlock {
  return new ToolBlock({
    id: "t",
    name: "exec",
    summary: "npm test",
    arguments: '{ "command": "npm test" }',
    state: "done",
    output: "",
    outputCut: false,
    exitCode: null,
    durationMs: null,
    approval: null,
    decision: null,
    ...fields,
  });
}

describe("a tool call", () => {
  it("is one line with its name, summary, state and duration", () => {
    show(ToolCall, { block: tool({ state: "failed", exitCode: 2, durationMs: 3140 }) });
    const line = screen.getByRole("button");
    expect(line.getAttribute("aria-expanded")).toBe("false");
    expect(line.textContent.trim()).toBe("exec npm test Exit 2 3.1 s");
  });

  it.each([
    ["running", "Running"],
    ["waitingForApproval", "Waiting for approval"],
    ["denied", "Denied"],
    ["interrupted", "Interrupted"],
  ] as const)("says %s in a word, not only in colour", (state, word) => {
    show(ToolCall, { block: tool({ state }) });
    expect(screen.getByText(word)).toBeTruthy();
  });

  it("leads to its approval while that waits, and decides nothing itself", () => {
    show(ToolCall, { block: tool({ state: "waitingForApproval", approval: "gw/exec/1" }) });
    const review = screen.getByRole("link", { name: "Review" });
    expect(review.getAttribute("href")).toBe("#/inbox/gw%2Fexec%2F1");
    expect(screen.queryByText(/allow|deny/i)).toBeNull();
  });

  it("opens in place to what it printed, colours and all, and nothing before", async () => {
    show(ToolCall, { block: tool({ output: "\x1b[31mred\x1b[0m\n<b>bold</b>" }) });
    expect(screen.queryByRole("region")).toBeNull();
    await userEvent.click(screen.getByRole("button"));
    const output = screen.getByRole("region", { name: "Output" });
    expect(within(output).getByText("red").className).toContain("ansi-red");
    expect(output.textContent).toContain("<b>bold</b>");
    expect(output.querySelector("b")).toBeNull();
  });

  it("draws the end of a long output, and more of it on request", async () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}`).join("\n");
    const block = tool({ output: lines });
    block.open = true;
    show(ToolCall, { block });
    expect(document.querySelectorAll(".terminal-line")).toHaveLength(400);
    expect(screen.getByText("line 999")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Show 400 earlier lines" }));
    expect(document.querySelectorAll(".terminal-line")).toHaveLength(800);
  });

  it("shows output as it comes", async () => {
    const block = tool({ state: "running" });
    block.open = true;
    show(ToolCall, { block });
    expect(screen.getByText("No output yet")).toBeTruthy();
    block.output += "first\n";
    expect(await screen.findByText("first")).toBeTruthy();
  });
});

describe("a message", () => {
  const actions = (): MessageActions => ({
    openLink: vi.fn(),
    retry: vi.fn(),
    askAgain: vi.fn(),
    canAskAgain: () => true,
  });
  const entry = (fields: Partial<ConstructorParameters<typeof Entry>[0]>) =>
    new Entry({
      id: "a",
      role: "assistant",
      at: 1000,
      blocks: [{ kind: "text", text: "See [the page](https://example.org/a)." }],
      state: { kind: "done" },
      model: null,
      tokens: null,
      costUsd: null,
      ...fields,
    });
  const problem = {
    code: "notConnected",
    detail: "socket closed",
    requestId: null,
    deviceId: null,
  };

  it("says where the model's limit cut it off", () => {
    show(Message, { entry: entry({ state: { kind: "cut" } }), actions: actions() });
    expect(screen.getByText(/The answer was cut off/)).toBeTruthy();
  });

  it("asks before a link is opened, by click and by key", async () => {
    const on = actions();
    show(Message, { entry: entry({}), actions: on });
    const link = screen.getByRole("link", { name: "the page" });
    expect(link.getAttribute("href")).toBeNull();
    await userEvent.click(link);
    await fireEvent.keyDown(link, { key: "Enter" });
    expect(on.openLink).toHaveBeenCalledTimes(2);
    expect(on.openLink).toHaveBeenCalledWith("https://example.org/a");
  });

  it("that was not sent says why, and can be sent again", async () => {
    const on = actions();
    show(Message, {
      entry: entry({ role: "user", state: { kind: "failed", problem } }),
      actions: on,
    });
    expect(screen.getByText("socket closed")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Send again" }));
    expect(on.retry).toHaveBeenCalledOnce();
  });

  it("keeps what can be done with it while the keyboard goes there, and no longer", async () => {
    show(Message, { entry: entry({}), actions: actions() });
    const copy = () => screen.queryByRole("button", { name: "Copy the message" });
    expect(copy()).toBeNull();
    const link = screen.getByRole("link", { name: "the page" });
    await fireEvent.focusIn(link);
    // A browser shows the change before the focus arrives at the next one.
    await fireEvent.focusOut(link, { relatedTarget: copy() });
    expect(copy()).not.toBeNull();
    await fireEvent.focusOut(screen.getByRole("button"), { relatedTarget: document.body });
    expect(copy()).toBeNull();
  });

  it("says nothing of tokens and money where the model counted none", async () => {
    show(Message, {
      entry: entry({ tokens: 0, costUsd: 0, model: "m" }),
      actions: actions(),
    });
    await fireEvent.pointerEnter(screen.getByRole("article"));
    const about = document.querySelector(".about")?.textContent;
    expect(about).toContain("m");
    expect(about).not.toMatch(/tokens|\$/);
  });

  it("of a failed run offers to ask again", async () => {
    const on = actions();
    show(Message, { entry: entry({ state: { kind: "errored", problem } }), actions: on });
    await userEvent.click(screen.getByRole("button", { name: "Ask again" }));
    expect(on.askAgain).toHaveBeenCalledOnce();
  });

  it("of a failed run says the gateway's reason first, and its code apart", () => {
    const refused = { ...problem, code: "gatewayRefused", detail: "model overloaded" };
    const state = { kind: "errored", problem: refused } as const;
    show(Message, { entry: entry({ state }), actions: actions() });
    const said = [...screen.getByRole("group", { name: "The run ended" }).querySelectorAll("p")];
    const [first, second] = said.map((p) => p.textContent);
    expect(first).toBe("The run ended: model overloaded");
    expect(second).toBe("Code: gatewayRefused");
  });

  it("that was stopped says so", () => {
    show(Message, { entry: entry({ state: { kind: "aborted" } }), actions: actions() });
    expect(screen.getByText("Stopped")).toBeTruthy();
  });

  it("loads no image from anywhere", () => {
    const blocks = [{ kind: "text", text: "![p](https://x.example/p.png)" } as const];
    show(Message, { entry: entry({ blocks }), actions: actions() });
    expect(document.querySelector("img")).toBeNull();
    expect(screen.getByRole("link", { name: "p" })).toBeTruthy();
  });
});

/** A chat that is open, as its composer sees it. */
function chatIn(connection: ConnectionView["kind"] = "ready", run: RunView = { kind: "idle" }) {
  const chat = new Chat(fakeBackend("?latency=0"), { gateway: "gw", key: "k" });
  chat.phase = { kind: "open" };
  chat.gatewayName = "Studio";
  chat.connection = connection === "ready" ? { kind: "ready", since: 0 } : { kind: "paused" };
  chat.limits = { maxBytes: 1000, maxCount: 2 };
  chat.run = run;
  const send = vi.spyOn(chat, "send").mockResolvedValue();
  const abort = vi.spyOn(chat, "abort").mockResolvedValue();
  return { chat, send, abort };
}

const file = (name: string, bytes: number, type = "text/plain") =>
  new File([new Uint8Array(bytes).fill(65)], name, { type });

describe("the composer", () => {
  it("sends with Ctrl and Enter, and is then empty", async () => {
    const { chat, send } = chatIn();
    const draft = new Draft();
    show(Composer, { chat, draft });
    await userEvent.type(screen.getByRole("textbox"), "hello{Control>}{Enter}{/Control}");
    await until(() => expect(send).toHaveBeenCalledWith("hello", []));
    expect(draft.text).toBe("");
  });

  it("makes a new line with Enter alone", async () => {
    const { chat, send } = chatIn();
    const draft = new Draft();
    show(Composer, { chat, draft });
    await userEvent.type(screen.getByRole("textbox"), "a{Enter}b");
    expect(draft.text).toBe("a\nb");
    expect(send).not.toHaveBeenCalled();
  });

  it("keeps the text and cannot send while the gateway is away", async () => {
    const { chat, send } = chatIn("paused");
    const draft = new Draft();
    show(Composer, { chat, draft });
    await userEvent.type(screen.getByRole("textbox"), "hello{Control>}{Enter}{/Control}");
    expect(send).not.toHaveBeenCalled();
    expect(draft.text).toBe("hello");
    const button = screen.getByRole("button", { name: "Send" });
    expect(button).toHaveProperty("disabled", true);
    expect(button.title).toContain("Not connected to Studio");
  });

  it("leaves the field with Escape, and stops nothing", async () => {
    const { chat, abort } = chatIn("ready", { kind: "running", run: "r", phase: null, since: 0 });
    const draft = new Draft();
    show(Composer, { chat, draft });
    const field = screen.getByRole("textbox");
    await userEvent.type(field, "hello{Escape}");
    expect(document.activeElement).not.toBe(field);
    expect(draft.text).toBe("hello");
    expect(abort).not.toHaveBeenCalled();
  });

  it("offers to stop while a run is going, and only then", async () => {
    const { chat, abort } = chatIn("ready", { kind: "running", run: "r", phase: null, since: 0 });
    show(Composer, { chat, draft: new Draft() });
    await userEvent.click(screen.getByRole("button", { name: "Stop" }));
    expect(abort).toHaveBeenCalledOnce();
    chat.run = { kind: "idle" };
    await until(() => expect(screen.queryByRole("button", { name: "Stop" })).toBeNull());
  });

  it("takes pasted files, shows them, and sends them", async () => {
    const { chat, send } = chatIn();
    const draft = new Draft();
    show(Composer, { chat, draft });
    draft.attach([file("notes.txt", 3)], chat.limits);
    expect(await screen.findByText("notes.txt")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Send" }));
    const sent = [{ name: "notes.txt", mime: "text/plain", data: "QUFB" }];
    await until(() => expect(send).toHaveBeenCalledWith("", sent));
  });

  it("names the file, its size and the limit when one is too large", async () => {
    const { chat } = chatIn();
    const draft = new Draft();
    show(Composer, { chat, draft });
    draft.attach([file("scan.pdf", 2500), file("ok.txt", 10)], chat.limits);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("scan.pdf is 2.5 KB. This gateway takes up to 1 KB");
    expect(draft.attachments.map(({ file: { name } }) => name)).toEqual(["ok.txt"]);
  });

  it("takes no more files than the gateway does", () => {
    const draft = new Draft();
    draft.attach([file("a", 1), file("b", 1), file("c", 1)], { maxBytes: null, maxCount: 2 });
    expect(draft.attachments).toHaveLength(2);
    expect(draft.refused).toEqual(["A message takes up to 2 files. Not attached: c."]);
  });

  it("asks again about a file that was chosen before the limit was known", async () => {
    const draft = new Draft();
    draft.attach([file("big", 5000)], { maxBytes: null, maxCount: 2 });
    expect(await draft.take({ maxBytes: 1000, maxCount: 2 })).toBeNull();
    expect(draft.refused[0]).toContain("big");
    expect(draft.attachments).toHaveLength(1);
  });

  it("lets go of a file", async () => {
    const { chat } = chatIn();
    const draft = new Draft();
    show(Composer, { chat, draft });
    draft.attach([file("notes.txt", 3)], chat.limits);
    await userEvent.click(await screen.findByRole("button", { name: "Remove notes.txt" }));
    expect(draft.attachments).toHaveLength(0);
  });
});

describe("what the run does", () => {
  it("leads to the approval that it waits for", () => {
    const run: RunView = { kind: "waitingForApproval", run: "r", item: "gw/exec/1", since: 0 };
    show(RunStatus, { chat: chatIn("ready", run).chat });
    expect(screen.getByText("Waits for your approval")).toBeTruthy();
    expect(screen.getByRole("link").getAttribute("href")).toBe("#/inbox/gw%2Fexec%2F1");
  });

  it("names the phase and how long it has been going", () => {
    const run: RunView = { kind: "running", run: "r", phase: "starting_model", since: 15_000 };
    show(RunStatus, { chat: chatIn("ready", run).chat });
    expect(screen.getByRole("status").textContent).toMatch(/Running\s+starting model · 45 s/);
  });

  it("names no phase any more once the answer is being written", () => {
    const run: RunView = { kind: "running", run: "r", phase: "starting_model", since: 15_000 };
    const { chat } = chatIn("ready", run);
    const blocks = [{ kind: "text", text: "So" } as const];
    const none = { at: 0, model: null, tokens: null, costUsd: null };
    const state = { kind: "streaming" } as const;
    const answer = { ...none, id: "a", role: "assistant", blocks, state } as const;
    chat.transcript.apply([{ kind: "message", message: { ...answer, blocks: [...blocks] } }]);
    show(RunStatus, { chat });
    expect(screen.getByRole("status").textContent).toMatch(/Running\s+45 s/);
  });

  it("says that the gateway is away", () => {
    show(RunStatus, { chat: chatIn("paused").chat });
    expect(screen.getByRole("status").textContent).toContain("Not connected to Studio");
  });
});
