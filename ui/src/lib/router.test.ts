import { describe, expect, it } from "vitest";
import { formatRoute, parseRoute, type Route } from "./router.svelte";

describe("a route", () => {
  const routes: Route[] = [
    { name: "inbox", item: null },
    { name: "inbox", item: "gw-1/exec/83781874" },
    { name: "approval", item: "gw/exec/a b#c?d%" },
    { name: "sessions", session: { gateway: "gw", key: "agent:main:with/slash" } },
    { name: "sessions", session: null },
    { name: "settings", section: null, gateway: null },
    { name: "settings", section: "secrets", gateway: null },
    { name: "settings", section: "gateways", gateway: "gw-1" },
    { name: "addGateway" },
  ];

  it.each(routes.map((route) => [formatRoute(route), route]))("%s is read back", (hash, route) => {
    expect(parseRoute(hash as string)).toEqual(route);
  });

  it("leads home where there is none of that name", () => {
    for (const hash of ["", "#", "#/nowhere", "#/%E0%A4%A"]) {
      expect(parseRoute(hash).name).toBe("inbox");
    }
  });
});
