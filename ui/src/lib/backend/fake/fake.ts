/**
 * A backend with no desktop and no gateway behind it: for development, component tests and the screens check.
 * The production bundle does not hold it.
 *
 * It keeps the promises of the real one: only offered decisions are taken, a changed revision is refused,
 * the gateway's record follows a moment after a decision, and no secret ever comes back.
 */
import { BackendError, type Backend, type Interruption } from "../backend";
import type {
  AppInfo,
  ChatUpdate,
  DecideInput,
  GatewayView,
  InboxChange,
  InboxItemDetail,
  InboxItemView,
  ItemKey,
  Opening,
  SecretStoreView,
  SessionRef,
  SessionsChange,
  SessionView,
  Settings,
} from "../types";
import { FakeChat } from "./chat";
import { Emitter } from "./emitter";
import { gatewaysOf } from "./gateways";
import { discover, gatewayCalls } from "./gateway-calls";
import { governanceCalls } from "./governance";
import { decided, inboxOf } from "./inbox";
import { lossesOf } from "./losses";
import { scenario, type Scenario } from "./scenario";
import { sessionsOf } from "./sessions";

export type FakeControls = {
  /** A request arrives, as if a gateway had sent it. */
  request(fields: Partial<InboxItemView>): InboxItemView;
  /** A request changes under the person's eyes. */
  change(key: ItemKey, fields: Partial<InboxItemView>): void;
  open(opening: Opening): void;
  setGateways(change: (gateways: GatewayView[]) => GatewayView[]): void;
  /** Changes may not have been heard, or the session behind them is over. */
  interrupt(how: Interruption): void;
  /** The window is about to be closed where nothing else can say that the app goes on. */
  askClose(): void;
  /** Whether the page said that something on it was begun and not sent. */
  holds(): boolean;
};

export type FakeBackend = Backend & { readonly controls: FakeControls };

export const usualSettings: Settings = {
  notifications: {
    approvals: true,
    detail: "full",
    runFinished: false,
    runFailed: true,
    gatewayLost: true,
    sound: true,
  },
  appearance: { theme: "system", density: "compact", reduceMotion: false },
  ownGateway: { enabled: true },
};

function secretsOf(current: Scenario): SecretStoreView {
  switch (current.name) {
    case "locked":
      return { kind: "keychainLocked" };
    case "choice":
      return { kind: "choiceNeeded", reason: "noSecretService" };
    case "passphrase":
      return { kind: "passphraseNeeded", wrong: false };
    default:
      return { kind: "ready", place: "keychain" };
  }
}

/** Takes every credential but "wrong". */
export async function fakeCredential(typed: string): Promise<void> {
  if (typed === "wrong") throw new BackendError("unauthorized", "unauthorized", false);
}

/** A browser that the gateway does not know, with `?fake=signin`. */
export async function fakeSignIn(
  search: string,
  credential: (gateway: string, signIn: typeof fakeCredential) => Promise<void>,
): Promise<void> {
  if (new URLSearchParams(search).get("fake") !== "signin") return;
  await credential("Home server", fakeCredential);
}

export function fakeBackend(search: string, now: () => number = Date.now): FakeBackend {
  const current = scenario(search);
  let settings = usualSettings;
  let secrets = secretsOf(current);
  let gateways = gatewaysOf(current, now());
  let details = new Map(inboxOf(current, now()).map((each) => [each.item.key, each]));
  let sessions = sessionsOf(current, now());
  let inboxRevision = 1;
  let sessionsRevision = 1;
  const chats = new Map<string, FakeChat>();

  const gatewaysChanged = new Emitter<GatewayView[]>();
  const inboxChanged = new Emitter<InboxChange>();
  const sessionsChanged = new Emitter<SessionsChange>();
  const secretsChanged = new Emitter<SecretStoreView>();
  const open = new Emitter<Opening>();
  const settingsChanged = new Emitter<Settings>();
  const interrupted = new Emitter<Interruption>();
  const closeAsked = new Emitter<null>();
  let held = false;
  let atLogin = false;

  const waits = (item: InboxItemView) =>
    item.phase.kind === "waiting" || item.phase.kind === "deciding";
  const waiting = () => [...details.values()].filter(({ item }) => waits(item)).length;

  /** Answers after the scenario's latency, or fails as it says. */
  async function answer<T>(value: () => T, fails = false): Promise<T> {
    await new Promise((resolve) => setTimeout(resolve, current.latency));
    if (fails && current.name === "error") {
      throw new BackendError("cacheFailed", "database disk image is malformed", true);
    }
    return value();
  }

  function putItem(item: InboxItemView): void {
    const before = details.get(item.key);
    if (before) details.set(item.key, { ...before, item });
    inboxRevision += 1;
    inboxChanged.emit({
      revision: inboxRevision,
      changed: [item],
      removed: [],
      waiting: waiting(),
      overflow: [],
    });
    setGateways((all) => all);
  }

  function setGateways(change: (all: GatewayView[]) => GatewayView[]): void {
    gateways = change(gateways).map((gateway) => ({
      ...gateway,
      waiting: [...details.values()].filter(
        ({ item }) => item.gateway === gateway.id && waits(item),
      ).length,
    }));
    gatewaysChanged.emit(gateways);
  }

  function setSecrets(next: SecretStoreView): SecretStoreView {
    secrets = next;
    secretsChanged.emit(next);
    if (next.kind === "ready") {
      setGateways(() => gatewaysOf({ ...current, name: "few" }, now()));
    }
    return next;
  }

  function putSessions(changed: SessionView[], removed: SessionRef[] = []): void {
    sessionsRevision += 1;
    sessionsChanged.emit({ revision: sessionsRevision, changed, removed, loading: [] });
  }

  function find(key: ItemKey): InboxItemDetail {
    const found = details.get(key);
    if (!found) throw new BackendError("itemUnknown", key, false);
    return found;
  }

  function decide(input: DecideInput): InboxItemView {
    const { item } = find(input.key);
    if (item.phase.kind !== "waiting") throw new BackendError("alreadyDecided", item.key, false);
    if (item.revision !== input.revision) throw new BackendError("itemChanged", item.key, false);
    if (item.barred.some(({ decision }) => decision === input.decision))
      throw new BackendError("missingScope", item.key, false);
    if (!item.offered.includes(input.decision))
      throw new BackendError("notOffered", item.key, false);
    const sent = decided(item, { kind: "deciding", decision: input.decision, surface: "window" });
    putItem(sent);
    setTimeout(() => {
      const { decision } = input;
      const phase = {
        kind: "decided",
        decision,
        by: "this device",
        byThisApp: true,
        at: now(),
        record: "read",
      } as const;
      putItem(decided(sent, phase));
    }, 350);
    return sent;
  }

  const at = (session: SessionRef) => `${session.gateway}/${session.key}`;

  function findSession(session: SessionRef): SessionView {
    const found = sessions.find((each) => at(each.session) === at(session));
    if (!found) throw new BackendError("sessionUnknown", session.key, false);
    return found;
  }

  function openChat(session: SessionRef, onUpdates: (updates: ChatUpdate[]) => void) {
    chats.get(at(session))?.close();
    const chat = new FakeChat(findSession(session), current, onUpdates, now);
    chats.set(at(session), chat);
    return chat.open();
  }

  function chat(session: SessionRef): FakeChat {
    const found = chats.get(at(session));
    if (!found) throw new BackendError("sessionUnknown", session.key, false);
    return found;
  }

  setGateways((all) => all);

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

    appInfo: async (): Promise<AppInfo> => {
      if (current.name === "unstarted") {
        const folder = "/home/me/.local/share/app.gatehouse.desktop";
        const words = `${folder} cannot be written: Permission denied (os error 13)`;
        throw new BackendError("startFolder", words, false);
      }
      return {
        version: "0.1.0",
        platform: "browser",
        secrets,
        notifications: { kind: "actions", server: "GNOME Shell" },
        settings,
        losses: lossesOf(current),
        opening: null,
      };
    },
    settingsSave: (next) =>
      answer(() => {
        settings = next;
        settingsChanged.emit(next);
        return next;
      }),
    lossesSeen: () => answer(() => undefined),
    notificationTest: () => answer(() => ({ kind: "actions", server: "GNOME Shell" })),
    // Where there is no app whose log would say so.
    // eslint-disable-next-line no-console
    windowReady: async () => console.info("first useful paint"),
    windowHolds: async (unsaved) => void (held = unsaved),
    windowClose: async () => undefined,
    quit: async () => undefined,
    atLogin: () => answer(() => atLogin),
    atLoginSet: (on) => answer(() => (atLogin = on)),
    openExternal: async () => undefined,
    openLog: () => answer(() => undefined),

    signOut: () => Promise.resolve(),
    secretStoreState: () => answer(() => secrets),
    secretStoreChoose: (choice) =>
      answer(() => {
        if (choice === "keychain") return secrets;
        const place = choice === "newEncryptedFile" ? "encryptedFile" : choice;
        return setSecrets({ kind: "ready", place });
      }),
    secretStoreUnlock: (passphrase) =>
      answer(() => {
        if (secrets.kind === "keychainLocked")
          return setSecrets({ kind: "ready", place: "keychain" });
        if (passphrase === "wrong") return setSecrets({ kind: "passphraseNeeded", wrong: true });
        return setSecrets({ kind: "ready", place: "encryptedFile" });
      }),

    ...governanceCalls(current, now),
    ...gatewayCalls({ current, now, answer, list: () => gateways, set: setGateways }),
    gatewaysList: () => answer(() => gateways),
    gatewayDiscover: () => answer(() => discover(current.name)),

    inboxSnapshot: () =>
      answer(
        () => ({
          revision: inboxRevision,
          items: [...details.values()].map(({ item }) => item),
          waiting: waiting(),
          overflow: [],
        }),
        true,
      ),
    inboxItem: (key) => answer(() => find(key)),
    inboxDecide: (input) => answer(() => decide(input)),

    sessionsSnapshot: () =>
      answer(
        () => ({
          revision: sessionsRevision,
          sessions,
          loading: current.name === "slow" ? ["gw-lab"] : [],
        }),
        true,
      ),
    sessionsRefresh: () => answer(() => putSessions([])),
    sessionsSearch: (text) =>
      answer(() =>
        sessions
          .filter((each) => each.preview?.toLowerCase().includes(text.toLowerCase()))
          .slice(0, 20)
          .map((each, index) => ({
            session: each.session,
            title: each.title,
            message: `m-${index}`,
            excerpt: each.preview ?? "",
            at: each.updatedAt,
          })),
      ),
    sessionCreate: ({ gateway, agent, label }) =>
      answer(() => {
        const template = sessions[0] ?? sessionsOf({ ...current, sessions: 1 }, now())[0];
        if (!template) throw new BackendError("internal", "no template", false);
        const session = { gateway, key: `agent:${agent ?? "main"}:new-${sessions.length}` };
        const made: SessionView = {
          ...template,
          session,
          title: label || "New session",
          activity: "idle",
          updatedAt: now(),
          preview: null,
        };
        sessions = [made, ...sessions];
        putSessions([made]);
        return session;
      }),
    sessionPatch: ({ session, label, pinned, archived }) =>
      answer(() => {
        const before = findSession(session);
        const after: SessionView = {
          ...before,
          title: label ?? before.title,
          pinned: pinned ?? before.pinned,
          archived: archived ?? before.archived,
        };
        sessions = sessions.map((each) => (each === before ? after : each));
        putSessions([after]);
      }),
    sessionRead: () => answer(() => undefined),
    sessionDelete: (session) =>
      answer(() => {
        const gone = findSession(session);
        sessions = sessions.filter((each) => each !== gone);
        putSessions([], [session]);
      }),

    chatOpen: (session, onUpdates) => answer(() => openChat(session, onUpdates)),
    chatClose: async (session) => {
      chats.get(at(session))?.close();
      chats.delete(at(session));
    },
    chatOlder: (session, before) => answer(() => chat(session).older(before)),
    chatSend: (message) => answer(() => chat(message.session).take(message)),
    chatRetry: () => answer(() => undefined),
    chatAbort: (session) => answer(() => chat(session).abort()),

    onGatewaysChanged: (handler) => gatewaysChanged.on(handler),
    onInboxChanged: (handler) => inboxChanged.on(handler),
    onSessionsChanged: (handler) => sessionsChanged.on(handler),
    onSecretsChanged: (handler) => secretsChanged.on(handler),
    onOpen: (handler) => open.on(handler),
    onSettingsChanged: (handler) => settingsChanged.on(handler),
    onInterrupted: (handler) => interrupted.on(handler),
    onCloseAsked: (handler) => closeAsked.on(() => handler()),

    controls: {
      request(fields) {
        const base = [...inboxOf({ ...current, name: "few", requests: 1 }, now())][0];
        if (!base) throw new Error("the few scenario has a request");
        const subject = fields.subject ?? base.subject;
        const item: InboxItemView = {
          ...base.item,
          key: `gw-studio/exec/new-${details.size}`,
          createdAt: now(),
          ...fields,
          subject: subject.slice(0, 2048),
          subjectCut: subject.length > 2048,
        };
        details = new Map(details).set(item.key, { ...base, item, subject });
        putItem(item);
        return item;
      },
      change(key, fields) {
        const before = find(key);
        const item = { ...before.item, ...fields, revision: before.item.revision + 1 };
        details.set(key, { ...before, item, subject: fields.subject ?? before.subject });
        putItem(item);
      },
      open: (opening) => open.emit(opening),
      setGateways,
      interrupt: (how) => interrupted.emit(how),
      askClose: () => closeAsked.emit(null),
      holds: () => held,
    },
  };
}
