//! Folders that are read with all that lies below them.

use super::super::below;
use super::*;

/// What is read of a folder is as secret as the files in it.
pub(super) fn judge_below(
    place: &Place,
    among: &Among,
    world: &World<'_>,
    below: &mut Vec<Effect>,
    findings: &mut Vec<Finding>,
) {
    let lies = below::secrets(place, among, world);
    for found in &lies.secrets {
        let path = found.path.as_str();
        let target = Target::Path(path.to_owned());
        below.push(effect(Access::Read, target, found.zone, true, path));
        findings.push(finding(
            Verdict::Ask,
            "read-secret",
            format!(
                "{path} holds what authenticates someone, and all of {} is read.",
                place.path
            ),
        ));
    }
    if lies.too_much && lies.secrets.is_empty() {
        findings.push(finding(
            Verdict::Ask,
            "read-too-much",
            format!(
                "More lies below {} than is looked through for what authenticates someone.",
                place.path
            ),
        ));
    }
}
