/** Where a credential may be used, by the hosts and the tools that it is bound to: the gateway's own rules. */

/** The tools that take a credential. */
export const takers = ["exec", "web_fetch", "models"] as const;
export type Taker = (typeof takers)[number];

/** Those that send it to a host, and so need one. */
const senders: readonly Taker[] = ["web_fetch", "models"];

/** What keeps a credential from being used as it is bound, or nothing. */
export function lackOfBounds(
  hosts: readonly string[],
  tools: readonly string[],
): "nowhere" | "noHost" | null {
  if (hosts.length > 0) return null;
  if (tools.length === 0) return "nowhere";
  return senders.some((sender) => tools.includes(sender)) ? "noHost" : null;
}
