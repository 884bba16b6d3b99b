import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { lineAt } from "$lib/backend/fake/records";
import type { AuditPage, AuditQuery } from "$lib/backend/types";
import { Audit, searchAfter } from "./audit.svelte";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const page = (from: number, count: number): AuditPage => ({
  records: Array.from({ length: count }, (_, index) => lineAt(from - index, 0)),
  more: from - count >= 0,
  size: 100,
  root: "ab",
});

async function shown(list: (query: AuditQuery) => Promise<AuditPage>) {
  const auditList = vi.fn(list);
  const audit = new Audit({ auditList });
  audit.show("gw");
  await vi.advanceTimersByTimeAsync(0);
  return { audit, auditList };
}

describe("the audit's timeline", () => {
  it("begins with the newest and goes on from the oldest that is there", async () => {
    const { audit, auditList } = await shown(async ({ before }) => page((before ?? 100) - 1, 10));
    expect(audit.records).toHaveLength(10);
    await audit.older();
    expect(auditList).toHaveBeenLastCalledWith(expect.objectContaining({ before: 90 }));
    expect(audit.records.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 20 }, (_, index) => 99 - index),
    );
  });

  it("asks once for what is typed", async () => {
    const { audit, auditList } = await shown(async () => page(9, 2));
    audit.search("pu");
    audit.search("push");
    await vi.advanceTimersByTimeAsync(searchAfter);
    expect(auditList).toHaveBeenCalledTimes(2);
    expect(auditList).toHaveBeenLastCalledWith(expect.objectContaining({ text: "push" }));
  });

  it("takes no answer to a question that was overtaken", async () => {
    const answers: ((page: AuditPage) => void)[] = [];
    const { audit } = await shown(() => new Promise((resolve) => answers.push(resolve)));
    audit.filter({ verdict: "deny" });
    answers[1]?.(page(5, 1));
    await vi.advanceTimersByTimeAsync(0);
    answers[0]?.(page(99, 9));
    await vi.advanceTimersByTimeAsync(0);
    expect(audit.records).toHaveLength(1);
  });

  it("keeps what is there when older ones cannot be had, and says why", async () => {
    const { audit } = await shown(({ before }) =>
      before === null ? Promise.resolve(page(99, 10)) : Promise.reject(new Error("gone")),
    );
    await audit.older();
    expect(audit.records).toHaveLength(10);
    expect(audit.problem).not.toBeNull();
    expect(audit.loadingMore).toBe(false);
  });
});
