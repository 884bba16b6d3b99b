//! The machine, as far as an approval tells of it: where the command would run, and what follows from that.

use std::collections::BTreeMap;

use gatehouse_policy::{Dialect, Taint, World, WorldFiles};

/// Where a command is taken to run when the approval does not say: below nobody's workspace.
const NOWHERE: &str = "/unknown";

/// Folders in which people's own folders are.
const HOMES: [&str; 2] = ["/home/", "/Users/"];

/// The home folder of whoever may do anything.
const ROOT: &str = "/root";

/// Ports that gateways listen on unless they are told otherwise.
const GATEWAY_PORTS: [u16; 1] = [18_789];

/// State of gateways, below the home folder.
const GATEWAY_STATE: [&str; 2] = [".openclaw", ".gatehouse"];

pub(super) fn of<'a>(cwd: Option<&str>, files: &'a dyn WorldFiles) -> World<'a> {
    let home = cwd.and_then(home_of).unwrap_or("/home/user").to_owned();
    let cwd = cwd.map_or_else(|| NOWHERE.to_owned(), |cwd| absolute(cwd, &home));
    World {
        dialect: Dialect::Posix,
        workspace: workspace(&cwd, &home),
        protected: GATEWAY_STATE
            .iter()
            .map(|name| format!("{home}/{name}"))
            .collect(),
        user: home.rsplit('/').next().unwrap_or("user").to_owned(),
        tmp: ["/tmp", "/var/tmp"].map(str::to_owned).to_vec(),
        variables: BTreeMap::new(),
        own_ports: GATEWAY_PORTS.to_vec(),
        ignore_case: false,
        taint: Taint::default(),
        cwd,
        home,
        files,
    }
}

/// The home folder that a path lies in.
fn home_of(path: &str) -> Option<&str> {
    if path == ROOT || path.starts_with("/root/") {
        return Some(ROOT);
    }
    let base = HOMES.into_iter().find(|base| path.starts_with(base))?;
    let name = path[base.len()..].split('/').next()?;
    (!name.is_empty()).then(|| &path[..base.len() + name.len()])
}

fn absolute(cwd: &str, home: &str) -> String {
    match cwd.strip_prefix('~') {
        Some("") => home.to_owned(),
        Some(rest) if rest.starts_with('/') => format!("{home}{rest}"),
        _ if cwd.starts_with('/') => cwd.to_owned(),
        _ => NOWHERE.to_owned(),
    }
}

/// The folder it runs in is the agent's, unless that is everybody's or a person's whole home.
fn workspace(cwd: &str, home: &str) -> String {
    let depth = cwd.split('/').filter(|part| !part.is_empty()).count();
    let too_wide = depth < 2 || cwd.trim_end_matches('/') == home;
    if too_wide {
        NOWHERE.to_owned()
    } else {
        cwd.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_policy::NoFiles;

    #[track_caller]
    fn check(cwd: Option<&str>, at: &str, workspace: &str, home: &str) {
        let world = of(cwd, &NoFiles);
        assert_eq!(
            (world.cwd.as_str(), world.workspace.as_str()),
            (at, workspace)
        );
        assert_eq!(world.home, home);
    }

    #[test]
    fn the_folder_it_runs_in_is_the_agents() {
        let at = "/home/anna/projects/gallery";
        check(Some(at), at, at, "/home/anna");
        check(
            Some("~/projects"),
            "/home/user/projects",
            "/home/user/projects",
            "/home/user",
        );
    }

    #[test]
    fn a_whole_home_or_a_whole_disk_is_nobodys_workspace() {
        check(Some("/home/anna"), "/home/anna", NOWHERE, "/home/anna");
        check(Some("/"), "/", NOWHERE, "/home/user");
        check(Some("/srv"), "/srv", NOWHERE, "/home/user");
        check(Some("/root"), "/root", NOWHERE, "/root");
        check(None, NOWHERE, NOWHERE, "/home/user");
    }
}
