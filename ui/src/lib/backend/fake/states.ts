/** A transcript with one of everything: each state of a message and of a tool call, and text that breaks layouts. */
import type { BlockView, MessageView } from "../types";
import { problem } from "./gateways";
import { tool } from "./transcript";

const escape = "⟨U+001B⟩";

const coloured = [
  `${escape}[1mcargo test${escape}[0m --workspace`,
  `   ${escape}[32mCompiling${escape}[0m gallery v4.2.0`,
  `${escape}[33mwarning${escape}[0m: unused variable: ${escape}[1m\`thumb\`${escape}[0m`,
  ...Array.from({ length: 40 }, (_, i) => `test upload::case_${i} ... ${escape}[32mok${escape}[0m`),
  `test upload::thumbnail ... ${escape}[31mFAILED${escape}[0m`,
].join("\n");

const pixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

const markdown = `## What I found

The **thumbnail** is written *after* the upload resolves, see \`upload.ts\` and ~~the retry~~.

- the queue is drained on exit
  - but only in \`main\`
- nothing waits for it

> It worked on my machine.

~~~rust
/// Waits until the thumbnail is on disk.
pub async fn upload(file: &Path) -> Result<Stored, UploadError> {
    let stored = store.put(file).await?;
    thumbnails.write(&stored).await?; // was spawned and forgotten
    Ok(stored)
}
~~~

- [x] reproduce
- [ ] fix

<script>alert("not a tag")</script> and [a link](https://example.org/threads/812?page=2#last).

![diagram](https://example.org/diagram.png)`;

const unbreakable = "a".repeat(180);

export function states(now: number): MessageView[] {
  let index = 0;
  const message = (
    role: MessageView["role"],
    blocks: BlockView[],
    state: MessageView["state"] = { kind: "done" },
  ): MessageView => {
    index += 1;
    return {
      id: `s-${index}`,
      role,
      at: now - (40 - index) * 3_600_000,
      blocks,
      state,
      model: role === "assistant" ? "claude-sonnet" : null,
      tokens: role === "assistant" ? 1240 : null,
      costUsd: role === "assistant" ? 0.0213 : null,
    };
  };
  const text = (words: string): BlockView => ({ kind: "text", text: words });
  const call = (id: string, fields: Parameters<typeof tool>[0]): BlockView => ({
    kind: "tool",
    tool: tool({ id, decision: null, exitCode: null, ...fields }),
  });
  return [
    message("user", [text("The upload test fails about one time in ten.\nFind out why.")]),
    message("assistant", [
      { kind: "thinking", text: "Timing dependent, so a promise that nobody awaits." },
      call("done", { name: "read", summary: "src/upload.ts", durationMs: 40, output: "fn main" }),
      call("failed", { state: "failed", exitCode: 101, durationMs: 83_000, output: coloured }),
      text(markdown),
    ]),
    message("user", [
      text("Here is what I see."),
      { kind: "image", mime: "image/png", data: pixel, name: "screen.png" },
      { kind: "image", mime: "image/png", data: null, name: "large.png" },
      { kind: "file", name: "trace.log", mime: "text/plain", bytes: 48_213 },
    ]),
    message("assistant", [text(`A long word: ${unbreakable}\n\n\`${unbreakable}\``)]),
    message("system", [text("The context was compacted.")]),
    message(
      "assistant",
      [
        call("denied", { state: "denied", summary: "git push --force origin main", output: "" }),
        call("interrupted", { state: "interrupted", summary: "npm run e2e", output: "starting" }),
        text("I stop here"),
      ],
      { kind: "aborted" },
    ),
    message("assistant", [text("The first nine steps are done, and the tenth")], { kind: "cut" }),
    message("assistant", [], {
      kind: "errored",
      problem: problem("gatewayRefused", { detail: "model overloaded" }),
    }),
    message("user", [text("Then do it without pushing.")], {
      kind: "failed",
      problem: problem("notConnected", { detail: "socket closed" }),
    }),
    message(
      "assistant",
      [
        call("running", { state: "running", summary: "cargo test --workspace", output: coloured }),
        call("waiting", {
          state: "waitingForApproval",
          summary: `rm -rf ./target && ${"cargo build --release && ".repeat(6)}true`,
          output: "",
          approval: "gw-studio/exec/1",
        }),
      ],
      { kind: "streaming" },
    ),
  ];
}
