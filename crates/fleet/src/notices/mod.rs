//! What to notify a person of, and when to take it back. The shell shows it; nothing here knows how.
//!
//! A notice carries exactly the decisions that its request offers, without allow-always, which needs the window,
//! and without a question's, which need its options. A notice is not an item: losing one loses nothing.

mod board;

use crate::choices;
use crate::clock::Clock;
use crate::excerpt::{Excerpt, excerpt};
use crate::inbox::{Item, Standing, has_to_be_reviewed, people};
use crate::untrusted::{Policy, cap, escape, in_order, one_line};
use crate::view::{
    Decision, GatewayId, ItemKey, ItemKind, Millis, NotificationDetail, NotificationSettings,
    SessionRef,
};

pub use board::{MAX_SHOWN, NoticeBoard};

/// What of a command is looked at for a notice, in bytes; more than is shown of it.
const BODY_SUBJECT: usize = 8 * 1024;

/// What the shell has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum NoticeCommand {
    Show(Notice),
    /// The same item with another revision or text: replaces it without asking for attention again.
    Update(Notice),
    Withdraw {
        key: ItemKey,
    },
    Plain(PlainNotice),
    /// True for a time only: withdrawn by its key when it is not any more.
    Lasting {
        key: ItemKey,
        notice: PlainNotice,
    },
}

/// A waiting item, ready to show. Plain text; the notifier escapes markup.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub key: ItemKey,
    /// What a click on a button decides on.
    pub revision: u32,
    pub title: String,
    pub body: String,
    pub buttons: Vec<Decision>,
    /// It is dangerous, more than its words, or not seen whole here, so that a button to look at it stands in the place of
    /// one to allow it.
    pub review: bool,
    /// Command, folder and agent are left out.
    pub private: bool,
    /// On the screen until it is taken back; news that does not stay leaves when the platform lets it.
    pub stays: bool,
    pub urgency: Urgency,
    pub sound: bool,
    pub expires_at: Option<Millis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    Normal,
    /// A person is waited for: stays until it is answered.
    Critical,
}

/// Something to know, with nothing to decide.
#[derive(Clone, Debug, PartialEq)]
pub struct PlainNotice {
    pub kind: PlainKind,
    pub gateway: GatewayId,
    /// Opened by a click.
    pub session: Option<SessionRef>,
    pub title: String,
    pub body: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainKind {
    RunFinished,
    RunFailed,
    GatewayLost,
    /// More waits than is shown.
    More,
}

/// Names the notice that more waits than is shown. It is no item's key.
pub(crate) fn more_key() -> ItemKey {
    ItemKey("/more".to_owned())
}

/// Names the notice that a gateway is away. It is no item's key.
pub(crate) fn away_key(gateway: &GatewayId) -> ItemKey {
    ItemKey(format!("{}/away", gateway.0))
}

/// The buttons that a notice of this item has.
fn buttons(item: &Item, standing: &Standing, review: bool) -> Vec<Decision> {
    if item.request.kind == ItemKind::Question {
        return Vec::new();
    }
    let offered = choices::outside_the_window(&item.offered(), review);
    choices::allowed(&offered, &standing.barred)
}

/// A few letters that tell one notice from another with the same text, the same in every surface.
pub fn short_id(key: &ItemKey) -> String {
    // FNV-1a, 64 bit: not for secrecy, and the same in every version.
    let hash = key.0.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{:05x}", hash & 0xf_ffff)
}

fn notice(
    item: &Item,
    standing: &Standing,
    settings: &NotificationSettings,
    clock: &Clock,
) -> Notice {
    let private = settings.detail == NotificationDetail::Private;
    let gateway = one_line(&standing.gateway_name, 80);
    let subject = subject(item);
    let seen = subject.whole && !private;
    let review = has_to_be_reviewed(item, standing) || !seen;
    let (title, mut lines) = if private {
        (
            format!("{gateway}: {}", private_subject(item.request.kind)),
            Vec::new(),
        )
    } else {
        (title(item, &gateway), body(item, subject.text))
    };
    lines.extend(people(item).as_ref().map(choices::people));
    lines.extend(choices::lack(&standing.barred));
    lines.push(footer(item, standing, clock));
    Notice {
        key: item.key(),
        revision: item.revision,
        title: in_order(&title),
        body: in_order(&lines.join("\n")),
        buttons: buttons(item, standing, review),
        review,
        private,
        stays: true,
        urgency: Urgency::Critical,
        sound: settings.sound,
        expires_at: item.expires_at(standing.ahead).map(crate::inbox::millis),
    }
}

fn title(item: &Item, gateway: &str) -> String {
    let agent = item
        .request
        .content
        .agent
        .as_deref()
        .map_or_else(|| "An agent".to_owned(), |agent| one_line(agent, 80));
    match item.request.kind {
        ItemKind::Exec => match &item.request.content.tool {
            Some(tool) => format!("{gateway}: {agent} wants to use {}", one_line(tool, 80)),
            None => format!("{gateway}: {agent} wants to run a command"),
        },
        ItemKind::Plugin => format!("{gateway}: {agent} asks for approval"),
        ItemKind::System => format!("{gateway}: a change to the gateway"),
        ItemKind::Question => format!("{gateway}: {agent} has a question"),
        ItemKind::DevicePairing => format!("{gateway}: a device wants to pair"),
        ItemKind::NodePairing => format!("{gateway}: a node wants to pair"),
    }
}

fn private_subject(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Exec | ItemKind::Plugin | ItemKind::System => "an approval waits",
        ItemKind::Question => "a question waits",
        ItemKind::DevicePairing | ItemKind::NodePairing => "a pairing request waits",
    }
}

/// What is asked, as far as a notice shows it.
fn subject(item: &Item) -> Excerpt {
    let content = &item.request.content;
    let (beginning, cut) = cap(&content.subject, BODY_SUBJECT);
    let mut asked = escape(beginning, Policy::Command).text;
    let meaning = content.meaning();
    if let Some(meaning) = &meaning {
        asked.push('\n');
        asked.push_str(&escape(meaning, Policy::Command).text);
    }
    let mut shown = excerpt(&asked);
    shown.whole &= !cut;
    if shown.cut || cut {
        shown.text.push_str(&match meaning {
            Some(_) => "… (the rest is in the window)".to_owned(),
            None => format!("… ({} characters in all)", content.subject.chars().count()),
        });
    }
    shown
}

fn body(item: &Item, subject: String) -> Vec<String> {
    let content = &item.request.content;
    let unsaid = content.unsaid.then(|| choices::UNSAID.to_owned());
    let mut lines: Vec<String> = unsaid.into_iter().collect();
    if !subject.is_empty() {
        lines.push(subject);
    }
    if let Some(cwd) = &content.cwd {
        lines.push(format!("in {}", one_line(cwd, 200)));
    }
    lines
}

/// A clock time, not a time left: what a notice says stays on the screen as it was written.
fn footer(item: &Item, standing: &Standing, clock: &Clock) -> String {
    let id = short_id(&item.key());
    match item
        .expires_at(standing.ahead)
        .and_then(|at| clock.shows(at))
    {
        Some(end) => format!("until {end} · {id}"),
        None => id,
    }
}

#[cfg(test)]
mod tests;
