/** Words that policy, audit and the approval card share. */
import type {
  DoctorStep,
  EffectKind,
  Lasting,
  RuleState,
  Verdict,
  Zone,
} from "../../backend/types";
import { plural } from "./common";

const verdicts: Record<Verdict, string> = { allow: "Allow", ask: "Ask", deny: "Deny" };

const effects: Record<EffectKind, string> = {
  read: "Reads",
  list: "Lists",
  write: "Writes",
  append: "Appends",
  create: "Creates",
  delete: "Deletes",
  permission: "Changes rights",
  execute: "Runs",
  network: "Network",
  system: "Changes the system",
  signal: "Signals",
  privilege: "Raises rights",
  remote: "Changes elsewhere",
  environment: "Sets variables",
};

/** Before a number of places. */
const alike = {
  read: "Reads",
  list: "Lists",
  write: "Writes to",
  append: "Appends to",
  create: "Creates files in",
};

const zones: Record<Zone, string> = {
  workspace: "workspace",
  tmp: "temporary",
  home: "home folder",
  system: "system",
  protected: "protected",
  device: "device",
  elsewhere: "elsewhere",
  unknown: "unknown place",
};

const states: Record<RuleState, string> = { on: "On", off: "Off", shadow: "Shadow" };

export const governance = {
  policy: "Policy",
  audit: "Audit",
  verdicts,
  effects,
  zones,
  states,
  gateway: "Gateway",
  noneTitle: "No gateway here keeps a policy",
  noneMeaning:
    "The gateway that comes with Gatehouse decides by rules, records all of it, and keeps credentials for agents. Switch it on under Settings, Gateways.",
  noneBrowser: "This gateway keeps no policy, or this sign-in may not read it.",
  openSettings: "Open the settings",
  away: (name: string) =>
    `${name} is not connected. Its policy and its audit can be read once it is.`,
  readOnly: (scope: string) =>
    `You can look, and change nothing: the gateway did not grant this app ${scope}.`,
  waitsFor: (name: string) => `the answer of ${name}`,
  everyAgent: "every agent",
  never: "never",
  analysis: {
    title: "What it does",
    dangerous: "Look twice",
    dangerousToPolicy: "It does what policy calls dangerous.",
    dangerousMeaning: "Read the marked parts before you allow it.",
    dangerousDone: "The marked parts are the reason.",
    dangerousUnmarked: "Read all of it before you allow it.",
    danger: "Danger",
    ask: "Asks",
    effect: "Effect",
    none: "Nothing dangerous was recognised. That is no proof that it is safe.",
    cut: "There is more than is listed here.",
    alike: (kind: keyof typeof alike, count: number, more: boolean) =>
      `${alike[kind]} ${more ? "at least " : ""}${count.toLocaleString()} places.`,
    more: (count: number) => `${count} more`,
    fewer: "Fewer",
    unread: "It could not be read, so nothing in it is explained.",
    secret: "a secret",
    mark: (numbers: string) => `see ${numbers}`,
  },
};

const lasting: Record<Lasting, string> = {
  once: "Once",
  session: "This session",
  for: "For a time",
  always: "Always here",
};

/** What a decision on a governed gateway can say beyond yes and no. */
export const terms = {
  lasting,
  longer: "Allow longer…",
  longerTitle: "Allow for longer than once",
  holds: "How long it holds",
  meanings: {
    session: "This exact command, until the session ends.",
    for: "This exact command, for the time below.",
    always: "In this folder, until then or until you take it back.",
  },
  minutes: "For how long",
  minutesOf: { 15: "15 minutes", 60: "1 hour", 480: "8 hours" },
  covers: "What it covers",
  exactly: "Exactly this command",
  exactlyMeaning: "Every word of it, in this folder, by this agent.",
  pattern: "Commands that match a pattern",
  patternMeaning: "“*” stands for one word, “**” for any number of them.",
  patternField: "Pattern",
  preview: (count: number) =>
    count === 0
      ? "It would have matched nothing that was run so far."
      : `It would have matched ${count} past ${plural(count, "action", "actions")}:`,
  previewFailed: "What it would have matched is unknown.",
  until: "Until",
  untils: { week: "A week from now", month: "30 days from now", quarter: "90 days from now" },
  allowFor: {
    session: "Allow for this session",
    for: { 15: "Allow for 15 minutes", 60: "Allow for 1 hour", 480: "Allow for 8 hours" },
    always: {
      week: "Allow here for a week",
      month: "Allow here for 30 days",
      quarter: "Allow here for 90 days",
    },
  },
  back: "It is listed under Policy, Standing permissions, and can be revoked there.",
  denyBecause: "Deny with a reason…",
  denyTitle: "Deny, and say why",
  denyMeaning: "The agent reads it and can do something else instead.",
  reason: "Reason",
  reasonHint: "Use the staging database instead.",
  deny: "Deny",
  edit: "Edit the command…",
  editTitle: "Edit the command",
  editBefore: "What the agent asked for",
  editField: "Your command",
  editMeaning:
    "The policy checks your command first. If it may run, it takes the place of the agent’s, and you are asked about it before it runs.",
  editReplace: "Replace the command",
  editSame: "Nothing is changed yet.",
};

export const undo = {
  did: { deleted: "Deleted", overwrote: "Overwrote" },
  kept: (size: string) => `${size} kept`,
  restore: "Restore",
  restoreMeaning: "Puts the version before back. What is in its place now is kept first.",
  restored: "Restored",
  restoredWhat: (path: string) => `Restored ${path}`,
  label: "What can be undone",
};

const steps: Record<DoctorStep, string> = {
  name: "Resolve the name",
  tcp: "Open the port",
  tls: "TLS",
  upgrade: "WebSocket",
  challenge: "Gateway hello",
  auth: "Sign in",
  pairing: "Device pairing",
  scopes: "Scopes",
};

export const doctor = {
  title: "Connection check",
  steps,
  walk: "Check the connection",
  again: "Check again",
  meaning: "Takes each step of a connection once, and changes nothing.",
  walking: "the check of the connection",
  passed: "Works",
  notNeeded: "Not needed",
  stopped: "Stops here",
  notReached: "Not reached",
  allPassed: "Every step works. If it stays disconnected, reconnect.",
};
