//! Names to addresses, with those left out that must not be reached.
//!
//! The client connects to what this returns and asks nobody else, so that a name cannot mean one thing when it
//! is checked and another when it is used.

use std::{net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{Reach, address};

/// The system's resolver behind a filter.
pub(super) struct Filtered(pub(super) Arc<Reach>);

impl Resolve for Filtered {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found
                .filter(|found| reach.allows(&host) || address::is_public(found.ip()))
                .collect();
            if allowed.is_empty() {
                return Err(format!("{host} has no public address").into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}
