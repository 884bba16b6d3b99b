import { describe, expect, it } from "vitest";
import { m } from ".";

/** Every text of the page, also those that are made of something. */
function* texts(of: unknown, path: string): Generator<[string, string]> {
  if (typeof of === "string") yield [path, of];
  else if (typeof of === "function") yield [path, String(of)];
  else if (typeof of === "object" && of !== null) {
    for (const [key, value] of Object.entries(of)) yield* texts(value, `${path}.${key}`);
  }
}

describe("the words of the page", () => {
  it("have one apostrophe", () => {
    const typed = [...texts(m, "m")].filter(([, text]) => /\p{L}'\p{L}/u.test(text));
    expect(typed).toEqual([]);
  });
});
