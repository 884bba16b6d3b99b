//! Which rule answers what, over readings that are made by hand.

use gatehouse_policy::{Command, Reach};

use super::*;
use crate::view::{CommandAnalysis, ItemKey};

fn reading(commands: &[&str]) -> Reading {
    let command = |line: &&str| Command {
        argv: line.split(' ').map(str::to_owned).collect(),
        exact: true,
        span: None,
        reach: Reach::Direct,
    };
    Reading {
        view: CommandAnalysis {
            verdict: Verdict::Ask,
            dangerous: false,
            findings: Vec::new(),
            effects: Vec::new(),
            commands: Vec::new(),
            cut: false,
        },
        commands: commands.iter().map(command).collect(),
        in_its_words: true,
    }
}

fn rule(command: &str, answer: AutoAnswer) -> AutoRule {
    AutoRule {
        id: String::new(),
        enabled: true,
        gateway: None,
        agent: None,
        command: command.into(),
        answer,
        note: String::new(),
    }
}

fn book(rules: &[AutoRule]) -> AnswerBook {
    let mut book = AnswerBook::default();
    for rule in rules {
        book.save(rule.clone()).unwrap();
    }
    book
}

fn ask(book: &AnswerBook, reading: &Reading) -> Option<AutoAnswer> {
    let asked = Asked {
        gateway: &GatewayId("g".into()),
        agent: Some("main"),
        reading,
    };
    book.answer(&asked).map(|(_, answer)| answer)
}

#[test]
fn what_no_rule_names_is_left_to_the_person() {
    let book = book(&[rule("npm test **", AutoAnswer::Allow)]);
    assert_eq!(ask(&book, &reading(&["npm install"])), None);
    assert_eq!(ask(&book, &reading(&[])), None);
}

#[test]
fn a_rule_allows_only_where_it_names_every_command() {
    let book = book(&[rule("npm test **", AutoAnswer::Allow)]);
    assert_eq!(ask(&book, &reading(&["npm test"])), Some(AutoAnswer::Allow));
    assert_eq!(ask(&book, &reading(&["npm test", "curl x"])), None);
}

#[test]
fn a_rule_denies_where_it_names_one_command_and_wins_over_one_that_allows() {
    let rules = [
        rule("npm test **", AutoAnswer::Allow),
        rule("rm", AutoAnswer::Deny),
    ];
    let book = book(&rules);
    let both = reading(&["npm test", "/bin/rm -rf x"]);
    assert_eq!(ask(&book, &both), Some(AutoAnswer::Deny));
}

#[test]
fn what_is_dangerous_is_never_allowed_and_still_denied() {
    let rules = [
        rule("cat **", AutoAnswer::Allow),
        rule("rm **", AutoAnswer::Deny),
    ];
    let book = book(&rules);
    let dangerous = |line| {
        let mut reading = reading(&[line]);
        reading.view.dangerous = true;
        reading
    };
    assert_eq!(ask(&book, &dangerous("cat key.pem")), None);
    assert_eq!(ask(&book, &dangerous("rm x")), Some(AutoAnswer::Deny));
}

#[test]
fn what_is_not_all_in_its_words_is_not_allowed() {
    let book = book(&[rule("echo **", AutoAnswer::Allow)]);
    let mut redirected = reading(&["echo x"]);
    redirected.in_its_words = false;
    assert_eq!(ask(&book, &redirected), None);
    let mut unknown = reading(&["echo …"]);
    unknown.commands[0].exact = false;
    assert_eq!(ask(&book, &unknown), None);
}

#[test]
fn a_rule_keeps_to_its_gateway_its_agent_and_its_switch() {
    let here = |change: fn(&mut AutoRule)| {
        let mut rule = rule("ls", AutoAnswer::Allow);
        change(&mut rule);
        ask(&book(&[rule]), &reading(&["ls"]))
    };
    assert_eq!(here(|_| ()), Some(AutoAnswer::Allow));
    assert_eq!(here(|r| r.enabled = false), None);
    assert_eq!(here(|r| r.gateway = Some(GatewayId("other".into()))), None);
    assert_eq!(here(|r| r.agent = Some("op*".into())), None);
    assert_eq!(
        here(|r| r.agent = Some("ma*".into())),
        Some(AutoAnswer::Allow)
    );
}

#[test]
fn one_switch_stops_all_of_them() {
    let mut book = book(&[rule("ls", AutoAnswer::Allow), rule("rm", AutoAnswer::Deny)]);
    book.paused = true;
    assert_eq!(ask(&book, &reading(&["rm x"])), None);
    assert_eq!(ask(&book, &reading(&["ls"])), None);
}

#[test]
fn each_answer_is_recorded_and_the_record_is_bounded() {
    let mut book = book(&[rule("ls", AutoAnswer::Allow)]);
    let id = book.view().rules[0].rule.id.clone();
    for at in 0..ANSWERED + 5 {
        book.record(AutoAnswered {
            at: f64::from(u32::try_from(at).unwrap()),
            rule: id.clone(),
            gateway: GatewayId("g".into()),
            gateway_name: "Home".into(),
            item: ItemKey(format!("g/exec/{at}")),
            subject: "ls".into(),
            agent: None,
            answer: AutoAnswer::Allow,
        });
    }
    let view = book.view();
    assert_eq!(view.answered.len(), ANSWERED);
    assert_eq!(view.rules[0].uses as usize, ANSWERED + 5);
    assert!(
        view.answered[0].at > view.answered[1].at,
        "the newest first"
    );
}

#[test]
fn a_rule_that_names_no_program_is_not_taken() {
    let mut book = AnswerBook::default();
    assert!(matches!(
        book.save(rule("**", AutoAnswer::Allow)),
        Err(RuleError::Pattern(_))
    ));
    let unknown = AutoRule {
        id: "nobody".into(),
        ..rule("ls", AutoAnswer::Allow)
    };
    assert_eq!(book.save(unknown), Err(RuleError::Unknown));
}
