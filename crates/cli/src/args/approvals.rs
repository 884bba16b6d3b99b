//! `gatehouse approvals …`: what waits, the answers to it, and what they granted.

use std::fmt;

use clap::{ArgGroup, Args, Subcommand};

use super::Target;
use super::time::{When, minutes, when};

#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct ApprovalsArgs {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(subcommand)]
    pub(crate) action: ApprovalsAction,
}

#[derive(Subcommand)]
pub(crate) enum ApprovalsAction {
    /// What waits now
    List,
    /// Print each approval as it comes, and how it ends, until interrupted
    Watch,
    /// Allow one, once unless an option says more; or several, once each
    Allow(AllowArgs),
    /// Deny one, or several
    Deny {
        /// The whole id; several are denied together on a gateway of ours. With `/DIGEST` behind it, as `list` shows
        /// it, only what was listed
        #[arg(required = true, value_name = "ID", value_parser = named)]
        ids: Vec<Named>,
        /// Why, for the agent and the record; OpenClaw's gateways have no field for it, so that it is not sent there
        #[arg(long)]
        reason: Option<String>,
    },
    /// Take a yes back that was not used yet, on a gateway of ours
    Revoke {
        /// The whole id
        id: String,
    },
    /// What was allowed beyond once, on a gateway of ours
    Grants {
        #[command(subcommand)]
        action: GrantsAction,
    },
}

#[derive(Args)]
#[command(
    group = ArgGroup::new("answer").args(["always", "session", "time", "pattern", "edit"]),
    group = ArgGroup::new("standing").args(["always", "pattern"]),
)]
pub(crate) struct AllowArgs {
    /// The whole id; several are allowed together, once each, on a gateway of ours. With `/DIGEST` behind it, as `list`
    /// shows it, only what was listed
    #[arg(required = true, value_name = "ID", value_parser = named)]
    pub(crate) ids: Vec<Named>,
    /// Allow the same again without asking, where the gateway offers it
    #[arg(long)]
    pub(crate) always: bool,
    /// Allow exactly the same again in this session, on a gateway of ours
    #[arg(long)]
    pub(crate) session: bool,
    /// Allow exactly the same again for so long, such as 30m or 2h, up to 24h, on a gateway of ours
    #[arg(long = "for", value_name = "TIME", allow_hyphen_values = true, value_parser = minutes)]
    pub(crate) time: Option<u64>,
    /// Allow what a pattern matches without asking, on a gateway of ours: words, of which `*` is any part of one and, as
    /// the last, any that follow. What it would have allowed of the past is shown first, and asked about
    #[arg(long, value_name = "PATTERN")]
    pub(crate) pattern: Option<String>,
    /// When that ends, such as 7d, 2026-12-31 (with that day, UTC) or 2026-12-31T12:00:00Z, on a gateway of ours
    /// [default: 90d, which is the longest]
    #[arg(long, value_name = "TIME", requires = "standing", allow_hyphen_values = true, value_parser = when)]
    pub(crate) until: Option<When>,
    /// Put another command in its place, on a gateway of ours; it is judged and asked about as a request of its own
    #[arg(long, value_name = "COMMAND")]
    pub(crate) edit: Option<String>,
    /// Do not ask about a pattern
    #[arg(long, short, requires = "pattern", conflicts_with_all = ["always", "session", "time", "edit"])]
    pub(crate) yes: bool,
}

#[derive(Subcommand)]
pub(crate) enum GrantsAction {
    /// Those that hold now
    List,
    /// End one
    Revoke {
        /// The whole id
        id: String,
    },
}

/// An approval as it is named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) id: String,
    /// Of what was listed, where that is said.
    pub(crate) digest: Option<String>,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

/// The characters of a digest: SHA-256 in hexadecimal.
const DIGEST: usize = 64;

/// No id of our own gateway holds a slash, so that none can be written to look like another one with its digest.
fn named(text: &str) -> Result<Named, String> {
    let is_digest = |text: &str| {
        text.len() == DIGEST
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    if text.trim().is_empty() {
        return Err("an id is not empty".to_owned());
    }
    let split = text.rsplit_once('/');
    let split = split.filter(|(id, digest)| !id.is_empty() && is_digest(digest));
    Ok(match split {
        Some((id, digest)) => Named {
            id: id.to_owned(),
            digest: Some(digest.to_owned()),
        },
        None => Named {
            id: text.to_owned(),
            digest: None,
        },
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::{Cli, Command};
    use super::*;

    fn allow(line: &str) -> Result<AllowArgs, clap::Error> {
        let line = format!("gatehouse approvals allow {line}");
        let cli = Cli::try_parse_from(line.split(' '))?;
        let Command::Approvals(approvals) = cli.command else {
            panic!("{line}")
        };
        let ApprovalsAction::Allow(allow) = approvals.action else {
            panic!("{line}")
        };
        Ok(allow)
    }

    #[test]
    fn an_id_stands_alone_or_with_the_digest_that_was_listed() {
        let digest = "0123456789abcdef".repeat(4);
        let with = named(&format!("a-1/{digest}")).unwrap();
        assert_eq!((with.id.as_str(), with.digest), ("a-1", Some(digest)));
        // Other gateways may have slashes in theirs.
        for alone in ["a-1", "plugin:a/b", "a/0123"] {
            let named = named(alone).unwrap();
            assert_eq!((named.id.as_str(), named.digest), (alone, None));
        }
        assert!(named(" ").is_err());
    }

    #[test]
    fn a_yes_holds_in_one_way() {
        for line in [
            "a b c",
            "a --for 30m",
            "a --session",
            "a --always --until 7d",
            "a --pattern make* --until 2026-12-31 --yes",
            "a --edit ls",
        ] {
            assert!(allow(line).is_ok(), "{line}");
        }
        for line in [
            "",
            "a --for 30m --session",
            "a --always --pattern x",
            "a --edit ls --session",
            "a --until 7d",
            "a --session --until 7d",
            "a --yes",
            "a --always --yes",
            "a --pattern x --until tomorrow",
        ] {
            assert!(allow(line).is_err(), "{line}");
        }
    }
}
