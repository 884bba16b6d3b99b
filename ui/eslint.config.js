/**
 * What the compiler cannot check. The rules of our own say where the page's borders are: one file talks to
 * the desktop, components know no feature, and nothing is stored or written to the console on the side.
 */
import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

const desktopApi = {
  group: ["@tauri-apps/*"],
  message: "Only src/lib/backend/tauri.ts talks to the desktop.",
};
const features = {
  group: ["$features/*", "**/features/**"],
  message: "Shared code imports no feature.",
};

const noImports = (...patterns) => ({ "no-restricted-imports": ["error", { patterns }] });

export default ts.config(
  { ignores: ["dist", "node_modules", "src/lib/backend/bindings.ts"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, __FAKE_BACKEND__: "readonly" } },
    rules: {
      "no-console": "error",
      "no-eval": "error",
      eqeqeq: "error",
      "no-restricted-globals": [
        "error",
        { name: "sessionStorage", message: "Nothing is kept in the page's session storage." },
        { name: "fetch", message: "The page talks to its Backend only." },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": "error",
      "svelte/no-at-html-tags": "error",
      // `style:` sets a property through the DOM, which the content security policy allows; the screens
      // check, run under that policy, finds a style attribute.
      "svelte/no-inline-styles": "off",
      // A controller often wants a plain Map that nothing follows.
      "svelte/prefer-svelte-reactivity": "off",
      "svelte/require-each-key": "error",
      // Routes are hashes of our own, not SvelteKit's.
      "svelte/no-navigation-without-resolve": "off",
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig },
    },
  },
  { files: ["src/**"], rules: noImports(desktopApi) },
  { files: ["src/components/**", "src/lib/**"], rules: noImports(desktopApi, features) },
  { files: ["src/lib/backend/tauri.ts"], rules: noImports(features) },
  // The browser's backend is what the rest of the page talks to instead of the network.
  { files: ["src/lib/backend/http.ts"], rules: { "no-restricted-globals": "off" } },
  {
    files: ["tests/**", "*.config.*", "**/*.test.ts"],
    languageOptions: { globals: { ...globals.node } },
    rules: { "no-console": "off", "no-restricted-globals": "off" },
  },
);
