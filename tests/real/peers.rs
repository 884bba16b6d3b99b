//! The gateways that the tests of one process share, one of each kind, started when first asked for. Tests
//! that stop, restart or guard a gateway start their own.

use gatehouse_testkit::gateway::{GatewayOptions, RealGateway, Version};
use tokio::sync::OnceCell;

static V4: OnceCell<RealGateway> = OnceCell::const_new();
static V3: OnceCell<RealGateway> = OnceCell::const_new();

/// A gateway as most people have it: token, silent pairing on the loopback interface, asks before commands.
pub(crate) async fn shared(version: Version) -> &'static RealGateway {
    let cell = match version {
        Version::V4 => &V4,
        Version::V3 => &V3,
    };
    cell.get_or_init(|| async { own(version, GatewayOptions::default()).await })
        .await
}

/// A gateway that nobody else uses.
pub(crate) async fn own(version: Version, options: GatewayOptions) -> RealGateway {
    RealGateway::start(version, options).await.unwrap()
}
