/** Takes each test's components out of the document again, and lets a busy machine take its time. */
import { cleanup, configure } from "@testing-library/svelte";
import { afterEach } from "vitest";

configure({ asyncUtilTimeout: 30_000 });
afterEach(() => cleanup());
