/**
 * A session's messages as reactive state, kept current by the backend's updates.
 *
 * Each message, block and tool call is an object of its own with shallow fields, so text that is appended to one
 * block touches the one component that shows it. Knows nothing of scrolling, of the composer, or of time.
 */
import type {
  BlockView,
  ChatSnapshot,
  ChatUpdate,
  MessageState,
  MessageView,
  Role,
  ToolView,
} from "$lib/backend/types";

import { dayNumber } from "./figures";
import { isNotice } from "./notices";

/** Markdown that a person or an agent wrote. */
export class TextBlock {
  readonly kind = "text";
  text = $state.raw("");
  constructor(text: string) {
    this.text = text;
  }
}

/** What a model thought aloud; folded unless the person opened it. */
export class ThinkingBlock {
  readonly kind = "thinking";
  text = $state.raw("");
  open = $state.raw(false);
  constructor(text: string) {
    this.text = text;
  }
}

/** A tool call. Its output grows apart from the rest, since that is what streams. */
export class ToolBlock {
  readonly kind = "tool";
  tool = $state.raw<ToolView>() as ToolView;
  output = $state.raw("");
  open = $state.raw(false);
  constructor(tool: ToolView) {
    this.tool = tool;
    this.output = tool.output;
  }
}

/** An image or a file; never changes. */
export class MediaBlock {
  readonly kind = "media";
  readonly view: Extract<BlockView, { kind: "image" | "file" }>;
  constructor(view: Extract<BlockView, { kind: "image" | "file" }>) {
    this.view = view;
  }
}

export type Block = TextBlock | ThinkingBlock | ToolBlock | MediaBlock;

let nextKey = 0;

/** One message. `key` stays when the gateway gives the message another id. */
export class Entry {
  readonly key: number;
  id = $state.raw("");
  role = $state.raw<Role>("assistant");
  at = $state.raw<number | null>(null);
  /** The first message of its day, or of what is loaded. Kept here, since asking the neighbour would redraw each row. */
  opensDay = $state.raw(false);
  state = $state.raw<MessageState>({ kind: "done" });
  model = $state.raw<string | null>(null);
  tokens = $state.raw<number | null>(null);
  costUsd = $state.raw<number | null>(null);
  blocks = $state.raw<readonly Block[]>([]);

  constructor(view: MessageView) {
    nextKey += 1;
    this.key = nextKey;
    this.replace(view);
  }

  /** Takes over a whole message; blocks that are still there keep their objects and what was opened in them. */
  replace(view: MessageView): void {
    this.id = view.id;
    this.role = view.role;
    this.at = view.at;
    this.state = view.state;
    this.model = view.model;
    this.tokens = view.tokens;
    this.costUsd = view.costUsd;
    // Two calls of one name stay two: what was taken for the first is not taken again.
    const taken = new Set<Block>();
    const blocks = view.blocks.map((block, index) => {
      const left = this.blocks.map((old) => (taken.has(old) ? undefined : old));
      const reconciled = reconcile(left, block, index);
      taken.add(reconciled);
      return reconciled;
    });
    const same =
      blocks.length === this.blocks.length && blocks.every((block, i) => block === this.blocks[i]);
    if (!same) this.blocks = blocks;
  }

  /** Follows messages in the transcript, the last known day of which is `day`. Gives the last known day with it. */
  follow(day: number | null): number | null {
    const own = this.at === null ? null : dayNumber(this.at);
    this.opensDay = own !== null && own !== day;
    return own ?? day;
  }

  /** Who speaks. A gateway writes some texts of its own as if the person had; they are notices. */
  get speaker(): Role {
    return this.role === "user" && isNotice(this.plainText) ? "system" : this.role;
  }

  tool(id: string): ToolBlock | undefined {
    return this.blocks.find(
      (block): block is ToolBlock => block.kind === "tool" && block.tool.id === id,
    );
  }

  /** The message's own words, without tool calls and thinking. */
  get plainText(): string {
    return this.blocks
      .filter((block) => block.kind === "text")
      .map((block) => block.text)
      .join("\n\n");
  }
}

function newBlock(view: BlockView): Block {
  switch (view.kind) {
    case "text":
      return new TextBlock(view.text);
    case "thinking":
      return new ThinkingBlock(view.text);
    case "tool":
      return new ToolBlock(view.tool);
    case "image":
    case "file":
      return new MediaBlock(view);
  }
}

/** The old block brought up to date where it is the same one, else a new block. */
function reconcile(old: readonly (Block | undefined)[], view: BlockView, index: number): Block {
  if (view.kind === "tool") {
    const same = old.find((block) => block?.kind === "tool" && block.tool.id === view.tool.id);
    if (same?.kind !== "tool") return newBlock(view);
    same.tool = view.tool;
    same.output = view.tool.output;
    return same;
  }
  const at = old[index];
  if ((view.kind === "text" || view.kind === "thinking") && at?.kind === view.kind) {
    at.text = view.text;
    return at;
  }
  const unchanged =
    at?.kind === "media" && (view.kind === "image" || view.kind === "file") && sameMedia(at, view);
  return unchanged ? at : newBlock(view);
}

function sameMedia(block: MediaBlock, view: MediaBlock["view"]): boolean {
  const old = block.view;
  if (old.kind === "image") {
    return view.kind === "image" && old.data === view.data && old.name === view.name;
  }
  return view.kind === "file" && old.name === view.name && old.bytes === view.bytes;
}

/** What an update did, for those who care about more than the state: the scroll position and the screen reader. */
export interface Applied {
  /** Messages that were not there before. */
  readonly added: readonly Entry[];
  /** Messages that stopped streaming. */
  readonly finished: readonly Entry[];
  /** An update referred to something that is not here: the snapshot and the stream do not fit together. */
  readonly gap: boolean;
}

/** The loaded part of a session, oldest first. */
export class Transcript {
  entries = $state.raw<readonly Entry[]>([]);
  hasOlder = $state.raw(false);
  #byId = new Map<string, Entry>();
  /** Ids of our own messages that the backend has not heard of, or has not answered for. */
  #local = new Set<string>();

  get(id: string): Entry | undefined {
    return this.#byId.get(id);
  }

  /**
   * Takes over a snapshot. Messages that are known keep their objects, so nothing is drawn again; what was paged in
   * before the snapshot's first message stays when the two overlap; our own unanswered messages stay at the end.
   */
  reset(snapshot: Pick<ChatSnapshot, "messages" | "hasOlder">): void {
    const ids = new Set(snapshot.messages.map((message) => message.id));
    const overlap = this.entries.findIndex((entry) => ids.has(entry.id));
    const before = overlap > 0 ? this.#olderThan(snapshot, overlap) : [];
    const fresh = snapshot.messages.map((message) => this.#takeOver(message));
    const kept = new Set([...before, ...fresh]);
    const ours = this.entries.filter((entry) => this.#local.has(entry.id) && !kept.has(entry));
    if (before.length === 0) this.hasOlder = snapshot.hasOlder;
    this.#setEntries([...before, ...fresh, ...ours]);
  }

  /** Puts a page of history before everything that is loaded; returns how many messages were new. */
  prepend(messages: readonly MessageView[], hasOlder: boolean): number {
    const fresh = messages
      .filter((message) => !this.#byId.has(message.id))
      .map((m) => new Entry(m));
    this.hasOlder = hasOlder;
    for (const entry of fresh) this.#byId.set(entry.id, entry);
    this.entries = [...fresh, ...this.entries];
    followDays(this.entries);
    return fresh.length;
  }

  /** Shows our own message before the backend has it. */
  addLocal(view: MessageView): Entry {
    this.#local.add(view.id);
    return this.#upsert(view);
  }

  /** Puts the backend's answer in our message's place, unless the stream, which is newer, has been there first. */
  settleLocal(view: MessageView): void {
    if (this.#local.delete(view.id)) this.#upsert(view);
  }

  /** True while the backend has said nothing about this message of ours. */
  isLocal(id: string): boolean {
    return this.#local.has(id);
  }

  remove(id: string): void {
    this.#local.delete(id);
    if (this.#byId.has(id)) this.#setEntries(this.entries.filter((entry) => entry.id !== id));
  }

  /** Applies updates in order. Text for the same block is joined first, so that a frame costs one write per block. */
  apply(updates: readonly ChatUpdate[]): Applied {
    const added: Entry[] = [];
    const finished: Entry[] = [];
    let gap = false;
    for (const update of joinAppends(updates)) {
      const known = update.kind !== "message" || this.#byId.has(update.message.id);
      const streamed =
        update.kind === "message" && this.#byId.get(update.message.id)?.state.kind === "streaming";
      if (!this.#applyOne(update)) gap = true;
      if (update.kind !== "message") continue;
      const entry = this.#byId.get(update.message.id);
      if (!entry) continue;
      if (!known) added.push(entry);
      if (entry.state.kind !== "streaming" && (streamed || !known)) finished.push(entry);
    }
    return { added, finished, gap };
  }

  /** False when the update does not fit what is here. */
  #applyOne(update: ChatUpdate): boolean {
    switch (update.kind) {
      case "message":
        this.#local.delete(update.message.id);
        this.#upsert(update.message);
        return true;
      case "renamed":
        return this.#rename(update.from, update.to);
      case "removed":
        this.remove(update.id);
        return true;
      case "append":
        return this.#append(update.id, update.block, update.text);
      case "toolOutput": {
        const block = this.#byId.get(update.id)?.tool(update.tool);
        if (block) block.output = theEnd(block.output + update.text);
        return block !== undefined;
      }
      case "tool":
        return this.#setTool(update.id, update.tool);
      default:
        return true;
    }
  }

  #append(id: string, index: number, text: string): boolean {
    const entry = this.#byId.get(id);
    if (!entry || index > entry.blocks.length) return false;
    const block = entry.blocks[index];
    if (block === undefined) entry.blocks = [...entry.blocks, new TextBlock(text)];
    else if (block.kind === "text" || block.kind === "thinking") block.text += text;
    else return false;
    return true;
  }

  #setTool(id: string, tool: ToolView): boolean {
    const entry = this.#byId.get(id);
    if (!entry) return false;
    const block = entry.tool(tool.id);
    if (block) {
      block.tool = tool;
      if (tool.output !== "") block.output = tool.output;
    } else {
      entry.blocks = [...entry.blocks, new ToolBlock(tool)];
    }
    return true;
  }

  #rename(from: string, to: string): boolean {
    const entry = this.#byId.get(from);
    if (!entry) return this.#byId.has(to);
    if (from === to) return true;
    this.#local.delete(from);
    // The gateway's own message may have come first; the one on screen keeps its place.
    if (this.#byId.has(to)) this.remove(to);
    entry.id = to;
    this.#byId.delete(from);
    this.#byId.set(to, entry);
    return true;
  }

  #upsert(view: MessageView): Entry {
    const known = this.#byId.get(view.id);
    if (known) {
      known.replace(view);
      return known;
    }
    const entry = new Entry(view);
    this.#byId.set(entry.id, entry);
    entry.follow(lastDay(this.entries));
    this.entries = [...this.entries, entry];
    return entry;
  }

  #takeOver(view: MessageView): Entry {
    const known = this.#byId.get(view.id);
    known?.replace(view);
    this.#local.delete(view.id);
    return known ?? new Entry(view);
  }

  #olderThan(snapshot: Pick<ChatSnapshot, "messages">, overlap: number): readonly Entry[] {
    // Only when the snapshot begins inside what is loaded do the two join without a hole.
    const first = snapshot.messages[0];
    return first && this.#byId.has(first.id) ? this.entries.slice(0, overlap) : [];
  }

  #setEntries(entries: readonly Entry[]): void {
    followDays(entries);
    this.entries = entries;
    this.#byId = new Map(entries.map((entry) => [entry.id, entry]));
  }
}

/** A message without a time belongs to the day of the last one that has one. */
function followDays(entries: readonly Entry[]): void {
  let day: number | null = null;
  for (const entry of entries) day = entry.follow(day);
}

function lastDay(entries: readonly Entry[]): number | null {
  const at = entries.findLast((entry) => entry.at !== null)?.at ?? null;
  return at === null ? null : dayNumber(at);
}

/** What the backend keeps of an output; a page that follows it for hours keeps no more, cut rarely. */
const KEPT_OUTPUT = 256 * 1024;

function theEnd(output: string): string {
  return output.length > 1.25 * KEPT_OUTPUT ? output.slice(-KEPT_OUTPUT) : output;
}

/** Joins runs of text for the same block. Keeps the order of everything else. */
function joinAppends(updates: readonly ChatUpdate[]): ChatUpdate[] {
  const joined: ChatUpdate[] = [];
  for (const update of updates) {
    const last = joined.at(-1);
    const text = last && joinedText(last, update);
    if (text === undefined) joined.push(update);
    else joined[joined.length - 1] = text;
  }
  return joined;
}

function joinedText(last: ChatUpdate, next: ChatUpdate): ChatUpdate | undefined {
  if (last.kind === "append" && next.kind === "append") {
    const same = last.id === next.id && last.block === next.block;
    return same ? { ...last, text: last.text + next.text } : undefined;
  }
  if (last.kind === "toolOutput" && next.kind === "toolOutput") {
    const same = last.id === next.id && last.tool === next.tool;
    return same ? { ...last, text: last.text + next.text } : undefined;
  }
  return undefined;
}
