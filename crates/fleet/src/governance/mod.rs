//! What a gateway keeps that governs itself: policy, standing permissions, audit, credentials, what can be undone.
//!
//! Each call is one question to a gateway that lists the method; the answer becomes a view, escaped where an agent or
//! a gateway wrote it. Only documents that are edited go through as they are.

mod audit;
mod configuration;
mod credentials;
mod policy;
mod read;
mod undo;

use gatehouse_client::RequestError;
use gatehouse_protocol::{HelloOk, Method};

use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::view::GatewayId;

/// The method by which a gateway shows that it governs itself.
const SIGN: &str = "gatehouse.policy.get";

/// Whether a gateway keeps policy itself, as it says.
pub(crate) fn governs(hello: &HelloOk) -> bool {
    hello.features.methods.iter().any(|method| method == SIGN)
}

impl Fleet {
    /// Asks a gateway that has the method. One that does not say so is not asked.
    async fn ask_governed<M: Method>(
        &self,
        gateway: &GatewayId,
        params: M::Params,
    ) -> Result<M::Output, FleetError> {
        let asker = self.asker(gateway).await?;
        let listed = &asker.hello.features.methods;
        if !listed.iter().any(|method| method == M::NAME) {
            return Err(FleetError::NotSupported(M::NAME));
        }
        if !asker.hello.allows::<M>() {
            return Err(FleetError::MissingScope(M::SCOPE.as_str().to_owned()));
        }
        Ok(asker.connection.request::<M>(params).await?)
    }
}

/// The `details.reason` of a refusal.
fn reason(error: &FleetError) -> Option<&str> {
    match error {
        FleetError::Request(RequestError::Gateway(refusal)) => refusal
            .details
            .get("reason")
            .and_then(|reason| reason.as_str()),
        _ => None,
    }
}
