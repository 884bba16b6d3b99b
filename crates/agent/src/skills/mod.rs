//! Skills: folders with a `SKILL.md` whose front matter says what it is good for.
//!
//! Only the front matter is read here; the model reads the rest when it needs it.

mod about;

use std::{
    collections::HashSet,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

pub use about::{Host, Needs, SkillAbout};

/// How deep below a skills folder a skill may lie; folders in between only put things in order.
const DEEPEST: usize = 4;

/// Skills of one agent, at most.
const MOST: usize = 150;

/// Bytes that are read of a file: the front matter is at its beginning.
const HEAD: u64 = 16 * 1024;

/// One skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    pub name: String,
    pub description: String,
    /// Its `SKILL.md`.
    pub path: PathBuf,
    /// False when the front matter says `disable-model-invocation: true`.
    pub for_model: bool,
    /// False when the front matter says `user-invocable: false`.
    pub for_people: bool,
    pub about: SkillAbout,
}

/// The skills of some folders. Of two with the same name the first folder's is taken. Reads files; not for an
/// async thread.
pub fn load(folders: &[PathBuf]) -> Vec<Skill> {
    let mut names = HashSet::new();
    let mut skills = Vec::new();
    for folder in folders {
        let walk = ignore::WalkBuilder::new(folder)
            .standard_filters(false)
            .follow_links(false)
            .max_depth(Some(DEEPEST))
            .sort_by_file_name(std::ffi::OsStr::cmp)
            .build();
        let files = walk
            .filter_map(Result::ok)
            .filter(|entry| entry.file_name() == "SKILL.md")
            .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
        for entry in files {
            let Some(skill) = read(entry.path()) else {
                continue;
            };
            if skills.len() < MOST && names.insert(skill.name.clone()) {
                skills.push(skill);
            }
        }
    }
    skills
}

fn read(path: &Path) -> Option<Skill> {
    let mut head = Vec::new();
    File::open(path)
        .ok()?
        .take(HEAD)
        .read_to_end(&mut head)
        .ok()?;
    parse(&String::from_utf8_lossy(&head), path)
}

/// None without a front matter that has a name and a description.
fn parse(text: &str, path: &Path) -> Option<Skill> {
    let fields = front_matter(text)?;
    let field = |name: &str| {
        let found = fields.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    Some(Skill {
        name: field("name")?,
        description: field("description")?,
        path: path.to_owned(),
        for_model: field("disable-model-invocation").as_deref() != Some("true"),
        for_people: field("user-invocable").as_deref() != Some("false"),
        about: SkillAbout::read(field("metadata").as_deref(), field("homepage")),
    })
}

/// The top-level fields between two lines of dashes. Knows what skills use of YAML: plain and quoted values,
/// and folded or literal blocks.
fn front_matter(text: &str) -> Option<Vec<(String, String)>> {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    if lines.next()?.trim_end() != "---" {
        return None;
    }
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.trim_end() == "---" {
            return Some(fields);
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                if !value.is_empty() {
                    value.push(' ');
                }
                value.push_str(line.trim());
            }
            continue;
        }
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let value = match value.trim() {
            ">" | "|" | ">-" | "|-" => "",
            value => unquoted(value),
        };
        fields.push((key.trim().to_owned(), value.to_owned()));
    }
    None
}

fn unquoted(value: &str) -> &str {
    let inside = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_quoted_and_folded_fields_are_read() {
        let text = "---\nname: \"weather\"\ndescription: >-\n  Tells the\n  weather.\nmetadata:\n  x: y\n---\n# Body";
        let skill = parse(text, Path::new("SKILL.md")).unwrap();
        assert_eq!(skill.name, "weather");
        assert_eq!(skill.description, "Tells the weather.");
        assert!(skill.for_model);
    }

    #[test]
    fn a_file_without_front_matter_is_no_skill() {
        for text in [
            "",
            "# Skill",
            "---\nname: x\n---\n",
            "---\nname: x\ndescription: y",
        ] {
            assert_eq!(parse(text, Path::new("SKILL.md")), None, "{text:?}");
        }
    }

    #[test]
    fn the_first_folder_wins_and_nested_skills_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str, description: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(&path).unwrap();
            let text = format!("---\nname: a\ndescription: {description}\n---\n");
            fs::write(path.join("SKILL.md"), text).unwrap();
        };
        put("one/personal/a", "first");
        put("two/a", "second");
        let skills = load(&[folder.path().join("one"), folder.path().join("two")]);
        let told: Vec<_> = skills.iter().map(|skill| &skill.description).collect();
        assert_eq!(told, ["first"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_left(text in "(---\n|name: |description: |[ a\"':>|\n]){0,20}") {
            let _ = parse(&text, Path::new("SKILL.md"));
        }
    }
}
