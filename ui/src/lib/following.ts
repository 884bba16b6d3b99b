/**
 * A snapshot kept current by numbered changes, so that nothing is lost or doubled between the two.
 *
 * Subscribe first, then `load`: what arrives while a snapshot is on its way is kept and applied on top of it, what
 * is older than it is dropped, and a number that is missing starts over with a new snapshot. A `load` while one is on
 * its way takes another after it. What a snapshot and a
 * change mean is the caller's.
 */
type Numbered = { readonly revision: number };

export type Parts<Snapshot, Change> = {
  ask: () => Promise<Snapshot>;
  take: (snapshot: Snapshot) => void;
  apply: (change: Change) => void;
  failed: (thrown: unknown) => void;
};

export class Following<Snapshot extends Numbered, Change extends Numbered> {
  #revision = 0;
  /** Changes that came while a snapshot was on its way; null when none is. */
  #early: Change[] | null = null;
  /** Another snapshot was asked for meanwhile: the one on its way may be older than what was missed. */
  #again = false;

  constructor(private readonly parts: Parts<Snapshot, Change>) {}

  async load(): Promise<void> {
    if (this.#early) {
      this.#again = true;
      return;
    }
    this.#early = [];
    try {
      const snapshot = await this.parts.ask();
      const early = this.#early;
      this.#early = null;
      this.#revision = snapshot.revision;
      this.parts.take(snapshot);
      for (const change of early) this.apply(change);
    } catch (thrown) {
      this.#early = null;
      if (!this.#again) this.parts.failed(thrown);
    }
    if (!this.#again) return;
    this.#again = false;
    await this.load();
  }

  apply(change: Change): void {
    if (this.#early) this.#early.push(change);
    else if (change.revision > this.#revision + 1) void this.load();
    else if (change.revision === this.#revision + 1) {
      this.#revision = change.revision;
      this.parts.apply(change);
    }
  }
}
