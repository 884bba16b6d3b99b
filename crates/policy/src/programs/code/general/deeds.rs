//! Which calls do something to files, by their names and by what they are names of.

use super::{Access, Language, Walker};
use crate::programs::code::words::{DELETES, DELETES_ALL, OPENS, READS, WRITES};

/// What a call does to the files that it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// Reads or writes, as another argument says.
    Open,
    /// Only names a path.
    Name,
    /// Tells the names of what is in a folder, or matches a pattern.
    List,
    Touch(Access),
    /// From the first to the second.
    Copy(Access),
    Move,
    Link,
}

#[rustfmt::skip]
const COPIES: &[&str] = &["copyfile", "copy2", "copyFile", "copyFileSync", "cp", "copy_file", "copy_stream"];
const COPIES_ALL: &[&str] = &["copytree", "cp_r", "cpSync", "copySync", "copy_entry"];
#[rustfmt::skip]
const MOVES: &[&str] = &["move", "rename", "renameSync", "mv", "replace_file", "moveSync", "move_uploaded_file"];
const LINKS: &[&str] = &["symlink", "symlinkSync", "link", "linkSync", "ln_s"];
#[rustfmt::skip]
const LISTS: &[&str] = &["listdir", "scandir", "readdir", "readdirSync", "opendir", "iterdir", "rglob"];

impl Walker<'_, '_> {
    pub(super) fn deed(
        &self,
        at: usize,
        name: &str,
        called: bool,
        attribute: bool,
    ) -> Option<Deed> {
        let module = if attribute {
            self.module_before(at)
        } else {
            None
        };
        if let Some(deed) = self.by_module(module.unwrap_or_default(), name) {
            return deed;
        }
        if let Some(access) = self.of_a_path(name).filter(|_| attribute) {
            return Some(Deed::Touch(access));
        }
        let ours = called || attribute;
        match name {
            // That of R deletes folders too.
            "unlink" if called && self.language == Language::Other => {
                Some(Deed::Touch(Access::DeleteAll))
            }
            "Path" if called => Some(Deed::Name),
            "copy" if ours && self.copies_a_file(at) => Some(Deed::Copy(Access::Read)),
            "replace" if ours && self.replaces_a_file(at, module, attribute) => Some(Deed::Move),
            "glob" | "iglob" | "walk" => {
                (called && self.lists_a_known_folder(at)).then_some(Deed::List)
            }
            "file" => (called && !attribute && self.language == Language::Php)
                .then_some(Deed::Touch(Access::Read)),
            "foreach" | "entries" | "children" | "readlines" => None,
            _ if ours && COPIES.contains(&name) => Some(Deed::Copy(Access::Read)),
            _ if ours && COPIES_ALL.contains(&name) => Some(Deed::Copy(Access::ReadAll)),
            _ if ours && MOVES.contains(&name) => Some(Deed::Move),
            _ if ours && LINKS.contains(&name) => Some(Deed::Link),
            _ if ours && DELETES_ALL.contains(&name) => Some(Deed::Touch(Access::DeleteAll)),
            _ if ours && DELETES.contains(&name) => Some(Deed::Touch(Access::Delete)),
            _ if ours && WRITES.contains(&name) => Some(Deed::Touch(Access::Write)),
            _ if OPENS.contains(&name) && (called || self.is_handed_on(at)) => Some(Deed::Open),
            _ if ours && READS.contains(&name) => Some(Deed::Touch(Access::Read)),
            _ => None,
        }
    }

    /// What the classes of Ruby and the library of Lua do by names that are harmless elsewhere.
    fn by_module(&self, module: &str, name: &str) -> Option<Option<Deed>> {
        let deed = match (self.language, module, name) {
            (Language::Lua, "io", "lines" | "input") => Deed::Touch(Access::Read),
            (Language::Lua, "io", "output") => Deed::Touch(Access::Write),
            (Language::Lua, "io", "open") => Deed::Open,
            (Language::Lua, "io", _) => return Some(None),
            (_, "Pathname", "new") => Deed::Name,
            (_, "File" | "IO" | "Dir" | "FileUtils" | "Pathname" | "io", name) => match name {
                "new" | "open" => Deed::Open,
                "read" | "readlines" | "foreach" | "each_line" => Deed::Touch(Access::Read),
                "entries" | "children" | "glob" | "each_child" => Deed::List,
                "delete" => Deed::Touch(Access::Delete),
                "write" | "binwrite" => Deed::Touch(Access::Write),
                _ => return None,
            },
            _ => return None,
        };
        Some(Some(deed))
    }

    /// What the methods of a path in Ruby do.
    fn of_a_path(&self, name: &str) -> Option<Access> {
        if !self.bound.has_paths() {
            return None;
        }
        match name {
            "read" | "readlines" | "each_line" | "binread" => Some(Access::Read),
            "delete" | "unlink" => Some(Access::Delete),
            "rmtree" => Some(Access::DeleteAll),
            "write" | "binwrite" => Some(Access::Write),
            _ => None,
        }
    }

    /// The name that an attribute is one of: `os` of `os.replace`.
    pub(super) fn module_before(&self, at: usize) -> Option<&str> {
        let steps = if self.source.before(at) == '.' { 2 } else { 3 };
        self.name(at.checked_sub(steps)?)
    }

    /// `copy` of a list is given nothing, that of a file two paths.
    fn copies_a_file(&self, at: usize) -> bool {
        let (given, spread) = self.given(at);
        given > 1 || spread || given == 1 && self.receiver(at).is_some()
    }

    /// `replace` of a text is given two texts; that of a module or of a path is given where the file goes.
    fn replaces_a_file(&self, at: usize, module: Option<&str>, attribute: bool) -> bool {
        if self.language != Language::Python {
            return false;
        }
        let (given, spread) = self.given(at);
        let of_the_system = module.is_some_and(|module| self.bound.is_system(module));
        !attribute || of_the_system || given == 1 && !spread
    }

    /// How many arguments a call has that have no name, and whether one stands for several.
    fn given(&self, at: usize) -> (usize, bool) {
        let arguments = self.source.arguments(at);
        let given = arguments.iter().filter(|one| {
            one.name.is_none() || matches!(one.name.as_deref(), Some("src" | "dst" | "target"))
        });
        let spread = arguments
            .iter()
            .any(|one| self.sign(one.from) == '*' || self.sign(one.from) == '.');
        (given.count(), spread)
    }

    fn lists_a_known_folder(&self, at: usize) -> bool {
        let arguments = self.source.arguments(at);
        let first = arguments.first().map(|one| self.values().argument(one));
        let known = |word: &crate::word::Word| !matches!(word, crate::word::Word::Unknown(_));
        first.as_ref().is_none_or(known)
            && (first.is_some() || self.receiver(at).as_ref().is_some_and(known))
            && (self.module_before(at).is_some() && self.source.before(at) == '.'
                || !self.source.is_attribute(at)
                || self.receiver(at).is_some())
    }

    /// `map(open, names)`: a function that is given to another.
    fn is_handed_on(&self, at: usize) -> bool {
        let called = self
            .source
            .parent(at)
            .filter(|&open| self.sign(open) == '(' && open > 0)
            .is_some_and(|open| self.name(open - 1).is_some());
        self.name(at) == Some("open")
            && called
            && matches!(self.sign(at + 1), ',' | ')')
            && matches!(self.source.before(at), '(' | ',' | '=')
    }

    pub(super) fn is_list(&self, name: &str) -> bool {
        LISTS.contains(&name)
    }
}
