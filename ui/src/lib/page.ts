/** What every component can reach: the backend, and the page's own senses. Passed by context, made once. */
import { createContext } from "svelte";
import type { Announcer } from "./announcer.svelte";
import type { Backend } from "./backend/backend";
import type { Keymap } from "./keyboard/keymap.svelte";
import type { Layout } from "./layout.svelte";
import type { Router } from "./router.svelte";
import type { Clock } from "./time/clock.svelte";

export type Page = {
  backend: Backend;
  router: Router;
  keymap: Keymap;
  announcer: Announcer;
  clock: Clock;
  layout: Layout;
};

export const [usePage, providePage] = createContext<Page>();
