//! What is mounted where.

use crate::effect::EffectKind;
use crate::place::Access;
use crate::programs::options::Parsed;
use crate::programs::reader::Reader;
use crate::word::Word;

/// Without anything to mount it lists what is mounted.
pub(super) fn mounts(parsed: &Parsed, reader: &mut Reader<'_>) {
    let lists = |arg: &Word| {
        matches!(
            arg.known(),
            Some("-l" | "-v" | "-t" | "--show-labels" | "-h" | "-V")
        )
    };
    let args = &reader.invocation.argv[1..];
    let typed = args.first().is_some_and(|arg| arg.known() == Some("-t")) && args.len() == 2;
    if args.iter().all(lists) || typed {
        return;
    }
    let target = crate::effect::Target::Named("file systems".to_owned());
    reader.effect(
        EffectKind::System,
        target,
        crate::effect::Zone::Unknown,
        "changes what is mounted",
    );
    reader.ask("mount", "It changes what is mounted.");
    mount(parsed, reader);
}

pub(super) fn mount(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.operands.iter().any(|word| word.known() == Some("/")) {
        reader.deny("mount-root", "It changes how the root is mounted.");
    }
    // What is bound over a folder takes its place.
    let binds = reader.invocation.argv.iter().any(|word| {
        let text = word.prefix();
        matches!(text, "--bind" | "--rbind" | "-B" | "-R" | "--move" | "-M")
            || text
                .split(['=', ','])
                .any(|part| matches!(part, "bind" | "rbind" | "move"))
    });
    if let (true, Some(target)) = (binds, parsed.operands.last()) {
        let path = target
            .known()
            .and_then(|text| crate::place::normalise(text, reader.cwd()));
        if path.is_some_and(|path| crate::place::is_critical(&path, reader.world)) {
            reader.deny(
                "mount-root",
                "It puts another folder in the place of one of the system.",
            );
        }
        reader.touch(target, Access::Write);
    }
}
