/** Which shape stands for what in the inbox: a signal is never its colour alone. */
import type { Component } from "svelte";
import Ban from "@lucide/svelte/icons/ban";
import Check from "@lucide/svelte/icons/check";
import CheckCheck from "@lucide/svelte/icons/check-check";
import CircleDashed from "@lucide/svelte/icons/circle-dashed";
import MessageCircleQuestion from "@lucide/svelte/icons/message-circle-question-mark";
import MonitorSmartphone from "@lucide/svelte/icons/monitor-smartphone";
import Plug from "@lucide/svelte/icons/plug";
import Send from "@lucide/svelte/icons/send";
import Server from "@lucide/svelte/icons/server";
import SquareTerminal from "@lucide/svelte/icons/square-terminal";
import TimerOff from "@lucide/svelte/icons/timer-off";
import Unplug from "@lucide/svelte/icons/unplug";
import Wrench from "@lucide/svelte/icons/wrench";
import type { Decision, InboxItemView, ItemKind, PhaseView } from "$lib/backend/types";
import { m } from "$lib/messages";
import { short } from "./short";

export type Icon = Component<{ size?: number; strokeWidth?: number }>;
export type Tone = "waiting" | "running" | "done" | "quiet";

export const kindIcons: Record<ItemKind, Icon> = {
  exec: SquareTerminal,
  plugin: Plug,
  system: Wrench,
  question: MessageCircleQuestion,
  devicePairing: MonitorSmartphone,
  nodePairing: Server,
};

export const decisionIcons: Record<Decision, Icon> = {
  allowOnce: Check,
  allowAlways: CheckCheck,
  approve: Check,
  deny: Ban,
  reject: Ban,
};

const allows = (decision: Decision) => decision !== "deny" && decision !== "reject";

export function mark({ kind, phase }: InboxItemView): { icon: Icon; tone: Tone } {
  switch (phase.kind) {
    case "waiting":
      return { icon: kindIcons[kind], tone: "waiting" };
    case "deciding":
      return { icon: Send, tone: "running" };
    case "decided":
      return {
        icon: decisionIcons[phase.decision],
        tone: allows(phase.decision) ? "done" : "quiet",
      };
    case "expired":
      return { icon: TimerOff, tone: "quiet" };
    case "gone":
      return { icon: CircleDashed, tone: "quiet" };
    case "unreachable":
      return { icon: Unplug, tone: "quiet" };
  }
}

/** What became of it, in a word or two; null while it simply waits. */
export function outcome(phase: PhaseView): string | null {
  switch (phase.kind) {
    case "waiting":
      return null;
    case "deciding":
      return m.inbox.sending[phase.decision];
    case "decided":
      return m.inbox.outcome[phase.decision];
    case "expired":
      return m.inbox.expired;
    case "gone":
      return m.inbox.gone;
    case "unreachable":
      return m.inbox.unreachableRow;
  }
}

/** Who asks for what: the line above a card. */
export function asking({ kind, agent, tool = null }: InboxItemView): string {
  if (tool !== null) return m.inbox.asksTool(agent ? short(agent) : null, short(tool));
  return kind === "devicePairing" || kind === "nodePairing" || !agent
    ? m.inbox.asksAlone[kind]
    : `${short(agent)} ${m.inbox.asks[kind]}`;
}

/** What an answer to it is called: a question is answered, not allowed. */
export function choiceLabel(kind: ItemKind, decision: Decision): string {
  if (kind !== "question") return m.inbox.decide[decision];
  return allows(decision) ? m.inbox.sendAnswer : m.inbox.decline;
}
