//! The commands about governance: policy, standing permissions, audit, credentials of agents, undoing.
//!
//! Answering by rule for other gateways is the desktop's, and so is an export to a file: a browser asks for it page by
//! page and saves it itself.

use gatehouse_fleet::Fleet;
use gatehouse_fleet::view::{ExportAudit, GatewayId};

use crate::call::{Answer, Arguments, answer, refused};

pub(crate) async fn call(fleet: &Fleet, command: &str, mut args: Arguments) -> Answer {
    match command {
        "policy_get" => answer(fleet.policy_get(args.take("gateway")?).await),
        "policy_validate" => {
            let gateway: GatewayId = args.take("gateway")?;
            let document = args.take("document")?;
            let roles = args.take("roles")?;
            answer(fleet.policy_validate(gateway, document, roles).await)
        }
        "policy_set" => answer(fleet.policy_set(args.take("input")?).await),
        "policy_check" => answer(fleet.policy_check(args.take("input")?).await),
        "policy_simulate" => answer(fleet.policy_simulate(args.take("input")?).await),
        "grants_list" => answer(fleet.grants_list(args.take("gateway")?).await),
        "grants_preview" => {
            let gateway: GatewayId = args.take("gateway")?;
            let pattern = args.take("pattern")?;
            let agent = args.take("agent")?;
            answer(fleet.grants_preview(gateway, pattern, agent).await)
        }
        "grant_revoke" => {
            let gateway: GatewayId = args.take("gateway")?;
            let id = args.take("id")?;
            answer(fleet.grant_revoke(gateway, id).await)
        }
        _ => beside_policy(fleet, command, args).await,
    }
}

async fn beside_policy(fleet: &Fleet, command: &str, mut args: Arguments) -> Answer {
    match command {
        "audit_list" => answer(fleet.audit_list(args.take("query")?).await),
        "audit_record" => {
            let gateway: GatewayId = args.take("gateway")?;
            let seq = args.take("seq")?;
            answer(fleet.audit_record(gateway, seq).await)
        }
        "audit_verify" => answer(fleet.audit_verify(args.take("gateway")?).await),
        "audit_export_page" => {
            let input: ExportAudit = args.take("input")?;
            answer(fleet.audit_export_page(&input, args.take("after")?).await)
        }
        "agent_credentials_list" => {
            answer(fleet.agent_credentials_list(args.take("gateway")?).await)
        }
        "agent_credential_set" => answer(fleet.agent_credential_set(args.take("input")?).await),
        "agent_credential_rotate" => {
            answer(fleet.agent_credential_rotate(args.take("input")?).await)
        }
        "agent_credential_delete" => {
            let gateway: GatewayId = args.take("gateway")?;
            let name = args.take("name")?;
            answer(fleet.agent_credential_delete(gateway, name).await)
        }
        "configuration_state" => answer(fleet.configuration_state(args.take("gateway")?).await),
        "agents_list" => answer(fleet.agents_list(args.take("gateway")?).await),
        "undo_list" => {
            let gateway: GatewayId = args.take("gateway")?;
            let session = args.take("session")?;
            answer(fleet.undo_list(gateway, session).await)
        }
        "undo_restore" => {
            let gateway: GatewayId = args.take("gateway")?;
            let id = args.take("id")?;
            answer(fleet.undo_restore(gateway, id).await)
        }
        unknown => Err(refused(
            "no_such_command",
            format!("there is no command {unknown:?}"),
        )),
    }
}
