//! The files that shape an agent, seen and changed by clients.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::json;
use support::schema::assert_valid;
use support::{ALL_SCOPES, TestGateway};

#[tokio::test]
async fn a_file_is_written_read_and_listed_in_the_published_shapes() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let params = json!({"agentId": "main", "name": "SOUL.md", "content": "Be kind."});
    let set = wire.ask("agents.files.set", params).await;
    assert_valid("AgentsFilesSetResult", &set);
    let get = wire
        .ask(
            "agents.files.get",
            json!({"agentId": "main", "name": "SOUL.md"}),
        )
        .await;
    assert_valid("AgentsFilesGetResult", &get);
    assert_eq!(get["file"]["content"], "Be kind.");
    let list = wire
        .ask("agents.files.list", json!({"agentId": "main"}))
        .await;
    assert_valid("AgentsFilesListResult", &list);
    let soul = list["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|file| file["name"] == "SOUL.md");
    assert_eq!(soul.unwrap()["missing"], false);
}

#[tokio::test]
async fn other_names_and_other_agents_are_refused() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    for name in ["../secret", "notes.txt", "/etc/passwd", "SOUL.md/../x", ""] {
        let params = json!({"agentId": "main", "name": name, "content": "x"});
        let answer = wire.request("agents.files.set", params).await;
        assert_eq!(answer["error"]["code"], "INVALID_REQUEST", "{name}");
    }
    let params = json!({"agentId": "nobody", "name": "SOUL.md"});
    let answer = wire.request("agents.files.get", params).await;
    assert_eq!(answer["error"]["code"], "INVALID_REQUEST");
}

#[tokio::test]
async fn everything_about_an_agent_is_told_of_the_folder_that_it_was_given() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let folder = gateway.state.path().join("of its own");
    let skill = folder.join("skills/weather");
    std::fs::create_dir_all(&skill).unwrap();
    let text = "---\nname: weather\ndescription: Tells it\n---\nLook outside.\n";
    std::fs::write(skill.join("SKILL.md"), text).unwrap();
    let made = json!({"name": "Night", "workspace": folder});
    wire.ask("agents.create", made).await;
    let night = json!({"agentId": "night"});
    let skills = wire.ask("skills.status", night.clone()).await;
    assert_eq!(skills["workspaceDir"], json!(folder), "{skills}");
    assert_eq!(skills["skills"][0]["name"], "weather", "{skills}");
    let files = wire.ask("agents.files.list", night).await;
    assert_eq!(files["workspace"], json!(folder), "{files}");
    for (method, params) in [
        ("skills.status", json!({"agentId": "nobody"})),
        ("tools.catalog", json!({"agentId": "nobody"})),
        (
            "tools.effective",
            json!({"sessionKey": "agent:nobody:main"}),
        ),
    ] {
        let refused = wire.request(method, params).await;
        let words = refused["error"]["message"].as_str().unwrap_or_default();
        assert!(
            words.contains("unknown agent id \"nobody\""),
            "{method}: {refused}"
        );
    }
}

#[tokio::test]
async fn the_workspace_of_an_agent_is_a_whole_path() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    for folder in ["work", "./work", "   ", "~someone/work"] {
        let params = json!({"name": "Night", "workspace": folder});
        let refused = wire.request("agents.create", params).await;
        let words = refused["error"]["message"].as_str().unwrap_or_default();
        assert!(words.contains("workspace"), "{folder}: {refused}");
    }
    wire.ask("agents.create", json!({"name": "Night"})).await;
    let moved = json!({"agentId": "night", "workspace": "work"});
    let refused = wire.request("agents.update", moved).await;
    assert_eq!(refused["error"]["code"], "INVALID_REQUEST", "{refused}");
}

#[tokio::test]
async fn the_default_agent_can_be_changed_and_not_deleted() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let change = json!({"agentId": "main", "name": "Night Watch", "model": "scripted/scripted-1"});
    wire.ask("agents.update", change).await;
    let agents = wire.ask("agents.list", json!({})).await;
    assert_eq!(agents["defaultId"], "main");
    assert_eq!(agents["agents"].as_array().unwrap().len(), 1, "{agents:#}");
    assert_eq!(agents["agents"][0]["name"], "Night Watch", "{agents:#}");
    let identity = wire.ask("agent.identity.get", json!({})).await;
    assert_eq!(identity["name"], "Night Watch", "{identity}");
    let delete = json!({"agentId": "main"});
    let refused = wire.request("agents.delete", delete).await;
    let words = refused["error"]["message"].as_str().unwrap_or_default();
    assert!(words.contains("default"), "{refused}");
    let unknown = json!({"agentId": "nobody", "name": "x"});
    let refused = wire.request("agents.update", unknown).await;
    assert_eq!(refused["error"]["code"], "INVALID_REQUEST", "{refused}");
}
