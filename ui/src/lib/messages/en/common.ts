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
  save: "Save",
  unknown: "unknown",
  loading: "Loading",
  resizeList: "Width of the list",
  keyHint: (label: string, keys: string) => `${label} (${keys})`,
  stillWaiting: (what: string) => `Still waiting for ${what}.`,
  waitingForApp: "the app’s answer",
  code: (code: string) => `Code: ${code}`,
  said: "Reported:",
  skipToContent: "Skip to the content",
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
