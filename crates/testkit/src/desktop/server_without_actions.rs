//! A notification server that shows text and can do nothing else, as some desktops have. Nothing is drawn:
//! what it was told is seen on the bus.

use std::{
    collections::HashMap,
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
};

use tokio::sync::oneshot;
use zbus::zvariant::OwnedValue;

use super::{START_LIMIT, bus::bus_error};
use crate::error::{During, TestkitError};

/// Ends when dropped.
pub(super) struct ServerWithoutActions {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

struct Server {
    next: AtomicU32,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Server {
    fn get_capabilities(&self) -> Vec<String> {
        vec!["body".to_owned()]
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let owned = |text: &str| text.to_owned();
        (
            owned("plain"),
            owned("gatehouse tests"),
            owned("1"),
            owned("1.2"),
        )
    }

    // The specification's own signature.
    #[allow(clippy::too_many_arguments)]
    fn notify(
        &self,
        _app_name: String,
        replaces_id: u32,
        _app_icon: String,
        _summary: String,
        _body: String,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expire_timeout: i32,
    ) -> u32 {
        match replaces_id {
            0 => self.next.fetch_add(1, Ordering::Relaxed),
            same => same,
        }
    }

    fn close_notification(&self, _id: u32) {}
}

impl ServerWithoutActions {
    pub(super) fn start(address: &str) -> Result<Self, TestkitError> {
        let (stop, stopped) = oneshot::channel();
        let (ready, serving) = mpsc::channel();
        let address = address.to_owned();
        let thread = thread::Builder::new()
            .name("plain-notices".into())
            .spawn(move || serve(&address, stopped, &ready))
            .during("start the plain notification server")?;
        let outcome = serving.recv_timeout(START_LIMIT);
        outcome.map_err(|_| TestkitError::Other("the plain server did not start".into()))??;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for ServerWithoutActions {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended with the bus.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// On a thread of its own, so that a test may block while a program talks to it.
fn serve(
    address: &str,
    stopped: oneshot::Receiver<()>,
    ready: &mpsc::Sender<Result<(), TestkitError>>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs nothing but an epoll handle");
    runtime.block_on(async {
        match connect(address).await.map_err(bus_error) {
            // Whoever started it has stopped waiting: then it is being dropped.
            Err(error) => drop(ready.send(Err(error))),
            Ok(_connection) => {
                let _ = ready.send(Ok(()));
                let _ = stopped.await;
            }
        }
    });
}

async fn connect(address: &str) -> zbus::Result<zbus::Connection> {
    zbus::connection::Builder::address(address)?
        .name("org.freedesktop.Notifications")?
        .serve_at(
            "/org/freedesktop/Notifications",
            Server {
                next: AtomicU32::new(1),
            },
        )?
        .build()
        .await
}
