import { describe, expect, it } from "vitest";
import { sessionName, titleOf } from "./names";

describe("a session without a name", () => {
  it("is called Main where it is the agent's main one, and by its key elsewhere", () => {
    expect(sessionName("agent:ops:main")).toBe("Main");
    expect(sessionName("agent:ops:main:thread")).toBe("agent:ops:main:thread");
    expect(titleOf("agent:main:main", "agent:main:main")).toBe("Main");
  });

  it("keeps a name that it was given", () => {
    expect(titleOf("Release", "agent:main:main")).toBe("Release");
  });
});
