//! Keeps what others log about a provider call out of the logs: the library writes whole answers of servers
//! there, and a server may repeat the key that it was given.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::Stream;
use tracing::subscriber::{NoSubscriber, with_default};

/// A future or a stream that logs nothing.
pub(super) struct Quiet<T>(Pin<Box<T>>);

impl<T> Quiet<T> {
    pub(super) fn new(inner: T) -> Self {
        Self(Box::pin(inner))
    }
}

impl<T: Future> Future for Quiet<T> {
    type Output = T::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        with_default(NoSubscriber::default(), || self.0.as_mut().poll(cx))
    }
}

impl<T: Stream> Stream for Quiet<T> {
    type Item = T::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        with_default(NoSubscriber::default(), || self.0.as_mut().poll_next(cx))
    }
}
