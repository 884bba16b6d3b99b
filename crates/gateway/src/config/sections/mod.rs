//! Every name of the configuration. Names and meanings are those of the published gateway where both have the
//! thing; sections that only it has are let through, so that an `openclaw.json` can be read.

mod agents;
mod gateway;
mod models;

use super::shape::Shape::{Either, Flag, Foreign, List, Map, Object, Open, Text, Whole};
use super::shape::{Field, Shape, hot, restart};
use agents::{AGENTS, MESSAGES, SESSION, TOOLS};
use gateway::{GATEWAY, LOGGING};
use models::MODELS;

pub(super) const MS: Shape = Whole(0, u64::MAX);

pub(super) const COUNT: Shape = Whole(0, 1_000_000);

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
    hot("env", Foreign, "Not used here."),
    hot("approvals", Foreign, "Not used here."),
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
    restart(
        "hooks",
        Open(HOOKS),
        "What runs by itself; of OpenClaw's hooks nothing.",
    ),
    foreign("mcp"),
    foreign("media"),
    foreign("memory"),
    foreign("nodeHost"),
    foreign("plugins"),
    foreign("secrets"),
    hot(
        "skills",
        Open(SKILLS),
        "Skills beside those of the workspace.",
    ),
    foreign("talk"),
    foreign("ui"),
    foreign("update"),
    foreign("web"),
]);

/// Of our own: the published gateway loads programs of JavaScript here.
const HOOKS: &[Field] = &[restart(
    "start",
    List(&Either(
        &Text,
        &Object(&[
            restart("command", Text, "What is run."),
            restart("timeoutSeconds", COUNT, "How long it may take."),
        ]),
    )),
    "Commands of the default agent that run at each start, before BOOT.md.",
)];

const SKILLS: &[Field] = &[
    hot(
        "load",
        Open(&[hot(
            "extraDirs",
            List(&Text),
            "Further folders with skills.",
        )]),
        "Where skills are.",
    ),
    hot(
        "entries",
        Map(&Open(&[hot("enabled", Flag, "False leaves it out.")])),
        "Skills by name.",
    ),
];

const fn foreign(name: &'static str) -> Field {
    hot(name, Foreign, "Not used here: a section of OpenClaw.")
}
