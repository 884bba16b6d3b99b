import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import type { Backend } from "$lib/backend/backend";
import { Keymap } from "$lib/keyboard/keymap.svelte";
import type { Page } from "$lib/page";
import { Clock } from "$lib/time/clock.svelte";
import { AgentCredentials, namePattern } from "./credentials.svelte";
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
});
