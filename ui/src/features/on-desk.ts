/** Tests only: shows a component with a page and the parts of the desk that it looks at, over the fake backend. */
import { render } from "@testing-library/svelte";
import type { Component } from "svelte";
import { Announcer } from "$lib/announcer.svelte";
import { fakeBackend } from "$lib/backend/fake/fake";
import { Keymap } from "$lib/keyboard/keymap.svelte";
import { Layout } from "$lib/layout.svelte";
import type { Page } from "$lib/page";
import { Router } from "$lib/router.svelte";
import { Clock } from "$lib/time/clock.svelte";
import type { Desk } from "./desk";
import { Gateways } from "./gateways/gateways.svelte";
import { Governed } from "./governance/governed.svelte";
import OnDesk from "./OnDesk.test.svelte";
import { Sessions } from "./sessions/sessions.svelte";

export async function deskOf(search: string, more: Partial<Desk> = {}) {
  const backend = fakeBackend(`${search}&latency=0`);
  const gateways = new Gateways(backend);
  await gateways.load();
  const sessions = new Sessions(backend);
  await sessions.load();
  const page: Page = {
    backend,
    router: new Router(window),
    keymap: new Keymap(false),
    announcer: new Announcer(),
    clock: new Clock(() => Date.now()),
    layout: new Layout(null),
  };
  const desk: Partial<Desk> = { gateways, sessions, governed: new Governed(gateways), ...more };
  return { page, desk };
}

export function showOn<Props extends Record<string, unknown>>(
  { page, desk }: { page: Page; desk: Partial<Desk> },
  of: Component<Props>,
  props?: Props,
): void {
  const inside = of as unknown as Component<Record<string, unknown>>;
  render(OnDesk, { props: { page, desk, of: inside, props } });
}
