/** The gateway commands of the fake: recognising a paste, adding, editing, pairing that goes on by itself. */
import { BackendError, type Backend } from "../backend";
import type {
  CheckedStepView,
  DiagnosisView,
  DoctorStep,
  Discovered,
  FoundGateway,
  GatewayId,
  GatewayView,
  PastedForm,
  Recognised,
} from "../types";
import { makeGateway, problem } from "./gateways";
import type { Scenario, ScenarioName } from "./scenario";

type World = {
  current: Scenario;
  now: () => number;
  answer: <T>(value: () => T) => Promise<T>;
  list: () => GatewayView[];
  set: (change: (all: GatewayView[]) => GatewayView[]) => void;
};

type GatewayCalls = Pick<
  Backend,
  | "gatewayRecognise"
  | "draftDrop"
  | "gatewayAdd"
  | "gatewayEdit"
  | "gatewayRemove"
  | "gatewayReconnect"
  | "gatewayPause"
  | "credentialRotate"
  | "credentialForget"
  | "gatewayDiagnose"
>;

/** Where a walk to it would stop, by what is known of its connection. */
function diagnosis({ connection, url }: GatewayView): DiagnosisView {
  const stopped = "problem" in connection ? connection.problem : null;
  const stops: Partial<Record<string, DoctorStep>> = {
    connectionRefused: "tcp",
    unreachable: "tcp",
    tlsUntrusted: "tls",
    pinMismatch: "tls",
    pairingRequired: "pairing",
  };
  const at = stopped ? (stops[stopped.code] ?? "auth") : null;
  const facts: Partial<Record<DoctorStep, string>> = {
    name: "10.0.0.12",
    tcp: "10.0.0.12:18789",
    challenge: "protocol 4, 2026.9.6",
    scopes: "operator.read, operator.write, operator.approvals",
  };
  const steps = doctorSteps.map((step, index): CheckedStepView => {
    const end = at ? doctorSteps.indexOf(at) : doctorSteps.length;
    if (index === end && stopped) return { step, outcome: { kind: "stopped", problem: stopped } };
    if (index > end) return { step, outcome: { kind: "notReached" } };
    if (step === "tls" && url.startsWith("ws:")) return { step, outcome: { kind: "notNeeded" } };
    return { step, outcome: { kind: "passed", fact: facts[step] ?? null } };
  });
  return { steps };
}

const doctorSteps: readonly DoctorStep[] = [
  "name",
  "tcp",
  "tls",
  "upgrade",
  "challenge",
  "auth",
  "pairing",
  "scopes",
];

const broken: Discovered["broken"] = [
  { source: "~/.openclaw/openclaw.json", problem: "unreadable", line: 12 },
  { source: "OPENCLAW_GATEWAY_PORT", problem: "badPort", line: null },
];

export function discover(name: ScenarioName): Discovered {
  const found = (url: string, source: string, alreadyAdded: boolean): FoundGateway => ({
    draft: `draft:${url}`,
    url,
    name: "OpenClaw on this computer",
    credential: "token",
    source,
    alreadyAdded,
  });
  if (name === "odd") return { gateways: [], broken };
  return {
    gateways: [found("ws://127.0.0.1:18789", "~/.openclaw/openclaw.json", name !== "empty")],
    broken: [],
  };
}

function formOf(text: string): PastedForm {
  if (/^https?:.*#(token|bootstrapToken)=/.test(text)) return "dashboardLink";
  if (/^(openclaw|gatehouse):\/\/gateway\/add/.test(text)) return "addLink";
  if (/\/j\/\w+$/.test(text)) return "nodeJoinLink";
  if (/^(wss?|https?):\/\/[^\s]+$/.test(text) || /^[\w.-]+:\d+$/.test(text)) return "url";
  if (/^eyJ[\w-]+=*$/.test(text)) return "setupCode";
  return /^[\w.-]{20,}$/.test(text) ? "bareToken" : "unknown";
}

export function recognise(pasted: string): Recognised {
  const text = pasted.trim();
  const form = formOf(text);
  const secret = ["dashboardLink", "setupCode", "bareToken", "addLink"].includes(form);
  const codes: Partial<Record<PastedForm, string>> = {
    unknown: "unreadablePaste",
    nodeJoinLink: "nodeJoinLink",
  };
  const code = codes[form];
  return {
    form,
    draft: secret ? "draft:pasted" : null,
    url: addressOf(form, text),
    name: firstName(addressOf(form, text)),
    credential: form === "setupCode" ? "setupCode" : secret ? "token" : "none",
    problem: code ? problem(code) : null,
  };
}

function firstName(address: string | null): string | null {
  if (address === null) return null;
  const { hostname } = new URL(address);
  return hostname === "127.0.0.1" ? "OpenClaw on this computer" : hostname;
}

function addressOf(form: PastedForm, text: string): string | null {
  if (form === "setupCode") return "wss://home.tail4c2e.ts.net";
  if (form !== "url" && form !== "dashboardLink" && form !== "addLink") return null;
  const address = /^\w+:\/\//.test(text) ? text : `ws://${text}`;
  return address
    .replace(/^http/, "ws")
    .replace(/[?#].*$/, "")
    .replace(/\/$/, "");
}

export function gatewayCalls({ current, now, answer, list, set }: World): GatewayCalls {
  const find = (id: GatewayId) => {
    const found = list().find((gateway) => gateway.id === id);
    if (!found) throw new BackendError("gatewayUnknown", id, false);
    return found;
  };
  const put = (next: GatewayView) => {
    set((all) => all.map((each) => (each.id === next.id ? next : each)));
    return next;
  };
  const ready = (id: GatewayId) =>
    setTimeout(() => put({ ...find(id), connection: { kind: "ready", since: now() } }), 900);

  /** What becomes of a new connection: by address, so that each outcome can be tried. */
  function connect(id: GatewayId, url: string): void {
    const stop = (code: string) =>
      setTimeout(
        () => put({ ...find(id), connection: { kind: "stopped", problem: problem(code) } }),
        700,
      );
    if (url.includes("selfsigned") && !find(id).pin) stop("tlsUntrusted");
    else if (url.includes("wrong")) stop("authTokenMismatch");
    else if (url.includes("pair") || current.name === "pairing") pair(id);
    else ready(id);
  }

  function pair(id: GatewayId): void {
    setTimeout(() => {
      const waits = problem("pairingRequired", { requestId: "8f31c0de", deviceId: "3b7f0c52a9d1" });
      put({ ...find(id), connection: { kind: "pairingRequired", problem: waits } });
    }, 700);
    if (current.name !== "pairing") setTimeout(() => ready(id), 8000);
  }

  return {
    gatewayRecognise: (text) => answer(() => recognise(text)),
    draftDrop: async () => undefined,
    gatewayAdd: (input) =>
      answer(() => {
        const added = makeGateway(now(), {
          id: `gw-new-${list().length}`,
          name: input.name || new URL(input.url).hostname,
          url: input.url,
          pin: input.pin,
          connection: { kind: "connecting", attempt: 1 },
        });
        set((all) => [...all, added]);
        connect(added.id, input.url);
        return added;
      }),
    gatewayEdit: ({ id, url, name, pin }) =>
      answer(() => {
        const edited = put({
          ...find(id),
          url,
          name,
          pin,
          connection: { kind: "connecting", attempt: 1 },
        });
        connect(id, url);
        return edited;
      }),
    gatewayRemove: (id) => answer(() => set((all) => all.filter((each) => each.id !== id))),
    gatewayReconnect: (id) =>
      answer(() => {
        put({ ...find(id), connection: { kind: "connecting", attempt: 1 } });
        ready(id);
      }),
    gatewayPause: (id, paused) =>
      answer(() => {
        put({
          ...find(id),
          connection: paused ? { kind: "paused" } : { kind: "connecting", attempt: 1 },
        });
        if (!paused) ready(id);
      }),
    credentialRotate: (id, secret) =>
      answer(() => {
        const credential = { ...find(id).credential, kind: secret.kind, savedAt: now() };
        const rotated = put({
          ...find(id),
          credential,
          connection: { kind: "connecting", attempt: 1 },
        });
        ready(id);
        return rotated;
      }),
    gatewayDiagnose: (id) => answer(() => diagnosis(find(id))),
    credentialForget: (id) =>
      answer(() => {
        const credential = {
          kind: "none",
          place: "nowhere",
          hasDeviceToken: false,
          savedAt: null,
        } as const;
        const connection = { kind: "stopped", problem: problem("noCredential") } as const;
        return put({ ...find(id), credential, connection });
      }),
  };
}
