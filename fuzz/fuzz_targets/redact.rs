//! However a text with a secret is cut into chunks, the secret does not come out, and all else does as from one piece.
#![no_main]

use gatehouse_vault::{Redactor, Secret};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "ghp_Zm9vYmFyYmF6cXV4";

fuzz_target!(|input: (Vec<u8>, Vec<u8>, Vec<u8>)| {
    let (before, after, cuts) = input;
    let redactor = Redactor::new();
    redactor.learn(&Secret::new(SECRET));
    let whole = [before.as_slice(), SECRET.as_bytes(), after.as_slice()].concat();
    let mut at_once = Vec::new();
    let mut stream = redactor.stream();
    stream.push(&whole, &mut at_once);
    stream.finish(&mut at_once);
    let mut in_chunks = Vec::new();
    let mut stream = redactor.stream();
    let mut rest = whole.as_slice();
    for cut in cuts {
        let (chunk, more) = rest.split_at(usize::from(cut).min(rest.len()));
        stream.push(chunk, &mut in_chunks);
        rest = more;
    }
    stream.push(rest, &mut in_chunks);
    stream.finish(&mut in_chunks);
    let shows = |bytes: &[u8]| bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
    assert!(!shows(&in_chunks) && !shows(&at_once));
    assert_eq!(in_chunks, at_once);
});
