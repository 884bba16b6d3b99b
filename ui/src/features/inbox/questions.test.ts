import { describe, expect, it } from "vitest";
import type { QuestionView } from "$lib/backend/types";
import { answersOf, choose, nothing, say } from "./questions";

const question = (fields: Partial<QuestionView> = {}): QuestionView => ({
  id: "q",
  text: "Which?",
  options: ["a", "b"].map((label) => ({ value: `q:${label}`, label, description: null })),
  multiSelect: false,
  freeText: true,
  ...fields,
});

describe("answers to questions", () => {
  it("are the chosen options in their order, then one's own words", () => {
    const many = question({ multiSelect: true });
    let given = choose(many, nothing, "q:b");
    given = choose(many, given, "q:a");
    given = say(many, given, " and c: both ");
    expect(answersOf([many], { q: given })).toEqual(["q:a", "q:b", "q:and c: both"]);
  });

  it("can be taken back one by one", () => {
    const many = question({ multiSelect: true });
    const given = choose(many, choose(many, nothing, "q:a"), "q:a");
    expect(answersOf([many], { q: given })).toEqual([]);
  });

  it("are one where one is wanted: words replace a choice, and a choice the words", () => {
    const one = question();
    const chosen = choose(one, choose(one, nothing, "q:a"), "q:b");
    expect(answersOf([one], { q: chosen })).toEqual(["q:b"]);
    const said = say(one, chosen, "neither");
    expect(answersOf([one], { q: said })).toEqual(["q:neither"]);
    expect(answersOf([one], { q: choose(one, said, "q:a") })).toEqual(["q:a"]);
  });

  it("are none at all while a question has none", () => {
    const other = question({ id: "r", options: [] });
    const given = { q: choose(question(), nothing, "q:a"), r: say(other, nothing, "  ") };
    expect(answersOf([question(), other], given)).toEqual([]);
    const whole = { ...given, r: say(other, nothing, "x") };
    expect(answersOf([question(), other], whole)).toEqual(["q:a", "r:x"]);
  });

  it("to nothing that is asked are none", () => {
    expect(answersOf([], {})).toEqual([]);
  });
});
