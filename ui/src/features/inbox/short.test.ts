import { describe, expect, it } from "vitest";
import { asking } from "./marks";
import { beginning, short } from "./short";
import { makeItem } from "./test-items";

describe("a long name", () => {
  it("leaves the sentence about it whole", () => {
    const title = asking(makeItem({ agent: "documentation-and-release-notes-of-the-archive" }));
    expect(title).toBe("documentation-and-release-no… wants to run a command");
  });

  it("of a tool stands in the place of a command", () => {
    expect(asking(makeItem({ tool: "sessions_spawn" }))).toBe("main wants to use sessions_spawn");
    expect(asking(makeItem({ tool: "write", agent: null }))).toBe(
      "The tool write wants to be used",
    );
  });

  it("is not cut where it is short, nor in the middle of a character", () => {
    expect(short("ops")).toBe("ops");
    expect(short(`${"a".repeat(27)}🙂b`)).toBe(`${"a".repeat(27)}…`);
  });
});

describe("a long command", () => {
  it("is told by its beginning in a row", () => {
    expect(beginning("x".repeat(5000))).toHaveLength(201);
  });
});
