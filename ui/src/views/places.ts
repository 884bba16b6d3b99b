/**
 * What the first paint does not need, fetched when it is first shown, or soon after the window is ready. What
 * waits for a decision is on the screen before any of this is read.
 */
export const places = {
  sessionsList: () => import("$features/sessions/SessionsList.svelte"),
  session: () => import("$features/sessions/SessionContent.svelte"),
  policyList: () => import("$features/policy/PolicyList.svelte"),
  policy: () => import("$features/policy/PolicyContent.svelte"),
  auditList: () => import("$features/audit/AuditList.svelte"),
  audit: () => import("$features/audit/AuditContent.svelte"),
  settingsList: () => import("$features/settings/SettingsList.svelte"),
  settings: () => import("$features/settings/SettingsContent.svelte"),
  addGateway: () => import("$features/gateways/AddGatewayView.svelte"),
  secrets: () => import("$features/secrets/SecretsGate.svelte"),
  palette: () => import("$features/palette/Palette.svelte"),
  refusedLink: () => import("$features/gateways/RefusedLink.svelte"),
  leave: () => import("./LeaveDialog.svelte"),
  keys: () => import("$components/KeyOverlay.svelte"),
};

/** Long enough after the window is ready not to take its first moments. */
const after = 400;

/**
 * Fetches what is gone to all the time, so that it comes at once. The rest is read from the disk in a few
 * milliseconds when it is wanted, and most windows never want it.
 */
export function preload(): void {
  setTimeout(() => {
    for (const load of [places.sessionsList, places.session, places.palette]) void load();
    void warmUp();
  }, after);
}

/** Reads a little of everything once, so that the first chat that is opened does not pay for compiling what reads it. */
async function warmUp(): Promise<void> {
  const [{ MarkdownDocument }, { sanitise }] = await Promise.all([
    import("$lib/markdown/document"),
    import("$lib/markdown/sanitise"),
  ]);
  const sample =
    "# a\n\n*b* **c** `d` [e](https://f.example)\n\n- g\n- [ ] h\n\n> i\n\n|j|\n|-|\n|k|\n";
  for (const block of new MarkdownDocument().update(sample, false)) {
    if (block.kind === "prose") sanitise(block.html);
  }
}
