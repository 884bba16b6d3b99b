/** What a start could not read. */
import type { LossesView } from "../types";
import type { Scenario } from "./scenario";

const folder = "/home/me/.local/share/app.gatehouse.desktop";

export function lossesOf({ name }: Scenario): LossesView {
  if (name !== "lost") return { losses: [], rulesPaused: false };
  return {
    losses: [
      { kind: "records", aside: `${folder}/records.damaged-20260314T091500.sqlite3`, restored: 3 },
      { kind: "settings", aside: `${folder}/settings.unread.json` },
    ],
    rulesPaused: true,
  };
}
