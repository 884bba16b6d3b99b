import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BackendError } from "$lib/backend/backend";
import { policyOf } from "$lib/backend/fake/policy";
import type { PolicyProblem, PolicyView } from "$lib/backend/types";
import { lineOfRule, Policy, validateAfter } from "./policy.svelte";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const problem: PolicyProblem = {
  error: true,
  path: "rules[0]",
  line: 3,
  column: 1,
  message: "no",
  suggestion: null,
};

async function shown(fields: Partial<ConstructorParameters<typeof Policy>[0]> = {}) {
  const inForce: PolicyView = policyOf("few", 0);
  const backend = {
    policyGet: vi.fn(async () => inForce),
    policyValidate: vi.fn(async () => [problem]),
    policySet: vi.fn(async ({ document }: { document: string | null }) => ({
      ...inForce,
      hash: "another",
      document: document ?? inForce.document,
    })),
    ...fields,
  };
  const policy = new Policy(backend);
  policy.show("gw");
  await vi.advanceTimersByTimeAsync(0);
  return { policy, backend, inForce };
}

describe("the policy under a person's eyes", () => {
  it("is looked at a moment after the last key, once", async () => {
    const { policy, backend } = await shown();
    policy.type("{");
    policy.type("{}");
    expect(policy.validating).toBe(true);
    await vi.advanceTimersByTimeAsync(validateAfter);
    expect(backend.policyValidate).toHaveBeenCalledTimes(1);
    expect(policy.errors).toBe(1);
  });

  it("has nothing to save once it is typed back to what is in force", async () => {
    const { policy, inForce } = await shown();
    policy.type("{}");
    expect(policy.unsaved).toBe(true);
    policy.type(inForce.document);
    expect([policy.unsaved, policy.validating]).toEqual([false, false]);
  });

  it("is saved on top of what the person saw", async () => {
    const { policy, backend, inForce } = await shown();
    policy.type("{}");
    expect(await policy.save()).toBe(true);
    expect(backend.policySet).toHaveBeenCalledWith(
      expect.objectContaining({ baseHash: inForce.hash, document: "{}", preset: null }),
    );
    expect([policy.unsaved, policy.saved, policy.document]).toEqual([false, true, "{}"]);
  });

  it("keeps what was typed where another policy came into force meanwhile", async () => {
    const policySet = vi.fn(() => Promise.reject(new BackendError("policyMoved", "", false)));
    const { policy } = await shown({ policySet });
    policy.type("{}");
    expect(await policy.save()).toBe(false);
    expect([policy.moved, policy.document]).toEqual([true, "{}"]);
    await policy.loadCurrent();
    expect([policy.moved, policy.unsaved]).toEqual([false, false]);
  });

  it("is saved on top of what the person typed on, also when a newer one was looked up since", async () => {
    const inForce = policyOf("few", 0);
    const policyGet = vi.fn(async () => inForce);
    const { policy, backend } = await shown({ policyGet });
    policy.type("{}");
    policyGet.mockResolvedValue({ ...inForce, hash: "newer" });
    policy.show("gw");
    await vi.advanceTimersByTimeAsync(0);
    await policy.save();
    expect(backend.policySet).toHaveBeenCalledWith(
      expect.objectContaining({ baseHash: inForce.hash }),
    );
  });

  it("keeps what was typed at one gateway while another one is looked at", async () => {
    const { policy } = await shown();
    policy.type("{ a: 1 }");
    policy.show("other");
    await vi.advanceTimersByTimeAsync(0);
    expect(policy.unsaved).toBe(false);
    policy.show("gw");
    await vi.advanceTimersByTimeAsync(0);
    expect([policy.unsaved, policy.document]).toEqual([true, "{ a: 1 }"]);
  });

  it("keeps what is typed while it is saved", async () => {
    const { policy } = await shown();
    policy.type("{}");
    const saved = policy.save();
    policy.type("{ more: 1 }");
    await saved;
    expect([policy.draft, policy.saved]).toEqual(["{ more: 1 }", false]);
  });

  it("leaves a draft alone when the preset is changed", async () => {
    const { policy } = await shown();
    policy.type("{}");
    await policy.preset("strict");
    expect(policy.draft).toBe("{}");
  });

  it("forgets the draft with the gateway", async () => {
    const { policy } = await shown();
    policy.type("{}");
    policy.show("another");
    expect(policy.draft).toBeNull();
  });
});

describe("a rule in the document", () => {
  it("is found by its name, not by a word that holds it", () => {
    const document =
      '{ rules: [\n  { note: "a-rule-b" },\n  { id: "a-rule", verdict: "ask" },\n] }';
    expect(lineOfRule(document, "a-rule")).toBe(3);
    expect(lineOfRule(document, "unknown")).toBe(0);
  });
});
