//! Commands about governance: policy, audit and credentials of a gateway that keeps them, and answering by rule.

use gatehouse_fleet::Fleet;
use gatehouse_fleet::view::{
    AgentCredentialView, AgentView, AuditExportPage, AuditPage, AuditQuery, AuditRecordView,
    AutoAnswerView, AutoRule, CheckCommand, ConfigurationView, DecisionView, ExportAudit,
    ExportedAudit, GatewayId, GrantView, PastCommand, PolicyProblem, PolicyView,
    RotateAgentCredential, SetAgentCredential, SetPolicy, SimulatePolicy, SimulationView,
    UndoItemView, VerificationView,
};
use tauri::{AppHandle, Manager as _, State};

use super::{Answer, refused};

/// A gateway's policy as it is in force.
#[tauri::command]
#[specta::specta]
pub(crate) async fn policy_get(fleet: State<'_, Fleet>, gateway: GatewayId) -> Answer<PolicyView> {
    fleet.policy_get(gateway).await.map_err(|e| e.to_view())
}

/// What is wrong with a policy, without taking it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn policy_validate(
    fleet: State<'_, Fleet>,
    gateway: GatewayId,
    document: String,
    roles: Option<String>,
) -> Answer<Vec<PolicyProblem>> {
    fleet
        .policy_validate(gateway, document, roles)
        .await
        .map_err(|e| e.to_view())
}

/// Takes a change of policy, and answers what is in force then.
#[tauri::command]
#[specta::specta]
pub(crate) async fn policy_set(fleet: State<'_, Fleet>, input: SetPolicy) -> Answer<PolicyView> {
    fleet.policy_set(input).await.map_err(|e| e.to_view())
}

/// What policy says of a command. Runs nothing.
#[tauri::command]
#[specta::specta]
pub(crate) async fn policy_check(
    fleet: State<'_, Fleet>,
    input: CheckCommand,
) -> Answer<DecisionView> {
    fleet.policy_check(input).await.map_err(|e| e.to_view())
}

/// Which past actions would get another answer.
#[tauri::command]
#[specta::specta]
pub(crate) async fn policy_simulate(
    fleet: State<'_, Fleet>,
    input: SimulatePolicy,
) -> Answer<SimulationView> {
    fleet.policy_simulate(input).await.map_err(|e| e.to_view())
}

/// Standing permissions.
#[tauri::command]
#[specta::specta]
pub(crate) async fn grants_list(
    fleet: State<'_, Fleet>,
    gateway: GatewayId,
) -> Answer<Vec<GrantView>> {
    fleet.grants_list(gateway).await.map_err(|e| e.to_view())
}

/// Past actions that a pattern would have matched.
#[tauri::command]
#[specta::specta]
pub(crate) async fn grants_preview(
    fleet: State<'_, Fleet>,
    gateway: GatewayId,
    pattern: String,
    agent: Option<String>,
) -> Answer<Vec<PastCommand>> {
    fleet
        .grants_preview(gateway, pattern, agent)
        .await
        .map_err(|e| e.to_view())
}

/// Takes a standing permission back.
#[tauri::command]
#[specta::specta]
pub(crate) async fn grant_revoke(
    fleet: State<'_, Fleet>,
    gateway: GatewayId,
    id: String,
) -> Answer<bool> {
    fleet
        .grant_revoke(gateway, id)
        .await
        .map_err(|e| e.to_view())
}

/// A page of the audit, the newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn audit_list(fleet: State<'_, Fleet>, query: AuditQuery) -> Answer<AuditPage> {
    fleet.audit_list(query).await.map_err(|e| e.to_view())
}

/// One record whole.
#[tauri::command]
#[specta::specta]
pub(crate) async fn audit_record(
    fleet: State<'_, Fleet>,
    gateway: GatewayId,
    seq: f64,
) -> Answer<AuditRecordView> {
    fleet
        .audit_record(gateway, seq)
        .await
        .map_err(|e| e.to_view())
}

/// Checks every record against the tree and the checkpoint.
#[tauri::command]
#[specta::specta]
pub(crate) async fn audit_verify(
    fleet: State<'_, Fleet>,
    gateway: GatewayId,
) -> Answer<VerificationView> {
    fleet.audit_verify(gateway).await.map_err(|e| e.to_view())
}

/// Writes the whole audit to a file in the person's downloads.
#[tauri::command]
#[specta::specta]
pub(crate) async fn audit_export(
    app: AppHandle,
    fleet: State<'_, Fleet>,
    input: ExportAudit,
) -> Answer<ExportedAudit> {
    let folder = app.path().download_dir();
    let folder = folder.map_err(|error| refused("internal", error.to_string()))?;
    fleet
        .audit_export(input, folder)
        .await
        .map_err(|e| e.to_view())
}

/// A part of an export, from the record after `after`.
#[tauri::command]
#[specta::specta]
pub(crate) async fn audit_export_page(
    fleet: State<'_, Fleet>,
    input: ExportAudit,
    after: Option<f64>,
) -> Answer<AuditExportPage> {
    fleet
        .audit_export_page(&input, after)
        .await
        .map_err(|e| e.to_view())
}

/// Credentials that agents use by name.
#[tauri::command]
#[specta::specta]
pub(crate) async fn agent_credentials_list(
    fleet: State<'_, Fleet>,
    gateway: GatewayId,
) -> Answer<Vec<AgentCredentialView>> {
    fleet
        .agent_credentials_list(gateway)
        .await
        .map_err(|e| e.to_view())
}

/// Keeps a credential for agents.
#[tauri::command]
#[specta::specta]
pub(crate) async fn agent_credential_set(
    fleet: State<'_, Fleet>,
    input: SetAgentCredential,
) -> Answer<()> {
    fleet
        .agent_credential_set(input)
        .await
        .map_err(|e| e.to_view())
}

/// Puts a new value in the place of a credential's old one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn agent_credential_rotate(
    fleet: State<'_, Fleet>,
    input: RotateAgentCredential,
) -> Answer<()> {
    fleet
        .agent_credential_rotate(input)
        .await
        .map_err(|e| e.to_view())
}

/// Deletes a credential.
#[tauri::command]
#[specta::specta]
pub(crate) async fn agent_credential_delete(
    fleet: State<'_, Fleet>,
    gateway: GatewayId,
    name: String,
) -> Answer<bool> {
    fleet
        .agent_credential_delete(gateway, name)
        .await
        .map_err(|e| e.to_view())
}

/// A gateway's agents.
#[tauri::command]
#[specta::specta]
pub(crate) async fn agents_list(
    fleet: State<'_, Fleet>,
    gateway: GatewayId,
) -> Answer<Vec<AgentView>> {
    fleet.agents_list(gateway).await.map_err(|e| e.to_view())
}

/// Whether what a gateway's configuration file says is in force.
#[tauri::command]
#[specta::specta]
pub(crate) async fn configuration_state(
    fleet: State<'_, Fleet>,
    gateway: GatewayId,
) -> Answer<ConfigurationView> {
    fleet
        .configuration_state(gateway)
        .await
        .map_err(|e| e.to_view())
}

/// What tool calls replaced and can be brought back.
#[tauri::command]
#[specta::specta]
pub(crate) async fn undo_list(
    fleet: State<'_, Fleet>,
    gateway: GatewayId,
    session: Option<String>,
) -> Answer<Vec<UndoItemView>> {
    fleet
        .undo_list(gateway, session)
        .await
        .map_err(|e| e.to_view())
}

/// Brings back what a tool call replaced, and answers where it is.
#[tauri::command]
#[specta::specta]
pub(crate) async fn undo_restore(
    fleet: State<'_, Fleet>,
    gateway: GatewayId,
    id: String,
) -> Answer<String> {
    fleet
        .undo_restore(gateway, id)
        .await
        .map_err(|e| e.to_view())
}

/// The rules by which this app answers, and what they answered.
#[tauri::command]
#[specta::specta]
pub(crate) async fn auto_answers(fleet: State<'_, Fleet>) -> Answer<AutoAnswerView> {
    fleet.auto_answers().await.map_err(|e| e.to_view())
}

/// Stops all of these rules, or lets them answer again.
#[tauri::command]
#[specta::specta]
pub(crate) async fn auto_answers_pause(
    fleet: State<'_, Fleet>,
    paused: bool,
) -> Answer<AutoAnswerView> {
    fleet
        .auto_answers_pause(paused)
        .await
        .map_err(|e| e.to_view())
}

/// Adds a rule, or changes the one with its id.
#[tauri::command]
#[specta::specta]
pub(crate) async fn auto_rule_save(
    fleet: State<'_, Fleet>,
    rule: AutoRule,
) -> Answer<AutoAnswerView> {
    fleet.auto_rule_save(rule).await.map_err(|e| e.to_view())
}

/// Removes a rule.
#[tauri::command]
#[specta::specta]
pub(crate) async fn auto_rule_remove(
    fleet: State<'_, Fleet>,
    id: String,
) -> Answer<AutoAnswerView> {
    fleet.auto_rule_remove(id).await.map_err(|e| e.to_view())
}
