/** Starts the page: chooses a backend, applies what was set before the first paint, mounts the window's view. */
import { mount, unmount } from "svelte";
import App from "./App.svelte";
import { Gateways } from "$features/gateways/gateways.svelte";
import { Inbox } from "$features/inbox/inbox.svelte";
import { announceNews } from "$features/inbox/news";
import SignIn from "$features/signin/SignIn.svelte";
import { applyAppearance } from "./lib/appearance";
import { Announcer } from "./lib/announcer.svelte";
import { chooseBackend } from "./lib/backend";
import { asBackendError } from "./lib/backend/backend";
import type { AppInfo } from "./lib/backend/types";
import { Keymap } from "./lib/keyboard/keymap.svelte";
import { m } from "./lib/messages";
import { Layout } from "./lib/layout.svelte";
import type { Page } from "./lib/page";
import { Router } from "./lib/router.svelte";
import { Clock } from "./lib/time/clock.svelte";
import "./styles/tokens.css";
import "./styles/base.css";

/** Shows the form and resolves once it has done its work. */
async function askCredential(
  gateway: string,
  signIn: (credential: string) => Promise<void>,
): Promise<void> {
  const target = document.getElementById("app");
  if (!target) return;
  let form: ReturnType<typeof mount> | undefined;
  await new Promise<void>((done) => {
    form = mount(SignIn, { target, props: { gateway, signIn, done } });
  });
  if (form) await unmount(form);
}

async function start(): Promise<void> {
  const backend = await chooseBackend(window.location.search, askCredential);
  const announcer = new Announcer();
  // What waits is asked for along with everything else, not after it: it is what the first paint waits for.
  const inbox = new Inbox(backend, announceNews(announcer));
  const gateways = new Gateways(backend);
  inbox.start();
  gateways.start();
  const info: AppInfo = await backend.appInfo();
  applyAppearance(info.settings.appearance, document.documentElement);
  const page: Page = {
    backend,
    router: new Router(window),
    keymap: new Keymap(info.platform === "macos"),
    announcer,
    clock: new Clock(),
    layout: new Layout(window.localStorage),
  };
  const target = document.getElementById("app");
  if (target) mount(App, { target, props: { page, info, inbox, gateways } });
}

/** Where not even the frame stands, plain words do. */
function failed(thrown: unknown): void {
  const target = document.getElementById("app");
  if (!target) return;
  const { code, message } = asBackendError(thrown);
  const words = document.createElement("p");
  words.className = "unstarted";
  words.textContent = `${m.common.notStarted} ${message} (${code})`;
  const again = document.createElement("button");
  again.textContent = m.common.retry;
  again.onclick = () => window.location.reload();
  target.replaceChildren(words, again);
}

start().catch(failed);
