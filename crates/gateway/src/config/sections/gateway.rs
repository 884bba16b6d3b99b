//! The server itself: address, authentication, HTTP, and its log.

use super::super::shape::Shape::{
    Choice, ChoiceOrAddress, Either, Flag, Foreign, List, Map, Network, Number, Object, Secret,
    Text, Whole,
};
use super::super::shape::{Field, hot, restart};
use super::MS;
use super::models::COUNT_TOKENS;

pub(super) const GATEWAY: &[Field] = &[
    restart("mode", Choice(&["local", "remote"]), "Always local here."),
    restart(
        "port",
        Whole(0, 65535),
        "TCP port for WebSocket and HTTP; 0 takes a free one.",
    ),
    restart(
        "bind",
        ChoiceOrAddress(&["loopback", "lan", "auto"]),
        "Which addresses to listen on.",
    ),
    hot(
        "auth",
        Object(AUTH),
        "How clients prove that they may come in.",
    ),
    restart("tls", Object(TLS), "Encryption on the listening port."),
    hot(
        "trustedProxies",
        List(&Network),
        "Proxies whose forwarding headers are believed.",
    ),
    hot(
        "controlUi",
        Object(CONTROL_UI),
        "The page that this gateway serves.",
    ),
    hot(
        "tools",
        Object(HTTP_TOOLS),
        "Which tools POST /tools/invoke offers.",
    ),
    restart(
        "reload",
        Object(RELOAD),
        "What happens when the file changes.",
    ),
    hot("nodes", Object(NODES), "Nodes, and pairing of devices."),
    restart(
        "handshakeTimeoutMs",
        Whole(100, 600_000),
        "How long a client may take to connect.",
    ),
    hot(
        "audit",
        Object(&[hot(
            "keepDays",
            Whole(1, 36_500),
            "For how many days the audit is kept; older records are sealed away. All of it when left out.",
        )]),
        "What was asked, decided and done.",
    ),
    restart("tailscale", Foreign, "Not used here."),
    restart("remote", Foreign, "Not used here: it is for clients."),
    restart("http", Foreign, "Not used here."),
    restart("push", Foreign, "Not used here."),
    restart("publicOrigin", Text, "Not used here."),
    restart("allowRealIpFallback", Flag, "Not used here."),
    restart("roles", Foreign, "Not used here: roles are in roles.cedar."),
    restart("channelHealthCheckMinutes", Number, "Not used here."),
    restart("terminal", Foreign, "Not used here."),
];

pub(super) const AUTH: &[Field] = &[
    restart(
        "mode",
        Choice(&["none", "token", "password", "trusted-proxy"]),
        "How clients authenticate.",
    ),
    restart(
        "token",
        Either(&Secret, &Foreign),
        "The shared token; replaced by its hash when it is read.",
    ),
    restart("tokenHash", Secret, "The hash of the shared token."),
    restart(
        "password",
        Either(&Secret, &Foreign),
        "The shared password; replaced by its hash when it is read.",
    ),
    restart("passwordHash", Secret, "The hash of the shared password."),
    hot(
        "allowTailscale",
        Flag,
        "Let in whom Tailscale Serve identifies.",
    ),
    hot(
        "rateLimit",
        Object(RATE_LIMIT),
        "What failed attempts lead to.",
    ),
    hot(
        "identityScopes",
        Map(&List(&Text)),
        "Scopes of identified people.",
    ),
    hot(
        "trustedProxy",
        Object(TRUSTED_PROXY),
        "How a proxy in front tells who it is.",
    ),
];

pub(super) const RATE_LIMIT: &[Field] = &[
    hot(
        "maxAttempts",
        Whole(1, 1_000_000),
        "Failures before an address is locked out.",
    ),
    hot("windowMs", MS, "In how many milliseconds."),
    hot("lockoutMs", MS, "For how many milliseconds."),
    hot("exemptLoopback", Flag, "Never lock out this machine."),
];

pub(super) const TRUSTED_PROXY: &[Field] = &[
    hot("userHeader", Text, "The header that names the person."),
    hot(
        "requiredHeaders",
        List(&Text),
        "Headers that must be there.",
    ),
    hot("allowUsers", List(&Text), "Only these; none means all."),
    hot("allowLoopback", Flag, "The proxy runs on this machine."),
    hot("deviceAutoApprove", Foreign, "Not used here."),
];

pub(super) const TLS: &[Field] = &[
    restart("enabled", Flag, "Speak TLS."),
    restart(
        "autoGenerate",
        Flag,
        "Make a self-signed certificate when none is given.",
    ),
    restart("certPath", Text, "The certificate chain, PEM."),
    restart("keyPath", Text, "The private key, PEM."),
    restart("caPath", Text, "Not used here."),
];

pub(super) const CONTROL_UI: &[Field] = &[
    restart("enabled", Flag, "Serve the page."),
    restart("basePath", Text, "Not used here."),
    restart("root", Text, "A folder to serve it from."),
    hot(
        "allowedOrigins",
        List(&Text),
        "Pages of other origins that may connect.",
    ),
    restart("allowInsecureAuth", Flag, "Not used here."),
    restart("dangerouslyDisableDeviceAuth", Flag, "Not used here."),
    restart("environment", Foreign, "Not used here."),
];

pub(super) const HTTP_TOOLS: &[Field] = &[
    hot(
        "allow",
        List(&Text),
        "Takes tools off the list of what is denied.",
    ),
    hot("deny", List(&Text), "Denies further tools."),
];

pub(super) const RELOAD: &[Field] = &[
    restart(
        "mode",
        Choice(&["off", "hot", "restart", "hybrid"]),
        "`off` does not watch the file; the other words mean the same here.",
    ),
    restart(
        "debounceMs",
        Whole(0, 60_000),
        "How long to wait for further changes.",
    ),
];

pub(super) const NODES: &[Field] = &[
    hot(
        "pairing",
        Object(&[
            hot(
                "autoApproveLocal",
                Flag,
                "Pair devices of this machine without asking.",
            ),
            hot("autoApproveCidrs", List(&Network), "Not used here."),
            hot("sshVerify", Foreign, "Not used here."),
        ]),
        "Pairing of devices.",
    ),
    hot("commands", Foreign, "Not used here."),
    hot("pluginTools", Foreign, "Not used here."),
    hot("browser", Foreign, "Not used here."),
    hot("allowSkills", Flag, "Not used here."),
];

pub(super) const LOGGING: &[Field] = &[
    hot(
        "level",
        Choice(&["silent", "error", "warn", "info", "debug", "trace"]),
        "What is logged, in the file and on stderr.",
    ),
    restart("consoleLevel", Text, "Not used here."),
    restart("consoleStyle", Text, "Not used here."),
    restart("file", Text, "The file."),
    restart("maxFileBytes", COUNT_TOKENS, "Not used here."),
    restart("redactSensitive", Text, "Not used here."),
    restart("redactPatterns", List(&Text), "Not used here."),
];
