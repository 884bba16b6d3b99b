/** The words about where secrets are kept. */
import type { SecretPlace } from "../../backend/types";

const places: Record<SecretPlace, string> = {
  keychain: "System keychain",
  encryptedFile: "Encrypted file",
  memory: "Memory only",
  nowhere: "Not saved",
};

const placeMeanings: Record<SecretPlace, string> = {
  keychain: "Kept by the operating system. It opens with your login.",
  encryptedFile: "Kept in a file on this computer, encrypted with your passphrase.",
  memory: "Kept until the app ends. It has to be pasted again at the next start.",
  nowhere: "There is none to keep.",
};

export const secrets = {
  title: "Secrets",
  places,
  placeMeanings,
  chooseLegend: "Where tokens and passwords go",
  openQuestion: "Open them…",
  never: "Tokens and passwords are never shown again once saved, and never written to a log.",
  lockedTitle: "The keychain is locked",
  lockedMeaning:
    "Your tokens are in the system's keychain, and it has to be opened before a gateway can be reached. The system asks for its password itself.",
  unlock: "Unlock the keychain",
  unlocking: "The system's own prompt is open. It may be behind this window.",
  choiceTitle: "No keychain answers",
  choiceMeaning:
    "This computer has no running keychain (Secret Service), so tokens cannot be kept where they usually are. Choose where they go instead.",
  choiceReason: "What was tried:",
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
    "It cannot be recovered. If it is lost, each gateway's token has to be pasted again.",
  useFile: "Use an encrypted file",
  useMemory: "Use memory only",
  fileTitle: "Your secrets are locked",
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
