import { describe, expect, it } from "vitest";
import { morphChildren } from "./morph";

function element(html: string): HTMLElement {
  const parent = document.createElement("div");
  parent.innerHTML = html;
  return parent;
}

function check(before: string, after: string): HTMLElement {
  const target = element(before);
  morphChildren(target, element(after));
  expect(target.innerHTML).toBe(after);
  return target;
}

describe("morphing", () => {
  it.each([
    ["", "<p>a</p>"],
    ["<p>a</p>", ""],
    ["<p>a</p>", "<p>a</p><ul><li>b</li></ul>"],
    ["<p>a <em>b</em></p>", "<p>a <strong>b</strong> c</p>"],
    ['<a data-url="x">a</a>', '<a data-url="y">a</a>'],
    ["<ul><li>a</li><li>b</li></ul>", "<ul><li>a</li></ul>"],
    ["text", "<p>text</p>"],
  ])("makes %s equal to %s", (before, after) => {
    check(before, after);
  });

  it("keeps the elements of a text that grows", () => {
    const target = element("<ul><li>one</li><li>tw</li></ul>");
    const item = target.querySelector("li:last-child");
    const text = item?.firstChild;
    morphChildren(target, element("<ul><li>one</li><li>two</li><li>three</li></ul>"));
    expect(target.querySelector("li:nth-child(2)")).toBe(item);
    expect(item?.firstChild).toBe(text);
    expect(target.textContent).toBe("onetwothree");
  });
});
