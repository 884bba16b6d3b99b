import { describe, expect, it } from "vitest";
import type { Desk } from "../desk";
import { deskOf } from "../on-desk";
import { entriesOf } from "./entries";

async function entries() {
  const { page, desk } = await deskOf("?fake=few");
  const waiting = [
    { key: "k1", kind: "exec", subject: "rm -rf build", gatewayName: "Studio" },
    { key: "k2", kind: "question", subject: "Which one?", gatewayName: "Studio" },
  ];
  const whole = { ...desk, inbox: { waiting } } as unknown as Desk;
  return entriesOf(whole, page, { showKeys: () => undefined, quit: () => undefined });
}

describe("the palette", () => {
  it("has what waits before the places", async () => {
    const groups = (await entries()).map(({ group }) => group);
    expect([...new Set(groups)]).toEqual(["waiting", "places", "sessions", "actions"]);
  });

  it("tells the key of every place of the rail", async () => {
    const keys = (await entries()).flatMap(({ group, keys }) =>
      group === "places" && keys ? [keys] : [],
    );
    expect(keys).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("shows a command as one, and a question as words", async () => {
    const [command, question] = await entries();
    expect([command?.mono, question?.mono]).toEqual([true, false]);
  });
});
