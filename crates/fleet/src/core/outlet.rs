//! Notices on their way to the shell: in order for each item, joined while the shell is slow, never unbounded.

use std::collections::VecDeque;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::notices::NoticeCommand;
use crate::view::ItemKey;

/// Plain notices that wait; older ones are of no use by then.
const PLAIN: usize = 16;

/// Commands that are on their way or wait to be.
pub(crate) struct Outlet {
    to_shell: mpsc::Sender<NoticeCommand>,
    waiting: VecDeque<NoticeCommand>,
}

impl Outlet {
    pub(crate) fn new(to_shell: mpsc::Sender<NoticeCommand>) -> Self {
        Self {
            to_shell,
            waiting: VecDeque::new(),
        }
    }

    /// Takes a command in. One that waits for the same item is replaced by what both come to.
    pub(crate) fn push(&mut self, command: NoticeCommand) {
        let Some(key) = key(&command).cloned() else {
            return self.push_plain(command);
        };
        let Some(at) = self.waiting.iter().position(|w| self::key(w) == Some(&key)) else {
            return self.waiting.push_back(command);
        };
        let before = self.waiting.remove(at);
        match (before, command) {
            (Some(NoticeCommand::Show(_)), NoticeCommand::Withdraw { .. }) => {}
            (Some(NoticeCommand::Show(_)), NoticeCommand::Update(notice)) => {
                self.waiting.push_back(NoticeCommand::Show(notice));
            }
            (
                Some(withdraw @ NoticeCommand::Withdraw { .. }),
                show @ (NoticeCommand::Show(_) | NoticeCommand::Lasting { .. }),
            ) => {
                self.waiting.extend([withdraw, show]);
            }
            (_, command) => self.waiting.push_back(command),
        }
    }

    fn push_plain(&mut self, command: NoticeCommand) {
        let plain = self.waiting.iter().filter(|w| key(w).is_none()).count();
        if plain >= PLAIN {
            let oldest = self.waiting.iter().position(|w| key(w).is_none());
            oldest.and_then(|at| self.waiting.remove(at));
        }
        self.waiting.push_back(command);
    }

    /// Hands over what the shell has room for.
    pub(crate) fn send(&mut self) {
        while let Some(command) = self.waiting.pop_front() {
            match self.to_shell.try_send(command) {
                Ok(()) => {}
                Err(TrySendError::Full(command)) => return self.waiting.push_front(command),
                // Nobody shows notices; the window and the tray are still there.
                Err(TrySendError::Closed(_)) => return self.waiting.clear(),
            }
        }
    }
}

fn key(command: &NoticeCommand) -> Option<&ItemKey> {
    match command {
        NoticeCommand::Show(notice) | NoticeCommand::Update(notice) => Some(&notice.key),
        NoticeCommand::Withdraw { key } | NoticeCommand::Lasting { key, .. } => Some(key),
        NoticeCommand::Plain(_) => None,
    }
}
