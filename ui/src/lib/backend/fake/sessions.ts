/** Made-up sessions, as many as asked for, in every state. */
import type { SessionActivity, SessionView } from "../types";
import type { Scenario } from "./scenario";

const titles = [
  "Fix the flaky upload test",
  "Nightly maintenance",
  "Release notes for 4.2",
  "Sort the inbox rules",
  "Compare the two invoice exports",
  "Why is the build slow",
  "Plan the move to the new server",
  "Summarise the support threads",
  "Rename the billing module",
  "Read the audit findings",
  "Draft the answer to Mehmet",
  "Weekly report",
  "Check the backups",
  "Translate the handbook",
];
const previews = [
  "I found the race: the upload resolves before the thumbnail is written.",
  "All 14 volumes are mounted, two are above 90 %.",
  "Here is a first draft, grouped by area.",
  "Three rules overlap. I would keep the second.",
];
const gateways = ["gw-studio", "gw-home", "gw-lab"];
const minute = 60_000;

function activityOf(index: number): SessionActivity {
  if (index === 0) return "waitingForApproval";
  if (index === 1 || index === 3) return "running";
  if (index % 17 === 5) return "failed";
  if (index % 23 === 7) return "aborted";
  return "idle";
}

function session(scenario: Scenario, now: number, index: number): SessionView {
  const offline = scenario.name === "offline" || index % 3 === 2;
  const title = titles[index % titles.length] ?? "";
  const long = scenario.name === "long" ? ` ${"and everything that belongs to it ".repeat(6)}` : "";
  return {
    session: { gateway: gateways[index % 3] ?? "gw-studio", key: `agent:main:${index}` },
    title: index < titles.length ? title + long : `${title} ${index + 1}${long}`,
    agent: index % 4 === 3 ? "ops" : "main",
    kind: index % 5 === 4 ? "cron" : "direct",
    channel: index % 6 === 5 ? "telegram" : null,
    model: "claude-sonnet",
    execMode: index === 0 ? "guarded" : "inherited",
    activity: offline && activityOf(index) === "running" ? "idle" : activityOf(index),
    unread: index === 1 || index === 4,
    pinned: index === 2 || index === 8,
    archived: index % 13 === 12,
    updatedAt: now - index * index * 2 * minute,
    preview: previews[index % previews.length] ?? null,
    totalTokens: 13_057 + index * 991,
    contextTokens: 128_000,
    costUsd: index % 2 === 0 ? 0.013 + index * 0.021 : null,
    cached: offline,
  };
}

export function sessionsOf(scenario: Scenario, now: number): SessionView[] {
  const others = Array.from({ length: scenario.sessions }, (_, i) => session(scenario, now, i));
  if (scenario.own === "none") return others;
  const own = { gateway: "gw-own", key: "agent:main:own" };
  const made = { ...session(scenario, now, 1), session: own, title: "Tidy the build folder" };
  const model = scenario.own === "script" ? "scripted/scripted-1" : made.model;
  return [{ ...made, model, activity: "idle", cached: false }, ...others];
}
