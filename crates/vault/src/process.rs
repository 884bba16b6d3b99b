//! This process and what lies in its memory: tokens, keys and credentials in the clear, while they are used.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io;

use crate::Redactor;

/// Leaves no picture of the memory behind when this process, or one that it starts, crashes. A program can ask for
/// one again.
///
/// # Errors
/// When the system does not let the limit be lowered.
pub fn leave_no_core_dumps() -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Core);
        limit.current = Some(0);
        setrlimit(Resource::Core, limit)?;
    }
    Ok(())
}

/// Closes this process's memory and environment to other programs of the same person, such as those that an agent
/// runs. What it starts is open again. Not for a program with windows: the desktop looks into those to know them.
///
/// # Errors
/// When the system has no such thing to say no to.
pub fn close_to_other_programs() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    Ok(())
}

/// Has panics told to `report` with every known secret taken out, in place of the usual words on stderr.
pub fn report_panics(redactor: Redactor, report: fn(&str)) {
    std::panic::set_hook(Box::new(move |panic| {
        let mut text = panic.to_string();
        let trace = Backtrace::capture();
        if trace.status() == BacktraceStatus::Captured {
            text = format!("{text}\n{trace}");
        }
        report(&redactor.redact(&text));
    }));
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, dumpable_behavior, set_dumpable_behavior};

    use super::*;

    #[test]
    fn a_process_is_closed_and_leaves_no_dump() {
        close_to_other_programs().unwrap();
        let behavior = dumpable_behavior().unwrap();
        // As it was for the tests beside this one, some of which look into processes.
        set_dumpable_behavior(DumpableBehavior::Dumpable).unwrap();
        assert_eq!(behavior, DumpableBehavior::NotDumpable);
        leave_no_core_dumps().unwrap();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core"));
        let soft = core.and_then(|line| line.split_whitespace().nth(4));
        assert_eq!(soft, Some("0"), "{limits}");
    }
}
