/** The words for what of the app's own records could not be read at a start. */
export const losses = {
  label: "Not everything that was kept could be read",
  records: "The app’s own records were damaged and begin anew.",
  recordsRestored: (count: number) =>
    count === 0
      ? "There was no copy of your gateways: add them again. The history of requests is gone; what waits at a gateway is listed again as soon as it is connected."
      : `${count === 1 ? "Your gateway" : `Your ${count} gateways`} and your settings came back from their copy. The history of requests is gone; what waits is listed again as soon as its gateway is connected.`,
  cache: "The stored sessions and messages were damaged and begin anew.",
  cacheMeaning: "They come again from the gateways. There is nothing for you to do.",
  settings: "Some of your settings could not be read.",
  settingsMeaning:
    "The others hold, and a notification shows only that something waits. Set again what is not as you want it.",
  rules: "Some of your rules that answer could not be read.",
  rulesMeaning: "The others are there. Write anew what is missing.",
  paused:
    "Nothing is answered by rules until you have gone through them and switched them on again.",
  aside: "What was there before is kept in",
  toSettings: "Open the settings",
  toRules: "Open the rules",
  seen: "I have read this",
  notKept: "It could not be noted that you have seen this, so it is said again at the next start.",
};
