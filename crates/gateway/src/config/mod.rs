//! The configuration: what it says, where it comes from, and what is wrong with it.

mod check;
mod error;
mod model;
mod sections;
mod shape;

use std::sync::Arc;

use tokio::sync::watch;

pub use error::{ConfigError, Mistake};
pub use model::{AuthConfig, AuthMode, Bind, Config, ControlUiConfig, GatewayConfig};

/// The configuration in force. Cheap to clone; every look is at one whole, unchanging snapshot.
#[derive(Debug, Clone)]
pub struct ConfigHandle {
    current: watch::Receiver<Arc<Config>>,
}

impl ConfigHandle {
    /// A configuration that does not change.
    pub fn fixed(config: Config) -> Self {
        let (_, current) = watch::channel(Arc::new(config));
        Self { current }
    }

    pub fn current(&self) -> Arc<Config> {
        self.current.borrow().clone()
    }
}
