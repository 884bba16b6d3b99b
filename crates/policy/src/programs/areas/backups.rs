//! Where an editor of files keeps what was there before: the value of an option, which is a path where it holds a slash.

use crate::place::{Access, name};
use crate::programs::options::Parsed;
use crate::programs::reader::{Reader, shown_word};
use crate::word::Word;

/// `sed -iSUFFIX`, `perl -iSUFFIX`: a star in it stands for the name of the file.
pub(super) fn backups(suffix: Option<&Word>, files: &[Word], reader: &mut Reader<'_>) {
    kept(suffix, files, reader, |suffix, file| {
        if suffix.contains('*') {
            suffix.replace('*', name(file))
        } else {
            format!("{file}{suffix}")
        }
    });
}

/// `patch -b` with what stands before the path, before the name, or behind it.
pub(super) fn of_patch(parsed: &Parsed, files: &[Word], reader: &mut Reader<'_>) {
    kept(parsed.value("-B"), files, reader, |begin, file| {
        format!("{begin}{file}")
    });
    kept(parsed.value("-Y"), files, reader, |begin, file| {
        let own = name(file);
        let folder = &file[..file.len() - own.len()];
        format!("{folder}{begin}{own}")
    });
    kept(parsed.value("-z"), files, reader, |end, file| {
        format!("{file}{end}")
    });
}

fn kept(
    value: Option<&Word>,
    files: &[Word],
    reader: &mut Reader<'_>,
    path: fn(&str, &str) -> String,
) {
    let Some(value) = value.filter(|value| shown_word(value).contains('/')) else {
        return;
    };
    let Some(text) = value.known() else {
        reader.touch(value, Access::Write);
        return;
    };
    // Which files they are is not always said: a patch names its own.
    if files.iter().all(|file| file.known().is_none()) {
        reader.touch(&Word::Known(path(text, "x")), Access::Write);
    }
    for file in files.iter().filter_map(Word::known) {
        reader.touch(&Word::Known(path(text, file)), Access::Write);
    }
}
