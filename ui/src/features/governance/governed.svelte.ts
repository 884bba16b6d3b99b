/** The gateway whose policy and audit are looked at: the one that was chosen, else the first that answers. */
import type { GatewayId, GatewayView } from "$lib/backend/types";

/** What changing anything takes. */
export const adminScope = "operator.admin";

export class Governed {
  chosen = $state<GatewayId | null>(null);
  readonly list = $derived.by(() => this.gateways.list.filter(({ governed }) => governed));
  readonly current = $derived.by(
    () =>
      this.list.find(({ id }) => id === this.chosen) ??
      this.list.find(({ connection }) => connection.kind === "ready") ??
      this.list[0],
  );
  /** Its name where it answers: what depends on it asks again when this changes. */
  readonly ready = $derived(this.current?.connection.kind === "ready" ? this.current.id : null);
  readonly mayChange = $derived(this.current?.scopes.includes(adminScope) ?? false);

  constructor(private readonly gateways: { readonly list: readonly GatewayView[] }) {}
}
