//! Where a credential may be used.
//!
//! A use always has a tool; one that sends the value to a host itself has that host too. Where there is a host, it
//! has to be bound, whatever else is: a tool that is bound alone could be told to send the value anywhere.

use std::fmt;

use sha2::{Digest, Sha256};

use super::CredentialError;

/// The hosts and tools that a credential is bound to. With neither it can be used nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    hosts: Vec<String>,
    tools: Vec<String>,
}

/// Where a value is about to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination<'a> {
    /// The tool that uses it, such as `exec`.
    pub tool: &'a str,
    /// Whom the tool sends it to, where it is the tool that does.
    pub host: Option<Host<'a>>,
}

/// A host as a URL names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host<'a> {
    pub name: &'a str,
    pub port: Option<u16>,
    /// The connection is encrypted, or does not leave this machine.
    pub is_private: bool,
}

/// A credential has a handful; a list longer than this is a mistake.
const MOST: usize = 64;

/// The longest name that the domain name system allows, with a scheme and a port.
const LONGEST: usize = 270;

/// What stands before a host that may be reached without encryption.
const PLAIN: &str = "http://";

impl Bounds {
    /// Hosts are `api.example.com`, `*.example.com`, either with `:port`, or with `http://` before it where the
    /// value may be sent without encryption. Tools are named as agents name them.
    pub fn new(
        hosts: impl IntoIterator<Item = String>,
        tools: impl IntoIterator<Item = String>,
    ) -> Result<Self, CredentialError> {
        let hosts = hosts.into_iter().map(|host| host.to_lowercase());
        let (hosts, tools) = (in_order(hosts), in_order(tools));
        if hosts.len() > MOST || tools.len() > MOST {
            return Err(CredentialError::BadBound(format!("more than {MOST}")));
        }
        let bad_host = hosts.iter().find(|host| !is_host(host));
        let bad_tool = tools.iter().find(|tool| !is_tool(tool));
        match bad_host.or(bad_tool) {
            Some(bad) => Err(CredentialError::BadBound(bad.clone())),
            None => Ok(Self { hosts, tools }),
        }
    }

    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    pub fn tools(&self) -> &[String] {
        &self.tools
    }

    /// Whether a value may go there.
    pub fn allow(&self, to: &Destination<'_>) -> bool {
        let has_tool = self.tools.iter().any(|tool| tool == to.tool);
        match &to.host {
            None => has_tool,
            Some(host) => {
                (has_tool || self.tools.is_empty())
                    && self.hosts.iter().any(|bound| fits(bound, host))
            }
        }
    }

    /// A digest in which no two sets of bounds are the same: each part with its length.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for list in [&self.hosts, &self.tools] {
            digest.update((list.len() as u64).to_le_bytes());
            for part in list {
                digest.update((part.len() as u64).to_le_bytes());
                digest.update(part);
            }
        }
        digest.finalize().into()
    }
}

fn in_order(list: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut list: Vec<String> = list.into_iter().collect();
    list.sort();
    list.dedup();
    list
}

fn is_host(bound: &str) -> bool {
    let host = bound.strip_prefix(PLAIN).unwrap_or(bound);
    let (name, port) = split_port(host);
    let name = name.strip_prefix("*.").unwrap_or(name);
    let in_brackets = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let name_holds = match in_brackets {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.split('.').all(is_label),
    };
    let port_holds = port.is_none_or(|port| port.parse::<u16>().is_ok());
    bound.len() <= LONGEST && name_holds && port_holds
}

fn is_label(label: &str) -> bool {
    let holds = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'_');
    !label.is_empty() && label.bytes().all(holds)
}

fn is_tool(tool: &str) -> bool {
    let holds = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b':');
    !tool.is_empty() && tool.len() <= LONGEST && tool.bytes().all(holds)
}

/// The port stands behind the last colon that is not inside of brackets.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    }
}

fn fits(bound: &str, host: &Host<'_>) -> bool {
    let (may_be_plain, bound) = match bound.strip_prefix(PLAIN) {
        Some(bound) => (true, bound),
        None => (false, bound),
    };
    let (name, port) = split_port(bound);
    let given = host.name.to_ascii_lowercase();
    let name_fits = match name.strip_prefix("*.") {
        Some(parent) => given
            .strip_suffix(parent)
            .is_some_and(|child| child.len() > 1 && child.ends_with('.')),
        None => given == name,
    };
    let port_fits =
        port.is_none_or(|port| host.port.is_some_and(|given| port == given.to_string()));
    name_fits && port_fits && (host.is_private || may_be_plain)
}

impl fmt::Display for Destination<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(host) = &self.host else {
            return write!(f, "the tool {}", self.tool);
        };
        write!(f, "the host {}", host.name)?;
        if let Some(port) = host.port {
            write!(f, ":{port}")?;
        }
        if !host.is_private {
            f.write_str(" without encryption")?;
        }
        write!(f, " by the tool {}", self.tool)
    }
}
