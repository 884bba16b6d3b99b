/**
 * The gateway that a link wants to add, until the form for it takes it over.
 *
 * Anyone can write a link, so it never replaces what a person is filling in: a token typed for one gateway must not
 * be sent to another. A secret that came with it is in the backend, and is dropped when nobody wants it.
 */
import type { Backend } from "$lib/backend/backend";
import type { Recognised } from "$lib/backend/types";

export class LinkedGateway {
  waiting = $state.raw<Recognised | null>(null);

  constructor(private readonly backend: Pick<Backend, "draftDrop">) {}

  /** A link was opened. The latest counts. */
  arrive(recognised: Recognised): void {
    this.dismiss();
    this.waiting = recognised;
  }

  /** Hands it over, once. */
  take(): Recognised | null {
    const { waiting } = this;
    this.waiting = null;
    return waiting;
  }

  dismiss(): void {
    const draft = this.take()?.draft;
    if (draft) void this.backend.draftDrop(draft);
  }
}
