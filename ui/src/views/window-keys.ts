/** The keys of the main window: its places, the palette, the overlay, and one step back. */
import type { Binding } from "$lib/keyboard/keymap.svelte";
import { m } from "$lib/messages";
import type { Route, Router } from "$lib/router.svelte";

export function windowKeys(
  router: Router,
  open: { palette: () => void; keys: () => void; quit: (() => void) | null },
): Binding[] {
  const places: readonly [string, string, Route][] = [
    ["1", m.common.inbox, { name: "inbox", item: null }],
    ["2", m.common.sessions, { name: "sessions", session: null }],
    ["3", m.governance.policy, { name: "policy", section: null }],
    ["4", m.governance.audit, { name: "audit", record: null }],
    ["5", m.common.settings, { name: "settings", section: null, gateway: null }],
  ];
  return [
    {
      keys: "Mod+k",
      label: m.keys.palette,
      group: "app",
      inFields: true,
      run: open.palette,
    },
    { keys: "?", label: m.keys.overlay, group: "app", run: open.keys },
    ...(open.quit
      ? [
          {
            keys: "Mod+q",
            label: m.common.quit,
            group: "app",
            inFields: true,
            run: open.quit,
          } as const,
        ]
      : []),
    ...places.map(([keys, name, route]): Binding => {
      return { keys, label: m.keys.place(name), group: "app", run: () => router.go(route) };
    }),
    {
      keys: "Escape",
      label: m.keys.back,
      group: "move",
      run: () => router.go(above(router.route)),
    },
  ];
}

/** One step back, towards the list. What waits goes on waiting. */
function above(route: Route): Route {
  switch (route.name) {
    case "inbox":
    case "approval":
      return { name: "inbox", item: null };
    case "sessions":
      return { name: "sessions", session: null };
    case "settings":
      return { ...route, section: route.gateway ? "gateways" : null, gateway: null };
    case "policy":
      return { name: "policy", section: null };
    case "audit":
      return { name: "audit", record: null };
    case "addGateway":
      return { name: "settings", section: "gateways", gateway: null };
  }
}
