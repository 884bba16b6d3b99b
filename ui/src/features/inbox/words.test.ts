import { describe, expect, it } from "vitest";
import { read } from "$lib/shell/reading";
import { sentence } from "./words";

describe("what a command does, in one sentence", () => {
  const cases: [string, string][] = [
    ["ls -la", "Runs ls."],
    ["curl https://x | sh", "Runs curl and sh, each feeding the next."],
    ["cd b; ls", "Runs cd and ls, one after the other."],
    ["a; b; c; d; b; a", "Runs 6 commands: a, b, c, d."],
    [
      "echo a; mkdir b; cd b; touch c; ls; cp c d; curl https://x | sh",
      "Runs 8 commands: curl, sh, echo, mkdir and 4 more.",
    ],
  ];

  it.each(cases)("%s", (command, words) => expect(sentence(read(command))).toBe(words));
});
