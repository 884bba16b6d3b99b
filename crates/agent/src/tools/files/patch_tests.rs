use proptest::prelude::*;

use super::*;
use crate::tools::files::hunk::apply;

fn only_hunks(patch: &str) -> Vec<Hunk> {
    match parse(patch).unwrap().pop() {
        Some(Operation::Update { hunks, .. }) => hunks,
        other => panic!("{other:?}"),
    }
}

fn patched(text: &str, body: &str) -> Result<String, PatchError> {
    let patch = format!("{BEGIN}\n{UPDATE}f\n{body}\n{END}");
    apply("f", text, &only_hunks(&patch))
}

#[test]
fn the_documented_example_is_read() {
    let patch = "*** Begin Patch
*** Add File: path/to/file.txt
+line 1
+line 2
*** Update File: src/app.ts
@@ optional change context
-old line
+new line
*** Update File: src/old-name.ts
*** Move to: src/new-name.ts
@@
 context line
-old line
+new line
*** Update File: src/tail.ts
@@
+appended last line
*** End of File
*** Delete File: obsolete.txt
*** End Patch";
    let operations = parse(patch).unwrap();
    assert_eq!(operations.len(), 5);
    assert_eq!(
        operations[0],
        Operation::Add {
            path: "path/to/file.txt".into(),
            text: "line 1\nline 2\n".into()
        }
    );
    let Operation::Update { move_to, hunks, .. } = &operations[2] else {
        panic!("{:?}", operations[2]);
    };
    assert_eq!(move_to.as_deref(), Some("src/new-name.ts"));
    assert_eq!(hunks[0].old(), ["context line", "old line"]);
    let Operation::Update { hunks, .. } = &operations[3] else {
        panic!("{:?}", operations[3]);
    };
    assert_eq!(apply("f", "a\n", hunks).unwrap(), "a\nappended last line\n");
}

#[test]
fn hunks_are_found_in_their_order() {
    let text = "fn a() {\n    x\n}\nfn b() {\n    x\n}\n";
    let new = patched(text, "@@ fn b() {\n-    x\n+    y").unwrap();
    assert_eq!(new, "fn a() {\n    x\n}\nfn b() {\n    y\n}\n");
}

#[test]
fn blanks_around_lines_do_not_matter_when_nothing_fits_exactly() {
    let new = patched("a  \nb\n", "-a\n-b\n+c").unwrap();
    assert_eq!(new, "c\n");
    let new = patched("a\n\tb\n", " a\n+c\n-b\n+d").unwrap();
    assert_eq!(new, "a\nc\n\td\n");
}

#[test]
fn windows_line_ends_are_kept() {
    assert_eq!(
        patched("a\r\nb\r\n", "-b\n+c\n+d").unwrap(),
        "a\r\nc\r\nd\r\n"
    );
}

#[test]
fn lines_go_after_their_context_or_to_the_end() {
    assert_eq!(patched("a\nb\n", "@@ a\n+x").unwrap(), "a\nx\nb\n");
    let body = format!("@@\n+x\n{END_OF_FILE}");
    assert_eq!(patched("a\nb\n", &body).unwrap(), "a\nb\nx\n");
    let body = format!("@@\n-a\n+x\n{END_OF_FILE}");
    assert_eq!(patched("a\nb\na\n", &body).unwrap(), "a\nb\nx\n");
}

#[test]
fn lines_that_lead_to_a_place_are_followed_one_after_the_other() {
    let text =
        "class A:\n    def run(self):\n        x\n\nclass B:\n    def run(self):\n        x\n";
    let body = "@@ class B:\n@@     def run(self):\n-        x\n+        y";
    let expected = format!("{}y\n", text.strip_suffix("x\n").unwrap());
    assert_eq!(patched(text, body).unwrap(), expected);
    let error = patched(text, "@@ class B:\n@@ class A:\n-        x\n+        y");
    assert!(matches!(error, Err(PatchError::ContextMissing { .. })));
}

#[test]
fn what_the_patch_repeats_stays_as_the_file_has_it() {
    let new = patched("if a:\n\tb  \n\tc\n", " if a:\n     b\n-    c\n+    d").unwrap();
    assert_eq!(new, "if a:\n\tb  \n\td\n");
    let new = patched("a\t\nb\n", " a\n-b\n+c").unwrap();
    assert_eq!(new, "a\t\nc\n");
}

#[test]
fn new_lines_are_indented_as_those_around_them() {
    for (text, body, expected) in [
        // Tabs in the file, blanks in the patch, and deeper than any line that both have.
        (
            "if a:\n\tb\n",
            " if a:\n     b\n+    if c:\n+        d",
            "if a:\n\tb\n\tif c:\n\t\td\n",
        ),
        (
            "if a:\n  b\n",
            " if a:\n \tb\n+\tif c:\n+\t\td",
            "if a:\n  b\n  if c:\n    d\n",
        ),
        // The patch has all of it further left.
        (
            "    a\n    b\n",
            " a\n-b\n+c\n+  d\n+",
            "    a\n    c\n      d\n\n",
        ),
    ] {
        assert_eq!(patched(text, body).unwrap(), expected);
    }
    let error = patched("a\n", "-    a\n+b").unwrap_err();
    assert!(matches!(error, PatchError::IndentUnclear { .. }), "{error}");
}

#[test]
fn every_line_keeps_its_end() {
    for (text, body, expected) in [
        ("a\nb\r\nc\n", "-c\n+d", "a\nb\r\nd\n"),
        ("a\nb\r\nc\n", " b\n+x", "a\nb\r\nx\r\nc\n"),
        ("a\nb", "-a\n+x", "x\nb"),
        ("a\nb", "-b\n+x\n+y", "a\nx\ny"),
        ("a\r\nb", "@@\n+c", "a\r\nb\r\nc"),
        ("a", "@@\n+c", "a\nc"),
        ("", "@@\n+c", "c\n"),
        ("a\nb", "-b", "a"),
    ] {
        assert_eq!(patched(text, body).unwrap(), expected, "{text:?} {body:?}");
    }
}

#[test]
fn empty_lines_between_sections_are_none_of_a_file() {
    let patch = "*** Begin Patch\n\n*** Add File: new\n+x\n\n*** Update File: f\n@@\n-a\n+b\n\n\n*** Delete File: g\n\n*** End Patch";
    let operations = parse(patch).unwrap();
    let Operation::Update { hunks, .. } = &operations[1] else {
        panic!("{operations:?}");
    };
    assert_eq!(apply("f", "a\nc\n", hunks).unwrap(), "b\nc\n");
    assert_eq!(operations.len(), 3);
    // One in the middle is.
    assert!(patched("a\nc\n", " a\n\n-c\n+d").is_err());
    assert_eq!(patched("a\n\nc\n", " a\n\n-c\n+d").unwrap(), "a\n\nd\n");
}

#[test]
fn a_patch_that_does_not_fit_says_what_is_missing() {
    let error = patched("a\n", "-b\n+c").unwrap_err();
    assert!(matches!(error, PatchError::LinesMissing { .. }), "{error}");
    let error = patched("a\n", "@@ z\n-a\n+c").unwrap_err();
    assert!(
        matches!(error, PatchError::ContextMissing { .. }),
        "{error}"
    );
}

#[test]
fn a_patch_that_is_not_one_is_refused() {
    for patch in [
        "",
        "hello",
        "*** Begin Patch",
        "*** Begin Patch\n*** End Patch",
        "*** Begin Patch\nwhat\n*** End Patch",
        "*** Begin Patch\n*** Update File: f\n*** End Patch",
        "*** Begin Patch\n*** Add File: \n+x\n*** End Patch",
        "*** Begin Patch\n*** Update File: f\nno mark\n*** End Patch",
        "*** Begin Patch\n*** Delete File: f\n*** End Patch\nmore",
    ] {
        assert!(parse(patch).is_err(), "{patch:?}");
    }
}

fn some_lines() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[a-c ]{0,3}", 0..12)
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(\\*\\*\\* (Begin|End) Patch|\\*\\*\\* (Add|Update|Delete) File: f|[-+ @]{0,2}[a-b]?|\n){0,40}") {
        if let Ok(operations) = parse(&text) {
            for operation in operations {
                if let Operation::Update { hunks, .. } = operation {
                    let _ = apply("f", "a\nb\n", &hunks);
                }
            }
        }
    }

    #[test]
    fn replacing_lines_in_the_middle_gives_what_was_asked_for(
        before in some_lines(), old in some_lines(), new in some_lines(), after in some_lines(),
    ) {
        prop_assume!(!old.is_empty());
        // A line that is nowhere else makes the place clear.
        let all = |middle: &[String]| {
            let lines = before.iter().cloned().chain(["HERE".to_owned()]);
            let lines = lines.chain(middle.iter().cloned()).chain(after.iter().cloned());
            lines.map(|line| line + "\n").collect::<String>()
        };
        let mut body = "@@\n HERE".to_owned();
        body.extend(old.iter().map(|line| format!("\n-{line}")));
        body.extend(new.iter().map(|line| format!("\n+{line}")));
        prop_assert_eq!(patched(&all(&old), &body).unwrap(), all(&new));
    }
}
