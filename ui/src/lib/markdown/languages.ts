/** The languages that code is coloured in, and the words people write after a fence for each. */

const LANGUAGES = [
  "bash",
  "c",
  "cpp",
  "csharp",
  "css",
  "diff",
  "docker",
  "go",
  "html",
  "ini",
  "java",
  "javascript",
  "json",
  "jsonc",
  "kotlin",
  "lua",
  "make",
  "markdown",
  "nix",
  "powershell",
  "python",
  "ruby",
  "rust",
  "shellsession",
  "sql",
  "swift",
  "toml",
  "tsx",
  "typescript",
  "xml",
  "yaml",
] as const;

export type Language = (typeof LANGUAGES)[number];

const ALIASES: Record<string, Language> = {
  "c++": "cpp",
  "c#": "csharp",
  cs: "csharp",
  cc: "cpp",
  h: "c",
  hpp: "cpp",
  console: "shellsession",
  dockerfile: "docker",
  golang: "go",
  htm: "html",
  js: "javascript",
  cjs: "javascript",
  mjs: "javascript",
  json5: "jsonc",
  jsonl: "json",
  jsx: "tsx",
  kt: "kotlin",
  makefile: "make",
  md: "markdown",
  patch: "diff",
  ps1: "powershell",
  py: "python",
  rb: "ruby",
  rs: "rust",
  sh: "bash",
  shell: "bash",
  shellscript: "bash",
  svg: "xml",
  ts: "typescript",
  cts: "typescript",
  mts: "typescript",
  yml: "yaml",
  zsh: "bash",
};

/** The language that a fence's word names, if it is one of ours. */
export function knownLanguage(word: string): Language | undefined {
  const language = LANGUAGES.find((name) => name === word);
  return language ?? (Object.hasOwn(ALIASES, word) ? ALIASES[word] : undefined);
}
