/** The words about where secrets are kept. */
import type { SecretPlace, SecretStoreView } from "../../backend/types";

const places: Record<SecretPlace, string> = {
  keychain: "System keychain",
  encryptedFile: "Encrypted file",
  memory: "Memory only",
  nowhere: "Not saved",
  unknown: "Not known",
};

const placeMeanings: Record<SecretPlace, string> = {
  keychain: "Kept by the operating system. It opens with your login.",
  encryptedFile: "Kept in a file on this computer, encrypted with your passphrase.",
  memory: "Kept until the app ends. It has to be pasted again at the next start.",
  nowhere: "There is none to keep.",
  unknown: "The record of where secrets are kept cannot be read.",
};

/** Why no place for secrets is settled, by the vault's code. */
const choices: Record<string, { title: string; meaning: string }> = {
  noSessionBus: {
    title: "No keychain can be reached",
    meaning:
      "The app was started without a session bus, over which the system’s keychain is reached: in a bare terminal, or over SSH. So tokens cannot be kept where they usually are. Choose where they go instead.",
  },
  noSecretService: {
    title: "No keychain answers",
    meaning:
      "This computer has no running keychain (Secret Service), so tokens cannot be kept where they usually are. Choose where they go instead.",
  },
  keychainFailed: {
    title: "The keychain failed",
    meaning:
      "The system’s keychain answers with an error; the log has its words. Choose where tokens go instead, or look for it again once it works.",
  },
  keychainSilent: {
    title: "The keychain is silent",
    meaning:
      "The system’s keychain is there and does not answer. Choose where tokens go instead, or look for it again once it works.",
  },
  fileDamaged: {
    title: "The encrypted file is damaged",
    meaning:
      "The file that held your tokens was changed or is broken. It is left as it is. Choose where tokens go from now on; they have to be pasted again.",
  },
  fileMissing: {
    title: "The encrypted file is gone",
    meaning:
      "The file that held your tokens is not where it was. Put it back and start the app again, or choose where tokens go from now on; they have to be pasted again.",
  },
  choiceUnreadable: {
    title: "Where your secrets are cannot be read",
    meaning:
      "The record of the place that you chose cannot be read. It is left as it is. Choose the same place again to go on with what is there.",
  },
};

const choiceOf = (reason: string) =>
  choices[reason] ?? {
    title: "No keychain answers",
    meaning: "Tokens cannot be kept where they usually are. Choose where they go instead.",
  };

export const secrets = {
  title: "Secrets",
  places,
  placeMeanings,
  chooseLegend: "Where tokens and passwords go",
  openQuestion: "Open them…",
  never: "Tokens and passwords are never shown again once saved, and never written to a log.",
  lockedMeaning:
    "Your tokens are in the system’s keychain, and it has to be opened before a gateway can be reached. The system asks for its password itself.",
  unlock: "Unlock the keychain",
  unlocking: "The system’s own prompt is open. It may be behind this window.",
  choiceMeaning: (reason: string) => choiceOf(reason).meaning,
  /** What stands in the way, in a line. */
  asks(state: SecretStoreView): string {
    switch (state.kind) {
      case "ready":
        return "";
      case "keychainLocked":
        return "The keychain is locked";
      case "passphraseNeeded":
        return "Your secrets are locked";
      case "choiceNeeded":
        return choiceOf(state.reason).title;
    }
  },
  tryAgain: "Look for the keychain again",
  tryAgainMeaning: "After you have started one, such as GNOME Keyring or KWallet.",
  file: "Encrypted file",
  fileMeaning: "A file on this computer, encrypted with a passphrase that you type at each start.",
  memory: "Memory only",
  memoryMeaning: "Nothing is saved. Tokens have to be pasted again at each start.",
  passphrase: "Passphrase",
  passphraseAgain: "Passphrase again",
  passphraseDiffers: "The two do not match.",
  passphraseShort: "At least eight characters.",
  passphraseLost:
    "It cannot be recovered. If it is lost, each gateway’s token has to be pasted again.",
  useFile: "Use an encrypted file",
  useMemory: "Use memory only",
  fileLockedMeaning: "Type the passphrase of the encrypted file that holds your tokens.",
  wrong: "That is not its passphrase.",
  open: "Unlock",
  forgotten: "I forgot the passphrase…",
  forgottenTitle: "Start over with a new file?",
  forgottenMeaning:
    "Nobody can open the file without its passphrase. It is set aside as it is, still encrypted, and a new one takes its place.",
  forgottenLost: "What is in it is lost to this app:",
  forgottenTokens: "Every saved token and password has to be pasted again.",
  forgottenPairing:
    "This computer gets a new device key, so each gateway asks for a pairing again.",
  forgottenGateways: (names: string) => `That concerns ${names}.`,
  forgottenKept: "Gateways, sessions and the inbox stay as they are.",
  forgottenKnown: "I know that I have to give these again",
  forgottenConfirm: "Set it aside and start over",
  later: "Not now",
};
