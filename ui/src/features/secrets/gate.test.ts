import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import type { SecretStoreView } from "$lib/backend/types";
import { Keymap } from "$lib/keyboard/keymap.svelte";
import type { Page } from "$lib/page";
import type { Desk } from "$features/desk";
import GateOnDesk from "./GateOnDesk.test.svelte";
import { Secrets } from "./secrets.svelte";

function show(state: SecretStoreView = { kind: "passphraseNeeded", wrong: true }) {
  const ready: SecretStoreView = { kind: "ready", place: "encryptedFile" };
  const backend = {
    secretStoreChoose: vi.fn(async () => ready),
    secretStoreUnlock: vi.fn(async () => ready),
    onSecretsChanged: () => () => undefined,
  };
  const secrets = new Secrets(backend, state);
  const gateways = { list: [{ name: "Studio" }, { name: "Home" }] };
  const desk = { secrets, gateways } as unknown as Desk;
  const page = { keymap: new Keymap(false) } as unknown as Page;
  render(GateOnDesk, { desk, page });
  return backend;
}

const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const fields = () => [
  ...document.querySelectorAll<HTMLInputElement>("[role=dialog] input[type=password]"),
];
const type = (text: string, again = text) =>
  Promise.all(
    fields().map((field, index) =>
      fireEvent.input(field, { target: { value: index === 0 ? text : again } }),
    ),
  );
const confirm = () => press("Set it aside and start over");

describe("a forgotten passphrase", () => {
  it("is replaced only after what is lost was said and taken note of", async () => {
    const { secretStoreChoose } = show();
    await press("I forgot the passphrase…");
    const dialog = await screen.findByRole("dialog");
    expect(dialog.textContent).toContain("has to be pasted again");
    expect(dialog.textContent).toContain("Studio and Home");
    expect(secretStoreChoose, "the first press only asks").not.toHaveBeenCalled();
    await type("a new long passphrase");
    await confirm();
    expect(secretStoreChoose, "the box is not ticked").not.toHaveBeenCalled();
    await fireEvent.click(screen.getByRole("checkbox"));
    await confirm();
    expect(secretStoreChoose).toHaveBeenCalledWith("newEncryptedFile", "a new long passphrase");
  });

  it("is not replaced by one that was mistyped", async () => {
    const { secretStoreChoose } = show();
    await press("I forgot the passphrase…");
    await screen.findByRole("dialog");
    await fireEvent.click(screen.getByRole("checkbox"));
    await type("a new long passphrase", "a new long passfrase");
    await confirm();
    expect(secretStoreChoose).not.toHaveBeenCalled();
    expect(screen.getByRole("dialog").textContent).toContain("do not match");
    expect(fields().map(({ value }) => value)).toEqual(["", ""]);
  });

  it("that is too short says so where it stands, and stays typed", async () => {
    const { secretStoreChoose } = show();
    await press("I forgot the passphrase…");
    await screen.findByRole("dialog");
    await fireEvent.click(screen.getByRole("checkbox"));
    await type("short");
    await confirm();
    expect(secretStoreChoose).not.toHaveBeenCalled();
    expect(fields().map(({ value }) => value)).toEqual(["short", "short"]);
    expect(fields().map((field) => field.getAttribute("aria-invalid"))).toEqual(["true", null]);
  });

  it("can be left alone", async () => {
    const { secretStoreChoose } = show();
    await press("I forgot the passphrase…");
    await screen.findByRole("dialog");
    await press("Cancel");
    expect(secretStoreChoose).not.toHaveBeenCalled();
  });
});

describe("a choice of a place", () => {
  const needed = (reason: string): SecretStoreView => ({ kind: "choiceNeeded", reason });

  it.each([
    ["noSessionBus", "without a session bus"],
    ["noSecretService", "no running keychain"],
    ["keychainFailed", "answers with an error"],
    ["keychainSilent", "does not answer"],
    ["fileDamaged", "was changed or is broken"],
    ["fileMissing", "not where it was"],
    ["choiceUnreadable", "cannot be read"],
    ["somethingNewer", "cannot be kept where they usually are"],
  ])("says in words why it is needed: %s", (reason, words) => {
    show(needed(reason));
    expect(document.body.textContent).toContain(words);
    expect(document.body.textContent).not.toContain(reason);
  });

  it.each([
    ["noSessionBus", "encryptedFile"],
    ["fileDamaged", "newEncryptedFile"],
  ])("sets a file aside only where it is damaged: %s", async (reason, choice) => {
    const { secretStoreChoose } = show(needed(reason));
    await fireEvent.click(screen.getByRole("radio", { name: /Encrypted file/ }));
    for (const field of document.querySelectorAll("input[type=password]"))
      await fireEvent.input(field, { target: { value: "a new long passphrase" } });
    await press("Use an encrypted file");
    expect(secretStoreChoose).toHaveBeenCalledWith(choice, "a new long passphrase");
  });
});

describe("secrets that stand otherwise by themselves", () => {
  it("ask nothing over the work in hand, and are told all the same", () => {
    let tell: (state: SecretStoreView) => void = () => undefined;
    const backend = {
      secretStoreChoose: vi.fn(),
      secretStoreUnlock: vi.fn(),
      onSecretsChanged: (listener: typeof tell) => {
        tell = listener;
        return () => undefined;
      },
    };
    const ready: SecretStoreView = { kind: "ready", place: "keychain" };
    const secrets = new Secrets(backend, ready);
    secrets.start();
    tell({ kind: "keychainLocked" });
    expect([secrets.state.kind, secrets.asks]).toEqual(["keychainLocked", false]);
    tell(ready);
    expect(secrets.state).toEqual(ready);
  });
});
