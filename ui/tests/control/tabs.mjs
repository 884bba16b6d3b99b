/**
 * More tabs of one browser than it has connections to a server, all in view: each of them works, and each shows what
 * waits and what became of it.
 *
 *   node tabs.mjs ADDRESS < credential
 *
 * Writes one line of JSON: what the browser complained about.
 */
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const address = process.argv[2];
const credential = readFileSync(0, "utf8").trim();
const patience = 60_000;
const count = 8;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
context.setDefaultTimeout(patience);
const complaints = [];
const tabs = [];

try {
  for (let at = 0; at < count; at += 1) tabs.push(await open(at));
  const [first, second] = tabs;
  const last = tabs.at(-1);

  await openChat(first);
  await ask(first, "exec: touch from-a-tab.txt");
  await Promise.all(tabs.map(shows("Allow once")));
  // The tab that was opened first gave its stream away long ago; another one decides than the one that asked.
  await second.waitForTimeout(1_000);
  await allowOnce(second).click();
  await Promise.all(tabs.map(showsDecided));

  // A transcript is live in the tab that a person turns to, whichever it is.
  for (const [at, tab] of [last, first].entries()) {
    await openChat(tab);
    await ask(tab, `stream: ${4 + at}`);
    await tab
      .getByText(`word${4 + at}`)
      .first()
      .waitFor();
  }
  console.log(JSON.stringify({ complaints }));
} catch (error) {
  const said = tabs.map((tab) => tab.evaluate(() => document.body.innerText).catch(() => ""));
  console.error(
    `${error}\n${(await Promise.all(said)).join("\n----\n")}\n${complaints.join("\n")}`,
  );
  process.exitCode = 1;
} finally {
  await browser.close();
}

async function open(at) {
  const tab = await context.newPage();
  tab.on("pageerror", (error) => complaints.push(error.message));
  tab.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await tab.goto(`${address}/#/inbox`);
  if (at === 0) {
    await tab.getByLabel("Token or password").fill(credential);
    await tab.getByRole("button", { name: "Sign in" }).click();
  }
  await tab.getByRole("link", { name: "Inbox" }).waitFor();
  // Without a credential the browser is answered with 401, which it complains of.
  if (at === 0) complaints.length = 0;
  return tab;
}

async function openChat(tab) {
  await tab.getByRole("link", { name: "Sessions" }).click();
  await tab
    .getByRole("link", { name: /touch from-a-tab|stream: \d|Main session/ })
    .first()
    .click();
}

async function ask(tab, words) {
  await tab.getByRole("textbox").last().fill(words);
  await tab.getByRole("button", { name: "Send" }).and(tab.locator(":enabled")).click();
}

function allowOnce(tab) {
  return tab.getByRole("button", { name: "Allow once" }).first();
}

/** In the inbox; the tab that asked goes there. */
function shows(words) {
  return async (tab) => {
    await tab.getByRole("link", { name: "Inbox" }).click();
    await tab.getByRole("button", { name: words }).first().waitFor();
  };
}

function showsDecided(tab) {
  return tab.getByText("Allowed once").first().waitFor();
}
