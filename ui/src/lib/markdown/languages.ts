/** The languages that code is coloured in: the names people write after a fence, and the grammar for each. */

/** Loads a grammar. Each is a file of its own, fetched when the first block in that language is seen. */
const GRAMMARS = {
  bash: () => import("shiki/langs/bash.mjs"),
  c: () => import("shiki/langs/c.mjs"),
  cpp: () => import("shiki/langs/cpp.mjs"),
  csharp: () => import("shiki/langs/csharp.mjs"),
  css: () => import("shiki/langs/css.mjs"),
  diff: () => import("shiki/langs/diff.mjs"),
  docker: () => import("shiki/langs/docker.mjs"),
  go: () => import("shiki/langs/go.mjs"),
  html: () => import("shiki/langs/html.mjs"),
  ini: () => import("shiki/langs/ini.mjs"),
  java: () => import("shiki/langs/java.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  jsonc: () => import("shiki/langs/jsonc.mjs"),
  kotlin: () => import("shiki/langs/kotlin.mjs"),
  lua: () => import("shiki/langs/lua.mjs"),
  make: () => import("shiki/langs/make.mjs"),
  markdown: () => import("shiki/langs/markdown.mjs"),
  nix: () => import("shiki/langs/nix.mjs"),
  powershell: () => import("shiki/langs/powershell.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  ruby: () => import("shiki/langs/ruby.mjs"),
  rust: () => import("shiki/langs/rust.mjs"),
  shellsession: () => import("shiki/langs/shellsession.mjs"),
  sql: () => import("shiki/langs/sql.mjs"),
  swift: () => import("shiki/langs/swift.mjs"),
  toml: () => import("shiki/langs/toml.mjs"),
  tsx: () => import("shiki/langs/tsx.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  xml: () => import("shiki/langs/xml.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
};

export type Language = keyof typeof GRAMMARS;

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
  if (Object.hasOwn(GRAMMARS, word)) return word as Language;
  return Object.hasOwn(ALIASES, word) ? ALIASES[word] : undefined;
}

export function loadGrammar(language: Language) {
  return GRAMMARS[language]();
}
