/**
 * Writes what the licences of others ask for when we ship what we build with them: their names and their texts.
 * `node scripts/notices.mjs FILE`. Reads the crates that the programs are built from, and the page's own packages.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const file = process.argv[2];
if (!file) {
  console.error("usage: node scripts/notices.mjs FILE");
  process.exit(2);
}
const root = new URL("..", import.meta.url).pathname;
const SHIPPED = ["gatehouse-desktop", "gatehouse-cli"];
/** What the page's bundle holds although `package.json` calls it a tool. */
const BUNDLED = ["svelte"];
const TEXTS = /^(licen[cs]e|copying|copyright|notice|unlicense)/i;

const parts = [...crates(), ...packages()].sort((one, other) =>
  one.name.localeCompare(other.name),
);
const bare = parts.filter((part) => part.texts.length === 0);
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, written(parts));
console.log(
  `${parts.length} parts in ${file}; ${bare.length} come without a text of their licence, only its name`,
);

/** The crates of the programs, without what only builds or tests them. */
function crates() {
  const host = execFileSync("rustc", ["-vV"], { encoding: "utf8" }).match(
    /^host: (.+)$/m,
  )[1];
  const args = [
    "metadata",
    "--format-version",
    "1",
    "--locked",
    "--filter-platform",
    host,
  ];
  const said = execFileSync("cargo", args, { cwd: root, maxBuffer: 1 << 28 });
  const { packages: all, resolve } = JSON.parse(said);
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const waiting = all
    .filter((one) => SHIPPED.includes(one.name))
    .map((one) => one.id);
  const reached = new Set();
  while (waiting.length > 0) {
    const id = waiting.pop();
    if (reached.has(id)) continue;
    reached.add(id);
    const used = nodes
      .get(id)
      .deps.filter((one) => one.dep_kinds.some(({ kind }) => kind === null));
    waiting.push(...used.map((one) => one.pkg));
  }
  return all
    .filter((one) => reached.has(one.id) && one.source !== null)
    .map((one) =>
      part(one.name, one.version, one.license, dirname(one.manifest_path)),
    );
}

/** What the page is bundled from: all that its lock file names and that is not for development alone. */
function packages() {
  const lock = JSON.parse(
    readFileSync(join(root, "ui/package-lock.json"), "utf8"),
  );
  const isBundled = (path, about) =>
    !about.dev || BUNDLED.some((name) => path === `node_modules/${name}`);
  return Object.entries(lock.packages)
    .filter(
      ([path, about]) =>
        path !== "" && !about.optional && isBundled(path, about),
    )
    .map(([path, about]) => {
      const name = path.slice(
        path.lastIndexOf("node_modules/") + "node_modules/".length,
      );
      return part(name, about.version, about.license, join(root, "ui", path));
    });
}

function part(name, version, licence, folder) {
  let files = [];
  try {
    files = readdirSync(folder).filter((one) => TEXTS.test(one));
  } catch {
    // Not installed on this platform: its name and licence are told all the same.
  }
  const texts = files.flatMap((one) => {
    try {
      return [readFileSync(join(folder, one), "utf8").trim()];
    } catch {
      return [];
    }
  });
  return { name, version, licence: licence ?? "see its text", texts };
}

/** Many share a text to the letter; it is written once, under the names of all of them. */
function written(all) {
  const byText = new Map();
  for (const { name, version, licence, texts } of all) {
    const text =
      texts.length > 0 ? texts.join("\n\n") : `Licensed as ${licence}.`;
    byText.set(text, [
      ...(byText.get(text) ?? []),
      `${name} ${version} (${licence})`,
    ]);
  }
  const sections = [...byText].map(
    ([text, names]) => `${names.join("\n")}\n\n${text}\n`,
  );
  const line = `\n${"-".repeat(80)}\n\n`;
  return `Gatehouse is built with the work of others, listed here with their licences.\n${line}${sections.join(line)}`;
}
