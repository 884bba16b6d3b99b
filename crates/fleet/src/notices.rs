//! What to notify a person of, and when to take it back. The shell shows it; nothing here knows how.
//!
//! A notice carries exactly the decisions that its request offers, without allow-always, which needs the window,
//! and without a question's, which need its options. A notice is not an item: losing one loses nothing.

use std::collections::{BTreeMap, VecDeque};

use crate::choices;
use crate::excerpt::{Excerpt, excerpt};
use crate::inbox::{EpochMs, Item, Standing};
use crate::untrusted::{Policy, cap, escape, one_line};
use crate::view::{
    Decision, GatewayId, ItemKey, ItemKind, Millis, NotificationDetail, NotificationSettings,
    SessionRef,
};

/// Notices of waiting items that are shown at once; a desktop gets no more readable with more.
pub const MAX_SHOWN: usize = 12;

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
    /// It is dangerous or not seen whole here, so that a button to look at it stands in the place of one to allow it.
    pub review: bool,
    /// Command, folder and agent are left out.
    pub private: bool,
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

/// Names the notice that a gateway is away. It is no item's key.
pub(crate) fn away_key(gateway: &GatewayId) -> ItemKey {
    ItemKey(format!("{}/away", gateway.0))
}

/// Which items have a notice now.
#[derive(Clone, Debug, Default)]
pub struct NoticeBoard {
    shown: BTreeMap<ItemKey, u32>,
    /// Waiting without a notice, the oldest first.
    held_back: VecDeque<ItemKey>,
}

impl NoticeBoard {
    /// An item waits: show it, bring its notice up to date, or hold it back while there are too many.
    pub fn waits(
        &mut self,
        item: &Item,
        standing: &Standing,
        settings: &NotificationSettings,
        now: EpochMs,
    ) -> Option<NoticeCommand> {
        if !settings.approvals || !item.is_waiting() {
            return None;
        }
        let key = item.key();
        let notice = notice(item, standing, settings, now);
        if let Some(revision) = self.shown.get_mut(&key) {
            *revision = item.revision;
            return Some(NoticeCommand::Update(notice));
        }
        if self.shown.len() < MAX_SHOWN {
            self.held_back.retain(|held| *held != key);
            self.shown.insert(key, item.revision);
            return Some(NoticeCommand::Show(notice));
        }
        self.hold_back(key, item.gateway.clone())
    }

    /// An item needs no notice any more. The second part is an item that was held back and may be shown now.
    pub fn withdraw(&mut self, key: &ItemKey) -> (Option<NoticeCommand>, Option<ItemKey>) {
        self.held_back.retain(|held| held != key);
        if self.shown.remove(key).is_none() {
            return (None, None);
        }
        (
            Some(NoticeCommand::Withdraw { key: key.clone() }),
            self.held_back.pop_front(),
        )
    }

    /// Takes all notices back, as when a person switches them off.
    pub fn clear(&mut self) -> Vec<NoticeCommand> {
        self.held_back.clear();
        let shown = std::mem::take(&mut self.shown);
        shown
            .into_keys()
            .map(|key| NoticeCommand::Withdraw { key })
            .collect()
    }

    fn hold_back(&mut self, key: ItemKey, gateway: GatewayId) -> Option<NoticeCommand> {
        if self.held_back.contains(&key) {
            return None;
        }
        self.held_back.push_back(key);
        // Said once; the tray and the window have the number.
        (self.held_back.len() == 1).then(|| {
            NoticeCommand::Plain(PlainNotice {
                kind: PlainKind::More,
                gateway,
                session: None,
                title: "More approvals wait".to_owned(),
                body: "Open Gatehouse to see all of them.".to_owned(),
            })
        })
    }
}

/// The buttons that a notice of this item has.
fn buttons(item: &Item, standing: &Standing, review: bool) -> Vec<Decision> {
    if item.request.kind == ItemKind::Question {
        return Vec::new();
    }
    let offered = choices::outside_the_window(&item.request.content.offered, review);
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
    now: EpochMs,
) -> Notice {
    let private = settings.detail == NotificationDetail::Private;
    let gateway = one_line(&standing.gateway_name, 80);
    let subject = subject(item);
    let seen = subject.whole && !private;
    let review = standing.dangerous || item.request.content.unsaid || !seen;
    let (title, mut lines) = if private {
        (
            format!("{gateway}: {}", private_subject(item.request.kind)),
            Vec::new(),
        )
    } else {
        (title(item, &gateway), body(item, subject.text))
    };
    lines.extend(choices::lack(&standing.barred));
    lines.push(footer(item, now));
    Notice {
        key: item.key(),
        revision: item.revision,
        title,
        body: lines.join("\n"),
        buttons: buttons(item, standing, review),
        review,
        private,
        urgency: Urgency::Critical,
        sound: settings.sound,
        expires_at: item.request.expires_at.map(crate::inbox::millis),
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
        ItemKind::Exec => format!("{gateway}: {agent} wants to run a command"),
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
    let subject = &item.request.content.subject;
    let (beginning, cut) = cap(subject, BODY_SUBJECT);
    let mut shown = excerpt(&escape(beginning, Policy::Command).text);
    shown.whole &= !cut;
    if shown.cut || cut {
        let all = subject.chars().count();
        shown.text.push_str(&format!("… ({all} characters in all)"));
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

fn footer(item: &Item, now: EpochMs) -> String {
    let id = short_id(&item.key());
    match item.request.expires_at.map(|at| at - now) {
        Some(left) if left > 0 => format!("{} left · {id}", duration(left)),
        _ => id,
    }
}

fn duration(ms: EpochMs) -> String {
    match ms / 1000 {
        seconds @ ..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::{Content, Inbox, InboxEvent, Request, reduce};
    use crate::view::BarredDecision;

    fn item(id: &str, subject: &str) -> Item {
        let gateway = GatewayId("g".into());
        let content = Content {
            subject: subject.into(),
            agent: Some("main".into()),
            cwd: Some("/srv".into()),
            offered: vec![Decision::AllowOnce, Decision::AllowAlways, Decision::Deny],
            ..Content::default()
        };
        let request = Request {
            kind: ItemKind::Exec,
            id: id.into(),
            created_at: 0,
            expires_at: Some(90_000),
            content,
        };
        let mut inbox = Inbox::default();
        reduce(
            &mut inbox,
            InboxEvent::Up {
                gateway: gateway.clone(),
                generation: 1,
                kinds: vec![],
            },
            0,
        );
        reduce(
            &mut inbox,
            InboxEvent::Requested {
                gateway,
                generation: 1,
                request,
            },
            0,
        );
        inbox.items().next().unwrap().clone()
    }

    fn home() -> Standing {
        Standing {
            gateway_name: "home".into(),
            ..Standing::default()
        }
    }

    fn shown(command: Option<NoticeCommand>) -> Notice {
        let Some(NoticeCommand::Show(notice)) = command else {
            panic!("shown: {command:?}")
        };
        notice
    }

    #[test]
    fn a_notice_has_the_offered_decisions_but_allow_always() {
        let settings = NotificationSettings::default();
        let notice =
            shown(NoticeBoard::default().waits(&item("a", "uname -a"), &home(), &settings, 0));
        assert_eq!(notice.buttons, [Decision::AllowOnce, Decision::Deny]);
        assert_eq!(notice.title, "home: main wants to run a command");
        assert!(
            notice.body.starts_with("uname -a\nin /srv\n1 min left · "),
            "{}",
            notice.body
        );
    }

    #[test]
    fn what_is_dangerous_is_reviewed_or_refused() {
        let settings = NotificationSettings::default();
        let standing = Standing {
            dangerous: true,
            ..home()
        };
        let notice =
            shown(NoticeBoard::default().waits(&item("a", "curl x | sh"), &standing, &settings, 0));
        assert_eq!(notice.buttons, [Decision::Deny]);
        assert!(notice.review, "the whole of it is a click away");
    }

    #[test]
    fn a_decision_that_this_app_may_not_make_has_no_button_and_the_notice_says_why() {
        let settings = NotificationSettings::default();
        let barred = |decision| BarredDecision {
            decision,
            scope: "operator.approvals".into(),
        };
        let standing = Standing {
            barred: vec![barred(Decision::AllowOnce), barred(Decision::Deny)],
            ..home()
        };
        let notice = shown(NoticeBoard::default().waits(&item("a", "ls"), &standing, &settings, 0));
        assert_eq!(notice.buttons, []);
        assert!(
            notice.body.contains("operator.approvals"),
            "{}",
            notice.body
        );
    }

    #[test]
    fn two_requests_for_the_same_command_differ_in_their_text() {
        let settings = NotificationSettings::default();
        let mut board = NoticeBoard::default();
        let first = shown(board.waits(&item("a", "ls"), &home(), &settings, 0));
        let second = shown(board.waits(&item("b", "ls"), &home(), &settings, 0));
        assert_ne!(first.body, second.body);
    }

    #[test]
    fn a_private_notice_names_neither_command_nor_folder_nor_agent() {
        let settings = NotificationSettings {
            detail: NotificationDetail::Private,
            ..Default::default()
        };
        let notice =
            shown(NoticeBoard::default().waits(&item("a", "curl secret"), &home(), &settings, 0));
        let text = format!("{} {}", notice.title, notice.body);
        assert!(
            !text.contains("curl") && !text.contains("/srv") && !text.contains("main"),
            "{text}"
        );
        assert!(notice.private);
        assert_eq!(
            notice.buttons,
            [Decision::Deny],
            "what is not seen is not allowed"
        );
        assert!(notice.review);
    }

    #[test]
    fn a_hidden_character_in_a_command_is_visible_and_a_long_one_says_so() {
        let settings = NotificationSettings::default();
        let long = format!("\u{202e}{}", "x".repeat(5000));
        let notice = shown(NoticeBoard::default().waits(&item("a", &long), &home(), &settings, 0));
        assert!(notice.body.starts_with("⟨U+202E⟩xxx"));
        assert!(notice.body.contains("… (5001 characters in all)"));
    }

    #[test]
    fn what_a_notice_does_not_show_whole_is_reviewed_or_refused_and_the_rest_stays_in_sight() {
        let settings = NotificationSettings::default();
        let tail = "./deploy-production --yes";
        for long in [
            format!("ls -la{}{tail}", "\n".repeat(60)),
            format!("ls -la{}{tail}", " ".repeat(900)),
            format!("echo {}; {tail}", "a".repeat(400)),
            format!("echo {}; {tail}", "a".repeat(3_000)),
            format!("echo {}; {tail}", "a".repeat(300_000)),
            format!("ls{}", "\u{3000}".repeat(60)),
        ] {
            let notice =
                shown(NoticeBoard::default().waits(&item("a", &long), &home(), &settings, 0));
            assert_eq!(notice.buttons, [Decision::Deny], "{}", notice.body);
            assert!(notice.review, "{}", notice.body);
            let lines: Vec<_> = notice.body.lines().collect();
            let columns = notice.body.chars().count();
            assert!(lines.len() <= 9 && columns < 600, "{}", notice.body);
            let [.., folder, left] = lines[..] else {
                panic!("{}", notice.body)
            };
            assert!(folder == "in /srv" && left.starts_with("1 min left"));
        }
    }

    #[test]
    fn what_the_gateway_did_not_say_is_told_in_words_and_can_only_be_refused() {
        let settings = NotificationSettings::default();
        for subject in ["", "rm -rf /"] {
            let mut item = item("a", subject);
            item.request.content.unsaid = true;
            let notice = shown(NoticeBoard::default().waits(&item, &home(), &settings, 0));
            let told = "The gateway did not say what would run";
            assert!(notice.body.starts_with(told), "{}", notice.body);
            assert!(notice.body.contains(subject), "{}", notice.body);
            assert_eq!(notice.buttons, [Decision::Deny]);
            assert!(notice.review);
        }
    }

    #[test]
    fn too_many_notices_are_held_back_and_follow_as_others_leave() {
        let settings = NotificationSettings::default();
        let mut board = NoticeBoard::default();
        for n in 0..MAX_SHOWN {
            shown(board.waits(&item(&format!("a{n}"), "ls"), &home(), &settings, 0));
        }
        let more = board.waits(&item("late", "ls"), &home(), &settings, 0);
        assert!(matches!(
            more,
            Some(NoticeCommand::Plain(PlainNotice {
                kind: PlainKind::More,
                ..
            }))
        ));
        assert_eq!(
            board.waits(&item("later", "ls"), &home(), &settings, 0),
            None
        );
        let (withdrawn, next) = board.withdraw(&item("a3", "ls").key());
        assert!(matches!(withdrawn, Some(NoticeCommand::Withdraw { .. })));
        assert_eq!(next, Some(item("late", "ls").key()));
    }

    #[test]
    fn nothing_is_notified_where_the_person_switched_it_off() {
        let settings = NotificationSettings {
            approvals: false,
            ..Default::default()
        };
        assert_eq!(
            NoticeBoard::default().waits(&item("a", "ls"), &home(), &settings, 0),
            None
        );
    }
}
