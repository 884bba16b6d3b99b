//! HTTP on the gateway's port: liveness, tools, avatars, metrics, and the control UI. Upgrades to WebSocket never
//! come here.

mod assets;
mod avatar;
mod bearer;
mod metrics;
mod reply;
mod tools;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get};
use serde_json::json;

use crate::state::App;

pub use assets::{Asset, Assets, FolderAssets};
pub(crate) use metrics::Counters;
pub use tools::{ToolCall, ToolCalls, ToolFailure};

/// What is served beside the gateway's own.
#[derive(Clone, Default)]
pub struct WebParts {
    /// The control UI.
    pub assets: Option<Arc<dyn Assets>>,
    /// Who runs a tool for `POST /tools/invoke`.
    pub tools: Option<Arc<dyn ToolCalls>>,
}

/// What the routes are given.
#[derive(Clone)]
struct Web {
    app: App,
    parts: WebParts,
}

/// All routes.
pub(crate) fn routes(app: App, parts: WebParts) -> Router {
    let body = app.limits.http_body;
    Router::new()
        .route("/health", get(live))
        .route("/healthz", get(live))
        .route("/ready", get(ready))
        .route("/readyz", get(ready))
        .route("/tools/invoke", any(tools::invoke))
        .route("/avatar/{agent}", get(avatar::serve))
        .route("/metrics", get(metrics::serve))
        .fallback(assets::serve)
        .layer(DefaultBodyLimit::max(body))
        .with_state(Web { app, parts })
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
