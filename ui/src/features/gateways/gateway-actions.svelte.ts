/** What can be done with one gateway from its settings. What cannot be taken back asks first. */
import type { Backend } from "$lib/backend/backend";
import type { CredentialKind, GatewayId, ProblemView } from "$lib/backend/types";
import { problemOf } from "$lib/errors";

type ActionsBackend = Pick<
  Backend,
  | "openLog"
  | "gatewayEdit"
  | "gatewayRemove"
  | "gatewayReconnect"
  | "gatewayPause"
  | "credentialRotate"
  | "credentialForget"
>;

export type GatewayQuestion = "edit" | "remove" | "rotate" | "forget";

export class GatewayActions {
  question = $state<GatewayQuestion | null>(null);
  problem = $state.raw<ProblemView | null>(null);
  busy = $state(false);

  constructor(
    private readonly backend: ActionsBackend,
    private readonly id: GatewayId,
  ) {}

  /** Counts what was asked and left. */
  #turn = 0;

  ask(question: GatewayQuestion): void {
    this.#turn += 1;
    this.problem = null;
    this.question = question;
  }

  close(): void {
    this.#turn += 1;
    this.question = null;
    this.problem = null;
  }

  reconnect = () => this.#do(() => this.backend.gatewayReconnect(this.id));
  openLog = () => this.#do(() => this.backend.openLog());
  pause = (paused: boolean) => this.#do(() => this.backend.gatewayPause(this.id, paused));
  forget = () => this.#do(() => this.backend.credentialForget(this.id));
  remove = () => this.#do(() => this.backend.gatewayRemove(this.id));
  edit = (url: string, name: string, pin: string | null) =>
    this.#do(() => this.backend.gatewayEdit({ id: this.id, url, name, pin }));
  /** `value` goes through and is not kept. */
  rotate = (kind: CredentialKind, value: string) =>
    this.#do(() => this.backend.credentialRotate(this.id, { kind, value }));

  /** True when it went through. */
  async #do(action: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = null;
    const turn = this.#turn;
    try {
      await action();
      // Another question that was asked meanwhile is not answered by this.
      if (turn === this.#turn) this.question = null;
      return true;
    } catch (thrown) {
      if (turn === this.#turn) this.problem = problemOf(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
