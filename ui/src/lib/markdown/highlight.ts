/** Asks for colours for code that has been written out. The answer comes later or never; plain text is always there. */
import { AskedWorker, startWorker } from "../workers";
import { knownLanguage } from "./languages";
import type { HighlightRequest, LineTokens } from "./tokens";

/** Larger code stays plain: nobody reads it, and colouring takes seconds. */
const MAX_CHARACTERS = 100_000;

const worker = new AskedWorker<HighlightRequest, LineTokens[]>(() => startWorker("highlight"));

/** The code's tokens by line, or nothing when it stays plain. */
export async function highlight(code: string, word: string): Promise<readonly LineTokens[] | null> {
  const language = knownLanguage(word);
  if (!language || code.length > MAX_CHARACTERS) return null;
  return worker.ask({ code, language });
}
