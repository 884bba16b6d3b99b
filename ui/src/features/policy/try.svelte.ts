/** A command that is tried against the policy in force, as it is typed. */
import type { Backend } from "$lib/backend/backend";
import type { DecisionView, GatewayId, ProblemView } from "$lib/backend/types";
import { problemOf } from "$lib/errors";

/** So long after the last key it is asked about. */
export const askAfter = 200;

export class Trial {
  command = $state("");
  cwd = $state("");
  agent = $state("");
  decision = $state.raw<DecisionView | null>(null);
  problem = $state.raw<ProblemView | null>(null);
  busy = $state(false);
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly backend: Pick<Backend, "policyCheck">,
    private readonly gateway: GatewayId,
  ) {}

  /** What is asked about changed. What stands there stays until the answer is here. */
  changed(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    if (this.command.trim() === "") {
      this.decision = null;
      this.problem = null;
      this.busy = false;
      return;
    }
    const turn = this.#turn;
    this.busy = true;
    this.#timer = setTimeout(() => void this.#ask(turn), askAfter);
  }

  async #ask(turn: number): Promise<void> {
    const { gateway, command } = this;
    const [cwd, agent] = [this.cwd.trim() || null, this.agent || null];
    try {
      const decision = await this.backend.policyCheck({ gateway, command, cwd, agent });
      if (turn !== this.#turn) return;
      this.decision = decision;
      this.problem = null;
    } catch (thrown) {
      if (turn === this.#turn) this.problem = problemOf(thrown);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }
}
