//! Every name of the configuration. Names and meanings are those of the published gateway where both have the
//! thing; sections that only it has are let through, so that an `openclaw.json` can be read.

use super::shape::Shape::{
    Choice, ChoiceOrAddress, Either, Flag, Foreign, List, Map, Network, Number, Object, Secret,
    Text, Whole,
};
use super::shape::{Field, Shape, hot, restart};

const MS: Shape = Whole(0, u64::MAX);
const COUNT: Shape = Whole(0, 1_000_000);

/// The whole configuration.
pub(crate) static ROOT: Shape = Object(&[
    hot(
        "gateway",
        Object(GATEWAY),
        "The server itself: address, authentication, HTTP.",
    ),
    hot(
        "agents",
        Object(AGENTS),
        "Who the agents are and what they start with.",
    ),
    hot(
        "models",
        Object(MODELS),
        "Providers of models, and what they cost.",
    ),
    hot("tools", Object(TOOLS), "What agents may use."),
    hot(
        "session",
        Object(SESSION),
        "How conversations are kept apart.",
    ),
    hot(
        "messages",
        Object(MESSAGES),
        "What happens to a message while a run is going on.",
    ),
    restart("logging", Object(LOGGING), "What is written to the log."),
    hot("env", Foreign, "Environment variables for runs."),
    hot("approvals", Foreign, "Where approvals are forwarded."),
    hot(
        "meta",
        Foreign,
        "Written by the program that last changed the file.",
    ),
    hot("wizard", Foreign, "Written by the set-up assistant."),
    hot("$schema", Text, "For editors."),
    foreign("acp"),
    foreign("audio"),
    foreign("auth"),
    foreign("bindings"),
    foreign("broadcast"),
    foreign("browser"),
    foreign("canvasHost"),
    foreign("channels"),
    foreign("cli"),
    foreign("cloudWorkers"),
    foreign("commands"),
    foreign("cron"),
    foreign("diagnostics"),
    foreign("discovery"),
    foreign("hooks"),
    foreign("mcp"),
    foreign("media"),
    foreign("memory"),
    foreign("nodeHost"),
    foreign("plugins"),
    foreign("secrets"),
    foreign("skills"),
    foreign("talk"),
    foreign("ui"),
    foreign("update"),
    foreign("web"),
]);

const fn foreign(name: &'static str) -> Field {
    hot(
        name,
        Foreign,
        "A section of OpenClaw that this gateway does not use.",
    )
}

const GATEWAY: &[Field] = &[
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
    restart("tailscale", Foreign, "Exposing the gateway on a tailnet."),
    restart(
        "remote",
        Foreign,
        "How clients on this machine reach a remote gateway.",
    ),
    restart("http", Foreign, "Further HTTP endpoints."),
    restart("push", Foreign, "Push notifications."),
    restart(
        "publicOrigin",
        Text,
        "The address under which browsers reach this gateway.",
    ),
    restart(
        "allowRealIpFallback",
        Flag,
        "Believe X-Real-IP of a trusted proxy.",
    ),
    restart("roles", Foreign, "Named operator roles."),
    restart("channelHealthCheckMinutes", Number, "Not used here."),
    restart("terminal", Foreign, "Not used here."),
];

const AUTH: &[Field] = &[
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

const RATE_LIMIT: &[Field] = &[
    hot(
        "maxAttempts",
        Whole(1, 1_000_000),
        "Failures before an address is locked out.",
    ),
    hot("windowMs", MS, "In how many milliseconds."),
    hot("lockoutMs", MS, "For how many milliseconds."),
    hot("exemptLoopback", Flag, "Never lock out this machine."),
];

const TRUSTED_PROXY: &[Field] = &[
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

const TLS: &[Field] = &[
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

const CONTROL_UI: &[Field] = &[
    restart("enabled", Flag, "Serve the page."),
    restart("basePath", Text, "Where the page lives."),
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

const HTTP_TOOLS: &[Field] = &[
    hot(
        "allow",
        List(&Text),
        "Takes tools off the list of what is denied.",
    ),
    hot("deny", List(&Text), "Denies further tools."),
];

const RELOAD: &[Field] = &[
    restart(
        "mode",
        Choice(&["off", "hot", "restart", "hybrid"]),
        "What a change of the file does.",
    ),
    restart(
        "debounceMs",
        Whole(0, 60_000),
        "How long to wait for further changes.",
    ),
];

const NODES: &[Field] = &[
    hot(
        "pairing",
        Object(&[
            hot(
                "autoApproveLocal",
                Flag,
                "Pair devices of this machine without asking.",
            ),
            hot(
                "autoApproveCidrs",
                List(&Network),
                "Networks whose nodes are paired without asking.",
            ),
            hot("sshVerify", Foreign, "Not used here."),
        ]),
        "Pairing of devices.",
    ),
    hot("commands", Foreign, "Commands that nodes may offer."),
    hot("pluginTools", Foreign, "Not used here."),
    hot("browser", Foreign, "Not used here."),
    hot("allowSkills", Flag, "Not used here."),
];

const AGENTS: &[Field] = &[
    hot(
        "defaults",
        Object(AGENT_DEFAULTS),
        "What every agent starts with.",
    ),
    hot("list", List(&Object(AGENT)), "The agents."),
    hot("entries", Map(&Object(AGENT)), "The agents, by id."),
];

const MODEL_CHOICE: Shape = Either(
    &Text,
    &Object(&[
        hot("primary", Text, "provider/model"),
        hot(
            "fallbacks",
            List(&Text),
            "Tried in this order when the first fails.",
        ),
        hot("timeoutMs", MS, "How long one request may take."),
    ]),
);

const AGENT_DEFAULTS: &[Field] = &[
    hot(
        "model",
        MODEL_CHOICE,
        "Which model, and which when it fails.",
    ),
    hot("models", Foreign, "Models that may be chosen."),
    hot("workspace", Text, "The folder an agent works in."),
    hot(
        "skipBootstrap",
        Flag,
        "Do not make the workspace's first files.",
    ),
    hot("timeoutSeconds", COUNT, "How long a run may take."),
    hot(
        "mediaMaxMb",
        Number,
        "The largest attachment, in megabytes.",
    ),
    hot("contextTokens", COUNT, "How much context is used at most."),
    hot("maxConcurrent", COUNT, "Runs at the same time."),
    hot("thinkingDefault", Text, "How much a model thinks."),
    hot("userTimezone", Text, "The time zone agents are told."),
    hot(
        "heartbeat",
        Object(&[
            hot("every", Text, "How often, as 30m."),
            hot("prompt", Text, "What the agent is told."),
            hot("model", Text, "Another model for it."),
            hot("target", Text, "Where an answer goes."),
            hot("session", Text, "In which session."),
            hot("ackMaxChars", COUNT, "Not used here."),
            hot("activeHours", Foreign, "Only at these hours."),
        ]),
        "Regular runs without a message.",
    ),
    hot("subagents", Foreign, "Agents that agents start."),
    hot(
        "compaction",
        Foreign,
        "What happens when the context fills.",
    ),
    hot("contextPruning", Foreign, "Not used here."),
    hot("memorySearch", Foreign, "Search in the workspace."),
    hot("sandbox", Foreign, "Not used here."),
    hot("budget", Foreign, "What a run may cost."),
    hot("blockStreamingDefault", Text, "Not used here."),
    hot("verboseDefault", Text, "Not used here."),
    hot("elevatedDefault", Text, "Not used here."),
    hot("typingMode", Text, "Not used here."),
    hot("imageModel", Foreign, "Not used here."),
    hot("utilityModel", Foreign, "Not used here."),
    hot(
        "bootstrapMaxChars",
        COUNT,
        "How much of a workspace file goes into the prompt.",
    ),
    hot("params", Foreign, "Parameters for models."),
];

const AGENT: &[Field] = &[
    hot("id", Text, "Its name in keys."),
    hot("name", Text, "Its name for people."),
    hot("default", Flag, "The one that is meant when none is named."),
    hot("workspace", Text, "The folder it works in."),
    hot("agentDir", Text, "Where its own state is."),
    hot("model", MODEL_CHOICE, "Which model."),
    hot(
        "identity",
        Object(&[
            hot("name", Text, "What it calls itself."),
            hot("emoji", Text, "Its sign."),
            hot("theme", Text, "Its manner."),
            hot("avatar", Text, "A picture in the workspace."),
        ]),
        "How it appears.",
    ),
    hot("heartbeat", Foreign, "Its own regular runs."),
    hot("tools", Foreign, "What it may use."),
    hot("subagents", Foreign, "Agents that it may start."),
    hot("skills", Foreign, "Skills that it has."),
    hot("sandbox", Foreign, "Not used here."),
    hot("params", Foreign, "Parameters for models."),
    hot("thinkingDefault", Text, "How much it thinks."),
    hot("groupChat", Foreign, "Not used here."),
    hot("memorySearch", Foreign, "Search in the workspace."),
];

const MODELS: &[Field] = &[
    hot(
        "mode",
        Choice(&["merge", "replace"]),
        "Whether built-in providers stay.",
    ),
    hot("providers", Map(&Object(PROVIDER)), "Providers by name."),
    hot("pricing", Foreign, "Not used here."),
];

const PROVIDER: &[Field] = &[
    hot("baseUrl", Text, "Where it is."),
    hot(
        "apiKey",
        Either(&Secret, &Foreign),
        "A key, or a reference to one such as ${NAME}.",
    ),
    hot(
        "api",
        Text,
        "How it is spoken to: openai-completions, anthropic-messages, ollama, scripted.",
    ),
    hot("auth", Text, "How the key is presented."),
    hot("authHeader", Flag, "Present the key as a bearer token."),
    hot("headers", Map(&Secret), "Further headers."),
    hot("models", List(&Object(MODEL)), "What it offers."),
    hot("injectNumCtxForOpenAICompat", Flag, "Not used here."),
    hot("request", Foreign, "Not used here."),
];

const MODEL: &[Field] = &[
    hot("id", Text, "Its name at the provider."),
    hot("name", Text, "Its name for people."),
    hot("api", Text, "How it is spoken to."),
    hot("reasoning", Flag, "Whether it thinks."),
    hot("input", List(&Text), "What it reads."),
    hot(
        "cost",
        Object(&[
            hot("input", Number, "Dollars for a million tokens."),
            hot("output", Number, "Dollars for a million tokens."),
            hot("cacheRead", Number, "Dollars for a million tokens."),
            hot("cacheWrite", Number, "Dollars for a million tokens."),
            hot("tieredPricing", Foreign, "Not used here."),
        ]),
        "What it costs.",
    ),
    hot(
        "contextWindow",
        COUNT_TOKENS,
        "How much it reads at once, in tokens.",
    ),
    hot(
        "contextTokens",
        COUNT_TOKENS,
        "How much of that is used, in tokens.",
    ),
    hot(
        "maxTokens",
        COUNT_TOKENS,
        "How much it writes at once, in tokens.",
    ),
    hot("headers", Map(&Secret), "Further headers."),
    hot("compat", Foreign, "Peculiarities."),
    hot("params", Foreign, "Parameters."),
];

const COUNT_TOKENS: Shape = Whole(0, 1_000_000_000);

const TOOLS: &[Field] = &[
    hot("profile", Text, "A set of tools by name."),
    hot("allow", List(&Text), "Only these."),
    hot("alsoAllow", List(&Text), "These too."),
    hot("deny", List(&Text), "None of these."),
    hot(
        "exec",
        Object(&[
            hot("host", Text, "Where commands run; the gateway."),
            hot(
                "security",
                Choice(&["deny", "allowlist", "full"]),
                "What may run.",
            ),
            hot(
                "ask",
                Choice(&["off", "on-miss", "always"]),
                "When a person is asked.",
            ),
            hot(
                "mode",
                Choice(&["deny", "allowlist", "ask", "full"]),
                "Both in one word.",
            ),
            hot("timeoutSec", COUNT, "How long a command may take."),
            hot(
                "backgroundMs",
                MS,
                "When a command goes on in the background.",
            ),
            hot("approvalTimeoutMs", MS, "How long an approval waits."),
            hot("safeBins", List(&Text), "Programs that need no approval."),
            hot("pathPrepend", List(&Text), "Folders put before PATH."),
            hot("notifyOnExit", Flag, "Tell the agent when a command ends."),
            hot("cleanupMs", MS, "How long ended commands are remembered."),
            hot("node", Text, "Not used here."),
            hot("applyPatch", Foreign, "Not used here."),
        ]),
        "Running commands.",
    ),
    hot("web", Foreign, "Reading the web."),
    hot("elevated", Foreign, "Not used here."),
    hot("sandbox", Foreign, "Not used here."),
    hot("subagents", Foreign, "Tools of agents that agents start."),
    hot("agentToAgent", Foreign, "Agents that talk to agents."),
    hot("sessions", Foreign, "Which sessions an agent sees."),
    hot("byProvider", Foreign, "Other sets for other providers."),
    hot("media", Foreign, "Not used here."),
    hot("message", Foreign, "Not used here."),
    hot("fs", Foreign, "Where files may be touched."),
    hot("loopDetection", Foreign, "Not used here."),
];

const SESSION: &[Field] = &[
    hot("mainKey", Text, "The name of the main conversation."),
    hot(
        "scope",
        Choice(&["per-sender", "global"]),
        "Whether everybody shares one conversation.",
    ),
    hot("dmScope", Text, "Not used here."),
    hot("identityLinks", Foreign, "Not used here."),
    hot("idleMinutes", Number, "When a conversation starts anew."),
    hot("reset", Foreign, "When a conversation starts anew."),
    hot("resetByType", Foreign, "When a conversation starts anew."),
    hot("store", Text, "Not used here."),
    hot("typingMode", Text, "Not used here."),
    hot("typingIntervalSeconds", Number, "Not used here."),
    hot("maintenance", Foreign, "Not used here."),
    hot("agentToAgent", Foreign, "Not used here."),
    hot("sendPolicy", Foreign, "Not used here."),
    hot("threadBindings", Foreign, "Not used here."),
];

const MESSAGES: &[Field] = &[
    hot(
        "queue",
        Object(&[
            hot(
                "mode",
                Choice(&[
                    "steer",
                    "followup",
                    "collect",
                    "interrupt",
                    "queue",
                    "steer-backlog",
                ]),
                "What a message does to a run that is going on.",
            ),
            hot("debounceMs", MS, "How long messages are collected."),
            hot("cap", COUNT, "How many wait."),
            hot("drop", Text, "Which is dropped when more come."),
            hot("byChannel", Foreign, "Not used here."),
        ]),
        "Messages that come during a run.",
    ),
    hot("responsePrefix", Text, "Not used here."),
    hot("ackReaction", Text, "Not used here."),
    hot("ackReactionScope", Text, "Not used here."),
    hot("groupChat", Foreign, "Not used here."),
    hot("tts", Foreign, "Not used here."),
    hot("inbound", Foreign, "Not used here."),
];

const LOGGING: &[Field] = &[
    restart(
        "level",
        Choice(&["silent", "error", "warn", "info", "debug", "trace"]),
        "What goes to the file.",
    ),
    restart("consoleLevel", Text, "What goes to the terminal."),
    restart("consoleStyle", Text, "How it looks there."),
    restart("file", Text, "The file."),
    restart("maxFileBytes", COUNT_TOKENS, "Not used here."),
    restart("redactSensitive", Text, "Not used here."),
    restart("redactPatterns", List(&Text), "Not used here."),
];
