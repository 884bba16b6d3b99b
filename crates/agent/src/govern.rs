//! The one gate that every tool call passes: what is about to happen, and the answer to it.
//!
//! Nothing here decides. The owner implements [`Governor`]; a question to a person is asked and answered
//! inside of it. What is resolved for the question is what runs: see [`Action::fingerprint`].

use std::path::PathBuf;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{launch::Launch, tools::ToolOutput};

/// Exactly what a tool call will do. An approval is bound to all of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// The tool's name, `exec` for example.
    pub tool: String,
    /// The arguments as the model gave them.
    pub arguments: Value,
    /// What the arguments were resolved to.
    pub effect: Effect,
    pub agent_id: String,
    pub session_key: String,
    pub run_id: String,
    pub tool_call_id: String,
    /// The workspace that the call belongs to.
    pub workspace: PathBuf,
    /// The keys of the sessions whose words the run follows: what they may not do, it may not do for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub told_by: Vec<String>,
}

/// What happens outside of the engine.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Effect {
    /// A process is started.
    Exec(ExecEffect),
    /// Files are read or written.
    Files { paths: Vec<FileEffect> },
    /// A page is fetched.
    Fetch { url: String },
    /// A background process is looked at or acted on.
    Process {
        action: String,
        session: String,
        /// The key of the session that started it, where that is another one than asks: each hears of the other.
        #[serde(skip_serializing_if = "Option::is_none")]
        of: Option<String>,
        /// What is typed into it.
        #[serde(skip_serializing_if = "Option::is_none")]
        input: Option<ProcessInput>,
    },
    /// Another session is read, written to or made.
    Session { action: String, target: String },
    /// Nothing outside of the engine.
    None,
}

/// The process that will be started, and nothing else.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecEffect {
    /// What the model wrote.
    pub command: String,
    /// What is spawned: the shell, its flag, the command.
    pub argv: Vec<String>,
    /// `argv[0]` as an absolute path with links resolved.
    pub executable: PathBuf,
    /// The program that a plain command names first, found along the search path; none where a shell has
    /// more to say about it.
    pub program: Option<PathBuf>,
    /// Absolute, links resolved.
    pub cwd: PathBuf,
    /// The variables that the call sets on top of the inherited environment, by name, sorted.
    pub env_names: Vec<String>,
    /// A hash over these variables' names and values: a value is bound, and not shown.
    pub env_digest: String,
    pub pty: bool,
    pub background: bool,
}

/// What is typed into a program that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessInput {
    /// What the program was started as, and where.
    pub command: String,
    pub cwd: PathBuf,
    pub data: String,
}

/// One file of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileEffect {
    pub access: FileAccess,
    /// Absolute, links resolved as far as the path exists.
    pub path: PathBuf,
}

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FileAccess {
    Read,
    /// With all that lies below it, but for what authenticates someone.
    Search,
    Write,
    Delete,
    List,
}

/// May it happen?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may, as it is.
    Allow {
        /// The approval that allowed it, when one was asked for.
        approval_id: Option<String>,
        /// For a command: what was judged, opened. It is what runs.
        launch: Option<Launch>,
        /// What the model should know about what ran, such as that a person changed it.
        note: Option<String>,
    },
    /// It may not; the reason goes to the model.
    Deny {
        reason: String,
        /// What kind of refusal, for programs: `no_approver` for example.
        code: Option<&'static str>,
    },
}

impl Verdict {
    /// Allowed without a question.
    pub fn allow() -> Self {
        Self::Allow {
            approval_id: None,
            launch: None,
            note: None,
        }
    }

    /// Refused, with the reason that the model reads.
    pub fn deny(reason: impl Into<String>) -> Self {
        Self::Deny {
            reason: reason.into(),
            code: None,
        }
    }
}

/// What came of a governed action.
#[derive(Clone, Debug)]
pub enum ToolOutcome {
    /// It ran; the output may still be that of a failure.
    Ran(ToolOutput),
    /// It was denied and did not run.
    Denied {
        reason: String,
        code: Option<&'static str>,
    },
    /// It changed between the question and the run, and did not run.
    Changed,
    /// The run was stopped before the tool began.
    Aborted,
}

/// Decides every tool call.
#[async_trait]
pub trait Governor: Send + Sync {
    /// Called before anything happens. May take as long as a person needs. When the run is aborted while it
    /// waits, the future is dropped: a question that is open then must be closed as unanswered.
    async fn govern(&self, action: &Action) -> Verdict;

    /// Called once for every action that [`Governor::govern`] was called with, also when its future was
    /// dropped.
    async fn outcome(&self, action: &Action, outcome: &ToolOutcome);

    /// Called instead of both for a call that means nothing that could be governed, and so does not run: of a tool that
    /// there is not, with arguments that are not the tool's, or with a path outside of the workspace. Its effect is none.
    async fn meaningless(&self, action: &Action, why: &str) {
        let _ = (action, why);
    }
}

impl Action {
    /// SHA-256 over all of the action, as lower-case hex. Two actions have the same one only when every part
    /// is the same.
    pub fn fingerprint(&self) -> String {
        let value = serde_json::to_value(self).expect("an action has only string keys");
        hex(&Sha256::digest(canonical(&value).as_bytes()))
    }
}

/// RFC 8785 for values whose numbers are small integers and whose keys are ASCII. Other numbers stay exact, where RFC 8785
/// would round them: of two that differ, each has to be another action.
pub fn canonical(value: &Value) -> String {
    let mut text = Vec::new();
    write_sorted(value, &mut text);
    String::from_utf8(text).expect("serde_json writes UTF-8")
}

/// JSON with the keys of every object sorted, so that equal values have equal bytes.
fn write_sorted(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(members) => write_members(members, out),
        Value::Array(items) => {
            out.push(b'[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                write_sorted(item, out);
            }
            out.push(b']');
        }
        plain => write_plain(plain, out),
    }
}

fn write_members(members: &Map<String, Value>, out: &mut Vec<u8>) {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    out.push(b'{');
    for (n, (name, value)) in members.into_iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        write_plain(name, out);
        out.push(b':');
        write_sorted(value, out);
    }
    out.push(b'}');
}

fn write_plain<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("memory takes whatever is written");
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// Lets everything happen. For tests, and for a mock gateway whose tools touch nothing.
pub struct AllowAll;

#[async_trait]
impl Governor for AllowAll {
    async fn govern(&self, _action: &Action) -> Verdict {
        Verdict::allow()
    }

    async fn outcome(&self, _action: &Action, _outcome: &ToolOutcome) {}
}
