//! Which tool call an approval holds up, and what was decided. Deciding is the inbox's; here it only shows
//! on the card of the call.

use gatehouse_protocol::GatewayEvent;
use gatehouse_protocol::model::approval::Decision as Decided;

use super::Transcript;
use super::log;
use crate::inbox::{item_key, parse_key};
use crate::view::{
    ChatUpdate, Decision, GatewayId, ItemKey, ItemKind, Millis, ToolState, ToolView,
};

/// How many approvals are remembered; a run waits for one at a time.
const KNOWN_MAX: usize = 64;

/// An approval and the call that waits for it.
#[derive(Debug, Clone)]
pub(super) struct KnownApproval {
    id: String,
    kind: Option<ItemKind>,
    call: Option<String>,
    decision: Option<Decision>,
    ended: bool,
}

impl KnownApproval {
    fn item(&self, gateway: &GatewayId) -> Option<ItemKey> {
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
                let decision = resolved.decision.as_ref().and_then(known_decision);
                self.approval_ended(&resolved.id, decision, out);
            }
            _ => {}
        }
    }

    /// What the inbox knows about an approval of this session: it waits, or it was decided or has ended.
    pub fn approval(
        &mut self,
        item: &ItemKey,
        call: Option<&str>,
        waits: bool,
        decision: Option<Decision>,
        now: Millis,
    ) -> Vec<ChatUpdate> {
        let mut out = Vec::new();
        let Some((_, kind, id)) = parse_key(item) else {
            return out;
        };
        if waits {
            self.approval_waits(id, Some(kind), None, call, now, &mut out);
        } else {
            self.remember_approval(id, Some(kind), call);
            self.approval_ended(id, decision, &mut out);
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
        let known = self.remember_approval(id, kind, call);
        if known.ended {
            return;
        }
        let item = known.item(&self.session.gateway);
        if let Some(at) = self.run_that_waits(run, known.call.as_deref(), now) {
            let waiting = &mut self.runs[at].waiting;
            let since = match waiting {
                Some(waiting) if waiting.approval == id => waiting.since,
                _ => now,
            };
            *waiting = Some(Waiting {
                approval: id.to_owned(),
                item: item.clone(),
                since,
            });
        }
        if let Some(call) = known.call {
            self.change_tool(&call, out, |tool| {
                tool.approval = item.or(tool.approval.take());
                if tool.state == ToolState::Running {
                    tool.state = ToolState::WaitingForApproval;
                }
            });
        }
    }

    /// The run that waits: the named one, else the one that goes on.
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
                call?;
                self.runs.iter().rposition(|run| run.ended.is_none())
            }
        }
    }

    fn remember_approval(
        &mut self,
        id: &str,
        kind: Option<ItemKind>,
        call: Option<&str>,
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
            decision: None,
            ended: false,
        };
        self.approvals.push(known.clone());
        known
    }

    fn approval_ended(&mut self, id: &str, decision: Option<Decision>, out: &mut Vec<ChatUpdate>) {
        let Some(known) = self.approvals.iter_mut().find(|known| known.id == id) else {
            return;
        };
        known.ended = true;
        known.decision = decision.or(known.decision);
        let (call, decision) = (known.call.clone(), known.decision);
        let item = known.item(&self.session.gateway);
        self.waits_no_more(id);
        if let Some(call) = call {
            self.change_tool(&call, out, |tool| {
                tool.approval = item.or(tool.approval.take());
                settle(tool, decision);
            });
        }
    }

    /// The run says that its approval was resolved; what was decided comes with the approval's own event.
    pub(super) fn run_goes_on(
        &mut self,
        approval: &str,
        call: Option<&str>,
        out: &mut Vec<ChatUpdate>,
    ) {
        self.remember_approval(approval, None, call);
        self.approval_ended(approval, None, out);
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
    pub(super) fn attach_approval(&self, tool: &mut ToolView) {
        let known = self
            .approvals
            .iter()
            .rev()
            .find(|known| known.call.as_deref() == Some(tool.id.as_str()));
        let Some(known) = known else { return };
        tool.approval = known.item(&self.session.gateway);
        if known.ended {
            settle(tool, known.decision);
        } else if tool.state == ToolState::Running {
            tool.state = ToolState::WaitingForApproval;
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

fn settle(tool: &mut ToolView, decision: Option<Decision>) {
    tool.decision = decision.or(tool.decision);
    let waits = matches!(
        tool.state,
        ToolState::WaitingForApproval | ToolState::Running
    );
    if decision == Some(Decision::Deny) && waits {
        tool.state = ToolState::Denied;
    } else if tool.state == ToolState::WaitingForApproval {
        tool.state = ToolState::Running;
    }
}
