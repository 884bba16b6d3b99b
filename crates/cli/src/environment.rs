//! What the process was started with, taken once and passed on, so that nothing below reads it behind a
//! test's back. Values may be secrets: nothing here prints them.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The environment, the home folder and the clock.
pub(crate) struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    pub(crate) fn of_this_process() -> Self {
        // A variable that is no text is none of ours.
        let texts = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self {
            variables: texts.collect(),
        }
    }

    #[cfg(test)]
    pub(crate) fn with(variables: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            variables: variables.iter().map(own).collect(),
        }
    }

    /// A variable that is set and not blank.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?;
        (!value.trim().is_empty()).then_some(value.as_str())
    }

    /// All of them, for references in a configuration.
    pub(crate) fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// `~/.gatehouse`, or what `GATEHOUSE_STATE_DIR` names.
    pub(crate) fn state_dir(&self) -> Option<PathBuf> {
        if let Some(folder) = self.get("GATEHOUSE_STATE_DIR") {
            return Some(PathBuf::from(folder));
        }
        let home = self.get("HOME").or_else(|| self.get("USERPROFILE"))?;
        Some(PathBuf::from(home).join(".gatehouse"))
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
