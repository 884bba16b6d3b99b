/**
 * Takes each screen in its states, in light and dark and in two sizes, into `target/screens`, and fails when
 * a screen writes an error, breaks the content security policy, is wider than its window, or has a flaw that
 * axe can see. The pictures are for looking at; a machine does not judge them.
 *
 *   npm run screens                 all of them
 *   npm run screens -- inbox        those whose name begins with "inbox"
 *   npm run screens -- --quick      large in light and small in dark
 *   npm run screens -- --forced     in the colours that a person forces on every page
 */
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build, preview } from "vite";
import { shots } from "./shots.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const root = here("../../");
const out = here("../../../target/screens/");
const args = process.argv.slice(2);
const wanted = args.filter((arg) => !arg.startsWith("--"));
const quick = args.includes("--quick");
const forcedColors = args.includes("--forced") ? "active" : "none";

const small = { width: 900, height: 600 };
const large = { width: 1600, height: 1000 };
const views = quick
  ? [
      ["light", large],
      ["dark", small],
    ]
  : ["light", "dark"].flatMap((theme) => [small, large].map((size) => [theme, size]));
/** Pages at once; more only take turns on a small machine. */
const lanes = 3;

const axeSource = await readFile(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

await mkdir(out, { recursive: true });
await build({ root, mode: "screens", logLevel: "warn" });
const server = await preview({
  root,
  mode: "screens",
  logLevel: "warn",
  build: { outDir: "../target/ui-screens" },
  preview: { port: 0 },
});
const address = server.resolvedUrls?.local[0];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--font-render-hinting=none"],
  env: { ...process.env, FONTCONFIG_FILE: here("fonts.conf") },
});

const failures = [];
const queue = shots
  .filter(({ name }) => wanted.length === 0 || wanted.some((prefix) => name.startsWith(prefix)))
  .flatMap((shot) => views.map(([theme, size]) => ({ shot, theme, size: shot.size ?? size })));
const count = queue.length;
await Promise.all(Array.from({ length: lanes }, lane));
await browser.close();
await new Promise((resolve) => server.httpServer.close(resolve));

for (const failure of failures) console.error(failure);
console.log(`${count} pictures in target/screens, ${failures.length} problems`);
process.exit(failures.length > 0 ? 1 : 0);

async function lane() {
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { shot, theme, size } = next;
    const label = `${shot.name} ${theme} ${size.width}x${size.height}`;
    try {
      for (const problem of await take(shot, theme, size)) failures.push(`${label}: ${problem}`);
    } catch (error) {
      failures.push(`${label}: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
    }
  }
}

async function take(shot, theme, size) {
  const context = await browser.newContext({
    viewport: size,
    colorScheme: theme,
    forcedColors,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  // As the desktop does, so that what relies on changing it shows here.
  await page.addInitScript(() => Object.freeze(Object.prototype));
  const problems = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  try {
    await page.goto(`${address}?fake=${shot.fake}${shot.hash ?? ""}`);
    // On a busy machine the parts that come later take their time.
    await page.waitForLoadState("networkidle");
    await page.waitForTimeout(shot.wait ?? 350);
    await shot.act?.(page);
    await page.waitForTimeout(120);
    await page.screenshot({ path: `${out}${shot.name}-${theme}-${size.width}x${size.height}.png` });
    problems.push(...(await overflow(page)), ...(await accessibility(page)));
  } finally {
    await context.close();
  }
  return problems;
}

/** What is wider than its place: the page, or a part that would get a horizontal scroll bar. */
function overflow(page) {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const wide = [
      ...document.querySelectorAll("body *:not(pre, pre *, table, table *, textarea)"),
    ].filter(
      (element) =>
        element.scrollWidth > element.clientWidth + 1 &&
        /auto|scroll/.test(getComputedStyle(element).overflowX) &&
        !element.querySelector(":scope > table"),
    );
    const found = scrollWidth > clientWidth ? ["the page is wider than its window"] : [];
    return [...found, ...wide.map(({ outerHTML }) => `too wide: ${outerHTML.slice(0, 100)}`)];
  });
}

async function accessibility(page) {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"],
    });
    return violations.map(
      ({ id, nodes }) =>
        `axe ${id}: ${nodes
          .slice(0, 3)
          .map((node) => node.html.slice(0, 120))
          .join(" | ")}`,
    );
  });
}
