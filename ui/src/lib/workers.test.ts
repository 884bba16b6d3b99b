import { describe, expect, it } from "vitest";
import { AskedWorker, type PlainWorker } from "./workers";

/** A worker whose answers the test gives. */
function world() {
  const asked: { id: number; question: string }[] = [];
  let ended = 0;
  const made: PlainWorker<string, string> = {
    postMessage: (message) => asked.push(message),
    terminate: () => (ended += 1),
    onmessage: null,
    onerror: null,
  };
  const answer = (id: number | undefined, answer: string) =>
    made.onmessage?.({ data: { id, answer } } as unknown as MessageEvent);
  return { asked, made, answer, ended: () => ended };
}

describe("a worker that is asked", () => {
  it("gives each answer to whoever asked for it", async () => {
    const { asked, made, answer } = world();
    const worker = new AskedWorker<string, string>(() => made);
    const first = worker.ask("a");
    const second = worker.ask("b");
    answer(asked[1]?.id, "of b");
    answer(asked[0]?.id, "of a");
    expect(await first).toBe("of a");
    expect(await second).toBe("of b");
  });

  it("answers nothing when it cannot be started or dies, and is started anew for the next", async () => {
    const never = new AskedWorker<string, string>(() => {
      throw new Error("refused");
    });
    expect(await never.ask("a")).toBeNull();
    const { asked, made, answer, ended } = world();
    const dying = new AskedWorker<string, string>(() => made);
    const waiting = dying.ask("a");
    made.onerror?.({} as ErrorEvent);
    expect(await waiting).toBeNull();
    expect(ended()).toBe(1);
    const next = dying.ask("b");
    answer(asked[1]?.id, "of b");
    expect(await next).toBe("of b");
  });
});
