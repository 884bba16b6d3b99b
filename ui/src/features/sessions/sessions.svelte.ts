/**
 * All sessions of all gateways: a snapshot and the changes on top of it, sorted and filtered for the list.
 *
 * Built for ten thousand rows: a change touches the map, and the list is sorted once per change.
 */
import type { Backend } from "$lib/backend/backend";
import type {
  GatewayId,
  ProblemView,
  SearchHit,
  SessionRef,
  SessionsChange,
  SessionsSnapshot,
  SessionView,
} from "$lib/backend/types";
import { problemOf } from "$lib/errors";
import { Following } from "$lib/following";
import { titleOf } from "./names";

export type SessionRow =
  | { kind: "heading"; id: string; heading: "pinned" | "recent" | "archived" | "inMessages" }
  | { kind: "session"; id: string; session: SessionView }
  | { kind: "hit"; id: string; hit: SearchHit };

type SessionsBackend = Pick<
  Backend,
  "sessionsSnapshot" | "sessionsSearch" | "sessionRead" | "onSessionsChanged" | "onInterrupted"
>;

/** A search is sent when the person has stopped typing for this long. */
const searchDelay = 150;

export const sessionId = ({ gateway, key }: SessionRef) => `${gateway}\n${key}`;

export class Sessions {
  state = $state<"loading" | "ready" | "failed">("loading");
  problem = $state.raw<ProblemView | null>(null);
  loading = $state.raw<readonly GatewayId[]>([]);
  text = $state("");
  showArchived = $state(false);
  hits = $state.raw<readonly SearchHit[]>([]);
  #all = $state.raw<ReadonlyMap<string, SessionView>>(new Map());
  #searching: ReturnType<typeof setTimeout> | undefined;
  /** The session that a person has before them, and how far each was read in this window. */
  #reading: string | null = null;
  #read = new Map<string, number>();
  /** Whether the gateway of the open one was told, and has not shown it read since. */
  #told = false;

  readonly #sorted = $derived([...this.#all.values()].sort(latestFirst));
  readonly rows = $derived(this.#rows());
  /** How many are listed: without the archive while it is not shown, and in a search what was found. */
  readonly count = $derived(this.rows.filter(({ kind }) => kind !== "heading").length);
  readonly none = $derived(this.#all.size === 0);

  readonly #following = new Following<SessionsSnapshot, SessionsChange>({
    ask: () => this.backend.sessionsSnapshot(),
    take: (snapshot) => this.#take(snapshot),
    apply: (change) => this.#merge(change),
    failed: (thrown) => {
      this.problem = problemOf(thrown);
      this.state = "failed";
    },
  });

  constructor(private readonly backend: SessionsBackend) {}

  start(): () => void {
    const stop = this.backend.onSessionsChanged((change) => this.apply(change));
    const stopInterrupted = this.backend.onInterrupted((how) => {
      if (how === "missed") void this.load();
    });
    void this.load();
    return () => {
      stop();
      stopInterrupted();
    };
  }

  find(session: SessionRef | null): SessionView | undefined {
    return session ? this.#all.get(sessionId(session)) : undefined;
  }

  /** The latest, for a place that shows a few. */
  latest(count: number): readonly SessionView[] {
    return this.#sorted.filter(({ archived }) => !archived).slice(0, count);
  }

  /** A session is open, or none any more: what comes in it is no news, then or afterwards. */
  reading(session: SessionRef | null): void {
    this.#reading = session && sessionId(session);
    this.#told = false;
    const view = this.find(session);
    if (!this.#reading || !view) return;
    this.#all = new Map(this.#all).set(this.#reading, this.#seen(view));
  }

  load(): Promise<void> {
    return this.#following.load();
  }

  apply(change: SessionsChange): void {
    this.#following.apply(change);
  }

  search(text: string): void {
    this.text = text;
    clearTimeout(this.#searching);
    this.hits = [];
    const wanted = text.trim();
    if (wanted.length < 2) return;
    this.#searching = setTimeout(() => void this.#find(wanted), searchDelay);
  }

  #take({ sessions, loading }: SessionsSnapshot): void {
    this.#all = new Map(sessions.map((each) => [sessionId(each.session), this.#seen(named(each))]));
    this.loading = loading;
    this.problem = null;
    this.state = "ready";
  }

  #merge({ changed, removed, loading }: SessionsChange): void {
    this.loading = loading;
    const next = new Map(this.#all);
    for (const session of removed) next.delete(sessionId(session));
    for (const view of changed) next.set(sessionId(view.session), this.#seen(named(view)));
    this.#all = next;
  }

  #seen(view: SessionView): SessionView {
    const id = sessionId(view.session);
    const at = view.updatedAt ?? 0;
    if (id === this.#reading) {
      this.#read.set(id, at);
      this.#tellRead(view);
    }
    return view.unread && (this.#read.get(id) ?? -1) >= at ? { ...view, unread: false } : view;
  }

  /**
   * Its gateway is told once what was read is whole, and only of what a person can have seen. Where it shows it unread
   * all the same, it is not told again and again.
   */
  #tellRead({ session, unread, activity }: SessionView): void {
    const writes = activity === "running" || activity === "waitingForApproval";
    if (!unread) this.#told = false;
    if (!unread || this.#told || writes || document.visibilityState !== "visible") return;
    this.#told = true;
    // It stays read in this window; that other clients do not hear of it is nothing to bother a person with.
    this.backend.sessionRead(session).catch(() => undefined);
  }

  async #find(wanted: string): Promise<void> {
    try {
      const hits = await this.backend.sessionsSearch(wanted);
      if (this.text.trim() === wanted) this.hits = hits;
    } catch {
      // The titles are searched in the page; only the messages are missing then.
      this.hits = [];
    }
  }

  #rows(): SessionRow[] {
    const wanted = this.text.trim().toLowerCase();
    if (wanted) return this.#found(wanted);
    const listed = this.#sorted.filter(({ archived }) => !archived);
    const pinned = listed.filter((each) => each.pinned);
    const recent = listed.filter((each) => !each.pinned);
    const archived = this.showArchived ? this.#sorted.filter((each) => each.archived) : [];
    return [
      ...group("pinned", pinned),
      ...(pinned.length > 0 || archived.length > 0 ? group("recent", recent) : rows(recent)),
      ...group("archived", archived),
    ];
  }

  #found(wanted: string): SessionRow[] {
    const named = this.#sorted.filter((each) => matches(each, wanted));
    const hits = this.hits.map((hit): SessionRow => {
      return { kind: "hit", id: `hit ${sessionId(hit.session)} ${hit.message}`, hit };
    });
    const heading: SessionRow = { kind: "heading", id: "inMessages", heading: "inMessages" };
    return [...rows(named), ...(hits.length > 0 ? [heading, ...hits] : [])];
  }
}

function named(view: SessionView): SessionView {
  return { ...view, title: titleOf(view.title, view.session.key) };
}

function rows(sessions: readonly SessionView[]): SessionRow[] {
  return sessions.map((session) => ({ kind: "session", id: sessionId(session.session), session }));
}

function group(
  heading: "pinned" | "recent" | "archived",
  sessions: readonly SessionView[],
): SessionRow[] {
  return sessions.length > 0 ? [{ kind: "heading", id: heading, heading }, ...rows(sessions)] : [];
}

function matches({ title, agent, channel, session }: SessionView, wanted: string): boolean {
  return [title, agent, channel, session.key].some((text) => text?.toLowerCase().includes(wanted));
}

function latestFirst(one: SessionView, other: SessionView): number {
  return (other.updatedAt ?? 0) - (one.updatedAt ?? 0);
}
