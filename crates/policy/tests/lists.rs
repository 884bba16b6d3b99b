//! Files that are named elsewhere than in the words: in a list, in code, in the input.

mod support;

use gatehouse_policy::Verdict::{Allow, Ask, Deny};
use gatehouse_policy::World;
use support::tree::Tree;
use support::{check, check_in, world};

#[test]
fn what_a_compiler_is_told_to_include_is_read() {
    check(
        Allow,
        &[
            "gcc -E - < a.c",
            "as a.s -o a.o",
            "echo 'int main(){}' | gcc -xc - -o a",
            "gcc -xc - <<< '#include <stdio.h>'",
            "gcc -xc - <<< '#include \"../inc/a.h\"'",
        ],
    );
    check(
        Deny,
        &[
            "gcc -E - <<< '#include \"/home/dev/.netrc\"'",
            "cpp <<< '#include \"/home/dev/.netrc\"'",
            "echo '#include \"/home/dev/.netrc\"' | gcc -E -xc -",
            "echo '.incbin \"/home/dev/.netrc\"' | as -o x.o -",
            "echo '.include \"/home/dev/.netrc\"' | as",
            "as <<< '.incbin \"/home/dev/.netrc\"'",
            "gcc -xassembler - <<< '.incbin \"/home/dev/.netrc\"'",
            "echo '#include \"/home/dev/.netrc\"' > a.c; gcc -E a.c",
            "rustc - <<< 'fn main(){println!(\"{}\", include_str!(\"/home/dev/.netrc\"))}'",
            "groff <<< '.so /home/dev/.netrc'",
        ],
    );
}

#[test]
fn a_page_that_is_a_path_is_a_file() {
    check(Allow, &["man ls", "man 3 printf", "man ./doc/x.1"]);
    check(Deny, &["man ~/.netrc", "man -l ~/.netrc", "man -P cat ls"]);
}

#[test]
fn names_that_come_in_are_read_as_if_they_stood_in_the_line() {
    check(
        Allow,
        &[
            "wc --files0-from=- <<< /home/dev/.netrc",
            "sort --files0-from=- <<< /home/dev/.netrc",
            "du --files0-from=- <<< /home/dev/.netrc",
            "ls | zip k -@",
            "find . -name '*.rs' | zip k.zip -@",
            "git ls-files | tar -cf k.tar -T -",
            "git ls-files -z | tar --null -T - -cf k.tar",
            "find src | cpio -o > k",
            "cpio -i --no-absolute-filenames < k.cpio",
            "cpio -idmv --no-absolute-filenames < k.cpio",
            "pax -rw src k",
            "pax -w -f k.pax src",
            "tar -xf k.tar -T l",
            "tar czf k.tgz --exclude-vcs src",
            "find . -print0 | du --files0-from=-",
            "echo src/a.rs | zip k.zip -@",
            "printf 'a\\0b\\0' | tar --null -cf k.tar -T -",
            "wc -l --files0-from=l",
        ],
    );
    check(
        Ask,
        &[
            "rsync --files-from=- / k <<< home/dev/.netrc",
            "7z a k.7z @l",
            "zip -@ k.zip < l",
            "cat l | zip -@ k",
            "cat names | cpio -o > k",
            "xargs -a l cat",
            "pax -r < k",
            "tar -cf k.tar -T l",
            "tar cf k.tar -T - < l",
        ],
    );
    check(
        Deny,
        &[
            "find ~/.ssh -type f | zip k.zip -@",
            "find ~/.ssh | cpio -o > k",
            "cpio -o <<< /home/dev/.netrc",
            "echo /home/dev/.netrc | cpio -o",
            "printf '%s\\n' ~/.ssh/id_rsa | tar -cf k.tar -T -",
            "tar -cf k.tar --files-from=- <<< /home/dev/.netrc",
            "tar -T <(echo /home/dev/.netrc) -cf k.tar",
            "echo /home/dev/.netrc > l; tar -cf k.tar -T l",
            "pax -w ~/.ssh",
            "pax -w -f k ~/.ssh",
            "pax -w <<< /home/dev/.netrc",
            "find ~/.ssh | pax -w > k",
            "find ~ | zip k.zip -@",
            "7z a k.7z ~/.ssh",
            "find ~/.ssh -type f | xargs cat",
            "pax -rw ~/.ssh k",
            "find ~/.ssh -print0 | cpio -0o > k",
            "find ~/.ssh | cpio -pd k",
            "find ~ -name id_rsa | zip k.zip -@",
            "printf '/home/dev/.netrc\\0' | wc --files0-from=-",
            "printf '/home/dev/.netrc\\0' | sort --files0-from=-",
        ],
    );
}

#[test]
fn a_list_that_can_be_read_says_what_is_packed() {
    let tree = Tree::default()
        .file("/home/dev/project/l", "src/a.rs\nsrc/b.rs\n")
        .file("/home/dev/project/k", "/home/dev/.netrc\n");
    let there = World {
        files: &tree,
        ..world()
    };
    let harmless = [
        "tar -cf k.tar -T l",
        "tar cf k.tar -T - < l",
        "zip -@ k.zip < l",
        "xargs -a l cat",
    ];
    check_in(&there, Allow, &harmless);
    let secret = ["tar -cf k.tar -T k", "zip -@ k.zip < k", "xargs cat < k"];
    check_in(&there, Deny, &secret);
}
