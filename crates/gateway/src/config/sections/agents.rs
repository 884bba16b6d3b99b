//! Who the agents are, what they use, and how conversations are kept apart.

use super::super::shape::Shape::{Choice, Either, Flag, Foreign, List, Map, Number, Object, Text};
use super::super::shape::{Field, Shape, hot};
use super::{COUNT, MS};

pub(super) const AGENTS: &[Field] = &[
    hot(
        "defaults",
        Object(AGENT_DEFAULTS),
        "What every agent starts with.",
    ),
    hot("list", List(&Object(AGENT)), "The agents."),
    hot("entries", Map(&Object(AGENT)), "The agents, by id."),
];

pub(super) const MODEL_CHOICE: Shape = Either(
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

const RIGHTS: Shape = Object(&[
    hot(
        "role",
        Choice(&["observer", "developer", "operator", "release"]),
        "Its role in the policy.",
    ),
    hot(
        "scopes",
        List(&Choice(&[
            "read",
            "write",
            "exec",
            "network",
            "sessions",
            "tools",
            "credentials",
        ])),
        "What it needs, and no more.",
    ),
]);

pub(super) const AGENT_DEFAULTS: &[Field] = &[
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
    hot("rights", RIGHTS, "What every agent is trusted with."),
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

pub(super) const AGENT: &[Field] = &[
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
    hot("rights", RIGHTS, "What it is trusted with."),
    hot("tools", Foreign, "What it may use."),
    hot("subagents", Foreign, "Agents that it may start."),
    hot("skills", Foreign, "Skills that it has."),
    hot("sandbox", Foreign, "Not used here."),
    hot("params", Foreign, "Parameters for models."),
    hot("thinkingDefault", Text, "How much it thinks."),
    hot("groupChat", Foreign, "Not used here."),
    hot("memorySearch", Foreign, "Search in the workspace."),
];

pub(super) const TOOLS: &[Field] = &[
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

pub(super) const SESSION: &[Field] = &[
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

pub(super) const MESSAGES: &[Field] = &[
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
