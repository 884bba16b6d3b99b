import { describe, expect, it } from "vitest";
import { fakeBackend } from "$lib/backend/fake/fake";
import { draftOf } from "./chat/draft.svelte";
import { outboxOf } from "./chat/outbox";
import { Policy } from "./policy/policy.svelte";
import { holdsSomething } from "./unsaved";

const session = { gateway: "gw-own", key: "agent:main:main" };

describe("what would be lost with the page", () => {
  it("is a message that was begun, until it is sent or taken back", () => {
    const policy = new Policy(fakeBackend("?fake=few&latency=0"));
    expect(holdsSomething({ policy })).toBe(false);
    const draft = draftOf(session);
    draft.text = "Look at";
    expect(holdsSomething({ policy })).toBe(true);
    draft.clear();
    expect(holdsSomething({ policy })).toBe(false);
  });

  it("is a message that the backend did not take", () => {
    const policy = new Policy(fakeBackend("?fake=few&latency=0"));
    const outbox = outboxOf(session);
    outbox.set("m-1", {
      message: { session, id: "m-1", text: "no", attachments: [] },
      problem: null,
    });
    expect(holdsSomething({ policy })).toBe(true);
    outbox.delete("m-1");
    expect(holdsSomething({ policy })).toBe(false);
  });

  it("is a policy that was typed and not saved, also at a gateway that is not looked at", async () => {
    const policy = new Policy(fakeBackend("?fake=few&own=few&latency=0"));
    policy.show("gw-own");
    await policy.asked.load();
    policy.type("{ rules: [] }");
    expect(holdsSomething({ policy })).toBe(true);
    policy.show("gw-studio");
    expect(holdsSomething({ policy })).toBe(true);
    policy.show("gw-own");
    policy.discard();
    expect(holdsSomething({ policy })).toBe(false);
  });
});
