//! Names to addresses, with those left out that must not be reached.
//!
//! The client connects to what this returns and asks nobody else, so that a name cannot mean one thing when it
//! is checked and another when it is used.

use std::{net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Reach;

/// The system's resolver behind a filter.
pub(super) struct Filtered(pub(super) Arc<Reach>);

impl Resolve for Filtered {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found
                .filter(|found| reach.permits(&host, found.ip()))
                .collect();
            if allowed.is_empty() {
                return Err(format!("{host} has no address that may be reached").into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_to_credentials_is_not_resolved_whatever_is_allowed() {
        for (name, reached) in [
            ("127.0.0.1", true),
            ("169.254.169.254", false),
            ("0xa9fea9fe", false),
            ("::ffff:169.254.169.254", false),
            ("fd00:ec2::254", false),
        ] {
            let everything = Reach {
                private_network: true,
                hosts: [name.to_owned()].into(),
            };
            let found = Filtered(Arc::new(everything))
                .resolve(name.parse().unwrap())
                .await;
            assert_eq!(found.is_ok(), reached, "{name}");
        }
    }
}
