import { describe, expect, it } from "vitest";
import { coversOf } from "./covers";

describe("what a rule of a gateway covers", () => {
  it.each([
    ["2026.8.1", "exactly"],
    ["2026.9.6", "exactly"],
    ["2027.1.0", "exactly"],
    ["v2026.10.2-beta.1", "exactly"],
    ["2026.8.0", "program"],
    ["2026.4.25", "program"],
    ["2025.12.30", "program"],
    ["2026.8.1-beta.2", "unknown"],
    ["0.1.0", "unknown"],
    ["", "unknown"],
    [null, "unknown"],
    [undefined, "unknown"],
  ] as const)("of version %s is %s", (version, covers) => expect(coversOf(version)).toBe(covers));
});
