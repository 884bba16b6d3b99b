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
  if (unanswered(questions, given).length > 0) return [];
  return questions.flatMap((question) => answersTo(question, given[question.id] ?? nothing));
}

/** The questions without an answer, in their order. */
export function unanswered(
  questions: readonly QuestionView[],
  given: Readonly<Record<string, Given>>,
): QuestionView[] {
  return questions.filter(
    (question) => answersTo(question, given[question.id] ?? nothing).length === 0,
  );
}

function answersTo({ id, options }: QuestionView, { chosen, words }: Given): string[] {
  const own = words.trim() === "" ? [] : [`${id}:${words.trim()}`];
  const picked = options.map(({ value }) => value).filter((value) => chosen.includes(value));
  return [...picked, ...own];
}
