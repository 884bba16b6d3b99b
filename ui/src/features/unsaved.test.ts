import { describe, expect, it } from "vitest";
import { fakeBackend } from "$lib/backend/fake/fake";
import type { InboxItemView } from "$lib/backend/types";
import { draftOf } from "./chat/draft.svelte";
import { outboxOf } from "./chat/outbox";
import { Inbox } from "./inbox/inbox.svelte";
import { makeDetail, makeItem } from "./inbox/test-items";
import { nothingTyped, typedHere, type Typed } from "./inbox/typed";
import { Policy } from "./policy/policy.svelte";
import { holdsSomething } from "./unsaved";

/** A page on which nothing was begun. */
function desk() {
  const backend = fakeBackend("?fake=few&latency=0");
  return { policy: new Policy(backend), inbox: new Inbox(backend) };
}

const waiting = makeItem({ subject: "npm test" });

/** Where this is the only request. */
async function deskWith(item: InboxItemView) {
  const here = desk();
  const snapshot = async () => ({ items: [item], waiting: 1, overflow: [], revision: 1 });
  const inbox = new Inbox({ ...fakeBackend("?fake=few&latency=0"), inboxSnapshot: snapshot });
  await inbox.load();
  return { ...here, inbox };
}

const session = { gateway: "gw-own", key: "agent:main:main" };

describe("what would be lost with the page", () => {
  it("is a message that was begun, until it is sent or taken back", () => {
    const { policy, inbox } = desk();
    expect(holdsSomething({ policy, inbox })).toBe(false);
    const draft = draftOf(session);
    draft.text = "Look at";
    expect(holdsSomething({ policy, inbox })).toBe(true);
    draft.clear();
    expect(holdsSomething({ policy, inbox })).toBe(false);
  });

  it("is a message that the backend did not take", () => {
    const { policy, inbox } = desk();
    const outbox = outboxOf(session);
    outbox.set("m-1", {
      message: { session, id: "m-1", text: "no", attachments: [] },
      problem: null,
    });
    expect(holdsSomething({ policy, inbox })).toBe(true);
    outbox.delete("m-1");
    expect(holdsSomething({ policy, inbox })).toBe(false);
  });

  it("is a policy that was typed and not saved, also at a gateway that is not looked at", async () => {
    const { inbox } = desk();
    const policy = new Policy(fakeBackend("?fake=few&own=few&latency=0"));
    policy.show("gw-own");
    await policy.asked.load();
    policy.type("{ rules: [] }");
    expect(holdsSomething({ policy, inbox })).toBe(true);
    policy.show("gw-studio");
    expect(holdsSomething({ policy, inbox })).toBe(true);
    policy.show("gw-own");
    policy.discard();
    expect(holdsSomething({ policy, inbox })).toBe(false);
  });

  it.each<[string, Partial<Typed>]>([
    ["a reason", { reason: "not on a Friday" }],
    ["another command", { command: "npm ci" }],
    ["what to allow for longer", { pattern: "npm *" }],
    ["a choice", { given: { q: { chosen: ["a"], words: "" } } }],
    ["an answer in words", { given: { q: { chosen: [], words: "yes" } } }],
  ])("is %s for a request, until it is taken back", async (_, typed) => {
    const here = await deskWith(waiting);
    typedHere.keep(makeDetail(waiting), { ...nothingTyped, ...typed });
    expect(holdsSomething(here)).toBe(true);
    const back = { q: { chosen: [], words: "" } };
    typedHere.keep(makeDetail(waiting), { ...nothingTyped, given: back, command: "npm test" });
    expect(holdsSomething(here)).toBe(false);
  });

  it.each<[InboxItemView["phase"], boolean]>([
    [{ kind: "unreachable", since: 2, wasDeciding: null }, true],
    [{ kind: "expired", at: 2 }, false],
  ])("is what was typed for a request only while it may be answered: %o", async (phase, holds) => {
    typedHere.keep(makeDetail(waiting), { ...nothingTyped, reason: "not on a Friday" });
    expect(holdsSomething(await deskWith({ ...waiting, phase }))).toBe(holds);
  });
});
