//! What the commands of a line come to together: a download that is run, a text that is decoded and run.

use super::cut::Command;
use super::{Reading, Verdict, find, names};

/// What commands do only together: download and run, decode and run.
pub(super) fn together(text: &str, commands: &[Command], out: &mut Reading) {
    let has = |names: &[&str]| {
        commands
            .iter()
            .any(|command| names.contains(&names::full(command.name())))
    };
    let any = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let fetches = has(&[
        "invoke-webrequest",
        "invoke-restmethod",
        "start-bitstransfer",
        "bitsadmin",
        "certutil",
    ]) || any(&[
        "(irm ",
        "(iwr ",
        "(invoke-restmethod",
        "(invoke-webrequest",
        "downloadstring",
        "downloadfile",
        "downloaddata",
        "net.webclient",
        "httpclient",
        "openread(",
    ]);
    let evaluates = has(&["invoke-expression", "add-type"])
        || any(&[
            "[scriptblock]::create",
            ".invoke()",
            "invokescript",
            "executioncontext",
            "invoke-expression",
            "iex ",
            "iex(",
            "|iex",
        ]);
    let starts = has(&["start-process", "invoke-item", "start-job"])
        || commands.iter().any(|command| {
            command.called
                || command.name().starts_with(".\\")
                || command.name().starts_with("./")
                || command.name().ends_with(".ps1")
                || command.name().ends_with(".bat")
                || command.name().ends_with(".exe")
                    && command.name().contains(['\\', '/', '$', '%'])
        });
    let shells = commands.iter().any(|command| {
        command.piped
            && matches!(
                names::full(command.name()),
                "powershell" | "pwsh" | "cmd" | "sh" | "bash" | "python" | "node"
            )
    });
    let decodes = any(&[
        "frombase64string",
        "convert]::from",
        "gzipstream",
        "deflatestream",
        "-join",
        "[char]",
        "-bxor",
        "tobase64off",
        "replace(",
        "-replace",
        "-split",
        "reverse(",
    ]);
    if fetches && (evaluates || shells || starts) {
        find(
            out,
            Verdict::Deny,
            "download-run",
            "It runs what it downloads.",
        );
    }
    if decodes && (evaluates || shells) {
        find(
            out,
            Verdict::Deny,
            "decode-run",
            "It decodes a text and runs it, and nobody saw what it is.",
        );
    }
    if any(&["-f'", "-f \"", "-f '"])
        && text.contains("{0}")
        && (evaluates || commands.iter().any(|command| command.called))
    {
        find(
            out,
            Verdict::Deny,
            "obfuscated-command",
            "It hides the name of what it runs.",
        );
    }
    if any(&[":~", "%comspec:"]) && text.contains('%') {
        find(
            out,
            Verdict::Ask,
            "obfuscated-command",
            "It puts a command together from pieces of variables.",
        );
    }
    if fetches {
        out.io.emits_network = true;
        find(
            out,
            Verdict::Ask,
            "network",
            "It connects to another machine.",
        );
    }
    if text.contains("historysavepath") && has(&["remove-item", "clear-content", "set-content"]) {
        find(
            out,
            Verdict::Deny,
            "erase-evidence",
            "It erases the record of what was done.",
        );
    }
    let deleted = text.split_once("]::delete(").map(|(_, rest)| rest);
    let path = deleted.and_then(|rest| rest.split([',', ')']).next());
    if path.is_some_and(|path| names::is_critical(path.trim())) {
        find(
            out,
            Verdict::Deny,
            "delete-system",
            "It deletes a whole folder of a person or of the system.",
        );
    }
    let lists_all = commands.iter().any(|command| {
        matches!(names::full(command.name()), "get-childitem" | "get-item")
            && command.args().any(names::is_critical)
    });
    let deletes_it = commands
        .iter()
        .any(|command| command.piped && names::full(command.name()) == "remove-item");
    if lists_all && deletes_it {
        find(
            out,
            Verdict::Deny,
            "delete-system",
            "It deletes a whole folder of a person or of the system.",
        );
    }
    metadata(text, out);
}

fn metadata(text: &str, out: &mut Reading) {
    for part in text.split("://").skip(1) {
        let host = part
            .split(['/', '\'', '"', ' ', ')', ':'])
            .next()
            .unwrap_or("");
        if crate::place::host_class(host) == crate::place::HostClass::Metadata {
            find(
                out,
                Verdict::Deny,
                "metadata-address",
                "It asks the cloud's metadata service, which hands out this machine's credentials.",
            );
        }
    }
}
