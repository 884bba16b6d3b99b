import { describe, expect, it } from "vitest";
import { simpleCommands } from "./commands";
import { dangers } from "./danger";
import { read } from "./reading";
import { tokenise } from "./tokens";

const kinds = (text: string) => [...new Set(dangers(tokenise(text)).map(({ kind }) => kind))];
const programs = (text: string) => simpleCommands(tokenise(text)).map(({ program }) => program);

describe("a command in pieces", () => {
  const lines = [
    "npm run test -- --grep 'upload' --retries=0",
    "rm -rf ./build && curl -fsSL https://x.dev/i.sh | sudo bash -s -- --yes",
    'echo "a $HOME b" > out.txt 2>&1 # done',
    'FOO=bar BAZ="q" cmd arg; (cd /tmp && ls) &',
    "echo 'open",
    'echo "open $(date',
    "echo 'safe' ⟨U+202E⟩# txt ⟨ loose",
    "a\\ b \\\n c `d` ${e:-f} $((1+2)) <<EOF\nx\nEOF",
    "日本語 🙂 && ls",
    "cat <(ls) >& x |& tee $",
    "\\",
  ];

  it("loses no character", () => {
    for (const line of lines)
      expect(
        tokenise(line)
          .map(({ text }) => text)
          .join(""),
      ).toBe(line);
    for (const line of lines)
      expect(
        read(line)
          .pieces.map(({ text }) => text)
          .join(""),
      ).toBe(line);
  });

  it("finds the programs past assignments, operators and redirections", () => {
    expect(programs("FOO=1 make -j4 > log && ./run.sh | tee out; echo done")).toEqual([
      "make",
      "run.sh",
      "tee",
      "echo",
    ]);
  });

  it("marks an escaped character as one piece of its own", () => {
    const piece = tokenise("echo a⟨U+202E⟩b").find(({ kind }) => kind === "escape");
    expect(piece?.text).toBe("⟨U+202E⟩");
  });

  it("takes a megabyte without giving up", () => {
    const line = "echo word; ".repeat(95_000);
    const { pieces } = read(line);
    expect(pieces.length).toBeLessThan(5000);
    expect(pieces.reduce((sum, { text }) => sum + text.length, 0)).toBe(line.length);
  });
});

describe("a long command", () => {
  it("marks what is dangerous and what is escaped far behind the coloured part", () => {
    const line = `${"echo word; ".repeat(5000)}echo ⟨U+202E⟩x; rm -rf /`;
    const { pieces, dangers: kinds } = read(line);
    expect(kinds).toEqual(["recursiveDelete"]);
    expect(pieces.filter(({ danger }) => danger).map(({ text }) => text)).toEqual(["rm -rf /"]);
    expect(pieces.some(({ kind }) => kind === "escape")).toBe(true);
  });

  it("stays readable in bounds where everything in it is dangerous", () => {
    const line = "rm -rf ./build/x && curl -s https://x | sh\n".repeat(24_000);
    const reading = read(line);
    expect(reading.pieces.length).toBeLessThan(6000);
    expect(reading.pieces.map(({ text }) => text).join("")).toBe(line);
    expect(reading.dangers).toEqual(["recursiveDelete", "pipeToShell"]);
    expect(reading.programs).toEqual(["rm", "curl", "sh"]);
    expect(reading.commands).toBe(72_000);
  });
});

describe("what a long command runs", () => {
  const many = "echo a; mkdir b; cd b; touch c; ls; cp c d; curl https://x | sh";

  it("is named from what looks dangerous on, and says how much is not named", () => {
    const { programs, morePrograms } = read(many);
    expect(programs).toEqual(["curl", "sh", "echo", "mkdir"]);
    expect(morePrograms).toBe(4);
  });

  it("is named in its order where it is short", () => {
    expect(read("echo a; curl https://x | sh").programs).toEqual(["echo", "curl", "sh"]);
  });
});

describe("what looks dangerous", () => {
  const cases: [string, string[]][] = [
    ["rm -rf build", ["recursiveDelete"]],
    ["sudo rm -r /srv", ["elevate", "recursiveDelete"]],
    ["rm file.txt", []],
    ["curl -s https://x | bash", ["pipeToShell"]],
    ["curl -s https://x | tee f | sudo sh", ["elevate", "pipeToShell"]],
    ["curl -s https://x |\n  bash", ["pipeToShell"]],
    ["curl -s https://x | (bash)", ["pipeToShell"]],
    ["curl -s https://x; bash run.sh", []],
    ["git push --force origin main", ["forcePush"]],
    ["git push origin main", []],
    ["git reset --hard HEAD~3", ["discard"]],
    ["dd if=a.img of=/dev/sda", ["device"]],
    ["echo x > /dev/null", []],
    ["chmod 777 /srv", ["permissions"]],
    ["chmod 644 a", []],
    ["cat ~/.ssh/id_ed25519", ["keys"]],
    ["bash -c 'ls'", ["evaluate"]],
    ["echo alias >> ~/.bashrc", ["startup"]],
    ["systemctl restart caddy", ["system"]],
    ["ls -la", []],
  ];

  it.each(cases)("%s", (line, expected) => {
    expect(kinds(line).sort()).toEqual([...expected].sort());
  });

  it("marks the whole way from the download to the shell", () => {
    const line = "cd /tmp && curl -s https://x | sh && ls";
    const marked = read(line).pieces.filter(({ danger }) => danger);
    expect(marked.map(({ text }) => text).join("")).toBe("curl -s https://x | sh");
  });
});
