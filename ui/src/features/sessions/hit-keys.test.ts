import { describe, expect, it, vi } from "vitest";
import { deskOf, showOn } from "../on-desk";
import SessionsList from "./SessionsList.svelte";

describe("the keys over what a search found", () => {
  it("go from one message to the next, also where both are of one session", async () => {
    const on = await deskOf("?fake=few");
    const { sessions } = on.desk;
    if (!sessions) throw new Error("the desk has sessions");
    const session = { gateway: "gw-studio", key: "agent:main:0" };
    const hit = (message: string) => ({ session, title: "t", message, excerpt: "e", at: 1 });
    showOn(on, SessionsList);
    sessions.search("nothing has this title");
    sessions.hits = [hit("m1"), hit("m2"), { ...hit("m3"), session: { ...session, key: "other" } }];
    const go = vi.spyOn(on.page.router, "replace");
    const pressJ = async () => {
      await Promise.resolve();
      on.page.keymap.handle(new KeyboardEvent("keydown", { key: "j" }));
    };
    for (let times = 0; times < 3; times += 1) await pressJ();
    const went = go.mock.calls.map(([route]) => route.name === "sessions" && route.session?.key);
    expect(went).toEqual(["agent:main:0", "agent:main:0", "other"]);
  });
});
