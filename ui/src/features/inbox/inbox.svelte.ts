/** The inbox of the page: a snapshot, and the changes on top of it. It decides nothing. */
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
import { Following } from "$lib/following";

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
  readonly waiting = $derived(
    [...this.#items.values()].filter(isOpen).sort((one, other) => one.createdAt - other.createdAt),
  );
  /** What waits longest for a person. */
  readonly oldest = $derived(
    this.waiting.find(({ phase }) => phase.kind === "waiting") ?? this.waiting[0],
  );
  /** Of those, whose gateway is away: whether they still wait nobody knows. */
  readonly notKnown = $derived(
    this.waiting.filter(({ phase }) => phase.kind === "unreachable").length,
  );
  readonly past = $derived(
    [...this.#items.values()]
      .filter((item) => !isOpen(item))
      .sort((one, other) => endedAt(other) - endedAt(one)),
  );
  readonly all = $derived([...this.waiting, ...this.past]);

  readonly #following = new Following<InboxSnapshot, InboxChange>({
    ask: () => this.backend.inboxSnapshot(),
    take: (snapshot) => this.#take(snapshot),
    apply: (change) => this.#merge(change),
    failed: (thrown) => {
      this.problem = problemOf(thrown);
      this.state = "failed";
    },
  });

  constructor(
    private readonly backend: Pick<Backend, "inboxSnapshot" | "onInboxChanged" | "onInterrupted">,
    private readonly tell: (news: InboxNews) => void = () => undefined,
  ) {}

  start(): () => void {
    const stop = this.backend.onInboxChanged((change) => this.apply(change));
    const stopInterrupted = this.backend.onInterrupted((how) => {
      if (how === "restarted") this.#forget();
      else void this.load();
    });
    void this.load();
    return () => {
      stop();
      stopInterrupted();
    };
  }

  /** The revisions of another session say nothing of this one: no card of it may be answered. */
  #forget(): void {
    this.#items = new Map();
    this.waitingCount = 0;
    this.state = "loading";
  }

  find(key: ItemKey): InboxItemView | undefined {
    return this.#items.get(key);
  }

  load(): Promise<void> {
    return this.#following.load();
  }

  apply(change: InboxChange): void {
    this.#following.apply(change);
  }

  /** An item as a command answered it; it counts only where nothing later has arrived. */
  put(item: InboxItemView): void {
    const known = this.#items.get(item.key);
    if (!known || known.revision >= item.revision) return;
    this.#items = new Map(this.#items).set(item.key, item);
  }

  #take(snapshot: InboxSnapshot): void {
    const before = this.#items;
    const known = this.state === "ready";
    this.#items = new Map(snapshot.items.map((item) => [item.key, item]));
    this.waitingCount = snapshot.waiting;
    this.overflow = snapshot.overflow;
    this.problem = null;
    this.state = "ready";
    if (known) this.#report(before, snapshot.items);
  }

  #merge({ changed, removed, waiting, overflow }: InboxChange): void {
    this.waitingCount = waiting;
    this.overflow = overflow;
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
