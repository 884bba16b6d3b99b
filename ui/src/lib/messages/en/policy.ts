/** The words of the policy screens. */
import type { AutoAnswer, Preset } from "../../backend/types";
import { plural } from "./common";

type PresetWords = { label: string; help: string; danger?: boolean };

const presets: Record<Preset, PresetWords> = {
  guarded: {
    label: "Guarded",
    help: "Runs what is proven harmless, refuses what is catastrophic, asks for the rest.",
  },
  strict: {
    label: "Strict",
    help: "Like Guarded, and also asks before any change outside the workspace. Refuses whatever reaches another machine.",
  },
  observe: {
    label: "Observe",
    help: "Runs everything without asking, also what Guarded refuses. Only records what it would have decided.",
    danger: true,
  },
};

const answers: Record<AutoAnswer, string> = { allow: "Allow once", deny: "Deny" };

export const policy = {
  title: "Policy",
  sections: {
    rules: "Rules",
    try: "Try a command",
    simulate: "What would change",
    grants: "Standing permissions",
    roles: "Agents and roles",
    answers: "Automatic answers",
  },
  version: (version: string) => `version ${version}`,
  changed: "Changed",

  preset: "Preset",
  presets,
  presetTitle: (name: string) => `Change to ${name}?`,
  presetMeaning: {
    guarded: "It holds at once, for every agent of this gateway. Your own rules stay.",
    strict: "It holds at once, for every agent of this gateway. Your own rules stay.",
    observe:
      "It holds at once, for every agent of this gateway. Your own rules and roles hold nothing up either; only the gateway’s exec mode still does.",
  } satisfies Record<Preset, string>,
  presetConfirm: (name: string) => `Change to ${name}`,
  views: { rules: "In words", document: "Document" },
  view: "How the rules are shown",
  columns: { verdict: "Verdict", rule: "Rule", name: "Name", state: "State" },
  order: "All of them count, whatever their order: the strictest wins.",
  noRules: "No rules of your own",
  noRulesMeaning: "The preset alone decides. A rule is a few lines in the document.",
  writeRule: "Write a rule",
  openRule: (id: string) => `Open ${id} in the document`,
  document: "Policy document",
  rolesDocument: "Roles",
  line: (line: number) => `Line ${line}`,
  lineColumn: (line: number, column: number) => `Line ${line}, column ${column}`,
  error: "Error",
  warning: "Warning",
  suggestion: (text: string) => `Perhaps: ${text}`,
  validating: "Checking…",
  fine: "No problems",
  problems: (errors: number, warnings: number) =>
    [
      errors > 0 ? `${errors} ${plural(errors, "error", "errors")}` : "",
      warnings > 0 ? `${warnings} ${plural(warnings, "warning", "warnings")}` : "",
    ]
      .filter(Boolean)
      .join(", "),
  unsaved: "Not saved",
  save: "Save",
  discard: "Discard",
  discardTitle: "Discard what you changed?",
  discardMeaning: "The document goes back to what is in force.",
  seeChange: "See what would change",
  loadCurrent: "Load what is in force",
  saved: "Saved. It holds from now on.",

  command: "Command",
  commandHint: "rm -rf build && npm ci",
  folder: "Folder",
  agent: "Agent",
  anyAgent: "Default agent",
  tryMeaning: "Nothing is run. It shows what the policy in force says, and why.",
  examples: "Or one of these",
  says: {
    allow: "It would run without asking.",
    ask: "It would wait for a person.",
    deny: "It would be refused.",
  },
  because: "Because of",
  noRuleHit: "No rule of yours; the analysis and the preset decided.",
  willRun: "What would run",
  nothingRuns: "Nothing: it could not be read whole.",
  readAs: "Read as",
  indirect: "run by another command",
  inexact: "known in part",

  simulateMeaning:
    "Past actions, judged again. It shows which of them would get another answer, and changes nothing.",
  against: "Policy",
  inForce: "In force",
  draft: "Your changes",
  noDraft: "There are no unsaved changes. Change the document under Rules to try them here.",
  since: "Since",
  sinces: { day: "24 hours ago", week: "7 days ago", month: "30 days ago" },
  run: "Compare",
  examined: (count: number, more: boolean) =>
    `${more ? "The latest " : ""}${count.toLocaleString()} ${plural(count, "action", "actions")}`,
  flips: (count: number) => (count === 0 ? "none would change" : `${count} would change`),
  noFlips: "Nothing would change",
  noFlipsMeaning: "Every action in that time would get the same answer.",
  nothingPast: "Nothing was judged in that time",
  nothingPastMeaning: "Choose a longer time, or come back when agents have worked.",
  becomes: (was: string, would: string) => `${was} becomes ${would}`,
  simulateColumns: { when: "When", action: "Action", change: "Change", why: "Why" },

  noGrants: "No standing permissions",
  noGrantsMeaning:
    "When you allow something for longer than once, it is listed here until it ends.",
  grantColumns: { what: "What", ends: "Ends", used: "Used" },
  patternWord: "whatever fits this pattern",
  exactWord: "exactly this",
  inFolder: (folder: string) => `in ${folder}`,
  uses: (count: number) => (count === 0 ? "not yet" : `${count} ${plural(count, "time", "times")}`),
  noEnd: "no end",
  endsWithSession: "with the session",
  by: (who: string) => `by ${who}`,
  revoke: "Revoke",
  revokeOf: (text: string) => `Revoke ${text}`,
  revokeTitle: "Revoke this permission?",
  revokeMeaning: "The next time, it is judged like anything else. What runs now goes on.",
  revoked: "Revoked.",

  agents: "Agents",
  noAgents: "No agents",
  usual: "default",
  workspace: "Workspace",
  model: "Model",
  roles: "Who may do what",
  rolesMeaning:
    "A refusal wins over a permission, and what nothing permits is refused. Each role holds what those before it hold: observer, developer, operator, release, admin.",
  rolesColumns: { effect: "", who: "Who", may: "May", on: "On" },
  permits: "may",
  forbids: "not",
  anyone: "anyone",
  anything: "anything",
  onceAsked: "once a person said yes:",
  asWritten: "As it is written:",
  onlyIf: "only if",
  unlessWord: "unless",
  neverApproves: "An agent never holds the right to approve.",
  noRoles: "No roles are set. The operator scopes of each sign-in decide alone.",

  others: "Gateways without a policy",
  answersMeaning:
    "For gateways that keep no policy, this app can answer by rules of yours. Each answer is recorded here and in the inbox, and nothing is ever allowed that is dangerous, sets variables, runs on another computer or is warned of.",
  pause: "Answer by these rules",
  paused: "Paused: nothing is answered by itself.",
  running: "A rule that matches answers at once, in your name.",
  addRule: "Add a rule",
  noAnswers: "No rules",
  noAnswersMeaning: "Everything waits for you, as it should until you are tired of one question.",
  answerWord: answers,
  anyGateway: "every gateway without a policy",
  onGateway: (name: string) => `on ${name}`,
  byAgent: (name: string) => `by ${name}`,
  editRule: "Change…",
  removeRule: "Remove",
  ruleOn: "Answers",
  newRuleTitle: "A rule that answers for you",
  editRuleTitle: "Change the rule",
  ruleCommand: "Commands that match",
  ruleCommandHelp:
    "“*” is one word, “**” any number of words. It is matched on what really runs, past sudo, env and the like.",
  ruleAgent: "Only this agent",
  ruleGateway: "Gateway",
  ruleAnswer: "Answer",
  answerHelp: {
    allow: "Once each time, and only where every command in it matches and nothing is dangerous.",
    deny: "Where any command in it matches.",
  },
  ruleNote: "Note",
  ruleNoteHelp: "Why, for whoever reads it later.",
  ruleUses: (count: number) =>
    count === 0
      ? "has answered nothing yet"
      : `answered ${count} ${plural(count, "time", "times")}`,
  lately: "Answered lately",
  nothingAnswered: "Nothing was answered by itself.",
  answered: { allow: "Allowed once", deny: "Denied" },
  ruleGone: "a rule that is gone",
};
