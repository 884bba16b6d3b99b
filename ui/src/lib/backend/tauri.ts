/**
 * The desktop's backend. The only file of the page that imports `@tauri-apps/*`.
 *
 * Deliberately thin: it names the commands of `src-tauri/src/bridge.rs` and turns whatever they throw into
 * a `BackendError`.
 */
import { Channel, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { asBackendError, type Backend, type Unsubscribe } from "./backend";
import type { ChatUpdate } from "./types";

async function call<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (thrown) {
    throw asBackendError(thrown);
  }
}

/** `listen` answers later than its caller may lose interest, so an early unsubscribe is kept for then. */
function on<T>(event: string, handler: (payload: T) => void): Unsubscribe {
  let wanted = true;
  let stop: Unsubscribe | undefined;
  void listen<T>(event, ({ payload }) => wanted && handler(payload)).then((unlisten) => {
    if (wanted) stop = unlisten;
    else unlisten();
  });
  return () => {
    wanted = false;
    stop?.();
  };
}

export function tauriBackend(): Backend {
  return {
    capabilities: {
      editGateways: true,
      notifications: true,
      secretStore: true,
      openExternal: true,
    },

    appInfo: () => call("app_info"),
    settingsSave: (settings) => call("settings_save", { settings }),
    notificationTest: () => call("notification_test"),
    windowReady: () => call("window_ready"),
    openExternal: (url) => call("open_external", { url }),

    secretStoreState: () => call("secret_store_state"),
    secretStoreChoose: (choice, passphrase) => call("secret_store_choose", { choice, passphrase }),
    secretStoreUnlock: (passphrase) => call("secret_store_unlock", { passphrase }),

    gatewaysList: () => call("gateways_list"),
    gatewayRecognise: (text) => call("gateway_recognise", { text }),
    gatewayDiscover: () => call("gateway_discover"),
    draftDrop: (draft) => call("draft_drop", { draft }),
    gatewayAdd: (input) => call("gateway_add", { input }),
    gatewayEdit: (input) => call("gateway_edit", { input }),
    gatewayRemove: (id) => call("gateway_remove", { id }),
    gatewayReconnect: (id) => call("gateway_reconnect", { id }),
    gatewayPause: (id, paused) => call("gateway_pause", { id, paused }),
    credentialRotate: (id, secret) => call("credential_rotate", { id, secret }),
    credentialForget: (id) => call("credential_forget", { id }),

    inboxSnapshot: () => call("inbox_snapshot"),
    inboxItem: (key) => call("inbox_item", { key }),
    inboxDecide: (input) => call("inbox_decide", { input }),

    sessionsSnapshot: () => call("sessions_snapshot"),
    sessionsRefresh: (gateway) => call("sessions_refresh", { gateway }),
    sessionsSearch: (text) => call("sessions_search", { text }),
    sessionCreate: (input) => call("session_create", { input }),
    sessionPatch: (input) => call("session_patch", { input }),
    sessionDelete: (session) => call("session_delete", { session }),

    chatOpen: (session, onUpdates) => {
      const channel = new Channel<ChatUpdate[]>();
      channel.onmessage = onUpdates;
      return call("chat_open", { session, channel });
    },
    chatClose: (session) => call("chat_close", { session }),
    chatOlder: (session, before) => call("chat_older", { session, before }),
    chatSend: (message) => call("chat_send", { message }),
    chatRetry: (session, id) => call("chat_retry", { session, id }),
    chatAbort: (session) => call("chat_abort", { session }),

    // The names are those that tauri-specta gives the event types.
    onGatewaysChanged: (handler) => on("gateways-changed", handler),
    onInboxChanged: (handler) => on("inbox-changed", handler),
    onSessionsChanged: (handler) => on("sessions-changed", handler),
    onSecretsChanged: (handler) => on("secrets-changed", handler),
    onOpenItem: (handler) => on("open-item", handler),
    onSettingsChanged: (handler) => on("settings-changed", handler),
  };
}
