/** A made-up configuration file: as it should be, with a slip in it, and with much that is wrong. */
import type { ConfigurationView } from "../types";
import type { OwnKind } from "./scenario";

const path = "~/.gatehouse/gatehouse.json";
const slip = {
  path: "gateway.toolz",
  message: 'gateway.toolz: there is no setting of this name; did you mean "tools"?',
};
const port = { path: "gateway.port", message: "counts from the next start" };

export function configurationOf(kind: OwnKind): ConfigurationView {
  if (kind === "broken") return { path, mistakes: [slip], waiting: [port] };
  if (kind === "long") {
    const mistakes = Array.from({ length: 12 }, (_, at) => ({
      path: `agents.list[${at}].model.fallbacks`,
      message: `agents.list[${at}].model.fallbacks: a list of models is wanted here, as in ["provider/model"], and this is the text "anthropic/claude-sonnet-4-5, openai/gpt-5, ollama/qwen3"`,
    }));
    return { path, mistakes, waiting: [] };
  }
  return { path, mistakes: [], waiting: [] };
}
