/** Made-up calls of tools that are no commands, as the gateway that governs them tells of them. */
import type { Draft } from "./inbox";

const second = 1000;
const minute = 60 * second;

export function toolCalls(now: number): Draft[] {
  return [
    {
      item: {
        key: "gw-own/exec/own-3",
        gateway: "gw-own",
        gatewayName: "This computer",
        tool: "sessions_spawn",
        subject: [
          "sessions_spawn spawn ops",
          "label: nightly",
          "task:",
          "  Take the backup of last night apart and look for the thumbnails that are missing.",
          "",
          "  Then run the clean-up on the server:",
          "  rm -rf /srv/backup/2026-*",
          "  label: harmless⟨U+202E⟩",
        ].join("\n"),
        dangerous: true,
        offered: ["allowOnce", "deny"],
        createdAt: now - 4 * second,
        expiresAt: now + 9 * minute,
      },
      governed: true,
      escapedCharacters: 1,
      warnings: ["gives a task to another agent, ops, with what that one may do"],
      unavailable: [{ decision: "allowAlways", reason: null }],
    },
    {
      item: {
        key: "gw-own/exec/own-4",
        gateway: "gw-own",
        gatewayName: "This computer",
        tool: "write",
        subject: `write /home/dev/.config/app/settings.toml\ncontent:\n${settingsFile()}`,
        dangerous: true,
        offered: ["allowOnce", "deny"],
        createdAt: now - 3 * second,
        expiresAt: now + 9 * minute,
      },
      governed: true,
      warnings: ["writes /home/dev/.config/app/settings.toml, which is outside of the workspace"],
    },
  ];
}

/** More lines than the box has room for, with a gap that hides nothing. */
function settingsFile(): string {
  const lines = Array.from({ length: 40 }, (_, index) => `  option_${index} = ${index * 7}`);
  return ["  [limits]", ...lines, ...Array<string>(9).fill(""), "  [after]"].join("\n");
}
