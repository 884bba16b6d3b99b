/** The words of adding and keeping gateways, and of the first run. */
import type { CredentialKind, DiscoveryFault, PastedForm, SecretPlace } from "../../backend/types";
import { plural } from "./common";

const forms: Record<PastedForm, string> = {
  url: "A gateway’s address",
  dashboardLink: "A dashboard link",
  setupCode: "A setup code",
  bareToken: "A token",
  addLink: "A link that adds a gateway",
  nodeJoinLink: "A node’s join link",
  unknown: "Not recognised",
};

const credentials: Record<CredentialKind, string> = {
  none: "None",
  token: "Token",
  password: "Password",
  setupCode: "Setup code",
};

export const gateways = {
  forms,
  credentials,
  firstTitle: "Connect a gateway",
  firstMeaning:
    "Gatehouse shows what your agents ask to do, on every OpenClaw gateway you have, and lets you decide from the notification.",
  addTitle: "Add a gateway",
  own: "Run a gateway on this computer",
  ownMeaning:
    "Part of this app: agents run here, each of their actions is judged by your policy, and you are asked about what is not harmless. It is reached from this computer only, and keeps its state in ~/.gatehouse.",
  ownNote: "Part of this app. It needs no token of yours.",
  paste: "Address, link, setup code or token",
  pasteHint: "Paste what you have",
  pasteExamples:
    "From the gateway’s computer: “openclaw dashboard” prints a link, “openclaw qr” a setup code.",
  withSecret: (kind: string) => `${kind.toLowerCase()} kept out of sight`,
  tokenTaken: "A token, kept out of sight",
  startOver: "Start over",
  fromLink:
    "A link filled this in, and nothing is connected yet. Check the address, and go on only if you trust where the link came from.",
  linkSecret: (place: string) =>
    `What it signs in with is kept (${place.toLowerCase()}) only once you connect.`,
  linkWaits: (address: string) => `A link wants to add ${address}.`,
  linkUse: "Show it instead",
  linkDismiss: "Ignore it",
  linkNoAddress: "another gateway",
  linkRefused: "A link was opened",
  address: "Address",
  addressHint: "ws://127.0.0.1:18789",
  name: "Name",
  nameOptional: "Name (optional)",
  proof: "Sign in with",
  proofKinds: { token: "Token", password: "Password", none: "This device’s pairing" },
  token: "Token",
  password: "Password",
  secretGoes: {
    keychain: "Kept in the system keychain and not shown again.",
    encryptedFile: "Kept in the encrypted file and not shown again.",
    memory: "Kept in memory until the app ends, and not shown again.",
    nowhere: "Not kept: no place for it is chosen yet. It is not shown again.",
    unknown: "Kept where you chose, once that answers. It is not shown again.",
  } satisfies Record<SecretPlace, string>,
  tokenNeedsAddress: "That looks like a token. Which gateway is it for?",
  pinned: "Pinned certificate",
  pin: "SHA-256 of the certificate",
  pinHint: "AB:CD:12:…",
  pinMeaning:
    "For a self-signed certificate. Read it on the gateway’s computer and compare before you paste it.",
  pinWrong: "A SHA-256 fingerprint has 64 hexadecimal digits.",
  pinSeen:
    "The gateway shows this certificate now. Use it only if it is the same on the gateway’s computer:",
  pinUse: "I compared it; use this one",
  usePin: "The certificate is self-signed",
  continue: "Continue",
  connect: "Connect",
  connectingTo: (host: string) => `Connecting to ${host}`,
  connected: "Connected",
  connectedWith: (version: string) => `OpenClaw ${version}`,
  openInbox: "Open the inbox",
  addAnother: "Add another",
  testNotification: "Show a test notification",
  changeEntry: "Change what was entered",
  keepTrying: "It is added and keeps trying by itself.",
  found: "Found on this computer",
  foundNone: "No gateway was found on this computer.",
  foundBroken: {
    unreadable: (source: string, line: number | null) =>
      `${source} is there but cannot be read${line === null ? "" : ` (line ${line})`}, so the gateway that it belongs to is not offered.`,
    badPort: (source: string) =>
      `A gateway was found by ${source}, but its port is not a number from 1 to 65535.`,
    badAddress: (source: string) =>
      `A gateway was found by ${source}, but its address cannot be used.`,
  } satisfies Record<DiscoveryFault, (source: string, line: number | null) => string>,
  looking: "Looking on this computer",
  foundSource: (source: string) => `from ${source}`,
  alreadyAdded: "Already added",
  use: "Use",
  pairingTitle: "The gateway wants to know this computer",
  pairingMeaning:
    "Somebody who runs the gateway has to approve this device once. Run this on the gateway’s computer, or approve it in any client that is already paired:",
  pairingList: "If the request is not found, list what waits:",
  pairingContinues: "This page goes on by itself as soon as it is approved.",
  pairingRequest: "Request",
  pairingDevice: "Device",
  noneTitle: "No gateway yet",
  editMore: "Edit…",
  editTitle: "Edit the gateway",
  editForgets:
    "At another host or port, or without TLS, you sign in again: what is kept is not sent there.",
  reconnect: "Reconnect now",
  pause: "Pause",
  resume: "Resume",
  remove: "Remove",
  removeMore: "Remove this gateway…",
  removeTitle: (name: string) => `Remove ${name}?`,
  removeMeaning:
    "Its token is deleted from where it is kept, and its cached sessions from this computer. Nothing changes on the gateway.",
  removeWaiting: (count: number) =>
    `${count} ${plural(count, "request", "requests")} of this gateway still ${plural(count, "waits", "wait")} for a decision. You will not see ${plural(count, "it", "them")} here any more.`,
  secretTitle: "Sign-in",
  secretPlace: "Where it is kept",
  savedAt: "Saved",
  deviceToken: "A device token from pairing is kept beside it.",
  rotate: "Replace…",
  rotateConfirm: "Replace",
  rotateTitle: (kind: string) => `Replace the ${kind.toLowerCase()}`,
  rotateMeaning: "The old one is deleted, and the gateway is connected with the new one at once.",
  forget: "Forget…",
  forgetTitle: "Forget the sign-in of this gateway?",
  forgetMeaning:
    "It is deleted from where it is kept. The gateway stays in the list and cannot be reached until you give it another one.",
  forgetConfirm: "Forget it",
  connection: "Connection",
  protocolOf: (version: number) => `protocol ${version}`,
  version: "Version",
  scopes: "Scopes",
  noScopes: "None granted",
  missingApprovals:
    "Without operator.approvals this gateway shows its requests and lets nobody decide them from here. A token or a pairing with that scope brings it.",
  lastSeen: "Last heard from",
  lastRan: "Last ran",
  never: "never",
  interruption: "Last interruption",
  unreadable: "Not readable",
  unreadableCount: (count: number) =>
    `${count} ${plural(count, "message", "messages")} of the gateway; what ${plural(count, "it", "they")} told was asked for again. The last came`,
  state: {
    paused: "Paused",
    connecting: "Connecting",
    ready: "Connected",
    backoff: "Not reachable",
    pairingRequired: "Waits for pairing",
    stopped: "Stopped",
  },
  model: {
    title: "Model",
    meaning:
      "Which model answers stands in the gateway’s configuration. Until one is named there, a built-in script answers.",
    dialog: "Give the gateway a model",
    file: "Put this into",
    key: "Put your key, and your provider’s address and model, in the place of these. It counts as soon as the file is saved; the key is moved into the gateway’s sealed credentials at its next start.",
    others:
      "Other providers are spoken to as “openai-completions” or “ollama”. What the file says already stays beside it.",
    fileName: "~/.gatehouse/gatehouse.json",
  },
  configuration: {
    refused: "The configuration file is not in force",
    refusedNext: "The last good one still counts. Mend the file and save it: it counts at once.",
    waiting: "Changed in the configuration file, and not in force yet",
    waitingNext: "This counts from the gateway’s next start.",
  },
  startAgain: "Start again",
  openLog: "Open the log",
  attempt: (count: number) => `attempt ${count}`,
  retryIn: (seconds: number) => `tries again in ${seconds} s`,
  retryNow: "tries again now",
  open: (name: string, state: string) => `${name}, ${state.toLowerCase()}`,
  back: "All gateways",
  running: (count: number) => `${count} ${plural(count, "session runs", "sessions run")}`,
};
