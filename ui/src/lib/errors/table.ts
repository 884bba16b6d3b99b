/**
 * The one table from a problem's code to how it looks and what a person can do next.
 *
 * Exhaustive over `ProblemCode`: a code without a row does not compile. A code that this build does not know
 * is shown as a warning with the gateway's own words. Nothing here reads a message's text.
 */
import { m } from "$lib/messages";
import type { ProblemWords } from "$lib/messages/en/problems";
import { problemCodes, type ProblemCode } from "./codes";

/** `passing` heals by itself; `warning` needs a person; `danger` is a failure or a risk. */
export type Severity = "passing" | "warning" | "danger";

/** What a button beside the problem can offer. Who shows it decides what it is wired to. */
export type NextAction =
  "replaceSecret" | "editAddress" | "pin" | "reconnect" | "pair" | "openSecrets" | "retry" | "none";

export type ProblemEntry = ProblemWords & {
  code: string;
  severity: Severity;
  action: NextAction;
  /** What was reported says more than our words do, so it stands first where there is any. */
  reportLeads: boolean;
};

type Row = readonly [Severity, NextAction];

const rows: Record<ProblemCode, Row> = {
  authRequired: ["warning", "replaceSecret"],
  authUnauthorized: ["danger", "replaceSecret"],
  authTokenMissing: ["warning", "replaceSecret"],
  authTokenMismatch: ["danger", "replaceSecret"],
  authTokenNotConfigured: ["warning", "replaceSecret"],
  authPasswordMissing: ["warning", "replaceSecret"],
  authPasswordMismatch: ["danger", "replaceSecret"],
  authPasswordNotConfigured: ["warning", "replaceSecret"],
  authBootstrapTokenInvalid: ["danger", "replaceSecret"],
  authDeviceTokenMismatch: ["danger", "reconnect"],
  authScopeMismatch: ["warning", "replaceSecret"],
  authRateLimited: ["warning", "reconnect"],
  authTailscaleIdentityMissing: ["warning", "editAddress"],
  authTailscaleProxyMissing: ["warning", "editAddress"],
  authTailscaleWhoisFailed: ["warning", "editAddress"],
  authTailscaleIdentityMismatch: ["warning", "editAddress"],
  authIdentityHeaderRequired: ["warning", "editAddress"],
  authVerifiedUserRequired: ["warning", "editAddress"],
  authenticatedProfileUnavailable: ["warning", "editAddress"],
  controlUiBuildMismatch: ["warning", "editAddress"],
  controlUiOriginNotAllowed: ["warning", "editAddress"],
  controlUiDeviceIdentityRequired: ["warning", "editAddress"],
  deviceIdentityRequired: ["warning", "reconnect"],
  deviceAuthInvalid: ["danger", "reconnect"],
  deviceAuthDeviceIdMismatch: ["warning", "reconnect"],
  deviceAuthSignatureExpired: ["warning", "reconnect"],
  deviceAuthNonceRequired: ["warning", "reconnect"],
  deviceAuthNonceMismatch: ["warning", "reconnect"],
  deviceAuthSignatureInvalid: ["danger", "reconnect"],
  deviceAuthPublicKeyInvalid: ["warning", "reconnect"],
  pairingRequired: ["warning", "pair"],
  clientVersionMismatch: ["danger", "none"],
  protocolMismatch: ["danger", "none"],
  refused: ["danger", "reconnect"],
  accessRemoved: ["warning", "reconnect"],
  dnsFailed: ["passing", "editAddress"],
  connectionRefused: ["passing", "editAddress"],
  timedOut: ["passing", "reconnect"],
  unreachable: ["passing", "reconnect"],
  tlsUntrusted: ["danger", "pin"],
  tlsFailed: ["danger", "editAddress"],
  pinMismatch: ["danger", "pin"],
  plainTextRefused: ["danger", "editAddress"],
  pinWithoutTls: ["warning", "editAddress"],
  badAddress: ["warning", "editAddress"],
  badPort: ["warning", "editAddress"],
  secondAddress: ["warning", "editAddress"],
  notAGateway: ["warning", "editAddress"],
  upgradeRefused: ["warning", "editAddress"],
  frameTooLarge: ["passing", "reconnect"],
  badFrame: ["passing", "reconnect"],
  tickTimeout: ["passing", "reconnect"],
  disconnected: ["passing", "reconnect"],
  shutdown: ["passing", "reconnect"],
  startupSidecars: ["passing", "reconnect"],
  connectionLost: ["passing", "reconnect"],
  unavailable: ["passing", "reconnect"],
  ownGatewayFailed: ["danger", "none"],
  keychainLocked: ["warning", "openSecrets"],
  keychainUnavailable: ["warning", "openSecrets"],
  noCredential: ["warning", "replaceSecret"],
  secretStoreUnavailable: ["danger", "openSecrets"],
  secretStoreChoiceNeeded: ["warning", "openSecrets"],
  passphraseWrong: ["warning", "none"],
  cacheFailed: ["danger", "retry"],
  itemChanged: ["warning", "none"],
  itemUnknown: ["warning", "none"],
  alreadyDecided: ["warning", "none"],
  notOffered: ["warning", "none"],
  notRecorded: ["warning", "none"],
  notKept: ["warning", "none"],
  messageUnconfirmed: ["warning", "none"],
  unconfirmed: ["warning", "none"],
  expired: ["warning", "none"],
  stale: ["warning", "none"],
  busy: ["passing", "retry"],
  tooLarge: ["warning", "none"],
  notConnected: ["passing", "retry"],
  missingScope: ["warning", "replaceSecret"],
  notSupported: ["warning", "none"],
  gatewayRefused: ["danger", "retry"],
  runFailed: ["danger", "retry"],
  gatewayUnknown: ["warning", "none"],
  gatewayExists: ["warning", "none"],
  sessionUnknown: ["warning", "none"],
  draftUnknown: ["warning", "none"],
  nodeJoinLink: ["warning", "none"],
  unreadablePaste: ["warning", "none"],
  linkUnreadable: ["warning", "none"],
  linkItemUnknown: ["warning", "none"],
  policyMoved: ["warning", "none"],
  policyInvalid: ["warning", "none"],
  undoGone: ["warning", "none"],
  runGoesOn: ["warning", "none"],
  invalidInput: ["warning", "none"],
  unknown: ["passing", "reconnect"],
  logNotOpened: ["warning", "none"],
  internal: ["danger", "retry"],
  atLoginNotWritten: ["warning", "none"],
  startFolder: ["danger", "none"],
  startDiskFull: ["danger", "none"],
  startLaterVersion: ["danger", "none"],
  startBusy: ["danger", "none"],
  startDatabase: ["danger", "none"],
  startFailed: ["danger", "none"],
  notShown: ["danger", "retry"],
  signedOut: ["warning", "retry"],
};

/** Codes that only say that something was refused or failed; why is in the report alone. */
const reportsLead: ReadonlySet<string> = new Set<ProblemCode>([
  "refused",
  "gatewayRefused",
  "runFailed",
  "ownGatewayFailed",
  "unknown",
]);

export function isKnown(code: string): code is ProblemCode {
  return (problemCodes as readonly string[]).includes(code);
}

export function explain(code: string): ProblemEntry {
  if (!isKnown(code)) {
    const unknown = { severity: "warning", action: "retry", reportLeads: true } as const;
    return { code, ...m.unknownProblem, ...unknown };
  }
  const [severity, action] = rows[code];
  return { code, ...m.problems[code], severity, action, reportLeads: reportsLead.has(code) };
}
