import { fireEvent, screen } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import type { GatewayView } from "$lib/backend/types";
import { deskOf, showOn } from "../on-desk";
import ExecModeChoice from "./ExecModeChoice.svelte";

async function shown(change: Partial<GatewayView> = {}) {
  const on = await deskOf("?fake=few");
  const session = on.desk.sessions?.find({ gateway: "gw-studio", key: "agent:main:0" });
  const gateway = on.desk.gateways?.find("gw-studio");
  if (!session || !gateway) throw new Error("the fake has neither");
  const patch = vi.spyOn(on.page.backend, "sessionPatch").mockResolvedValue();
  showOn(on, ExecModeChoice, { session, gateway: { ...gateway, ...change } });
  return { patch };
}

const button = () => screen.getByRole("button", { name: "What the agent may do: Guarded" });

describe("what a session's agent may do", () => {
  it("is seen, and changed by a choice that is saved, never by one press", async () => {
    const { patch } = await shown();
    await fireEvent.click(button());
    const save = () => screen.getByRole<HTMLButtonElement>("button", { name: "Save" });
    expect(save().disabled, "nothing was changed yet").toBe(true);
    await fireEvent.click(screen.getByLabelText(/^Everything/));
    expect(patch).not.toHaveBeenCalled();
    await fireEvent.click(save());
    expect(patch.mock.calls[0]?.[0]).toMatchObject({ execMode: "full", label: null });
  });

  it("is not there where the gateway takes no such wish", async () => {
    await shown({ execModes: [] });
    expect(screen.queryByRole("button")).toBeNull();
  });
});
