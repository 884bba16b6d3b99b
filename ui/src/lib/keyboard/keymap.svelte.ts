/**
 * The keyboard: which key does what, now. One listener for the window; whatever is on the screen binds its
 * keys while it is there, and the `?` overlay lists what is bound.
 *
 * It knows no feature, and no key has a meaning here.
 */
import { untrack } from "svelte";

export type KeyGroup = "move" | "decide" | "chat" | "app";

export type Binding = {
  /** Such as `j`, `?`, `Enter`, `Mod+k`. `Mod` is ⌘ on a Mac and Ctrl elsewhere. */
  keys: string;
  /** What it does, in words, for the overlay. */
  label: string;
  group: KeyGroup;
  run: (event: KeyboardEvent) => void;
  /** Bound but asleep while this says no. */
  enabled?: () => boolean;
  /** Works while the person types in a field. */
  inFields?: boolean;
  /** A second key for the same; the overlay names the first. */
  unlisted?: boolean;
  /** A held key repeats. Never for what decides. */
  repeats?: boolean;
};

const editable = 'input, textarea, select, [contenteditable]:not([contenteditable="false"])';
const pressesOnEnter = "button, a[href], summary, [role=button], [role=menuitem], [role=option]";

/** As long as a pause between two keys of somebody who types, in milliseconds. */
const settles = 600;

export class Keymap {
  #bindings = $state.raw<readonly Binding[]>([]);
  #suspended = 0;
  #settled = 0;

  constructor(
    readonly mac: boolean,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** What the overlay shows: the last binding of a key is the one that counts. */
  get active(): readonly Binding[] {
    const seen = new Map<string, Binding>();
    for (const binding of this.#bindings) seen.set(binding.keys, binding);
    return [...seen.values()].filter(({ unlisted }) => !unlisted);
  }

  bind(bindings: readonly Binding[]): () => void {
    // An effect that binds its keys must not follow everybody else's.
    this.#bindings = [...untrack(() => this.#bindings), ...bindings];
    return () => {
      this.#bindings = this.#bindings.filter((binding) => !bindings.includes(binding));
    };
  }

  /** Silences every key while something modal has the floor. */
  suspend(): () => void {
    this.#suspended += 1;
    let held = true;
    return () => {
      if (held) this.#suspended -= 1;
      held = false;
    };
  }

  /**
   * What a person types in changed by itself: until they pause, their letters are the rest of what they were
   * typing, and no keys of ours.
   */
  settle(): void {
    this.#settled = this.now() + settles;
  }

  /** True when the key was used. */
  handle(event: KeyboardEvent): boolean {
    if (this.#suspended > 0 || event.isComposing || event.defaultPrevented) return false;
    if (this.now() < this.#settled && isTyped(event)) {
      this.settle();
      return false;
    }
    const binding = this.#find(event);
    if (!binding) return false;
    event.preventDefault();
    binding.run(event);
    return true;
  }

  listen(target: Window = window): () => void {
    const handle = (event: KeyboardEvent) => void this.handle(event);
    target.addEventListener("keydown", handle);
    return () => target.removeEventListener("keydown", handle);
  }

  #find(event: KeyboardEvent): Binding | undefined {
    const inField = within(event, editable);
    const pressed = chord(event, this.mac);
    // A focused control keeps its own Enter and Space.
    const taken = (pressed === "Enter" || pressed === "Space") && within(event, pressesOnEnter);
    return this.#bindings.findLast(
      (binding) =>
        binding.keys === pressed &&
        (binding.inFields || (!inField && !taken)) &&
        (binding.repeats || !event.repeat) &&
        (binding.enabled?.() ?? true),
    );
  }
}

function within(event: KeyboardEvent, selector: string): boolean {
  return event.target instanceof Element && event.target.closest(selector) !== null;
}

function isTyped({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return (key.length === 1 || key === "Enter") && !ctrlKey && !metaKey && !altKey;
}

/** Shift is part of a printed character (`?`), so it is only named with keys that print none. */
function chord(event: KeyboardEvent, mac: boolean): string {
  const key = event.key === " " ? "Space" : event.key;
  const mod = mac ? event.metaKey : event.ctrlKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  const parts: string[] = [];
  if (mod) parts.push("Mod");
  if (other) parts.push("Other");
  if (event.altKey) parts.push("Alt");
  if (event.shiftKey && key.length > 1) parts.push("Shift");
  parts.push(key.length === 1 && mod ? key.toLowerCase() : key);
  return parts.join("+");
}

/** The chord as this system prints it: `⌘K` or `Ctrl K`. */
export function printKeys(keys: string, mac: boolean): string[] {
  const names: Record<string, string> = mac
    ? { Mod: "⌘", Alt: "⌥", Shift: "⇧", Enter: "↵", Escape: "esc", ArrowDown: "↓", ArrowUp: "↑" }
    : { Mod: "Ctrl", Enter: "↵", Escape: "Esc", ArrowDown: "↓", ArrowUp: "↑" };
  return keys.split("+").map((key) => names[key] ?? (key.length === 1 ? key.toUpperCase() : key));
}
