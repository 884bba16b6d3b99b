//! `GET /avatar/<agent>`: the picture of an agent, from its workspace. Only pictures, only inside the workspace,
//! whatever the configuration or a link there says.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::{Web, reply};
use crate::agents::Agents;
use axum::extract::{ConnectInfo, Path as UrlPath, State};
use axum::http::HeaderMap;
use axum::response::Response;

/// The largest picture, in bytes.
const MAX_BYTES: u64 = 2 * 1024 * 1024;

pub(super) async fn serve(
    State(web): State<Web>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    UrlPath(agent): UrlPath<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = web.admit(from, &headers).await {
        return reply::unauthorized(&refusal);
    }
    let Some(place) = picture(&web.app.agents, &agent).await else {
        return reply::not_found();
    };
    let read =
        tokio::task::spawn_blocking(move || read_inside(&place.workspace, &place.file)).await;
    match read {
        Ok(Some((kind, bytes))) => reply::bytes(200, kind, bytes),
        _ => reply::not_found(),
    }
}

struct Place {
    workspace: PathBuf,
    file: PathBuf,
}

async fn picture(agents: &Agents, agent: &str) -> Option<Place> {
    let found = agents.find(&agent.to_lowercase()).await.ok()??;
    Some(Place {
        workspace: agents.folder(&found),
        file: PathBuf::from(found.avatar?),
    })
}

fn read_inside(workspace: &Path, file: &Path) -> Option<(&'static str, Vec<u8>)> {
    let kind = match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        _ => return None,
    };
    let workspace = workspace.canonicalize().ok()?;
    let file = workspace.join(file).canonicalize().ok()?;
    let found = std::fs::metadata(&file).ok()?;
    if !file.starts_with(&workspace) || !found.is_file() || found.len() > MAX_BYTES {
        return None;
    }
    Some((kind, std::fs::read(file).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_inside_the_workspace_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("workspace");
        std::fs::create_dir(&workspace).unwrap();
        std::fs::write(workspace.join("me.png"), b"picture").unwrap();
        std::fs::write(workspace.join("notes.md"), b"text").unwrap();
        std::fs::write(folder.path().join("outside.png"), b"secret").unwrap();
        let read = |name: &str| read_inside(&workspace, Path::new(name));
        assert_eq!(read("me.png").unwrap().1, b"picture");
        assert!(read("notes.md").is_none());
        assert!(read("../outside.png").is_none());
        assert!(read(folder.path().join("outside.png").to_str().unwrap()).is_none());
        #[cfg(unix)]
        {
            let link = workspace.join("link.png");
            std::os::unix::fs::symlink(folder.path().join("outside.png"), link).unwrap();
            assert!(read("link.png").is_none());
        }
    }
}
