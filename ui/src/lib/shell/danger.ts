/**
 * What looks dangerous in a command, to bring it under the reader's eye first.
 *
 * A hint and never a check: it decides nothing, allows nothing, and what it does not mark is not thereby
 * safe. The card says so.
 */
import { simpleCommands, type SimpleCommand } from "./commands";
import type { Token } from "./tokens";

export type DangerKind =
  | "pipeToShell"
  | "recursiveDelete"
  | "elevate"
  | "device"
  | "permissions"
  | "forcePush"
  | "discard"
  | "keys"
  | "evaluate"
  | "system"
  | "startup";

export type Danger = { kind: DangerKind; start: number; end: number };

type Rule = { kind: DangerKind; when: (command: SimpleCommand, worker: string[]) => boolean };

const shells = new Set("sh bash zsh dash ksh fish python python3 perl ruby node php".split(" "));
const elevators = new Set("sudo doas su pkexec run0".split(" "));
const prefixes = new Set([...elevators, ..."env nohup nice time exec command xargs".split(" ")]);

const sensitive =
  /(^|\/)\.(ssh|gnupg|aws|kube|netrc|npmrc|git-credentials)(\/|$)|id_(rsa|ed25519|ecdsa)|\.pem\b|\/etc\/(shadow|sudoers)|\.openclaw\/|credentials\b/;
const login =
  /\.(bashrc|zshrc|profile|bash_profile|zshenv)\b|\/etc\/(cron|profile|systemd)|authorized_keys|\.config\/autostart/;

/** The program that does the work and its arguments, past `sudo`, `env` and their like. */
export function effective(words: readonly string[]): string[] {
  let index = 0;
  while (index < words.length - 1 && prefixes.has(base(words[index]))) {
    index += 1;
    while (index < words.length - 1 && /^-|^\w+=/.test(words[index] ?? "")) index += 1;
  }
  return [base(words[index]), ...words.slice(index + 1)];
}

const base = (word: string | undefined) => (word ?? "").replace(/^.*\//, "");
const flag = (words: string[], letters: string, long: RegExp) =>
  words.some((word) => long.test(word) || hasLetter(word, letters));
const hasLetter = (word: string, letters: string) =>
  /^-[A-Za-z]/.test(word) && [...letters].some((letter) => word.includes(letter));

const rules: readonly Rule[] = [
  { kind: "elevate", when: ({ words }) => elevators.has(base(words[0])) },
  {
    kind: "recursiveDelete",
    when: (_, [program, ...rest]) => {
      if (program === "rm") return flag(rest, "rR", /^--recursive$/);
      if (program === "find") return rest.includes("-delete");
      return program === "shred" || program === "srm";
    },
  },
  {
    kind: "device",
    when: (command, [program, ...rest]) => {
      const disk = /^(of=)?\/dev\/(?!null|stdout|stderr|tty|zero|random|urandom|fd)/;
      if (/^mkfs|^(fdisk|parted|wipefs|blkdiscard)$/.test(program ?? "")) return true;
      return (
        (program === "dd" && rest.some((word) => disk.test(word))) ||
        command.writes.some((file) => disk.test(file))
      );
    },
  },
  {
    kind: "permissions",
    when: (_, [program, ...rest]) => {
      return (
        program === "chmod" &&
        rest.some((word) => /^0?[0-7]*7[0-7]?[267]$|^[ao]*\+[rx]*w|^\+s|u\+s/.test(word))
      );
    },
  },
  {
    kind: "forcePush",
    when: (_, [program, verb, ...rest]) => {
      return (
        program === "git" && verb === "push" && flag(rest, "f", /^--(force|mirror|delete)|^\+/)
      );
    },
  },
  {
    kind: "discard",
    when: (_, [program, verb, ...rest]) => {
      if (program !== "git") return false;
      if (verb === "reset") return rest.includes("--hard");
      if (verb === "clean") return flag(rest, "f", /^--force$/);
      return (verb === "checkout" || verb === "restore") && rest.includes(".");
    },
  },
  {
    kind: "evaluate",
    when: (_, [program, ...rest]) => {
      if (program === "eval") return true;
      if (/^(sh|bash|zsh|dash)$/.test(program ?? "")) return flag(rest, "c", /^-c$/);
      return (
        /^(python3?|perl|ruby|node)$/.test(program ?? "") &&
        rest.some((word) => /^-[ce]$/.test(word))
      );
    },
  },
  {
    kind: "system",
    when: (_, [program, verb]) => {
      if (/^(shutdown|reboot|poweroff|halt|kexec)$/.test(program ?? "")) return true;
      if (/^(killall|pkill)$/.test(program ?? "")) return true;
      return program === "systemctl" && /^(stop|restart|disable|mask|kill)$/.test(verb ?? "");
    },
  },
  {
    kind: "keys",
    when: ({ words, writes }) =>
      [...words.slice(1), ...writes].some((word) => sensitive.test(word)),
  },
  {
    kind: "startup",
    when: ({ writes }, [program]) =>
      program === "crontab" || writes.some((file) => login.test(file)),
  },
];

export function dangers(tokens: readonly Token[]): Danger[] {
  const commands = simpleCommands(tokens);
  const found = commands.flatMap((command) => {
    const worker = effective(command.words);
    const broken = rules.filter(({ when }) => when(command, worker));
    return broken.map(({ kind }) => ({ kind, start: command.start, end: command.end }));
  });
  return [...found, ...pipesToShell(commands)].sort((one, other) => one.start - other.start);
}

/** From the download to the shell that runs it. */
function pipesToShell(commands: readonly SimpleCommand[]): Danger[] {
  const found: Danger[] = [];
  let source: SimpleCommand | null = null;
  for (const command of commands) {
    const [program] = effective(command.words);
    if (!command.piped) source = null;
    if (/^(curl|wget|fetch|aria2c)$/.test(program ?? "")) source = command;
    else if (source && command.piped && shells.has(program ?? "")) {
      found.push({ kind: "pipeToShell", start: source.start, end: command.end });
    }
  }
  return found;
}
