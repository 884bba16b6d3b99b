//! `agents.files.*`: the files of a workspace that shape an agent, by name. Only these names: everything else in
//! a workspace is the agent's own and is reached by its tools.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use gatehouse_protocol::MethodScope::{Admin, Read};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::private;
use crate::router::{Cx, MethodError, MethodTable};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("agents.files.list", Read, list);
    table.operator("agents.files.get", Read, get);
    table.operator("agents.files.set", Admin, set);
}

/// What the published gateway lists.
const NAMES: [&str; 9] = [
    "AGENTS.md",
    "SOUL.md",
    "TOOLS.md",
    "IDENTITY.md",
    "USER.md",
    "HEARTBEAT.md",
    "BOOTSTRAP.md",
    "BOOT.md",
    "MEMORY.md",
];

/// The largest file that is shown or written, in bytes.
const MAX_BYTES: u64 = 2 * 1024 * 1024;

/// `AgentsFileEntry`.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct FileEntry {
    name: &'static str,
    path: PathBuf,
    missing: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListParams {
    agent_id: String,
}

async fn list(cx: Cx, params: ListParams) -> Result<Value, MethodError> {
    let workspace = workspace(&cx, &params.agent_id).await?;
    let folder = workspace.clone();
    let files = off_thread(move || NAMES.map(|name| look(&folder, name)).into_iter().collect());
    let files: Vec<FileEntry> = files.await?;
    Ok(json!({"agentId": params.agent_id, "workspace": workspace, "files": files}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GetParams {
    agent_id: String,
    name: String,
}

async fn get(cx: Cx, params: GetParams) -> Result<Value, MethodError> {
    let name = known(&params.name)?;
    let workspace = workspace(&cx, &params.agent_id).await?;
    let folder = workspace.clone();
    let file = off_thread(move || {
        let mut entry = look(&folder, name);
        if !entry.missing {
            entry.content = Some(content(&entry)?);
        }
        Ok(entry)
    });
    let file: Result<FileEntry, MethodError> = file.await?;
    let file = file?;
    Ok(json!({"agentId": params.agent_id, "workspace": workspace, "file": file}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetParams {
    agent_id: String,
    name: String,
    content: String,
}

async fn set(cx: Cx, params: SetParams) -> Result<Value, MethodError> {
    let name = known(&params.name)?;
    if params.content.len() as u64 > MAX_BYTES {
        return Err(MethodError::params(
            "agents.files.set",
            "at /content: must be at most 2 MiB",
        ));
    }
    let workspace = workspace(&cx, &params.agent_id).await?;
    let folder = workspace.clone();
    let written = off_thread(move || write(&folder, name, &params.content)).await?;
    let mut file = written.map_err(|error| MethodError::file(name, &error))?;
    file.content = None;
    Ok(json!({"ok": true, "agentId": params.agent_id, "workspace": workspace, "file": file}))
}

pub(super) async fn workspace(cx: &Cx, agent: &str) -> Result<PathBuf, MethodError> {
    let found = cx.app.agents.find(agent).await?;
    let found =
        found.ok_or_else(|| MethodError::invalid(format!("unknown agent id \"{agent}\"")))?;
    Ok(cx.app.agents.folder(&found))
}

fn known(name: &str) -> Result<&'static str, MethodError> {
    let known = NAMES.into_iter().find(|known| *known == name);
    known.ok_or_else(|| MethodError::invalid(format!("unsupported file \"{name}\"")))
}

/// A file as it is. A link counts as missing: it may lead anywhere.
fn look(workspace: &Path, name: &'static str) -> FileEntry {
    let path = workspace.join(name);
    let found = std::fs::symlink_metadata(&path)
        .ok()
        .filter(std::fs::Metadata::is_file);
    let updated = found.as_ref().and_then(|found| found.modified().ok());
    let updated = updated.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    FileEntry {
        name,
        path,
        missing: found.is_none(),
        size: found.map(|found| found.len()),
        updated_at_ms: updated.and_then(|since| u64::try_from(since.as_millis()).ok()),
        content: None,
    }
}

/// What a file says. One that cannot be shown is no empty one: whoever then saves would overwrite it.
fn content(file: &FileEntry) -> Result<String, MethodError> {
    let name = file.name;
    if file.size.is_some_and(|size| size > MAX_BYTES) {
        return Err(MethodError::invalid(format!(
            "{name} has more than 2 MiB and is not shown"
        )));
    }
    let bytes = std::fs::read(&file.path);
    let bytes = bytes.map_err(|error| MethodError::file(name, &error))?;
    String::from_utf8(bytes)
        .map_err(|_| MethodError::invalid(format!("{name} is no text (UTF-8) and is not shown")))
}

/// Written beside and put in place whole, which also replaces a link instead of following it.
fn write(workspace: &Path, name: &'static str, content: &str) -> std::io::Result<FileEntry> {
    std::fs::create_dir_all(workspace)?;
    private::replace(&workspace.join(name), content.as_bytes())?;
    Ok(look(workspace, name))
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, MethodError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(MethodError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_link_is_neither_read_nor_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let outside = folder.path().join("outside");
        std::fs::write(&outside, "secret").unwrap();
        let workspace = folder.path().join("workspace");
        std::fs::create_dir(&workspace).unwrap();
        std::os::unix::fs::symlink(&outside, workspace.join("SOUL.md")).unwrap();
        assert!(look(&workspace, "SOUL.md").missing);
        write(&workspace, "SOUL.md", "mine").unwrap();
        assert_eq!(std::fs::read_to_string(&outside).unwrap(), "secret");
        assert_eq!(
            std::fs::read_to_string(workspace.join("SOUL.md")).unwrap(),
            "mine"
        );
    }

    #[test]
    fn a_file_that_cannot_be_shown_is_no_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let read = |bytes: &[u8]| {
            std::fs::write(folder.path().join("SOUL.md"), bytes).unwrap();
            content(&look(folder.path(), "SOUL.md")).map_err(|error| error.message)
        };
        assert_eq!(read(b"mine"), Ok("mine".to_owned()));
        assert_eq!(read(b""), Ok(String::new()));
        assert!(read(b"\xff\xfe").unwrap_err().contains("no text"));
        let long = vec![b'a'; 2 * 1024 * 1024 + 1];
        assert!(read(&long).unwrap_err().contains("2 MiB"));
        let file = look(folder.path(), "SOUL.md");
        std::fs::remove_file(&file.path).unwrap();
        let gone = FileEntry {
            size: Some(1),
            ..file
        };
        assert!(content(&gone).is_err(), "gone while it was read");
    }
}
