/** The audit's timeline: pages from the newest on, as the filters ask. An answer that was overtaken counts for nothing. */
import type { Backend } from "$lib/backend/backend";
import type { AuditLine, AuditQuery, GatewayId, ProblemView, Verdict } from "$lib/backend/types";
import { problemOf } from "$lib/errors";

export const kindGroups = [
  "all",
  "tool",
  "approval",
  "policy",
  "credential",
  "access",
  "config",
] as const;
export type KindGroup = (typeof kindGroups)[number];

/** Records in a page. */
const pageSize = 200;

/** So long after the last key a search is made. */
export const searchAfter = 250;

export class Audit {
  gateway = $state<GatewayId | null>(null);
  state = $state<"loading" | "ready" | "failed">("loading");
  problem = $state.raw<ProblemView | null>(null);
  records = $state.raw<readonly AuditLine[]>([]);
  more = $state(false);
  size = $state<number | null>(null);
  root = $state("");
  text = $state("");
  kind = $state<KindGroup>("all");
  verdict = $state<Verdict | "any">("any");
  loadingMore = $state(false);
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  readonly filtered = $derived.by(
    () => this.text !== "" || this.kind !== "all" || this.verdict !== "any",
  );

  constructor(private readonly backend: Pick<Backend, "auditList">) {}

  show(gateway: GatewayId): void {
    if (gateway !== this.gateway) {
      this.gateway = gateway;
      this.records = [];
      this.size = null;
      this.state = "loading";
    }
    void this.load();
  }

  search(text: string): void {
    this.text = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), searchAfter);
  }

  filter(change: { kind?: KindGroup; verdict?: Verdict | "any" }): void {
    this.kind = change.kind ?? this.kind;
    this.verdict = change.verdict ?? this.verdict;
    void this.load();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.text = "";
    this.kind = "all";
    this.verdict = "any";
    void this.load();
  }

  /** From the newest on. */
  async load(): Promise<void> {
    const turn = this.#begin();
    try {
      const page = await this.backend.auditList(this.#query(null));
      if (turn !== this.#turn) return;
      this.records = page.records;
      this.#took(page);
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.problem = problemOf(thrown);
      this.state = "failed";
    }
  }

  async older(): Promise<void> {
    const last = this.records.at(-1);
    if (!last || !this.more || this.loadingMore) return;
    const turn = this.#begin();
    this.loadingMore = true;
    try {
      const page = await this.backend.auditList(this.#query(last.seq));
      if (turn !== this.#turn) return;
      this.records = [...this.records, ...page.records];
      this.#took(page);
    } catch (thrown) {
      if (turn === this.#turn) this.problem = problemOf(thrown);
    } finally {
      if (turn === this.#turn) this.loadingMore = false;
    }
  }

  #begin(): number {
    this.#turn += 1;
    this.problem = null;
    this.loadingMore = false;
    return this.#turn;
  }

  #took({ more, size, root }: { more: boolean; size: number; root: string }): void {
    this.more = more;
    this.size = size;
    this.root = root;
    this.state = "ready";
  }

  #query(before: number | null): AuditQuery {
    return {
      gateway: this.gateway ?? "",
      before,
      limit: pageSize,
      kinds: this.kind === "all" ? [] : [this.kind],
      agent: null,
      session: null,
      verdict: this.verdict === "any" ? null : this.verdict,
      text: this.text.trim() || null,
    };
  }
}
