/** What the keyboard does in a transcript: from message to message, into one, to the end, to the composer. */
import type { Binding } from "$lib/keyboard/keymap.svelte";
import { copyText } from "$lib/markdown/copy";
import { m } from "$lib/messages";
import type { Chat } from "./chat.svelte";
import type { Entry } from "./transcript.svelte";

interface Place {
  readonly chat: Chat;
  readonly viewport: HTMLElement;
  toLatest(): void;
  onwrite(): void;
}

const MESSAGE = "[data-message]";

export function chatKeys({ chat, viewport, toLatest, onwrite }: Place): Binding[] {
  const focused = () => {
    const message = document.activeElement?.closest(MESSAGE);
    return message instanceof HTMLElement && viewport.contains(message) ? message : null;
  };
  const entry = (): Entry | undefined => {
    const key = Number(focused()?.dataset.message);
    return chat.mounted.find((candidate) => candidate.key === key);
  };
  const inChat = () => viewport.contains(document.activeElement);
  const step = (by: 1 | -1) => focusMessage(viewport, focused(), by);
  const group = "chat";
  return [
    {
      keys: "j",
      label: m.chat.keys.next,
      group,
      repeats: true,
      enabled: inChat,
      run: () => step(1),
    },
    {
      keys: "k",
      label: m.chat.keys.previous,
      group,
      repeats: true,
      enabled: inChat,
      run: () => step(-1),
    },
    {
      keys: "Enter",
      label: m.chat.keys.toggle,
      group,
      enabled: () => focused() !== null,
      run: () => toggle(entry()),
    },
    {
      keys: "c",
      label: m.chat.keys.copy,
      group,
      enabled: () => focused() !== null,
      run: () => copy(entry()),
    },
    { keys: "G", label: m.chat.keys.latest, group, run: toLatest },
    { keys: "r", label: m.chat.keys.write, group, run: onwrite },
  ];
}

/** Moves to the next message; from outside, into the one that is nearest to the bottom of the view. */
function focusMessage(viewport: HTMLElement, from: HTMLElement | null, by: 1 | -1): void {
  const messages = [...viewport.querySelectorAll<HTMLElement>(MESSAGE)];
  const index = from ? messages.indexOf(from) + by : lastVisible(viewport, messages);
  const next = messages[Math.min(Math.max(index, 0), messages.length - 1)];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

function lastVisible(viewport: HTMLElement, messages: readonly HTMLElement[]): number {
  const bottom = viewport.getBoundingClientRect().bottom;
  return messages.findLastIndex((message) => message.getBoundingClientRect().top < bottom);
}

/** Opens all that is folded in a message, or folds it again. */
function toggle(entry: Entry | undefined): void {
  const folds = entry?.blocks.filter((block) => block.kind === "tool" || block.kind === "thinking");
  const open = folds?.some((block) => !block.open) ?? false;
  for (const fold of folds ?? []) fold.open = open;
}

function copy(entry: Entry | undefined): void {
  if (entry) void copyText(entry.plainText);
}
