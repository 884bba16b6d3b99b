/**
 * The inbox of the page: a snapshot, and the changes on top of it.
 *
 * It subscribes before it asks, keeps what arrives meanwhile, and starts from a new snapshot whenever a
 * revision is missing, so that no request is lost between two messages. It decides nothing.
 */
import type { Backend } from "$lib/backend/backend";
import type {
  GatewayId,
  InboxChange,
  InboxItemView,
  InboxSnapshot,
  ItemKey,
  ProblemView,
} from "$lib/backend/types";
import { problemOf } from "$lib/errors";

export type InboxState = "loading" | "ready" | "failed";

/** What a change meant to a person who cannot see it. */
export type InboxNews =
  | { kind: "arrived"; item: InboxItemView }
  | { kind: "expired"; item: InboxItemView }
  | { kind: "decided"; item: InboxItemView };

export class Inbox {
  state = $state<InboxState>("loading");
  problem = $state.raw<ProblemView | null>(null);
  /** How many wait for a person, over all gateways; more than are listed where a gateway has very many. */
  waitingCount = $state(0);
  overflow = $state.raw<readonly GatewayId[]>([]);
  #items = $state.raw<ReadonlyMap<ItemKey, InboxItemView>>(new Map());
  #revision = 0;
  /** Changes that came while a snapshot was on its way; null when none is. */
  #early: InboxChange[] | null = null;

  readonly waiting = $derived(
    [...this.#items.values()].filter(isOpen).sort((one, other) => one.createdAt - other.createdAt),
  );
  readonly past = $derived(
    [...this.#items.values()]
      .filter((item) => !isOpen(item))
      .sort((one, other) => endedAt(other) - endedAt(one)),
  );
  readonly all = $derived([...this.waiting, ...this.past]);

  constructor(
    private readonly backend: Pick<Backend, "inboxSnapshot" | "onInboxChanged">,
    private readonly tell: (news: InboxNews) => void = () => undefined,
  ) {}

  start(): () => void {
    const stop = this.backend.onInboxChanged((change) => this.apply(change));
    void this.load();
    return stop;
  }

  find(key: ItemKey): InboxItemView | undefined {
    return this.#items.get(key);
  }

  async load(): Promise<void> {
    if (this.#early) return;
    this.#early = [];
    try {
      this.#take(await this.backend.inboxSnapshot());
    } catch (thrown) {
      this.#early = null;
      this.problem = problemOf(thrown);
      this.state = "failed";
    }
  }

  apply(change: InboxChange): void {
    if (this.#early) {
      this.#early.push(change);
      return;
    }
    if (change.revision <= this.#revision) return;
    if (change.revision !== this.#revision + 1) {
      void this.load();
      return;
    }
    this.#revision = change.revision;
    this.waitingCount = change.waiting;
    this.overflow = change.overflow;
    this.#merge(change);
  }

  /** An item as a command answered it; it counts only where nothing later has arrived. */
  put(item: InboxItemView): void {
    const known = this.#items.get(item.key);
    if (!known || known.revision >= item.revision) return;
    this.#items = new Map(this.#items).set(item.key, item);
  }

  #take(snapshot: InboxSnapshot): void {
    const early = this.#early ?? [];
    this.#early = null;
    const before = this.#items;
    const known = this.state === "ready";
    this.#revision = snapshot.revision;
    this.#items = new Map(snapshot.items.map((item) => [item.key, item]));
    this.waitingCount = snapshot.waiting;
    this.overflow = snapshot.overflow;
    this.problem = null;
    this.state = "ready";
    if (known) this.#report(before, snapshot.items);
    for (const change of early) this.apply(change);
  }

  #merge({ changed, removed }: InboxChange): void {
    const before = this.#items;
    const next = new Map(before);
    for (const key of removed) next.delete(key);
    for (const item of changed) {
      const known = next.get(item.key);
      if (!known || known.revision < item.revision) next.set(item.key, item);
    }
    this.#items = next;
    this.#report(before, changed);
  }

  #report(before: ReadonlyMap<ItemKey, InboxItemView>, items: readonly InboxItemView[]): void {
    for (const item of items) {
      const was = before.get(item.key)?.phase.kind;
      const { kind } = item.phase;
      if (was === kind) continue;
      if (kind === "waiting" && was === undefined) this.tell({ kind: "arrived", item });
      if (kind === "expired" && was !== undefined) this.tell({ kind: "expired", item });
      if (kind === "decided" && was !== undefined) this.tell({ kind: "decided", item });
    }
  }
}

/** It stands among what waits: it waits, an answer is on its way, or nobody knows. */
export function isOpen({ phase }: InboxItemView): boolean {
  return phase.kind === "waiting" || phase.kind === "deciding" || phase.kind === "unreachable";
}

function endedAt({ phase, createdAt }: InboxItemView): number {
  return "at" in phase ? phase.at : createdAt;
}
