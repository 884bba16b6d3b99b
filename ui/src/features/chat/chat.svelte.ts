/**
 * One open chat: what a person sees of a session and what they can do to it. No DOM.
 *
 * Updates are collected and applied once per frame, so that a fast stream costs as much as a slow one. The backend
 * is the truth for everything but our own message between its sending and the backend's first word on it.
 */
import { randomName } from "$lib/random";
import { outboxOf, type Outbox } from "./outbox";
import type { Backend } from "$lib/backend/backend";
import type {
  AttachmentInput,
  AttachmentLimits,
  ChatSnapshot,
  ChatUpdate,
  ConnectionView,
  GatewayView,
  MessageState,
  MessageView,
  ProblemView,
  RunView,
  SendMessage,
  SessionRef,
} from "$lib/backend/types";
import { problemOf } from "$lib/errors";
import {
  carryRange,
  extendDown,
  extendUp,
  initialRange,
  openingRange,
  type MountedRange,
} from "$lib/scroll/window";
import { titleOf } from "$features/sessions/names";
import { leastHeight } from "./heights";
import { inTurn } from "./turns";
import { Transcript, type Entry } from "./transcript.svelte";

/** What a chat needs of the backend. */
export type ChatPort = Pick<
  Backend,
  | "chatOpen"
  | "chatClose"
  | "chatOlder"
  | "chatSend"
  | "chatRetry"
  | "chatAbort"
  | "gatewaysList"
  | "onGatewaysChanged"
  | "onInterrupted"
>;

/** Time, chance and frames, passed in so that tests decide them. */
export interface ChatEnvironment {
  now(): number;
  newId(): string;
  /** Calls back before the next drawing. */
  nextFrame(callback: () => void): void;
  /** The most that a view can be high, in pixels. */
  viewHeight(): number;
}

export const pageEnvironment: ChatEnvironment = {
  now: () => Date.now(),
  newId: randomName,
  // A hidden window draws no frames; its messages must not pile up.
  nextFrame: (callback) => {
    if (document.hidden) setTimeout(callback, 250);
    else requestAnimationFrame(callback);
  },
  viewHeight: () => window.innerHeight,
};

export type ChatPhase =
  { kind: "opening"; since: number } | { kind: "open" } | { kind: "failed"; problem: ProblemView };

export type OlderPhase =
  { kind: "idle" } | { kind: "loading" } | { kind: "failed"; problem: ProblemView };

/** The longest text that is read out when a message is finished; the rest is there to be read. */
const ANNOUNCED_CHARACTERS = 600;

/** How many messages are loaded ahead of what is mounted: a page is asked for before it is needed. */
const AHEAD = 60;

/** The least time between two openings that the page asks for by itself. */
const REOPEN_MS = 2_000;

export class Chat {
  readonly transcript = new Transcript();
  phase = $state.raw<ChatPhase>({ kind: "opening", since: 0 });
  title = $state.raw("");
  model = $state.raw<string | null>(null);
  run = $state.raw<RunView>({ kind: "idle" });
  cached = $state.raw(false);
  limits = $state.raw<AttachmentLimits>({ maxBytes: null, maxCount: 0 });
  contextTokens = $state.raw<number | null>(null);
  totalTokens = $state.raw<number | null>(null);
  /** How the session's gateway is connected: not known yet, or none when the gateway was removed. */
  connection = $state.raw<ConnectionView | null | undefined>(undefined);
  gatewayName = $state.raw("");
  range = $state.raw<MountedRange>({ start: 0, end: 0 });
  /** The view follows the newest message; it is the view that says so. */
  following = $state.raw(true);
  /** Messages that came while the person was reading further up. */
  unseen = $state.raw(0);
  older = $state.raw<OlderPhase>({ kind: "idle" });
  /** The last finished message, for a screen reader. */
  announcement = $state.raw("");
  /** Why the last stop or retry did not go through. */
  problem = $state.raw<ProblemView | null>(null);
  stopping = $state.raw(false);

  readonly mounted: readonly Entry[] = $derived(
    this.transcript.entries.slice(this.range.start, this.range.end),
  );
  readonly online: boolean = $derived(this.connection?.kind === "ready");

  #queue: ChatUpdate[] = [];
  #frameAsked = false;
  #waitsForSnapshot = true;
  #openedAt = 0;
  /** Rises with every opening; answers and updates of an earlier one are dropped. */
  #opening = 0;
  /** Our messages that the backend did not take; they are sent again under the same id. */
  readonly #outbox: Outbox;
  #stopGateways: (() => void) | undefined;
  #stopInterrupted: (() => void) | undefined;

  constructor(
    private readonly port: ChatPort,
    readonly session: SessionRef,
    private readonly environment: ChatEnvironment = pageEnvironment,
  ) {
    this.#outbox = outboxOf(session);
  }

  async open(): Promise<void> {
    this.#opening += 1;
    const opening = this.#opening;
    this.#openedAt = this.environment.now();
    this.#queue = [];
    this.#waitsForSnapshot = true;
    // A page that is on its way belongs to the former opening and is not waited for.
    this.older = { kind: "idle" };
    if (this.phase.kind !== "open") this.phase = { kind: "opening", since: this.#openedAt };
    this.#stopGateways ??= this.port.onGatewaysChanged((gateways) => this.#takeGateways(gateways));
    this.#stopInterrupted ??= this.port.onInterrupted((how) => how === "missed" && this.open());
    void this.#loadGateways();
    try {
      const snapshot = await inTurn(this.session, () =>
        this.port.chatOpen(this.session, (updates) => {
          if (opening === this.#opening) this.#enqueue(updates);
        }),
      );
      if (opening !== this.#opening) return;
      this.#takeSnapshot(snapshot);
      this.#waitsForSnapshot = false;
      this.phase = { kind: "open" };
      this.#flush();
      this.#showUnsent();
    } catch (thrown) {
      if (opening === this.#opening) this.phase = { kind: "failed", problem: problemOf(thrown) };
    }
  }

  close(): void {
    this.#opening += 1;
    this.#stopGateways?.();
    this.#stopGateways = undefined;
    this.#stopInterrupted?.();
    this.#stopInterrupted = undefined;
    // The window may be going away with its backend.
    inTurn(this.session, () => this.port.chatClose(this.session)).catch(() => undefined);
  }

  /** Shows earlier messages: mounts what is loaded, else asks for a page. */
  async showOlder(): Promise<void> {
    if (this.range.start > 0) this.range = extendUp(this.range);
    if (this.range.start >= AHEAD || this.older.kind !== "idle") return;
    await this.#loadOlder();
  }

  /** Asks again for the page that failed. Scrolling does not: it would ask at every movement. */
  async retryOlder(): Promise<void> {
    this.older = { kind: "idle" };
    await this.showOlder();
  }

  /** Shows later messages after earlier ones had taken their place. */
  showNewer(): void {
    const count = this.transcript.entries.length;
    if (this.range.end < count) this.range = extendDown(this.range, count);
  }

  get showsNewest(): boolean {
    return this.range.end === this.transcript.entries.length;
  }

  /** The view says whether it stands at the bottom of what is mounted. */
  setFollowing(following: boolean): void {
    this.following = following && this.showsNewest;
    if (this.following) this.unseen = 0;
  }

  jumpToLatest(): void {
    const count = this.transcript.entries.length;
    if (!this.showsNewest) this.range = initialRange(count);
    this.following = true;
    this.unseen = 0;
  }

  /** Sends a message. It stands in the transcript at once, and stays there with the reason when it is refused. */
  async send(text: string, attachments: AttachmentInput[]): Promise<void> {
    const id = this.environment.newId();
    const message: SendMessage = { session: this.session, id, text, attachments };
    this.#change(() => this.transcript.addLocal(ownMessage(message, this.environment.now())));
    this.jumpToLatest();
    await this.#deliver(message);
  }

  async retry(id: string): Promise<void> {
    const unsent = this.#outbox.get(id);
    if (unsent) return this.#deliver(unsent.message);
    this.problem = null;
    try {
      await this.port.chatRetry(this.session, id);
    } catch (thrown) {
      this.problem = problemOf(thrown);
    }
  }

  /** The person's message that an answer belongs to. */
  questionOf(answer: Entry): Entry | undefined {
    const entries = this.transcript.entries;
    return entries.slice(0, entries.indexOf(answer)).findLast(({ speaker }) => speaker === "user");
  }

  /** The question of the last answer, once nothing runs: an earlier one was overtaken by what was asked since. */
  questionAgain(answer: Entry): Entry | undefined {
    if (this.run.kind !== "idle" || this.transcript.entries.at(-1) !== answer) return undefined;
    const question = this.questionOf(answer);
    return question?.plainText ? question : undefined;
  }

  async abort(): Promise<void> {
    this.stopping = true;
    this.problem = null;
    try {
      await this.port.chatAbort(this.session);
    } catch (thrown) {
      this.problem = problemOf(thrown);
    } finally {
      this.stopping = false;
    }
  }

  async #deliver(message: SendMessage): Promise<void> {
    this.#outbox.set(message.id, { message, problem: null });
    this.#setState(message.id, { kind: "sending" });
    try {
      const view = await this.port.chatSend(message);
      this.#outbox.delete(message.id);
      this.#change(() => this.transcript.settleLocal(view));
    } catch (thrown) {
      const problem = problemOf(thrown);
      this.#outbox.set(message.id, { message, problem });
      this.#setState(message.id, { kind: "failed", problem });
    }
  }

  /** What was refused before the chat was left, at the end and with the reason. */
  #showUnsent(): void {
    for (const { message, problem } of this.#outbox.values()) {
      if (!problem || this.transcript.get(message.id)) continue;
      this.#change(() => this.transcript.addLocal(ownMessage(message, this.environment.now())));
      this.#setState(message.id, { kind: "failed", problem });
    }
  }

  /** Only while the backend has not said anything about the message itself. */
  #setState(id: string, state: MessageState): void {
    if (!this.transcript.isLocal(id)) return;
    const entry = this.transcript.get(id);
    if (entry) entry.state = state;
  }

  async #loadOlder(): Promise<void> {
    const first = this.transcript.entries[0];
    if (!this.transcript.hasOlder || !first) return;
    const opening = this.#opening;
    this.older = { kind: "loading" };
    try {
      const page = await this.port.chatOlder(this.session, first.id);
      if (opening !== this.#opening) return;
      this.#change(() => this.transcript.prepend(page.messages, page.hasOlder));
      this.older = { kind: "idle" };
    } catch (thrown) {
      if (opening === this.#opening) this.older = { kind: "failed", problem: problemOf(thrown) };
    }
  }

  async #loadGateways(): Promise<void> {
    try {
      this.#takeGateways(await this.port.gatewaysList());
    } catch {
      // The event with the next change brings it; until then nothing is claimed.
    }
  }

  #takeGateways(gateways: readonly GatewayView[]): void {
    const gateway = gateways.find((candidate) => candidate.id === this.session.gateway);
    this.connection = gateway?.connection ?? null;
    this.gatewayName = gateway?.name ?? "";
  }

  #enqueue(updates: readonly ChatUpdate[]): void {
    for (const update of updates) this.#queue.push(update);
    if (this.#frameAsked) return;
    this.#frameAsked = true;
    this.environment.nextFrame(() => {
      this.#frameAsked = false;
      this.#flush();
    });
  }

  /** Applies what has come. Before the snapshot is there it has nothing to stand on, and waits. */
  #flush(): void {
    if (this.#waitsForSnapshot || this.#queue.length === 0) return;
    const updates = this.#queue;
    this.#queue = [];
    let from = 0;
    updates.forEach((update, index) => {
      if (update.kind !== "reset") return;
      this.#apply(updates.slice(from, index));
      this.#takeSnapshot(update.snapshot);
      from = index + 1;
    });
    this.#apply(updates.slice(from));
  }

  #apply(updates: readonly ChatUpdate[]): void {
    const { added, finished, gap } = this.#change(() => this.transcript.apply(updates));
    if (!this.following) this.unseen += added.filter((entry) => entry.role !== "user").length;
    const answer = finished.findLast((entry) => entry.role === "assistant")?.plainText;
    if (answer) this.announcement = answer.slice(0, ANNOUNCED_CHARACTERS);
    for (const update of updates) this.#applyToSession(update);
    if (gap) this.#reopen();
  }

  /** The stream does not fit the snapshot: take a new one, but never in a circle. */
  #reopen(): void {
    const now = this.environment.now();
    if (now - this.#openedAt < REOPEN_MS) return;
    void this.open();
  }

  #applyToSession(update: ChatUpdate): void {
    if (update.kind === "run") this.run = update.run;
    if (update.kind === "usage") {
      this.contextTokens = update.contextTokens;
      this.totalTokens = update.totalTokens;
    }
    // The gateway's own event says how it is connected; this only says that it is worth asking.
    if (update.kind === "connection") void this.#loadGateways();
  }

  #takeSnapshot(snapshot: ChatSnapshot): void {
    const first = this.transcript.entries.length === 0;
    this.#change(() => this.transcript.reset(snapshot));
    if (first) this.#openAtEnd();
    this.title = titleOf(snapshot.title, this.session.key);
    this.model = snapshot.model;
    this.run = snapshot.run;
    this.cached = snapshot.cached;
    this.limits = snapshot.limits;
    this.contextTokens = snapshot.contextTokens;
    this.totalTokens = snapshot.totalTokens;
  }

  /** What fills the view and no more, so that it is there at once; the rest is mounted frame by frame. */
  #openAtEnd(): void {
    const { entries } = this.transcript;
    const height = (index: number) => (entries[index] ? leastHeight(entries[index]) : 0);
    this.range = openingRange(entries.length, height, this.environment.viewHeight());
  }

  /** Changes the transcript and keeps the same messages mounted. */
  #change<Result>(change: () => Result): Result {
    const before = this.transcript.entries;
    const result = change();
    const after = this.transcript.entries;
    if (before !== after) this.range = carryRange(this.range, before, after, this.following);
    return result;
  }
}

/** What stands in the transcript until the backend has the message. */
function ownMessage(message: SendMessage, now: number): MessageView {
  const files = message.attachments.map(({ name, mime, data }) =>
    mime.startsWith("image/")
      ? ({ kind: "image", mime, data: `data:${mime};base64,${data}`, name } as const)
      : ({ kind: "file", name, mime, bytes: Math.floor((data.length * 3) / 4) } as const),
  );
  return {
    id: message.id,
    role: "user",
    at: now,
    blocks: [...(message.text ? [{ kind: "text", text: message.text } as const] : []), ...files],
    state: { kind: "sending" },
    model: null,
    tokens: null,
    costUsd: null,
  };
}
