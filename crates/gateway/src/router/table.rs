//! The table of methods. A family adds its methods in `methods/<family>.rs` with [`MethodTable::add`];
//! `features.methods` of the hello is this table's list, so that it says exactly what works.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use gatehouse_protocol::serve::{self, Request};
use gatehouse_protocol::{MethodScope, ProtocolVersion, Role};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tracing::Instrument;
use tungstenite::Utf8Bytes;

use super::{Cx, MethodError, Strangers, params, unread};

/// Who may call a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Operators with this scope. `Dynamic` lets every operator in; the handler asks [`Cx::require`].
    Operator(MethodScope),
    /// Nodes alone.
    Node,
}

/// An answer on its way: the whole response frame.
pub type Answering = Pin<Box<dyn Future<Output = Utf8Bytes> + Send>>;
type Handler = dyn Fn(Cx, String, Option<&RawValue>) -> Answering + Send + Sync;

struct Entry {
    access: Access,
    handler: Box<Handler>,
    reads: Reads,
}

/// The parameters that a type reads, where it tells.
type Reads = fn() -> Option<&'static [&'static str]>;

/// Every method of this gateway.
#[derive(Default)]
pub struct MethodTable {
    entries: BTreeMap<&'static str, Entry>,
}

impl MethodTable {
    /// Adds one method. Its name must be free: two handlers for one name is a mistake of ours.
    pub fn add<P, R, F, Fut>(&mut self, name: &'static str, access: Access, handler: F)
    where
        P: DeserializeOwned + Send + 'static,
        R: Serialize,
        F: Fn(Cx, P) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, MethodError>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let call = move |cx: Cx, id: String, raw: Option<&RawValue>| -> Answering {
            let strangers = match cx.caller.protocol >= ProtocolVersion::V4 {
                true => Strangers::Refused,
                false => Strangers::Ignored,
            };
            let params = match params::read::<P>(name, raw, strangers) {
                Ok(params) => params,
                Err(error) => return answered(refusal(&id, error)),
            };
            let handling = handler(cx, params);
            Box::pin(async move {
                match handling.await {
                    Ok(result) => written(&id, &result),
                    Err(error) => refusal(&id, error),
                }
            })
        };
        let entry = Entry {
            access,
            handler: Box::new(call),
            reads: unread::names_read::<P>,
        };
        let before = self.entries.insert(name, entry);
        assert!(before.is_none(), "{name} has two handlers");
    }

    /// For operators with a scope; the common case of [`Self::add`].
    pub fn operator<P, R, F, Fut>(&mut self, name: &'static str, scope: MethodScope, handler: F)
    where
        P: DeserializeOwned + Send + 'static,
        R: Serialize,
        F: Fn(Cx, P) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, MethodError>> + Send + 'static,
    {
        self.add(name, Access::Operator(scope), handler);
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.entries.keys().copied()
    }

    /// Who may call a method that is there.
    pub fn access(&self, name: &str) -> Option<Access> {
        self.entries.get(name).map(|entry| entry.access)
    }

    /// The names of the parameters that a method reads, where their type tells.
    pub fn reads(&self, name: &str) -> Option<&'static [&'static str]> {
        self.entries.get(name).and_then(|entry| (entry.reads)())
    }

    /// Finds the method, checks the caller, reads the parameters and starts the handler.
    pub fn dispatch(&self, cx: Cx, request: &Request<'_>) -> Answering {
        let id = request.id.as_ref();
        let called = request.method.as_ref();
        let span = tracing::info_span!("request", id, method = called, conn = cx.caller.conn.0);
        let entered = span.clone().entered();
        let Some((name, entry)) = self.entries.get_key_value(request.method.as_ref()) else {
            let error = match request.method.as_ref() {
                // Published, and not listed: it is how a connection begins.
                "connect" => MethodError::invalid("connect is only valid as the first request"),
                other => MethodError::unknown_method(other),
            };
            return answered(refusal(id, error));
        };
        if let Err(error) = admit(entry.access, &cx) {
            return answered(refusal(id, error));
        }
        cx.app.counters.request(name);
        if let Err(forbidden) = cx.permitted(name) {
            let id = id.to_owned();
            let refused = async move { refusal(&id, cx.refused(forbidden, None).await) };
            drop(entered);
            return Box::pin(refused.instrument(span));
        }
        let answering = (entry.handler)(cx, id.to_owned(), request.params);
        drop(entered);
        Box::pin(answering.instrument(span))
    }
}

fn admit(access: Access, cx: &Cx) -> Result<(), MethodError> {
    match access {
        Access::Operator(_) if cx.caller.role != Role::Operator => {
            Err(MethodError::invalid("unauthorized role: node"))
        }
        Access::Operator(scope) => cx.require(scope),
        Access::Node if cx.caller.role == Role::Node => Ok(()),
        Access::Node => Err(MethodError::invalid("unauthorized role: operator")),
    }
}

fn answered(frame: Utf8Bytes) -> Answering {
    Box::pin(std::future::ready(frame))
}

pub(crate) fn refusal(id: &str, error: MethodError) -> Utf8Bytes {
    tracing::debug!(
        id,
        code = error.code.as_str(),
        message = error.message,
        "a request was refused"
    );
    serve::refusal(id, &error.into_shape()).into()
}

pub(super) fn written<R: Serialize>(id: &str, result: &R) -> Utf8Bytes {
    match serve::reply(id, result) {
        Ok(frame) => frame.into(),
        Err(error) => refusal(id, MethodError::internal(error)),
    }
}
