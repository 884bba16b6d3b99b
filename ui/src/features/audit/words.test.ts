import { describe, expect, it } from "vitest";
import { m } from "$lib/messages";
import type { AuditLine } from "$lib/backend/types";
import { lineAt } from "$lib/backend/fake/records";
import { rowWords } from "./line";
import { markOf } from "./marks";

describe("what the audit says", () => {
  it("has words for each way in which a record can be broken, by the gateway's own names", () => {
    const names = [
      "changed",
      "missing",
      "inserted",
      "reordered",
      "truncated",
      "rolled-back",
      "bad-signature",
      "bad-json",
      "head-missing",
      "checkpoint-missing",
      "key-missing",
    ];
    expect(Object.keys(m.audit.brokenKinds)).toEqual(names);
  });

  it("names a kind in words, and one that is newer than this page by its own name", () => {
    expect(m.audit.did("login.refused")).toBe("sign-in refused");
    expect(m.audit.did("weather.changed")).toBe("weather.changed");
  });

  it("gives what belongs together one shape", () => {
    const shape = (kind: string) => markOf({ kind, verdict: null, outcome: null }).icon;
    expect(shape("grant.created")).toBe(shape("approval.asked"));
    expect(shape("device.paired")).toBe(shape("login.accepted"));
    expect(shape("tool.outcome")).not.toBe(shape("login.accepted"));
  });

  it.each([
    ["tool.outcome", "error", "failed"],
    ["tool.outcome", "denied", "denied"],
    ["tool.outcome", "changed", "changed meanwhile, did not run"],
    ["credential.used", "refused", "credential refused"],
  ])("tells a %s that came to “%s” from a good one, in shape and word", (kind, outcome, word) => {
    const good = markOf({ kind, verdict: null, outcome: "ok" });
    const bad = markOf({ kind, verdict: null, outcome });
    expect(bad.icon).not.toBe(good.icon);
    expect([good.tone, bad.tone]).toEqual(["quiet", "deny"]);
    expect(m.audit.did(kind, outcome)).toBe(word);
  });

  it("takes an approval's outcome for what its kind says already", () => {
    const denied = { kind: "approval.denied", verdict: null, outcome: "denied" };
    expect(markOf(denied).icon).toBe(markOf({ ...denied, outcome: null }).icon);
  });

  it("says how far an intact audit is signed, and that none of it is", () => {
    expect(m.audit.intactMeaning(17, 0)).toContain("Nothing is signed yet");
    expect(m.audit.intactMeaning(17, 0)).not.toContain("checkpoint");
    expect(m.audit.intactMeaning(17, 12)).toContain("Signed up to record 11.");
  });
});

describe("a line of the timeline", () => {
  const device = "38eb5b6f2e2849890a3ccd87013c6d0b5a7e91f4c2d86e3b10f7a9548c61d2e0";
  const line = (fields: Partial<AuditLine>): AuditLine => ({ ...lineAt(0, 0), ...fields });
  const person = (name: string | null) => ({ kind: "operator", id: device, name });

  it("begins with what a person did, and names them", () => {
    const what = "the grant a81cecf9-4b6c-453c-9d1e-0f5b7c2a6e38 was revoked";
    const revoked = line({ kind: "grant.revoked", what, actor: person("Gatehouse on vm") });
    expect(rowWords(revoked)).toEqual({
      first: "Standing permission revoked",
      second: "Gatehouse on vm",
    });
  });

  it("has no id longer than eight digits", () => {
    const what = `device ${device} was removed`;
    const { second } = rowWords(line({ kind: "device.removed", what, actor: person(null) }));
    expect(second).toBe("38eb5b6f… · device 38eb5b6f… was removed");
  });

  it("keeps a command as it is, and says what came of it", () => {
    const failed = line({ kind: "tool.outcome", what: `cat ${device}`, outcome: "error" });
    expect(rowWords(failed)).toEqual({ first: `cat ${device}`, second: "main · failed" });
  });
});
