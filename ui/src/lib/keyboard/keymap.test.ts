import { afterEach, describe, expect, it, vi } from "vitest";
import { Keymap, printKeys, type Binding } from "./keymap.svelte";

const binding = (keys: string, run: () => void, more: Partial<Binding> = {}): Binding => ({
  keys,
  label: keys,
  group: "app",
  run,
  ...more,
});

afterEach(() => document.body.replaceChildren());

function press(keymap: Keymap, key: string, more: KeyboardEventInit = {}, target?: Element) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  Object.defineProperty(event, "target", { value: target ?? document.body });
  return keymap.handle(event);
}

function element(name: string): Element {
  const made = document.createElement(name);
  document.body.append(made);
  return made;
}

describe("the keyboard", () => {
  it("runs what is bound, and nothing once it is let go", () => {
    const keymap = new Keymap(false);
    const run = vi.fn();
    const release = keymap.bind([binding("j", run)]);
    expect(press(keymap, "j")).toBe(true);
    release();
    expect(press(keymap, "j")).toBe(false);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("takes letters for the rest of what was typed when a field is gone, until there is a pause", () => {
    let now = 0;
    const keymap = new Keymap(false, () => now);
    const [letter, chord] = [vi.fn(), vi.fn()];
    keymap.bind([binding("d", letter), binding("Mod+k", chord)]);
    keymap.settle();
    for (const at of [10, 400, 800, 1_200]) {
      now = at;
      expect(press(keymap, "d"), `at ${String(at)}`).toBe(false);
    }
    expect(press(keymap, "k", { ctrlKey: true }), "a chord is meant").toBe(true);
    now = 2_000;
    expect(press(keymap, "d")).toBe(true);
    expect(letter).toHaveBeenCalledTimes(1);
  });

  it("leaves letters to a field that is typed in, save for what asks for it", () => {
    const keymap = new Keymap(false);
    const [plain, anywhere] = [vi.fn(), vi.fn()];
    keymap.bind([binding("d", plain), binding("Mod+k", anywhere, { inFields: true })]);
    const field = element("input");
    press(keymap, "d", {}, field);
    press(keymap, "k", { ctrlKey: true }, field);
    expect(plain).not.toHaveBeenCalled();
    expect(anywhere).toHaveBeenCalledTimes(1);
  });

  it("leaves Enter to the control that has the focus", () => {
    const keymap = new Keymap(false);
    const run = vi.fn();
    keymap.bind([binding("Enter", run)]);
    press(keymap, "Enter", {}, element("button"));
    expect(run).not.toHaveBeenCalled();
    press(keymap, "Enter");
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("takes a held key only where repeating is meant", () => {
    const keymap = new Keymap(false);
    const [deny, down] = [vi.fn(), vi.fn()];
    keymap.bind([binding("d", deny), binding("j", down, { repeats: true })]);
    press(keymap, "d", { repeat: true });
    press(keymap, "j", { repeat: true });
    expect(deny).not.toHaveBeenCalled();
    expect(down).toHaveBeenCalledTimes(1);
  });

  it("gives a key to the latest that is awake", () => {
    const keymap = new Keymap(false);
    const [window, card] = [vi.fn(), vi.fn()];
    let armed = true;
    keymap.bind([binding("Escape", window)]);
    keymap.bind([binding("Escape", card, { enabled: () => armed })]);
    press(keymap, "Escape");
    armed = false;
    press(keymap, "Escape");
    expect(card).toHaveBeenCalledTimes(1);
    expect(window).toHaveBeenCalledTimes(1);
  });

  it("is silent while a dialog has the floor", () => {
    const keymap = new Keymap(false);
    const run = vi.fn();
    keymap.bind([binding("d", run)]);
    const resume = keymap.suspend();
    press(keymap, "d");
    resume();
    resume();
    press(keymap, "d");
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("knows which key is Mod on which system", () => {
    const run = vi.fn();
    const mac = new Keymap(true);
    mac.bind([binding("Mod+k", run)]);
    press(mac, "k", { ctrlKey: true });
    expect(run).not.toHaveBeenCalled();
    press(mac, "k", { metaKey: true });
    expect(run).toHaveBeenCalledTimes(1);
    expect(printKeys("Mod+k", true)).toEqual(["⌘", "K"]);
    expect(printKeys("Mod+k", false)).toEqual(["Ctrl", "K"]);
  });

  it("lists each key once for the overlay", () => {
    const keymap = new Keymap(false);
    keymap.bind([binding("j", vi.fn(), { label: "first" })]);
    keymap.bind([binding("j", vi.fn(), { label: "last" })]);
    expect(keymap.active.map(({ label }) => label)).toEqual(["last"]);
  });
});
