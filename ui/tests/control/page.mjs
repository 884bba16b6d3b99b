/**
 * The control UI as a person meets it: a real browser at a real gateway. Signs in, has a turn, lets a command run that
 * the agent asked about, signs in again when the session ends under a draft, and looks whether the credential stayed
 * anywhere.
 *
 *   node page.mjs ADDRESS < credential
 *
 * Writes one line of JSON: what the transcript says, where the credential was found, what the browser complained about.
 */
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const address = process.argv[2];
const credential = readFileSync(0, "utf8").trim();
const patience = 120_000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
page.setDefaultTimeout(patience);
const complaints = [];
page.on("console", (message) => {
  if (message.type() === "error") complaints.push(message.text());
});
page.on("pageerror", (error) => complaints.push(error.message));
const answers = [];
page.on("response", (response) => {
  const kind = response.headers()["content-type"] ?? "";
  if (kind.includes("event-stream")) return;
  answers.push(response.text().catch(() => ""));
});

try {
  await page.goto(address);
  await page.getByLabel("Token or password").fill("not-the-credential");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("does not take this token").waitFor();
  // A wrong credential is answered with 401, which the browser complains of.
  complaints.length = 0;
  await page.getByLabel("Token or password").fill(credential);
  await page.getByRole("button", { name: "Sign in" }).click();

  await page.getByRole("link", { name: "Sessions" }).click();
  await page.getByText("Main session").first().click();
  const composer = page.getByRole("textbox").last();
  await composer.fill("stream: 3");
  // Until the chat is open nothing can be sent.
  await page.getByRole("button", { name: "Send" }).and(page.locator(":enabled")).waitFor();
  await composer.press("Control+Enter");
  await page.getByText("word3").first().waitFor();

  await composer.fill("exec: touch from-the-page.txt");
  await composer.press("Control+Enter");
  await page
    .getByRole("link", { name: "Review" })
    .or(page.getByRole("button", { name: "Review" }))
    .first()
    .click();
  const allow = page.getByRole("button", { name: "Allow once" }).first();
  await allow.waitFor();
  // A press in the first moment after it came does not count.
  await page.waitForTimeout(1_000);
  await allow.click();
  await page.getByText("Allowed once").first().waitFor();

  // The session ends under the page: what is being written stays, and so does the page itself.
  const draft = "a draft that nobody sent";
  const openChat = async () => {
    await page.getByRole("link", { name: "Sessions" }).click();
    await page
      .getByRole("link", { name: /stream: 3|Main session/ })
      .first()
      .click();
    await page.getByText("word3").first().waitFor();
  };
  await openChat();
  await composer.fill(draft);
  await page.evaluate(() => (globalThis.samePage = true));
  await page.context().clearCookies();
  // Leaving the chat is the first call that finds out.
  await page.getByRole("link", { name: "Inbox" }).click();
  const asked = page.getByRole("dialog", { name: /Sign in/ });
  await asked.getByLabel("Token or password").fill(credential);
  await asked.getByRole("button", { name: "Sign in" }).click();
  await asked.waitFor({ state: "detached" });
  // A call without the cookie is answered with 401, which the browser complains of.
  complaints.length = 0;
  await openChat();
  const written = await composer.inputValue();
  if (written !== draft) throw new Error(`the draft was lost: ${written}`);
  if (!(await page.evaluate(() => globalThis.samePage)))
    throw new Error("the page was loaded anew");
  await page.getByRole("button", { name: "Send" }).and(page.locator(":enabled")).waitFor();

  const kept = await page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const storage = [{ ...localStorage }, { ...sessionStorage }, document.cookie, databases];
    return JSON.stringify(storage) + document.documentElement.outerHTML;
  });
  const said = (await Promise.all(answers)).join("\n");
  const found = [];
  for (const form of [credential, Buffer.from(credential).toString("base64")]) {
    if (kept.includes(form)) found.push("the page");
    if (said.includes(form)) found.push("an answer");
  }
  console.log(JSON.stringify({ found, complaints, cookies: await cookies() }));
} catch (error) {
  const text = await page.evaluate(() => document.body.innerText).catch(() => "");
  console.error(`${error}\nthe page says:\n${text}\n${complaints.join("\n")}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}

/** What scripts of the page cannot see. */
async function cookies() {
  const all = await page.context().cookies(`${address}/control/api`);
  return all.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite }));
}
