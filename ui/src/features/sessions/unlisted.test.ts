import { screen } from "@testing-library/svelte";
import { beforeEach, describe, expect, it } from "vitest";
import { formatRoute } from "$lib/router.svelte";
import type { SessionRef } from "$lib/backend/types";
import { deskOf, showOn } from "../on-desk";
import SessionsList from "./SessionsList.svelte";

const main: SessionRef = { gateway: "gw-studio", key: "agent:main:main" };

/** The list beside this session, on gateways that list none. */
async function listBeside(session: SessionRef | null, search = "?fake=few&sessions=0") {
  location.hash = formatRoute({ name: "sessions", session });
  const on = await deskOf(search);
  showOn(on, SessionsList);
  return on;
}

const rows = () => screen.queryAllByRole("link").map((link) => link.textContent);

describe("a chat that is open and not listed yet", () => {
  beforeEach(() => (location.hash = ""));

  it("stands in the list, which does not say that there is none", async () => {
    await listBeside(main);
    const row = screen.getByRole("link", { current: true });
    expect(row.textContent).toContain("Main");
    expect(row.textContent).toContain("Studio");
    expect(screen.queryByText("No sessions yet")).toBeNull();
    expect(screen.queryByRole("button", { name: /^Actions for/ }), "nothing to act on").toBeNull();
  });

  it("is none where nothing is open", async () => {
    await listBeside(null);
    expect(screen.getByText("No sessions yet")).toBeTruthy();
    expect(rows()).toEqual([]);
  });

  it("is no session that was deleted, nor one of a gateway that is gone", async () => {
    for (const gone of [
      { ...main, key: "agent:main:1f0c" },
      { ...main, gateway: "gw-removed" },
    ]) {
      const { unmount } = await listBeside(gone).then(() => ({
        unmount: () => (document.body.innerHTML = ""),
      }));
      expect(rows(), gone.key).toEqual([]);
      unmount();
    }
  });
});
