/** The words of the settings and of the palette. */
export const settings = {
  title: "Settings",
  sections: {
    gateways: "Gateways",
    notifications: "Notifications",
    appearance: "Appearance",
    secrets: "Sign-ins",
    credentials: "Agent credentials",
    about: "About",
  },
  notifications: {
    approvals: "Requests that wait",
    approvalsMeaning: "With buttons to decide, where the system has them.",
    detail: "What a notification shows",
    detailFull: "Everything",
    detailFullMeaning: "The command, the folder, the agent, and until when it waits.",
    detailPrivate: "Only that something waits",
    detailPrivateMeaning:
      "For a lock screen that others see. The command is in the window, and what is allowed is allowed there.",
    runFinished: "A run has finished",
    runFailed: "A run has failed",
    gatewayLost: "A gateway is lost",
    sound: "Play a sound",
    atLogin: "Start when you log in",
    atLoginMeaning: "Hidden, so that you are told from the beginning of what waits.",
    test: "Show a test notification",
    testShown: "It was handed to the system. If you do not see it, look at the system’s settings.",
    support: {
      actions: (server: string) =>
        `${server} shows notifications with buttons. You can decide from them.`,
      noActions: (server: string) =>
        `${server} shows no buttons. A small window in front of the others is used for decisions.`,
      none: "No notification service runs. A small window in front of the others is used for decisions.",
    },
    alwaysInWindow: "“Allow always” is never on a notification. It needs the window.",
  },
  appearance: {
    theme: "Theme",
    themes: { system: "As the system", light: "Light", dark: "Dark" },
    density: "Rows",
    densities: { compact: "Compact", comfortable: "Comfortable" },
    reduceMotion: "Less motion",
    reduceMotionMeaning: "Nothing moves. The system’s own setting counts as well.",
  },
  about: {
    version: "Version",
    platform: "System",
    licence: "Licence",
    licenceName: "MIT or Apache-2.0",
    openLog: "Open the log",
  },
  palette: {
    title: "Find",
    hint: "Find a place, a session, an action",
    none: (text: string) => `Nothing matches “${text}”.`,
    places: "Places",
    waiting: "Waiting",
    sessions: "Sessions",
    actions: "Actions",
  },
};
