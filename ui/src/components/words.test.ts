import { render } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import EmptyState from "./EmptyState.svelte";
import Words from "./Words.svelte";

describe("a text with backticks", () => {
  it.each([
    ["Run `openclaw doctor` there.", ["openclaw doctor"], "Run openclaw doctor there."],
    ["`a` and `b`", ["a", "b"], "a and b"],
    ["a ` alone", [], "a ` alone"],
    [
      "`<img src=x onerror=alert(1)>`",
      ["<img src=x onerror=alert(1)>"],
      "<img src=x onerror=alert(1)>",
    ],
  ])("%s", (text, code, whole) => {
    const { container } = render(Words, { text });
    expect([...container.querySelectorAll("code")].map((it) => it.textContent)).toEqual(code);
    expect(container.textContent).toBe(whole);
    expect(container.querySelector("img")).toBeNull();
  });
});

describe("backticks", () => {
  it("are code where nothing is shown", () => {
    const { container } = render(EmptyState, { meaning: "Run `gatehouse doctor`." });
    expect(container.querySelector("p code")?.textContent).toBe("gatehouse doctor");
  });
});
