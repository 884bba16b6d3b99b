import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { BackendError } from "$lib/backend/backend";
import { m } from "$lib/messages";
import SignIn from "./SignIn.svelte";
import { until } from "../../../tests/until";

describe("the sign-in", () => {
  it("says in words that the credential is wrong, and empties the field", async () => {
    const signIn = () => Promise.reject(new BackendError("unauthorized", "no", false));
    const done = vi.fn();
    render(SignIn, { gateway: "Studio", signIn, done });
    const field = screen.getByLabelText(m.signin.credential);
    await userEvent.type(field, "guess");
    await userEvent.click(screen.getByRole("button", { name: m.signin.signIn }));
    expect(await screen.findByText(m.signin.wrong)).toBeTruthy();
    expect((field as HTMLInputElement).value).toBe("");
    expect(done).not.toHaveBeenCalled();
  });

  it("goes on when the gateway takes it", async () => {
    const signIn = vi.fn(() => Promise.resolve());
    const done = vi.fn();
    render(SignIn, { gateway: "Studio", signIn, done });
    await userEvent.type(screen.getByLabelText(m.signin.credential), "right{Enter}");
    await until(() => expect(done).toHaveBeenCalledOnce());
    expect(signIn).toHaveBeenCalledWith("right");
  });
});
