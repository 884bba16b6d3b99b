//! A gateway, a person, and a client that calls tools.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::support::{ALL_SCOPES, ASK_ABOUT_COMMANDS, TestGateway, Wire, another_person};

pub(crate) const MAIN: &str = "agent:main:main";

/// A gateway that asks about every command, a person, and a client that calls tools for an agent.
pub(crate) struct Bench {
    pub(crate) gateway: TestGateway,
    pub(crate) person: Wire,
    pub(crate) caller: Wire,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with_policy(ASK_ABOUT_COMMANDS).await
    }

    pub(crate) async fn with_policy(document: &str) -> Self {
        let gateway = TestGateway::with_policy(document).await;
        fs::create_dir_all(gateway.state.path().join("workspace")).unwrap();
        Self {
            person: another_person(&gateway).await,
            caller: gateway.client(&ALL_SCOPES).await,
            gateway,
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        let workspace = self.gateway.state.path().join("workspace");
        workspace.canonicalize().unwrap().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.file(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Calls a tool; the question about it, and the call, which goes on meanwhile.
    pub(crate) async fn asked(
        &mut self,
        name: &str,
        args: Value,
    ) -> (Value, tokio::task::JoinHandle<Value>) {
        let call = self.call(MAIN, name, args).await;
        let question = self.person.event("exec.approval.requested").await;
        (question["payload"].clone(), call)
    }

    pub(crate) async fn call(
        &self,
        session: &str,
        name: &str,
        args: Value,
    ) -> tokio::task::JoinHandle<Value> {
        let mut wire = self
            .gateway
            .client(&["operator.read", "operator.write"])
            .await;
        let params = json!({"name": name, "args": args, "sessionKey": session});
        tokio::spawn(async move { wire.ask("tools.invoke", params).await })
    }

    pub(crate) async fn exec(&mut self, command: &str) -> (Value, tokio::task::JoinHandle<Value>) {
        self.asked("exec", json!({"command": command})).await
    }

    pub(crate) async fn resolve(&mut self, question: &Value, answer: Value) -> Value {
        let mut params = answer;
        params["id"] = question["id"].clone();
        self.person.ask("gatehouse.approvals.resolve", params).await
    }

    pub(crate) async fn grants(&mut self) -> Vec<Value> {
        let listed = self.person.ask("gatehouse.grants.list", json!({})).await;
        listed["grants"].as_array().unwrap().clone()
    }
}
