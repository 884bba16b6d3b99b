//! What `web_fetch` may reach, and how much it loads.

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use super::address;

/// What may be fetched, and how much; OpenClaw's `tools.web.fetch`.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    pub reach: Reach,
    pub max_bytes: usize,
    pub max_characters: usize,
    pub max_redirects: usize,
    /// For the whole fetch.
    pub timeout: Duration,
    pub user_agent: String,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            reach: Reach::default(),
            max_bytes: 750_000,
            max_characters: 20_000,
            max_redirects: 3,
            timeout: Duration::from_secs(30),
            user_agent: concat!(
                "Mozilla/5.0 (compatible; Gatehouse/",
                env!("CARGO_PKG_VERSION"),
                ")"
            )
            .into(),
        }
    }
}

/// Which hosts may have an address that is not public.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// All of them.
    pub private_network: bool,
    /// These, by their exact name.
    pub hosts: BTreeSet<String>,
}

impl Reach {
    pub(super) fn allows(&self, host: &str) -> bool {
        self.private_network || self.hosts.contains(&host.to_lowercase())
    }

    /// Whether this address of the host may be connected to. No setting opens what hands out credentials.
    pub(super) fn permits(&self, host: &str, address: IpAddr) -> bool {
        !address::is_never_reached(address) && (address::is_public(address) || self.allows(host))
    }
}
