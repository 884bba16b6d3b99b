//! Programs that change what runs elsewhere: clouds, clusters, infrastructure, forges.

mod forges;
mod handed;

use super::containers::{copied_from, read_elsewhere};
use crate::effect::EffectKind;
use crate::place::Access;
use crate::programs::Stdin;
use crate::programs::network::{host, upload};
use crate::programs::options::Parsed;
use crate::programs::reader::{Reader, shown_word};
use crate::programs::table::{
    Act, FETCHES, Grammar, NETWORK, Opt, Program, READ, TEXT, flags, program, value,
};
use crate::verdict::Verdict;
use crate::word::Word;
use forges::{forge, gh_alias, gh_api};
use handed::{ad_hoc, hands_over, recursive};

const REMOTE: &str = "remote-change";
const CHANGES: &str = "changes what runs elsewhere";
const CLOUD: &str = "cloud-credentials";
const USES: &str = "uses the credentials of a cloud";
const DELETES: &str = "infrastructure-delete";

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("terraform tofu terragrunt").grammar(Grammar::Stops).options(&[value("-chdir", Act::Path(Access::Create)), flags("-version --version -help --help")]).subs(&[
        program("validate version providers graph metadata help -version"), program("fmt").options(&[flags("-check -diff -recursive -list -write")]).each(Act::Path(Access::Write)),
        program("plan refresh init get console test show output state workspace import login logout force-unlock taint untaint modules query").grammar(Grammar::Single).asks(EffectKind::Remote, CLOUD, USES).also(terraform),
        program("apply").grammar(Grammar::Single).asks(EffectKind::Remote, REMOTE, CHANGES).also(terraform), program("destroy run-all").grammar(Grammar::Single).asks(EffectKind::Remote, DELETES, "deletes infrastructure").also(terraform),
    ]),
    program("kubectl oc k3s-kubectl kubecolor").grammar(Grammar::Stops).options(KUBE).subs(KUBECTL),
    program("helm").also(helm).subs(&[
        program("list ls status history template lint version search env help verify"), program("dependency dep").subs(&[
            program("list ls"), program("update up build").asks(EffectKind::Network, "package-install", "fetches charts from others"),
        ]), program("get show").asks(EffectKind::Read, CLOUD, "reads values that may be secret"),
        program("install upgrade rollback repo pull push package registry plugin create test").asks(EffectKind::Remote, REMOTE, CHANGES).options(&[value("--post-renderer", Act::Shell), value("-f --values", READ)]), program("uninstall delete del un").asks(EffectKind::Remote, DELETES, "deletes a release"),
    ]),
    program("aws").io(FETCHES).asks(EffectKind::Remote, CLOUD, USES).also(aws),
    program("gcloud gsutil bq az doctl heroku fly flyctl vercel netlify wrangler firebase supabase railway render linode-cli hcloud vultr-cli scw ibmcloud oci aliyun tccli openstack cf eb sam copilot cdk cdktf pulumi serverless sls nomad consul vault boundary waypoint packer vagrant ansible ansible-playbook ansible-vault salt puppet chef knife kops eksctl k3s k9s flux argocd argo istioctl linkerd skaffold tilt velero rancher crossplane okteto garden dapr pscale turso neonctl planetscale mongocli atlas confluent databricks snowsql dbt airflow prefect dagster amplify expo-cli eas fastlane app-center surge gh-pages now deployctl convex stripe twilio sentry-cli datadog-ci newrelic circleci travis jenkins-cli buildkite-agent act op bw lpass doppler infisical sops age age-plugin pass gopass chamber aws-vault saml2aws granted teller berglas sealed-secrets kubeseal step certbot acme.sh mkcert")
        .io(FETCHES).asks(EffectKind::Remote, CLOUD, USES).also(cloud),
    program("kustomize kubeval kubeconform kube-score conftest opa datree polaris").also(|parsed, reader| super::builds::careful(&parsed.operands, reader)),
    program("kind minikube k3d").grammar(Grammar::Stops).subs(&[
        program("status version help ip"), program("get").also(|parsed, reader| match parsed.operand(0) {
            Some("clusters" | "nodes") => {}
            _ => reader.deny("read-secret", "It prints what logs in to a cluster."),
        }),
        program("create delete start stop pause unpause load build export cluster image addons ssh kubectl config profile tunnel service dashboard mount cp node registry kubeconfig update-context docker-env podman-env logs")
            .asks(EffectKind::Remote, CLOUD, USES).also(cloud),
    ]),
    program("gh").io(FETCHES).grammar(Grammar::Stops).subs(GH),
];

#[rustfmt::skip]
const KUBE: &[Opt] = &[
    value("-n --namespace --context --cluster --user --request-timeout -v --v --as --as-group --as-uid --cache-dir --certificate-authority --client-certificate --client-key --token --password --username --tls-server-name", TEXT), value("-s --server", Act::Host),
    value("--kubeconfig", Act::Ask("other-configuration", "Its configuration comes from elsewhere, and may name a program that logs in.")),
    flags("--insecure-skip-tls-verify --match-server-version --warnings-as-errors"),
];

#[rustfmt::skip]
static KUBECTL: &[Program] = &[
    program("get describe events top").options(KUBE).also(kube_read),
    program("logs log version api-resources api-versions explain cluster-info diff wait options help completion kustomize").options(KUBE),
    program("config").options(KUBE).also(|parsed, reader| match parsed.operand(0) {
        Some("view") if reader.invocation.argv.iter().any(|arg| matches!(arg.prefix(), "--raw" | "--flatten")) => reader.deny("read-secret", "It prints what logs in to a cluster."),
        Some("view" | "current-context" | "get-contexts" | "get-clusters" | "get-users") => {}
        _ => reader.ask(REMOTE, "It changes which cluster later commands speak to."),
    }),
    program("auth").options(KUBE).also(|parsed, reader| if !matches!(parsed.operand(0), Some("can-i" | "whoami")) { reader.ask(REMOTE, "It changes who may do what in a cluster."); }),
    program("exec debug attach run").grammar(Grammar::Stops).options(KUBE).asks(EffectKind::Remote, REMOTE, "runs a command in a cluster").io(NETWORK).also(kube_exec),
    program("cp").options(KUBE).asks(EffectKind::Remote, REMOTE, "copies to or from a cluster").also(kube_copy),
    program("port-forward proxy").options(KUBE).asks(EffectKind::Network, "tunnel", "opens a way into a cluster"),
    program("delete").options(KUBE).asks(EffectKind::Remote, DELETES, "deletes in a cluster").also(kube_delete),
    program("drain").options(KUBE).asks(EffectKind::Remote, DELETES, "empties a machine of a cluster"),
    program("create").options(KUBE).asks(EffectKind::Remote, REMOTE, CHANGES).also(|parsed, reader| { hands_over(reader); if parsed.operand(0) == Some("token") { reader.deny("read-secret", "It makes and prints what logs in to a cluster."); }}),
    program("rollout").options(KUBE).also(|parsed, reader| if !matches!(parsed.operand(0), Some("status" | "history")) { reader.ask(REMOTE, "It changes what runs in a cluster."); }),
    program("apply replace patch edit set scale autoscale label annotate expose taint cordon uncordon certificate plugin").options(KUBE).asks(EffectKind::Remote, REMOTE, CHANGES),
];

/// Options that stand anywhere.
fn helm(_: &Parsed, reader: &mut Reader<'_>) {
    let argv = reader.invocation.argv.clone();
    for (at, word) in argv.iter().enumerate() {
        let text = word.prefix();
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        match name {
            "--kubeconfig" => reader.ask(
                "other-configuration",
                "Its configuration comes from elsewhere, and may name a program that logs in.",
            ),
            "--kube-apiserver" if value.is_empty() => {
                if let Some(server) = argv.get(at + 1) {
                    host(reader, server);
                }
            }
            "--kube-apiserver" => host(reader, &Word::from(value)),
            // A chart that lies elsewhere is fetched.
            _ if text.contains("://") && !text.starts_with('-') => {
                crate::programs::network::url(reader, word, crate::programs::network::Use::Get);
            }
            _ => {}
        }
    }
}

fn kube_read(parsed: &Parsed, reader: &mut Reader<'_>) {
    let secret = parsed.operands.iter().any(|word| {
        word.prefix().split([',', '/']).any(|part| {
            matches!(
                part.to_ascii_lowercase().as_str(),
                "secret" | "secrets" | "all-secrets"
            )
        })
    });
    let shows = reader.invocation.argv.iter().any(|arg| {
        let text = arg.prefix();
        ["yaml", "json", "template", "jsonpath", "custom"]
            .iter()
            .any(|part| text.contains(part))
    });
    if secret {
        reader.out.io.emits_secret = true;
        let verdict = if shows { Verdict::Deny } else { Verdict::Ask };
        reader.find(verdict, "read-secret", "It reads the secrets of a cluster.");
    }
}

/// `cp POD:PATH FILE`, `cp FILE POD:PATH`.
fn kube_copy(parsed: &Parsed, reader: &mut Reader<'_>) {
    for (at, word) in parsed.operands.iter().enumerate() {
        match copied_from(word) {
            Some(path) if at + 1 < parsed.operands.len() => read_elsewhere(reader, path),
            Some(_) => {}
            None => {
                upload(reader, word);
            }
        }
    }
}

/// `debug node/NAME` has the whole disk of a machine below `/host`.
fn reaches_a_machine(words: &[Word]) -> bool {
    let on_a_node = words.iter().any(|word| word.prefix().starts_with("node/"));
    let reaches = |word: &Word| word.prefix().starts_with("/host") || word.prefix() == "chroot";
    on_a_node && words.iter().any(|word| word.known() == Some("debug")) && words.iter().any(reaches)
}

fn kube_exec(_: &Parsed, reader: &mut Reader<'_>) {
    let words = &reader.invocation.argv;
    if reaches_a_machine(words) {
        return reader.deny(
            "container-escape",
            "It reaches the disk of the machine that a cluster runs on.",
        );
    }
    if let Some(at) = words.iter().position(|word| word.known() == Some("--")) {
        let argv = words[at + 1..].to_vec();
        reader.command(&argv, false, None, true);
    }
    if words.iter().any(|word| {
        word.prefix().starts_with("--overrides") || word.prefix().starts_with("--privileged")
    }) {
        reader.deny(
            "container-escape",
            "It asks for rights over the machine that it runs on.",
        );
    }
}

fn kube_delete(parsed: &Parsed, reader: &mut Reader<'_>) {
    let all = reader.invocation.argv.iter().any(|arg| {
        matches!(
            arg.known(),
            Some("--all" | "-A" | "--all-namespaces" | "--all=true")
        )
    });
    let whole = parsed.operands.iter().any(|word| {
        word.prefix().split([',', '/']).any(|part| {
            matches!(
                part,
                "ns" | "namespace"
                    | "namespaces"
                    | "node"
                    | "nodes"
                    | "no"
                    | "pv"
                    | "persistentvolume"
                    | "pvc"
                    | "persistentvolumeclaim"
                    | "crd"
                    | "crds"
                    | "customresourcedefinition"
                    | "clusterrole"
                    | "storageclass"
                    | "all"
            )
        })
    });
    if all || whole {
        reader.deny(
            DELETES,
            "It deletes a whole part of a cluster, and nobody is asked again.",
        );
    }
}

/// Whether a question that a program would ask is answered for it.
fn confirmed(reader: &Reader<'_>) -> bool {
    reader.invocation.argv.iter().skip(1).any(|arg| {
        let text = arg.prefix();
        let name = text.split('=').next().unwrap_or("");
        let yes = text
            .split_once('=')
            .is_none_or(|(_, value)| !matches!(value, "false" | "0" | "no"));
        yes && matches!(
            name,
            "-auto-approve"
                | "--auto-approve"
                | "--yes"
                | "-y"
                | "--force"
                | "-f"
                | "--quiet"
                | "-q"
                | "--confirm"
                | "--no-confirm"
                | "--assume-yes"
                | "--skip-confirmation"
                | "--approve"
                | "--no-input"
                | "--force-destroy"
                | "--yes-i-really-mean-it"
                | "--non-interactive"
                | "--no-prompt"
                | "--skip-preview"
                | "--terragrunt-non-interactive"
                | "--autoapprove"
                | "--accept"
                | "--acknowledge-delete"
                | "-Y"
                | "--noconfirm"
        )
    }) || matches!(
        reader.invocation.stdin,
        Stdin::Pipe | Stdin::Text(_) | Stdin::File(_)
    )
}

fn terraform(parsed: &Parsed, reader: &mut Reader<'_>) {
    let argv = &reader.invocation.argv;
    let destroys = argv
        .iter()
        .any(|arg| matches!(arg.known(), Some("destroy" | "-destroy" | "--destroy")));
    let plan_only = argv.iter().any(|arg| arg.known() == Some("plan"));
    if destroys && !plan_only && confirmed(reader) {
        reader.deny(
            DELETES,
            "It deletes infrastructure, and nobody is asked again.",
        );
    }
    if matches!(
        parsed.operand(0),
        Some("rm" | "delete" | "replace-provider" | "push")
    ) {
        reader.ask(
            DELETES,
            "It changes what the tool knows of the infrastructure.",
        );
    }
}

fn has_word(parsed: &Parsed, list: &[&str]) -> bool {
    parsed.operands.iter().any(|word| {
        word.known().is_some_and(|text| {
            let text = text.to_ascii_lowercase();
            text.split([':', '-', '_', '/'])
                .any(|part| list.contains(&part))
        })
    })
}

#[rustfmt::skip]
const DELETE: &[&str] = &[
    "delete", "destroy", "terminate", "remove", "rm", "purge", "drop", "teardown", "nuke", "down", "reset", "rb",
    "undeploy", "deprovision", "wipe",
];

#[rustfmt::skip]
const SECRETS: &[&str] = &[
    "print", "token", "tokens", "secret", "secrets", "password", "passwords", "key", "keys", "creds", "credential",
    "credentials", "otp",
];

/// Deletion without a question, and what prints a credential, are denied wherever they are.
fn cloud(parsed: &Parsed, reader: &mut Reader<'_>) {
    copied_up(parsed, reader);
    hands_over(reader);
    let program = reader.invocation.argv[0].prefix().to_owned();
    if has_word(parsed, DELETE) && confirmed(reader) {
        reader.deny(
            DELETES,
            "It deletes what runs or is kept elsewhere, and nobody is asked again.",
        );
    }
    let secrets = matches!(
        program.as_str(),
        "op" | "bw"
            | "lpass"
            | "doppler"
            | "infisical"
            | "pass"
            | "gopass"
            | "chamber"
            | "aws-vault"
            | "teller"
            | "vault"
            | "berglas"
            | "ansible-vault"
            | "sops"
            | "age"
    );
    let reads = has_word(
        parsed,
        &[
            "get", "show", "access", "read", "print", "view", "list", "decrypt", "export", "dump",
            "fetch", "reveal", "item", "unlock", "run", "exec", "d",
        ],
    );
    let prints = match program.as_str() {
        "heroku" => matches!(parsed.operand(0), Some("config" | "config:get")),
        "doppler" => parsed.operand(0) == Some("secrets"),
        "gcloud" => has_word(parsed, &["keys"]) && has_word(parsed, &["create"]),
        _ => false,
    };
    let decrypts = matches!(program.as_str(), "sops" | "age")
        && reader
            .invocation
            .argv
            .iter()
            .any(|arg| matches!(arg.known(), Some("-d" | "--decrypt")));
    if (secrets && (reads || decrypts || program == "pass" || program == "gopass"))
        || (has_word(parsed, SECRETS) && reads)
        || prints
    {
        reader.out.io.emits_secret = true;
        reader.deny("read-secret", "It prints what authenticates someone.");
    }
    if matches!(program.as_str(), "ansible" | "ansible-playbook") {
        reader.ask(REMOTE, "It runs commands on other machines.");
    }
    if program == "ansible" {
        ad_hoc(parsed, reader);
    }
    let irreversible = match program.as_str() {
        "gsutil" => has_word(parsed, &["rm", "rb"]) && recursive(reader),
        "gcloud" => {
            has_word(parsed, &["storage"]) && has_word(parsed, &["rm"]) && recursive(reader)
        }
        "serverless" | "sls" => parsed.operand(0) == Some("remove"),
        "eksctl" => parsed.operand(0) == Some("delete") && parsed.operand(1) == Some("cluster"),
        _ => false,
    };
    if irreversible {
        reader.deny(
            DELETES,
            "It deletes what is kept elsewhere, and nobody is asked again.",
        );
    }
    for word in &parsed.operands {
        let text = word.prefix();
        if text.starts_with('/') || text.starts_with("./") || text.starts_with("../") {
            reader.touch(word, Access::Read);
        }
    }
}

fn aws(parsed: &Parsed, reader: &mut Reader<'_>) {
    hands_over(reader);
    let verb = parsed
        .operands
        .iter()
        .skip(1)
        .find_map(Word::known)
        .unwrap_or("")
        .to_owned();
    let service = parsed.operand(0).unwrap_or("").to_owned();
    let args = &reader.invocation.argv;
    let has = |name: &str| {
        args.iter()
            .any(|arg| arg.prefix().split('=').next() == Some(name))
    };
    if has("--dryrun") || has("--dry-run") || verb == "help" {
        return;
    }
    let deletes = [
        "delete-",
        "terminate-",
        "remove-",
        "purge-",
        "deregister-",
        "schedule-key-deletion",
        "disable-",
        "stop-logging",
        "detach-",
        "revoke-",
    ]
    .iter()
    .any(|begin| verb.starts_with(begin));
    let bucket = service == "s3" && (verb == "rb" || verb == "rm" && has("--recursive"));
    if deletes || bucket {
        reader.deny(
            DELETES,
            "It deletes what runs or is kept in the cloud, and nobody is asked again.",
        );
    }
    let secret = matches!(
        (service.as_str(), verb.as_str()),
        (
            "secretsmanager",
            "get-secret-value" | "batch-get-secret-value"
        ) | (
            "sts",
            "get-session-token"
                | "assume-role"
                | "get-federation-token"
                | "assume-role-with-web-identity"
        ) | (
            "iam",
            "create-access-key" | "create-login-profile" | "update-login-profile"
        ) | ("ecr", "get-login-password" | "get-authorization-token")
            | ("ec2", "get-password-data")
            | ("configure", "get" | "export-credentials")
            | ("kms", "decrypt")
            | ("rds", "generate-db-auth-token")
            | ("eks", "get-token")
            | ("lightsail", "download-default-key-pair")
    ) || has("--with-decryption");
    if secret {
        reader.out.io.emits_secret = true;
        reader.deny("read-secret", "It prints what authenticates someone.");
    }
    let all_rights = |word: &Word| word.prefix().ends_with("/AdministratorAccess");
    if service == "iam" && verb.ends_with("-policy") && args.iter().any(all_rights) {
        reader.deny("users", "It gives someone every right in the cloud.");
        return;
    }
    if service == "s3" && matches!(verb.as_str(), "cp" | "mv" | "sync") {
        for word in parsed
            .operands
            .iter()
            .skip(2)
            .filter(|word| !word.prefix().starts_with("s3://"))
        {
            upload(reader, word);
            reader.touch(word, Access::ReadAll);
        }
    }
    let files: Vec<Word> = args
        .iter()
        .filter(|arg| arg.prefix().starts_with("file://") || arg.prefix().starts_with("fileb://"))
        .cloned()
        .collect();
    for word in files {
        let at = word.prefix().find("://").map_or(0, |at| at + 3);
        upload(reader, &crate::programs::options::without(&word, at));
    }
}

/// `gsutil cp FILE gs://…`, `gcloud storage cp`: what is copied to a bucket leaves this machine.
fn copied_up(parsed: &Parsed, reader: &mut Reader<'_>) {
    let copies = |word: &Word| matches!(word.known(), Some("cp" | "mv" | "rsync" | "sync"));
    let Some(at) = parsed.operands.iter().position(copies) else {
        return;
    };
    let is_bucket = |word: &Word| word.prefix().starts_with("gs://");
    let rest = &parsed.operands[at + 1..];
    if let Some((to, from)) = rest.split_last()
        && is_bucket(to)
    {
        let local = from
            .iter()
            .filter(|word| !is_bucket(word) && !word.prefix().starts_with('-'));
        for word in local {
            upload(reader, word);
            reader.touch(word, Access::ReadAll);
        }
    }
}

const READS_GH: &str = "list view status diff checks ls show ls-tree files get";

#[rustfmt::skip]
static GH: &[Program] = &[
    program("pr issue run workflow repo release project label ruleset milestone cache org gist attestation discussion").grammar(Grammar::Stops).also(forge),
    program("status search help version --version"),
    program("auth").also(|parsed, reader| match parsed.operand(0) {
        Some("status") if !reader.invocation.argv.iter().any(|arg| matches!(arg.known(), Some("-t" | "--show-token"))) => {}
        Some("token" | "status") => {
            reader.out.io.emits_secret = true;
            reader.deny("read-secret", "It prints what authenticates a person.");
        }
        _ => reader.ask("account", "It changes who is logged in."),
    }),
    program("api").options(&[value("-X --method", TEXT), value("-f --raw-field -F --field", TEXT), value("-H --header -q --jq -t --template -p --preview --cache --hostname", TEXT), value("--input", TEXT), flags("--paginate -i --include --silent --verbose --slurp")]).asks(EffectKind::Network, "network", "asks the forge by hand").also(gh_api),
    program("secret variable").also(|parsed, reader| if parsed.operand(0) == Some("list") { reader.ask(CLOUD, "It lists the secrets of a project."); } else { reader.ask(REMOTE, "It changes the secrets of a project."); }),
    program("extension ext alias config codespace cs copilot ssh-key gpg-key browse skill preview agent-task").asks(EffectKind::Remote, REMOTE, "changes an account, or what the tool itself runs").also(gh_alias),
];
