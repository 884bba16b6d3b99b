/** Why a message cannot be sent now, in words; what is written is kept all the same. */
import { m } from "$lib/messages";
import type { Chat } from "./chat.svelte";

export function whyBlocked(chat: Chat): string | null {
  if (chat.online) return null;
  if (chat.connection === null) return m.chat.composer.gatewayGone;
  if (chat.phase.kind !== "open" || chat.connection === undefined) return m.chat.composer.opening;
  return m.chat.composer.offline(chat.gatewayName);
}
