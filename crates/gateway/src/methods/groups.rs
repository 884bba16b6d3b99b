//! Groups of sessions: `sessions.groups.*`.

use gatehouse_protocol::MethodScope;
use gatehouse_store::gateway::{SessionFilter, SessionGroup};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::router::{Cx, MethodError, MethodTable};

/// Where the order of the list's sections is kept, which is the clients' alone.
const ORDER: &str = "sessions.groups.sectionOrder";

pub(super) fn register(table: &mut MethodTable) {
    table.operator("sessions.groups.list", MethodScope::Read, list);
    table.operator("sessions.groups.defaults", MethodScope::Write, defaults);
    table.operator("sessions.groups.put", MethodScope::Write, put);
    table.operator("sessions.groups.rename", MethodScope::Write, rename);
    table.operator("sessions.groups.update", MethodScope::Write, update);
    table.operator("sessions.groups.delete", MethodScope::Write, delete);
}

/// What new sessions of a group start with.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Defaults {
    #[serde(skip_serializing_if = "Option::is_none")]
    cwd: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    worktree: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Anything {}

async fn list(cx: Cx, _: Anything) -> Result<Value, MethodError> {
    let (groups, order) = shown(&cx).await?;
    let mut answer = json!({"groups": groups});
    if let Some(order) = order {
        answer["sectionOrder"] = order;
    }
    Ok(answer)
}

async fn shown(cx: &Cx) -> Result<(Vec<Value>, Option<Value>), MethodError> {
    let groups = cx.app.store.groups().await?;
    let groups = groups.iter().enumerate();
    let groups = groups.map(|(position, group)| json!({"name": group.name, "position": position}));
    let order = cx.app.store.setting(ORDER).await?;
    let order = order.and_then(|json| serde_json::from_str(&json).ok());
    Ok((groups.collect(), order))
}

async fn changed(cx: &Cx, updated: Option<u64>) -> Result<Value, MethodError> {
    let (groups, order) = shown(cx).await?;
    let mut answer = json!({"ok": true, "groups": groups});
    if let Some(order) = order {
        answer["sectionOrder"] = order;
    }
    if let Some(updated) = updated {
        answer["updatedSessions"] = json!(updated);
    }
    Ok(answer)
}

async fn defaults(cx: Cx, _: Anything) -> Result<Value, MethodError> {
    Ok(json!({"defaults": all_defaults(&cx).await?}))
}

async fn all_defaults(cx: &Cx) -> Result<Vec<Value>, MethodError> {
    let groups = cx.app.store.groups().await?;
    let with_name = |group: &SessionGroup| {
        let defaults: Defaults = serde_json::from_str(&group.json).unwrap_or_default();
        let mut value = json!(defaults);
        value["name"] = json!(group.name);
        value
    };
    Ok(groups.iter().map(with_name).collect())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PutParams {
    names: Vec<String>,
    #[serde(default)]
    section_order: Option<Vec<String>>,
}

async fn put(cx: Cx, params: PutParams) -> Result<Value, MethodError> {
    let _alone = cx.app.sessions.groups.lock().await;
    let before = cx.app.store.groups().await?;
    let kept = |name: &String| {
        let known = before.iter().find(|group| group.name == *name);
        SessionGroup {
            name: name.clone(),
            json: known.map_or_else(|| "{}".to_owned(), |group| group.json.clone()),
        }
    };
    let groups: Vec<SessionGroup> = params.names.iter().map(kept).collect();
    if groups.iter().any(|group| group.name.trim().is_empty()) {
        return Err(MethodError::invalid("a group needs a name"));
    }
    let in_use = cx.app.store.groups_put(groups).await?;
    if !in_use.is_empty() {
        return Err(still_in_use(&in_use));
    }
    if let Some(order) = params.section_order {
        let order = json!(order).to_string();
        cx.app.store.setting_put(ORDER, &order).await?;
    }
    changed(&cx, None).await
}

/// The published words.
fn still_in_use(groups: &[(String, u64)]) -> MethodError {
    let groups: Vec<String> = groups
        .iter()
        .map(|(name, members)| format!("\"{name}\" ({members})"))
        .collect();
    MethodError::invalid(format!(
        "sessions.groups.put cannot drop groups that still have member sessions: {}; include them in names or remove them via sessions.groups.delete",
        groups.join(", ")
    ))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RenameParams {
    name: String,
    to: String,
}

async fn rename(cx: Cx, params: RenameParams) -> Result<Value, MethodError> {
    if params.to.trim().is_empty() {
        return Err(MethodError::invalid("a group needs a name"));
    }
    let _alone = cx.app.sessions.groups.lock().await;
    let in_it = members(&cx, &params.name).await?;
    match cx.app.store.group_rename(&params.name, &params.to).await? {
        true => changed(&cx, Some(in_it)).await,
        false => Err(MethodError::invalid(
            "there is no such group, or the new name is taken",
        )),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateParams {
    name: String,
    cwd: Option<String>,
    worktree: bool,
}

async fn update(cx: Cx, params: UpdateParams) -> Result<Value, MethodError> {
    let _alone = cx.app.sessions.groups.lock().await;
    let mut groups = cx.app.store.groups().await?;
    let found = groups.iter_mut().find(|group| group.name == params.name);
    let group = found.ok_or_else(|| MethodError::invalid("there is no such group"))?;
    let defaults = Defaults {
        cwd: params.cwd,
        worktree: Some(params.worktree),
    };
    group.json = json!(defaults).to_string();
    if !cx.app.store.groups_put(groups).await?.is_empty() {
        let text = "a group was added meanwhile, so nothing was changed; try again";
        return Err(MethodError::unavailable(text).retry_after(100));
    }
    Ok(json!({"ok": true, "defaults": all_defaults(&cx).await?}))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteParams {
    name: String,
}

async fn delete(cx: Cx, params: DeleteParams) -> Result<Value, MethodError> {
    let _alone = cx.app.sessions.groups.lock().await;
    let in_it = cx.app.store.group_delete(&params.name).await?;
    changed(&cx, Some(in_it)).await
}

/// How many sessions a group has.
async fn members(cx: &Cx, name: &str) -> Result<u64, MethodError> {
    let filter = SessionFilter {
        group: Some(name.to_owned()),
        limit: Some(1),
        ..SessionFilter::default()
    };
    Ok(cx.app.store.sessions(&filter).await?.total)
}
