import { fireEvent, render, screen } from "@testing-library/svelte";
import type { Component } from "svelte";
import { describe, expect, it, vi } from "vitest";
import type { SessionRef } from "$lib/backend/types";
import { Keymap } from "$lib/keyboard/keymap.svelte";
import type { Page } from "$lib/page";
import { takesKeyboard } from "$features/chat/writes-next";
import type { Desk } from "$features/desk";
import OnDesk from "$features/OnDesk.test.svelte";
import NewSessionDialog from "./NewSessionDialog.svelte";
import { until } from "../../../tests/until";

const made: SessionRef = { gateway: "gw", key: "agent:main:new" };

/** A gateway that answers when it is told to. */
function slow() {
  let answer: (session: SessionRef) => void = () => undefined;
  const sessionCreate = vi.fn(() => new Promise<SessionRef>((done) => (answer = done)));
  const router = { go: vi.fn() };
  const desk = { gateways: { connected: [{ id: "gw", name: "Home", own: false }] } };
  const page = { backend: { sessionCreate }, router, keymap: new Keymap(false) };
  const onclose = vi.fn();
  render(OnDesk, {
    props: {
      desk: desk as unknown as Desk,
      page: page as unknown as Page,
      of: NewSessionDialog as unknown as Component<Record<string, unknown>>,
      props: { open: true, onclose },
    },
  });
  return { sessionCreate, router, onclose, answer: () => answer(made) };
}

const field = () => screen.getByLabelText<HTMLInputElement>("Name");
const enter = () => fireEvent.submit(field().closest("form") as HTMLFormElement);

describe("a new session", () => {
  it("is made once, however often Enter is pressed while its gateway is slow", async () => {
    const { sessionCreate, router, onclose, answer } = slow();
    await enter();
    await enter();
    expect(sessionCreate).toHaveBeenCalledTimes(1);
    expect(field().readOnly, "what is typed now goes nowhere").toBe(true);
    expect(screen.getByRole("button", { name: "Creating…" })).toBeTruthy();
    answer();
    await until(() => expect(onclose).toHaveBeenCalledTimes(1));
    expect(router.go).toHaveBeenCalledWith({ name: "sessions", session: made });
    expect(sessionCreate).toHaveBeenCalledTimes(1);
  });

  it("has the keyboard when it is there", async () => {
    const { onclose, answer } = slow();
    await enter();
    answer();
    await until(() => expect(onclose).toHaveBeenCalled());
    expect(takesKeyboard({ gateway: "gw", key: "another" }), "no other does").toBe(false);
    await enter();
    answer();
    await until(() => expect(onclose).toHaveBeenCalledTimes(2));
    expect(takesKeyboard(made)).toBe(true);
    expect(takesKeyboard(made), "once").toBe(false);
  });
});
