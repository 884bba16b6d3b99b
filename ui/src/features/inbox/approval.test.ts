import { describe, expect, it, vi } from "vitest";
import { BackendError } from "$lib/backend/backend";
import type { Decision, InboxItemDetail, InboxItemView } from "$lib/backend/types";
import { Approval, keysSettleTime, settleTime } from "./approval.svelte";
import { makeDetail, makeItem } from "./test-items";
import { nothingTyped, TypedFor } from "./typed";

const settle = () => new Promise((resolve) => setTimeout(resolve));

/** An approval that shows `item`, with the first moment over unless told. */
async function shown(
  item: InboxItemView = makeItem(),
  wait = keysSettleTime,
  fields: Partial<InboxItemDetail> = {},
) {
  let time = 0;
  let detail: InboxItemDetail = makeDetail(item, fields);
  const decide = vi.fn(async (): Promise<InboxItemView> => {
    const phase = { kind: "deciding", decision: "deny", surface: "window" } as const;
    return { ...item, phase, revision: item.revision + 1 };
  });
  const approval = new Approval({ inboxItem: async () => detail, inboxDecide: decide }, () => time);
  approval.show(item);
  await settle();
  time += wait;
  const change = async (fields: Partial<InboxItemView>, more: Partial<InboxItemDetail> = {}) => {
    const next = { ...detail.item, ...fields, revision: detail.item.revision + 1 };
    detail = makeDetail(next, more);
    approval.show(next);
    await settle();
  };
  return { approval, decide, change, pass: (ms: number) => (time += ms) };
}

const sent = (decision: Decision, revision = 1) =>
  expect.objectContaining({ decision, revision, key: "gw/exec/1" });

describe("a decision", () => {
  it("sends what was pressed, with the revision that was read", async () => {
    const { approval, decide } = await shown();
    approval.press("deny");
    expect(decide).toHaveBeenCalledWith(sent("deny"));
  });

  it("is sent once, however often it is pressed", async () => {
    const { approval, decide } = await shown();
    approval.press("allowOnce");
    approval.press("allowOnce");
    approval.press("deny");
    await settle();
    approval.press("deny");
    expect(decide).toHaveBeenCalledTimes(1);
  });

  it("that is not offered is never sent", async () => {
    const { approval, decide } = await shown(makeItem({ offered: ["deny"] }));
    approval.press("allowOnce");
    approval.press("allowAlways");
    approval.confirmAlways();
    approval.arm("allowOnce");
    approval.confirm();
    expect(decide).not.toHaveBeenCalled();
  });

  it("does not count in the first moment after the request appeared", async () => {
    const { approval, decide, pass } = await shown(makeItem(), settleTime - 1);
    approval.press("allowOnce");
    expect(decide).not.toHaveBeenCalled();
    expect(approval.ignored).toBe("tooSoon");
    pass(1);
    approval.press("allowOnce");
    expect(decide).toHaveBeenCalledTimes(1);
  });

  it("waits until the whole request is there", async () => {
    const never = new Promise<InboxItemDetail>(() => undefined);
    const decide = vi.fn();
    const approval = new Approval({ inboxItem: () => never, inboxDecide: decide }, () => 10_000);
    approval.show(makeItem({ subjectCut: true }));
    expect(approval.open).toBe(false);
    approval.press("deny");
    expect(decide).not.toHaveBeenCalled();
  });

  it("waits for a second reading when what would run has changed", async () => {
    const { approval, decide, change, pass } = await shown();
    await change({ subject: "rm -rf /" });
    pass(settleTime);
    approval.press("allowOnce");
    expect(approval.changed).toBe(true);
    expect(decide).not.toHaveBeenCalled();
    approval.acknowledge();
    pass(settleTime);
    approval.press("allowOnce");
    expect(decide).toHaveBeenCalledWith(sent("allowOnce", 2));
  });

  it("waits for a second reading when it sets other variables", async () => {
    const { approval, change } = await shown();
    await change({}, { facts: [{ label: "environment", value: "NODE_OPTIONS" }] });
    expect(approval.changed).toBe(true);
  });

  it("waits for a second reading when another person has allowed it, and not for one's own yes", async () => {
    const people = { needed: 2, allowed: 0, names: [], ours: false };
    for (const ours of [false, true]) {
      const { approval, change } = await shown(makeItem({ people }));
      const offered: Decision[] = ours ? ["deny"] : ["allowOnce", "deny"];
      await change({ people: { ...people, allowed: 1, ours }, offered });
      expect(approval.changed).toBe(!ours);
      expect(approval.offered).toEqual(offered);
    }
  });

  it("waits for a second reading when what would run changed with one's own yes", async () => {
    const people = { needed: 2, allowed: 0, names: [], ours: false };
    const { approval, change } = await shown(makeItem({ people }));
    await change({ people: { ...people, allowed: 1, ours: true }, subject: "rm -rf /" });
    expect(approval.changed).toBe(true);
  });

  it("keeps what was typed while the gateway is away, and drops it with what it was typed for", async () => {
    const { approval, change } = await shown();
    approval.keep({ reason: "not on a Friday" });
    await change({ phase: { kind: "unreachable", since: 0, wasDeciding: null } });
    await change({ phase: { kind: "waiting", problem: null } });
    expect(approval.typed.reason).toBe("not on a Friday");
    await change({}, { subject: "rm -rf other" });
    expect(approval.typed.reason).toBe("");
  });

  it("finds what was typed when it is shown anew, and never at another request", () => {
    const typedFor = new TypedFor();
    const detail = makeDetail(makeItem());
    typedFor.keep(detail, { ...nothingTyped, reason: "not on a Friday" });
    expect(typedFor.of({ ...detail }).reason).toBe("not on a Friday");
    const others = [
      makeDetail(makeItem({ key: "gw/exec/other" })),
      { ...detail, subject: "rm -rf other" },
      makeDetail(makeItem({ createdAt: detail.item.createdAt + 1 })),
    ];
    for (const other of others) expect(typedFor.of(other)).toBe(nothingTyped);
  });

  it("needs no second reading when only its state has changed", async () => {
    const { approval, change } = await shown();
    await change({ phase: { kind: "unreachable", since: 1, wasDeciding: null } });
    expect(approval.offered).toEqual([]);
    await change({ phase: { kind: "waiting", problem: null } });
    expect(approval.changed).toBe(false);
    expect(approval.open).toBe(true);
  });

  it("is over when somebody else decided", async () => {
    const { approval, decide, change } = await shown();
    approval.arm("allowOnce");
    await change({
      phase: {
        kind: "decided",
        decision: "deny",
        by: "Anna",
        byThisApp: false,
        at: 1,
        record: "read",
      },
    });
    approval.confirm();
    approval.press("allowOnce");
    expect(decide).not.toHaveBeenCalled();
  });

  it("takes no older state of the request than the one it has", async () => {
    const { approval, change } = await shown();
    await change({ phase: { kind: "expired", at: 1 } });
    approval.show(makeItem());
    expect(approval.item?.phase.kind).toBe("expired");
  });

  it("that was refused says why and can be tried again", async () => {
    const { approval, decide, pass } = await shown();
    decide.mockRejectedValueOnce(new BackendError("notConnected", "gone", true));
    approval.press("deny");
    await settle();
    expect(approval.refusal?.code).toBe("notConnected");
    pass(settleTime);
    approval.press("deny");
    expect(decide).toHaveBeenCalledTimes(2);
  });

  it("does not follow the person to the next request", async () => {
    const { approval, decide } = await shown();
    approval.arm("allowOnce");
    approval.show(makeItem({ key: "gw/exec/2" }));
    await settle();
    approval.confirm();
    expect(approval.armed).toBeNull();
    expect(decide).not.toHaveBeenCalled();
  });
});

describe("the keyboard", () => {
  it("allows in two steps, and the second alone does nothing", async () => {
    const { approval, decide } = await shown();
    approval.confirm();
    expect(decide).not.toHaveBeenCalled();
    approval.arm("allowOnce");
    expect(decide).not.toHaveBeenCalled();
    approval.confirm();
    expect(decide).toHaveBeenCalledWith(sent("allowOnce"));
  });

  it("leaves the first step with Esc", async () => {
    const { approval, decide } = await shown();
    approval.arm("allowOnce");
    expect(approval.stepBack()).toBe(true);
    approval.confirm();
    expect(decide).not.toHaveBeenCalled();
  });

  it("has no way to allow always", async () => {
    const { approval } = await shown(makeItem({ offered: ["allowOnce", "allowAlways", "deny"] }));
    approval.arm("allowAlways");
    expect(approval.armed).toBeNull();
  });
});

describe("a request that says more than is known here", () => {
  const item = makeItem({ offered: ["allowOnce", "allowAlways", "deny"] });
  const analysis = (verdict: string) =>
    ({
      verdict: "ask",
      dangerous: false,
      cut: false,
      findings: [{ verdict, code: "x", span: null, text: "x" }],
      effects: [],
    }) as unknown as InboxItemDetail["analysis"];

  it("can only be refused", async () => {
    const of = (fields: object) => ({ ...item, ...fields }) as InboxItemView;
    const cases: [InboxItemView, Partial<InboxItemDetail>][] = [
      [item, { analysis: analysis("quarantine") }],
      [of({ kind: "spell" }), {}],
      [of({ unsaid: true, subject: "" }), {}],
    ];
    for (const [each, fields] of cases) {
      const { approval, decide } = await shown(each, keysSettleTime, fields);
      expect(approval.offered).toEqual(["deny"]);
      approval.press("allowOnce");
      approval.press("allowAlways");
      expect(decide).not.toHaveBeenCalled();
      approval.press("deny");
      expect(decide).toHaveBeenCalledTimes(1);
    }
  });

  it("can be allowed where all of it is known", async () => {
    const { approval } = await shown(item, keysSettleTime, { analysis: analysis("deny") });
    expect(approval.offered).toEqual(item.offered);
  });
});

describe("allow always", () => {
  it("asks for a second, explicit confirmation", async () => {
    const { approval, decide } = await shown(makeItem({ offered: ["allowAlways", "deny"] }));
    approval.press("allowAlways");
    expect(decide).not.toHaveBeenCalled();
    expect(approval.confirmingAlways).toBe(true);
    approval.confirmAlways();
    expect(decide).toHaveBeenCalledWith(sent("allowAlways"));
  });

  it("is left when the request changes under the confirmation", async () => {
    const { approval, decide, change } = await shown(
      makeItem({ offered: ["allowAlways", "deny"] }),
    );
    approval.press("allowAlways");
    await change({ cwd: "/" });
    approval.confirmAlways();
    expect(decide).not.toHaveBeenCalled();
  });
});

describe("a decision with terms", () => {
  const item = makeItem({ offered: ["allowOnce", "allowAlways", "deny"] });
  const governed = () => shown(item, keysSettleTime, { governed: true });

  it("is asked for where the gateway takes them, and sent with what was chosen", async () => {
    const { approval, decide } = await governed();
    approval.press("allowAlways");
    expect([approval.asking, approval.confirmingAlways]).toEqual(["longer", false]);
    approval.decideWith("allowAlways", { lasting: "for", minutes: 60 });
    expect(decide).toHaveBeenCalledWith(
      expect.objectContaining({
        decision: "allowAlways",
        terms: expect.objectContaining({ lasting: "for", minutes: 60, pattern: null }),
      }),
    );
  });

  it("denies with a reason that reaches the agent", async () => {
    const { approval, decide } = await governed();
    approval.ask("deny");
    approval.decideWith("deny", { reason: "use staging" });
    expect(decide).toHaveBeenCalledWith(
      expect.objectContaining({ terms: expect.objectContaining({ reason: "use staging" }) }),
    );
  });

  it("is not asked for where the gateway does not take them", async () => {
    const { approval } = await shown(item);
    approval.ask("deny");
    approval.ask("edit");
    expect([approval.asking, approval.canSayMore]).toEqual([null, false]);
  });

  it("puts no command in the place of a tool's call, which can be denied with a reason", async () => {
    const call = { ...item, tool: "write" };
    const { approval } = await shown(call, keysSettleTime, { governed: true });
    approval.ask("edit");
    expect(approval.asking).toBeNull();
    approval.ask("deny");
    expect(approval.asking).toBe("deny");
  });

  it("is sent by its own step only", async () => {
    const { approval, decide } = await governed();
    approval.decideWith("allowAlways", { lasting: "always" });
    approval.press("allowAlways");
    approval.stepBack();
    approval.decideWith("allowAlways", { lasting: "always" });
    expect(decide).not.toHaveBeenCalled();
  });

  it("is left when the request changes under the question", async () => {
    const { approval, decide, change } = await governed();
    approval.ask("edit");
    await change({ cwd: "/" }, { governed: true });
    approval.decideWith("allowOnce", { editedCommand: "ls" });
    expect(decide).not.toHaveBeenCalled();
  });
});
