//! The HTTP routes.

use axum::Router;
use axum::routing::get;

use crate::state::App;

/// All routes. Upgrades to WebSocket never come here.
pub(crate) fn routes(app: App) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/healthz", get(health))
        .with_state(app)
}

async fn health() -> axum::Json<serde_json::Value> {
    axum::Json(serde_json::json!({"ok": true, "status": "live"}))
}
