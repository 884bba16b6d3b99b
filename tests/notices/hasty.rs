//! A notification server whose person is quick: whenever a notice is replaced, they have just closed it. Its number
//! is then that of the notice that took its place, as with servers that keep the number they were given.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;

/// The only number that it gives.
pub(crate) const NUMBER: u32 = 1;
/// By the person.
const DISMISSED: u32 = 2;

/// The numbers that it was asked to take away.
pub(crate) type TakenAway = Arc<Mutex<Vec<u32>>>;

struct Server {
    taken_away: TakenAway,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Server {
    fn get_capabilities(&self) -> Vec<&str> {
        vec!["body", "actions"]
    }

    fn get_server_information(&self) -> (&str, &str, &str, &str) {
        ("hasty", "gatehouse tests", "1", "1.2")
    }

    #[allow(clippy::too_many_arguments, reason = "the specification's own")]
    async fn notify(
        &self,
        _app_name: String,
        replaces: u32,
        _icon: String,
        _summary: String,
        _body: String,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expires: i32,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> u32 {
        if replaces != 0 {
            let closed = Self::notification_closed(&emitter, replaces, DISMISSED);
            closed.await.unwrap();
        }
        NUMBER
    }

    fn close_notification(&self, id: u32) {
        self.taken_away.lock().unwrap().push(id);
    }

    #[zbus(signal)]
    async fn notification_closed(
        emitter: &SignalEmitter<'_>,
        id: u32,
        reason: u32,
    ) -> zbus::Result<()>;
}

/// Serves until the connection is dropped.
pub(crate) async fn serve(address: &str) -> (zbus::Connection, TakenAway) {
    let taken_away = TakenAway::default();
    let server = Server {
        taken_away: taken_away.clone(),
    };
    let builder = zbus::connection::Builder::address(address).unwrap();
    let builder = builder.name("org.freedesktop.Notifications").unwrap();
    let builder = builder.serve_at("/org/freedesktop/Notifications", server);
    (builder.unwrap().build().await.unwrap(), taken_away)
}
