/** Words that belong to no one screen. */

export const plural = (count: number, one: string, many: string) => (count === 1 ? one : many);

export const common = {
  app: "Gatehouse",
  rail: "Places",
  inbox: "Inbox",
  sessions: "Sessions",
  settings: "Settings",
  gateways: "Gateways",
  add: "Add",
  back: "Back",
  cancel: "Cancel",
  close: "Close",
  copied: "Copied",
  copy: "Copy",
  more: "More",
  moreBelow: "More below",
  open: "Open",
  remove: "Remove",
  retry: "Try again",
  notStarted: "Gatehouse could not start",
  quit: "Quit Gatehouse",
  save: "Save",
  unknown: "unknown",
  loading: "Loading",
  resizeList: "Width of the list",
  keyHint: (label: string, keys: string) => `${label} (${keys})`,
  stillWaiting: (what: string) => `Still waiting for ${what}.`,
  waitingForApp: "the app’s answer",
  code: (code: string) => `Code: ${code}`,
  said: "Reported:",
  typedIsLost: "What you wrote here is kept nowhere else.",
  goOnWriting: "Go on writing",
  throwAway: "Throw it away",
  skipToContent: "Skip to the content",
};

export const leave = {
  stay: "Stay here",
  quitNow: "Quit Gatehouse",
  goOn: "Go on without a window",
  close: {
    title: "Gatehouse goes on without its window",
    meaning:
      "Nothing on this desktop would show it: there is no tray and nothing that shows notifications. A small window still comes up when something waits for you. To see this one again, start Gatehouse once more.",
  },
  quit: {
    title: "Quit, and lose what was not sent?",
    meaning:
      "Something that you began to write is not sent or not saved, and is kept nowhere else. What waits for a decision goes on waiting at its gateway; the gateway on this computer stops.",
  },
};

export const time = {
  justNow: "just now",
  minutesAgo: (count: number) => `${count} min ago`,
  hoursAgo: (count: number) => `${count} h ago`,
  daysAgo: (count: number) => `${count} ${plural(count, "day", "days")} ago`,
  shortNow: "now",
  shortMinutes: (count: number) => `${count} min`,
  shortHours: (count: number) => `${count} h`,
  shortDays: (count: number) => `${count} d`,
  hoursLeft: (count: number) => `${count} h left`,
  minutesLeft: (count: number) => `${count} min left`,
  clockLeft: (clock: string) => `${clock} left`,
};

export const keys = {
  title: "Keyboard",
  groups: { move: "Move", decide: "Decide", chat: "Chat", app: "Everywhere" },
  palette: "Find a place, a session, an action",
  overlay: "Show all keys",
  place: (name: string) => `Go to ${name}`,
  next: "Next in the list",
  previous: "Previous in the list",
  search: "Search",
  back: "Back; closes nothing that waits",
  allow: "Choose Allow once, then Enter confirms",
  confirm: "Confirm what was chosen with A",
  deny: "Deny, or reject",
  explain: "Explain the request",
  places: {
    request: "On a request",
    list: "In a list",
    search: "In sessions and audit",
    chat: "In a chat",
  },
};
