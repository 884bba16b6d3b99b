//! HTTP on the gateway's port: liveness, tools, avatars, metrics, and the control UI. Upgrades to WebSocket never
//! come here.

mod assets;
mod avatar;
mod bearer;
mod door;
mod metrics;
mod reply;
mod tools;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get};
use gatehouse_store::StoreError;
use serde_json::json;

use crate::state::App;

pub use assets::{Asset, Assets, FolderAssets, media_type};
pub use door::Door;
pub(crate) use metrics::Counters;
pub use tools::{ToolCall, ToolCalls, ToolFailure};

/// What is served beside the gateway's own.
#[derive(Clone, Default)]
pub struct WebParts {
    /// The control UI.
    pub assets: Option<Arc<dyn Assets>>,
    /// The control UI's own addresses, for which whoever serves them asks the door.
    pub control: Option<ControlRoutes>,
    /// Who runs a tool for `POST /tools/invoke`.
    pub tools: Option<Arc<dyn ToolCalls>>,
}

/// Makes the control UI's routes, given who decides about sign-ins.
pub type ControlRoutes = Arc<dyn Fn(Door) -> Router + Send + Sync>;

/// What the routes are given.
#[derive(Clone)]
struct Web {
    app: App,
    parts: WebParts,
}

/// All routes.
pub(crate) fn routes(app: App, parts: WebParts) -> Router {
    let body = app.limits.http_body;
    let control = parts
        .control
        .clone()
        .map(|build| build(Door::new(app.clone())));
    let routes = Router::new()
        .route("/health", get(live))
        .route("/healthz", get(live))
        .route("/ready", get(ready))
        .route("/readyz", get(ready))
        .route("/tools/invoke", any(tools::invoke))
        .route("/avatar/{agent}", get(avatar::serve))
        .route("/metrics", get(metrics::serve))
        .method_not_allowed_fallback(async || reply::method_not_allowed("GET, HEAD"))
        .fallback(assets::serve)
        .layer(DefaultBodyLimit::max(body))
        .with_state(Web { app, parts });
    match control {
        Some(control) => control.merge(routes),
        None => routes,
    }
}

async fn live() -> axum::response::Response {
    reply::json(200, &json!({"ok": true, "status": "live"}))
}

async fn ready(axum::extract::State(web): axum::extract::State<Web>) -> axum::response::Response {
    if let Some(failing) = failing(&web.app).await {
        return reply::json(503, &json!({"ready": false, "failing": [failing]}));
    }
    reply::json(
        200,
        &json!({"ready": true, "failing": [], "uptimeMs": web.app.uptime_ms()}),
    )
}

/// With less than this left on the disk, in bytes, a message or a record may not fit.
const LEAST_ROOM: u64 = 64 * 1024;

/// Why the gateway cannot do its work now.
async fn failing(app: &App) -> Option<&'static str> {
    if app.stopping.is_cancelled() {
        return Some("stopping");
    }
    let (machine, folder) = (app.machine.clone(), app.state_dir.clone());
    let looked = tokio::task::spawn_blocking(move || machine.room_at(&folder)).await;
    if looked.is_ok_and(|room| room.is_some_and(|room| room < LEAST_ROOM)) {
        return Some("disk");
    }
    match app.store.check_room().await {
        Ok(()) => None,
        Err(StoreError::DiskFull) => Some("disk"),
        Err(_) => Some("store"),
    }
}
