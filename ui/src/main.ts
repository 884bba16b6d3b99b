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
import type { Backend } from "./lib/backend/backend";
import type { AppInfo } from "./lib/backend/types";
import { Keymap } from "./lib/keyboard/keymap.svelte";
import { problemOf } from "./lib/errors";
import { Layout } from "./lib/layout.svelte";
import type { Page } from "./lib/page";
import { Router } from "./lib/router.svelte";
import { Clock } from "./lib/time/clock.svelte";
import NotStarted from "./views/NotStarted.svelte";
import "./styles/tokens.css";
import "./styles/base.css";

/** The page's keys, once there is a page. */
let keymap: Keymap | undefined;
let backend: Backend | undefined;

type SigningIn = (credential: string) => Promise<void>;

/** Shows the form and resolves once it has done its work. */
async function askCredential(gateway: string, signIn: SigningIn): Promise<void> {
  const target = document.getElementById("app");
  if (!target) return;
  let form: ReturnType<typeof mount> | undefined;
  await new Promise<void>((done) => {
    form = mount(SignIn, { target, props: { gateway, signIn, done } });
  });
  if (form) await unmount(form);
}

/** As above, over the page as it is. Its keys mean nothing meanwhile. */
async function askAgain(
  gateway: string,
  signIn: SigningIn,
  signedIn: () => Promise<boolean>,
): Promise<void> {
  const wasAt = document.activeElement;
  const resume = keymap?.suspend();
  const { default: SignInAgain } = await import("$features/signin/SignInAgain.svelte");
  let form: ReturnType<typeof mount> | undefined;
  await new Promise<void>((done) => {
    form = mount(SignInAgain, {
      target: document.body,
      props: { gateway, signIn, signedIn, done },
    });
  });
  if (form) await unmount(form);
  resume?.();
  if (wasAt instanceof HTMLElement) wasAt.focus();
}

async function start(): Promise<void> {
  const chosen = await chooseBackend(window.location.search, {
    first: askCredential,
    again: askAgain,
  });
  backend = chosen;
  const announcer = new Announcer();
  // What waits is asked for along with everything else, not after it: it is what the first paint waits for.
  const inbox = new Inbox(chosen, announceNews(announcer));
  const gateways = new Gateways(chosen);
  inbox.start();
  gateways.start();
  const info: AppInfo = await chosen.appInfo();
  applyAppearance(info.settings.appearance, document.documentElement);
  keymap = new Keymap(info.platform === "macos");
  const page: Page = {
    backend: chosen,
    router: new Router(window),
    keymap,
    announcer,
    clock: new Clock(),
    layout: new Layout(window.localStorage),
  };
  const target = document.getElementById("app");
  if (target) mount(App, { target, props: { page, info, inbox, gateways } });
}

/** What did not start: the page alone, or the app behind it. */
function failed(thrown: unknown): void {
  const target = document.getElementById("app");
  if (!target) return;
  target.replaceChildren();
  const problem = problemOf(thrown);
  const quit = backend?.capabilities.resident ? () => void backend?.quit() : null;
  mount(NotStarted, { target, props: { problem, quit } });
}

start().catch(failed);
