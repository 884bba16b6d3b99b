//! Which tool call an approval holds up, and what was decided. Deciding is the inbox's; here it only shows
//! on the card of the call.

use gatehouse_protocol::GatewayEvent;
use gatehouse_protocol::model::approval::{ApprovalResolved, Decision as Decided};

use super::Transcript;
use super::carry::{tools, tools_mut};
use super::held::{names, settle, wait};
use super::live::LiveRun;
use super::log;
use super::tool;
use crate::inbox::{item_key, parse_key};
use crate::view::{
    ChatUpdate, Decision, GatewayId, ItemKey, ItemKind, MessageView, Millis, ToolState, ToolView,
};

/// How many approvals are remembered; a run waits for one at a time.
const KNOWN_MAX: usize = 64;

/// An approval and the call that waits for it.
#[derive(Debug, Clone)]
pub(super) struct KnownApproval {
    id: String,
    kind: Option<ItemKind>,
    call: Option<String>,
    /// Protocol 3 ends a call at once with the word that it waits for approval, so it looks done.
    looks_done: bool,
    ending: Option<Ending>,
    /// When it was first heard of.
    pub since: Millis,
}

/// How an approval ended, as far as anyone said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Decided(Decision),
    /// The run says that it goes on; what was decided comes by itself.
    GoesOn,
    /// Nobody allowed it: its time ran out, or the gateway no longer knows of it.
    Lapsed,
    /// In a word that this version does not know.
    Unclear,
}

impl Ending {
    /// What both come to: a decision outweighs everything, and that the run goes on whatever is no decision.
    fn with(self, later: Self) -> Self {
        match (self, later) {
            (Self::Decided(_), later @ Self::Decided(_)) => later,
            (decided @ Self::Decided(_), _) => decided,
            (Self::GoesOn, Self::Lapsed | Self::Unclear) => Self::GoesOn,
            (_, later) => later,
        }
    }
}

impl KnownApproval {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn call(&self) -> Option<&str> {
        self.call.as_deref()
    }

    /// A run waits for it. What protocol 3 ends at once waits without one.
    pub(super) fn is_open(&self) -> bool {
        self.ending.is_none() && !self.looks_done
    }

    pub(super) fn item(&self, gateway: &GatewayId) -> Option<ItemKey> {
        Some(item_key(gateway, self.kind?, &self.id))
    }
}

/// What a run waits for.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub approval: String,
    pub item: Option<ItemKey>,
    pub since: Millis,
}

impl Transcript {
    pub(super) fn on_approval_event(
        &mut self,
        event: &GatewayEvent,
        now: Millis,
        out: &mut Vec<ChatUpdate>,
    ) {
        match event {
            GatewayEvent::ExecApprovalRequested(approval) => {
                let request = &approval.request;
                let run = request.run_id.as_deref();
                if self.is_about_us(request.session_key.as_deref(), run) {
                    let call = request.tool_call_id.as_deref();
                    self.approval_waits(&approval.id, Some(ItemKind::Exec), run, call, now, out);
                }
            }
            GatewayEvent::PluginApprovalRequested(approval) => {
                let request = &approval.request;
                let run = request.run_id.as_deref();
                if self.is_about_us(request.session_key.as_deref(), run) {
                    let call = request.tool_call_id.as_deref();
                    self.approval_waits(&approval.id, Some(ItemKind::Plugin), run, call, now, out);
                }
            }
            GatewayEvent::ExecApprovalResolved(resolved)
            | GatewayEvent::PluginApprovalResolved(resolved) => {
                self.approval_ended(&resolved.id, told(resolved), out);
            }
            _ => {}
        }
    }

    /// What the inbox knows about an approval of this session: it waits, or how it ended.
    pub fn approval(
        &mut self,
        item: &ItemKey,
        call: Option<&str>,
        ending: Option<Ending>,
        now: Millis,
    ) -> Vec<ChatUpdate> {
        let mut out = Vec::new();
        let Some((_, kind, id)) = parse_key(item) else {
            return out;
        };
        match ending {
            None => self.approval_waits(id, Some(kind), None, call, now, &mut out),
            Some(ending) => {
                self.remember_approval(id, Some(kind), call, now);
                self.approval_ended(id, ending, &mut out);
            }
        }
        self.sync_run(&mut out);
        out
    }

    /// A call waits. A run does not say what kind of approval it waits for; the request and the inbox do.
    pub(super) fn approval_waits(
        &mut self,
        id: &str,
        kind: Option<ItemKind>,
        run: Option<&str>,
        call: Option<&str>,
        now: Millis,
        out: &mut Vec<ChatUpdate>,
    ) {
        let call = call.map(str::to_owned).or_else(|| self.call_that_names(id));
        let known = self.remember_approval(id, kind, call.as_deref(), now);
        if let Some(ending) = known.ending {
            // It was decided before it was told which call is meant.
            return self.approval_ended(id, ending, out);
        }
        let item = known.item(&self.session.gateway);
        let mut looks_done = known.looks_done;
        if let Some(call) = &known.call {
            let item = item.clone();
            self.change_tool(call, out, |tool| {
                tool.approval = item.or(tool.approval.take());
                looks_done |= wait(tool);
            });
            self.set_looks_done(id, looks_done);
        }
        if !looks_done {
            self.run_waits(id, item, run, known.call.as_deref(), now);
        }
    }

    fn run_waits(
        &mut self,
        approval: &str,
        item: Option<ItemKey>,
        run: Option<&str>,
        call: Option<&str>,
        now: Millis,
    ) {
        let Some(at) = self.run_that_waits(run, call, now) else {
            return;
        };
        let waiting = &mut self.runs[at].waiting;
        let since = match waiting {
            Some(waiting) if waiting.approval == approval => waiting.since,
            _ => now,
        };
        *waiting = Some(Waiting {
            approval: approval.to_owned(),
            item,
            since,
        });
    }

    /// The call whose result says that it waits for this approval: protocol 3 names the call nowhere else in what the
    /// gateway keeps.
    fn call_that_names(&self, approval: &str) -> Option<String> {
        let entries = self.log.entries.iter().rev();
        let mut tools = entries.flat_map(|entry| tools(&entry.view));
        let call = tools.find(|tool| names(tool, approval))?;
        Some(call.id.clone())
    }

    fn set_looks_done(&mut self, approval: &str, looks_done: bool) {
        let known = self.approvals.iter_mut().find(|known| known.id == approval);
        if let Some(known) = known {
            known.looks_done = looks_done;
        }
    }

    /// Calls without a result, in messages that nothing runs for; less those that wait for an approval all the same.
    pub(super) fn interrupt(&self, view: &mut MessageView) {
        for tool in tools_mut(view) {
            if tool::is_open(tool) && !self.waits_beyond_its_run(&tool.id) {
                tool.state = ToolState::Interrupted;
            }
        }
    }

    /// Whether a call waits for an approval that outlives its run.
    pub(super) fn waits_beyond_its_run(&self, call: &str) -> bool {
        let mut known = self.approvals.iter();
        known.any(|k| k.looks_done && k.ending.is_none() && k.call.as_deref() == Some(call))
    }

    /// The run that waits: the named one, else the one that made the call, else the one that goes on.
    fn run_that_waits(
        &mut self,
        run: Option<&str>,
        call: Option<&str>,
        now: Millis,
    ) -> Option<usize> {
        match run {
            Some(run) => {
                let at = self.run_at(run, now);
                self.runs[at].ended.is_none().then_some(at)
            }
            None => {
                let of = self.run_of_call(call?);
                let is_active = |run: &LiveRun| run.ended.is_none();
                let made_it = |run: &LiveRun| is_active(run) && of == Some(&run.id);
                let maker = self.runs.iter().rposition(made_it);
                maker.or_else(|| self.runs.iter().rposition(is_active))
            }
        }
    }

    fn remember_approval(
        &mut self,
        id: &str,
        kind: Option<ItemKind>,
        call: Option<&str>,
        now: Millis,
    ) -> KnownApproval {
        if let Some(known) = self.approvals.iter_mut().find(|known| known.id == id) {
            known.call = known.call.take().or_else(|| call.map(str::to_owned));
            known.kind = known.kind.or(kind);
            return known.clone();
        }
        if self.approvals.len() >= KNOWN_MAX {
            self.approvals.remove(0);
        }
        let known = KnownApproval {
            id: id.to_owned(),
            kind,
            call: call.map(str::to_owned),
            looks_done: false,
            ending: None,
            since: now,
        };
        self.approvals.push(known.clone());
        known
    }

    fn approval_ended(&mut self, id: &str, ending: Ending, out: &mut Vec<ChatUpdate>) {
        let Some(known) = self.approvals.iter_mut().find(|known| known.id == id) else {
            return;
        };
        let before = known.ending;
        let ending = before.map_or(ending, |before| before.with(ending));
        known.ending = Some(ending);
        let (call, looks_done) = (known.call.clone(), known.looks_done);
        let item = known.item(&self.session.gateway);
        self.waits_no_more(id);
        if let Some(call) = call {
            self.change_tool(&call, out, |tool| {
                tool.approval = item.or(tool.approval.take());
                if before == Some(Ending::Lapsed) && tool.state == ToolState::Interrupted {
                    tool.state = ToolState::WaitingForApproval;
                }
                settle(tool, ending, looks_done);
            });
        }
    }

    /// The run says that its approval was resolved; what was decided comes with the approval's own event.
    pub(super) fn run_goes_on(
        &mut self,
        approval: &str,
        call: Option<&str>,
        now: Millis,
        out: &mut Vec<ChatUpdate>,
    ) {
        self.remember_approval(approval, None, call, now);
        self.approval_ended(approval, Ending::GoesOn, out);
    }

    fn waits_no_more(&mut self, approval: &str) {
        for run in &mut self.runs {
            if run
                .waiting
                .as_ref()
                .is_some_and(|waiting| waiting.approval == approval)
            {
                run.waiting = None;
            }
        }
    }

    /// What is known about the approval of a call that has just been seen.
    pub(super) fn attach_approval(&mut self, tool: &mut ToolView) {
        let is_of = |known: &&mut KnownApproval| match &known.call {
            Some(call) => *call == tool.id,
            None => names(tool, &known.id),
        };
        let Some(known) = self.approvals.iter_mut().rev().find(is_of) else {
            return;
        };
        known.call.get_or_insert_with(|| tool.id.clone());
        tool.approval = known.item(&self.session.gateway);
        match known.ending {
            Some(ending) => settle(tool, ending, known.looks_done),
            None => known.looks_done |= wait(tool),
        }
    }

    /// Changes a tool call but not its output.
    pub(super) fn change_tool(
        &mut self,
        call: &str,
        out: &mut Vec<ChatUpdate>,
        change: impl FnOnce(&mut ToolView),
    ) {
        let Some(place) = self.log.tool(call) else {
            return;
        };
        let Some(tool) = self.log.tool_mut(place) else {
            return;
        };
        let before = log::tool_without_output("", tool);
        change(tool);
        let after = log::tool_without_output("", tool);
        if before == after {
            return;
        }
        let tool = tool.clone();
        let id = &self.log.entries[place.0].view.id;
        out.push(log::tool_without_output(id, &tool));
    }
}

fn known_decision(decision: &Decided) -> Option<Decision> {
    match decision {
        Decided::AllowOnce => Some(Decision::AllowOnce),
        Decided::AllowAlways => Some(Decision::AllowAlways),
        Decided::Deny => Some(Decision::Deny),
        Decided::Other(_) => None,
    }
}

/// How a `…resolved` event says that it ended.
fn told(event: &ApprovalResolved) -> Ending {
    let Some(decision) = &event.decision else {
        return Ending::Lapsed;
    };
    known_decision(decision).map_or(Ending::Unclear, Ending::Decided)
}
