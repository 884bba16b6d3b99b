// A second operator at a real gateway, through the published reference client. Connects back to the test on
// a loopback port and speaks JSON lines there: {id, method, params} in, {id, payload | error} and events out.
// Line 0 is the gateway's hello. Ends when the test hangs up.
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

let greeted = false;
const client = new GatewayClient({
  url: config.url,
  token: config.token,
  password: config.password,
  tlsFingerprint: config.tlsFingerprint ?? undefined,
  // On the loopback interface this identity needs no device and keeps its scopes.
  clientName: "gateway-client",
  clientDisplayName: "second operator",
  mode: "backend",
  role: "operator",
  scopes: [
    "operator.admin",
    "operator.read",
    "operator.write",
    "operator.approvals",
    "operator.pairing",
  ],
  caps: config.caps ?? ["approvals", "exec-approvals"],
  minProtocol: config.protocol,
  maxProtocol: config.protocol,
  deviceIdentity: null,
  requestTimeoutMs: 190_000,
  onHelloOk: (hello) => {
    if (greeted) return;
    greeted = true;
    say({ id: 0, payload: hello });
  },
  onConnectError: (error) => console.error("connect:", error.message, error.details ?? ""),
  onClose: (code, reason) => console.error("closed:", code, reason),
  onEvent: ({ event, payload, seq }) => say({ event, payload, seq }),
});

createInterface({ input: test }).on("line", async (line) => {
  const { id, method, params } = JSON.parse(line);
  try {
    say({ id, payload: (await client.request(method, params)) ?? null });
  } catch (error) {
    say({ id, error: asError(error) });
  }
});
test.on("connect", () => client.start());
