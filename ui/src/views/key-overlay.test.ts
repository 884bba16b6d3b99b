import { fireEvent, screen } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { deskOf, showOn } from "$features/on-desk";
import AboutSettings from "$features/settings/AboutSettings.svelte";
import { approvalKeys } from "$features/inbox/approval-keys";
import { chatKeys } from "$features/chat/chat-keys";
import type { AppInfo } from "$lib/backend/types";
import { listKeys } from "$lib/keyboard/list-keys";
import { otherKeys } from "$lib/keyboard/others";
import KeyOverlay from "$components/KeyOverlay.svelte";

const at = (top: number, bottom: number) => () => ({ top, bottom }) as DOMRect;

async function overlay(bind: (on: Awaited<ReturnType<typeof deskOf>>) => void = () => undefined) {
  const on = await deskOf("?fake=few");
  bind(on);
  showOn(on, KeyOverlay, { open: true, onclose: () => undefined });
  return screen.getByRole("dialog");
}

describe("a dialog that is longer than the window", () => {
  it("says that it goes on below, while it does", async () => {
    const dialog = await overlay();
    const foot = dialog.lastElementChild as HTMLElement;
    const body = foot.previousElementSibling as HTMLElement;
    foot.getBoundingClientRect = at(300, 308);
    body.getBoundingClientRect = at(100, 620);
    await fireEvent.scroll(dialog);
    expect(dialog.textContent).toContain("More below");
    body.getBoundingClientRect = at(-220, 296);
    await fireEvent.scroll(dialog);
    expect(dialog.textContent).not.toContain("More below");
  });
});

describe("the list of all keys", () => {
  const nothing = () => undefined;

  it("names what other places bind, apart from what works here", async () => {
    const dialog = await overlay();
    for (const words of ["Search", "Send the message", "Deny, or reject"]) {
      expect(dialog.textContent).toContain(words);
    }
    expect(screen.getByRole("heading", { name: "In a chat" })).toBeTruthy();
  });

  it("names each key once", async () => {
    const dialog = await overlay(({ page: { keymap } }) => {
      keymap.bind(listKeys({ ids: () => [], selected: () => null, select: nothing }));
    });
    expect(screen.queryByRole("heading", { name: "In a list" })).toBeNull();
    expect(dialog.textContent.match(/Next in the list/g)).toHaveLength(1);
  });

  it("names of other places what these bind, in their words", () => {
    const place = { chat: {}, viewport: document.body, toLatest: nothing, onwrite: nothing };
    const bound = [
      ...approvalKeys({} as never, nothing).filter(({ group }) => group === "decide"),
      ...listKeys({ ids: () => [], selected: () => null, select: nothing }),
      ...chatKeys(place as never),
    ].filter(({ unlisted }) => !unlisted);
    const named = otherKeys.flatMap(({ keys }) => keys.map((each) => each.join(" ")));
    for (const { keys, label } of bound) expect(named).toContain(`${keys} ${label}`);
  });
});

describe("what is said about the app", () => {
  it("opens the log, and says why where nothing opened it", async () => {
    const info = { version: "1", platform: "linux" } as unknown as AppInfo;
    const on = await deskOf("?fake=few", { info });
    const detail = "nothing here opens /data/gatehouse.log; xdg-open: exit status: 3";
    const open = vi.spyOn(on.page.backend, "openLog").mockRejectedValueOnce({
      code: "logNotOpened",
      message: detail,
      retryable: false,
    });
    showOn(on, AboutSettings);
    await fireEvent.click(screen.getByRole("button", { name: "Open the log" }));
    expect(open).toHaveBeenCalledTimes(1);
    expect(await screen.findByText("The log was not opened")).toBeTruthy();
    expect(screen.getByText(/nothing here opens/)).toBeTruthy();
  });
});
