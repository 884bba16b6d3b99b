//! The endpoint itself: two routes, on a runtime of its own.

use std::{
    convert::Infallible,
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;

use super::{
    MODEL_ID, Stage,
    answer::{self, Step},
    script::Script,
};

/// Tells answers and tool calls apart.
static ANSWERS: AtomicU64 = AtomicU64::new(1);

type Events = mpsc::Sender<Result<Event, Infallible>>;

/// Serves until told to stop. Called on the model's own thread.
pub(crate) fn run(listener: TcpListener, stage: Arc<Stage>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs nothing but an epoll handle");
    let app = Router::new()
        .route("/v1/models", get(models))
        .route("/v1/chat/completions", post(complete))
        // A long conversation with every tool's schema is more than the usual two megabytes.
        .layer(DefaultBodyLimit::disable())
        .with_state(stage);
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)
            .expect("the listener was made non-blocking");
        tokio::select! {
            // Also when the test dropped the sender without a word.
            _ = stopped => {}
            _ = axum::serve(listener, app) => {}
        }
    });
}

async fn models() -> Json<Value> {
    Json(json!({ "object": "list", "data": [{ "id": MODEL_ID, "object": "model" }] }))
}

async fn complete(State(stage): State<Arc<Stage>>, Json(request): Json<Value>) -> Response {
    let script = Script::read(request["messages"].as_array().map_or(&[], Vec::as_slice));
    stage.keep(request.clone());
    if let Script::Fail { message } = &script {
        let error = json!({ "error": { "message": message, "type": "invalid_request_error" } });
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    let number = ANSWERS.fetch_add(1, Ordering::Relaxed);
    let id = format!("cmpl-{number}");
    let steps = answer::steps(&script, &format!("call_{number}"));
    let usage = answer::usage(&request, &steps);
    if request["stream"] != true {
        return Json(answer::whole(&id, &steps, &usage)).into_response();
    }
    // One slot: the answer is written as fast as the gateway reads, and ends when it hangs up.
    let (events, stream) = mpsc::channel(1);
    tokio::spawn(async move { perform(&stage, &id, &steps, &usage, &events).await });
    Sse::new(ReceiverStream::new(stream)).into_response()
}

/// Writes the answer, step by step, until it is over or the reader is gone.
async fn perform(stage: &Stage, id: &str, steps: &[Step], usage: &Value, events: &Events) {
    for step in steps {
        let choice = match step {
            Step::Delta(delta) => json!([{ "index": 0, "delta": delta, "finish_reason": null }]),
            Step::Finish(reason) => json!([{ "index": 0, "delta": {}, "finish_reason": reason }]),
            Step::Gap => {
                tokio::time::sleep(stage.gap()).await;
                continue;
            }
            Step::Stall => {
                tokio::select! {
                    () = stage.stall() => continue,
                    () = events.closed() => return,
                }
            }
        };
        if send(events, answer::chunk(id, choice, None).to_string())
            .await
            .is_err()
        {
            return;
        }
    }
    let figures = answer::chunk(id, json!([]), Some(usage)).to_string();
    if send(events, figures).await.is_ok() {
        // The last word of the format; a reader that left just before it misses nothing.
        let _ = send(events, "[DONE]".to_owned()).await;
    }
}

async fn send(events: &Events, data: String) -> Result<(), ()> {
    events
        .send(Ok(Event::default().data(data)))
        .await
        .map_err(|_| ())
}
