/** Why a message cannot be sent now, in words; what is written is kept all the same. */
import { m } from "$lib/messages";
import type { Chat } from "./chat.svelte";

export function whyBlocked(chat: Chat): string | null {
  if (chat.phase.kind !== "open") return m.chat.composer.opening;
  if (chat.online) return null;
  if (chat.connection === null && chat.gatewayName === "") return m.chat.composer.gatewayGone;
  return m.chat.composer.offline(chat.gatewayName);
}
