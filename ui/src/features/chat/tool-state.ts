/** How a tool call stands, in a word. */
import type { ToolView } from "$lib/backend/types";
import { m } from "$lib/messages";

/** The exit code says more than "failed" where there is one. */
export function stateWord(tool: Pick<ToolView, "state" | "exitCode">): string {
  if ((tool.state === "done" || tool.state === "failed") && tool.exitCode) {
    return m.chat.tool.exit(tool.exitCode);
  }
  return m.chat.tool[tool.state];
}
