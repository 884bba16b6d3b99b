import { screen, within } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { deskOf, showOn } from "../on-desk";
import CredentialsSettings from "./CredentialsSettings.svelte";

async function rowOf(name: string) {
  showOn(await deskOf("?fake=few&own=few"), CredentialsSettings, { gateway: "gw-own" });
  const row = (await screen.findByText(name)).closest("tr");
  if (!row) throw new Error(`${name} has no row`);
  return row;
}

describe("the table of credentials", () => {
  it("says when a rotated one ends, and beside it how long the old value is kept", async () => {
    const row = await rowOf("NPM_PUBLISH");
    const ends = within(row).getByText(/old value kept/).parentElement;
    expect(ends?.textContent).toMatch(/\d{4}/);
    expect(ends?.textContent).toMatch(/old value kept,\s+5\d min left/);
  });

  it("says of one that is bound to nothing that it can be used nowhere", async () => {
    expect((await rowOf("ONE_SHOT")).textContent).toContain("can be used nowhere");
  });

  it("names a few of many hosts, with all of them at hand", async () => {
    const on = await deskOf("?fake=few&own=few");
    const [first] = await on.page.backend.agentCredentialsList("gw-own");
    if (!first) throw new Error("there is no credential");
    const boundHosts = Array.from({ length: 9 }, (_, at) => `host-${at}.example.org`);
    const list = vi.spyOn(on.page.backend, "agentCredentialsList");
    list.mockResolvedValue([{ ...first, boundHosts }]);
    showOn(on, CredentialsSettings, { gateway: "gw-own" });
    const hosts = (await screen.findByText("and 6 more")).parentElement;
    expect(hosts?.textContent).toContain("host-2.example.org");
    expect(hosts?.textContent).not.toContain("host-3.");
    expect(hosts?.title).toContain("host-8.example.org");
  });

  it("says to which hosts a value goes, or in which tools alone it is", async () => {
    expect((await rowOf("DEPLOY_TOKEN")).textContent).toContain("api.example.org");
    expect(screen.getByText("only in psql")).toBeTruthy();
  });
});
