/** What can be done with a session from its row; renaming and deleting ask first. */
import Archive from "@lucide/svelte/icons/archive";
import ArchiveRestore from "@lucide/svelte/icons/archive-restore";
import Pencil from "@lucide/svelte/icons/pencil";
import Pin from "@lucide/svelte/icons/pin";
import PinOff from "@lucide/svelte/icons/pin-off";
import Trash2 from "@lucide/svelte/icons/trash-2";
import type { MenuAction } from "$components/Menu.svelte";
import type { Backend } from "$lib/backend/backend";
import type { PatchSession, ProblemView, SessionView } from "$lib/backend/types";
import { problemOf } from "$lib/errors";
import { m } from "$lib/messages";

export type SessionQuestion = { kind: "rename" | "delete"; session: SessionView };

export class SessionActions {
  question = $state.raw<SessionQuestion | null>(null);
  problem = $state.raw<ProblemView | null>(null);
  busy = $state(false);

  constructor(private readonly backend: Pick<Backend, "sessionPatch" | "sessionDelete">) {}

  menu(session: SessionView): MenuAction[] {
    const { pinned, archived } = session;
    return [
      {
        label: pinned ? m.sessions.unpin : m.sessions.pin,
        icon: pinned ? PinOff : Pin,
        run: () => void this.patch(session, { pinned: !pinned }),
      },
      {
        label: m.sessions.rename,
        icon: Pencil,
        run: () => (this.question = { kind: "rename", session }),
      },
      {
        label: archived ? m.sessions.unarchive : m.sessions.archive,
        icon: archived ? ArchiveRestore : Archive,
        run: () => void this.patch(session, { archived: !archived }),
      },
      {
        label: m.sessions.delete,
        icon: Trash2,
        danger: true,
        run: () => (this.question = { kind: "delete", session }),
      },
    ];
  }

  patch({ session }: SessionView, change: Partial<PatchSession>): Promise<void> {
    const nothing = { label: null, pinned: null, archived: null, execMode: null };
    return this.#do(() => this.backend.sessionPatch({ ...nothing, ...change, session }));
  }

  delete({ session }: SessionView): Promise<void> {
    return this.#do(() => this.backend.sessionDelete(session));
  }

  close(): void {
    this.question = null;
    this.problem = null;
  }

  async #do(action: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.problem = null;
    try {
      await action();
      this.question = null;
    } catch (thrown) {
      this.problem = problemOf(thrown);
    } finally {
      this.busy = false;
    }
  }
}
