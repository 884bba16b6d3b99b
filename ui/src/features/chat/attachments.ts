/**
 * What may be attached to a message, decided before anything is read: each refusal names the file and the limit.
 */
import type { AttachmentInput, AttachmentLimits } from "$lib/backend/types";
import { m } from "$lib/messages";

/** A file the person chose. */
export interface Attachment {
  readonly key: number;
  readonly file: File;
  /** A `blob:` address for a thumbnail; whoever drops the attachment revokes it. */
  readonly preview: string | null;
}

export interface Choice {
  readonly accepted: readonly File[];
  /** Why others were not, in words. */
  readonly refused: readonly string[];
}

/** Sorts `files` into what fits `limits` beside the `present` attachments, and what does not. */
export function chooseFiles(
  files: readonly File[],
  limits: AttachmentLimits,
  present: number,
): Choice {
  const refused: string[] = [];
  const fitting = files.filter((file) => {
    const reason = refusal(file, limits);
    if (reason !== null) refused.push(reason);
    return reason === null;
  });
  const room = Math.max(0, limits.maxCount - present);
  const surplus = fitting.slice(room);
  if (surplus.length > 0) {
    const names = surplus.map((file) => file.name).join(", ");
    refused.push(m.chat.composer.tooMany(names, limits.maxCount));
  }
  return { accepted: fitting.slice(0, room), refused };
}

/** Why a file cannot go, or nothing. The limit may not be known (not connected); then it is asked again on sending. */
export function refusal(file: File, limits: AttachmentLimits): string | null {
  // A dropped folder looks like a file without content.
  if (file.size === 0) return m.chat.composer.emptyFile(file.name);
  if (limits.maxBytes !== null && file.size > limits.maxBytes) {
    return m.chat.composer.tooLarge(file.name, bytesText(file.size), bytesText(limits.maxBytes));
  }
  return null;
}

/** The form in which it is sent. */
export async function attachmentInput(file: File): Promise<AttachmentInput> {
  return {
    name: file.name,
    mime: file.type || "application/octet-stream",
    data: await base64(file),
  };
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error ?? new Error(file.name));
    reader.readAsDataURL(file);
  });
}

const UNITS = ["B", "KB", "MB", "GB"];

/** "4.2 MB". In thousands, as file managers count. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = value < 10 && unit > 0 ? 1 : 0;
  return `${value.toLocaleString(undefined, { maximumFractionDigits: digits })} ${UNITS[unit] ?? ""}`;
}
