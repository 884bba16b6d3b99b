/** The words of a chat. */
import type { ExecMode } from "../../backend/types";
import { plural } from "./common";

const modeNames: Record<ExecMode, string> = {
  inherited: "Default",
  deny: "No commands",
  allowlist: "Allowed list only",
  ask: "Asks first",
  readOnly: "Reads only",
  guarded: "Guarded",
  workspace: "Workspace",
  full: "Everything",
};
const modeMeanings: Record<ExecMode, string> = {
  inherited: "As its gateway is set.",
  deny: "Commands are refused, and nobody is asked.",
  allowlist: "Only what the gateway’s list allows runs. The rest is refused, and nobody is asked.",
  ask: "A person is asked about each command that nothing allows already.",
  readOnly: "Reads files of its folder. Commands and changes are refused.",
  guarded: "Reads and writes in its folder. A person is asked about commands that no list allows.",
  workspace: "Reads and writes in its folder. A model looks at commands, and may let them run.",
  full: "Runs every command and reaches every file. Nobody is asked.",
};

export const chat = {
  choose: "Choose a session to read it.",
  transcript: "Transcript",
  you: "You",
  agent: "Agent",
  system: "System",
  message: (who: string, time: string) => (time ? `${who}, ${time}` : who),
  today: "Today",
  yesterday: "Yesterday",

  opening: "Opening the session",
  waitingForChat: "the gateway’s history",
  cannotOpen: "This session could not be opened",
  empty: "Nothing here yet",
  emptyHint: "Say what you want done. What needs your approval will wait in the inbox.",
  script: {
    model: "Built-in script",
    hint: "Until this gateway is given a model, a built-in script answers. Try “exec: env”: it runs a command that asks for your approval first.",
    try: "Write “exec: env” for me",
    give: "How to give it a model",
    text: "exec: env",
  },
  cached: "Shown from this computer’s cache; the gateway’s own history has not arrived.",

  loadingOlder: "Loading earlier messages",
  olderFailed: "Earlier messages could not be loaded",
  beginning: "The session begins here",
  toLatest: "Go to the latest message",
  latest: "Latest",
  unseen: (count: number) => `${count} new`,

  sending: "Sending",
  notSent: "Not sent",
  sendAgain: "Send again",
  askAgain: "Ask again",
  aborted: "Stopped",
  cut: "The answer was cut off: the model’s limit was reached.",
  runFailed: "The run ended",
  copyMessage: "Copy the message",
  copyCode: "Copy the code",
  copyOutput: "Copy the output",
  tokens: (count: string) => `${count} tokens`,
  cost: (amount: string) => `about $${amount}`,

  thinking: "Thinking",
  thought: "Thought",

  tool: {
    running: "Running",
    waitingForApproval: "Waiting for approval",
    done: "Done",
    failed: "Failed",
    denied: "Denied",
    interrupted: "Interrupted",
    exit: (code: number) => `Exit ${code}`,
    review: "Review",
    arguments: "Arguments",
    output: "Output",
    noOutput: "No output",
    noOutputYet: "No output yet",
    cut: "Only the end of the output is kept.",
    earlierLines: (count: string) => `Show ${count} earlier lines`,
    allowedOnce: "Allowed once",
    allowedAlways: "Always allowed",
  },

  image: "Image",
  imageTooLarge: "too large to show here",

  run: {
    running: "Running",
    waiting: "Waits for your approval",
    aborting: "Stopping",
    unknown: "The gateway is not reachable. What became of the run shows once it is back.",
    stop: "Stop",
    stopHint: "Stop the run",
  },

  execMode: {
    title: "What the agent may do in this session",
    label: (name: string) => `What the agent may do: ${name}`,
    names: modeNames,
    meanings: modeMeanings,
    stricterOnly:
      "A session can be stricter than its gateway, never more open. It counts from the next command on.",
    fromNext:
      "It counts from the next command on. What waits for an answer may be withdrawn by the gateway.",
    changed: (name: string) => `Set to: ${name}.`,
  },

  composer: {
    label: "Message",
    placeholder: "Ask, or say what to do",
    send: "Send",
    attach: "Attach",
    attachHint: "Attach files",
    dropHere: "Drop files to attach them",
    removeFile: (name: string) => `Remove ${name}`,
    attached: "Attachments",
    newLine: "Enter makes a new line",
    empty: "Write something to send it.",
    opening: "The session is still opening.",
    offline: (gateway: string) =>
      gateway
        ? `Not connected to ${gateway}. What you write is kept.`
        : "Not connected. What you write is kept.",
    gatewayGone: "This session’s gateway was removed.",
    model: "Model",
    noModel: "Model not known",
    context: (percent: number) => `${percent} % of the context used`,
    contextExact: (used: string, size: string) => `${used} of ${size} tokens`,
    contextUsed: (used: string) => `${used} tokens used`,
    tooLarge: (name: string, size: string, limit: string) =>
      `${name} is ${size}. This gateway takes up to ${limit} for one file.`,
    tooMany: (names: string, limit: number) =>
      `A message takes up to ${limit} ${plural(limit, "file", "files")}. Not attached: ${names}.`,
    emptyFile: (name: string) => `${name} is empty, or a folder.`,
    unreadable: (name: string) => `${name} could not be read.`,
  },

  link: {
    title: "Open this address in your browser?",
    from: "It was written in the session, not by Gatehouse.",
    open: "Open in browser",
    failed: "The address could not be opened.",
  },

  keys: {
    next: "Next message",
    previous: "Previous message",
    toggle: "Open or fold the message’s tool calls",
    latest: "Go to the latest message",
    write: "Write a message",
    send: "Send the message",
    copy: "Copy the message",
  },
};
