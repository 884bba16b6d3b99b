import { describe, expect, it } from "vitest";
import { statements } from "./cedar";

describe("roles in words", () => {
  it("say who may do what, and on what", () => {
    const [only] = statements(
      'permit (principal in Role::"auditor", action in [Action::"read", Action::"export"], resource in Area::"audit");',
    );
    expect(only).toEqual({
      permits: true,
      who: "auditor",
      may: ["read", "export"],
      on: "audit",
      only: [],
    });
  });

  it("leave empty what is about anything", () => {
    const [only] = statements('forbid (principal in Role::"agent", action, resource);');
    expect(only).toMatchObject({ permits: false, who: "agent", may: [], on: "" });
  });

  it("keep conditions as they are written", () => {
    const [only] = statements(
      'permit (principal, action == Action::"exec", resource) when { resource.below("~/a;b") } unless { context.night };',
    );
    expect(only?.only).toEqual([
      { unless: false, text: 'resource.below("~/a;b")' },
      { unless: true, text: "context.night" },
    ]);
  });

  it("pass over comments, and over what has another shape", () => {
    expect(
      statements(
        '// permit (principal, action, resource);\nnonsense;\n@id("x")\npermit (principal, action, resource);',
      ),
    ).toHaveLength(1);
  });
});
