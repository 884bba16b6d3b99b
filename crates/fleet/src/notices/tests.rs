//! What a notice of an item says, and which buttons it has.

use super::*;
use crate::inbox::{Content, Inbox, InboxEvent, Request, reduce};
use crate::view::{BarredDecision, FactLabel};

pub(super) fn item(id: &str, subject: &str) -> Item {
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

/// A clock at the time at which samples are asked.
pub(super) fn at_the_start() -> Clock {
    Clock::new(|| 0)
}

pub(super) fn home() -> Standing {
    Standing {
        gateway_name: "home".into(),
        ..Standing::default()
    }
}

pub(super) fn shown(command: Option<NoticeCommand>) -> Notice {
    let Some(NoticeCommand::Show(notice)) = command else {
        panic!("shown: {command:?}")
    };
    notice
}

#[test]
fn a_notice_has_the_offered_decisions_but_allow_always() {
    let settings = NotificationSettings::default();
    let notice = shown(NoticeBoard::default().waits(
        &item("a", "uname -a"),
        &home(),
        &settings,
        &at_the_start(),
    ));
    assert_eq!(notice.buttons, [Decision::AllowOnce, Decision::Deny]);
    assert_eq!(notice.title, "home: main wants to run a command");
    assert!(
        notice
            .body
            .starts_with("uname -a\nin /srv\nuntil 00:01:30 · "),
        "{}",
        notice.body
    );
}

#[test]
fn a_tools_call_is_named_and_allowed_only_where_all_that_it_is_given_is_seen() {
    let settings = NotificationSettings::default();
    let notice = |subject: &str| {
        let mut item = item("a", subject);
        item.request.content.tool = Some("sessions_send".into());
        shown(NoticeBoard::default().waits(&item, &home(), &settings, &at_the_start()))
    };
    let short = notice("sessions_send send agent:main:x\nmessage: good morning");
    assert_eq!(short.title, "home: main wants to use sessions_send");
    assert!(
        short.body.contains("message: good morning"),
        "{}",
        short.body
    );
    assert_eq!(short.buttons, [Decision::AllowOnce, Decision::Deny]);
    let long = "\n  and then delete it".repeat(9);
    let long = notice(&format!(
        "sessions_send send agent:main:x\nmessage:\n  look{long}"
    ));
    assert_eq!(long.buttons, [Decision::Deny]);
    assert!(long.review);
}

#[test]
fn what_is_dangerous_is_reviewed_or_refused() {
    let settings = NotificationSettings::default();
    let standing = Standing {
        dangerous: true,
        ..home()
    };
    let notice = shown(NoticeBoard::default().waits(
        &item("a", "curl x | sh"),
        &standing,
        &settings,
        &at_the_start(),
    ));
    assert_eq!(notice.buttons, [Decision::Deny]);
    assert!(notice.review, "the whole of it is a click away");
}

#[test]
fn what_is_said_beside_a_command_is_on_its_notice_and_has_to_be_looked_at() {
    let asked = |content: Content| {
        let mut item = item("a", "npm test");
        let offered = item.request.content.offered.clone();
        item.request.content = Content {
            subject: "npm test".into(),
            offered,
            ..content
        };
        let settings = NotificationSettings::default();
        shown(NoticeBoard::default().waits(&item, &home(), &settings, &at_the_start()))
    };
    let none = Content::default;
    for (content, line) in [
        (
            Content {
                env: vec!["CI".into(), "NODE_OPTIONS".into()],
                ..none()
            },
            "sets CI, NODE_OPTIONS",
        ),
        (
            Content {
                warnings: vec!["into a shared terminal".into()],
                ..none()
            },
            "into a shared terminal",
        ),
        (
            Content {
                node: Some("phone".into()),
                ..none()
            },
            "on node phone",
        ),
        (
            Content {
                host: Some("worker".into()),
                ..none()
            },
            "on worker",
        ),
    ] {
        let notice = asked(content);
        assert!(notice.body.lines().any(|l| l == line), "{}", notice.body);
        assert_eq!(notice.buttons, [Decision::Deny], "{line}");
        assert!(notice.review, "{line}");
    }
    let at_home = asked(Content {
        host: Some("gateway".into()),
        ..none()
    });
    assert_eq!(at_home.buttons, [Decision::AllowOnce, Decision::Deny]);
}

#[test]
fn what_a_gateway_that_judged_it_says_is_on_the_notice_or_it_has_to_be_looked_at() {
    let settings = NotificationSettings::default();
    for (warning, review) in [
        ("it is not proven".to_owned(), false),
        ("x".repeat(400), true),
    ] {
        let mut item = item("a", "npm test");
        item.request.content.judged = true;
        item.request.content.warnings = vec![warning.clone()];
        let notice =
            shown(NoticeBoard::default().waits(&item, &home(), &settings, &at_the_start()));
        assert_eq!(notice.review, review, "{}", notice.body);
        assert!(notice.body.contains(&warning[..16]), "{}", notice.body);
    }
}

#[test]
fn a_command_that_was_not_read_has_to_be_looked_at() {
    let standing = Standing {
        unread: true,
        ..home()
    };
    let settings = NotificationSettings::default();
    let notice = shown(NoticeBoard::default().waits(
        &item("a", "ls"),
        &standing,
        &settings,
        &at_the_start(),
    ));
    assert!(notice.review);
    assert_eq!(notice.buttons, [Decision::Deny]);
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
    let notice = shown(NoticeBoard::default().waits(
        &item("a", "ls"),
        &standing,
        &settings,
        &at_the_start(),
    ));
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
    let first = shown(board.waits(&item("a", "ls"), &home(), &settings, &at_the_start()));
    let second = shown(board.waits(&item("b", "ls"), &home(), &settings, &at_the_start()));
    assert_ne!(first.body, second.body);
}

#[test]
fn a_private_notice_names_neither_command_nor_folder_nor_agent() {
    let settings = NotificationSettings {
        detail: NotificationDetail::Private,
        ..Default::default()
    };
    let notice = shown(NoticeBoard::default().waits(
        &item("a", "curl secret"),
        &home(),
        &settings,
        &at_the_start(),
    ));
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
    let notice =
        shown(NoticeBoard::default().waits(&item("a", &long), &home(), &settings, &at_the_start()));
    assert!(notice.body.starts_with("⟨U+202E⟩xxx"));
    assert!(notice.body.contains("… (5001 characters in all)"));
}

#[test]
fn words_from_right_to_left_in_a_command_stand_in_the_order_in_which_they_run() {
    let settings = NotificationSettings::default();
    let command = "rm \u{5d0} /etc \u{5d1}";
    let notice = shown(NoticeBoard::default().waits(
        &item("a", command),
        &home(),
        &settings,
        &at_the_start(),
    ));
    let stands = format!("\u{202d}{command}\u{202c}");
    assert_eq!(notice.body.lines().next(), Some(stands.as_str()));
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
        let notice = shown(NoticeBoard::default().waits(
            &item("a", &long),
            &home(),
            &settings,
            &at_the_start(),
        ));
        assert_eq!(notice.buttons, [Decision::Deny], "{}", notice.body);
        assert!(notice.review, "{}", notice.body);
        let lines: Vec<_> = notice.body.lines().collect();
        let columns = notice.body.chars().count();
        assert!(lines.len() <= 9 && columns < 600, "{}", notice.body);
        let [.., folder, end] = lines[..] else {
            panic!("{}", notice.body)
        };
        assert!(folder == "in /srv" && end.starts_with("until 00:01:30"));
    }
}

/// The notice of a request of another kind than a command.
fn asks(kind: ItemKind, facts: &[(FactLabel, &str)]) -> Notice {
    let mut item = item("a", "A title of its own choosing");
    item.request.kind = kind;
    item.request.content.offered = match kind {
        ItemKind::DevicePairing | ItemKind::NodePairing => {
            vec![Decision::Approve, Decision::Reject]
        }
        _ => vec![Decision::AllowOnce, Decision::Deny],
    };
    let facts = facts.iter().map(|(label, value)| (*label, (*value).into()));
    item.request.content.facts = facts.collect();
    let settings = NotificationSettings::default();
    shown(NoticeBoard::default().waits(&item, &home(), &settings, &at_the_start()))
}

#[test]
fn what_a_title_does_not_say_is_on_the_notice_or_it_can_only_be_reviewed_or_refused() {
    let told = (FactLabel::Description, "Set tools.exec.ask to off");
    let long = format!("{}, and set tools.exec.ask to off", "x".repeat(400));
    for kind in [ItemKind::Plugin, ItemKind::System] {
        let notice = asks(kind, &[(FactLabel::Severity, "info"), told]);
        let whole = "A title of its own choosing\nSet tools.exec.ask to off\n";
        assert!(notice.body.starts_with(whole), "{}", notice.body);
        assert_eq!(notice.buttons, [Decision::AllowOnce, Decision::Deny]);

        let notice = asks(kind, &[(FactLabel::Description, &long)]);
        assert!(notice.body.contains("in the window"), "{}", notice.body);
        assert_eq!(notice.buttons, [Decision::Deny], "{}", notice.body);
        assert!(notice.review);
    }
}

#[test]
fn a_device_is_let_in_from_a_notice_only_where_it_says_as_what() {
    let facts = [
        (FactLabel::Device, "3f9c"),
        (FactLabel::Address, "203.0.113.7"),
        (FactLabel::Role, "operator"),
        (FactLabel::Scopes, "operator.read, operator.admin"),
    ];
    let notice = asks(ItemKind::DevicePairing, &facts);
    for told in ["from 203.0.113.7", "as operator", "operator.admin"] {
        assert!(notice.body.contains(told), "{}", notice.body);
    }
    assert_eq!(notice.buttons, [Decision::Approve, Decision::Reject]);

    let commands = vec!["canvas.show"; 60].join(", ") + ", system.run";
    let notice = asks(ItemKind::NodePairing, &[(FactLabel::Scopes, &commands)]);
    assert_eq!(notice.buttons, [Decision::Reject], "{}", notice.body);
    assert!(notice.review);
}

#[test]
fn what_the_gateway_did_not_say_is_told_in_words_and_can_only_be_refused() {
    let settings = NotificationSettings::default();
    for subject in ["", "rm -rf /"] {
        let mut item = item("a", subject);
        item.request.content.unsaid = true;
        let notice =
            shown(NoticeBoard::default().waits(&item, &home(), &settings, &at_the_start()));
        let told = "The gateway did not say what would run";
        assert!(notice.body.starts_with(told), "{}", notice.body);
        assert!(notice.body.contains(subject), "{}", notice.body);
        assert_eq!(notice.buttons, [Decision::Deny]);
        assert!(notice.review);
    }
}

#[test]
fn nothing_is_notified_where_the_person_switched_it_off() {
    let settings = NotificationSettings {
        approvals: false,
        ..Default::default()
    };
    assert_eq!(
        NoticeBoard::default().waits(&item("a", "ls"), &home(), &settings, &at_the_start()),
        None
    );
}
