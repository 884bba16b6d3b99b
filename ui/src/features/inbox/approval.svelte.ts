/**
 * One request under a person's eyes, and the only way from a press to a decision.
 *
 * What stands between the two, each for a mistake that has been made elsewhere:
 * - Only what the request offers and this connection may decide can be decided, and only while it waits.
 * - The whole request has to be on the screen: a cut one shows no choices.
 * - A press in the first moment after it appeared does not count: it was meant for what stood there before.
 * - A key does not count for longer, nor while typing goes on that began elsewhere: its window may have just
 *   got the keyboard, from a person who looks at something else.
 * - If what would run has changed, the choices wait until the person says that they have read it again.
 * - Allow always and a keyboard's Allow are two steps.
 *
 * It knows no DOM. Time and the backend are passed in.
 */
import type { Backend } from "$lib/backend/backend";
import type {
  DecideTerms,
  Decision,
  InboxItemDetail,
  InboxItemView,
  ItemKey,
  ProblemView,
} from "$lib/backend/types";
import { problemOf } from "$lib/errors";
import { nothingTyped, TypedFor, type Typed } from "./typed";
import { understood } from "./understood";

/** Longer than the time between seeing something appear and being able to hold back a press. */
export const settleTime = 400;

/** Longer than the pauses of somebody who types on without looking. */
export const keysSettleTime = 1000;

/** What is asked before a decision with terms: for how long, why not, what instead. */
export type Asking = "longer" | "deny" | "edit" | null;

/** Why a press did not count, to be said beside the choices. */
export type Ignored = "tooSoon" | "keyTooSoon" | "enter" | null;

const affirmative: readonly Decision[] = ["allowOnce", "approve"];
const negative: readonly Decision[] = ["deny", "reject"];

export class Approval {
  /** The request as the list knows it, the latest. */
  item = $state.raw<InboxItemView | null>(null);
  /** The request in full, as the person sees it. */
  shown = $state.raw<InboxItemDetail | null>(null);
  problem = $state.raw<ProblemView | null>(null);
  /** Why the last try to decide was refused. */
  refusal = $state.raw<ProblemView | null>(null);
  /** Chosen with the keyboard, not confirmed. */
  armed = $state<Decision | null>(null);
  confirmingAlways = $state(false);
  asking = $state<Asking>(null);
  changed = $state(false);
  ignored = $state<Ignored>(null);
  sending = $state<Decision | null>(null);
  answers = $state.raw<readonly string[]>([]);
  /** What was typed and chosen for this request. */
  typed = $state.raw<Typed>(nothingTyped);
  #settledAt = Infinity;
  #keysCountAt = Infinity;
  #loading: string | null = null;

  /** What is not understood can only be refused. */
  readonly understood = $derived(this.shown === null || understood(this.shown));
  /** What can be decided now: what it offers, in its order. Empty unless it waits. */
  readonly offered = $derived.by<readonly Decision[]>(() => {
    const waits = this.item?.phase.kind === "waiting";
    const offered = waits && this.item ? this.item.offered : [];
    return this.understood ? offered : offered.filter((decision) => negative.includes(decision));
  });
  /** The choices can be pressed: all of it is read, and nothing is on its way. */
  readonly open = $derived(
    this.offered.length > 0 &&
      this.shown?.item.key === this.item?.key &&
      this.shown?.item.revision === this.item?.revision &&
      !this.changed &&
      this.sending === null,
  );
  readonly allow = $derived(this.offered.find((decision) => affirmative.includes(decision)));
  readonly deny = $derived(this.offered.find((decision) => negative.includes(decision)));

  constructor(
    private readonly backend: Pick<Backend, "inboxItem" | "inboxDecide">,
    private readonly now: () => number,
    private readonly decided: (item: InboxItemView) => void = () => undefined,
    private readonly typedFor = new TypedFor(),
  ) {}

  /** The scope that a decision lacks here, as the backend knows before anything is sent. */
  lacking(decision: Decision): string | undefined {
    return this.item?.barred.find((barred) => barred.decision === decision)?.scope;
  }

  /** Shows an item, or what became of the one that is shown. Call it whenever the list's item changes. */
  show(item: InboxItemView): void {
    if (item.key !== this.item?.key) this.#clear();
    const stale = this.item !== null && this.item.revision > item.revision;
    if (stale) return;
    const before = this.item?.phase.kind;
    this.item = item;
    if (item.phase.kind !== "waiting") this.#stepBack();
    if (isOver(item)) this.typedFor.drop(item.key);
    if (before !== undefined && before !== item.phase.kind) this.settle();
    if (this.shown?.item.revision !== item.revision) void this.load();
  }

  /** Starts the moment in which no press counts: the request appeared, or its window did. */
  settle(): void {
    this.#settledAt = this.now() + settleTime;
    this.holdKeys();
  }

  /** Starts the moment in which no key counts: the window got the keyboard. */
  holdKeys(): void {
    this.armed = null;
    this.#keysCountAt = this.now() + keysSettleTime;
  }

  /** Keeps what is typed for as long as the request is the same. */
  keep(typed: Partial<Typed>): void {
    this.typed = { ...this.typed, ...typed };
    if (this.shown) this.typedFor.keep(this.shown, this.typed);
  }

  /** Some key was pressed. True while it belongs to what was typed elsewhere; then so does the next one. */
  keyPressed(): boolean {
    const held = this.now() < this.#keysCountAt;
    if (held && this.shown) this.holdKeys();
    return held;
  }

  async load(): Promise<void> {
    const { item } = this;
    if (!item) return;
    const wanted = `${item.key} ${item.revision}`;
    if (this.#loading === wanted) return;
    this.#loading = wanted;
    try {
      const detail = await this.backend.inboxItem(item.key);
      if (this.#loading === wanted) this.#see(detail);
    } catch (thrown) {
      if (this.#loading === wanted) this.problem = problemOf(thrown);
    } finally {
      if (this.#loading === wanted) this.#loading = null;
    }
  }

  /** The person has read the changed request. */
  acknowledge(): void {
    this.changed = false;
    this.settle();
  }

  /** A press on a choice with the pointer or with Space. */
  press(decision: Decision): void {
    if (!this.#takes(decision)) return;
    if (decision !== "allowAlways") void this.#send(decision);
    else if (this.shown?.governed) this.asking = "longer";
    else this.confirmingAlways = true;
  }

  /** A key that decides at once. */
  strike(decision: Decision): void {
    if (this.#takesKey()) this.press(decision);
  }

  /** A key on a choice that has the focus came too soon. */
  keyIgnored(): void {
    this.ignored = "keyTooSoon";
  }

  /** Denying with a reason and running something else: what can be asked for here. */
  get canSayMore(): boolean {
    return this.shown?.governed === true && this.item?.kind === "exec";
  }

  /** Another command can be put in the place of a command alone. */
  get canEdit(): boolean {
    return this.canSayMore && !this.item?.tool;
  }

  /** Asks for the terms of a decision that is possible now. */
  ask(what: "deny" | "edit"): void {
    if (what === "edit" && !this.canEdit) return;
    const decision = what === "deny" ? this.deny : this.allow;
    if (this.canSayMore && decision && this.#takes(decision)) this.asking = what;
  }

  /** The second step of a decision with terms. */
  decideWith(decision: Decision, terms: Partial<DecideTerms>): void {
    if (this.asking === null || !this.#takes(decision)) return;
    this.asking = null;
    void this.#send(decision, { ...plainTerms, ...terms });
  }

  /** The second, explicit step of Allow always. */
  confirmAlways(): void {
    if (!this.confirmingAlways || !this.#takes("allowAlways")) return;
    this.confirmingAlways = false;
    void this.#send("allowAlways");
  }

  /** The first key of two. */
  arm(decision: Decision): void {
    if (decision === "allowAlways" || !this.#takesKey()) return;
    if (this.#takes(decision)) this.armed = decision;
  }

  /** The second key: confirms what the first one chose, and nothing else. */
  confirm(): void {
    const decision = this.armed;
    this.armed = null;
    if (decision && this.#takesKey() && this.#takes(decision)) void this.#send(decision);
  }

  /** Takes a first step back. True when there was one. */
  stepBack(): boolean {
    const had = this.armed !== null || this.confirmingAlways || this.asking !== null;
    this.#stepBack();
    return had;
  }

  enterIgnored(): void {
    this.ignored = "enter";
  }

  #takesKey(): boolean {
    if (this.now() >= this.#keysCountAt) return true;
    this.keyIgnored();
    return false;
  }

  #takes(decision: Decision): boolean {
    this.ignored = null;
    if (!this.open || !this.offered.includes(decision)) return false;
    if (this.lacking(decision) !== undefined) return false;
    if (this.now() < this.#settledAt) {
      this.ignored = "tooSoon";
      return false;
    }
    return true;
  }

  async #send(decision: Decision, terms: DecideTerms | null = null): Promise<void> {
    const { shown } = this;
    if (!shown || this.sending) return;
    const { key, revision } = shown.item;
    const answer = decision === "approve" && this.answers.length > 0 ? [...this.answers] : null;
    this.sending = decision;
    this.refusal = null;
    try {
      const item = await this.backend.inboxDecide({ key, decision, revision, answer, terms });
      this.decided(item);
      this.#ifStill(key, () => this.show(item));
    } catch (thrown) {
      this.#ifStill(key, () => this.#refused(problemOf(thrown)));
    } finally {
      this.#ifStill(key, () => (this.sending = null));
    }
  }

  #refused(problem: ProblemView): void {
    this.refusal = problem;
    void this.load();
  }

  #ifStill(key: ItemKey, then: () => void): void {
    if (this.item?.key === key) then();
  }

  #see(detail: InboxItemDetail): void {
    const before = this.shown;
    const waits = detail.item.phase.kind === "waiting";
    const counted = before !== null && isCounted(detail) && !isCounted(before);
    if (before && waits && substance(before, counted) !== substance(detail, counted)) {
      this.changed = true;
      this.#stepBack();
    }
    if (!before) this.settle();
    this.shown = detail;
    this.typed = this.typedFor.of(detail);
    this.problem = null;
    if (this.item && this.item.revision < detail.item.revision) this.item = detail.item;
  }

  #stepBack(): void {
    this.armed = null;
    this.confirmingAlways = false;
    this.asking = null;
  }

  #clear(): void {
    this.#stepBack();
    this.item = null;
    this.shown = null;
    this.problem = null;
    this.refusal = null;
    this.changed = false;
    this.ignored = null;
    this.sending = null;
    this.answers = [];
    this.typed = nothingTyped;
    this.#settledAt = Infinity;
    this.#keysCountAt = Infinity;
    this.#loading = null;
  }
}

const plainTerms: DecideTerms = {
  lasting: "once",
  minutes: null,
  pattern: null,
  until: null,
  reason: null,
  editedCommand: null,
};

/** Nobody answers it any more. */
const isOver = ({ phase }: InboxItemView) => phase.kind === "decided" || phase.kind === "expired";

/** This app's yes is one of several that it takes. */
const isCounted = ({ item }: InboxItemDetail) => item.people?.ours ?? false;

/**
 * What a decision is about. Where it differs, what was read is no longer what would happen. That the person’s own yes
 * was `counted` is no news to them, and nor is that it is not offered again.
 */
function substance({ item, subject, ...rest }: InboxItemDetail, counted: boolean): string {
  const { argv, resolvedPath, node, warnings, facts, questions } = rest;
  const { kind, cwd, host, agent, session, offered, people, gateway } = item;
  return JSON.stringify([
    [subject, argv, resolvedPath, node, warnings, facts, questions],
    [kind, cwd, host, agent, session, gateway],
    counted ? null : [offered, people],
  ]);
}
