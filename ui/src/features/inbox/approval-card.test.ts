import { fireEvent, render, screen } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Backend } from "$lib/backend/backend";
import type { Decision, InboxItemDetail, InboxItemView } from "$lib/backend/types";
import { Keymap } from "$lib/keyboard/keymap.svelte";
import type { Page } from "$lib/page";
import { Announcer } from "$lib/announcer.svelte";
import { Clock } from "$lib/time/clock.svelte";
// The card fetches it when it is asked for; here it is there before.
import "./AlwaysDialog.svelte";
import { keysSettleTime, settleTime } from "./approval.svelte";
import CardOnPage from "./CardOnPage.test.svelte";
import { makeDetail, makeItem } from "./test-items";
import { until } from "../../../tests/until";

let time = 1_000_000;
beforeEach(() => {
  time = 1_000_000;
});
afterEach(() => vi.useRealTimers());

/** Shows the card as the window does, with its first moment over. */
async function show(
  item: InboxItemView = makeItem(),
  wait = keysSettleTime,
  fields: Partial<InboxItemDetail> = {},
) {
  const decide = vi.fn(async (input: { decision: Decision }): Promise<InboxItemView> => {
    const phase = { kind: "deciding", decision: input.decision, surface: "window" } as const;
    return { ...item, phase, revision: item.revision + 1 };
  });
  const backend = {
    inboxItem: async () => makeDetail(item, fields),
    inboxDecide: decide,
  } as unknown as Backend;
  const keymap = new Keymap(false);
  const page = {
    backend,
    keymap,
    announcer: new Announcer(),
    clock: new Clock(() => time),
  } as unknown as Page;
  const stop = keymap.listen();
  const view = render(CardOnPage, { page, item });
  await until(() => expect(view.container.querySelector("footer, .problem")).not.toBeNull());
  time += wait;
  return { ...view, decide, stop, pass: (ms: number) => (time += ms) };
}

const choices = () =>
  [...document.querySelectorAll("[data-decision]")].map((each) =>
    each.getAttribute("data-decision"),
  );
const button = (decision: Decision) => {
  const found = document.querySelector<HTMLElement>(`[data-decision=${decision}]`);
  if (!found) throw new Error(`no button for ${decision}`);
  return found;
};
const key = (name: string, target: Element = document.body, more: KeyboardEventInit = {}) =>
  fireEvent.keyDown(target, { key: name, bubbles: true, ...more });

describe("the approval card", () => {
  it("has exactly the decisions that are offered, in their order", async () => {
    await show(makeItem({ offered: ["deny", "allowOnce"] }));
    expect(choices()).toEqual(["deny", "allowOnce"]);
  });

  it("has none where none is offered, and none once it is decided", async () => {
    await show(makeItem({ offered: [] }));
    expect(choices()).toEqual([]);
    expect(document.body.textContent).toContain("offers no decision");
  });

  it("shows each fact of a plugin that says more than one thing under the same label", async () => {
    const facts = [
      { label: "description", value: "sends a message" },
      { label: "description", value: "to everyone" },
    ] as const;
    await show(makeItem({ kind: "plugin" }), keysSettleTime, { facts: [...facts] });
    expect(document.body.textContent).toMatch(/sends a message.*to everyone/);
    expect(choices()).toEqual(["allowOnce", "deny"]);
  });

  it("takes no key for what it fails to draw, and says that nothing was decided", async () => {
    const broken = [null] as unknown as InboxItemDetail["facts"];
    const { decide, stop } = await show(makeItem(), keysSettleTime, { facts: broken });
    expect(document.body.textContent).toContain("This cannot be shown");
    for (const name of ["d", "a", "Enter"]) await key(name);
    expect(decide).not.toHaveBeenCalled();
    stop();
  });

  it("shows what was recorded, and by whom, instead of choices", async () => {
    const phase = {
      kind: "decided",
      decision: "deny",
      by: "Anna",
      byThisApp: false,
      at: time - 60_000,
      record: "read",
    } as const;
    await show(makeItem({ phase }));
    expect(choices()).toEqual([]);
    expect(document.body.textContent).toMatch(/Denied\s+by Anna/);
  });

  it.each([
    ["read", "As the gateway recorded it"],
    ["due", "still to be read"],
    ["onlyAccepted", "accepted it; it keeps no record"],
    ["onlyTold", "keeps no record"],
  ] as const)("calls nothing the gateway's record but that (%s)", async (record, words) => {
    const phase = {
      kind: "decided",
      decision: "allowOnce",
      by: null,
      byThisApp: true,
      at: time,
      record,
    } as const;
    await show(makeItem({ phase }));
    expect(document.body.textContent).toContain(words);
    expect(document.body.textContent?.includes("As the gateway recorded it")).toBe(
      record === "read",
    );
  });

  it("says which scope is missing, and how it is got, and presses nothing meanwhile", async () => {
    const scope = "operator.approvals";
    const barred = [
      { decision: "allowOnce", scope },
      { decision: "deny", scope },
    ] as const;
    const { decide, container } = await show(makeItem({ barred: [...barred] }));
    for (const decision of ["allowOnce", "deny"] as const) {
      expect(button(decision).hasAttribute("disabled")).toBe(true);
      const reason = button(decision).getAttribute("aria-describedby") ?? "";
      expect(document.getElementById(reason)?.textContent).toContain(scope);
      await fireEvent.click(button(decision));
    }
    for (const name of ["d", "a", "Enter"]) await key(name);
    expect(decide).not.toHaveBeenCalled();
    expect(container.textContent).toContain("“Allow once” and “Deny” cannot be pressed");
    const settings = container.querySelector("a[href*=settings]")?.getAttribute("href");
    expect(settings).toBe("#/settings/gateways/gw");
  });

  it("leaves pressable what this connection may decide", async () => {
    const barred = [{ decision: "approve", scope: "operator.admin" } as const];
    const pairing = { kind: "devicePairing", offered: ["approve", "reject"] } as const;
    const item = makeItem({ ...pairing, offered: [...pairing.offered], barred });
    const { decide } = await show(item);
    await key("a");
    await key("Enter");
    expect(decide).not.toHaveBeenCalled();
    await fireEvent.click(button("reject"));
    expect(decide).toHaveBeenCalledWith(expect.objectContaining({ decision: "reject" }));
  });

  it("takes any number of answers to a question that wants them, and one to any other", async () => {
    const option = (id: string) => (label: string) => ({
      value: `${id}:${label}`,
      label,
      description: null,
    });
    const question = { freeText: false, multiSelect: false };
    const item = makeItem({ kind: "question", offered: ["approve", "reject"] });
    const questions = [
      { ...question, id: "p", text: "Where?", options: ["a", "b", "c"].map(option("p")) },
      { ...question, id: "q", text: "When?", options: ["now", "later"].map(option("q")) },
    ].map((each) => ({ ...each, multiSelect: each.id === "p" }));
    const { decide } = await show(item, keysSettleTime, { questions });
    const choose = async (label: string) => fireEvent.click(screen.getByLabelText(label));
    await choose("c");
    await choose("a");
    expect(button("approve").hasAttribute("disabled"), "the second has no answer").toBe(true);
    await choose("now");
    await choose("later");
    await fireEvent.click(button("approve"));
    expect(decide).toHaveBeenCalledWith(
      expect.objectContaining({ decision: "approve", answer: ["p:a", "p:c", "q:later"] }),
    );
  });

  it("starts with the focus on no decision", async () => {
    await show();
    expect(document.activeElement?.closest("[data-decision]")).toBeNull();
  });

  it("is not approved by Return, wherever the focus is", async () => {
    const { decide } = await show();
    await key("Enter");
    for (const decision of ["allowOnce", "deny"] as const) {
      button(decision).focus();
      const held = await key("Enter", button(decision));
      expect(held, "the browser would turn Enter into a click").toBe(false);
    }
    expect(decide).not.toHaveBeenCalled();
    expect(document.body.textContent).toContain("Enter decides nothing");
  });

  it("is allowed by A and then Enter", async () => {
    const { decide } = await show();
    await key("a");
    expect(decide).not.toHaveBeenCalled();
    expect(document.activeElement?.textContent).toContain("Allow once");
    await key("Enter", document.activeElement ?? document.body);
    expect(decide).toHaveBeenCalledWith(expect.objectContaining({ decision: "allowOnce" }));
  });

  it("forgets A when the focus goes elsewhere", async () => {
    const { decide } = await show();
    await key("a");
    button("deny").focus();
    await key("Enter");
    expect(decide).not.toHaveBeenCalled();
  });

  it("is denied by D, and by a held or chorded D not at all", async () => {
    const { decide } = await show();
    await key("d", document.body, { repeat: true });
    await key("d", document.body, { ctrlKey: true });
    expect(decide).not.toHaveBeenCalled();
    await key("d");
    expect(decide).toHaveBeenCalledWith(expect.objectContaining({ decision: "deny" }));
  });

  it("takes no key in the first second after it appeared, and says so", async () => {
    const { decide, pass } = await show(makeItem(), settleTime);
    await key("d");
    await key("a");
    await key("Enter");
    expect(decide).not.toHaveBeenCalled();
    expect(document.body.textContent).toContain("That key came just as");
    pass(keysSettleTime);
    await key("d");
    expect(decide).toHaveBeenCalledTimes(1);
  });

  it("takes no key of what is typed on when its window gets the keyboard", async () => {
    const { decide, pass } = await show();
    button("allowOnce").focus();
    await fireEvent.focus(window);
    for (const letter of "I am and was a dad, and said so") {
      pass(keysSettleTime - 100);
      const target = document.activeElement ?? document.body;
      const kept = await key(letter, target);
      if (letter === " ") expect(kept, "the browser would turn Space into a click").toBe(false);
    }
    expect(decide).not.toHaveBeenCalled();
    pass(keysSettleTime);
    await key("d");
    expect(decide).toHaveBeenCalledWith(expect.objectContaining({ decision: "deny" }));
  });

  it("takes no press just after what stands above it came or left", async () => {
    const heard: (() => void)[] = [];
    vi.stubGlobal(
      "ResizeObserver",
      class {
        constructor(hears: () => void) {
          heard.push(hears);
        }
        observe() {}
        disconnect() {}
      },
    );
    const { decide, pass } = await show();
    vi.unstubAllGlobals();
    heard.forEach((hears) => hears());
    await fireEvent.click(button("deny"));
    expect(decide).not.toHaveBeenCalled();
    pass(settleTime);
    await fireEvent.click(button("deny"));
    expect(decide).toHaveBeenCalledTimes(1);
  });

  it("forgets A when its window gets the keyboard anew", async () => {
    const { decide } = await show();
    await key("a");
    await fireEvent.focus(window);
    await key("Enter");
    expect(decide).not.toHaveBeenCalled();
  });

  it("takes a click at once when its window gets the keyboard by it", async () => {
    const { decide } = await show();
    await fireEvent.focus(window);
    await fireEvent.click(button("deny"));
    expect(decide).toHaveBeenCalledTimes(1);
  });

  it("does not take a click that was meant for what stood there before", async () => {
    const { decide, pass } = await show(makeItem(), settleTime - 50);
    await fireEvent.click(button("allowOnce"));
    expect(decide).not.toHaveBeenCalled();
    expect(document.body.textContent).toContain("did not count");
    pass(50);
    await fireEvent.click(button("allowOnce"));
    expect(decide).toHaveBeenCalledTimes(1);
  });

  it("asks again before it allows always, and Return does not answer that either", async () => {
    const { decide } = await show(makeItem({ offered: ["allowAlways", "deny"] }));
    await fireEvent.click(button("allowAlways"));
    const dialog = await screen.findByRole("dialog");
    expect(decide).not.toHaveBeenCalled();
    expect(document.activeElement?.closest("[data-decision]") ?? null).toBeNull();
    const confirm = dialog.querySelector("[data-decision]");
    if (!confirm) throw new Error("no confirmation");
    expect(await key("Enter", confirm)).toBe(false);
    expect(decide).not.toHaveBeenCalled();
    await fireEvent.click(confirm);
    expect(decide).toHaveBeenCalledWith(expect.objectContaining({ decision: "allowAlways" }));
  });

  it("shows the whole command, whatever is in it", async () => {
    const subject = "echo 'safe' ⟨U+202E⟩# <b>not markup</b>\n" + "x".repeat(5000);
    const { container } = await show(makeItem({ subject }));
    expect(container.querySelector("pre")?.textContent).toBe(subject);
  });

  it("draws blank lines and spaces as one mark each, and keeps them as text", async () => {
    const subject = `ls -la${"\n".repeat(60)}echo${" ".repeat(900)}./deploy`;
    const { container } = await show(makeItem({ subject }));
    const gaps = [...container.querySelectorAll("[data-gap]")];
    expect(gaps.map((gap) => gap.getAttribute("data-gap"))).toEqual([
      "⏎ 59 blank lines",
      "␣ 900 spaces",
    ]);
    expect(container.querySelector("pre")?.textContent).toBe(subject);
  });

  it("says beside the choices how much of the command is out of view", async () => {
    const { container } = await show(makeItem({ subject: "cp a b\n".repeat(30) }));
    const box = container.querySelector("pre");
    if (!box) throw new Error("no command");
    const sizes = { scrollHeight: 624, clientHeight: 224, scrollTop: 60 };
    for (const [name, value] of Object.entries(sizes))
      Object.defineProperty(box, name, { value, configurable: true, writable: true });
    await fireEvent.scroll(box);
    const note = container.querySelector("footer")?.textContent;
    expect(note).toContain("Not all of it is in view: 17 lines below, 3 lines above.");
    box.scrollTop = 400;
    await fireEvent.scroll(box);
    expect(container.querySelector("footer")?.textContent).not.toContain("below");
  });

  it("shows a megabyte of it whole and escaped, and says that nothing in it could be marked", async () => {
    const subject = `${"echo <i>⟨U+202E⟩</i>; \n".repeat(45_000)}rm -rf /`;
    const { container } = await show(makeItem({ subject }));
    const box = container.querySelector("pre");
    expect(box?.textContent).toBe(subject);
    expect(box?.querySelector("i")).toBeNull();
    expect(container.textContent).toContain("could not be looked through");
    expect(button("deny").hasAttribute("disabled")).toBe(false);
  });
});
