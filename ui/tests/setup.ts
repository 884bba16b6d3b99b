/**
 * Takes each test's components out of the document again, forgets what was typed for requests, as files share their
 * modules, and lets a busy machine take its time.
 */
import { cleanup, configure } from "@testing-library/svelte";
import { afterEach } from "vitest";
import { typedHere } from "../src/features/inbox/typed";

configure({ asyncUtilTimeout: 30_000 });
afterEach(() => {
  cleanup();
  typedHere.clear();
});
