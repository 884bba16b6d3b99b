//! What changed between the question and the run does not run.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::bench::Bench;

/// Asks about a command, changes something, allows it: it does not run.
async fn changed_in_between(bench: &mut Bench, args: Value, change: impl FnOnce(&Bench)) {
    let (question, call) = bench.asked("exec", args).await;
    change(bench);
    let allowed = bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(allowed["applied"], true);
    let result = call.await.unwrap();
    assert_eq!(result["ok"], false, "{result}");
    let text = result.to_string();
    assert!(
        text.contains("changed between the question and the run"),
        "{text}"
    );
    assert!(!bench.file("bad.txt").exists());
}

#[tokio::test]
async fn a_script_that_was_swapped_does_not_run() {
    let mut bench = Bench::new().await;
    bench.write("task.sh", "touch good.txt\n");
    changed_in_between(&mut bench, json!({"command": "bash task.sh"}), |bench| {
        bench.write("task.sh", "touch bad.txt\n");
    })
    .await;
    assert!(!bench.file("good.txt").exists());
}

#[tokio::test]
async fn a_program_that_was_swapped_does_not_run() {
    let mut bench = Bench::new().await;
    bench.write("tool", "#!/bin/sh\ntouch good.txt\n");
    changed_in_between(&mut bench, json!({"command": "./tool"}), |bench| {
        let other = bench.write("other", "#!/bin/sh\ntouch bad.txt\n");
        fs::rename(other, bench.file("tool")).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_linked_folder_that_was_swapped_runs_nothing() {
    let mut bench = Bench::new().await;
    for folder in ["first", "second"] {
        fs::create_dir(bench.file(folder)).unwrap();
    }
    let link = bench.file("link");
    std::os::unix::fs::symlink("first", &link).unwrap();
    let args = json!({"command": "touch x", "workdir": "link"});
    let (question, call) = bench.asked("exec", args).await;
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("second", &link).unwrap();
    bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(call.await.unwrap()["ok"], false);
    assert!(!bench.file("second/x").exists());
}

/// A link `name` of the workspace to one of two folders beside it, each with a file.
fn led_to(bench: &Bench, name: &str, to: &str) {
    let link = bench.file(name);
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(outside(bench, to), link).unwrap();
}

fn outside(bench: &Bench, folder: &str) -> PathBuf {
    let folder = bench.gateway.state.path().join("beside").join(folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("kept.txt"), "kept").unwrap();
    folder
}

#[tokio::test]
async fn a_link_that_leads_elsewhere_than_when_it_was_asked_about_runs_nothing() {
    for command in [
        "rm -rf junk/*",
        "env | head -0; rm -rf junk/*",
        "rm -rf j*/kept.txt",
        "cd junk && rm kept.txt",
        "cd junk && sudo -n rm kept.txt",
        "rm sub/../junk/kept.txt",
        "cp /dev/null junk/kept.txt",
        "echo x > junk/kept.txt",
        "frobnicate --delete=junk/kept.txt",
        "frobnicate junk/*",
    ] {
        let mut bench = Bench::new().await;
        fs::create_dir_all(bench.file("sub")).unwrap();
        led_to(&bench, "junk", "old");
        changed_in_between(&mut bench, json!({"command": command}), |bench| {
            led_to(bench, "junk", "important");
        })
        .await;
        let kept = fs::read_to_string(outside_file(&bench)).unwrap_or_default();
        assert_eq!(kept, "kept", "{command}");
    }
}

fn outside_file(bench: &Bench) -> PathBuf {
    bench.gateway.state.path().join("beside/important/kept.txt")
}

#[tokio::test]
async fn what_a_pattern_has_come_to_match_since_is_not_deleted() {
    let mut bench = Bench::new().await;
    bench.write("build/old.o", "");
    let command = json!({"command": "rm -rf build/*"});
    changed_in_between(&mut bench, command, |bench| {
        bench.write("build/new.o", "");
    })
    .await;
    assert!(bench.file("build/new.o").exists());
}

#[tokio::test]
async fn a_question_says_where_a_link_leads() {
    let mut bench = Bench::new().await;
    led_to(&bench, "junk", "old");
    let led = outside(&bench, "old").canonicalize().unwrap();
    let (question, call) = bench.exec("rm -rf junk/*").await;
    let effects = question["request"]["analysis"]["effects"].to_string();
    let words = format!(
        "deletes everything below what junk/* matches, in {}",
        led.display()
    );
    assert!(effects.contains(&words), "{effects}");
    bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(call.await.unwrap()["ok"], true);
    assert!(!led.join("kept.txt").exists(), "nothing changed, so it ran");
}

#[tokio::test]
async fn a_folder_that_was_replaced_by_another_of_its_name_runs_nothing() {
    let mut bench = Bench::new().await;
    fs::create_dir(bench.file("sub")).unwrap();
    let args = json!({"command": "touch bad.txt", "workdir": "sub"});
    changed_in_between(&mut bench, args, |bench| {
        fs::rename(bench.file("sub"), bench.file("old")).unwrap();
        fs::create_dir(bench.file("sub")).unwrap();
    })
    .await;
    assert!(!bench.file("sub/bad.txt").exists());
}
