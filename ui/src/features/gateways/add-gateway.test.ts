import { describe, expect, it, vi } from "vitest";
import type { GatewayView, Recognised } from "$lib/backend/types";
import { AddGateway } from "./add-gateway.svelte";

const recognised = (fields: Partial<Recognised> = {}): Recognised => ({
  form: "dashboardLink",
  draft: "d1",
  url: "ws://127.0.0.1:18789",
  name: null,
  credential: "token",
  problem: null,
  ...fields,
});

function world(answer: Recognised = recognised()) {
  const backend = {
    gatewayRecognise: vi.fn(async () => answer),
    gatewayDiscover: vi.fn(async () => ({ gateways: [], broken: [] })),
    draftDrop: vi.fn(async () => undefined),
    gatewayAdd: vi.fn(async () => ({ id: "gw-1" }) as GatewayView),
    gatewayEdit: vi.fn(async () => ({ id: "gw-1" }) as GatewayView),
    credentialRotate: vi.fn(async () => ({ id: "gw-1" }) as GatewayView),
  };
  return { backend, add: new AddGateway(backend, () => undefined) };
}

describe("adding a gateway", () => {
  it("begins anew when another one is wanted, and keeps what is being entered", async () => {
    const { add, backend } = world();
    await add.paste("ws://127.0.0.1:18789");
    add.again();
    expect(add.step).toBe("complete");
    await add.connect("");
    add.again();
    expect([add.step, add.url, add.added]).toEqual(["paste", "", null]);
    expect(backend.draftDrop, "the draft was used up").not.toHaveBeenCalled();
  });

  it("takes the secret of a pasted link by its draft, and holds no text of it", async () => {
    const { add, backend } = world();
    await add.paste("http://127.0.0.1:18789/#token=hunter2");
    await add.connect("");
    expect(backend.gatewayAdd).toHaveBeenCalledWith(
      expect.objectContaining({ draft: "d1", secret: null, url: "ws://127.0.0.1:18789" }),
    );
    expect(JSON.stringify(add)).not.toContain("hunter2");
  });

  it("asks for the address when only a token was pasted", async () => {
    const { add, backend } = world(recognised({ form: "bareToken", url: null }));
    await add.paste("a-long-bare-token-of-some-kind");
    expect(add.complete).toBe(false);
    await add.connect("");
    expect(backend.gatewayAdd).not.toHaveBeenCalled();
    add.url = "ws://127.0.0.1:18789";
    await add.connect("");
    expect(backend.gatewayAdd).toHaveBeenCalledTimes(1);
  });

  it("passes a typed secret on and keeps none of it", async () => {
    const { add, backend } = world(recognised({ form: "url", draft: null, credential: "none" }));
    await add.paste("ws://127.0.0.1:18789");
    add.proof = "password";
    await add.connect("hunter2");
    expect(backend.gatewayAdd).toHaveBeenCalledWith(
      expect.objectContaining({ secret: { kind: "password", value: "hunter2" }, draft: null }),
    );
    expect(JSON.stringify({ ...add, url: add.url, name: add.name, pin: add.pin })).not.toContain(
      "hunter2",
    );
  });

  it("explains a node's join link instead of using it", async () => {
    const problem = { code: "nodeJoinLink", detail: null, requestId: null, deviceId: null };
    const { add } = world(recognised({ form: "nodeJoinLink", problem }));
    expect(await add.paste("https://example.org/j/abc")).toBe(false);
    expect(add.problem?.code).toBe("nodeJoinLink");
    expect(add.step).toBe("paste");
  });

  it("drops the pasted secret when the person goes away", async () => {
    const { add, backend } = world();
    await add.paste("http://127.0.0.1:18789/#token=hunter2");
    add.startOver();
    expect(backend.draftDrop).toHaveBeenCalledWith("d1");
    expect(add.url).toBe("");
  });

  it("refuses a fingerprint that is none", async () => {
    const { add } = world();
    await add.paste("wss://lab");
    add.pin = "AB:CD";
    expect(add.complete).toBe(false);
    add.pin = Array.from({ length: 32 }, () => "AB").join(":");
    expect(add.complete).toBe(true);
  });

  it("fills in what a link brought, and connects to nothing by itself", async () => {
    const { add, backend } = world();
    add.follow(recognised({ form: "addLink" }));
    expect([add.step, add.url, add.linked]).toEqual(["complete", "ws://127.0.0.1:18789", true]);
    expect(backend.gatewayAdd).not.toHaveBeenCalled();
    add.startOver();
    expect(add.linked).toBe(false);
    expect(backend.draftDrop, "its token is not kept").toHaveBeenCalledWith("d1");
  });

  it("says what is wrong with a link, and fills in nothing", async () => {
    const { add } = world();
    const problem = { code: "plainTextRefused", detail: null, requestId: null, deviceId: null };
    add.follow(recognised({ form: "addLink", problem }));
    expect([add.step, add.url, add.linked]).toEqual(["paste", "", false]);
    expect(add.problem?.code).toBe("plainTextRefused");
  });

  it("changes the gateway that was added rather than adding a second one", async () => {
    const { add, backend } = world();
    await add.paste("wss://lab");
    await add.connect("");
    add.amend();
    await add.connect("new-token");
    expect(backend.gatewayAdd).toHaveBeenCalledTimes(1);
    expect(backend.gatewayEdit).toHaveBeenCalledTimes(1);
    expect(backend.credentialRotate).toHaveBeenCalledWith("gw-1", {
      kind: "token",
      value: "new-token",
    });
  });
});
