import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import type { Backend } from "$lib/backend/backend";
import { Keymap } from "$lib/keyboard/keymap.svelte";
import type { Page } from "$lib/page";
import { Clock } from "$lib/time/clock.svelte";
import { AgentCredentials, namePattern } from "./credentials.svelte";
import { lackOfBounds } from "./bounds";
import DialogsOnPage from "./DialogsOnPage.test.svelte";

function credentials(fields: Partial<Backend> = {}) {
  const backend = {
    agentCredentialsList: vi.fn(async () => []),
    agentCredentialSet: vi.fn(async () => undefined),
    agentCredentialRotate: vi.fn(async () => undefined),
    agentCredentialDelete: vi.fn(async () => true),
    ...fields,
  } as unknown as Backend;
  const said = vi.fn();
  return { held: new AgentCredentials(backend, "gw", said), backend, said };
}

describe("credentials of agents", () => {
  it("are listed again after a change, which is said", async () => {
    const { held, backend, said } = credentials();
    held.ask({ kind: "rotate", name: "A" });
    await held.rotate("A", "secret", null);
    expect(backend.agentCredentialsList).toHaveBeenCalledTimes(1);
    expect(said).toHaveBeenCalledWith("rotate", "A");
    expect(held.question).toBeNull();
  });

  it("stay in question where the change was refused", async () => {
    const refuse = () => Promise.reject(new Error("no"));
    const { held } = credentials({ agentCredentialDelete: refuse });
    held.ask({ kind: "delete", name: "A" });
    await held.remove("A");
    expect(held.question).toEqual({ kind: "delete", name: "A" });
    expect(held.change.problem).not.toBeNull();
  });

  it("have names that a template can hold", () => {
    expect(namePattern.test("DEPLOY_TOKEN-2")).toBe(true);
    for (const name of ["", "2x", "a b", "a}}", "_x"]) expect(namePattern.test(name)).toBe(false);
  });

  it("leave nothing of a value in the page once it is sent", async () => {
    const { held, backend } = credentials();
    held.ask({ kind: "rotate", name: "A" });
    const page = { keymap: new Keymap(false), clock: new Clock(() => 0) } as unknown as Page;
    render(DialogsOnPage, { page, credentials: held, question: { kind: "rotate", name: "A" } });
    const field = screen.getByLabelText<HTMLInputElement>("Value");
    await fireEvent.input(field, { target: { value: "s3cret-value" } });
    await fireEvent.click(screen.getByRole("button", { name: "Rotate" }));
    expect(backend.agentCredentialRotate).toHaveBeenCalledWith(
      expect.objectContaining({ name: "A", secret: "s3cret-value" }),
    );
    expect(field.value).toBe("");
    expect(document.documentElement.outerHTML).not.toContain("s3cret-value");
  });

  it("are bound to the hosts and the tools that a person chose, and say what that means", async () => {
    const { held, backend } = credentials();
    held.ask({ kind: "add" });
    const page = { keymap: new Keymap(false), clock: new Clock(() => 0) } as unknown as Page;
    render(DialogsOnPage, { page, credentials: held, question: { kind: "add" } });
    const meaning = () => screen.getByRole("status").textContent ?? "";
    expect(meaning()).toContain("used nowhere");
    await fireEvent.click(screen.getByLabelText(/^Fetching from the web/));
    expect(meaning()).toContain("none is named");
    await fireEvent.input(screen.getByLabelText("Only for these hosts"), {
      target: { value: "api.example.org" },
    });
    expect(meaning()).toContain("For fetching at api.example.org. Commands cannot use it.");
    await fireEvent.click(screen.getByLabelText(/^Commands/));
    await fireEvent.input(screen.getByLabelText("Name"), { target: { value: "DEPLOY" } });
    await fireEvent.input(screen.getByLabelText("Value"), { target: { value: "s3cret-value" } });
    await fireEvent.click(screen.getByRole("button", { name: "Save" }));
    expect(backend.agentCredentialSet).toHaveBeenCalledWith(
      expect.objectContaining({
        boundHosts: ["api.example.org"],
        boundTools: ["exec", "web_fetch"],
      }),
    );
  });
});

describe("what was written in a dialog", () => {
  async function escaped(hosts: string) {
    const { held } = credentials();
    const close = vi.spyOn(held, "close");
    held.ask({ kind: "add" });
    const page = { keymap: new Keymap(false), clock: new Clock(() => 0) } as unknown as Page;
    render(DialogsOnPage, { page, credentials: held, question: { kind: "add" } });
    const field = screen.getByLabelText("Only for these hosts");
    await fireEvent.input(field, { target: { value: hosts } });
    await fireEvent.keyDown(field, { key: "Escape" });
    return close;
  }

  it("is asked about before Escape throws it away", async () => {
    const close = await escaped("api.example.org, files.example.org");
    expect(close).not.toHaveBeenCalled();
    expect(screen.getByRole("alert").textContent).toContain("kept nowhere else");
    await fireEvent.click(screen.getByRole("button", { name: "Go on writing" }));
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.getByLabelText<HTMLInputElement>("Only for these hosts").value).toContain(
      "files",
    );
  });

  it("goes without a question where it is a word", async () => {
    expect(await escaped("a.org")).toHaveBeenCalledOnce();
  });
});

describe("how often a credential may be used", () => {
  async function saved(uses: string) {
    const { held, backend } = credentials();
    held.ask({ kind: "add" });
    const page = { keymap: new Keymap(false), clock: new Clock(() => 0) } as unknown as Page;
    const { unmount } = render(DialogsOnPage, {
      page,
      credentials: held,
      question: { kind: "add" },
    });
    await fireEvent.input(screen.getByLabelText("Name"), { target: { value: "DEPLOY" } });
    await fireEvent.input(screen.getByLabelText("Value"), { target: { value: "s3cret-value" } });
    await fireEvent.input(screen.getByLabelText("How many uses"), { target: { value: uses } });
    const save = screen.getByRole<HTMLButtonElement>("button", { name: "Save" });
    const said = document.body.textContent;
    await fireEvent.click(save);
    unmount();
    const [set] = vi.mocked(backend.agentCredentialSet).mock.calls[0] ?? [];
    return { maxUses: set?.maxUses, said };
  }

  it("is any number where none is given, and else that number", async () => {
    expect((await saved("")).maxUses).toBeNull();
    expect((await saved(" 3 ")).maxUses).toBe(3);
  });

  it("is asked for again where it is none", async () => {
    for (const wrong of ["0", "-1", "1.5", "many", "1e3"]) {
      const { maxUses, said } = await saved(wrong);
      expect(maxUses, wrong).toBeUndefined();
      expect(said).toContain("A whole number from 1");
    }
  });
});

describe("what a credential is bound to", () => {
  it.each([
    [[], [], "nowhere"],
    [[], ["exec"], null],
    [[], ["exec", "models"], "noHost"],
    [["a.example.org"], [], null],
    [["a.example.org"], ["web_fetch"], null],
  ] as const)("hosts %j with tools %j: %s", (hosts, tools, lack) => {
    expect(lackOfBounds(hosts, tools)).toBe(lack);
  });
});
