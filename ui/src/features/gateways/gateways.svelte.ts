/** Every gateway as it stands, and what a person can ask of one. */
import type { Backend } from "$lib/backend/backend";
import type { GatewayId, GatewayView, ProblemView } from "$lib/backend/types";
import { problemOf } from "$lib/errors";

export class Gateways {
  state = $state<"loading" | "ready" | "failed">("loading");
  problem = $state.raw<ProblemView | null>(null);
  list = $state.raw<readonly GatewayView[]>([]);

  /** Those that should be connected and are not: what happens there is not seen. */
  readonly unheard = $derived(
    this.list.filter(
      ({ connection }) => connection.kind !== "ready" && connection.kind !== "paused",
    ),
  );
  readonly connected = $derived(this.list.filter(({ connection }) => connection.kind === "ready"));

  constructor(
    private readonly backend: Pick<Backend, "gatewaysList" | "onGatewaysChanged" | "onInterrupted">,
  ) {}

  start(): () => void {
    // An event is later than any list that was asked for before it.
    let told = false;
    const stop = this.backend.onGatewaysChanged((list) => {
      told = true;
      this.#take(list);
    });
    const load = () => {
      told = false;
      void this.load(() => told);
    };
    const stopInterrupted = this.backend.onInterrupted((how) => how === "missed" && load());
    load();
    return () => {
      stop();
      stopInterrupted();
    };
  }

  async load(overtaken: () => boolean = () => false): Promise<void> {
    try {
      const list = await this.backend.gatewaysList();
      if (!overtaken()) this.#take(list);
    } catch (thrown) {
      this.problem = problemOf(thrown);
      this.state = "failed";
    }
  }

  find(id: GatewayId | null): GatewayView | undefined {
    return this.list.find((gateway) => gateway.id === id);
  }

  #take(list: readonly GatewayView[]): void {
    this.list = list;
    this.problem = null;
    this.state = "ready";
  }
}

/** Whether decisions can be made at this gateway; unknown while it is not connected. */
export function mayDecide({ connection, scopes }: GatewayView): boolean {
  if (connection.kind !== "ready") return true;
  return scopes.length === 0 || scopes.some((scope) => /^operator\.(approvals|admin)$/.test(scope));
}
