import { describe, expect, it } from "vitest";
import type { GatewayView } from "$lib/backend/types";
import { makeGateway } from "$lib/backend/fake/gateways";
import { countsOf, nothingWaits, unseenOf } from "./unseen";

const gateway = (name: string, fields: Partial<GatewayView> = {}) =>
  makeGateway(0, { id: name, name, url: "ws://x", ...fields });
const away = { connection: { kind: "connecting", attempt: 1 } } as const;

function heard(...list: GatewayView[]) {
  const connected = list.filter(({ connection }) => connection.kind === "ready");
  return { list, connected, unheard: list.filter((each) => !connected.includes(each)) };
}

describe("an inbox without a request", () => {
  it("says that nothing waits only where all are heard", () => {
    expect(nothingWaits(heard(gateway("A"))).title).toBe("Nothing waits for you");
  });

  it("names where nothing waits, and who is not heard", () => {
    const words = nothingWaits(heard(gateway("A"), gateway("B"), gateway("C", away)));
    expect(words.title).toBe("Nothing waits on A and B");
    expect(words.meaning).toBe("C is not connected; what waits there is not seen.");
  });

  it("names a few of many", () => {
    const many = [..."ABCDE"].map((name) => gateway(name));
    const words = nothingWaits(heard(...many, gateway("F", away), gateway("G", away)));
    expect(words.title).toBe("Nothing waits on A, B, and 3 more");
    expect(words.meaning).toContain("F and G are not connected");
  });

  it("claims nothing where nobody is heard", () => {
    const { title, meaning } = nothingWaits(heard(gateway("A", away)));
    expect(title).toBe("No gateway is connected");
    expect(meaning).toContain("would not be seen");
  });

  it("says first that something waits which cannot be read", () => {
    const words = nothingWaits(heard(gateway("A", { unreadableWaiting: 2 }), gateway("B", away)));
    expect(words.title).toBe("2 requests wait that cannot be read or answered here.");
    expect(words.meaning).toContain("A");
  });
});

describe("the count above the queue", () => {
  it("has what cannot be read beside what waits", () => {
    const gateways = heard(
      gateway("A", { unreadableWaiting: 2 }),
      gateway("B", { unreadableWaiting: 4 }),
    );
    expect(countsOf(4, 0, unseenOf(gateways))).toBe("4 wait, 6 not readable");
    expect(countsOf(0, 0, unseenOf(gateways))).toBe("6 not readable");
  });

  it("does not say that nothing waits while somebody is not heard", () => {
    const gateways = heard(gateway("A"), gateway("B", away));
    expect(countsOf(0, 0, unseenOf(gateways))).toBe("nothing known to wait");
  });
});
