/**
 * How the transcript does: a session of 10,000 messages opened and scrolled to its beginning, and a stream of 500
 * deltas a second. Prints JSON. `node tests/bench/chat.mjs [chromium|webkit] [open]`, from `ui/`; with `open` it only
 * opens sessions.
 *
 * Measures the built page with the fake backend, so the figures are the page's alone. `webkit` is WebKitGTK's own
 * MiniBrowser, the desktop's engine, and needs a display (`xvfb-run`).
 */
import { readFileSync } from "node:fs";
import { build, preview } from "vite";
import { chromiumPage } from "./chromium.mjs";
import { webkitPage } from "./webkit.mjs";

const SESSION = "#/sessions/gw-studio/agent%3Amain%3A0";
/** Each opened for the first time, after one another, as somebody does who looks for something. */
const OTHERS = 7;
/** A person sees the window before they choose a session in it. */
const SETTLED_MS = 2_500;
const script = readFileSync(new URL("./frames.js", import.meta.url), "utf8");
const outDir = "../target/ui-bench";

const engines = { chromium: chromiumPage, webkit: webkitPage };
const engine = process.argv[2] ?? "chromium";
if (!(engine in engines)) throw new Error(`no such engine: ${engine}`);

await build({ mode: "screens", logLevel: "error", build: { outDir, emptyOutDir: true } });
const server = await preview({ mode: "screens", build: { outDir }, preview: { port: 0 } });
const { port } = server.httpServer.address();
const page = await engines[engine]();

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A fresh page in a world of its own, with the watcher in it. */
async function fresh(query) {
  await page.go(`http://127.0.0.1:${port}/?${query}#/sessions`);
  await page.run(script);
  await pause(SETTLED_MS);
}

/** The first session that is opened, and the median of more; each is a long one of its own. */
async function openAll() {
  const first = await call(`open(${JSON.stringify(SESSION)})`);
  const hashes = (await call("sessions()")).filter((hash) => hash !== SESSION).slice(0, OTHERS);
  const more = [];
  for (const hash of hashes) {
    await pause(1_000);
    more.push((await call(`open(${JSON.stringify(hash)})`)).ms);
  }
  const order = [...more].sort((one, other) => one - other);
  return { first: first.ms, median: order[Math.floor(order.length / 2)], all: more };
}

const call = (expression) => page.evaluate(`window.gatehouseBench.${expression}`);

try {
  await fresh("fake=many&latency=0&sessions=20");
  const opened = await openAll();
  if (process.argv[3] === "open") console.log(JSON.stringify({ engine, opened }, null, 2));
  else await scrollAndStream(opened);
} finally {
  await page.close();
  await new Promise((resolve) => server.httpServer.close(resolve));
}

async function scrollAndStream(opened) {
  const paging = await call("steadyWhilePaging(150)");
  const scrolled = await call("scrollToTop(1200, 120000)");
  await fresh("fake=streaming&latency=0&deltas=500&messages=10000");
  await call(`open(${JSON.stringify(SESSION)})`);
  const streamed = await call("stream(10000)");
  const steady = { paging, streaming: await call("steadyWhileStreaming(4000)") };
  console.log(JSON.stringify({ engine, opened, scrolled, streamed, steady }, null, 2));
  const moved = Math.max(steady.streaming.moved, steady.paging.moved);
  if (streamed.fromEnd > 1)
    throw new Error(`the view fell ${streamed.fromEnd} px behind the stream`);
  if (moved > 1) throw new Error(`what was being read moved by ${moved} px`);
}
