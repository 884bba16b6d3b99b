//! From the gateway's event to the notification, and from the click to the resolve on the wire.
//!
//! The gateway and the notification server are both in this process, so one clock times all of it.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use gatehouse_testkit::{desktop::DesktopSession, scripted_gateway::ScriptedGateway};
use tokio::{sync::mpsc, time::timeout};
use zbus::{Connection, connection, interface, object_server::SignalEmitter, zvariant::OwnedValue};

use crate::{measure::median, report::Report};

const RUNS: usize = 21;
const LIMIT: Duration = Duration::from_secs(10);
const PATH: &str = "/org/freedesktop/Notifications";

/// A notification as the server saw it.
struct Shown {
    id: u32,
    at: Instant,
    body: String,
    actions: Vec<String>,
}

/// A notification server that shows nothing and tells when it was asked to.
struct Server {
    next: u32,
    shown: mpsc::UnboundedSender<Shown>,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Server {
    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body", "body-markup", "persistence"]
            .map(str::to_owned)
            .to_vec()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("bench".into(), "Gatehouse".into(), "1".into(), "1.2".into())
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "the specification's own signature"
    )]
    fn notify(
        &mut self,
        _app_name: String,
        replaces: u32,
        _icon: String,
        _summary: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expire: i32,
    ) -> u32 {
        let at = Instant::now();
        let id = if replaces == 0 {
            self.next += 1;
            self.next
        } else {
            replaces
        };
        let _ = self.shown.send(Shown {
            id,
            at,
            body,
            actions,
        });
        id
    }

    fn close_notification(&self, _id: u32) {}

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, key: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_closed(
        emitter: &SignalEmitter<'_>,
        id: u32,
        why: u32,
    ) -> zbus::Result<()>;
}

/// The server on a desktop's bus. It ends with its connection.
pub(crate) struct NotificationServer {
    bus: Connection,
    shown: mpsc::UnboundedReceiver<Shown>,
}

impl NotificationServer {
    pub(crate) async fn start(session: &DesktopSession) -> Self {
        let (tell, shown) = mpsc::unbounded_channel();
        let bus = connection::Builder::address(session.bus_address())
            .and_then(|bus| {
                bus.serve_at(
                    PATH,
                    Server {
                        next: 0,
                        shown: tell,
                    },
                )
            })
            .and_then(|bus| bus.name("org.freedesktop.Notifications"))
            .expect("the bus takes a server")
            .build()
            .await
            .expect("the bus is there");
        Self { bus, shown }
    }

    async fn click(&self, id: u32, key: &str) {
        let server = self.bus.object_server().interface::<_, Server>(PATH).await;
        let server = server.expect("the server serves");
        Server::action_invoked(server.signal_emitter(), id, key)
            .await
            .expect("a signal is sent");
    }

    /// The next notification that offers to allow once.
    async fn next(&mut self) -> Shown {
        loop {
            let shown = timeout(LIMIT, self.shown.recv())
                .await
                .expect("a notification comes");
            let shown = shown.expect("the server runs");
            if allow(&shown).is_some() {
                return shown;
            }
        }
    }
}

/// Events that a gateway sends at once, and an approval in the middle of what is on its way.
const FLOOD: u64 = 200_000;
const FLOOD_LIMIT: Duration = Duration::from_secs(120);

/// Floods the app, asks while it reads, and waits for the notification.
pub(crate) async fn behind_a_flood(
    gateway: &ScriptedGateway,
    server: &mut NotificationServer,
    report: &mut Report,
) {
    const COMMAND: &str = "cargo build --package behind-the-flood";
    gateway.flood(FLOOD);
    // By then all buffers between the two are full.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = Instant::now();
    gateway.ask(COMMAND);
    let shown = timeout(FLOOD_LIMIT, async {
        loop {
            let shown = server.shown.recv().await.expect("the server runs");
            if shown.body.contains(COMMAND) {
                return shown;
            }
        }
    });
    let shown = shown.await.expect("it is not lost");
    let took = shown.at.duration_since(asked).as_secs_f64() * 1000.0;
    report.figure("an approval asked in a flood of 200,000 events", took, "ms");
}

/// The key of the button that allows once: actions are pairs of key and label.
fn allow(shown: &Shown) -> Option<&str> {
    let pairs = shown.actions.as_chunks::<2>().0;
    pairs
        .iter()
        .find(|[_, label]| label.starts_with("Allow"))
        .map(|[key, _]| key.as_str())
}

/// Asks, waits for the notification, clicks, and waits for the decision to arrive.
pub(crate) async fn run(
    gateway: &ScriptedGateway,
    server: &mut NotificationServer,
    report: &mut Report,
) {
    let mut requests = gateway.requests();
    let (mut shown_after, mut sent_after) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        let asked = Instant::now();
        gateway.ask(&format!("cargo build --package step-{run}"));
        let shown = server.next().await;
        shown_after.push(shown.at.duration_since(asked).as_secs_f64() * 1000.0);
        let key = allow(&shown)
            .expect("it was chosen for having one")
            .to_owned();
        let clicked = Instant::now();
        server.click(shown.id, &key).await;
        let resolved = timeout(LIMIT, async {
            loop {
                let request = requests.recv().await.expect("the gateway runs");
                if request.method.ends_with("approval.resolve") {
                    return request;
                }
            }
        });
        let resolved = resolved.await.expect("the decision arrives");
        sent_after.push(resolved.at.duration_since(clicked).as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    report.at_most(
        "event received to notification shown",
        median(shown_after),
        "ms",
        100.0,
    );
    report.figure("click to decision sent", median(sent_after), "ms");
}
