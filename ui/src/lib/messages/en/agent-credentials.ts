/** The words of the credentials that agents use. */
import type { CredentialState } from "../../backend/types";
import { plural } from "./common";

const states: Record<CredentialState, string> = {
  active: "Active",
  expired: "Expired",
  usedUp: "Used up",
};

export const agentCredentials = {
  title: "Agent credentials",
  meaning:
    "Agents name a credential as {{cred:NAME}}; the gateway puts the value in after policy has decided, and takes it out of everything that is printed. Nobody can read a value back.",
  none: "No credentials",
  noneMeaning: "Keep a token here, and agents can use it without ever seeing it.",
  add: "Add a credential",
  columns: { name: "Name", type: "Type", hosts: "Hosts", used: "Last used", ends: "Ends" },
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
  tools: (names: string) => `only in ${names}`,
  nowhere: "Bound to no host and no tool, so it can be used nowhere.",
  created: "Kept since",
  rotated: "Rotated",
  rotate: "Rotate…",
  rotateOf: (name: string) => `Rotate ${name}`,
  rotateTitle: (name: string) => `A new value for ${name}`,
  rotateMeaning: "It is used from the next call on.",
  rotateConfirm: "Rotate",
  graceField: "Take the old value as well",
  graces: { none: "Not any more", hour: "For an hour", day: "For a day" },
  delete: "Delete…",
  deleteOf: (name: string) => `Delete ${name}`,
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
  hostsHelp: "Separated by spaces. It is sent to no other; with none it can be used nowhere.",
  ends: "Ends",
  endChoices: { never: "Never", month: "In 30 days", quarter: "In 90 days", year: "In a year" },
  added: (name: string) => `${name} is kept.`,
  rotatedNow: (name: string) => `${name} has a new value.`,
  deleted: (name: string) => `${name} is deleted.`,
};
