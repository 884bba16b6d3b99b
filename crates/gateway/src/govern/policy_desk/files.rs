//! The two files of a policy. One that was never there leaves what comes with the program; one that was there and is
//! empty or gone is a mistake, as most likely nobody meant to drop every rule at once.

use std::io;
use std::path::Path;

use gatehouse_policy::Policy;
use gatehouse_policy::authz::DEFAULT_ROLES;
use gatehouse_policy::decide::DEFAULT_DOCUMENT;
use gatehouse_policy::rules::Problem;
use serde::{Deserialize, Serialize};

use crate::private;

pub(super) const DOCUMENT: &str = "policy.json5";
pub(super) const ROLES: &str = "roles.cedar";

/// What stands in the files; none where there is no file.
pub(super) struct Texts {
    pub(super) document: Option<String>,
    pub(super) roles: Option<String>,
}

/// The last good policy, for a restart.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kept {
    document: String,
    roles: Option<String>,
    /// Whether they stood in files. What kept no word of it was written in one if it says something of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    had_document: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    had_roles: Option<bool>,
}

impl Texts {
    pub(super) fn load(&self) -> Result<Policy, Vec<Problem>> {
        let document = self.document.as_deref().unwrap_or(DEFAULT_DOCUMENT);
        Policy::load(document, self.roles.as_deref())
    }

    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        for (name, text) in [(ROLES, &self.roles), (DOCUMENT, &self.document)] {
            if let Some(text) = text {
                private::replace(&folder.join(name), text.as_bytes())?;
            }
        }
        Ok(())
    }
}

impl Kept {
    pub(super) fn of(policy: &Policy, texts: &Texts) -> Self {
        Self {
            document: policy.document().to_owned(),
            roles: Some(policy.roles().to_owned()),
            had_document: Some(texts.document.is_some()),
            had_roles: Some(texts.roles.is_some()),
        }
    }

    /// Older versions took an empty document for one without rules, and empty roles for roles of nobody.
    pub(super) fn load(&self) -> Result<Policy, Vec<Problem>> {
        let document = Some(self.document.as_str()).filter(|text| !text.trim().is_empty());
        let roles = self.roles.as_deref().map(|text| match text.trim() {
            "" => "// nobody",
            _ => text,
        });
        Policy::load(document.unwrap_or("{}"), roles)
    }

    fn had_document(&self) -> bool {
        self.had_document
            .unwrap_or(self.document != DEFAULT_DOCUMENT)
    }

    fn had_roles(&self) -> bool {
        let own = self
            .roles
            .as_deref()
            .is_some_and(|text| text != DEFAULT_ROLES);
        self.had_roles.unwrap_or(own)
    }
}

/// Reads the files; what was kept of them says whether one is missed.
pub(super) fn read(folder: &Path, kept: Option<&Kept>) -> Result<Texts, Vec<Problem>> {
    let had = |had: fn(&Kept) -> bool| kept.is_some_and(had);
    let document = one(
        folder,
        DOCUMENT,
        had(Kept::had_document),
        "`{}` in it says that no rule is wanted",
    );
    let roles = one(
        folder,
        ROLES,
        had(Kept::had_roles),
        "put a file in its place to have other roles",
    );
    match (document, roles) {
        (Ok(document), Ok(roles)) => Ok(Texts { document, roles }),
        (document, roles) => Err(document.err().into_iter().chain(roles.err()).collect()),
    }
}

fn one(folder: &Path, name: &str, had: bool, instead: &str) -> Result<Option<String>, Problem> {
    let wrong = |what: String| Problem::of_file(name, what);
    match std::fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !had => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(wrong(format!(
            "the file is gone; the last good one stays in force, and {instead}"
        ))),
        Err(error) => Err(wrong(format!("the file cannot be read: {error}"))),
    }
}
