/**
 * What a person has begun to write, per session, until the app ends. In memory only: a draft can hold a secret.
 */
import { SvelteMap } from "svelte/reactivity";
import type { AttachmentInput, AttachmentLimits, SessionRef } from "$lib/backend/types";
import { m } from "$lib/messages";
import { attachmentInput, chooseFiles, refusal, type Attachment } from "./attachments";

let nextKey = 0;

/** A message before it is sent. */
export class Draft {
  text = $state("");
  attachments = $state.raw<readonly Attachment[]>([]);
  /** Why files were not attached, in words. */
  refused = $state.raw<readonly string[]>([]);

  get empty(): boolean {
    return this.text.trim() === "" && this.attachments.length === 0;
  }

  /** Puts a text in without taking away what is there. */
  add(text: string): void {
    const written = this.text.trimEnd();
    this.text = written === "" ? text : `${written}\n\n${text}`;
  }

  attach(files: readonly File[], limits: AttachmentLimits): void {
    const { accepted, refused } = chooseFiles(files, limits, this.attachments.length);
    this.refused = refused;
    this.attachments = [...this.attachments, ...accepted.map(newAttachment)];
  }

  detach(attachment: Attachment): void {
    if (attachment.preview) URL.revokeObjectURL(attachment.preview);
    this.attachments = this.attachments.filter((other) => other !== attachment);
    this.refused = [];
  }

  /** The message's parts, or nothing when a file cannot go; the reason is then in `refused`. */
  async take(limits: AttachmentLimits): Promise<{ text: string; files: AttachmentInput[] } | null> {
    const refused = this.attachments
      .map(({ file }) => refusal(file, limits))
      .filter((r) => r !== null);
    this.refused = refused;
    if (refused.length > 0) return null;
    const files: AttachmentInput[] = [];
    for (const { file } of this.attachments) {
      try {
        files.push(await attachmentInput(file));
      } catch {
        this.refused = [m.chat.composer.unreadable(file.name)];
        return null;
      }
    }
    const text = this.text.trim();
    this.clear();
    return { text, files };
  }

  clear(): void {
    for (const { preview } of this.attachments) if (preview) URL.revokeObjectURL(preview);
    this.text = "";
    this.attachments = [];
    this.refused = [];
  }
}

function newAttachment(file: File): Attachment {
  nextKey += 1;
  const preview = file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
  return { key: nextKey, file, preview };
}

const drafts = new SvelteMap<string, Draft>();

/** The session's draft; the same one each time. */
export function draftOf({ gateway, key }: SessionRef): Draft {
  const name = JSON.stringify([gateway, key]);
  const draft = drafts.get(name) ?? new Draft();
  drafts.set(name, draft);
  return draft;
}

/** Whether a message is begun somewhere and not sent. */
export function somethingIsDrafted(): boolean {
  return [...drafts.values()].some((draft) => !draft.empty);
}
