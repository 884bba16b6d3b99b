/**
 * The browser's backend: the page as a gateway serves it as its control UI. The same commands as the desktop's, by
 * HTTP, and one stream of server-sent events for each tab.
 *
 * The credential is typed into the sign-in form and sent once. What keeps the session is a cookie that scripts
 * cannot read; nothing about it is stored here.
 */
import {
  asBackendError,
  BackendError,
  type Backend,
  type Interruption,
  type Unsubscribe,
} from "./backend";
import { download } from "./download";
import type { Governance } from "./governance";
import { TabStream } from "./http-events";
import { Tabs } from "./http-tabs";
import type { AuditExportPage, ChatUpdate, SessionRef } from "./types";

const API = "/control/api";

/** A page that only listens says so often enough that it stays signed in: half a day is what the gateway allows. */
const RENEW_MS = 60 * 60 * 1000;

/** What the tabs of a browser tell each other. */
const TABS = "gatehouse-tabs";
const SIGNED_OUT = "signed out";

/** Whether this browser is signed in, and what the gateway is called. */
export type BrowserSession = { signedIn: boolean; name: string };

/** Asks the server; `null` when it is no gateway's control UI. */
export async function browserSession(): Promise<BrowserSession | null> {
  const response = await fetch(`${API}/session`).catch(() => null);
  return response?.ok ? ((await response.json()) as BrowserSession) : null;
}

/** Signs in. Without a credential it succeeds where the gateway asks for none. */
export async function signIn(credential: string | null): Promise<void> {
  await post(`${API}/session`, { credential });
}

/** Posts JSON and gives the answer, throwing only `BackendError`. */
async function post(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch((thrown: unknown) => {
    throw new BackendError("unreachable", String(thrown), true);
  });
  if (response.status === 204) return undefined;
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  const failed = asBackendError(answer ?? `HTTP ${response.status}`);
  const retryable = failed.retryable || response.status === 503;
  throw new BackendError(failed.code, failed.message, retryable);
}

/** For what only the desktop has. The page asks `capabilities` first, so nobody gets here. */
function onlyOnTheDesktop(): Promise<never> {
  const words = "This can be done in the desktop app only.";
  return Promise.reject(new BackendError("onlyOnTheDesktop", words, false));
}

type Call = <T>(command: string, args?: Record<string, unknown>) => Promise<T>;

const sameSession = (a: SessionRef, b: SessionRef) => a.gateway === b.gateway && a.key === b.key;

function governance(call: Call): Governance {
  return {
    policyGet: (gateway) => call("policy_get", { gateway }),
    policyValidate: (gateway, document, roles) =>
      call("policy_validate", { gateway, document, roles }),
    policySet: (input) => call("policy_set", { input }),
    policyCheck: (input) => call("policy_check", { input }),
    policySimulate: (input) => call("policy_simulate", { input }),

    grantsList: (gateway) => call("grants_list", { gateway }),
    grantsPreview: (gateway, pattern, agent) => call("grants_preview", { gateway, pattern, agent }),
    grantRevoke: (gateway, id) => call("grant_revoke", { gateway, id }),

    auditList: (query) => call("audit_list", { query }),
    auditRecord: (gateway, seq) => call("audit_record", { gateway, seq }),
    auditVerify: (gateway) => call("audit_verify", { gateway }),
    auditExport: (input) =>
      download(input, (after) => call<AuditExportPage>("audit_export_page", { input, after })),

    agentCredentialsList: (gateway) => call("agent_credentials_list", { gateway }),
    agentCredentialSet: (input) => call("agent_credential_set", { input }),
    agentCredentialRotate: (input) => call("agent_credential_rotate", { input }),
    agentCredentialDelete: (gateway, name) => call("agent_credential_delete", { gateway, name }),

    agentsList: (gateway) => call("agents_list", { gateway }),

    configurationState: (gateway) => call("configuration_state", { gateway }),
    undoList: (gateway, session) => call("undo_list", { gateway, session }),
    undoRestore: (gateway, id) => call("undo_restore", { gateway, id }),

    autoAnswers: () => Promise.resolve({ paused: false, rules: [], answered: [] }),
    autoAnswersPause: onlyOnTheDesktop,
    autoRuleSave: onlyOnTheDesktop,
    autoRuleRemove: onlyOnTheDesktop,
  };
}

/**
 * The session with the gateway, for as long as the page is open. It can end under the page: the gateway was restarted,
 * or nobody was here for half a day. Then the person signs in again over what they were doing.
 */
class Session {
  readonly stream: TabStream;
  readonly #interrupted = new Set<(how: Interruption) => void>();
  #renewing: Promise<void> | undefined;
  #heardOf = Date.now();

  constructor(
    /** Signs in again; false where that could not be asked. */
    private readonly signInAgain: () => Promise<boolean>,
  ) {
    const tabs = new Tabs(() => this.stream.again());
    const lost = async () => {
      const session = await browserSession();
      if (session && !session.signedIn) await this.#renew();
    };
    this.stream = new TabStream(`${API}/events`, lost, (url) => tabs.connect(url));
    this.stream.onStandsAgain(() => this.#tell("missed"));
    this.stream.onTick(() => {
      if (Date.now() - this.#heardOf < RENEW_MS) return;
      this.#heardOf = Date.now();
      void browserSession();
    });
  }

  async post(url: string, body: unknown): Promise<unknown> {
    this.#heardOf = Date.now();
    try {
      return await post(url, body);
    } catch (thrown) {
      const failed = asBackendError(thrown);
      if (failed.code !== "unauthorized") throw failed;
      // Never sent again by itself: what it was about may be another after the sign-in.
      void this.#renew();
      throw new BackendError("signedOut", failed.message, true);
    }
  }

  onInterrupted(handler: (how: Interruption) => void): Unsubscribe {
    this.#interrupted.add(handler);
    return () => this.#interrupted.delete(handler);
  }

  /** Asks once, however many calls find out. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#begin().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #begin(): Promise<void> {
    if (!(await this.signInAgain())) return;
    this.#tell("restarted");
    this.stream.again();
  }

  #tell(how: Interruption): void {
    for (const handler of this.#interrupted) handler(how);
  }
}

/** Calls back when this browser signed out in another tab, and gives what tells the others of this one. */
function otherTabs(leave: () => void): () => void {
  if (typeof BroadcastChannel === "undefined") return () => undefined;
  const channel = new BroadcastChannel(TABS);
  channel.onmessage = ({ data }) => {
    if (data === SIGNED_OUT) leave();
  };
  return () => channel.postMessage(SIGNED_OUT);
}

/** `leave` is called when the person signed out: nothing of what was shown stays. */
export function httpBackend(signInAgain: () => Promise<boolean>, leave: () => void): Backend {
  const session = new Session(signInAgain);
  const { stream } = session;
  const call: Call = <T>(command: string, args: Record<string, unknown> = {}) =>
    session.post(`${API}/call/${command}`, args) as Promise<T>;
  /** The browser asks before it closes a tab on which something was begun. */
  let holds = false;
  window.addEventListener("beforeunload", (event) => {
    if (holds) event.preventDefault();
  });
  const leaveForGood = () => {
    holds = false;
    leave();
  };
  const tellOthers = otherTabs(leaveForGood);
  const follow = <T>(name: string, handler: (payload: T) => void): Unsubscribe =>
    stream.follow(name, handler as (payload: unknown) => void);
  /** Asks only once changes are heard: what changes between a snapshot and the stream would be lost. */
  const snapshot = async <T>(command: string): Promise<T> => {
    await stream.opened();
    return call<T>(command);
  };
  const chats = new Map<string, Unsubscribe>();
  const nameOf = ({ gateway, key }: SessionRef) => `${gateway}\n${key}`;

  return {
    capabilities: {
      editGateways: false,
      notifications: false,
      secretStore: false,
      openExternal: true,
      log: false,
      signOut: true,
      autoAnswers: false,
      resident: false,
    },

    appInfo: () => call("app_info"),
    settingsSave: (settings) => call("settings_save", { settings }),
    lossesSeen: () => call("losses_seen"),
    notificationTest: onlyOnTheDesktop,
    windowReady: () => Promise.resolve(),
    windowHolds: (unsaved) => {
      holds = unsaved;
      return Promise.resolve();
    },
    windowClose: onlyOnTheDesktop,
    quit: onlyOnTheDesktop,
    atLogin: () => Promise.resolve(null),
    atLoginSet: onlyOnTheDesktop,
    openExternal: (url) => {
      window.open(url, "_blank", "noopener,noreferrer");
      return Promise.resolve();
    },

    openLog: onlyOnTheDesktop,

    signOut: async () => {
      await fetch(`${API}/session`, { method: "DELETE" });
      tellOthers();
      leaveForGood();
    },

    secretStoreState: () => snapshot("secret_store_state"),
    secretStoreChoose: onlyOnTheDesktop,
    secretStoreUnlock: onlyOnTheDesktop,

    gatewaysList: () => snapshot("gateways_list"),
    gatewayRecognise: onlyOnTheDesktop,
    gatewayDiscover: () => Promise.resolve({ gateways: [], broken: [] }),
    draftDrop: () => Promise.resolve(),
    gatewayAdd: onlyOnTheDesktop,
    gatewayEdit: onlyOnTheDesktop,
    gatewayRemove: onlyOnTheDesktop,
    gatewayReconnect: (id) => call("gateway_reconnect", { id }),
    gatewayPause: onlyOnTheDesktop,
    credentialRotate: onlyOnTheDesktop,
    credentialForget: onlyOnTheDesktop,
    gatewayDiagnose: onlyOnTheDesktop,

    ...governance(call),

    inboxSnapshot: () => snapshot("inbox_snapshot"),
    inboxItem: (key) => call("inbox_item", { key }),
    inboxDecide: (input) => call("inbox_decide", { input }),

    sessionsSnapshot: () => snapshot("sessions_snapshot"),
    sessionsRefresh: (gateway) => call("sessions_refresh", { gateway }),
    sessionsSearch: (text) => call("sessions_search", { text }),
    sessionCreate: (session) => call("session_create", { session }),
    sessionPatch: (patch) => call("session_patch", { patch }),
    sessionRead: (session) => call("session_read", { session }),
    sessionDelete: (session) => call("session_delete", { session }),

    chatOpen: async (of, onUpdates) => {
      const { tab } = await stream.owned();
      chats.get(nameOf(of))?.();
      // Heard before the snapshot is asked for, so that no update falls between the two.
      const stop = follow<{ session: SessionRef; updates: ChatUpdate[] }>("chat", (it) => {
        if (sameSession(it.session, of)) onUpdates(it.updates);
      });
      chats.set(nameOf(of), stop);
      try {
        const opened = session.post(`${API}/chat`, { session: of, tab });
        return await (opened as ReturnType<Backend["chatOpen"]>);
      } catch (thrown) {
        stop();
        throw thrown;
      }
    },
    chatClose: async (of) => {
      chats.get(nameOf(of))?.();
      chats.delete(nameOf(of));
      // A stream that ended took its transcripts along.
      if (stream.standing === null) return;
      await session.post(`${API}/chat/close`, { session: of, tab: stream.standing });
    },
    chatOlder: (session, before) => call("chat_older", { session, before }),
    chatSend: (message) => call("chat_send", { message }),
    chatRetry: (session, id) => call("chat_retry", { session, id }),
    chatAbort: (session) => call("chat_abort", { session }),

    onGatewaysChanged: (handler) => follow("gatewaysChanged", handler),
    onInboxChanged: (handler) => follow("inboxChanged", handler),
    onSessionsChanged: (handler) => follow("sessionsChanged", handler),
    onSecretsChanged: (handler) => follow("secretsChanged", handler),
    onOpen: () => () => undefined,
    onCloseAsked: () => () => undefined,
    onSettingsChanged: (handler) => follow("settingsChanged", handler),
    onInterrupted: (handler) => session.onInterrupted(handler),
  };
}
