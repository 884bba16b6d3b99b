/**
 * Every word that a person reads, as typed values: `m.inbox.title`, `m.time.minutesAgo(2)`.
 *
 * A module of our own and not a message compiler: paraglide fetches its format plugins from a network at
 * compile time, and a build here must work without one. Another language is another object of the type
 * `Messages`, chosen at the start; the compiler names what it lacks.
 */
import { agentCredentials } from "./en/agent-credentials";
import { audit } from "./en/audit";
import { cedar } from "./en/cedar";
import { chat } from "./en/chat";
import { common, keys, leave, time } from "./en/common";
import { gateways } from "./en/gateways";
import { doctor, governance, terms, undo } from "./en/governance";
import { inbox } from "./en/inbox";
import { losses } from "./en/losses";
import { policy } from "./en/policy";
import { problems, unknownProblem } from "./en/problems";
import { secrets } from "./en/secrets";
import { sessions } from "./en/sessions";
import { settings } from "./en/settings";
import { signin } from "./en/signin";

const en = {
  common,
  keys,
  leave,
  time,
  inbox,
  gateways,
  secrets,
  losses,
  sessions,
  settings,
  chat,
  signin,
  agentCredentials,
  audit,
  cedar,
  doctor,
  governance,
  policy,
  terms,
  undo,
  problems,
  unknownProblem,
};

export type Messages = typeof en;

export const m: Messages = en;
