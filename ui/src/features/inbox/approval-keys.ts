/** The keys of a request that is open: A then Enter allows, D denies, E explains, Esc steps back. */
import type { Decision } from "$lib/backend/types";
import type { Binding } from "$lib/keyboard/keymap.svelte";
import { m } from "$lib/messages";
import type { Approval } from "./approval.svelte";

export function approvalKeys(approval: Approval, explain: () => void): Binding[] {
  return [
    {
      keys: "a",
      label: m.keys.allow,
      group: "decide",
      enabled: () => may(approval, approval.allow) && needsNoAnswer(approval),
      run: () => approval.allow && approval.arm(approval.allow),
    },
    {
      keys: "Enter",
      label: m.keys.confirm,
      group: "decide",
      enabled: () => approval.armed !== null,
      run: () => approval.confirm(),
    },
    {
      keys: "d",
      label: m.keys.deny,
      group: "decide",
      enabled: () => may(approval, approval.deny),
      run: () => approval.deny && approval.strike(approval.deny),
    },
    { keys: "e", label: m.keys.explain, group: "decide", run: explain },
    {
      keys: "Escape",
      label: m.keys.back,
      group: "move",
      enabled: () => approval.armed !== null,
      run: () => approval.stepBack(),
    },
  ];
}

function may(approval: Approval, decision: Decision | undefined): boolean {
  return decision !== undefined && approval.lacking(decision) === undefined;
}

/** A question is only allowed with an answer. */
function needsNoAnswer(approval: Approval): boolean {
  return approval.item?.kind !== "question" || approval.answers.length > 0;
}
