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
    if web.app.stopping.is_cancelled() {
        return reply::json(503, &json!({"ready": false, "failing": ["stopping"]}));
    }
    reply::json(
        200,
        &json!({"ready": true, "failing": [], "uptimeMs": web.app.uptime_ms()}),
    )
}
