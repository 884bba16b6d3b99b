//! What the real gateways need and how they behave, found by running them. Each fact says which version.

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
