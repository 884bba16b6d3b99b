import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { explain, isKnown, problemCodes, problemOf } from ".";
import { BackendError } from "../backend/backend";

/** Vitest runs in `ui/`. */
const rust = (path: string) => readFileSync(`../${path}`, "utf8");

describe("the table of problems", () => {
  it("has whole words for every code", () => {
    for (const code of problemCodes) {
      const { title, meaning, nextStep } = explain(code);
      for (const text of [title, meaning, nextStep]) {
        expect(text, code).toMatch(/^[A-Z]/);
        expect(text, code).not.toContain("!");
      }
      expect(title.endsWith("."), code).toBe(false);
      expect(nextStep.endsWith("."), code).toBe(true);
    }
  });

  it("knows every code that a connection can have", () => {
    const source = rust("crates/client/src/problem.rs");
    const body = /pub enum ProblemCode \{([\s\S]*?)\n\}/.exec(source)?.[1] ?? "";
    const variants = [...body.matchAll(/^ {4}([A-Z]\w+),/gm)].map(([, name = ""]) => name);
    expect(variants.length).toBeGreaterThan(40);
    const codes = variants.map((name) => name.charAt(0).toLowerCase() + name.slice(1));
    expect(codes.filter((code) => !isKnown(code))).toEqual([]);
  });

  it("knows every code that a command can fail with", () => {
    const source = rust("crates/fleet/src/error.rs");
    const codes = [...source.matchAll(/=> "([a-z]\w+)"/g)].map(([, code = ""]) => code);
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !isKnown(code))).toEqual([]);
  });

  it("knows every code that a decision or a run can end with", () => {
    const files = ["ask.rs", "inbox/settle.rs", "inbox/step.rs", "core/inbox.rs", "chat/row.rs"];
    const source = files.map((file) => rust(`crates/fleet/src/${file}`)).join("\n");
    const found = source.matchAll(/(?:Trouble::new\(|code: )"([a-z]\w+)"/g);
    const codes = [...found].map(([, code = ""]) => code);
    expect(codes).toEqual(expect.arrayContaining(["unconfirmed", "runFailed"]));
    expect(codes.filter((code) => !isKnown(code))).toEqual([]);
  });

  it("explains a code of tomorrow with the gateway's own words", () => {
    expect(explain("somethingNew")).toMatchObject({ code: "somethingNew", severity: "warning" });
  });

  it("takes a failed call for a problem, and a bare string too", () => {
    expect(problemOf(new BackendError("busy", "later", true)).code).toBe("busy");
    expect(problemOf("not allowed by ACL")).toMatchObject({
      code: "internal",
      detail: "not allowed by ACL",
    });
  });

  it("lets the report lead where our words say nothing of the reason", () => {
    for (const code of ["gatewayRefused", "runFailed", "ownGatewayFailed", "somethingNew"]) {
      expect(explain(code).reportLeads, code).toBe(true);
      expect(explain(code).nextStep, code).not.toContain("below");
    }
    expect(explain("connectionRefused").reportLeads).toBe(false);
  });

  it("shows every refusal alike, and what heals by itself as that", () => {
    const severity = (code: string) => explain(code).severity;
    for (const code of ["authTokenMismatch", "authPasswordMismatch", "ownGatewayFailed"]) {
      expect(severity(code), code).toBe("danger");
    }
    expect(severity("connectionRefused")).toBe("passing");
    expect(severity("noCredential")).toBe("warning");
  });
});
