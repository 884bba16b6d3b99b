/** Everything that the palette can find now. An entry opens something; none decides. */
import type { Desk } from "$features/desk";
import type { Page } from "$lib/page";
import { m } from "$lib/messages";
import { policySections, sectionsFor } from "$lib/router.svelte";
import type { PaletteEntry } from "./palette.svelte";

const mostSessions = 500;

/** What only the window can do. */
type Doing = { showKeys: () => void; quit: () => void };

export function entriesOf(desk: Desk, page: Page, doing: Doing): PaletteEntry[] {
  return [
    ...waiting(desk, page),
    ...places(page),
    ...sessions(desk, page),
    ...actions(desk, page, doing),
  ];
}

function places({ router, backend }: Page): PaletteEntry[] {
  return [
    {
      id: "inbox",
      group: "places",
      label: m.common.inbox,
      keys: "1",
      run: () => router.go({ name: "inbox", item: null }),
    },
    {
      id: "sessions",
      group: "places",
      label: m.common.sessions,
      keys: "2",
      run: () => router.go({ name: "sessions", session: null }),
    },
    ...policySections.map((section): PaletteEntry => {
      return {
        id: `policy-${section}`,
        group: "places",
        label: m.policy.sections[section],
        detail: m.governance.policy,
        keys: section === policySections[0] ? "3" : undefined,
        run: () => router.go({ name: "policy", section }),
      };
    }),
    {
      id: "audit",
      group: "places",
      label: m.governance.audit,
      keys: "4",
      run: () => router.go({ name: "audit", record: null }),
    },
    ...sectionsFor(backend.capabilities).map((section, at): PaletteEntry => {
      return {
        id: `settings-${section}`,
        group: "places",
        label: m.settings.sections[section],
        detail: m.common.settings,
        keys: at === 0 ? "5" : undefined,
        run: () => router.go({ name: "settings", section, gateway: null }),
      };
    }),
  ];
}

function waiting({ inbox }: Desk, { router }: Page): PaletteEntry[] {
  return inbox.waiting.map((item) => ({
    id: `item-${item.key}`,
    group: "waiting",
    label: item.subject.slice(0, 120),
    mono: item.kind === "exec",
    detail: item.gatewayName,
    run: () => router.go({ name: "inbox", item: item.key }),
  }));
}

function sessions({ sessions: list, gateways }: Desk, { router }: Page): PaletteEntry[] {
  const names = new Map(gateways.list.map(({ id, name }) => [id, name]));
  return list.latest(mostSessions).map(({ session, title }) => ({
    id: `session-${session.gateway}-${session.key}`,
    group: "sessions",
    label: title,
    detail: names.get(session.gateway),
    run: () => router.go({ name: "sessions", session }),
  }));
}

function actions(
  { gateways }: Desk,
  { router, backend }: Page,
  { showKeys, quit }: Doing,
): PaletteEntry[] {
  const reconnect = gateways.list
    .filter(({ connection }) => connection.kind !== "ready" && connection.kind !== "paused")
    .map((gateway): PaletteEntry => {
      return {
        id: `reconnect-${gateway.id}`,
        group: "actions",
        label: `${m.gateways.reconnect}: ${gateway.name}`,
        run: () => void backend.gatewayReconnect(gateway.id),
      };
    });
  const add: PaletteEntry = {
    id: "add-gateway",
    group: "actions",
    label: m.gateways.addTitle,
    run: () => router.go({ name: "addGateway" }),
  };
  const end: PaletteEntry = {
    id: "quit",
    group: "actions",
    label: m.common.quit,
    keys: "Mod+q",
    run: quit,
  };
  return [
    ...(backend.capabilities.editGateways ? [add] : []),
    ...reconnect,
    { id: "keys", group: "actions", label: m.keys.overlay, keys: "?", run: showKeys },
    ...(backend.capabilities.resident ? [end] : []),
  ];
}
