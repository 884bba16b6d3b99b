/** The options of a request with questions, sorted by question: a value is `question:label`. */
import type { QuestionOption } from "$lib/backend/types";

export type AskedQuestion = { id: string; options: QuestionOption[] };

export function questionsOf(options: readonly QuestionOption[]): AskedQuestion[] {
  const questions = new Map<string, QuestionOption[]>();
  for (const option of options) {
    const colon = option.value.indexOf(":");
    const id = colon < 0 ? "" : option.value.slice(0, colon);
    questions.set(id, [...(questions.get(id) ?? []), option]);
  }
  return [...questions].map(([id, list]) => ({ id, options: list }));
}

/** One answer for each question, or what was typed where there is nothing to choose; else none. */
export function answersOf(
  questions: readonly AskedQuestion[],
  chosen: Readonly<Record<string, string>>,
  typed: string,
): string[] {
  if (questions.length === 0) return typed.trim() === "" ? [] : [typed.trim()];
  const answers = questions.map(({ id }) => chosen[id]);
  return answers.every((answer) => answer !== undefined) ? answers : [];
}
