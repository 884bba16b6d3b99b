/**
 * The shapes that cross the bridge, as `crates/fleet/src/view` defines them. Plain data, never a secret.
 *
 * Times are milliseconds since the Unix epoch. Text that an agent or a gateway wrote arrives escaped:
 * control, invisible and bidi characters stand as `⟨U+202E⟩`.
 */

export type Millis = number;
export type GatewayId = string;
/** Names one item over all gateways. Opaque: compare it, send it back, take nothing out of it. */
export type ItemKey = string;

// ---- gateways ---------------------------------------------------------------------------------------

export type ProblemView = {
  code: string;
  detail: string | null;
  requestId: string | null;
  deviceId: string | null;
};

export type ConnectionView =
  | { kind: "paused" }
  | { kind: "connecting"; attempt: number }
  | { kind: "ready"; since: Millis }
  | { kind: "backoff"; until: Millis; attempt: number; problem: ProblemView }
  | { kind: "pairingRequired"; problem: ProblemView }
  | { kind: "stopped"; problem: ProblemView };

export type CredentialKind = "none" | "token" | "password" | "setupCode";
export type SecretPlace = "keychain" | "encryptedFile" | "memory" | "nowhere";

export type CredentialView = {
  kind: CredentialKind;
  place: SecretPlace;
  hasDeviceToken: boolean;
  savedAt: Millis | null;
};

export type GatewayView = {
  id: GatewayId;
  name: string;
  url: string;
  connection: ConnectionView;
  credential: CredentialView;
  protocol: number | null;
  serverVersion: string | null;
  scopes: string[];
  pin: string | null;
  waiting: number;
  running: number;
  lastSeen: Millis | null;
  maxAttachmentBytes: number | null;
};

export type SecretStoreView =
  | { kind: "ready"; place: SecretPlace }
  | { kind: "keychainLocked" }
  | { kind: "choiceNeeded"; reason: string }
  | { kind: "passphraseNeeded"; wrong: boolean };

export type SecretStoreChoice = "keychain" | "encryptedFile" | "memory";

export type PastedForm =
  "url" | "dashboardLink" | "setupCode" | "bareToken" | "addLink" | "nodeJoinLink" | "unknown";

export type Recognised = {
  form: PastedForm;
  draft: string | null;
  url: string | null;
  name: string | null;
  credential: CredentialKind;
  problem: ProblemView | null;
};

export type FoundGateway = {
  draft: string;
  url: string;
  name: string;
  credential: CredentialKind;
  source: string;
  alreadyAdded: boolean;
};

export type SecretInput = { kind: CredentialKind; value: string };

export type AddGateway = {
  url: string;
  name: string;
  draft: string | null;
  secret: SecretInput | null;
  pin: string | null;
};

export type EditGateway = { id: GatewayId; url: string; name: string; pin: string | null };

// ---- inbox ------------------------------------------------------------------------------------------

export type ItemKind = "exec" | "plugin" | "system" | "question" | "devicePairing" | "nodePairing";
export type Decision = "allowOnce" | "allowAlways" | "deny" | "approve" | "reject";
export type Surface = "window" | "notification" | "tray" | "approvalWindow";

export type PhaseView =
  | { kind: "waiting"; problem: ProblemView | null }
  | { kind: "deciding"; decision: Decision; surface: Surface }
  | { kind: "decided"; decision: Decision; by: string | null; byThisApp: boolean; at: Millis }
  | { kind: "expired"; at: Millis }
  | { kind: "gone"; at: Millis }
  | { kind: "unreachable"; since: Millis; wasDeciding: Decision | null };

export type InboxItemView = {
  key: ItemKey;
  gateway: GatewayId;
  gatewayName: string;
  kind: ItemKind;
  phase: PhaseView;
  subject: string;
  subjectCut: boolean;
  agent: string | null;
  session: string | null;
  cwd: string | null;
  host: string | null;
  offered: Decision[];
  createdAt: Millis;
  expiresAt: Millis | null;
  revision: number;
};

export type FactLabel =
  | "plugin"
  | "tool"
  | "severity"
  | "description"
  | "device"
  | "platform"
  | "address"
  | "role"
  | "scopes"
  | "clientId"
  | "version";

export type Fact = { label: FactLabel; value: string };
export type UnavailableDecision = { decision: Decision; reason: string | null };
export type QuestionOption = { value: string; label: string; description: string | null };

export type InboxItemDetail = {
  item: InboxItemView;
  subject: string;
  escapedCharacters: number;
  argv: string[];
  resolvedPath: string | null;
  node: string | null;
  run: string | null;
  toolCall: string | null;
  security: string | null;
  ask: string | null;
  warnings: string[];
  unavailable: UnavailableDecision[];
  others: string[];
  context: string | null;
  facts: Fact[];
  options: QuestionOption[];
};

export type InboxSnapshot = { revision: number; items: InboxItemView[]; waiting: number };
export type InboxChange = {
  revision: number;
  changed: InboxItemView[];
  removed: ItemKey[];
  waiting: number;
};

export type DecideInput = {
  key: ItemKey;
  decision: Decision;
  revision: number;
  answer: string[] | null;
};

// ---- sessions ---------------------------------------------------------------------------------------

export type SessionRef = { gateway: GatewayId; key: string };
export type SessionActivity = "idle" | "running" | "waitingForApproval" | "failed" | "aborted";

export type SessionView = {
  session: SessionRef;
  title: string;
  agent: string | null;
  kind: string | null;
  channel: string | null;
  model: string | null;
  activity: SessionActivity;
  unread: boolean;
  pinned: boolean;
  archived: boolean;
  updatedAt: Millis | null;
  preview: string | null;
  totalTokens: number | null;
  contextTokens: number | null;
  costUsd: number | null;
  cached: boolean;
};

export type SessionsSnapshot = {
  revision: number;
  sessions: SessionView[];
  loading: GatewayId[];
};
export type SessionsChange = {
  revision: number;
  changed: SessionView[];
  removed: SessionRef[];
  loading: GatewayId[];
};
export type NewSession = { gateway: GatewayId; agent: string | null; label: string | null };
export type PatchSession = {
  session: SessionRef;
  label: string | null;
  pinned: boolean | null;
  archived: boolean | null;
};
export type SearchHit = {
  session: SessionRef;
  title: string;
  message: string;
  excerpt: string;
  at: Millis | null;
};

// ---- chat -------------------------------------------------------------------------------------------

export type AttachmentLimits = { maxBytes: number | null; maxCount: number };

export type RunView =
  | { kind: "idle" }
  | { kind: "running"; run: string; phase: string | null; since: Millis }
  | { kind: "waitingForApproval"; run: string; item: ItemKey | null; since: Millis }
  | { kind: "aborting"; run: string }
  | { kind: "unknown"; run: string };

export type Role = "user" | "assistant" | "system";

export type MessageState =
  | { kind: "done" }
  | { kind: "sending" }
  | { kind: "failed"; problem: ProblemView }
  | { kind: "streaming" }
  | { kind: "aborted" }
  | { kind: "errored"; problem: ProblemView };

export type ToolState =
  "running" | "waitingForApproval" | "done" | "failed" | "denied" | "interrupted";

export type ToolView = {
  id: string;
  name: string;
  summary: string;
  arguments: string | null;
  state: ToolState;
  output: string;
  outputCut: boolean;
  exitCode: number | null;
  durationMs: number | null;
  approval: ItemKey | null;
  decision: Decision | null;
};

export type BlockView =
  | { kind: "text"; text: string }
  | { kind: "thinking"; text: string }
  | { kind: "tool"; tool: ToolView }
  | { kind: "image"; mime: string; data: string | null; name: string | null }
  | { kind: "file"; name: string; mime: string | null; bytes: number | null };

export type MessageView = {
  id: string;
  role: Role;
  at: Millis | null;
  blocks: BlockView[];
  state: MessageState;
  model: string | null;
  tokens: number | null;
  costUsd: number | null;
};

export type ChatSnapshot = {
  session: SessionRef;
  title: string;
  model: string | null;
  messages: MessageView[];
  hasOlder: boolean;
  run: RunView;
  cached: boolean;
  limits: AttachmentLimits;
  contextTokens: number | null;
  totalTokens: number | null;
};

export type ChatUpdate =
  | { kind: "reset"; snapshot: ChatSnapshot }
  | { kind: "message"; message: MessageView }
  | { kind: "renamed"; from: string; to: string }
  | { kind: "removed"; id: string }
  | { kind: "append"; id: string; block: number; text: string }
  | { kind: "toolOutput"; id: string; tool: string; text: string }
  | { kind: "tool"; id: string; tool: ToolView }
  | { kind: "run"; run: RunView }
  | { kind: "usage"; contextTokens: number | null; totalTokens: number | null }
  | { kind: "connection"; gateway: GatewayId; online: boolean };

export type OlderMessages = { messages: MessageView[]; hasOlder: boolean };
export type AttachmentInput = { name: string; mime: string; data: string };
export type SendMessage = {
  session: SessionRef;
  id: string;
  text: string;
  attachments: AttachmentInput[];
};

// ---- settings and the app ----------------------------------------------------------------------------

export type NotificationDetail = "full" | "private";
export type Theme = "system" | "light" | "dark";
export type Density = "compact" | "comfortable";

export type NotificationSettings = {
  approvals: boolean;
  detail: NotificationDetail;
  runFinished: boolean;
  runFailed: boolean;
  gatewayLost: boolean;
  sound: boolean;
};
export type AppearanceSettings = { theme: Theme; density: Density; reduceMotion: boolean };
export type Settings = { notifications: NotificationSettings; appearance: AppearanceSettings };

export type Platform = "linux" | "macos" | "windows" | "browser";
export type NotificationSupport =
  { kind: "actions"; server: string } | { kind: "noActions"; server: string } | { kind: "none" };

export type AppInfo = {
  version: string;
  platform: Platform;
  secrets: SecretStoreView;
  notifications: NotificationSupport;
  settings: Settings;
  openItem: ItemKey | null;
};

export type CommandError = { code: string; message: string; retryable: boolean };
