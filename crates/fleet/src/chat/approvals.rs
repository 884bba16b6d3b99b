//! Which tool call an approval holds up, and what was decided. Deciding is the inbox's; here it only shows
//! on the card of the call.

use gatehouse_protocol::GatewayEvent;
use gatehouse_protocol::model::approval::{ApprovalResolved, Decision as Decided};

use super::Transcript;
use super::log;
use crate::inbox::item_key;
use crate::view::{ChatUpdate, Decision, ItemKey, ItemKind, Millis, ToolState, ToolView};

/// How many approvals are remembered; a run waits for one at a time.
const KNOWN_MAX: usize = 64;

/// An approval and the call that waits for it.
#[derive(Debug, Clone)]
pub(super) struct KnownApproval {
    id: String,
    kind: ItemKind,
    call: Option<String>,
    decision: Option<Decision>,
    ended: bool,
}

/// What a run waits for.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub approval: String,
    pub item: ItemKey,
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
                if self.is_about_us(request.session_key.as_deref(), request.run_id.as_deref()) {
                    let call = request.tool_call_id.as_deref();
                    let run = request.run_id.as_deref();
                    self.approval_waits(&approval.id, ItemKind::Exec, run, call, now, out);
                }
            }
            GatewayEvent::PluginApprovalRequested(approval) => {
                let request = &approval.request;
                if self.is_about_us(request.session_key.as_deref(), None) {
                    let call = request.tool_call_id.as_deref();
                    self.approval_waits(&approval.id, ItemKind::Plugin, None, call, now, out);
                }
            }
            GatewayEvent::ExecApprovalResolved(resolved)
            | GatewayEvent::PluginApprovalResolved(resolved) => {
                self.approval_resolved(resolved, out);
            }
            _ => {}
        }
    }

    /// A call waits. The kind is taken from the request where that came first: the run itself does not say.
    pub(super) fn approval_waits(
        &mut self,
        id: &str,
        kind: ItemKind,
        run: Option<&str>,
        call: Option<&str>,
        now: Millis,
        out: &mut Vec<ChatUpdate>,
    ) {
        let known = self.remember_approval(id, kind, call);
        if known.ended {
            return;
        }
        let item = item_key(&self.session.gateway, known.kind, id);
        if let Some(run) = run {
            let at = self.run_at(run, now);
            self.runs[at].waiting = Some(Waiting {
                approval: id.to_owned(),
                item: item.clone(),
                since: now,
            });
        }
        if let Some(call) = known.call {
            self.change_tool(&call, out, |tool| {
                tool.approval = Some(item);
                if tool.state == ToolState::Running {
                    tool.state = ToolState::WaitingForApproval;
                }
            });
        }
    }

    fn remember_approval(&mut self, id: &str, kind: ItemKind, call: Option<&str>) -> KnownApproval {
        if let Some(known) = self.approvals.iter_mut().find(|known| known.id == id) {
            known.call = known.call.take().or_else(|| call.map(str::to_owned));
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

    fn approval_resolved(&mut self, resolved: &ApprovalResolved, out: &mut Vec<ChatUpdate>) {
        let decision = match &resolved.decision {
            Some(Decided::AllowOnce) => Some(Decision::AllowOnce),
            Some(Decided::AllowAlways) => Some(Decision::AllowAlways),
            Some(Decided::Deny) => Some(Decision::Deny),
            Some(Decided::Other(_)) | None => None,
        };
        let Some(known) = self
            .approvals
            .iter_mut()
            .find(|known| known.id == resolved.id)
        else {
            return;
        };
        known.ended = true;
        known.decision = decision;
        let call = known.call.clone();
        self.waits_no_more(&resolved.id);
        if let Some(call) = call {
            self.change_tool(&call, out, |tool| settle(tool, decision));
        }
    }

    /// The run says that its approval was resolved; what was decided comes with the approval's own event.
    pub(super) fn run_goes_on(
        &mut self,
        approval: &str,
        call: Option<&str>,
        out: &mut Vec<ChatUpdate>,
    ) {
        let known = self.approvals.iter_mut().find(|known| known.id == approval);
        let call = match known {
            Some(known) => {
                known.ended = true;
                known.call.clone()
            }
            None => call.map(str::to_owned),
        };
        self.waits_no_more(approval);
        if let Some(call) = call {
            self.change_tool(&call, out, |tool| {
                if tool.state == ToolState::WaitingForApproval {
                    tool.state = ToolState::Running;
                }
            });
        }
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
        tool.approval = Some(item_key(&self.session.gateway, known.kind, &known.id));
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
