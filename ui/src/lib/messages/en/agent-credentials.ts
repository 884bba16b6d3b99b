/** The words of the credentials that agents use. */
import type { CredentialState } from "../../backend/types";
import { plural } from "./common";

const states: Record<CredentialState, string> = {
  active: "Active",
  expired: "Expired",
  usedUp: "Used up",
};

/** Those who send it to a host; with no tool named, all of them. */
function senders(tools: readonly string[]): string {
  const fetching = tools.length === 0 || tools.includes("web_fetch");
  const models = tools.length === 0 || tools.includes("models");
  if (fetching && models) return "fetching and models";
  return fetching ? "fetching" : "models";
}

export const agentCredentials = {
  title: "Agent credentials",
  meaning:
    "Agents name a credential as {{cred:NAME}}; the gateway puts the value in after policy has decided, and takes it out of everything that is printed. Nobody can read a value back.",
  none: "No credentials",
  noneMeaning: "Keep a token here, and agents can use it without ever seeing it.",
  add: "Add a credential",
  columns: { name: "Name", type: "Type", hosts: "Bound to", used: "Last used", ends: "Ends" },
  states,
  types: {
    api_key: "API key",
    oauth_token: "OAuth token",
    password: "Password",
    certificate: "Certificate",
    ssh_key: "SSH key",
    service_account: "Service account",
  } as Record<string, string>,
  neverUsed: "never used",
  uses: (count: number, most: number | null) =>
    most === null
      ? `${count} ${plural(count, "use", "uses")}`
      : `${count} of ${most} ${plural(most, "use", "uses")}`,
  noEnd: "no end",
  grace: "old value kept,",
  graceMeaning: (until: string) =>
    `Where a host refuses the new value, the one before it is tried once more, until ${until}.`,
  noHost: "no host",
  moreHosts: (count: number) => `and ${count} more`,
  tools: (names: string) => `only in ${names}`,
  nowhere: "Bound to no host and no tool, so it can be used nowhere.",
  rotate: "Rotate…",
  rotateTitle: (name: string) => `A new value for ${name}`,
  rotateMeaning: "It is used from the next call on.",
  rotateConfirm: "Rotate",
  graceField: "Take the old value as well",
  graces: { none: "Not any more", hour: "For an hour", day: "For a day" },
  delete: "Delete…",
  deleteTitle: (name: string) => `Delete ${name}?`,
  deleteMeaning: "Calls that name it are refused from then on. The value cannot be brought back.",
  deleteConfirm: "Delete",
  addTitle: "A credential for agents",
  name: "Name",
  nameHelp: "Letters, digits, - and _, beginning with a letter.",
  nameWrong: "A name begins with a letter and has letters, digits, - and _ only.",
  nameTaken: "That name is in use. Rotate it instead.",
  type: "Type",
  secret: "Value",
  secretHelp: "Goes in once. It is encrypted on the gateway and never shown again.",
  hostsField: "Only for these hosts",
  hostsHelp: "Separated by spaces. *.example.org is every host below it. It is sent to no other.",
  toolsField: "Only for these tools",
  takers: {
    exec: {
      label: "Commands",
      help: "In a variable of a command. What the command does with it is its own affair.",
    },
    web_fetch: { label: "Fetching from the web", help: "In a header or the address." },
    models: { label: "Model providers", help: "As the key of a model in the configuration." },
  },
  lacks: {
    nowhere: "With no host and no tool it can be used nowhere. Name a host, or choose commands.",
    noHost:
      "Fetching and models send it to a host, and none is named. Until one is, they cannot use it.",
  },
  covers: (hosts: readonly string[], tools: readonly string[]) => {
    const where =
      tools.includes("exec") && tools.length === 1
        ? ""
        : `${senders(tools)} at ${hosts.join(", ")}`;
    if (!tools.includes("exec")) return `For ${where}. Commands cannot use it.`;
    return where ? `For commands, and for ${where}.` : "For commands alone, wherever they go.";
  },
  ends: "Ends",
  endChoices: { never: "Never", month: "In 30 days", quarter: "In 90 days", year: "In a year" },
  usesField: "How many uses",
  usesHint: "any number",
  usesWrong: "A whole number from 1, or nothing.",
  added: (name: string) => `${name} is kept.`,
  rotatedNow: (name: string) => `${name} has a new value.`,
  deleted: (name: string) => `${name} is deleted.`,
};
