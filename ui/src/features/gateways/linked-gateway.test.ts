import { describe, expect, it, vi } from "vitest";
import type { Recognised } from "$lib/backend/types";
import { LinkedGateway } from "./linked-gateway.svelte";

const recognised = (draft: string | null): Recognised => ({
  form: "addLink",
  draft,
  url: "wss://gw.example",
  name: null,
  credential: "token",
  problem: null,
});

describe("a gateway that a link wants to add", () => {
  it("is handed over once", () => {
    const draftDrop = vi.fn(async () => undefined);
    const linked = new LinkedGateway({ draftDrop });
    linked.arrive(recognised("d1"));
    expect(linked.take()?.draft).toBe("d1");
    expect(linked.take()).toBeNull();
    linked.dismiss();
    expect(draftDrop, "the form has it now").not.toHaveBeenCalled();
  });

  it("leaves no secret behind when it is not wanted or another one comes", () => {
    const draftDrop = vi.fn(async () => undefined);
    const linked = new LinkedGateway({ draftDrop });
    linked.arrive(recognised("d1"));
    linked.arrive(recognised(null));
    linked.arrive(recognised("d2"));
    linked.dismiss();
    expect(draftDrop.mock.calls).toEqual([["d1"], ["d2"]]);
    expect(linked.waiting).toBeNull();
  });
});
