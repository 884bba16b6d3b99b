// An operator (or a node) at a gateway, through the published reference client. Connects back to the test on a loopback port
// and speaks JSON lines there: {id, method, params} or {control} in; {id, payload | error}, events, {hello} of each
// reconnect, {closed} and {connectError} out. Line 0 is the first hello. Ends when the test hangs up.
import crypto from "node:crypto";
import net from "node:net";
import { createInterface } from "node:readline";
import { GatewayClient } from "@openclaw/gateway-client";

const config = JSON.parse(process.env.OPERATOR_CONFIG);
const test = net.connect(config.port, "127.0.0.1");
test.on("close", () => process.exit(0));
test.on("error", () => process.exit(0));

const say = (message) => test.write(`${JSON.stringify(message)}\n`);
const asError = (error) => ({
  code: error.gatewayCode ?? error.code ?? error.name,
  message: error.message,
  details: error.details ?? null,
});

// The raw key is the last 32 bytes of its DER form.
const rawKey = (pem) =>
  crypto.createPublicKey(pem).export({ type: "spki", format: "der" }).subarray(-32);
const newDevice = () => {
  const { publicKey, privateKey } = crypto.generateKeyPairSync("ed25519", {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const deviceId = crypto.createHash("sha256").update(rawKey(publicKey)).digest("hex");
  return { deviceId, publicKeyPem: publicKey, privateKeyPem: privateKey };
};

// In `backend` mode, on the loopback interface, this identity needs no device and keeps its scopes.
const asOperator = () => ({
  clientName: "gateway-client",
  clientDisplayName: "second operator",
  mode: config.device ? "ui" : "backend",
  role: "operator",
  scopes: config.scopes,
  caps: ["approvals", "exec-approvals", "tool-events"],
});
const asNode = (commands) => ({
  clientName: "node-host",
  clientDisplayName: "a node",
  platform: "linux",
  mode: "node",
  role: "node",
  scopes: [],
  caps: ["system"],
  commands,
});

let kept = null;
const hostDeps = {
  signDevicePayload: (pem, payload) =>
    crypto.sign(null, Buffer.from(payload), crypto.createPrivateKey(pem)).toString("base64url"),
  publicKeyRawBase64UrlFromPem: (pem) => rawKey(pem).toString("base64url"),
  loadDeviceAuthToken: () => kept,
  storeDeviceAuthToken: ({ token, scopes }) => (kept = { token, scopes }),
  clearDeviceAuthToken: () => (kept = null),
};

let greeted = false;
const client = new GatewayClient({
  url: config.url,
  token: config.token,
  password: config.password,
  tlsFingerprint: config.tlsFingerprint ?? undefined,
  ...(config.node ? asNode(config.node) : asOperator()),
  minProtocol: config.protocol,
  maxProtocol: config.protocol,
  deviceIdentity: config.device ? newDevice() : null,
  hostDeps: config.device ? hostDeps : undefined,
  requestTimeoutMs: 190_000,
  onHelloOk: (hello) => {
    say(greeted ? { hello } : { id: 0, payload: hello });
    greeted = true;
  },
  onConnectError: (error) => {
    console.error("connect:", error.message, error.details ?? "");
    say({ connectError: asError(error) });
  },
  onReconnectPaused: (info) => {
    console.error("paused:", JSON.stringify(info));
    // Where a person would press "try again".
    setTimeout(() => client.start(), 500);
  },
  onClose: (code, reason) => {
    console.error("closed:", code, reason);
    say({ closed: { code, reason } });
  },
  onEvent: ({ event, payload, seq }) => say({ event, payload, seq }),
});

const controls = {
  pause: () => client.ws.pause(),
  resume: () => client.ws?.resume(),
  drop: () => client.ws.terminate(),
};

createInterface({ input: test }).on("line", async (line) => {
  const { id, method, params, control } = JSON.parse(line);
  if (control) return controls[control]();
  try {
    say({ id, payload: (await client.request(method, params)) ?? null });
  } catch (error) {
    say({ id, error: asError(error) });
  }
});
test.on("connect", () => client.start());
