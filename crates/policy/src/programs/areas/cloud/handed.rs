//! What commands for other machines hand over: files, and lines that run there.

use super::*;

pub(super) fn recursive(reader: &Reader<'_>) -> bool {
    let mut words = reader.invocation.argv.iter();
    words.any(|word| matches!(word.known(), Some("-r" | "-R" | "--recursive")))
}

/// `--body FILE`, `--from-file=key=FILE`, `file://FILE`: a file that authenticates someone goes where the command goes.
pub(super) fn hands_over(reader: &mut Reader<'_>) {
    for word in reader.invocation.argv.iter().skip(1) {
        let text = shown_word(word);
        let value = match text.split_once('=') {
            Some((_, value)) if text.starts_with('-') => value.rsplit('=').next().unwrap_or(value),
            _ => text.as_str(),
        };
        let path = value
            .trim_start_matches("fileb://")
            .trim_start_matches("file://");
        let path = path.trim_start_matches('@');
        let place = crate::place::locate(path, reader.cwd(), reader.world);
        if path.contains('/') && place.is_some_and(|place| place.secret == Some(Verdict::Deny)) {
            upload(reader, &Word::from(path));
        }
    }
}

/// `ansible HOSTS -m shell -a COMMAND`
pub(super) fn ad_hoc(parsed: &Parsed, reader: &mut Reader<'_>) {
    const RUNS: &[&str] = &["shell", "command", "raw", "win_shell", "win_command"];
    let argv = reader.invocation.argv.clone();
    let after = |names: &[&str]| {
        let at = argv
            .iter()
            .position(|word| word.known().is_some_and(|text| names.contains(&text)))?;
        argv.get(at + 1)
    };
    let module = after(&["-m", "--module-name"]).map_or("command", Word::prefix);
    let module = module.rsplit('.').next().unwrap_or(module);
    let here = after(&["-c", "--connection"]).and_then(Word::known) == Some("local")
        || matches!(parsed.operand(0), Some("localhost" | "127.0.0.1"));
    if let (true, Some(line)) = (RUNS.contains(&module), after(&["-a", "--args"])) {
        reader.script(line.clone(), crate::world::Dialect::Posix, !here);
    }
}
