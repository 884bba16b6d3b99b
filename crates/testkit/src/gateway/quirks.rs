//! What the real gateways need and how they behave, found by running them. Each fact says which version.
//!
//! **Starting.** Both answer `GET /health` before they take a connect: until their sidecars are up a connect is
//! refused with `UNAVAILABLE`, `details.reason` `startup-sidecars`, `retryAfterMs` 500, then close 1013.
//! After its hello v3 still refuses `chat.history` for a while: `UNAVAILABLE`, retryable, `retryAfterMs` 500. A start
//! takes 5 to 10 seconds on two idle cores and minutes on busy ones. v4 prepares native parts inside
//! `node_modules` on its first start ever, half a minute more.
//!
//! **Ending.** SIGTERM lets a v4 gateway finish its runs first, for up to 315 seconds, so a test that stops one
//! under a run kills it. Both print [`SHUTDOWN_DONE`] and may then stay for long.
//!
//! **Who sees an approval.** v4 shows an approval to clients with `operator.admin`, to the device that began the
//! run, and to the client that asked; `operator.approvals` alone sees nobody else's. When no such client is
//! connected (the asking one does not count) the approval ends at once: denied, reason `no-route`. (Both gateways document
//! that a client without the `approvals` or `exec-approvals` capability does not count either.) v3 shows every approval
//! to whoever has `operator.approvals`; with nobody there it expires at once.
//!
//! **What an agent's command needs.** `tools.exec = {host: "gateway", security: "allowlist", ask: "on-miss"}`: any
//! command that is not allowlisted asks. v4 offers an agent's command `allow-once` and `deny` and says that
//! `allow-always` is unavailable; v3 offers all three. (`ask: "always"` is documented to take `allow-always` away.) An
//! approval that a client raises by `exec.approval.request` offers all three in both.
//!
//! **What the agent does meanwhile.** In v4 the tool call waits and the same run goes on. In v3 the tool answers
//! at once with `Approval required`, that run ends, and the command's outcome begins a run of its own.
//!
//! **Expiry.** Commands wait 30 minutes; only `exec.approval.request` has a `timeoutMs`. At its end v4 sends
//! `exec.approval.resolved` with `decision: "deny"` and `resolvedBy: null`, which looks like a denial; only the record
//! (`approval.get`: status `expired`, reason `timeout`) tells that time ran out. v3 sends nothing: the approval is gone from the list, and a client must
//! watch its own clock.
//!
//! **A second answer.** v4's `approval.resolve` answers `applied: false` with the record of the first answer, and its
//! `exec.approval.resolve` is refused with `details.reason` `APPROVAL_ALREADY_RESOLVED`. v3 refuses with
//! `APPROVAL_NOT_FOUND`, as it does for an expired or unknown id.
//!
//! **A restart.** Pending approvals do not come back in either. v4 keeps a record of them (reason
//! `gateway-restart`); v3 forgets them. v3 also forgets the first turn of a session when it was not complete.
//!
//! **Pairing.** A new device from the same machine is taken in silently, unless v4 has
//! `gateway.nodes.pairing.autoApproveLocal: false`. A request with a forwarding header counts as remote in v3
//! (see [`Cable::from_afar`](crate::cable::Cable::from_afar)); v4 answers it with HTTP 403 unless `gateway.trustedProxies`
//! names the proxy. The identity `gateway-client` in `backend` mode
//! needs no device on the loopback interface and keeps the scopes it asks for: the second operator uses it.
//!
//! **Context.** Both add messages of their own to what the model is sent; the scripted model knows their marks.

/// What a v4 gateway says when it gives up its own start because a part of it was not there within five seconds: a
/// machine that is busy, and no fault of its. Started again it comes.
pub const GAVE_UP_STARTING: &str = "heartbeat did not become ready";

/// Environment variables set to `1`.
///
/// - `OPENCLAW_DISABLE_BONJOUR`: no announcement on the network.
/// - `OPENCLAW_NO_RESPAWN`: the process that was started is the gateway, so that a signal reaches it.
/// - `OPENCLAW_NO_AUTO_UPDATE`: no look for a newer version of itself.
/// - `OPENCLAW_SKIP_…`: parts that reach out or take long to start and that no test uses.
pub const SWITCHED_ON: [&str; 6] = [
    "OPENCLAW_DISABLE_BONJOUR",
    "OPENCLAW_NO_RESPAWN",
    "OPENCLAW_NO_AUTO_UPDATE",
    "OPENCLAW_SKIP_CHANNELS",
    "OPENCLAW_SKIP_CANVAS_HOST",
    "OPENCLAW_SKIP_BROWSER_CONTROL_SERVER",
];

/// For v3 alone: a folder with the one bundled plugin that an agent turn can't do without.
///
/// Without it, and in spite of `plugins.enabled: false`, the first start of a new state folder runs
/// `npm install` for its bundled providers, with its event loop blocked meanwhile: the port accepts
/// connections and answers nothing for minutes, for ever without a registry. With it a start takes five
/// seconds and the first turn one. (`OPENCLAW_DISABLE_BUNDLED_PLUGINS=1` starts as fast, but every turn then
/// ends in `Unable to resolve bundled plugin public surface speech-core`.)
pub const PLUGINS_FOLDER_FOR_V3: &str = "OPENCLAW_BUNDLED_PLUGINS_DIR";

/// Environment variables set to `0`.
///
/// - `OPENCLAW_EXEC_SHELL_SNAPSHOT`: no copy of a person's shell start-up before each command.
pub const SWITCHED_OFF: [&str; 1] = ["OPENCLAW_EXEC_SHELL_SNAPSHOT"];

/// What both versions print when everything is closed. Their process may stay for long after that, so a stop
/// waits for these words or for the end, whichever comes first.
pub const SHUTDOWN_DONE: &str = "[shutdown] completed";
