/** What the tool calls of an open session replaced, and bringing it back. */
import type { Backend } from "$lib/backend/backend";
import type { ProblemView, SessionRef, ToolView, UndoItemView } from "$lib/backend/types";
import { problemOf } from "$lib/errors";

type Call = Pick<ToolView, "id" | "summary" | "arguments">;
type UndoBackend = Pick<Backend, "undoList" | "undoRestore">;

export class Undo {
  /** One call may have replaced several files. Where the gateway does not say which call it was, its words name them. */
  items = $state.raw<readonly UndoItemView[]>([]);
  restored = $state.raw<readonly string[]>([]);
  busy = $state<string | null>(null);
  problem = $state.raw<{ id: string; problem: ProblemView } | null>(null);
  #turn = 0;

  constructor(
    private readonly backend: UndoBackend,
    private readonly session: SessionRef,
  ) {}

  /** Asks for what there is now. A gateway that keeps nothing offers nothing. */
  async load(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const { gateway, key } = this.session;
    const items = await this.backend.undoList(gateway, key).catch(() => []);
    if (turn === this.#turn) this.items = items;
  }

  of({ id, summary, arguments: given }: Call): readonly UndoItemView[] {
    const names = `${summary} ${given ?? ""}`;
    return this.items.filter(({ toolCall, path }) =>
      toolCall === null ? names.includes(path.replace(/^.*\//, "")) : toolCall === id,
    );
  }

  async restore(id: string): Promise<void> {
    if (this.busy !== null) return;
    this.busy = id;
    this.problem = null;
    try {
      await this.backend.undoRestore(this.session.gateway, id);
      this.restored = [...this.restored, id];
    } catch (thrown) {
      this.problem = { id, problem: problemOf(thrown) };
    } finally {
      this.busy = null;
    }
  }
}
