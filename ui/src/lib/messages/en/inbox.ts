/** The words of the inbox and of the approval card. */
import type {
  Decision,
  FactLabel,
  ItemKind,
  PeopleView,
  RecordState,
  Surface,
} from "../../backend/types";
import { plural } from "./common";

const kinds: Record<ItemKind, string> = {
  exec: "Run a command",
  plugin: "Use a plugin",
  system: "Change the system",
  question: "Question",
  devicePairing: "Pair a device",
  nodePairing: "Pair a node",
};

const asks: Record<ItemKind, string> = {
  exec: "wants to run a command",
  plugin: "wants to use a plugin",
  system: "wants to change the system",
  question: "asks you something",
  devicePairing: "wants to pair a device",
  nodePairing: "wants to pair a node",
};

/** The same where nobody is named. */
const asksAlone: Record<ItemKind, string> = {
  exec: "A command wants to run",
  plugin: "A plugin wants to be used",
  system: "The system wants to be changed",
  question: "A question for you",
  devicePairing: "A device wants to connect",
  nodePairing: "A node wants to connect",
};

const decide: Record<Decision, string> = {
  allowOnce: "Allow once",
  allowAlways: "Allow always…",
  deny: "Deny",
  approve: "Approve",
  reject: "Reject",
};

const outcome: Record<Decision, string> = {
  allowOnce: "Allowed once",
  allowAlways: "Always allowed",
  deny: "Denied",
  approve: "Approved",
  reject: "Rejected",
};

const sending: Record<Decision, string> = {
  allowOnce: "Allowing once",
  allowAlways: "Allowing always",
  deny: "Denying",
  approve: "Approving",
  reject: "Rejecting",
};

const surfaces: Record<Surface, string> = {
  window: "this window",
  notification: "the notification",
  tray: "the tray",
  approvalWindow: "the approval window",
  rule: "a rule of yours",
};

const facts: Record<FactLabel, string> = {
  plugin: "Plugin",
  tool: "Tool",
  severity: "Severity",
  description: "Description",
  device: "Device",
  platform: "Platform",
  address: "Address",
  role: "Role",
  scopes: "Scopes",
  clientId: "Client",
  version: "Version",
  environment: "Sets",
};

/** Whom the gateway names may be this person, too. */
function whoAllowed({ allowed, names, ours }: PeopleView): string {
  const known = ours && names.length < allowed ? ["you", ...names] : names;
  return known.length > 0 ? `, by ${new Intl.ListFormat("en").format(known)}` : "";
}

export const inbox = {
  title: "Inbox",
  kinds,
  asks,
  asksAlone,
  asksTool: (agent: string | null, tool: string) =>
    agent ? `${agent} wants to use ${tool}` : `The tool ${tool} wants to be used`,
  decide,
  outcome,
  sending,
  surfaces,
  facts,
  waiting: "Waiting",
  grave: "Look twice",
  lately: "Decided lately",
  waitingCount: (count: number) => `${count} ${plural(count, "waits", "wait")}`,
  badge: (count: number) =>
    `${count} ${plural(count, "request waits", "requests wait")} for a decision`,
  badgeUnsure: (count: number) =>
    `${count} ${plural(count, "request", "requests")} may wait where the gateway is away`,
  overflow: (names: string) =>
    `More waits on ${names} than is listed here. The rest follows as soon as there is room.`,
  unreadable: (count: number) =>
    `${count} ${plural(count, "request waits", "requests wait")} that cannot be read or answered here.`,
  unreadableMend: "Look at the gateway itself:",
  unreadableOn: (names: string) => `Look at ${names} directly.`,
  notReadable: (count: number) => `${count} not readable`,
  unheard: (names: string) => `Not connected: ${names}. What waits there is not seen here.`,
  noneWait: "nothing waits",
  noneKnown: "nothing known to wait",
  notKnown: (count: number) => `${count} not known`,
  noneTitle: "Nothing waits for you",
  noneMeaning: (count: number) =>
    count === 1
      ? "When an agent on your gateway asks to do something, it stands here and you are notified."
      : `When an agent on one of your ${count} gateways asks to do something, it stands here and you are notified.`,
  noneOfflineTitle: "No gateway is connected",
  noneOffline: "A request that waits would not be seen here.",
  noneOn: (names: string) => `Nothing waits on ${names}`,
  notSeen: (names: string, count: number) =>
    `${names} ${plural(count, "is", "are")} not connected; what waits there is not seen.`,
  moreGateways: (count: number) => `${count} more`,
  lastDecision: "Last decision",
  choose: "Choose a request to read it in full.",
  asked: "asked",
  unreachableRow: "Not reachable",
  unreachableMeaning:
    "Whether this still waits is unknown. What stands here is the last that was known; it can be decided again once the gateway is back.",
  unreachableDeciding: (decision: string) =>
    `“${decision}” was sent, and the gateway went away before it confirmed it. Once it is back, its record is read; nothing is sent twice.`,
  expired: "Expired",
  expiredMeaning: "Nobody answered in time, so the gateway did not run it.",
  gone: "Gone",
  goneMeaning:
    "The gateway no longer knows this request and kept no record of it. It was cancelled, or the gateway was restarted.",
  by: (who: string) => `by ${who}`,
  byYou: "by you, here",
  byUnknown: "by somebody the gateway does not name",
  sent: (surface: string) => `Sent from ${surface}; the gateway has not recorded it yet.`,
  record: {
    read: "As the gateway recorded it.",
    due: "As the gateway said; its record is still to be read.",
    onlyAccepted: "The gateway accepted it; it keeps no record to read back.",
    onlyTold: "As the gateway told it when it happened; it keeps no record to read back.",
  } satisfies Record<RecordState, string>,
  where: "Where",
  who: "Who",
  program: "Program",
  runs: (typed: string) => `${typed} runs`,
  why: "Why",
  others: "Others",
  onHost: (host: string, gateway: string) => `on ${host} of ${gateway}`,
  onNode: (node: string, gateway: string) => `on node ${node} of ${gateway}`,
  onGateway: (gateway: string) => `on ${gateway}`,
  inSandbox: (gateway: string) => `in a sandbox on ${gateway}`,
  gatewayWarns: "The gateway warns:",
  agent: (name: string) => `agent ${name}`,
  inSession: "in",
  lastMessage: "The last message before it asked",
  othersMay: (names: string) => `${names} may answer too. The first answer counts.`,
  escapes: (count: number) =>
    count === 1
      ? "One invisible or direction-changing character is shown as its code. Text like this can hide what really runs."
      : `${count} invisible or direction-changing characters are shown as their codes. Text like this can hide what really runs.`,
  unavailable: (decision: string) => `${decision} is not offered`,
  unavailableBecause: (decision: string, reason: string) => `${decision} is not offered: ${reason}`,
  unavailableByPolicy: "the gateway’s policy asks each time.",
  unavailableHere: "the gateway itself leaves it out.",
  reasons: {
    asksForSecret:
      "it asks for a secret, and a secret does not go through this window. Answer it on the gateway.",
    unreadable: "it could not be read whole, so it cannot be answered from here.",
    unsaid: "nobody should allow what the gateway does not say.",
    tooLarge: "nobody should allow what cannot be shown whole.",
  },
  warnings: {
    unsaid:
      "The gateway did not say what would run, or not so that it can be read. It can only be refused.",
    tooLarge: "It is too large to be shown whole. It can only be refused.",
  },
  barred: (decisions: string, scope: string, gateway: string) =>
    `${decisions} cannot be pressed: ${gateway} did not grant this app ${scope}.`,
  barredMend:
    "Ask whoever runs the gateway for a token or a pairing with that scope, then replace the sign-in.",
  barredSettings: "Open the gateway’s settings",
  reading: "Looking through it for what stands out…",
  notRead: "It could not be looked through, so nothing in it is marked.",
  notUnderstood:
    "Something about this request is not known here, so what it would do cannot be shown in full. It can only be refused.",
  nothingOffered: "The gateway offers no decision that can be made from here.",
  choices: "Choices",
  people: (people: PeopleView) => {
    const { needed, allowed, ours } = people;
    if (allowed === 0) return `${needed} people have to allow this.`;
    const last = needed - allowed === 1;
    const rest = ours
      ? `It waits for ${last ? "another person" : `${needed - allowed} more people`}.`
      : last
        ? "With yours it runs."
        : "";
    return `${allowed} of ${needed} have allowed it${whoAllowed(people)}. ${rest}`.trim();
  },
  armed: (decision: string) => `Press Enter to confirm “${decision}”, Esc to leave it.`,
  changed: "This request changed while you were looking at it. Read it again before you decide.",
  showChoices: "I have read it",
  ignored: {
    tooSoon: "That press came just as the request appeared, so it did not count.",
    keyTooSoon:
      "That key came just as the request or its window appeared, so it did not count. Wait a second, then press it again.",
    enter: "Enter decides nothing. Press A and then Enter, or Space on a button.",
  },
  alwaysTitle: "Allow this always?",
  alwaysExactly:
    "The gateway keeps a rule for this exact command in this folder, and does not ask for it again.",
  alwaysProgram: (programs: string) =>
    `The gateway keeps a rule and does not ask for this again. On its version of OpenClaw the rule can be the program with any arguments: any ${programs} command is then allowed.`,
  alwaysUnknown:
    "The gateway keeps a rule and does not ask for this again. From OpenClaw 2026.8.1 on, the rule is this exact command in this folder. On an older gateway it can be the program with any arguments.",
  alwaysOther:
    "The gateway keeps a rule and does not ask for this again. For a tool, the rule covers it with any arguments.",
  alwaysBack: "The rule holds until it is revoked on the gateway, in its approvals.",
  alwaysConfirm: "Allow always",
  explain: "Explain",
  explainTitle: "What it is made of",
  parts: {
    argv: "Arguments",
    security: "Exec mode",
    ask: "Asks",
    session: "Session",
    run: "Run",
    toolCall: "Tool call",
    request: "Request",
  },
  does: {
    some: (programs: string) => `Runs ${programs}.`,
    sequence: (programs: string) => `Runs ${programs}, one after the other.`,
    pipeline: (programs: string) => `Runs ${programs}, each feeding the next.`,
    mixed: (pipelines: readonly (readonly string[])[]) =>
      `Runs ${pipelines.map((programs) => programs.join(" piped into ")).join(", then ")}.`,
    many: (programs: readonly string[], more: number, count: number) =>
      `Runs ${count.toLocaleString()} commands: ${programs.join(", ")}${more > 0 ? ` and ${more.toLocaleString()} more` : ""}.`,
    and: "and",
  },
  dangers: {
    pipeToShell: "Runs whatever it downloads.",
    recursiveDelete: "Deletes folders with all that is in them.",
    elevate: "Runs with another user’s rights.",
    device: "Writes straight to a device.",
    permissions: "Opens files to everyone.",
    forcePush: "Overwrites history on a remote.",
    discard: "Throws away uncommitted work.",
    keys: "Touches keys or credentials.",
    evaluate: "Runs code that stands in a text or a variable.",
    system: "Stops or restarts the computer or its services.",
    startup: "Changes what runs at every login.",
  },
  hint: "Noticed in the text. What is not marked is not thereby safe.",
  wholeWaits: "the whole request",
  lines: (count: number) => `${count.toLocaleString()} lines`,
  characters: (count: number) => `${count.toLocaleString()} characters in one line`,
  dangerFirst: "The gravest of what was noticed is in view",
  gaps: {
    lines: (count: number) => `⏎ ${count.toLocaleString()} blank ${plural(count, "line", "lines")}`,
    spaces: (count: number) => `␣ ${count.toLocaleString()} spaces`,
  },
  hidden: (above: number, below: number) => {
    const lines = (count: number) => `${count.toLocaleString()} ${plural(count, "line", "lines")}`;
    const places = [
      below > 0 ? `${lines(below)} below` : "",
      above > 0 ? `${lines(above)} above` : "",
    ];
    return `Not all of it is in view: ${places.filter(Boolean).join(", ")}.`;
  },
  answer: "Your answer",
  answerHint: "Type an answer",
  answerOwn: "In your own words",
  answerMany: (question: string) => `${question} (any number)`,
  unanswered: (open: number, all: number, first: string) => {
    if (all === 1) return "Choose or type an answer first.";
    if (open === 1) return `1 of ${all} questions is unanswered: “${first}”`;
    return `${open} of ${all} questions are unanswered.`;
  },
  sendAnswer: "Send the answer",
  decline: "Decline to answer",
  pairingWarning: "Approve only what you started yourself. It gets the scopes named here.",
  nextWaiting: (count: number) => `Next of ${count} waiting`,
  announceNew: (what: string, gateway: string) => `New request on ${gateway}: ${what}`,
  announceExpired: (what: string) => `A request expired without an answer: ${what}`,
  announceDecided: (outcome: string, what: string) => `${outcome}: ${what}`,
  queue: (index: number, count: number) => `${index} of ${count}`,
  previous: "Previous request",
  next: "Next request",
  goOn: (count: number) => `Next (${count} ${plural(count, "waits", "wait")})`,
};
