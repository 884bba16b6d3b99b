//! Converters of pictures, sound and documents. Which of their words is written is hard to say; what is surely read is
//! read, everything else is judged as written.

use super::*;
use crate::programs::options::without;

/// Only shows what it is given.
const SHOW: &[&str] = &["identify", "ffprobe", "ffplay", "mediainfo", "pdfinfo"];
/// Options with which these write.
const OUTPUTS: &[&str] = &["-o", "-write", "--output", "--LogFile"];
/// Changes what it is given, or writes beside it.
#[rustfmt::skip]
const IN_PLACE: &[&str] = &["mogrify", "optipng", "jpegoptim", "pngquant", "plantuml", "flac", "oggenc"];
/// Takes several and writes the last.
#[rustfmt::skip]
const MANY: &[&str] = &[
    "convert", "magick", "montage", "composite", "gm", "sox", "pdfunite", "img2pdf", "wkhtmltopdf", "qpdf", "mutool", "gs", "ghostscript",
];
/// Options whose value is read.
#[rustfmt::skip]
const INPUTS: &[&str] = &["-i", "--input", "--css", "--cssFile", "--configFile", "--stylesheet", "--tessdata-dir", "--user-words", "--pages"];

/// Sources of pictures and sound that are no files: the screen, a camera, a microphone.
#[rustfmt::skip]
const RECORDS: &[&str] = &[
    "x11grab", "kmsgrab", "gdigrab", "ddagrab", "avfoundation", "dshow", "v4l2", "video4linux2", "alsa", "pulse", "jack", "oss", "sndio",
    "openal", "fbdev", "xcbgrab", "decklink", "vfwcap",
];

/// `ffmpeg -f x11grab -i :0 …`, `convert x:root …`, `sox -d …`.
fn records(program: &str, before: &str, text: &str) -> bool {
    let source = before == "-f" || before == "-t";
    match program {
        "ffmpeg" | "ffplay" | "ffprobe" | "sox" if source && RECORDS.contains(&text) => true,
        "sox" => text == "-d" && before == "sox",
        "convert" | "magick" | "montage" | "composite" => text == "x:" || text.starts_with("x:"),
        _ => false,
    }
}

pub(super) fn media(parsed: &Parsed, reader: &mut Reader<'_>) {
    let program = crate::place::name(reader.invocation.argv[0].prefix()).to_owned();
    let last = parsed.operands.len().saturating_sub(1);
    let mut before = program.as_str();
    let mut first = true;
    for (at, word) in parsed.operands.iter().enumerate() {
        let text = word.prefix();
        let option = before.starts_with('-') && before.len() > 1;
        if text.contains("://") || text.starts_with("concat:") || text.starts_with("subfile") {
            reader.ask("network", "It may read from elsewhere.");
        } else if records(&program, before, text) {
            reader.ask("screen", "It records the screen, a camera or a microphone.");
        } else if is_helper(&program, text) {
            reader.ask(
                "helper-program",
                "It may run a program or a script that an argument names.",
            );
        } else if text.starts_with('-') {
            joined(word, reader);
        } else if text.contains(['/', '.']) || word.known().is_none() {
            let read = SHOW.contains(&program.as_str()) && !OUTPUTS.contains(&before)
                || INPUTS.contains(&before)
                || MANY.contains(&program.as_str()) && at < last && !option && before != "output"
                || first && !option && (at < last || last == 0) && !changes(&program, parsed);
            reader.touch(word, if read { Access::Read } else { Access::Write });
            first = false;
        }
        before = text;
    }
}

/// `-sOutputFile=FILE`, `--export-filename=FILE`, `-oFILE`.
fn joined(word: &Word, reader: &mut Reader<'_>) {
    let text = word.prefix();
    let at = match text.find('=') {
        Some(at) if INPUTS.contains(&&text[..at]) => {
            return reader.act(READ, &without(word, at + 1));
        }
        Some(at) => at + 1,
        None if text.starts_with("--") => return,
        None => 2,
    };
    let path = without(word, at);
    if path.prefix().contains('/') {
        reader.touch(&path, Access::Write);
    }
}

fn changes(program: &str, parsed: &Parsed) -> bool {
    let sets = |word: &Word| {
        let text = word.prefix();
        text.starts_with('-') && text.contains('=') || text == "--replace-input"
    };
    IN_PLACE.contains(&program)
        || matches!(program, "exiftool" | "qpdf") && parsed.operands.iter().any(sets)
}

fn is_helper(program: &str, text: &str) -> bool {
    text.starts_with('|')
        || text.contains("msl:")
        || text.contains("ephemeral:")
        || matches!(text, "-dSAFER=false" | "-dNOSAFER" | "-config" | "--shell")
        || program == "exiftool" && (text.starts_with("-if") || text.contains("${"))
}
