/**
 * Whether secrets can be kept, and where. A passphrase passes through a call and is never a field.
 */
import type { Backend } from "$lib/backend/backend";
import type { ProblemView, SecretStoreChoice, SecretStoreView } from "$lib/backend/types";
import { problemOf } from "$lib/errors";

type SecretsBackend = Pick<Backend, "secretStoreChoose" | "secretStoreUnlock" | "onSecretsChanged">;

export class Secrets {
  state = $state.raw<SecretStoreView>() as SecretStoreView;
  problem = $state.raw<ProblemView | null>(null);
  busy = $state(false);
  /** The person looked away from the question for now. */
  postponed = $state(false);

  readonly asks = $derived(this.state.kind !== "ready" && !this.postponed);

  constructor(
    private readonly backend: SecretsBackend,
    initial: SecretStoreView,
  ) {
    this.state = initial;
  }

  start(): () => void {
    return this.backend.onSecretsChanged((state) => {
      // What happens by itself asks nothing over the work in hand; the gateways and the settings tell of it.
      if (this.state.kind === "ready" && state.kind !== "ready") this.postponed = true;
      this.state = state;
    });
  }

  choose(choice: SecretStoreChoice, passphrase: string | null): Promise<void> {
    return this.#ask(() => this.backend.secretStoreChoose(choice, passphrase));
  }

  unlock(passphrase: string | null): Promise<void> {
    return this.#ask(() => this.backend.secretStoreUnlock(passphrase));
  }

  async #ask(question: () => Promise<SecretStoreView>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      this.state = await question();
    } catch (thrown) {
      this.problem = problemOf(thrown);
    } finally {
      this.busy = false;
    }
  }
}
