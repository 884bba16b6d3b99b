import { screen } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import type { Inbox } from "../inbox/inbox.svelte";
import { deskOf, showOn } from "../on-desk";
import Rail from "./Rail.svelte";

describe("the rail", () => {
  it("has no number but the inbox's; how many sessions run is on hover", async () => {
    showOn(await deskOf("?fake=few", { inbox: { waitingCount: 3 } as Inbox }), Rail);
    const studio = screen.getByRole("link", { name: "Studio, connected, 2 sessions run" });
    expect(studio.textContent.trim()).toBe("Studio");
    expect(studio.title).toBe("Studio, connected, 2 sessions run");
    expect(screen.getByLabelText("3 requests wait for a decision").textContent).toBe("3");
  });
});
