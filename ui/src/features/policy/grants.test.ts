import { screen } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { m } from "$lib/messages";
import { deskOf, showOn } from "../on-desk";
import Grants from "./Grants.svelte";

describe("a standing permission", () => {
  it("says below its command what it covers, where, and for whom; a session by its title", async () => {
    showOn(await deskOf("?fake=few&own=few"), Grants, { gateway: "gw-own" });
    const cell = (await screen.findByText("docker compose up -d")).closest("td");
    expect(cell?.textContent).toContain(
      "exactly this · in ~/projects/gallery · main · Tidy the build folder",
    );
    expect(screen.getByRole("button", { name: "Revoke npm ci" })).toBeTruthy();
  });
});

describe("the presets", () => {
  it("name the one that holds nothing up for what it is", () => {
    const { guarded, strict, observe } = m.policy.presets;
    expect([guarded.danger, strict.danger, observe.danger]).toEqual([undefined, undefined, true]);
    expect(observe.help).toContain("without asking");
    expect(m.policy.presetMeaning.observe).not.toContain("rules stay");
  });
});
