import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { statements } from "./cedar";

const only = (text: string) => statements(text)[0]?.only.map(({ words }) => words);
const when = (condition: string) =>
  only(`permit (principal, action, resource) when { ${condition} };`);
const said = (text: string) => [{ text, isCode: false }];

describe("roles in words", () => {
  it("say who may do what, and on what", () => {
    const [first] = statements(
      'permit (principal is User in Role::"observer", action in [Action::"audit.read", Action::"audit.export"], resource is Gateway);',
    );
    expect(first).toEqual({
      effect: "permits",
      who: "any person with role observer",
      may: ["read the audit", "export and seal the audit"],
      on: "the gateway",
      only: [],
    });
  });

  it.each([
    ["principal", ""],
    ["principal is Agent", "any agent"],
    ['principal is Agent in Role::"developer"', "any agent with role developer"],
    ['principal in Role::"admin"', "everyone with role admin"],
    ['principal == Agent::"ops"', "agent ops"],
    ['principal == User::"device:a1,b2"', "device a1,b2"],
    ['principal == User::"user:anna"', "anna"],
    ['principal == User::"shared"', "whoever signs in without a device"],
  ])("tell agents from people: %s", (who, expected) => {
    expect(statements(`forbid (${who}, action, resource);`)[0]).toMatchObject({
      effect: "forbids",
      who: expected,
      may: [],
      on: "",
    });
  });

  it("tell what asks from what is permitted", () => {
    const text = `@id("a \\"b\\" c") @require_approval("why")\npermit (principal, action, resource,);`;
    expect(statements(text)[0]?.effect).toBe("asks");
  });

  it("put conditions of our schema into words", () => {
    expect(when('principal.scopes.contains("credentials") && !resource.bound')).toEqual(
      said("the agent has the scope credentials and the credential is not bound to where it goes"),
    );
    expect(
      when('(!resource.runs || principal.scopes.contains("exec")) && (resource.server == "")'),
    ).toEqual(
      said(
        "(the tool starts no programs or the agent has the scope exec) and the tool is built in",
      ),
    );
    expect(when("resource has requestedBy && resource.requestedBy == principal")).toEqual(
      said("they asked it themselves"),
    );
    expect(when('resource.path like "/a && b  (c/*"')).toEqual(said("its path fits /a && b  (c/*"));
  });

  it.each([
    'resource.below("~/a;b") && resource.bound',
    'if context.channel == "" then true else false',
    '!(resource.path like "/a")',
    "resource.bound && context.night || resource.runs",
  ])("leave whole what they cannot put into words: %s", (text) => {
    expect(when(text)).toEqual([{ text, isCode: true }]);
  });

  it("tell when from unless", () => {
    const [both] = statements(
      "permit (principal, action, resource) when { resource.bound } unless { resource.runs };",
    );
    expect(both?.only.map(({ unless }) => unless)).toEqual([false, true]);
  });

  it("leave out comments and nothing else", () => {
    const found = statements(
      '// permit (principal, action, resource);\nforbid someone;\n@id("x")\npermit (principal, action, resource);',
    );
    expect(found).toMatchObject([
      { effect: "unread", who: "forbid someone" },
      { effect: "permits", who: "" },
    ]);
  });

  it("have words for all of the roles that the gateway begins with", () => {
    const folder = "../../../../crates/policy/src/authz/";
    for (const name of ["roles.cedar", "core.cedar"]) {
      const text = readFileSync(new URL(folder + name, import.meta.url), "utf8");
      const found = statements(text);
      expect(found.length).toBe(text.match(/^@id/gm)?.length);
      for (const { effect, who, may, only } of found) {
        expect(effect).not.toBe("unread");
        expect(who).not.toBe("");
        expect(may.join()).not.toMatch(/\w\.\w/);
        expect(only.filter(({ words }) => words.isCode)).toEqual([]);
      }
    }
  });
});
