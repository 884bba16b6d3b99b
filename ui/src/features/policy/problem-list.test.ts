import { render } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import ProblemList from "./ProblemList.svelte";

describe("backticks", () => {
  it("are code in what is wrong with a document, and in what to write instead", () => {
    const problem = { error: true, path: "rules[0]", line: 3, column: 1 };
    const { container } = render(ProblemList, {
      problems: [{ ...problem, message: "no key `hots`", suggestion: "write `host`" }],
      validating: false,
      onopen: () => undefined,
    });
    const code = [...container.querySelectorAll("code")].map(({ textContent }) => textContent);
    expect(code).toEqual(["hots", "host"]);
  });
});
