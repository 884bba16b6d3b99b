/**
 * The browser's backend: the page as a gateway serves it as its control UI. The same commands as the desktop's, by
 * HTTP, and one stream of server-sent events for each tab.
 *
 * The credential is typed into the sign-in form and sent once. What keeps the session is a cookie that scripts
 * cannot read; nothing about it is stored here.
 */
import { asBackendError, BackendError, type Backend, type Unsubscribe } from "./backend";
import { download } from "./download";
import type { Governance } from "./governance";
import { TabStream } from "./http-events";
import type { AuditExportPage, ChatUpdate, SessionRef } from "./types";

const API = "/control/api";

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

const call = <T>(command: string, args: Record<string, unknown> = {}): Promise<T> =>
  post(`${API}/call/${command}`, args) as Promise<T>;

/** For what only the desktop has. The page asks `capabilities` first, so nobody gets here. */
function onlyOnTheDesktop(): Promise<never> {
  const words = "This can be done in the desktop app only.";
  return Promise.reject(new BackendError("onlyOnTheDesktop", words, false));
}

const sameSession = (a: SessionRef, b: SessionRef) => a.gateway === b.gateway && a.key === b.key;

function governance(): Governance {
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

/** `signedOut` is called when the server no longer knows this browser. */
export function httpBackend(signedOut: () => void): Backend {
  const stream = new TabStream(`${API}/events`, async () => {
    const session = await browserSession();
    if (session && !session.signedIn) signedOut();
  });
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
    },

    appInfo: () => call("app_info"),
    settingsSave: (settings) => call("settings_save", { settings }),
    notificationTest: onlyOnTheDesktop,
    windowReady: () => Promise.resolve(),
    openExternal: (url) => {
      window.open(url, "_blank", "noopener,noreferrer");
      return Promise.resolve();
    },

    openLog: onlyOnTheDesktop,

    signOut: async () => {
      await fetch(`${API}/session`, { method: "DELETE" });
      signedOut();
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

    ...governance(),

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

    chatOpen: async (session, onUpdates) => {
      const { tab } = await stream.opened();
      chats.get(nameOf(session))?.();
      // Heard before the snapshot is asked for, so that no update falls between the two.
      const stop = follow<{ session: SessionRef; updates: ChatUpdate[] }>("chat", (it) => {
        if (sameSession(it.session, session)) onUpdates(it.updates);
      });
      chats.set(nameOf(session), stop);
      try {
        return await (post(`${API}/chat`, { session, tab }) as ReturnType<Backend["chatOpen"]>);
      } catch (thrown) {
        stop();
        throw thrown;
      }
    },
    chatClose: (session) => {
      chats.get(nameOf(session))?.();
      chats.delete(nameOf(session));
      return call("chat_close", { session });
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
    onSettingsChanged: (handler) => follow("settingsChanged", handler),
  };
}
