/** What a person answers to a request with questions, in the form that the backend takes. */
import type { QuestionView } from "$lib/backend/types";

/** To one question: values of chosen options, and words of one's own. */
export type Given = { readonly chosen: readonly string[]; readonly words: string };

export const nothing: Given = { chosen: [], words: "" };

/** Chooses an option, or takes the choice back. Where one answer is wanted, it replaces any other. */
export function choose({ multiSelect }: QuestionView, given: Given, value: string): Given {
  if (!multiSelect) return { chosen: [value], words: "" };
  const had = given.chosen.includes(value);
  const chosen = had ? given.chosen.filter((each) => each !== value) : [...given.chosen, value];
  return { ...given, chosen };
}

/** Words of one's own. Where one answer is wanted, they replace a choice. */
export function say({ multiSelect }: QuestionView, given: Given, words: string): Given {
  const chosen = multiSelect || words.trim() === "" ? given.chosen : [];
  return { chosen, words };
}

/** All answers, in the order of the questions; none at all while a question has none. */
export function answersOf(
  questions: readonly QuestionView[],
  given: Readonly<Record<string, Given>>,
): string[] {
  const answers = questions.map((question) => answersTo(question, given[question.id] ?? nothing));
  return answers.every((each) => each.length > 0) ? answers.flat() : [];
}

function answersTo({ id, options }: QuestionView, { chosen, words }: Given): string[] {
  const own = words.trim() === "" ? [] : [`${id}:${words.trim()}`];
  const picked = options.map(({ value }) => value).filter((value) => chosen.includes(value));
  return [...picked, ...own];
}
