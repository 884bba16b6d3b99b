import { screen } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { deskOf, showOn } from "../on-desk";
import HitRow from "./HitRow.svelte";

describe("a message that was found", () => {
  it("marks the word, says where it is, and has a name that keys can go to", async () => {
    const hit = {
      session: { gateway: "gw", key: "k" },
      title: "Fix the test",
      message: "m1",
      excerpt: "before the thumbnail is written",
      at: 1,
    };
    const props = { id: "hit 1", where: "Studio · main", wanted: "thumb", selected: true };
    showOn(await deskOf("?fake=few"), HitRow, { hit, ...props, onopen: vi.fn() });
    const row = screen.getByRole("link");
    expect(row.querySelector("mark")?.textContent).toBe("thumb");
    expect(row.textContent).toContain("Studio · main");
    expect([row.dataset.key, row.getAttribute("aria-current")]).toEqual(["hit 1", "true"]);
  });
});
