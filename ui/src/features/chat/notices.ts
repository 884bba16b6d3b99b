/**
 * Texts that an OpenClaw gateway puts into a session in the person's name, to tell its agent something. The protocol
 * marks them by nothing but their words, in 2026.8 and 2026.9.
 */
const beginnings = [/^\[System\]\s/, /^An async command the user already approved\b/];

export function isNotice(text: string): boolean {
  const words = text.trimStart();
  return beginnings.some((beginning) => beginning.test(words));
}
