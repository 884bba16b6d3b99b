//! A machine of a few files, for what depends on what is there.

use std::collections::BTreeMap;

use gatehouse_policy::{Entry, Extent, Listing, WorldFiles};

/// What lies at a path. Folders above are there as well.
enum Node {
    File(String),
    Link(String),
}

#[derive(Default)]
pub(crate) struct Tree(BTreeMap<String, Node>, BTreeMap<String, i64>);

impl Tree {
    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.0.insert(path.to_owned(), Node::File(text.to_owned()));
        self
    }

    pub(crate) fn link(mut self, path: &str, target: &str) -> Self {
        self.0
            .insert(path.to_owned(), Node::Link(target.to_owned()));
        self
    }

    /// When a file was changed; else it was before anything else happened.
    pub(crate) fn changed(mut self, path: &str, time: i64) -> Self {
        self.1.insert(path.to_owned(), time);
        self
    }

    fn through_links(&self, path: &str) -> String {
        for (link, node) in &self.0 {
            if let (Node::Link(target), Some(rest)) = (node, path.strip_prefix(link.as_str()))
                && (rest.is_empty() || rest.starts_with('/'))
            {
                return self.through_links(&format!("{target}{rest}"));
            }
        }
        path.to_owned()
    }
}

impl WorldFiles for Tree {
    fn resolve(&self, path: &str) -> Option<String> {
        Some(self.through_links(path))
    }

    fn text(&self, path: &str) -> Option<String> {
        match self.0.get(&self.through_links(path)) {
            Some(Node::File(text)) => Some(text.clone()),
            _ => None,
        }
    }

    fn is_dir(&self, path: &str) -> Option<bool> {
        let inside = format!("{}/", self.through_links(path));
        Some(self.0.keys().any(|path| path.starts_with(&inside)))
    }

    fn changed_since(&self, path: &str, time: i64) -> bool {
        self.1.get(path).is_some_and(|changed| *changed >= time)
    }

    fn list(&self, folder: &str, most: usize) -> Listing {
        let inside = format!("{}/", self.through_links(folder).trim_end_matches('/'));
        let mut entries: Vec<Entry> = self
            .0
            .iter()
            .filter_map(|(path, node)| {
                let rest = path.strip_prefix(&inside)?;
                let name = rest.split('/').next()?.to_owned();
                let link = name == rest && matches!(node, Node::Link(_));
                let folder = name != rest;
                Some(Entry { name, link, folder })
            })
            .collect();
        entries.dedup();
        let extent = if entries.len() > most {
            Extent::TooMuch
        } else {
            Extent::Whole
        };
        entries.truncate(most);
        Listing { entries, extent }
    }
}
