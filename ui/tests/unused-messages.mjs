/**
 * Finds words that nobody reads: keys of `lib/messages/en` that no other file of the page names.
 *
 * A key counts as used where it is read by a dot or stands as a string anywhere in the page, so that a word which
 * shares its name with something else may be missed, and none that is used is reported. What is read with brackets is
 * looked up by data, and counts as a whole.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const source = new URL("../src/", import.meta.url).pathname;
const messages = join(source, "lib/messages/en");

const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(ts|svelte)$/.test(name) && !/\.test\.|bindings|\bfake\b/.test(name))
  .map((name) => join(source, name));
const texts = files.map((file) => ({ file, text: readFileSync(file, "utf8") }));
const page = texts.filter(({ file }) => !file.startsWith(messages)).map(({ text }) => text);
const read = /(?:\.|")([\w$]+)/g;
const names = new Set(page.flatMap((text) => [...text.matchAll(read)].map(([, name]) => name)));
const byData = new Set(
  page.flatMap((text) => [...text.matchAll(/([\w$]+)\[/g)].map(([, name]) => name)),
);

const unused = [];
for (const { file, text } of texts.filter(({ file }) => file.startsWith(messages))) {
  const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  for (const statement of parsed.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const isExported = statement.modifiers?.some(
      ({ kind }) => kind === ts.SyntaxKind.ExportKeyword,
    );
    for (const { name, type, initializer } of statement.declarationList.declarations) {
      const whole = type || byData.has(name.text);
      if (isExported && !whole && initializer) look(initializer, name.text);
    }
  }
}

function look(node, path) {
  if (!ts.isObjectLiteralExpression(node)) return;
  for (const property of node.properties) {
    if (!property.name) continue;
    const key = property.name.text;
    if (!names.has(key)) unused.push(`${path}.${key}`);
    else if (ts.isPropertyAssignment(property) && !byData.has(key)) {
      look(property.initializer, `${path}.${key}`);
    }
  }
}

if (unused.length > 0) {
  console.error(`Words that nothing shows:\n  ${unused.join("\n  ")}`);
  process.exit(1);
}
