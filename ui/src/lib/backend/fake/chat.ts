/** One open chat of the fake: a transcript in pages, and runs that stream at a chosen rate. */
import type {
  ChatSnapshot,
  ChatUpdate,
  MessageView,
  OlderMessages,
  RunView,
  SendMessage,
  SessionView,
} from "../types";
import type { Scenario } from "./scenario";
import { states } from "./states";
import { message, streamed, tool } from "./transcript";

/** How many messages come with the snapshot and with each older page. */
const page = 60;
/** Rust coalesces for about this long before it sends. */
const coalesce = 30;

export class FakeChat {
  #messages: MessageView[];
  #first: number;
  #run: RunView = { kind: "idle" };
  #timer: ReturnType<typeof setInterval> | undefined;
  #said = 0;
  #runs = 0;

  constructor(
    private readonly view: SessionView,
    private readonly scenario: Scenario,
    private readonly send: (updates: ChatUpdate[]) => void,
    private readonly now: () => number,
  ) {
    const begins = scenario.own === "script" && view.session.gateway === "gw-own";
    const count = begins ? 0 : scenario.messages;
    this.#first = Math.max(0, count - page);
    this.#messages = scenario.name === "states" ? states(now()) : this.#read(this.#first, count);
    if (scenario.name === "states") {
      this.#first = 0;
      this.#run = {
        kind: "waitingForApproval",
        run: "run-0",
        item: "gw-studio/exec/1",
        since: now() - 95_000,
      };
    }
  }

  open(): ChatSnapshot {
    const offline = this.scenario.name === "offline";
    if (this.scenario.name === "streaming") setTimeout(() => this.#start(Infinity), 50);
    return {
      session: this.view.session,
      title: this.view.title,
      model: this.view.model,
      messages: this.#messages,
      hasOlder: this.#first > 0,
      run: this.#run,
      cached: offline,
      limits: { maxBytes: offline ? null : 20 * 1024 * 1024, maxCount: 10 },
      contextTokens: 128_000,
      totalTokens: 41_300,
    };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  older(before: string): OlderMessages {
    const index = Number(before.replace("m-", ""));
    const from = Math.max(0, index - page);
    return { messages: this.#read(from, index), hasOlder: from > 0 };
  }

  take(input: SendMessage): MessageView {
    const mine: MessageView = {
      id: input.id,
      role: "user",
      at: this.now(),
      blocks: [{ kind: "text", text: input.text }],
      state: { kind: "done" },
      model: null,
      tokens: null,
      costUsd: null,
    };
    this.#start(600);
    return mine;
  }

  abort(): void {
    if (this.#run.kind !== "running") return;
    const { run } = this.#run;
    this.#setRun({ kind: "aborting", run });
    setTimeout(() => this.#end({ kind: "aborted" }), 300);
  }

  #read(from: number, to: number): MessageView[] {
    const messages: MessageView[] = [];
    for (let index = from; index < to; index += 1) {
      messages.push(message(index, this.scenario.messages, this.now()));
    }
    return messages;
  }

  #setRun(run: RunView): void {
    this.#run = run;
    this.send([{ kind: "run", run }]);
  }

  #start(characters: number): void {
    this.#runs += 1;
    this.#said = 0;
    const run = `run-${this.#runs}`;
    this.#setRun({ kind: "running", run, phase: "starting_model", since: this.now() });
    const call = tool({ id: `${run}-call`, state: "done", exitCode: 0 });
    this.send([
      {
        kind: "message",
        message: {
          ...this.#streaming(),
          blocks: [
            { kind: "tool", tool: call },
            { kind: "text", text: "" },
          ],
        },
      },
    ]);
    const perTick = Math.max(1, Math.round((this.scenario.deltas * coalesce) / 1000));
    this.#timer = setInterval(() => this.#tick(perTick, characters), coalesce);
  }

  #streaming(): MessageView {
    return {
      id: `live-${this.#runs}`,
      role: "assistant",
      at: this.now(),
      blocks: [],
      state: { kind: "streaming" },
      model: this.view.model,
      tokens: null,
      costUsd: null,
    };
  }

  #tick(deltas: number, characters: number): void {
    const updates: ChatUpdate[] = [];
    for (let index = 0; index < deltas; index += 1) {
      const at = this.#said % streamed.length;
      const text = streamed.slice(at, at + 4);
      this.#said += text.length;
      updates.push({ kind: "append", id: `live-${this.#runs}`, block: 1, text });
    }
    this.send(updates);
    if (this.#said >= characters) this.#end({ kind: "done" });
  }

  #end(state: MessageView["state"]): void {
    clearInterval(this.#timer);
    const text = streamed.repeat(Math.ceil(this.#said / streamed.length)).slice(0, this.#said);
    this.send([
      {
        kind: "message",
        message: { ...this.#streaming(), blocks: [{ kind: "text", text }], state },
      },
    ]);
    this.#setRun({ kind: "idle" });
  }
}
