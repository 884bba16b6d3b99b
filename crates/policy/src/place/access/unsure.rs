//! Paths that are known only in part.

use super::*;

pub(super) fn unknown(shown: &str, access: Access, _world: &World<'_>) -> Touch {
    let mut findings = Vec::new();
    if access != Access::List {
        let code = match access {
            Access::Delete | Access::DeleteAll => "delete-unknown",
            _ if access.changes() => "write-unknown",
            Access::Execute => "run-unknown",
            _ => "read-unknown",
        };
        findings.push(finding(
            Verdict::Ask,
            code,
            format!(
                "It {}, and which that is comes out only when it runs.",
                access.says(shown)
            ),
        ));
    }
    Touch {
        effect: effect(access, Target::Unknown, Zone::Unknown, false, shown),
        below: Vec::new(),
        findings,
    }
}

/// A path of which a part is only known when it runs: judged by the parts that are known, and asked about.
pub(super) fn part(text: &str, access: Access, cwd: Option<&str>, world: &World<'_>) -> Touch {
    let mut touch = unknown(text, access, world);
    let absolute = text.starts_with('/');
    if (absolute || !text.starts_with('…'))
        && let Some(place) = locate(text, cwd, world)
        && (place.secret.is_some() || place.guard.is_some() || place.zone == Zone::Device)
    {
        judge(&place, access, world, &mut touch.findings);
        touch.effect.secret |= place.secret.is_some() && !access.changes();
    }
    let tail = text
        .rsplit('…')
        .next()
        .unwrap_or("")
        .trim_start_matches('/');
    if !tail.is_empty()
        && sets::below_any(tail, sets::HOME_SECRETS)
        && !access.changes()
        && access != Access::List
    {
        touch.effect.secret = true;
        touch.findings.push(finding(
            Verdict::Deny,
            "read-secret",
            format!("{text} holds what authenticates someone."),
        ));
    }
    if !tail.is_empty() && sets::below_any(tail, sets::HOME) && access.changes() {
        touch.findings.push(finding(
            Verdict::Deny,
            "write-protected",
            format!(
                "It {}, which decides what runs or who may do what.",
                access.says(text)
            ),
        ));
    }
    let before = text.split('…').next().unwrap_or("");
    if matches!(access, Access::Read | Access::ReadAll) && before.ends_with('/') {
        let folder = normalise(before, cwd).unwrap_or_default();
        let home = trimmed(&world.home);
        if is_below(&folder, home) && folder != home && holds_secrets(&folder, world) {
            touch.effect.secret = true;
            touch.findings.push(finding(
                Verdict::Deny,
                "read-secret",
                format!("{folder} holds files that authenticate someone."),
            ));
        }
    }
    if access == Access::DeleteAll && before.ends_with('/') {
        // The unknown part may be empty, and then it is the folder itself.
        if let Some(folder) = normalise(before, cwd).filter(|folder| is_critical(folder, world)) {
            touch.findings.push(finding(
                Verdict::Deny,
                "delete-critical",
                format!("It deletes everything below {folder} when the unknown part is empty."),
            ));
        }
    }
    touch
}
