//! Items as surfaces are shown them: escaped, capped, in order.

use super::item::{Content, EpochMs, Item, Phase, Question, Source, Trouble, Verdict};
use super::reduce::Inbox;
use crate::untrusted::{Policy, cap, escape, one_line};
use crate::view::{
    BarredDecision, CommandAnalysis, Fact, FactLabel, InboxItemDetail, InboxItemView,
    InboxSnapshot, Millis, PeopleView, PhaseView, ProblemView, QuestionOption, QuestionView,
    RecordState, UnavailableDecision,
};

/// A line's subject, in bytes; the whole is in the detail.
const LINE_SUBJECT: usize = 2 * 1024;

/// In the place of a command that the gateway did not say.
const NOTHING_SAID: &str = "(the gateway did not say what would run)";

/// Names, paths and other short facts.
const SHORT: usize = 1024;

/// What the fleet knows of an item's gateway.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    pub gateway_name: String,
    pub barred: Vec<BarredDecision>,
    /// It does what a person should look at before they allow it.
    pub dangerous: bool,
    /// A command that waits and was not read, so that nobody knows whether it is dangerous.
    pub unread: bool,
    /// It takes terms with a decision.
    pub governed: bool,
    /// How far its clock is ahead of this computer's; negative where it is behind.
    pub ahead: EpochMs,
}

/// The inbox as it stands. `standing` tells of an item's gateway.
pub fn snapshot(
    inbox: &Inbox,
    revision: u32,
    standing: impl Fn(&Item) -> Standing,
) -> InboxSnapshot {
    let mut open: Vec<&Item> = inbox.items().filter(|i| i.is_open()).collect();
    let mut ended: Vec<&Item> = inbox.items().filter(|i| !i.is_open()).collect();
    open.sort_by_cached_key(|i| (!i.is_waiting(), i.asked_at(standing(i).ahead)));
    ended.sort_by_key(|i| std::cmp::Reverse(i.ended_at));
    InboxSnapshot {
        revision,
        items: open
            .into_iter()
            .chain(ended)
            .map(|i| line(i, standing(i)))
            .collect(),
        waiting: waiting(inbox),
        overflow: inbox.overflowing(),
    }
}

/// Items that wait for a person now.
pub(crate) fn waiting(inbox: &Inbox) -> u32 {
    u32::try_from(inbox.items().filter(|i| i.is_waiting()).count()).unwrap_or(u32::MAX)
}

/// One line of the inbox.
pub fn line(item: &Item, standing: Standing) -> InboxItemView {
    let request = &item.request;
    let content = &request.content;
    let (subject, subject_cut) = cap(subject(content), LINE_SUBJECT);
    let review = has_to_be_reviewed(item, &standing);
    InboxItemView {
        key: item.key(),
        gateway: item.gateway.clone(),
        gateway_name: standing.gateway_name,
        kind: request.kind,
        phase: phase(item, standing.ahead),
        subject: escape(subject, Policy::Command).text,
        subject_cut,
        meaning: content
            .meaning()
            .map(|meaning| escape(&meaning, Policy::Command).text),
        unsaid: content.unsaid,
        tool: short(&content.tool),
        agent: short(&content.agent),
        session: short(&content.session),
        cwd: short(&content.cwd),
        host: short(&content.host),
        offered: item.offered(),
        barred: standing.barred,
        dangerous: standing.dangerous,
        review,
        people: people(item),
        created_at: millis(item.asked_at(standing.ahead)),
        expires_at: item.expires_at(standing.ahead).map(millis),
        revision: item.revision,
    }
}

/// Whether it may be allowed only where it is seen whole, with all that is said of it.
pub(crate) fn has_to_be_reviewed(item: &Item, standing: &Standing) -> bool {
    let content = &item.request.content;
    let grave = standing.dangerous || content.dangerous;
    grave || standing.unread || content.unsaid || content.is_more_than_its_words()
}

/// This app's own yes is one of those that are counted, also before the gateway has told of it again.
pub(crate) fn people(item: &Item) -> Option<PeopleView> {
    let people = item.request.content.people.as_ref()?;
    Some(PeopleView {
        needed: people.needed,
        allowed: people.allowed.max(u32::from(item.counted)),
        names: people.names.iter().map(|n| one_line(n, SHORT)).collect(),
        ours: item.counted,
    })
}

/// What the fleet knows of an item beside its request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// Other operators who may answer.
    pub others: Vec<String>,
    /// The last message before it asked.
    pub context: Option<String>,
    pub analysis: Option<CommandAnalysis>,
    pub server_version: Option<String>,
}

/// One item in full.
pub fn detail(item: &Item, standing: Standing, beside: Beside) -> InboxItemDetail {
    let content = &item.request.content;
    let governed = standing.governed;
    let Beside {
        others,
        context,
        analysis,
        server_version,
    } = beside;
    let subject = escape(subject(content), Policy::Command);
    InboxItemDetail {
        item: line(item, standing),
        subject: subject.text,
        escaped_characters: subject.count,
        argv: content
            .argv
            .iter()
            .map(|a| escape(a, Policy::Command).text)
            .collect(),
        resolved_path: short(&content.resolved_path),
        node: short(&content.node),
        run: short(&content.run),
        tool_call: short(&content.tool_call),
        security: short(&content.security),
        ask: short(&content.ask),
        warnings: content
            .warnings
            .iter()
            .map(|w| one_line(w, 4 * SHORT))
            .collect(),
        unavailable: unavailable(content),
        others: others.iter().map(|o| one_line(o, SHORT)).collect(),
        context: context.map(|c| escape(&c, Policy::Prose).text),
        facts: facts(content),
        questions: content.questions.iter().map(question).collect(),
        analysis,
        governed,
        server_version: short(&server_version),
    }
}

/// What is asked; an empty line would look like a mistake of the page.
fn subject(content: &Content) -> &str {
    if content.unsaid && content.subject.trim().is_empty() {
        return NOTHING_SAID;
    }
    &content.subject
}

fn unavailable(content: &Content) -> Vec<UnavailableDecision> {
    let one = |u: &super::item::Unavailable| UnavailableDecision {
        decision: u.decision,
        reason: short(&u.reason),
    };
    content.unavailable.iter().map(one).collect()
}

fn facts(content: &Content) -> Vec<Fact> {
    let one = |(label, value): &(_, String)| Fact {
        label: *label,
        value: escape(cap(value, 16 * SHORT).0, Policy::Command).text,
    };
    let sets = content.sets();
    let sets = (!sets.is_empty()).then_some((FactLabel::Environment, sets));
    sets.iter().chain(&content.facts).map(one).collect()
}

/// An option's value names its question, so that one request with several questions can be answered at once.
fn question(question: &Question) -> QuestionView {
    let one = |(label, description): &(String, Option<String>)| QuestionOption {
        value: format!("{}:{label}", question.id),
        label: one_line(label, SHORT),
        description: description.as_ref().map(|d| one_line(d, 4 * SHORT)),
    };
    QuestionView {
        id: question.id.clone(),
        text: escape(&question.text, Policy::Prose).text,
        options: question.options.iter().map(one).collect(),
        multi_select: question.many,
        free_text: question.free,
    }
}

fn phase(item: &Item, ahead: EpochMs) -> PhaseView {
    match &item.phase {
        Phase::Waiting { problem } => PhaseView::Waiting {
            problem: problem.as_ref().map(problem_view),
        },
        Phase::Deciding {
            decision, surface, ..
        } => PhaseView::Deciding {
            decision: *decision,
            surface: *surface,
        },
        Phase::Unreachable {
            since,
            was_deciding,
        } => PhaseView::Unreachable {
            since: millis(*since),
            was_deciding: *was_deciding,
        },
        Phase::Ended { outcome, recorded } => {
            let at = millis(
                outcome
                    .at
                    .map_or(item.ended_at, |at| at.saturating_sub(ahead)),
            );
            match outcome.verdict {
                Verdict::Expired => PhaseView::Expired { at },
                Verdict::Gone => PhaseView::Gone { at },
                Verdict::Decided(decision) => PhaseView::Decided {
                    decision,
                    by: outcome.by.as_ref().map(|by| one_line(by, SHORT)),
                    by_this_app: outcome.by_this_app.unwrap_or(false),
                    at,
                    record: record(outcome.source, *recorded),
                },
            }
        }
    }
}

fn record(source: Source, asked: bool) -> RecordState {
    match (source, asked) {
        (Source::Record, _) => RecordState::Read,
        (_, false) => RecordState::Due,
        (Source::Answer, true) => RecordState::OnlyAccepted,
        (Source::Event, true) => RecordState::OnlyTold,
    }
}

fn problem_view(trouble: &Trouble) -> ProblemView {
    ProblemView {
        code: trouble.code.clone(),
        detail: trouble.detail.as_ref().map(|d| one_line(d, SHORT)),
        request_id: None,
        device_id: None,
    }
}

fn short(text: &Option<String>) -> Option<String> {
    text.as_ref().map(|t| one_line(t, SHORT))
}

/// Milliseconds as the views carry them.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 2^53, the year 287,396"
)]
pub(crate) fn millis(at: EpochMs) -> Millis {
    at as Millis
}
