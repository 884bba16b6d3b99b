/** Made-up transcripts: prose, code, tables, tool calls that worked and that did not. */
import type { BlockView, MessageView, ToolView } from "../types";
import { problem } from "./gateways";

const code = `The retry hides it. In \`upload.ts\` the promise resolves on the first event:

\`\`\`ts
export async function upload(file: File): Promise<Stored> {
  const stored = await store.put(file);
  void thumbnails.write(stored); // not awaited
  return stored;
}
\`\`\`

So the test sometimes reads the thumbnail before it exists.`;

const list = `What I would change:

1. Await the thumbnail before resolving.
2. Drop \`retries: 2\` from the suite, so that it cannot hide again.
3. Keep the old name as an alias until **4.3**.

| file | lines | risk |
| --- | ---: | --- |
| \`upload.ts\` | 4 | low |
| \`upload.test.ts\` | 22 | none |

See [the discussion](https://example.org/threads/812) for why it was done this way.`;

const output = `
> gallery@4.2.0 test
> vitest run --grep upload

 \u2713 upload > stores the file (12 ms)
 \u2717 upload > writes the thumbnail (31 ms)
   AssertionError: expected false to be true

 Test Files  1 failed (1)
      Tests  1 failed | 1 passed (2)
`;

export function tool(fields: Partial<ToolView> = {}): ToolView {
  return {
    id: "call_1",
    name: "exec",
    summary: "npm run test -- --grep 'upload'",
    arguments: JSON.stringify({ command: "npm run test -- --grep 'upload'" }, null, 2),
    state: "done",
    output,
    outputCut: false,
    exitCode: 1,
    durationMs: 3140,
    approval: null,
    decision: "allowOnce",
    ...fields,
  };
}

const asked = [
  "The upload test fails about one time in ten. Find out why, and do not just add a retry.",
  "Yes, await it. What else would you change?",
  "Do it, and run the whole suite.",
];

function answer(index: number): BlockView[] {
  const id = `call_${index}`;
  switch (index % 6) {
    case 0:
      return [
        {
          kind: "thinking",
          text: "The failure is timing dependent, so I look for a promise nobody awaits.",
        },
        {
          kind: "tool",
          tool: tool({
            id: `${id}a`,
            name: "read",
            summary: "src/upload.ts",
            exitCode: null,
            output: "export async function upload…",
            decision: null,
          }),
        },
        { kind: "tool", tool: tool({ id: `${id}b`, state: "failed" }) },
        { kind: "text", text: code },
      ];
    case 1:
      return [{ kind: "text", text: list }];
    case 2:
      return [
        {
          kind: "tool",
          tool: tool({
            id,
            state: "denied",
            decision: "deny",
            summary: "git push --force origin main",
            output: "",
            exitCode: null,
            durationMs: null,
          }),
        },
        { kind: "text", text: "Understood, I leave the remote as it is." },
      ];
    case 3:
      return [
        { kind: "text", text: "All 214 tests pass, three times in a row." },
        { kind: "tool", tool: tool({ id, output: "x".repeat(400), outputCut: true, exitCode: 0 }) },
      ];
    case 4:
      return [{ kind: "file", name: "coverage.html", mime: "text/html", bytes: 48_213 }];
    default:
      return [{ kind: "text", text: "Done." }];
  }
}

/** Message `index` of a session, the same each time. */
export function message(index: number, count: number, now: number): MessageView {
  const user = index % 2 === 0;
  const at = now - (count - index) * 70_000;
  const half = Math.floor(index / 2);
  const blocks: BlockView[] = user
    ? [{ kind: "text", text: asked[half % asked.length] ?? "" }]
    : answer(half);
  return {
    id: `m-${index}`,
    role: user ? "user" : "assistant",
    at,
    blocks,
    state:
      !user && half % 29 === 11
        ? { kind: "errored", problem: problem("gatewayRefused", { detail: "model overloaded" }) }
        : { kind: "done" },
    model: user ? null : "claude-sonnet",
    tokens: user ? null : 120 + half,
    costUsd: user ? null : 0.0021,
  };
}

/** What a streaming run says, word by word and without end. */
export const streamed = `${code}\n\n${list}\n\n`;
