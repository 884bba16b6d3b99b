/** How a connection stands, in a few words. */
import type { ConnectionView } from "$lib/backend/types";
import { explain } from "$lib/errors";
import { m } from "$lib/messages";

/** One that was given up is told by its reason: that it stopped says nothing. */
export function stateOf(connection: ConnectionView): string {
  if (connection.kind === "stopped") return explain(connection.problem.code).title;
  return m.gateways.state[connection.kind];
}
