import { screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { BackendError } from "$lib/backend/backend";
import type { SecretStoreView } from "$lib/backend/types";
import { Secrets } from "$features/secrets/secrets.svelte";
import { deskOf, showOn } from "$features/on-desk";
import { m } from "$lib/messages";
import { GatewayActions } from "./gateway-actions.svelte";
import GatewayDialogs from "./GatewayDialogs.svelte";

type Rotation = { done: () => void; fail: () => void };

/** The actions of a gateway whose rotation is answered by hand. */
function world() {
  const rotation: Rotation = { done: () => undefined, fail: () => undefined };
  const backend = {
    credentialRotate: vi.fn(
      () =>
        new Promise<never>((resolve, reject) => {
          rotation.done = () => resolve(undefined as never);
          rotation.fail = () => reject(new BackendError("notConnected", "no", true));
        }),
    ),
  };
  const control = new GatewayActions(backend as never, "gw");
  return { control, rotation };
}

describe("the questions about a gateway", () => {
  it("are not closed by the answer to one that was left", async () => {
    for (const end of ["done", "fail"] as const) {
      const { control, rotation } = world();
      control.ask("rotate");
      const rotating = control.rotate("token", "new");
      control.close();
      control.ask("remove");
      rotation[end]();
      await rotating;
      expect(control.question).toBe("remove");
      expect(control.problem).toBeNull();
    }
  });

  it("begin as the gateway is, whatever was chosen before", async () => {
    const { page, desk } = await deskOf("?fake=few");
    const ready: SecretStoreView = { kind: "ready", place: "keychain" };
    const gateway = desk.gateways?.list.find(({ credential }) => credential.kind === "token");
    if (!gateway) throw new Error("a gateway of the scenario has a token");
    const control = new GatewayActions(page.backend, gateway.id);
    const secrets = new Secrets(page.backend, ready);
    const props = { gateway, control, onremoved: () => undefined };
    showOn({ page, desk: { ...desk, secrets } }, GatewayDialogs, props);

    control.ask("rotate");
    await userEvent.click(await screen.findByLabelText(m.gateways.password));
    expect(screen.getByRole<HTMLInputElement>("radio", { name: m.gateways.password }).checked).toBe(
      true,
    );
    control.close();
    await vi.waitFor(() => expect(screen.queryByRole("radio")).toBeNull());
    control.ask("rotate");
    const token = await screen.findByRole<HTMLInputElement>("radio", { name: m.gateways.token });
    expect(token.checked).toBe(true);
  });
});
