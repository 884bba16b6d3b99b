//! A method as a type: its name, the scope it asks for, what goes in and what comes out, and which of
//! its parameters an older gateway would refuse. The methods themselves are in `methods`.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::frame::RequestFrame;
use crate::scope::MethodScope;
use crate::version::ProtocolVersion;

/// One method of the gateway.
pub trait Method: Send + Sync + 'static {
    const NAME: &'static str;
    const SCOPE: MethodScope;
    /// The protocol version that brought it.
    const SINCE: ProtocolVersion;
    /// Top-level parameters that came with protocol 4; a protocol 3 gateway refuses a request that has them.
    const NEWER_PARAMS: &'static [&'static str];
    type Params: Serialize + Send;
    type Output: DeserializeOwned + Send;
}

/// Declares methods. `newer [..]` names the parameters of protocol 4.
macro_rules! methods {
    ($($(#[$meta:meta])* $name:ident = $text:literal, $scope:ident, $since:ident, $params:ty => $output:ty $(, newer [$($newer:literal),*])?;)*) => {
        /// The methods declared here: their names, and the scopes that they ask for.
        pub(super) const DECLARED: &[(&str, crate::scope::MethodScope)] =
            &[$(($text, crate::scope::MethodScope::$scope)),*];
        $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl crate::method::Method for $name {
            const NAME: &'static str = $text;
            const SCOPE: crate::scope::MethodScope = crate::scope::MethodScope::$scope;
            const SINCE: crate::version::ProtocolVersion = crate::version::ProtocolVersion::$since;
            const NEWER_PARAMS: &'static [&'static str] = &[$($($newer),*)?];
            type Params = $params;
            type Output = $output;
        }
    )* };
}
pub(crate) use methods;

/// Parameters of a method that takes none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct NoParams {}

/// Why a request could not be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    #[error("{method} needs protocol {since}; the gateway speaks {spoken}")]
    TooNew {
        method: &'static str,
        since: ProtocolVersion,
        spoken: ProtocolVersion,
    },
    #[error("the parameters of {method} are not JSON: {source}")]
    NotJson {
        method: &'static str,
        #[source]
        source: serde_json::Error,
    },
}

/// Writes a request for a gateway that speaks `spoken`. The text may hold a secret and is wiped.
pub fn encode<M: Method>(
    id: &str,
    params: &M::Params,
    spoken: ProtocolVersion,
) -> Result<Zeroizing<String>, EncodeError> {
    let not_json = |source| EncodeError::NotJson {
        method: M::NAME,
        source,
    };
    if spoken < M::SINCE {
        return Err(EncodeError::TooNew {
            method: M::NAME,
            since: M::SINCE,
            spoken,
        });
    }
    if spoken >= ProtocolVersion::V4 || M::NEWER_PARAMS.is_empty() {
        let frame = RequestFrame::new(id, M::NAME, params);
        return serde_json::to_string(&frame)
            .map(Zeroizing::new)
            .map_err(not_json);
    }
    let mut params = serde_json::to_value(params).map_err(not_json)?;
    if let Value::Object(fields) = &mut params {
        fields.retain(|name, _| !M::NEWER_PARAMS.contains(&name.as_str()));
    }
    let frame = RequestFrame::new(id, M::NAME, params);
    serde_json::to_string(&frame)
        .map(Zeroizing::new)
        .map_err(not_json)
}

/// Reads the answer to a method.
pub fn decode<M: Method>(payload: Value) -> Result<M::Output, serde_json::Error> {
    serde_json::from_value(payload)
}
