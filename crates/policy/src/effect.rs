//! What a command does to the world.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::verdict::Span;

/// What is done. The words are those of rules (`effects: [delete, network]`).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
#[serde(rename_all = "kebab-case")]
pub enum EffectKind {
    Read,
    List,
    Write,
    Append,
    Create,
    Delete,
    /// Owner, mode, attributes.
    Permission,
    /// A program or a script is run that is more than the command's own name says.
    Execute,
    Network,
    /// A service, a process, a mount, a package: the state of the machine.
    System,
    /// A process is signalled.
    Signal,
    /// Rights are raised (`sudo`).
    Privilege,
    /// Something that cannot be taken back outside of this machine: a deployment, a publication, a deletion.
    Remote,
    Environment,
}

/// What it is done to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", tag = "type", content = "value")]
pub enum Target {
    /// An absolute path, `..` resolved by its words and links by what is known of the machine.
    Path(String),
    /// Everything that a pattern matches below a folder.
    Below(String),
    /// A host, as it was written: a name or an address.
    Host(String),
    Url(String),
    Program(String),
    Process(String),
    /// What it is in words: a package, a container, a branch, a database.
    Named(String),
    /// It depends on what is only known when it runs.
    Unknown,
}

/// Where a path lies.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
#[serde(rename_all = "kebab-case")]
pub enum Zone {
    /// Below the agent's workspace.
    Workspace,
    Tmp,
    /// Below the home folder, outside of the workspace.
    Home,
    System,
    /// What decides over people, agents and the machine: keys, start-up files, hooks, our own state.
    Protected,
    /// A device node.
    Device,
    /// Not on this machine, or not a place.
    Elsewhere,
    Unknown,
}

/// One thing that a command does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Effect {
    pub kind: EffectKind,
    pub target: Target,
    pub zone: Zone,
    /// Whether it reads what authenticates someone.
    pub secret: bool,
    pub span: Option<Span>,
    /// One sentence for a person: "deletes everything below /home/dev".
    pub text: String,
}
