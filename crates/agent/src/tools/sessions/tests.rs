use std::sync::Mutex;

use tokio_util::sync::CancellationToken;

use super::*;

#[derive(Default)]
struct Known {
    asked: Mutex<Vec<String>>,
}

impl Known {
    fn note(&self, text: String) -> Result<Value, SessionError> {
        self.asked.lock().unwrap().push(text);
        Ok(json!({ "fine": true }))
    }
}

#[async_trait]
impl Sessions for Known {
    async fn list(&self, caller: &Caller, _params: &Value) -> Result<Value, SessionError> {
        self.note(format!("{} lists", caller.session_key))
    }

    async fn history(
        &self,
        _caller: &Caller,
        key: &str,
        _params: &Value,
    ) -> Result<Value, SessionError> {
        self.note(format!("history of {key}"))
    }

    async fn send(
        &self,
        _caller: &Caller,
        key: &str,
        message: &str,
        wait: Duration,
    ) -> Result<Value, SessionError> {
        self.note(format!("{message} to {key} for {} s", wait.as_secs()))
    }

    async fn status(&self, _caller: &Caller, key: &str) -> Result<Value, SessionError> {
        self.note(format!("status of {key}"))
    }

    async fn create_child(&self, _caller: &Caller, _child: &ChildSession) -> Result<(), String> {
        Err("not here".into())
    }
}

fn call() -> CallContext {
    CallContext {
        agent_id: Arc::from("main"),
        session_key: Arc::from("mine"),
        run_id: Arc::from("run"),
        tool_call_id: "call".into(),
        workspace: std::path::PathBuf::from("/"),
        depth: 0,
        cancel: CancellationToken::new(),
        progress: Arc::new(|_| {}),
        engine: None,
        secrets: crate::secrets::Secrets::none(),
        budget: Default::default(),
        told_by: Arc::default(),
        seat: Default::default(),
    }
}

async fn ask(name: &str, given: Value) -> (Result<ToolOutput, ToolError>, Vec<String>) {
    ask_in(name, given, call()).await
}

async fn ask_in(
    name: &str,
    given: Value,
    call: CallContext,
) -> (Result<ToolOutput, ToolError>, Vec<String>) {
    let known = Arc::new(Known::default());
    let mut toolbox = Toolbox::default();
    add_to(&mut toolbox, known.clone());
    let tool = toolbox.find(name).unwrap();
    let result = match tool.resolve(&given, &call).await {
        Ok(effect) => tool.run(&effect, &given, &call).await,
        Err(error) => Err(error),
    };
    let asked = known.asked.lock().unwrap().clone();
    (result, asked)
}

#[tokio::test]
async fn the_gateway_is_asked_what_the_model_asked() {
    for (name, given, expected) in [
        ("sessions_list", json!({}), "mine lists"),
        (
            "sessions_history",
            json!({ "sessionKey": "other" }),
            "history of other",
        ),
        ("session_status", json!({}), "status of mine"),
        (
            "sessions_send",
            json!({ "sessionKey": "other", "message": "hi", "timeoutSeconds": 0 }),
            "hi to other for 0 s",
        ),
        (
            "sessions_send",
            json!({ "sessionKey": "other", "message": "hi", "timeoutSeconds": 1e9 }),
            "hi to other for 600 s",
        ),
    ] {
        let (result, asked) = ask(name, given).await;
        assert!(result.is_ok(), "{name}: {result:?}");
        assert_eq!(asked, [expected]);
    }
}

#[tokio::test]
async fn calls_that_make_no_sense_are_refused() {
    for (name, given) in [
        ("sessions_history", json!({})),
        (
            "sessions_send",
            json!({ "sessionKey": "mine", "message": "hi" }),
        ),
        (
            "sessions_send",
            json!({ "sessionKey": "other", "message": " " }),
        ),
        ("sessions_spawn", json!({ "task": " " })),
        ("sessions_spawn", json!({ "task": "x", "model": "nothing" })),
        ("sessions_spawn", json!({ "task": "x" })),
    ] {
        let (result, asked) = ask(name, given.clone()).await;
        assert!(result.is_err(), "{name} {given}: {result:?}");
        assert_eq!(asked, [""; 0]);
    }
}

#[tokio::test]
async fn whoever_waits_for_an_answer_leaves_its_place_to_the_one_that_answers() {
    for (seconds, free) in [(5, 1), (0, 0)] {
        let room = Arc::new(tokio::sync::Semaphore::new(1));
        let seat = crate::engine::Seat::in_room(&room);
        seat.take().await;
        let call = CallContext {
            seat: seat.clone(),
            ..call()
        };
        let given = json!({ "sessionKey": "other", "message": "hi", "timeoutSeconds": seconds });
        let (sent, _) = ask_in("sessions_send", given, call).await;
        assert!(sent.is_ok(), "{sent:?}");
        assert_eq!(room.available_permits(), free, "{seconds} s");
        seat.take().await;
        assert_eq!(room.available_permits(), 0, "one place for one run");
    }
}
