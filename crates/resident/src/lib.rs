//! Gives back the pages of the program's code that it is not using.
//!
//! WebKit, GTK and a program that carries a gateway are some 200 MB of code, of which a start touches most and an app
//! in the tray almost nothing. The kernel counts what was touched once as the program's until memory runs short. This
//! takes such pages out of the program; what is needed again is mapped again from the page cache, without a read from
//! the disk as long as it is there.
//!
//! Only code and constants are given back, never data: see [`maps`].
#![cfg_attr(test, allow(clippy::unwrap_used))]

#[cfg(target_os = "linux")]
mod maps;

/// Gives back what can be. Returns how many bytes of address space were advised; 0 on other systems than Linux, which
/// do it by themselves.
///
/// # Errors
/// When the kernel does not tell what is mapped, or refuses.
pub fn give_back() -> std::io::Result<u64> {
    #[cfg(target_os = "linux")]
    return linux::give_back();
    #[cfg(not(target_os = "linux"))]
    Ok(0)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::c_void;
    use std::io;
    use std::ptr;

    use rustix::mm::{Advice, madvise};

    use crate::maps::{self, Mapping};

    pub(crate) fn give_back() -> io::Result<u64> {
        let own = std::env::current_exe()?;
        let smaps = std::fs::read_to_string("/proc/self/smaps")?;
        let mut bytes = 0;
        for mapping in maps::that_can_go(&smaps, &own.to_string_lossy()) {
            advise(&mapping)?;
            bytes += mapping.len as u64;
        }
        Ok(bytes)
    }

    #[expect(unsafe_code, reason = "advice about memory is given by address")]
    fn advise(mapping: &Mapping) -> io::Result<()> {
        let start = ptr::with_exposed_provenance_mut::<c_void>(mapping.start);
        // SAFETY: the range is a private, read-only mapping of a file, of which no page was ever written to
        // (`maps::that_can_go`), so that a dropped page comes back from the file as it was. It belongs to the program
        // itself or to a library that stays for the life of the process, so nothing else can be mapped there by now.
        unsafe { madvise(start, mapping.len, Advice::LinuxDontNeed) }?;
        Ok(())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    /// Of which enough is in the program that a test sees it go and come back.
    static CONSTANTS: [u8; 1 << 20] = [7; 1 << 20];

    #[test]
    fn what_was_given_back_reads_as_before_and_the_program_goes_on() {
        let sum = || CONSTANTS.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        let before = sum();
        assert!(super::give_back().unwrap() > 1 << 20);
        assert_eq!(sum(), before);
        assert!(super::give_back().is_ok(), "again, at once");
    }
}
