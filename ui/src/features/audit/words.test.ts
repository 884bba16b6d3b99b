import { describe, expect, it } from "vitest";
import { m } from "$lib/messages";
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
    const shape = (kind: string) => markOf({ kind, verdict: null }).icon;
    expect(shape("grant.created")).toBe(shape("approval.asked"));
    expect(shape("device.paired")).toBe(shape("login.accepted"));
    expect(shape("tool.outcome")).not.toBe(shape("login.accepted"));
  });
});
