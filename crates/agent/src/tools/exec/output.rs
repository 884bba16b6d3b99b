//! Output of a process, bounded: the beginning and the end are kept, the middle is counted.

/// What a process wrote so far.
pub(crate) struct Output {
    head: Vec<u8>,
    tail: std::collections::VecDeque<u8>,
    half: usize,
    total: u64,
}

impl Output {
    /// Keeps about `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            head: Vec::new(),
            tail: std::collections::VecDeque::new(),
            half: (limit / 2).max(1),
            total: 0,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = self.half.saturating_sub(self.head.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.head.extend_from_slice(first);
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..over);
    }

    /// Bytes written in all, kept or not.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// All that is kept, with a word about what is not.
    pub(crate) fn all(&self) -> String {
        let kept = (self.head.len() + self.tail.len()) as u64;
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        if kept == self.total {
            let whole = [self.head.as_slice(), &tail].concat();
            return String::from_utf8_lossy(&whole).into_owned();
        }
        let head = String::from_utf8_lossy(&self.head);
        let tail = String::from_utf8_lossy(&tail);
        let missing = self.total - kept;
        format!("{head}\n[… {missing} bytes of output left out …]\n{tail}")
    }

    /// What came after the first `known` bytes, as far as it is kept.
    pub(crate) fn since(&self, known: u64) -> String {
        let new = self.total.saturating_sub(known);
        let kept = self.last(usize::try_from(new).unwrap_or(usize::MAX));
        let lost = new.saturating_sub(kept.len() as u64);
        // A character that is cut in two may take up to three bytes.
        if lost > 3 {
            return format!("[… {lost} bytes of output left out …]\n{kept}");
        }
        kept
    }

    /// The newest `most` bytes, at a character's beginning.
    pub(crate) fn last(&self, most: usize) -> String {
        let tail = self.tail.len().min(most);
        let head = (most - tail).min(self.head.len());
        // The tail is only full when the head is; between them bytes may be missing.
        let head = if self.tail.len() < self.half { head } else { 0 };
        let mut bytes = self.head[self.head.len() - head..].to_vec();
        bytes.extend(self.tail.iter().skip(self.tail.len() - tail));
        let begins = bytes.iter().position(|byte| byte & 0xC0 != 0x80);
        String::from_utf8_lossy(&bytes[begins.unwrap_or(bytes.len())..]).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_output_is_kept_whole() {
        let mut output = Output::new(100);
        output.push("grü".as_bytes());
        output.push(b"ss");
        assert_eq!(output.all(), "grüss");
        assert_eq!(output.last(2), "ss");
    }

    #[test]
    fn long_output_keeps_its_beginning_and_its_end() {
        let mut output = Output::new(8);
        for chunk in b"0123456789abcdef".chunks(3) {
            output.push(chunk);
        }
        assert_eq!(output.total(), 16);
        assert_eq!(output.all(), "0123\n[… 8 bytes of output left out …]\ncdef");
        assert_eq!(output.last(100), "cdef");
    }

    #[test]
    fn what_is_new_is_told_once_and_a_gap_is_named() {
        let mut output = Output::new(8);
        output.push(b"0123");
        assert_eq!(output.since(0), "0123");
        assert_eq!(output.since(4), "");
        output.push(b"45");
        assert_eq!(output.since(4), "45");
        output.push(b"6789abcdef");
        assert_eq!(output.since(6), "[… 6 bytes of output left out …]\ncdef");
    }

    #[test]
    fn a_tail_never_begins_in_the_middle_of_a_character() {
        let mut output = Output::new(100);
        output.push("aü".as_bytes());
        assert_eq!(output.last(1), "");
        assert_eq!(output.last(2), "ü");
    }
}
