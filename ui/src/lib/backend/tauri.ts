/**
 * The desktop's backend, over the generated commands. With `bindings.ts` the only file of the page that
 * reaches `@tauri-apps/*`.
 *
 * Deliberately thin: it turns whatever a command throws into a `BackendError`, and a listener into a
 * subscription that can be ended at any time.
 */
import { Channel } from "@tauri-apps/api/core";
import { asBackendError, type Backend, type Unsubscribe } from "./backend";
import { commands, events } from "./bindings";
import type { Governance } from "./governance";
import type { AppInfo, ChatUpdate, Settings } from "./types";

type Commands = typeof commands;

/** Each command, throwing only `BackendError`. A refusal by the capabilities arrives as a bare string. */
const checked = new Proxy(commands, {
  get(target, name: keyof Commands) {
    const command = target[name] as (...args: unknown[]) => Promise<unknown>;
    return async (...args: unknown[]) => {
      try {
        return await command(...args);
      } catch (thrown) {
        throw asBackendError(thrown);
      }
    };
  },
});

type Listen<T> = (handler: (event: { payload: T }) => void) => Promise<Unsubscribe>;

/** `listen` answers later than its caller may lose interest, so an early unsubscribe is kept for then. */
function follow<T>(event: { listen: Listen<T> }, handler: (payload: T) => void): Unsubscribe {
  let wanted = true;
  let stop: Unsubscribe | undefined;
  void event
    .listen(({ payload }) => wanted && handler(payload))
    .then((unlisten) => {
      if (wanted) stop = unlisten;
      else unlisten();
    });
  return () => {
    wanted = false;
    stop?.();
  };
}

const done = (answer: Promise<unknown>): Promise<void> => answer.then(() => undefined);

function governance(): Governance {
  return {
    policyGet: (gateway) => checked.policyGet(gateway),
    policyValidate: (gateway, document, roles) => checked.policyValidate(gateway, document, roles),
    policySet: (input) => checked.policySet(input),
    policyCheck: (input) => checked.policyCheck(input),
    policySimulate: (input) => checked.policySimulate(input),

    grantsList: (gateway) => checked.grantsList(gateway),
    grantsPreview: (gateway, pattern, agent) => checked.grantsPreview(gateway, pattern, agent),
    grantRevoke: (gateway, id) => checked.grantRevoke(gateway, id),

    auditList: (query) => checked.auditList(query),
    auditRecord: (gateway, seq) => checked.auditRecord(gateway, seq),
    auditVerify: (gateway) => checked.auditVerify(gateway),
    auditExport: (input) => checked.auditExport(input),

    agentCredentialsList: (gateway) => checked.agentCredentialsList(gateway),
    agentCredentialSet: (input) => done(checked.agentCredentialSet(input)),
    agentCredentialRotate: (input) => done(checked.agentCredentialRotate(input)),
    agentCredentialDelete: (gateway, name) => checked.agentCredentialDelete(gateway, name),

    agentsList: (gateway) => checked.agentsList(gateway),

    configurationState: (gateway) => checked.configurationState(gateway),
    undoList: (gateway, session) => checked.undoList(gateway, session),
    undoRestore: (gateway, id) => checked.undoRestore(gateway, id),

    autoAnswers: () => checked.autoAnswers(),
    autoAnswersPause: (paused) => checked.autoAnswersPause(paused),
    autoRuleSave: (rule) => checked.autoRuleSave(rule),
    autoRuleRemove: (id) => checked.autoRuleRemove(id),
  };
}

export function tauriBackend(): Backend {
  return {
    capabilities: {
      editGateways: true,
      notifications: true,
      secretStore: true,
      openExternal: true,
      log: true,
      signOut: false,
      autoAnswers: true,
      resident: true,
    },

    appInfo: () => checked.appInfo() as Promise<AppInfo>,
    settingsSave: (settings) => checked.settingsSave(settings) as Promise<Settings>,
    lossesSeen: () => done(checked.lossesSeen()),
    notificationTest: () => checked.notificationTest(),
    windowReady: () => done(checked.windowReady()),
    windowHolds: (unsaved) => done(checked.windowHolds(unsaved)),
    windowClose: () => done(checked.windowClose()),
    quit: () => done(checked.appQuit()),
    atLogin: () => checked.atLogin(),
    atLoginSet: (on) => checked.atLoginSet(on),
    openExternal: (url) => done(checked.openExternal(url)),
    openLog: () => done(checked.openLog()),

    signOut: () => Promise.resolve(),

    secretStoreState: () => checked.secretStoreState(),
    secretStoreChoose: (choice, passphrase) => checked.secretStoreChoose(choice, passphrase),
    secretStoreUnlock: (passphrase) => checked.secretStoreUnlock(passphrase),

    gatewaysList: () => checked.gatewaysList(),
    gatewayRecognise: (text) => checked.gatewayRecognise(text),
    gatewayDiscover: () => checked.gatewayDiscover(),
    draftDrop: (draft) => done(checked.draftDrop(draft)),
    gatewayAdd: (input) => checked.gatewayAdd(input),
    gatewayEdit: (input) => checked.gatewayEdit(input),
    gatewayRemove: (id) => done(checked.gatewayRemove(id)),
    gatewayReconnect: (id) => done(checked.gatewayReconnect(id)),
    gatewayPause: (id, paused) => done(checked.gatewayPause(id, paused)),
    credentialRotate: (id, secret) => checked.credentialRotate(id, secret),
    credentialForget: (id) => checked.credentialForget(id),
    gatewayDiagnose: (id) => checked.gatewayDiagnose(id),

    ...governance(),

    inboxSnapshot: () => checked.inboxSnapshot(),
    inboxItem: (key) => checked.inboxItem(key),
    inboxDecide: (input) => checked.inboxDecide(input),

    sessionsSnapshot: () => checked.sessionsSnapshot(),
    sessionsRefresh: (gateway) => done(checked.sessionsRefresh(gateway)),
    sessionsSearch: (text) => checked.sessionsSearch(text),
    sessionCreate: (input) => checked.sessionCreate(input),
    sessionPatch: (input) => done(checked.sessionPatch(input)),
    sessionRead: (session) => done(checked.sessionRead(session)),
    sessionDelete: (session) => done(checked.sessionDelete(session)),

    chatOpen: (session, onUpdates) => {
      const channel = new Channel<ChatUpdate[]>();
      channel.onmessage = onUpdates;
      return checked.chatOpen(session, channel);
    },
    chatClose: (session) => done(checked.chatClose(session)),
    chatOlder: (session, before) => checked.chatOlder(session, before),
    chatSend: (message) => checked.chatSend(message),
    chatRetry: (session, id) => done(checked.chatRetry(session, id)),
    chatAbort: (session) => done(checked.chatAbort(session)),

    onGatewaysChanged: (handler) => follow(events.gatewaysChanged, handler),
    onInboxChanged: (handler) => follow(events.inboxChanged, handler),
    onSessionsChanged: (handler) => follow(events.sessionsChanged, handler),
    onSecretsChanged: (handler) => follow(events.secretsChanged, handler),
    onOpen: (handler) => follow(events.open, handler),
    onCloseAsked: (handler) => follow(events.closeAsked, () => handler()),
    // Nothing comes between this page and its own process.
    onInterrupted: () => () => undefined,
    onSettingsChanged: (handler) => follow(events.settingsChanged, (it) => handler(it as Settings)),
  };
}
