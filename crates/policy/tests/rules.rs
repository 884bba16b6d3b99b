//! Rules of a person about hosts and paths, held against what real lines do.

mod support;

use gatehouse_policy::authz::AgentRights;
use gatehouse_policy::decide::Act;
use gatehouse_policy::{Context, Policy, Request, Taint, Verdict, decide};
use serde_json::Value;
use support::{analyse, world};

#[track_caller]
fn check(conditions: &str, verdict: Verdict, lines: &[&str]) {
    let document =
        format!("{{rules: [{{id: \"no\", verdict: \"deny\", match: {{{conditions}}}}}]}}");
    let policy = Policy::load(&document, None).expect("the rule is right");
    let (rights, taint, world) = (AgentRights::default(), Taint::default(), world());
    let context = Context::new(&world.home, &world.workspace, &rights, &taint);
    for line in lines {
        let analysis = analyse(line);
        let request = Request {
            agent_id: "main",
            session_key: "agent:main:main",
            channel: None,
            tool: "exec",
            arguments: &Value::Null,
            act: Act::Command(&analysis),
        };
        let decision = decide(&request, &policy, &context);
        assert_eq!(decision.verdict, verdict, "{line}: {:#?}", analysis.effects);
    }
}

#[test]
fn a_host_is_denied_however_it_is_named() {
    let rule = "hosts: \"*.prod.example\"";
    check(
        rule,
        Verdict::Deny,
        &[
            "ssh a.prod.example ls",
            "ssh -o HostName=a.prod.example x ls",
            "scp x a.prod.example:",
            "scp x dev@a.prod.example:y",
            "rsync -a x a.prod.example:y",
            "sftp dev@a.prod.example",
            "sftp a.prod.example:x",
            "wget a.prod.example",
            "curl a.prod.example/x",
            "nc a.prod.example 80",
            "telnet a.prod.example 80",
            "ping -c 1 a.prod.example",
            "dig @a.prod.example x.invalid",
            "ftp a.prod.example",
            "git push git@a.prod.example:x y",
            "git clone a.prod.example:x",
            "git remote add o dev@a.prod.example:x",
            "git push https://a.prod.example/x y",
            "psql -h a.prod.example",
            "psql 'host=a.prod.example dbname=x'",
            "psql postgres://a.prod.example/x",
            "pg_dump -h a.prod.example x",
            "mysql --host=a.prod.example",
            "redis-cli -h a.prod.example get x",
            "docker pull a.prod.example/x",
            "docker run --rm a.prod.example:5000/x ls",
            "docker push a.prod.example/x",
            "docker login a.prod.example",
            "docker -H tcp://a.prod.example ps",
            "pip install --index-url https://a.prod.example/x y",
            "pip install git+https://a.prod.example/x",
            "npm install --registry=https://a.prod.example",
            "npm install --registry https://a.prod.example",
            "kubectl --server https://a.prod.example get pods",
            "kubectl get pods -s https://a.prod.example",
            "helm list --kube-apiserver https://a.prod.example",
            "aws s3 ls --endpoint-url https://a.prod.example",
        ],
    );
    check(
        rule,
        Verdict::Ask,
        &[
            "git push origin HEAD:main",
            "docker pull alpine",
            "ssh b.example ls",
            "kubectl --kubeconfig /tmp/other get pods",
        ],
    );
    check(rule, Verdict::Allow, &["kubectl get pods", "git status"]);
}

#[test]
fn what_takes_a_file_away_is_a_deletion() {
    check(
        "effects: [\"delete\"], paths: \"./keep\"",
        Verdict::Deny,
        &[
            "find . -name a -delete",
            "find . -name a -exec rm {} \\;",
            "find . -type f | xargs rm",
            "git rm -r keep",
            "git mv keep x",
            "gzip keep/a",
            "xz -9 keep/a",
            "gunzip keep/a.gz",
            "zstd --rm keep/a",
            "mv keep x",
        ],
    );
    check(
        "effects: [\"delete\"], paths: \"./keep\"",
        Verdict::Allow,
        &[
            "gzip -k keep/a",
            "gzip -c keep/a > a.gz",
            "zstd keep/a",
            "git rm --cached keep/a",
            "find . -name a",
        ],
    );
}

#[test]
fn an_address_is_denied_however_it_is_written() {
    check(
        r#"urls: "https://a.example/v1/*""#,
        Verdict::Deny,
        &[
            "curl https://a.example/v1/x",
            "curl https://a.example:443/v1/x",
            "curl https://A.example/%76%31/x",
            "curl https://me@a.example/v2/../v1/x",
        ],
    );
}

#[test]
fn numbers_that_no_argument_can_have_are_refused() {
    let document =
        r#"{rules: [{id: "no", verdict: "deny", match: {args: {"/n": {min: 5, max: 1}}}}]}"#;
    let problems = Policy::load(document, None).expect_err("nothing can match");
    let told = format!("{problems:?}");
    assert!(told.contains("min above its max"), "{told}");
}
