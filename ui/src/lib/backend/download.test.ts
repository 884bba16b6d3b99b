import { describe, expect, it, vi } from "vitest";
import { download } from "./download";

const input = { gateway: "gw", format: "jsonl" } as const;

describe("an export in the browser", () => {
  it("is one file of all its pages", async () => {
    const pages = [
      { text: "a\n", next: 1 },
      { text: "b\n", next: null },
    ];
    const page = vi.fn(async () => pages.shift() ?? { text: "", next: null });
    const save = vi.fn();
    const written = await download(input, page, save);
    expect(page.mock.calls).toEqual([[null], [1]]);
    expect(written.bytes).toBe(4);
    expect(written.place).toMatch(/^gatehouse-audit-[\d-]+\.jsonl$/);
    expect(save).toHaveBeenCalledTimes(1);
  });

  it("ends where the pages do not go on", async () => {
    const page = vi.fn(async () => ({ text: "x", next: 5 }));
    await download(input, page, vi.fn());
    expect(page).toHaveBeenCalledTimes(2);
  });
});
