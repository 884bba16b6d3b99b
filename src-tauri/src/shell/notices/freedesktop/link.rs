//! The link to the notification server: calls out, and signals in from it alone.
//!
//! Any process on the session bus may send a signal that looks like the person's click. The bus stamps each
//! message with its true sender, so a reader task follows who owns `org.freedesktop.Notifications`, taking
//! changes of that only from the bus itself, and drops every signal of anyone else. One stream carries both,
//! so a click and a change of owner keep their order.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use gatehouse_fleet::choices::label;
use gatehouse_fleet::notices::Urgency;
use gatehouse_fleet::view::ItemKey;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use zbus::message::{Sequence, Type};
use zbus::names::OwnedUniqueName;
use zbus::zvariant::Value;
use zbus::{Connection, MatchRule, Message, MessageStream, fdo};

use super::super::choice::{OPEN, REVIEW, Showing};
use super::super::{Attention, Notice, text};
use super::Bus;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const BUS: &str = "org.freedesktop.DBus";
/// A server draws within milliseconds; one that does not answer in this time is taken for absent.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// Clicks of a person, so a handful at most.
const SIGNALS: usize = 64;
/// The specification's levels; servers keep a critical notice until it is answered.
const NORMAL: u8 = 1;
const CRITICAL: u8 = 2;
/// The name of the installed desktop file, and of the icon.
const DESKTOP_ENTRY: &str = "Gatehouse";
const ICON: &str = "gatehouse-desktop";
const NEVER_EXPIRES: i32 = 0;
const AS_THE_SERVER_LIKES: i32 = -1;

/// What the server reports.
#[derive(Debug)]
pub(super) enum Signal {
    Action {
        id: u32,
        name: String,
    },
    Closed {
        id: u32,
        reason: CloseReason,
        at: Sequence,
    },
    /// Another process owns the service now, or none does.
    Owner(Option<OwnedUniqueName>),
    Late(Late),
}

/// A notice that was given up, because the server did not say in time that it shows it, and that it shows all the same.
#[derive(Debug)]
pub(super) struct Late {
    pub(super) key: ItemKey,
    pub(super) showing: Showing,
    pub(super) id: u32,
    pub(super) at: Sequence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CloseReason {
    /// By the person.
    Dismissed,
    /// It expired, we closed it, or the server does not say.
    Other,
}

/// Who shows notices, and whether it shows buttons.
pub(super) struct Server {
    pub(super) name: String,
    pub(super) actions: bool,
}

/// A connection to the session bus, for notices.
pub(super) struct Link {
    connection: Connection,
    /// The bus's own id, another one for each session.
    bus_id: String,
    signals: mpsc::Receiver<Signal>,
    /// Notices that were asked for and not answered in time.
    late: JoinSet<Option<(Late, Option<OwnedUniqueName>)>>,
    reader: AbortHandle,
    body_markup: bool,
    /// The process that answered when it was asked what it can do.
    server: Option<OwnedUniqueName>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Link {
    /// Connects to the session bus and begins to listen, before anything is shown.
    pub(super) async fn open(bus: &Bus) -> zbus::Result<Self> {
        in_time(Self::connect(bus)).await
    }

    async fn connect(bus: &Bus) -> zbus::Result<Self> {
        let builder = match bus {
            Bus::Session => zbus::connection::Builder::session()?,
            Bus::At(address) => zbus::connection::Builder::address(address.as_str())?,
        };
        let connection = builder.build().await?;
        let stream = MessageStream::from(&connection);
        let bus = fdo::DBusProxy::new(&connection).await?;
        bus.add_match_rule(from_server()?).await?;
        bus.add_match_rule(owner_changes()?).await?;
        let owner = bus.get_name_owner(NAME.try_into()?).await.ok();
        let bus_id = bus.get_id().await?;
        let (sender, signals) = mpsc::channel(SIGNALS);
        let reader = tokio::spawn(read(stream, owner, sender)).abort_handle();
        Ok(Self {
            connection,
            bus_id: bus_id.as_str().to_owned(),
            signals,
            late: JoinSet::new(),
            reader,
            body_markup: false,
            server: None,
        })
    }

    /// The next signal of the server; none when the bus is gone.
    pub(super) async fn signal(&mut self) -> Option<Signal> {
        loop {
            tokio::select! {
                biased;
                Some(answer) = self.late.join_next() => {
                    // An id means nothing to a server that took over meanwhile.
                    if let Ok(Some((late, by))) = answer && by == self.server {
                        return Some(Signal::Late(late));
                    }
                }
                signal = self.signals.recv() => return signal,
            }
        }
    }

    /// Whether the server has still to say what became of a notice.
    pub(super) fn is_answered(&self) -> bool {
        self.late.is_empty()
    }

    /// Asks what the server is and can do. On most desktops this starts one that is installed.
    pub(super) async fn ask_server(&mut self) -> zbus::Result<Server> {
        self.server = None;
        let information = self.call("GetServerInformation", &()).await?;
        let owner = sender(&information);
        let (name, _vendor, version, _spec): (String, String, String, String) =
            information.body().deserialize()?;
        let capabilities = self.call("GetCapabilities", &()).await?;
        let capabilities: Vec<String> = capabilities.body().deserialize()?;
        let can = |what: &str| capabilities.iter().any(|c| c == what);
        self.body_markup = can("body-markup");
        self.server = owner;
        Ok(Server {
            name: format!("{name} {version}"),
            actions: can("actions"),
        })
    }

    /// Who answered when it was last asked.
    pub(super) fn server_owner(&self) -> Option<&OwnedUniqueName> {
        self.server.as_ref()
    }

    /// Names the server over all sessions, for as long as it lives.
    pub(super) fn server_id(&self) -> Option<String> {
        let server = self.server.as_ref()?;
        Some(format!("{}/{server}", self.bus_id))
    }

    /// Shows a notice and answers the server's id for it, and where in the order of all messages it came. What the server
    /// says later than that is told as a signal.
    pub(super) async fn notify(
        &mut self,
        notice: &Notice,
        replaces: Option<u32>,
        showing: &Showing,
        attention: Attention,
    ) -> zbus::Result<(u32, Sequence)> {
        let body = text::body(&notice.body);
        let body = if self.body_markup {
            text::escape_markup(&body)
        } else {
            body
        };
        let arguments = (
            "Gatehouse",
            replaces.unwrap_or(0),
            ICON,
            text::title(&notice.title),
            body,
            actions(notice, showing),
            hints(notice, attention),
            if notice.stays {
                NEVER_EXPIRES
            } else {
                AS_THE_SERVER_LIKES
            },
        );
        let connection = self.connection.clone();
        let mut answer = Box::pin(async move { call(&connection, "Notify", &arguments).await });
        if let Ok(answer) = tokio::time::timeout(ANSWER_WITHIN, &mut answer).await {
            let answer = answer?;
            return Ok((answer.body().deserialize()?, answer.recv_position()));
        }
        let (key, showing) = (notice.key.clone(), showing.clone());
        self.late.spawn(async move {
            let answer = answer.await.ok()?;
            let late = Late {
                key,
                showing,
                id: answer.body().deserialize().ok()?,
                at: answer.recv_position(),
            };
            Some((late, sender(&answer)))
        });
        Err(too_late())
    }

    /// Takes a notice away.
    pub(super) async fn close(&self, id: u32) -> zbus::Result<()> {
        self.call("CloseNotification", &id).await.map(drop)
    }

    async fn call<B>(&self, method: &str, body: &B) -> zbus::Result<Message>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
    {
        in_time(call(&self.connection, method, body)).await
    }
}

/// However long the answer takes.
async fn call<B>(connection: &Connection, method: &str, body: &B) -> zbus::Result<Message>
where
    B: serde::Serialize + zbus::zvariant::DynamicType,
{
    connection
        .call_method(Some(NAME), PATH, Some(NAME), method, body)
        .await
}

async fn in_time<T>(answer: impl Future<Output = zbus::Result<T>>) -> zbus::Result<T> {
    let answer = tokio::time::timeout(ANSWER_WITHIN, answer).await;
    answer.unwrap_or_else(|_| Err(too_late()))
}

fn too_late() -> zbus::Error {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

fn sender(message: &Message) -> Option<OwnedUniqueName> {
    let header = message.header();
    header.sender().map(|sender| sender.to_owned().into())
}

/// Buttons as the specification wants them: name, words, name, words. The click on the notice comes first.
fn actions(notice: &Notice, showing: &Showing) -> Vec<String> {
    let mut actions = vec![OPEN.to_owned(), "Show".to_owned()];
    if notice.review {
        actions.extend([REVIEW.to_owned(), "Review".to_owned()]);
    }
    for decision in &notice.buttons {
        actions.push(showing.button(*decision));
        actions.push(label(*decision).to_owned());
    }
    actions
}

fn hints(notice: &Notice, attention: Attention) -> HashMap<&'static str, Value<'static>> {
    let urgency = match notice.urgency {
        Urgency::Normal => NORMAL,
        Urgency::Critical => CRITICAL,
    };
    let silent = attention == Attention::Leave || !notice.sound;
    HashMap::from([
        ("urgency", Value::U8(urgency)),
        ("suppress-sound", Value::Bool(silent)),
        ("desktop-entry", Value::from(DESKTOP_ENTRY)),
    ])
}

fn from_server() -> zbus::Result<MatchRule<'static>> {
    let rule = MatchRule::builder().msg_type(Type::Signal).sender(NAME)?;
    Ok(rule.interface(NAME)?.path(PATH)?.build())
}

fn owner_changes() -> zbus::Result<MatchRule<'static>> {
    let rule = MatchRule::builder().msg_type(Type::Signal).sender(BUS)?;
    Ok(rule
        .interface(BUS)?
        .member("NameOwnerChanged")?
        .add_arg(NAME)?
        .build())
}

/// Passes on what the server itself says, until the bus or the link is gone.
///
/// Makes no calls, so that the stream is always read: an unread stream would hold up the connection.
async fn read(
    mut stream: MessageStream,
    mut owner: Option<OwnedUniqueName>,
    signals: mpsc::Sender<Signal>,
) {
    while let Some(Ok(message)) = stream.next().await {
        let signal = if let Some(new_owner) = owner_change(&message) {
            owner = new_owner.clone();
            Some(Signal::Owner(new_owner))
        } else {
            server_signal(&message, owner.as_ref())
        };
        let Some(signal) = signal else { continue };
        if signals.send(signal).await.is_err() {
            return;
        }
    }
}

/// The service's new owner, when this is the bus saying so.
fn owner_change(message: &Message) -> Option<Option<OwnedUniqueName>> {
    let header = message.header();
    let from_bus = header.sender().is_some_and(|sender| sender.as_str() == BUS);
    let about_owners = header
        .member()
        .is_some_and(|m| m.as_str() == "NameOwnerChanged");
    if message.message_type() != Type::Signal || !from_bus || !about_owners {
        return None;
    }
    let (name, _old, new): (String, String, String) = message.body().deserialize().ok()?;
    (name == NAME).then(|| OwnedUniqueName::try_from(new).ok())
}

/// What the server says, when this comes from the server.
fn server_signal(message: &Message, owner: Option<&OwnedUniqueName>) -> Option<Signal> {
    let header = message.header();
    let of_service = header
        .interface()
        .is_some_and(|interface| interface.as_str() == NAME);
    if message.message_type() != Type::Signal || !of_service {
        return None;
    }
    let sender = header.sender().map(|sender| sender.as_str());
    if sender.is_none() || sender != owner.map(|owner| owner.as_str()) {
        tracing::warn!(
            sender,
            "ignored a notification signal that is not the server's"
        );
        return None;
    }
    match header.member()?.as_str() {
        "ActionInvoked" => {
            let (id, name) = message.body().deserialize().ok()?;
            Some(Signal::Action { id, name })
        }
        "NotificationClosed" => {
            let (id, reason): (u32, u32) = message.body().deserialize().ok()?;
            let reason = if reason == 2 {
                CloseReason::Dismissed
            } else {
                CloseReason::Other
            };
            let at = message.recv_position();
            Some(Signal::Closed { id, reason, at })
        }
        _ => None,
    }
}
