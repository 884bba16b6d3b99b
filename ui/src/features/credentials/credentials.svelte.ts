/** The credentials that a gateway keeps for agents. A value goes through and is not kept. */
import { Asked } from "$features/governance/asked.svelte";
import { Attempt } from "$features/governance/attempt.svelte";
import type { Backend } from "$lib/backend/backend";
import type { AgentCredentialView, GatewayId, SetAgentCredential } from "$lib/backend/types";

type CredentialsBackend = Pick<
  Backend,
  "agentCredentialsList" | "agentCredentialSet" | "agentCredentialRotate" | "agentCredentialDelete"
>;

export type Question =
  { kind: "add" } | { kind: "rotate"; name: string } | { kind: "delete"; name: string };

/** The gateway's own rule for a name. */
export const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,127}$/;

export class AgentCredentials {
  question = $state.raw<Question | null>(null);
  readonly change = new Attempt();
  readonly asked: Asked<AgentCredentialView[]>;

  constructor(
    private readonly backend: CredentialsBackend,
    private readonly gateway: GatewayId,
    private readonly done: (what: Question["kind"], name: string) => void = () => undefined,
  ) {
    this.asked = new Asked(() => backend.agentCredentialsList(gateway));
  }

  ask(question: Question): void {
    this.change.forget();
    this.question = question;
  }

  close(): void {
    this.question = null;
    this.change.forget();
  }

  has(name: string): boolean {
    return this.asked.value?.some((each) => each.name === name) ?? false;
  }

  add(input: Omit<SetAgentCredential, "gateway">): Promise<void> {
    const { gateway } = this;
    return this.#do("add", input.name, () =>
      this.backend.agentCredentialSet({ gateway, ...input }),
    );
  }

  rotate(name: string, secret: string, graceMs: number | null): Promise<void> {
    const { gateway } = this;
    return this.#do("rotate", name, () =>
      this.backend.agentCredentialRotate({ gateway, name, secret, graceMs }),
    );
  }

  remove(name: string): Promise<void> {
    return this.#do("delete", name, () => this.backend.agentCredentialDelete(this.gateway, name));
  }

  async #do(kind: Question["kind"], name: string, call: () => Promise<unknown>): Promise<void> {
    if (!(await this.change.make(call))) return;
    this.question = null;
    this.done(kind, name);
    await this.asked.load();
  }
}
