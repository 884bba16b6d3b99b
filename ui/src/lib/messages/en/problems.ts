/** What went wrong, what it means, what to do: the words for each code of `lib/errors/codes.ts`. */
import type { ProblemCode } from "../../errors/codes";

export type ProblemWords = { title: string; meaning: string; nextStep: string };

const words = (title: string, meaning: string, nextStep: string): ProblemWords => ({
  title,
  meaning,
  nextStep,
});

const pasteAgain = "Paste the current one, or ask whoever runs the gateway for it.";
const waits = "It tries again by itself.";
const deviceProof = words(
  "The gateway did not accept this device’s proof",
  "This computer proves who it is with a key of its own. The gateway could not verify it; often its clock or this one’s is wrong.",
  "Compare the clocks, then reconnect. If it stays, remove the device on the gateway and pair again.",
);
const tailscale = words(
  "Tailscale did not vouch for you",
  "The gateway lets people in by their Tailscale identity, and none arrived with this connection.",
  "Use the gateway’s Tailscale address, with Tailscale running here, or sign in with its token.",
);
const proxyIdentity = words(
  "The gateway expects a signed-in proxy",
  "It only lets in people whom a proxy in front of it has signed in. This app connects directly.",
  "Ask for an address that takes a token, or for a pairing.",
);
const controlUi = words(
  "The gateway took this app for its own web page",
  "It applied a rule that is meant for its web page.",
  "Check that the address is the gateway’s own and not a page’s behind a proxy.",
);

export const problems: Record<ProblemCode, ProblemWords> = {
  authRequired: words(
    "The gateway wants a sign-in",
    "It lets nobody in without a token, a password or a pairing, and none was sent.",
    pasteAgain,
  ),
  authUnauthorized: words(
    "The gateway refused the sign-in",
    "It knows neither the token or password nor this device.",
    pasteAgain,
  ),
  authTokenMissing: words(
    "The gateway wants a token",
    "It signs people in by token, and none is saved here.",
    "Paste its token. “openclaw dashboard” on the gateway’s computer prints a link that has it.",
  ),
  authTokenMismatch: words(
    "The gateway refused the token",
    "It was changed on the gateway, or this is another gateway’s.",
    "Paste the new one, or ask for a pairing.",
  ),
  authTokenNotConfigured: words(
    "This gateway takes no token",
    "A token was sent, and the gateway has none set up.",
    "Sign in with its password or by pairing this device.",
  ),
  authPasswordMissing: words(
    "The gateway wants a password",
    "It signs people in by password, and none is saved here.",
    "Type its password.",
  ),
  authPasswordMismatch: words(
    "The gateway refused the password",
    "It was changed on the gateway, or this is another gateway’s.",
    "Type the current one.",
  ),
  authPasswordNotConfigured: words(
    "This gateway takes no password",
    "A password was sent, and the gateway has none set up.",
    "Sign in with its token or by pairing this device.",
  ),
  authBootstrapTokenInvalid: words(
    "The setup code no longer works",
    "A setup code works once and for ten minutes. This one was used, or is too old.",
    "Make a new one on the gateway’s computer with “openclaw qr”, and paste that.",
  ),
  authDeviceTokenMismatch: words(
    "The gateway no longer knows this device",
    "Its pairing was removed or renewed on the gateway.",
    "Reconnect to ask for a new pairing, or paste a token.",
  ),
  authScopeMismatch: words(
    "The sign-in allows less than is needed",
    "The gateway accepted who you are, and did not grant every scope that was asked for.",
    "Approve the wider request on the gateway, or use a token that has the scope.",
  ),
  authRateLimited: words(
    "The gateway asks to wait",
    "There were too many failed sign-ins, so it takes none for a while.",
    "Wait a minute, check the token, then reconnect.",
  ),
  authTailscaleIdentityMissing: tailscale,
  authTailscaleProxyMissing: tailscale,
  authTailscaleWhoisFailed: tailscale,
  authTailscaleIdentityMismatch: tailscale,
  authIdentityHeaderRequired: proxyIdentity,
  authVerifiedUserRequired: proxyIdentity,
  authenticatedProfileUnavailable: proxyIdentity,
  controlUiBuildMismatch: controlUi,
  controlUiOriginNotAllowed: controlUi,
  controlUiDeviceIdentityRequired: controlUi,
  deviceIdentityRequired: deviceProof,
  deviceAuthInvalid: deviceProof,
  deviceAuthDeviceIdMismatch: deviceProof,
  deviceAuthSignatureExpired: words(
    "The clocks do not agree",
    "This device’s proof carries the time, and the gateway found it too old or too new.",
    "Set the clock of this computer and of the gateway’s, then reconnect.",
  ),
  deviceAuthNonceRequired: deviceProof,
  deviceAuthNonceMismatch: deviceProof,
  deviceAuthSignatureInvalid: deviceProof,
  deviceAuthPublicKeyInvalid: deviceProof,
  pairingRequired: words(
    "The gateway wants to know this computer",
    "Somebody who runs it has to approve this device once.",
    "Approve the request on the gateway. This page goes on by itself.",
  ),
  clientVersionMismatch: words(
    "The gateway wants a newer client",
    "It refuses this version of Gatehouse.",
    "Update Gatehouse.",
  ),
  protocolMismatch: words(
    "The two speak different versions",
    "Gatehouse speaks protocol 3 and 4. This gateway speaks neither.",
    "Update the gateway, or Gatehouse if the gateway is newer.",
  ),
  refused: words(
    "The gateway refused the connection",
    "It gave a reason that Gatehouse does not know.",
    "Its log may say more.",
  ),
  accessRemoved: words(
    "The gateway ended this device’s access",
    "Its rules were changed, or somebody removed the device, its token or its scopes.",
    `${waits} What the gateway then wants is said here.`,
  ),

  dnsFailed: words(
    "The address was not found",
    "No computer of that name is known here.",
    "Check the name. For a Tailscale or .local name, check that this computer is on that network.",
  ),
  connectionRefused: words(
    "Nothing answers at that address",
    "The computer is there, and no gateway listens on that port.",
    "Check the port, and that the gateway runs: “openclaw gateway status”.",
  ),
  timedOut: words(
    "No answer in time",
    "The computer is off, a firewall is in between, or the gateway is very busy.",
    waits,
  ),
  unreachable: words(
    "The network does not lead there",
    "This computer has no way to that address now.",
    `Check the network or the VPN. ${waits}`,
  ),
  tlsUntrusted: words(
    "The certificate is not trusted",
    "This computer does not know who issued it. A self-signed certificate looks like this, and so does somebody in between.",
    "If it is self-signed, read its fingerprint on the gateway’s computer and pin it here.",
  ),
  tlsFailed: words(
    "The secure connection failed",
    "The two could not agree on how to encrypt.",
    "Check that the address is meant for wss, not ws.",
  ),
  pinMismatch: words(
    "This is not the pinned certificate",
    "The gateway showed another certificate than the one you pinned. It was renewed, or somebody is in between.",
    "Do not go on until you know which. If it was renewed, read its fingerprint on the gateway’s computer and pin that.",
  ),
  plainTextRefused: words(
    "Not sent without encryption",
    "A ws address is used only on this computer and on private networks, because anyone on the way could read the token.",
    "Use the gateway’s wss address, or its Tailscale name.",
  ),
  pinWithoutTls: words(
    "There is no certificate to pin",
    "A ws address has no certificate; only a wss address does.",
    "Use the wss address, or take the pin away.",
  ),
  badAddress: words(
    "That is not an address",
    "A gateway’s address begins with ws, wss, http or https.",
    "Check it for a missing part.",
  ),
  secondAddress: words(
    "There are two addresses in this one",
    "Behind the first stands another, as when something is pasted into a field that was not empty.",
    "Empty the field, then paste again.",
  ),
  badPort: words(
    "That port is not one",
    "A port is a number from 1 to 65535.",
    "A gateway’s is 18789 unless it was changed.",
  ),
  notAGateway: words(
    "Something else answers there",
    "There is a server at that address, and it is not an OpenClaw gateway.",
    "Check the port. A gateway’s is 18789 unless it was changed.",
  ),
  upgradeRefused: words(
    "A server on the way refused",
    "The gateway, or a proxy before it, answered with an error instead of opening a connection.",
    "Check the address and the proxy.",
  ),
  frameTooLarge: words(
    "The gateway sent too much at once",
    "A message was larger than both sides agreed on, so the connection was closed.",
    waits,
  ),
  badFrame: words(
    "The gateway sent something unreadable",
    "A message did not have the shape that the protocol gives it.",
    `${waits} If it stays, the gateway’s log says more.`,
  ),
  tickTimeout: words(
    "The gateway fell silent",
    "It sends a sign of life every few seconds, and two were missing.",
    waits,
  ),
  connectionLost: words("The connection was lost", "The gateway or the network went away.", waits),
  ownGatewayFailed: words(
    "The gateway on this computer did not start",
    "Another program may hold its place, or its folder (~/.gatehouse) cannot be used.",
    "Mend the cause, then start it again. The log has the whole story.",
  ),
  unavailable: words(
    "The gateway cannot take you in now",
    "It is there, and its reason may pass.",
    waits,
  ),
  disconnected: words("The connection was lost", "The gateway or the network went away.", waits),
  shutdown: words("The gateway is shutting down", "It said so before it closed.", waits),
  startupSidecars: words(
    "The gateway is still starting",
    "It is up and its parts are not all ready.",
    waits,
  ),

  keychainLocked: words(
    "The keychain is locked",
    "The gateway’s token is in it.",
    "Unlock the keychain; the gateway connects by itself.",
  ),
  keychainUnavailable: words(
    "The keychain does not answer",
    "The gateway’s token is in it and cannot be read now.",
    "Start the system’s keychain, then reconnect; or look under Settings, Sign-ins.",
  ),
  noCredential: words(
    "No sign-in is saved",
    "This gateway needs a token, a password or a pairing, and none is kept here.",
    "Paste its token.",
  ),
  secretStoreUnavailable: words(
    "The secret store does not answer",
    "Nothing could be read from it or kept in it.",
    "Look under Settings, Sign-ins.",
  ),
  secretStoreChoiceNeeded: words(
    "Nowhere to keep the secret yet",
    "No keychain answers, and no other place was chosen.",
    "Choose one under Settings, Sign-ins.",
  ),
  passphraseWrong: words("That is not its passphrase", "Nothing was opened.", "Type it again."),
  cacheFailed: words(
    "The local copy could not be read",
    "Gatehouse keeps a copy of what it has seen. What the gateways have is not touched.",
    "Restart Gatehouse. If it stays, check that the disk is not full.",
  ),

  itemChanged: words(
    "The request has changed",
    "It is no longer what you looked at, so nothing was decided.",
    "Read it again, then decide.",
  ),
  itemUnknown: words(
    "The request is gone",
    "The gateway no longer lists it.",
    "There is nothing to do.",
  ),
  alreadyDecided: words(
    "Already decided",
    "Somebody answered first. What they decided counts.",
    "There is nothing to do.",
  ),
  notOffered: words(
    "That choice is not offered",
    "The gateway does not take it for this request. Nothing was decided.",
    "Choose one of those shown.",
  ),
  unconfirmed: words(
    "The connection broke while the answer was sent",
    "The gateway has not recorded it, and the request still waits.",
    "Decide again. It cannot count twice.",
  ),
  notRecorded: words(
    "The gateway did not record the answer",
    "The answer was sent, and the request still waits on the gateway.",
    "Decide again. It cannot count twice.",
  ),
  messageUnconfirmed: words(
    "It is not known whether it arrived",
    "The connection broke while it was sent, and this gateway would run it twice if it had it.",
    "Look whether the agent answers it before you send it again.",
  ),
  notKept: words(
    "A rule’s answer was not sent",
    "It could not be written down first, because the disk did not take it.",
    "Decide yourself, and look whether the disk is full.",
  ),
  expired: words(
    "The time is over",
    "The request expired before the answer arrived, so nothing ran.",
    "The agent can ask again.",
  ),
  stale: words(
    "The connection changed in between",
    "The gateway was reached anew, so the answer was not sent to be safe.",
    "Look at the request again, then decide.",
  ),
  busy: words(
    "Too much at once",
    "More was asked of the gateway than it takes at a time.",
    "Try again in a moment.",
  ),
  tooLarge: words("Too large", "It is larger than the gateway takes.", "Send less at once."),
  notConnected: words(
    "The gateway is not connected",
    "Nothing can be asked of it now.",
    "Try again when it is back.",
  ),
  missingScope: words(
    "Not permitted",
    "Your sign-in at this gateway lacks the scope for it.",
    "Ask whoever runs the gateway for a token or a pairing that has it.",
  ),
  notSupported: words(
    "This gateway cannot do that",
    "It is an older one, without this method.",
    "Update the gateway to use it.",
  ),
  logNotOpened: words(
    "The log was not opened",
    "There is none yet, or nothing on this computer opens such a file.",
    "Any editor reads it. Where it lies is said above.",
  ),
  runFailed: words(
    "The run failed",
    "The agent stopped before it was done.",
    "Ask again when the cause is mended.",
  ),
  gatewayRefused: words(
    "The gateway refused",
    "It understood what was asked and did not do it.",
    "Its log may say more.",
  ),
  gatewayUnknown: words(
    "That gateway is not in the list",
    "It was removed in the meantime.",
    "Add it again if you want it.",
  ),
  gatewayExists: words(
    "That gateway is already in the list",
    "One with the same address was added before.",
    "Open it under Settings, Gateways.",
  ),
  sessionUnknown: words(
    "That session is gone",
    "The gateway no longer has it.",
    "Choose another one.",
  ),
  draftUnknown: words(
    "What was pasted is no longer there",
    "It is kept for a few minutes only.",
    "Paste it again.",
  ),
  nodeJoinLink: words(
    "This link pairs a node, not you",
    "It makes a computer a node of the gateway. Gatehouse connects as an operator.",
    "Ask for a setup code (“openclaw qr”) or a dashboard link.",
  ),
  linkUnreadable: words(
    "The link leads nowhere",
    "Something asked Gatehouse to open a link that it does not know. Nothing was done.",
    "If you clicked it yourself, ask whoever gave it to you for another one.",
  ),
  linkItemUnknown: words(
    "The request is not here",
    "The link names a request that no gateway of yours has, or that ended long ago.",
    "Look into the inbox; if its gateway is missing, add it first.",
  ),
  unreadablePaste: words(
    "Not recognised",
    "It is neither an address, nor a link, nor a setup code, nor a token.",
    "Copy it again, whole.",
  ),
  policyMoved: words(
    "The policy changed in the meantime",
    "Somebody saved another one after you began, so yours was not taken.",
    "Load what is in force, and make your change to that.",
  ),
  policyInvalid: words(
    "The policy was not taken",
    "It has errors, and a policy with errors holds nobody back.",
    "Mend what is listed, then save again.",
  ),
  undoGone: words(
    "It can no longer be brought back",
    "It is not kept any more, or something newer is in its place.",
    "Look into version control or a backup.",
  ),
  runGoesOn: words(
    "The run was not stopped",
    "The gateway stopped something else; the run that is shown goes on.",
    "Press Stop again, or decide what it waits for.",
  ),
  invalidInput: words(
    "That was not accepted",
    "A value has not the form that is needed.",
    "Check what was entered.",
  ),
  unknown: words(
    "The connection failed",
    "For a reason that Gatehouse does not know.",
    "It tries again by itself.",
  ),
  internal: words(
    "Something inside Gatehouse failed",
    "What you asked for was not done.",
    "Try again. If it stays, restart Gatehouse.",
  ),
  atLoginNotWritten: words(
    "It could not be set",
    "What your system starts when you log in is kept in a file, and this one cannot be written.",
    "Make the file or its folder yours, then try again.",
  ),
  startFolder: words(
    "Gatehouse cannot write where it keeps its data",
    "Without it nothing of what waits, is set or was decided could be kept, so it does not start.",
    "Make the folder yours and writable, and move aside what is in its place, then start Gatehouse again.",
  ),
  startDiskFull: words(
    "The disk is full",
    "Nothing of what waits, is set or was decided could be kept, so Gatehouse does not start.",
    "Make room on the disk, then start Gatehouse again.",
  ),
  startLaterVersion: words(
    "A later version of Gatehouse was here before",
    "What it keeps is written in a way that this version does not know. It was left as it is.",
    "Start the later version, or install it again.",
  ),
  startBusy: words(
    "Another program has Gatehouse’s data open",
    "Two at once would write over each other, so this one does not start.",
    "End the other program, or restart the computer, then start Gatehouse again.",
  ),
  startDatabase: words(
    "What Gatehouse keeps cannot be read",
    "Its database failed, so nothing of what waits or is set could be shown.",
    "Check the disk. If that is sound, move the folder away: Gatehouse then begins anew, and your gateways have to be added again.",
  ),
  startFailed: words(
    "Gatehouse could not start",
    "Something that it needs failed. Nothing was decided, and nothing was changed at your gateways.",
    "Start it again. If it stays, the log says more.",
  ),
  signedOut: words(
    "You were signed out",
    "Your session with the gateway ended, so this was not done.",
    "Sign in, look at it again, then try once more.",
  ),
  notShown: words(
    "This cannot be shown",
    "A fault in the window keeps it from being drawn. Nothing was decided, and nothing can be decided here.",
    "Try again. If it stays, answer what waits with `gatehouse approvals`, and report the fault.",
  ),
};

export const unknownProblem: ProblemWords = words(
  "The gateway refused",
  "It gave a reason that Gatehouse does not know.",
  "Its log may say more.",
);
