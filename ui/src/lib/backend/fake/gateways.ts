/** Made-up gateways in every state that a connection can be in. */
import type { ConnectionView, GatewayView, ProblemView } from "../types";
import type { OwnKind, Scenario, ScenarioName } from "./scenario";

export function problem(code: string, more: Partial<ProblemView> = {}): ProblemView {
  return { code, detail: null, requestId: null, deviceId: null, ...more };
}

const scopes = ["operator.read", "operator.write", "operator.approvals", "operator.pairing"];

export function makeGateway(
  now: number,
  fields: Partial<GatewayView> & Pick<GatewayView, "id" | "name" | "url">,
): GatewayView {
  return {
    own: false,
    governed: false,
    connection: { kind: "ready", since: now - 5_400_000 },
    credential: {
      kind: "token",
      place: "keychain",
      hasDeviceToken: true,
      savedAt: now - 12 * 86_400_000,
    },
    protocol: 4,
    serverVersion: "2026.9.6",
    scopes,
    pin: null,
    waiting: 0,
    running: 0,
    lastSeen: now - 4_000,
    unreadable: null,
    unreadableWaiting: 0,
    interruption: null,
    maxAttachmentBytes: 20 * 1024 * 1024,
    execModes: ["inherited", "readOnly", "guarded", "workspace", "full"],
    ...fields,
  };
}

/** The gateway that is part of the app. */
function ownGateway(kind: OwnKind, now: number): GatewayView[] {
  if (kind === "none") return [];
  const read = ["operator.read", "operator.write", "operator.approvals"];
  const gateway = makeGateway(now, {
    id: "gw-own",
    name: "This computer",
    url: "ws://127.0.0.1:41873",
    own: true,
    governed: true,
    serverVersion: "0.1.0",
    running: 1,
    scopes: kind === "readonly" ? read : [...scopes, "operator.admin"],
    credential: { kind: "token", place: "memory", hasDeviceToken: false, savedAt: null },
  });
  const failed = problem("ownGatewayFailed", {
    detail: "the folder ~/.gatehouse/state cannot be written: Permission denied (os error 13)",
  });
  if (kind === "failed") {
    const ran = { running: 0, governed: false, lastSeen: now - 16 * 3_600_000 };
    return [{ ...gateway, ...down({ kind: "stopped", problem: failed }), ...ran }];
  }
  if (kind === "away") return [{ ...offline(gateway, now), governed: true }];
  return [gateway];
}

export function gatewaysOf({ name, own }: Pick<Scenario, "name" | "own">, now: number) {
  return [...ownGateway(own, now), ...othersOf(name, now)];
}

function othersOf(name: ScenarioName, now: number): GatewayView[] {
  if (name === "empty") return [];
  const gateways = usual(now, name);
  switch (name) {
    case "offline":
      return gateways.map((gateway) => offline(gateway, now));
    case "locked":
    case "passphrase":
    case "choice":
      return gateways.map((gateway) => ({
        ...gateway,
        ...down({ kind: "stopped", problem: problem("keychainLocked") }),
      }));
    case "long":
      return gateways.map((gateway) => ({ ...gateway, name: `${gateway.name} ${longName}` }));
    case "older":
      return gateways.map((gateway) => ({
        ...gateway,
        protocol: 3,
        serverVersion: "2026.4.25",
        scopes: ["operator.read"],
      }));
    case "many":
      return [...gateways, ...fleet(now)];
    case "odd":
      return gateways.map((gateway) => ({ ...gateway, unreadableWaiting: 2 }));
    default:
      return gateways;
  }
}

const longName = "Rechenzentrumsüberwachungsanlage-Nordrhein-Westfalen-Produktionsumgebung";

function usual(now: number, name: ScenarioName): GatewayView[] {
  const refused: ConnectionView = {
    kind: "backoff",
    until: now + 18_000,
    attempt: 4,
    problem: problem("connectionRefused", { detail: "connect ECONNREFUSED 10.0.0.12:18789" }),
  };
  const waitsForPairing: ConnectionView = {
    kind: "pairingRequired",
    problem: problem("pairingRequired", { requestId: "8f31c0de", deviceId: "3b7f0c52a9d1" }),
  };
  const studio = makeGateway(now, {
    id: "gw-studio",
    name: "Studio",
    url: "ws://127.0.0.1:18789",
    running: 2,
  });
  const home = makeGateway(now, {
    id: "gw-home",
    name: "Home server",
    url: "wss://home.tail4c2e.ts.net",
    running: 1,
    serverVersion: "2026.8.2",
    pin: "4F:9A:01:C3:7B:E2:58:6D:90:1F:AC:33:D4:27:86:5B:E0:14:77:CA:9D:62:08:F1:3E:B5:49:AA:D6:70:2C:8B",
  });
  const lab = makeGateway(now, {
    id: "gw-lab",
    name: "Lab",
    url: "wss://lab.example.org",
    ...(name === "pairing" ? down(waitsForPairing) : down(refused)),
    lastSeen: now - 42 * 60_000,
  });
  return [studio, home, lab];
}

function down(connection: ConnectionView): Partial<GatewayView> {
  return {
    connection,
    protocol: null,
    serverVersion: null,
    scopes: [],
    running: 0,
    maxAttachmentBytes: null,
  };
}

function offline(gateway: GatewayView, now: number): GatewayView {
  const connection: ConnectionView = {
    kind: "backoff",
    until: now + 9_000,
    attempt: 6,
    problem: problem("unreachable"),
  };
  return { ...gateway, ...down(connection), lastSeen: now - 26 * 60_000 };
}

function fleet(now: number): GatewayView[] {
  const states: ConnectionView[] = [
    { kind: "ready", since: now - 86_400_000 },
    { kind: "ready", since: now - 3_600_000 },
    { kind: "paused" },
    { kind: "connecting", attempt: 1 },
    { kind: "stopped", problem: problem("authTokenMismatch") },
  ];
  return Array.from({ length: 15 }, (_, index) =>
    makeGateway(now, {
      id: `gw-site-${index}`,
      name: `Site ${index + 1}`,
      url: `wss://site-${index + 1}.example.org`,
      connection: states[index % states.length] ?? { kind: "paused" },
    }),
  );
}
