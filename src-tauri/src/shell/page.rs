//! Where the main window's page is in its life, and the place that a person asked for while it was not there to show it.

use gatehouse_fleet::view::Opening;

/// The page of the main window.
pub(super) enum Page {
    /// It is not there yet, or no longer, or is being loaded anew.
    Absent {
        /// Kept until a page that was told has painted: one that is loaded anew before that is told again.
        wanted: Option<Opening>,
        told: bool,
    },
    /// It listens.
    Ready,
}

impl Page {
    pub(super) const fn absent() -> Self {
        Self::Absent {
            wanted: None,
            told: false,
        }
    }

    /// The page starts: where it begins.
    pub(super) fn starts(&mut self) -> Option<Opening> {
        let Self::Absent { wanted, told } = self else {
            return None;
        };
        *told = wanted.is_some();
        wanted.clone()
    }

    /// The page has painted and listens from here on: what it was not told at its start.
    pub(super) fn listens(&mut self) -> Option<Opening> {
        match std::mem::replace(self, Self::Ready) {
            Self::Absent {
                wanted,
                told: false,
            } => wanted,
            _ => None,
        }
    }

    /// The page is loaded, for the first time or anew.
    pub(super) fn loads(&mut self) {
        match self {
            Self::Ready => *self = Self::absent(),
            Self::Absent { told, .. } => *told = false,
        }
    }

    /// A person wants to see this. Answers it where the page is to be told now.
    pub(super) fn wants(&mut self, opening: Opening) -> Option<Opening> {
        match self {
            Self::Ready => Some(opening),
            Self::Absent { wanted, told } => {
                *wanted = Some(opening);
                *told = false;
                None
            }
        }
    }

    /// Where a page that is not there begins, unless a person asked for something.
    pub(super) fn begins_at(&mut self, opening: Opening) {
        if let Self::Absent { wanted, .. } = self {
            wanted.get_or_insert(opening);
        }
    }
}

#[cfg(test)]
mod tests {
    use gatehouse_fleet::view::ItemKey;

    use super::*;

    fn item(id: &str) -> Opening {
        Opening::Item {
            key: ItemKey(id.to_owned()),
        }
    }

    fn ready() -> Page {
        let mut page = Page::absent();
        page.listens();
        page
    }

    #[test]
    fn what_is_asked_for_while_the_page_is_loaded_anew_is_where_it_begins() {
        let mut page = ready();
        page.loads();
        assert_eq!(page.wants(item("a")), None, "nobody would hear it");
        assert_eq!(page.starts(), Some(item("a")));
        assert_eq!(page.listens(), None, "and it is not opened twice");
        assert_eq!(page.wants(item("b")), Some(item("b")));
    }

    #[test]
    fn a_page_that_dies_before_it_has_painted_leaves_its_place_to_the_next() {
        let mut page = Page::absent();
        page.wants(item("a"));
        assert_eq!(page.starts(), Some(item("a")));
        page.loads();
        assert_eq!(page.starts(), Some(item("a")));
    }

    #[test]
    fn what_is_asked_for_after_the_start_is_told_when_the_page_listens() {
        let mut page = Page::absent();
        page.wants(item("a"));
        page.starts();
        page.wants(item("b"));
        assert_eq!(page.listens(), Some(item("b")));
    }

    #[test]
    fn a_page_that_was_there_is_loaded_anew_where_it_was_and_not_where_it_once_began() {
        let mut page = Page::absent();
        page.wants(item("a"));
        page.starts();
        page.listens();
        page.loads();
        assert_eq!(page.starts(), None);
    }
}
