import { readFileSync } from "node:fs";
import { fireEvent, screen } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { problem } from "$lib/backend/fake/gateways";
import type { GatewayView } from "$lib/backend/types";
import { deskOf, showOn } from "../on-desk";
import { stateOf } from "./connection-words";
import GatewaySettings from "./GatewaySettings.svelte";
import { until } from "../../../tests/until";
import { modelExample } from "./model-example";

async function settingsOf(id: string, search: string, change: Partial<GatewayView> = {}) {
  const on = await deskOf(search);
  const gateway = on.desk.gateways?.find(id);
  if (!gateway) throw new Error(`${id} is not there`);
  showOn(on, GatewaySettings, { gateway: { ...gateway, ...change } });
  return on.page;
}

const buttons = (name: string) => screen.queryAllByRole("button", { name });

describe("how a gateway stands", () => {
  it("is told by its reason once it was given up", () => {
    const refused = { kind: "stopped", problem: problem("authTokenMismatch") } as const;
    expect(stateOf(refused)).toBe("The gateway refused the token");
    expect(stateOf({ kind: "paused" })).toBe("Paused");
  });

  it("is mended from one place: what the problem offers is not offered again below", async () => {
    await settingsOf("gw-lab", "?fake=few");
    expect(screen.getByText("Nothing answers at that address")).toBeTruthy();
    expect(buttons("Reconnect now")).toHaveLength(1);
    expect(buttons("Edit…")).toHaveLength(1);
  });

  it("can be reconnected and edited where nothing is wrong", async () => {
    await settingsOf("gw-home", "?fake=few");
    expect(buttons("Reconnect now")).toHaveLength(1);
    expect(buttons("Edit…")).toHaveLength(1);
  });

  it("has every way to reconnect while it waits for a pairing", async () => {
    await settingsOf("gw-lab", "?fake=pairing");
    expect(buttons("Reconnect now")).toHaveLength(1);
    expect(buttons("Edit…")).toHaveLength(1);
  });

  it("says first why the one on this computer did not start", async () => {
    await settingsOf("gw-own", "?fake=few&own=failed");
    const card = screen.getByRole("group", { name: "The gateway on this computer did not start" });
    const [title, report] = [...card.querySelectorAll("p")].map((p) => p.textContent);
    expect(title).toBe("The gateway on this computer did not start");
    expect(report).toContain("Permission denied");
    expect(card.textContent).not.toContain("Another program");
  });

  it("offers there to start it again, and its log", async () => {
    const { backend } = await settingsOf("gw-own", "?fake=few&own=failed");
    const again = vi.spyOn(backend, "gatewayReconnect").mockResolvedValue();
    const log = vi.spyOn(backend, "openLog");
    await fireEvent.click(screen.getByRole("button", { name: "Start again" }));
    expect(again).toHaveBeenCalledWith("gw-own");
    await fireEvent.click(await screen.findByRole("button", { name: "Open the log" }));
    expect(log).toHaveBeenCalled();
  });

  it("says right below why the log was not opened", async () => {
    const { backend } = await settingsOf("gw-own", "?fake=few&own=failed");
    const refused = { code: "logNotOpened", message: "no program", retryable: false };
    vi.spyOn(backend, "openLog").mockRejectedValue(refused);
    await fireEvent.click(screen.getByRole("button", { name: "Open the log" }));
    const said = await screen.findByText("The log was not opened");
    const connection = screen.getByRole("heading", { name: "Connection" });
    const before = said.compareDocumentPosition(connection) & Node.DOCUMENT_POSITION_FOLLOWING;
    expect(before).toBeTruthy();
  });

  it("says what is wrong with the configuration file, and what waits for the next start", async () => {
    await settingsOf("gw-own", "?fake=few&own=broken");
    const refused = await screen.findByRole("group", {
      name: "The configuration file is not in force",
    });
    expect(refused.textContent).toContain('did you mean "tools"');
    expect(refused.textContent).toContain("gatehouse.json");
    const waiting = screen.getByRole("group", { name: /not in force yet/ });
    expect(waiting.textContent).toContain("gateway.port");
  });

  it("looks at the configuration file again when the window is come back to", async () => {
    const { backend } = await settingsOf("gw-own", "?fake=few&own=broken");
    const title = "The configuration file is not in force";
    await screen.findByRole("group", { name: title });
    const mended = { path: "gatehouse.json", mistakes: [], waiting: [] };
    vi.spyOn(backend, "configurationState").mockResolvedValue(mended);
    await fireEvent.focus(window);
    await until(() => expect(screen.queryByRole("group", { name: title })).toBeNull());
  });

  it("claims no address for the one on this computer while it is not there", async () => {
    await settingsOf("gw-own", "?fake=few&own=failed");
    expect(screen.queryByText(/^ws:/)).toBeNull();
    expect(screen.getByText("Last ran").nextElementSibling?.textContent).toContain("16 h ago");
  });

  it("breaks a long pin between its octets alone", async () => {
    await settingsOf("gw-home", "?fake=few");
    const pin = screen.getByText(/^4F/);
    expect(pin.querySelectorAll("wbr")).toHaveLength(31);
    expect(pin.textContent.trim()).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });
});

describe("the lines that give a gateway a model", () => {
  it("are valid, and those of the documentation", () => {
    expect(Object.keys(JSON.parse(modelExample) as object)).toEqual(["models", "agents"]);
    // Vitest runs in `ui/`.
    expect(readFileSync("../docs/configuration.md", "utf8")).toContain(modelExample);
  });

  it("stand in the settings of the gateway on this computer", async () => {
    await settingsOf("gw-own", "?fake=few&own=few");
    expect(screen.getByText(/anthropic-messages/)).toBeTruthy();
    expect(screen.getByText("~/.gatehouse/gatehouse.json")).toBeTruthy();
  });
});
