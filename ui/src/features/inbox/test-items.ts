/** Requests for tests: whole, and with only what a test is about spelled out. */
import type { InboxItemDetail, InboxItemView } from "$lib/backend/types";

export function makeItem(fields: Partial<InboxItemView> = {}): InboxItemView {
  return {
    key: "gw/exec/1",
    gateway: "gw",
    gatewayName: "Studio",
    kind: "exec",
    phase: { kind: "waiting", problem: null },
    subject: "ls",
    subjectCut: false,
    meaning: null,
    unsaid: false,
    tool: null,
    agent: "main",
    session: "A session",
    cwd: "~/work",
    host: "gateway",
    offered: ["allowOnce", "deny"],
    barred: [],
    dangerous: false,
    review: false,
    people: null,
    createdAt: 1,
    expiresAt: null,
    revision: 1,
    ...fields,
  };
}

export function makeDetail(
  item: InboxItemView = makeItem(),
  fields: Partial<InboxItemDetail> = {},
): InboxItemDetail {
  return {
    item,
    subject: item.subject,
    escapedCharacters: 0,
    argv: [],
    resolvedPath: null,
    node: null,
    run: null,
    toolCall: null,
    security: null,
    ask: null,
    warnings: [],
    unavailable: [],
    others: [],
    context: null,
    facts: [],
    questions: [],
    analysis: null,
    governed: false,
    serverVersion: null,
    ...fields,
  };
}
