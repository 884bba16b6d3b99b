import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import type { Component } from "svelte";
import { describe, expect, it, vi } from "vitest";
import type { Recognised } from "$lib/backend/types";
import { Keymap } from "$lib/keyboard/keymap.svelte";
import type { Page } from "$lib/page";
import type { Desk } from "$features/desk";
import OnDesk from "$features/OnDesk.test.svelte";
import { AddGateway } from "./add-gateway.svelte";
import AddGatewayView from "./AddGatewayView.svelte";

function world(recognised: Partial<Recognised>) {
  const answer: Recognised = {
    form: "url",
    draft: null,
    url: "ws://127.0.0.1:18789",
    name: null,
    credential: "none",
    problem: null,
    ...recognised,
  };
  const backend = {
    gatewayRecognise: vi.fn(async () => answer),
    gatewayDiscover: vi.fn(async () => ({ gateways: [], broken: [] })),
    draftDrop: vi.fn(async () => undefined),
  };
  const keymap = new Keymap(false);
  const router = { route: { name: "addGateway" }, go: vi.fn() };
  const adding = new AddGateway(backend as never, () => undefined);
  const desk = {
    adding,
    gateways: { list: [], connected: [] },
    linked: { waiting: null, take: () => null, dismiss: () => undefined },
    secrets: { state: { kind: "ready", place: "keychain" } },
    preferences: { current: {} },
  } as unknown as Desk;
  const page = { backend: { ...backend, capabilities: {} }, router, keymap } as unknown as Page;
  const of = AddGatewayView as unknown as Component<Record<string, unknown>>;
  const open = () => render(OnDesk, { props: { desk, page, of } });
  return { open, backend, adding, keymap };
}

async function pasted(recognised: Partial<Recognised>) {
  const made = world(recognised);
  const shown = made.open();
  await made.adding.paste("anything");
  await screen.findByLabelText("Address");
  return { ...made, shown };
}

describe("the form of a gateway that is added", () => {
  it("has the keyboard at the first thing that is missing", async () => {
    const { shown } = await pasted({ form: "bareToken", draft: "d", url: null });
    expect(document.activeElement).toBe(screen.getByLabelText("Address"));
    shown.unmount();

    const second = await pasted({});
    expect(document.activeElement?.getAttribute("type")).toBe("password");
    second.shown.unmount();

    await pasted({ form: "dashboardLink", draft: "d", credential: "token" });
    expect(document.activeElement?.getAttribute("type")).toBe("submit");
  });

  it("gives the keyboard to nothing that a link filled in", async () => {
    const { adding, open } = world({});
    adding.follow({
      form: "addLink",
      draft: "d",
      url: "ws://127.0.0.1:9",
      name: "Studio",
      credential: "token",
      problem: null,
    });
    open();
    await screen.findByLabelText("Address");
    expect(document.activeElement).toBe(document.body);
  });

  it("stays as it was entered while the person looks at something else", async () => {
    const { shown, open, backend } = await pasted({ form: "bareToken", draft: "d", url: null });
    await userEvent.setup().type(screen.getByLabelText("Address"), "ws://10.0.0.4");
    shown.unmount();
    open();
    expect(screen.getByLabelText<HTMLInputElement>("Address").value).toBe("ws://10.0.0.4");
    expect(backend.draftDrop).not.toHaveBeenCalled();
  });

  it("says of a bare token that it is one, once", async () => {
    await pasted({ form: "bareToken", draft: "d", url: null, credential: "token" });
    expect(screen.getByText("A token, kept out of sight")).toBeTruthy();
    expect(screen.queryByText(/in it, kept out of sight/)).toBeNull();
  });

  it("takes no letter for a key of ours right after it came", async () => {
    const { keymap } = await pasted({});
    const run = vi.fn();
    keymap.bind([{ keys: "d", label: "d", group: "decide", run }]);
    expect(keymap.handle(new KeyboardEvent("keydown", { key: "d" }))).toBe(false);
    expect(run).not.toHaveBeenCalled();
  });
});
