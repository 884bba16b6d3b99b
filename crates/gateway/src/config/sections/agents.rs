//! Who the agents are, what they use, and how conversations are kept apart.

use gatehouse_agent::provider::Thinking;

use super::super::shape::Shape::{
    Amount, Choice, Either, Flag, Foreign, List, Map, Number, Object, Open, Text, Word,
};
use super::super::shape::{Field, Shape, hot, restart};
use super::super::words::{DURATION, TIME, ZONE, ZONE_OR_WORD};
use super::models::COUNT_TOKENS;
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
        hot("timeoutMs", MS, "Not used here."),
    ]),
);

/// The published words; those beyond `high` are `high` here.
const THINKING: Shape = Choice(&Thinking::PUBLISHED);

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
    hot("models", Foreign, "Not used here."),
    hot("workspace", Text, "The folder an agent works in."),
    hot("skipBootstrap", Flag, "Not used here."),
    restart("timeoutSeconds", COUNT, "How long a run may take."),
    hot("mediaMaxMb", Number, "Not used here."),
    hot("contextTokens", COUNT, "How much context is used at most."),
    restart("maxConcurrent", COUNT, "Runs at the same time."),
    hot("thinkingDefault", THINKING, "How much a model thinks."),
    hot(
        "userTimezone",
        Word(&ZONE),
        "The time zone of active hours.",
    ),
    hot("rights", RIGHTS, "What every agent is trusted with."),
    hot(
        "heartbeat",
        Object(HEARTBEAT),
        "Regular runs without a message.",
    ),
    restart(
        "subagents",
        Open(&[
            restart(
                "maxConcurrent",
                COUNT,
                "How many of them work at the same time.",
            ),
            restart("maxSpawnDepth", COUNT, "How deep they may start others."),
        ]),
        "Agents that agents start.",
    ),
    hot("compaction", Foreign, "Not used here."),
    hot("contextPruning", Foreign, "Not used here."),
    hot("memorySearch", Foreign, "Not used here."),
    hot("sandbox", Foreign, "Not used here."),
    hot("budget", Object(BUDGET), "What a run may cost."),
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
    hot("params", Foreign, "Not used here."),
];

const HEARTBEAT: &[Field] = &[
    hot("every", Word(&DURATION), "How often, as 30m."),
    hot("prompt", Text, "What the agent is told."),
    hot("model", Text, "Another model for it."),
    hot("session", Text, "In which session."),
    hot(
        "activeHours",
        Object(&[
            hot("start", Word(&TIME), "From when on, as 08:00."),
            hot("end", Word(&TIME), "Until when, as 22:00 or 24:00."),
            hot(
                "timezone",
                Word(&ZONE_OR_WORD),
                "A time zone, as Europe/Berlin; or user, or local.",
            ),
        ]),
        "Only at these hours.",
    ),
    hot(
        "target",
        Text,
        "Not used here: there are no channels, and the session has the answer.",
    ),
    hot("ackMaxChars", COUNT, "Not used here."),
    hot("agentId", Text, "Not used here."),
    hot("directPolicy", Text, "Not used here."),
    hot("to", Text, "Not used here."),
    hot("accountId", Text, "Not used here."),
    hot("timeoutSeconds", COUNT, "Not used here."),
    hot("lightContext", Flag, "Not used here."),
    hot("isolatedSession", Flag, "Not used here."),
    hot("includeReasoning", Flag, "Not used here."),
    hot("includeSystemPromptSection", Flag, "Not used here."),
    hot("suppressToolErrorWarnings", Flag, "Not used here."),
    hot("skipWhenBusy", Flag, "Not used here."),
];

/// Of our own: the published configuration has no such thing.
const BUDGET: &[Field] = &[
    hot(
        "usd",
        Amount,
        "In US dollars, by the cost that the models have in the configuration.",
    ),
    hot("tokens", COUNT_TOKENS, "In tokens, read and written."),
];

pub(super) const AGENT: &[Field] = &[
    hot("id", Text, "Its name in keys."),
    hot("name", Text, "Its name for people."),
    hot("default", Flag, "The one that is meant when none is named."),
    hot("workspace", Text, "The folder it works in."),
    hot("agentDir", Text, "Not used here."),
    hot("model", MODEL_CHOICE, "Which model."),
    hot(
        "identity",
        Object(&[
            hot("name", Text, "What it calls itself."),
            hot("emoji", Text, "Its sign."),
            hot("theme", Text, "Not used here."),
            hot("avatar", Text, "A picture in the workspace."),
        ]),
        "How it appears.",
    ),
    hot("heartbeat", Object(HEARTBEAT), "Its own regular runs."),
    hot("rights", RIGHTS, "What it is trusted with."),
    hot("tools", Object(TOOLS), "What of it it may use."),
    hot("subagents", Foreign, "Not used here."),
    hot("skills", List(&Text), "Only these skills."),
    hot("sandbox", Foreign, "Not used here."),
    hot("params", Foreign, "Not used here."),
    hot("thinkingDefault", THINKING, "How much it thinks."),
    hot("contextTokens", COUNT, "How much context is used at most."),
    hot("budget", Object(BUDGET), "What a run of it may cost."),
    hot("groupChat", Foreign, "Not used here."),
    hot("memorySearch", Foreign, "Not used here."),
];

pub(super) const TOOLS: &[Field] = &[
    hot(
        "profile",
        Choice(&["minimal", "coding", "messaging", "full"]),
        "A set of tools by name.",
    ),
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
            restart("timeoutSec", COUNT, "How long a command may take."),
            restart(
                "backgroundMs",
                MS,
                "When a command goes on in the background.",
            ),
            hot("approvalTimeoutMs", MS, "Not used here."),
            hot(
                "safeBins",
                List(&Text),
                "Not used here: the policy judges every program.",
            ),
            restart("pathPrepend", List(&Text), "Folders put before PATH."),
            restart("notifyOnExit", Flag, "Tell the agent when a command ends."),
            hot("cleanupMs", MS, "Not used here."),
            hot("node", Text, "Not used here."),
            hot("applyPatch", Foreign, "Not used here."),
        ]),
        "Running commands.",
    ),
    restart(
        "web",
        Open(&[restart("fetch", Open(FETCH), "web_fetch.")]),
        "Reading the web.",
    ),
    hot("elevated", Foreign, "Not used here."),
    hot("sandbox", Foreign, "Not used here."),
    hot("subagents", Foreign, "Not used here."),
    hot(
        "agentToAgent",
        Foreign,
        "Not used here: an agent talks to its own sessions alone.",
    ),
    hot(
        "sessions",
        Foreign,
        "Not used here: an agent sees its own sessions alone.",
    ),
    hot("byProvider", Foreign, "Not used here."),
    hot("toolsBySender", Foreign, "Not used here."),
    hot("codeMode", Foreign, "Not used here."),
    hot("github", Foreign, "Not used here."),
    hot("updatePlan", Foreign, "Not used here."),
    hot("sessions_spawn", Foreign, "Not used here."),
    hot("links", Foreign, "Not used here."),
    hot("experimental", Foreign, "Not used here."),
    hot("media", Foreign, "Not used here."),
    hot("message", Foreign, "Not used here."),
    hot(
        "fs",
        Foreign,
        "Not used here: files are touched in the workspace alone.",
    ),
    hot(
        "loopDetection",
        Object(&[hot(
            "enabled",
            Flag,
            "False lets a run go in circles until its limit of model calls.",
        )]),
        "Runs that make the same call again and again.",
    ),
];

const FETCH: &[Field] = &[
    restart(
        "ssrfPolicy",
        Open(&[
            restart(
                "allowedHostnames",
                List(&Text),
                "Names that may lead to private addresses.",
            ),
            restart(
                "dangerouslyAllowPrivateNetwork",
                Flag,
                "Reach every private address.",
            ),
        ]),
        "What it may reach.",
    ),
    restart(
        "maxChars",
        COUNT_TOKENS,
        "How much of a page an agent is given.",
    ),
    restart(
        "maxResponseBytes",
        COUNT_TOKENS,
        "How much of a page is read.",
    ),
    restart("maxRedirects", COUNT, "How many redirects are followed."),
    restart("timeoutSeconds", COUNT, "How long a page may take."),
];

pub(super) const SESSION: &[Field] = &[
    hot("mainKey", Text, "Not used here: it is main."),
    hot("scope", Choice(&["per-sender", "global"]), "Not used here."),
    hot("dmScope", Text, "Not used here."),
    hot("identityLinks", Foreign, "Not used here."),
    hot("idleMinutes", Number, "Not used here."),
    hot("reset", Foreign, "Not used here."),
    hot("resetByType", Foreign, "Not used here."),
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
            hot(
                "drop",
                Choice(&["old", "new", "summarize"]),
                "Which is dropped when more come.",
            ),
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
