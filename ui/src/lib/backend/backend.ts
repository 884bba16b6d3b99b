/**
 * The page's whole outside world. Everything that is not drawing goes through this interface, so that the
 * same page runs in the desktop window, in a test and against a fake.
 *
 * No method takes or gives a gateway's method name or raw frame, and none returns a secret.
 */
import type { Governance } from "./governance";
import type {
  AddGateway,
  AppInfo,
  ChatSnapshot,
  ChatUpdate,
  DecideInput,
  DiagnosisView,
  EditGateway,
  Discovered,
  GatewayId,
  GatewayView,
  InboxChange,
  InboxItemDetail,
  InboxItemView,
  InboxSnapshot,
  ItemKey,
  MessageView,
  NewSession,
  NotificationSupport,
  OlderMessages,
  Opening,
  PatchSession,
  Recognised,
  SearchHit,
  SecretInput,
  SecretStoreChoice,
  SecretStoreView,
  SendMessage,
  SessionRef,
  SessionsChange,
  SessionsSnapshot,
  Settings,
} from "./types";

export type Unsubscribe = () => void;

/** What this backend can do. Ask this, never the platform. */
export type Capabilities = {
  /** Gateways can be added, changed and removed from here. */
  editGateways: boolean;
  /** A sample notification can be shown. */
  notifications: boolean;
  /** Where secrets are kept can be chosen. */
  secretStore: boolean;
  /** Links open in the person's browser. */
  openExternal: boolean;
  /** The app keeps a log that can be opened from here. */
  log: boolean;
  /** The person signed in to get here, and can sign out. */
  signOut: boolean;
  /** The app goes on without its window: it can be ended from here, and started with the session. */
  resident: boolean;
  /** Rules can answer here for gateways that keep no policy of their own. */
  autoAnswers: boolean;
};

/** Why a call failed, as data; `lib/errors` has the words. */
export class BackendError extends Error {
  override readonly name = "BackendError";

  constructor(
    readonly code: string,
    message: string,
    readonly retryable: boolean,
  ) {
    super(message);
  }
}

/** Makes a `BackendError` of whatever was thrown; nothing else leaves a backend. */
export function asBackendError(thrown: unknown): BackendError {
  if (thrown instanceof BackendError) return thrown;
  if (isCommandError(thrown)) {
    return new BackendError(thrown.code, thrown.message, thrown.retryable);
  }
  // A refusal by the capabilities and a bad argument come as a bare string.
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new BackendError("internal", message, false);
}

function isCommandError(
  value: unknown,
): value is { code: string; message: string; retryable: boolean } {
  if (typeof value !== "object" || value === null) return false;
  const { code, message } = value as Record<string, unknown>;
  return typeof code === "string" && typeof message === "string";
}

/**
 * How hearing of changes was interrupted. `missed`: some may not have been heard, so what is shown has to be read
 * again. `restarted`: what was shown is of a session that is over, and nothing of it may be decided; `missed` follows
 * once there is something to read.
 */
export type Interruption = "missed" | "restarted";

export interface Backend extends Governance {
  readonly capabilities: Capabilities;

  appInfo(): Promise<AppInfo>;
  settingsSave(settings: Settings): Promise<Settings>;
  /** What of the app's own records could not be read was seen, and is not told again. */
  lossesSeen(): Promise<void>;
  notificationTest(): Promise<NotificationSupport>;
  /** The first useful paint is on the screen. */
  windowReady(): Promise<void>;
  /** Whether something is on the page that was begun and would be lost with it. */
  windowHolds(unsaved: boolean): Promise<void>;
  /** Closes the window, and goes on without it. */
  windowClose(): Promise<void>;
  /** Ends the app. */
  quit(): Promise<void>;
  /** Whether the app starts with the session; null where it cannot. */
  atLogin(): Promise<boolean | null>;
  atLoginSet(on: boolean): Promise<boolean | null>;
  /** Opens an http(s) link outside of the app. The page asks the person first. */
  openExternal(url: string): Promise<void>;
  /** Opens the app's log outside of the app. */
  openLog(): Promise<void>;

  /** Ends what the sign-in began. */
  signOut(): Promise<void>;

  secretStoreState(): Promise<SecretStoreView>;
  secretStoreChoose(choice: SecretStoreChoice, passphrase: string | null): Promise<SecretStoreView>;
  secretStoreUnlock(passphrase: string | null): Promise<SecretStoreView>;

  gatewaysList(): Promise<GatewayView[]>;
  gatewayRecognise(text: string): Promise<Recognised>;
  gatewayDiscover(): Promise<Discovered>;
  draftDrop(draft: string): Promise<void>;
  gatewayAdd(input: AddGateway): Promise<GatewayView>;
  gatewayEdit(input: EditGateway): Promise<GatewayView>;
  gatewayRemove(id: GatewayId): Promise<void>;
  gatewayReconnect(id: GatewayId): Promise<void>;
  gatewayPause(id: GatewayId, paused: boolean): Promise<void>;
  credentialRotate(id: GatewayId, secret: SecretInput): Promise<GatewayView>;
  credentialForget(id: GatewayId): Promise<GatewayView>;
  /** Walks the way to a gateway, step by step. Changes nothing. */
  gatewayDiagnose(id: GatewayId): Promise<DiagnosisView>;

  inboxSnapshot(): Promise<InboxSnapshot>;
  inboxItem(key: ItemKey): Promise<InboxItemDetail>;
  inboxDecide(input: DecideInput): Promise<InboxItemView>;

  sessionsSnapshot(): Promise<SessionsSnapshot>;
  sessionsRefresh(gateway: GatewayId): Promise<void>;
  sessionsSearch(text: string): Promise<SearchHit[]>;
  sessionCreate(input: NewSession): Promise<SessionRef>;
  sessionPatch(input: PatchSession): Promise<void>;
  /** Tells the session's gateway that it was read, so that other clients show it so. */
  sessionRead(session: SessionRef): Promise<void>;
  sessionDelete(session: SessionRef): Promise<void>;

  /** Opens a chat. Updates may arrive before the snapshot is returned; they belong on top of it, in order. */
  chatOpen(session: SessionRef, onUpdates: (updates: ChatUpdate[]) => void): Promise<ChatSnapshot>;
  chatClose(session: SessionRef): Promise<void>;
  chatOlder(session: SessionRef, before: string): Promise<OlderMessages>;
  chatSend(message: SendMessage): Promise<MessageView>;
  chatRetry(session: SessionRef, id: string): Promise<void>;
  chatAbort(session: SessionRef): Promise<void>;

  onGatewaysChanged(handler: (gateways: GatewayView[]) => void): Unsubscribe;
  onInboxChanged(handler: (change: InboxChange) => void): Unsubscribe;
  onSessionsChanged(handler: (change: SessionsChange) => void): Unsubscribe;
  onSecretsChanged(handler: (state: SecretStoreView) => void): Unsubscribe;
  /** Something was asked for outside of the page: a click on a notification or in the tray, a link. */
  onOpen(handler: (opening: Opening) => void): Unsubscribe;
  onSettingsChanged(handler: (settings: Settings) => void): Unsubscribe;
  /** The window is about to be closed, and nothing but the page can say that the app goes on without it. */
  onCloseAsked(handler: () => void): Unsubscribe;
  onInterrupted(handler: (how: Interruption) => void): Unsubscribe;
}
