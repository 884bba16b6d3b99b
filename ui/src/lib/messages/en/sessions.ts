/** The words of the sessions list. */
import type { SessionActivity } from "../../backend/types";
import { plural } from "./common";

const activity: Record<SessionActivity, string> = {
  idle: "Idle",
  running: "Running",
  waitingForApproval: "Waits for approval",
  failed: "Last run failed",
  aborted: "Last run was stopped",
};

export const sessions = {
  title: "Sessions",
  main: "Main",
  activity,
  count: (count: number) => `${count} ${plural(count, "session", "sessions")}`,
  search: "Search sessions and messages",
  searchHint: "Search",
  clearSearch: "Clear the search",
  create: "New session",
  createTitle: "New session",
  createWhere: "Gateway",
  createName: "Name",
  createNameHint: "What it is about; can stay empty",
  createConfirm: "Create",
  creating: "Creating…",
  openOwn: (name: string) => `Open a chat on ${name}`,
  pin: "Pin",
  unpin: "Unpin",
  archive: "Archive",
  unarchive: "Take out of the archive",
  rename: "Rename…",
  renameTitle: "Rename the session",
  delete: "Delete…",
  deleteTitle: (title: string) => `Delete “${title}”?`,
  deleteMeaning: "Its transcript is deleted on the gateway. This cannot be taken back.",
  deleteConfirm: "Delete",
  actions: (title: string) => `Actions for ${title}`,
  unread: "Unread",
  pinned: "Pinned",
  recent: "Recent",
  archived: "Archive",
  showArchived: "Show the archive",
  hideArchived: "Hide the archive",
  inMessages: "In messages",
  noMatch: (text: string) => `Nothing matches “${text}”.`,
  noneTitle: "No sessions yet",
  noneMeaning:
    "A session is a conversation with an agent. It appears here when it starts, wherever it was started.",
  choose: "Choose a session to read it.",
  loadingFrom: (names: string) => `the list from ${names}`,
  cached: "From this computer’s copy; the gateway is not reachable.",
  cachedFrom: (names: string, when: string) =>
    `Not connected: ${names}. The sessions there are as they were ${when}.`,
};
