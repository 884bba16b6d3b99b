use std::{fs, os::unix::fs::symlink, sync::Arc};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    message::Content,
    tools::{Tool, ToolOutput},
};

struct Place {
    _folder: tempfile::TempDir,
    call: CallContext,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().canonicalize().unwrap();
        let call = CallContext {
            agent_id: Arc::from("main"),
            session_key: Arc::from("agent:main:main"),
            run_id: Arc::from("run"),
            tool_call_id: "call".into(),
            workspace,
            depth: 0,
            cancel: CancellationToken::new(),
            progress: Arc::new(|_| {}),
            engine: None,
            secrets: crate::secrets::Secrets::none(),
            budget: Default::default(),
            told_by: Arc::default(),
            seat: Default::default(),
        };
        Self {
            _folder: folder,
            call,
        }
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.call.workspace.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn get(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.call.workspace.join(path)).ok()
    }

    async fn run(&self, tool: &dyn Tool, given: Value) -> Result<ToolOutput, ToolError> {
        let effect = tool.resolve(&given, &self.call).await?;
        tool.run(&effect, &given, &self.call).await
    }

    async fn text(&self, tool: &dyn Tool, given: Value) -> String {
        self.run(tool, given).await.unwrap().plain()
    }
}

#[tokio::test]
async fn read_gives_the_lines_asked_for_and_says_how_to_go_on() {
    let place = Place::new();
    place.put("f", "1\n2\n3\n4\n");
    assert_eq!(
        place.text(&Read, json!({ "path": "f" })).await,
        "1\n2\n3\n4"
    );
    let part = place
        .text(&Read, json!({ "path": "f", "offset": 2, "limit": 2 }))
        .await;
    assert!(part.starts_with("2\n3\n\n[Lines 2 to 3 of 4."), "{part}");
    let beyond = place.run(&Read, json!({ "path": "f", "offset": 9 })).await;
    assert!(beyond.is_err());
}

#[tokio::test]
async fn read_shows_an_image_and_refuses_other_bytes() {
    let place = Place::new();
    let file = |name: &str| place.call.workspace.join(name);
    fs::write(file("a.png"), [0x89, b'P', b'N', b'G', 0, 1]).unwrap();
    fs::write(file("b.bin"), [0xFF, 0xFE, 0, 1]).unwrap();
    let output = place.run(&Read, json!({ "path": "a.png" })).await.unwrap();
    assert!(
        matches!(&output.content[1], Content::Image { mime_type, .. } if mime_type == "image/png")
    );
    assert!(place.run(&Read, json!({ "path": "b.bin" })).await.is_err());
}

#[tokio::test]
async fn write_and_edit_change_a_file() {
    let place = Place::new();
    place
        .text(&Write, json!({ "path": "a/b", "content": "one two" }))
        .await;
    let edits = json!([{ "oldText": "two", "newText": "three" }]);
    place
        .text(&Edit, json!({ "path": "a/b", "edits": edits }))
        .await;
    assert_eq!(place.get("a/b").unwrap(), "one three");
}

#[tokio::test]
async fn no_tool_leaves_the_workspace() {
    let place = Place::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "needle").unwrap();
    symlink(outside.path(), place.call.workspace.join("out")).unwrap();
    let patch = "*** Begin Patch\n*** Add File: out/new\n+x\n*** End Patch";
    let calls: [(&dyn Tool, Value); 8] = [
        (&Read, json!({ "path": "out/secret" })),
        (&Read, json!({ "path": "/etc/hostname" })),
        (&Write, json!({ "path": "out/new", "content": "x" })),
        (
            &Edit,
            json!({ "path": "out/secret", "oldText": "needle", "newText": "x" }),
        ),
        (&Ls, json!({ "path": "out" })),
        (&Find, json!({ "path": "..", "pattern": "*" })),
        (&Grep, json!({ "path": "out", "pattern": "needle" })),
        (&ApplyPatch, json!({ "input": patch })),
    ];
    for (tool, given) in calls {
        let result = place.run(tool, given.clone()).await;
        let name = tool.spec().name;
        assert!(
            matches!(result, Err(ToolError::Path(_))),
            "{name} {given}: {result:?}"
        );
    }
    let found = place.text(&Grep, json!({ "pattern": "needle" })).await;
    assert_eq!(found, "No matches found", "a search follows no link");
}

#[tokio::test]
async fn find_and_grep_leave_out_what_git_ignores() {
    let place = Place::new();
    place.put(".gitignore", "target/\n");
    place.put("src/a.rs", "let x = 1;\nlet Y = 2;\n");
    place.put("src/deep/b.rs", "nothing\n");
    place.put("target/c.rs", "let x = 3;\n");
    let found = place.text(&Find, json!({ "pattern": "*.rs" })).await;
    assert_eq!(found, "src/a.rs\nsrc/deep/b.rs");
    let found = place.text(&Find, json!({ "pattern": "src/*.rs" })).await;
    assert_eq!(found, "src/a.rs");
    let found = place
        .text(&Grep, json!({ "pattern": "LET [xy]", "ignoreCase": true }))
        .await;
    assert_eq!(found, "src/a.rs:1: let x = 1;\nsrc/a.rs:2: let Y = 2;");
    let found = place
        .text(
            &Grep,
            json!({ "pattern": "x = 1", "context": 1, "path": "src" }),
        )
        .await;
    assert_eq!(found, "src/a.rs:1: let x = 1;\nsrc/a.rs-2- let Y = 2;");
    assert!(place.run(&Grep, json!({ "pattern": "(" })).await.is_err());
}

#[tokio::test]
async fn ls_lists_a_folder() {
    let place = Place::new();
    assert_eq!(place.text(&Ls, json!({})).await, "(empty folder)");
    place.put("b/c", "");
    place.put("a", "");
    assert_eq!(place.text(&Ls, json!({})).await, "a\nb/");
}

#[tokio::test]
async fn a_patch_changes_several_files() {
    let place = Place::new();
    place.put("keep", "a\nb\nc\n");
    place.put("old", "x\n");
    place.put("gone", "x\n");
    let patch = "*** Begin Patch\n*** Add File: new/file\n+hello\n*** Update File: keep\n@@\n a\n-b\n+B\n\
        *** Update File: old\n*** Move to: moved\n@@\n-x\n+y\n*** Delete File: gone\n*** End Patch";
    let said = place.text(&ApplyPatch, json!({ "input": patch })).await;
    assert_eq!(said, "Changed files:\nA new/file\nM keep\nM moved\nD gone");
    assert_eq!(place.get("new/file").unwrap(), "hello\n");
    assert_eq!(place.get("keep").unwrap(), "a\nB\nc\n");
    assert_eq!(place.get("moved").unwrap(), "y\n");
    assert_eq!((place.get("old"), place.get("gone")), (None, None));
}

#[tokio::test]
async fn a_patch_that_does_not_fit_changes_nothing() {
    let place = Place::new();
    place.put("a", "1\n");
    place.put("taken", "1\n");
    for rest in [
        "*** Update File: a\n@@\n-2\n+3",
        "*** Add File: taken\n+x",
        "*** Delete File: missing",
        "*** Update File: a\n*** Move to: taken\n@@\n-1\n+2",
    ] {
        let patch = format!("*** Begin Patch\n*** Add File: new\n+x\n{rest}\n*** End Patch");
        let result = place.run(&ApplyPatch, json!({ "input": patch })).await;
        assert!(result.is_err(), "{rest}");
        assert_eq!(place.get("new"), None, "{rest}");
        assert_eq!(place.get("a").unwrap(), "1\n");
    }
}

#[tokio::test]
async fn what_a_patch_cannot_do_is_known_before_it_does_anything() {
    let place = Place::new();
    place.put("a", "1\n");
    place.put("folder/b", "1\n");
    for rest in [
        "*** Delete File: folder",
        "*** Add File: a/c\n+x",
        "*** Add File: first/c\n+x",
        "*** Update File: a\n*** Move to: folder/b/c\n@@\n-1\n+2",
    ] {
        let patch = format!("*** Begin Patch\n*** Add File: first\n+x\n{rest}\n*** End Patch");
        let result = place.run(&ApplyPatch, json!({ "input": patch })).await;
        assert!(result.is_err(), "{rest}");
        assert_eq!(place.get("first"), None, "{rest}");
    }
    assert_eq!(place.get("a").as_deref(), Some("1\n"));
}

#[tokio::test]
async fn a_file_that_is_moved_may_be_run_as_before() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let at = |name: &str| place.call.workspace.join(name);
    place.put("run.sh", "a\n");
    fs::set_permissions(at("run.sh"), fs::Permissions::from_mode(0o775)).unwrap();
    let patch = "*** Begin Patch\n*** Update File: run.sh\n*** Move to: bin/run\n@@\n-a\n+b\n\
        *** Update File: bin/run\n*** Move to: bin/go\n*** End Patch";
    place.text(&ApplyPatch, json!({ "input": patch })).await;
    let mode = fs::metadata(at("bin/go")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o775);
    assert_eq!(place.get("bin/go").as_deref(), Some("b\n"));
}

#[tokio::test]
async fn an_argument_that_a_tool_does_not_know_is_refused_by_its_name() {
    let place = Place::new();
    place.put("a.txt", "one\n");
    for (tool, mut given) in [
        (&Read as &dyn Tool, json!({"path": "a.txt"})),
        (&Write, json!({"path": "b.txt", "content": "two"})),
        (
            &Edit,
            json!({"path": "a.txt", "edits": [{"oldText": "one", "newText": "two"}]}),
        ),
        (&ApplyPatch, json!({"input": ""})),
        (&Ls, json!({})),
        (&Find, json!({"pattern": "*"})),
        (&Grep, json!({"pattern": "one"})),
    ] {
        // Somebody meant something by it, and would not get it.
        given["lastLine"] = json!(1);
        let name = tool.spec().name;
        let refused = place.run(tool, given).await;
        let Err(ToolError::Arguments(told)) = refused else {
            panic!("{name}: {refused:?}");
        };
        assert!(told.contains("lastLine"), "{name}: {told}");
    }
    assert_eq!(place.get("a.txt").as_deref(), Some("one\n"));
}

#[tokio::test]
async fn grep_leaves_out_what_authenticates_someone_and_says_so() {
    let place = Place::new();
    place.put(".env", "DB_PASSWORD=hunter2");
    place.put("keys/id_rsa", "PASSWORD");
    place.put("src/a.rs", "let PASSWORD = 1;");
    let found = place.text(&Grep, json!({ "pattern": "PASSWORD" })).await;
    assert!(
        found.starts_with("src/a.rs:1: let PASSWORD = 1;"),
        "{found}"
    );
    assert!(!found.contains("hunter2"), "{found}");
    assert!(found.contains(".env, keys/id_rsa"), "{found}");
    let none = place
        .text(&Grep, json!({ "pattern": "PASS", "path": "keys" }))
        .await;
    assert!(none.starts_with("No matches found"), "{none}");
}

#[tokio::test]
async fn grep_says_that_it_reads_all_that_lies_below_and_a_file_that_is_named_as_such() {
    let place = Place::new();
    place.put(".env", "A=1");
    let access = async |given: Value| match Grep.resolve(&given, &place.call).await.unwrap() {
        Effect::Files { paths } => paths[0].access,
        other => panic!("{other:?}"),
    };
    assert_eq!(access(json!({ "pattern": "A" })).await, FileAccess::Search);
    let named = json!({ "pattern": "A", "path": ".env" });
    assert_eq!(access(named.clone()).await, FileAccess::Read);
    assert_eq!(place.text(&Grep, named).await, ".env:1: A=1");
}
