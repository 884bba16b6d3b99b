/**
 * How the page is built, served and tested.
 *
 * Three modes: `production` is what the desktop ships and holds no fake backend; `development` and `screens`
 * hold it, and choose it with `?fake=<scenario>`. The build needs no inline script, no inline style and no
 * eval, so that it runs under the desktop's content security policy; `preview` serves that same policy.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

type Policy = Record<string, string>;

/** The window's own policy, so that the screens check fails on what the window would refuse. */
function contentSecurityPolicy(): string {
  const file = fileURLToPath(new URL("../tauri.conf.json", import.meta.url));
  const { app } = JSON.parse(readFileSync(file, "utf8")) as { app: { security: { csp: Policy } } };
  const directives = Object.entries(app.security.csp);
  return directives.map(([name, sources]) => `${name} ${sources}`).join("; ");
}

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  define: { __FAKE_BACKEND__: JSON.stringify(mode !== "production") },
  resolve: {
    alias: {
      $lib: source("lib"),
      $components: source("components"),
      $features: source("features"),
    },
    // Without it vitest would resolve Svelte's server build.
    conditions: mode === "test" ? ["browser"] : undefined,
  },
  // A worker's own lazy parts stay files of their own: the grammars are megabytes that most sessions never need.
  worker: { format: "es" },
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  preview: {
    host: "127.0.0.1",
    headers: { "Content-Security-Policy": contentSecurityPolicy() },
  },
  build: {
    // WebKitGTK 2.50 is Safari 26; Safari 18.2 is the oldest with all that is used (light-dark, popover).
    target: "safari18.2",
    outDir: mode === "screens" ? "../target/ui-screens" : "dist",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.ts", "tests/unit/**/*.test.ts"],
    setupFiles: ["tests/setup.ts"],
    restoreMocks: true,
    // One document for all files of a worker, emptied after each test: a fresh one each would take three times as long.
    pool: "threads",
    isolate: false,
    // A test that hangs is told from one on a busy machine by minutes, not by seconds.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
}));
