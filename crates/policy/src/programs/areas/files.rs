//! Files and folders: listed, copied, moved, made, deleted, given to others.

mod away;
mod made;
mod mounts;

use super::copies;
use super::lists::files_from;
use crate::effect::EffectKind;
use crate::place::{Access, Among};
use crate::programs::options::Parsed;
use crate::programs::reader::{Reader, shown_word};
use crate::programs::table::{
    APPEND, Act, CREATE, DELETE, Grammar, LIST, NAMES, Operands, PASSES, PRINTS, Program, READ,
    TEXT, WRITE, flag, flags, joined, program, value,
};
use crate::word::{Piece, Word};
use away::{backed_up, copied_away};
use mounts::{mount, mounts};

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("ls dir vdir exa eza lsd lla la ll").each(LIST).io(NAMES).options(&[
        value("-I --ignore --hide -w --width -T --tabsize --format --sort --time --time-style --block-size --quoting-style --indicator-style -L --level -P --charset --filelimit --git-ignore-glob", TEXT),
        joined("--color --colour --hyperlink --classify", TEXT),
        flag("-R --recurse", TEXT),
        flags("-o"), value("--output", WRITE),
    ]).also(plain_ls),
    program("tree").each(LIST).io(NAMES).options(&[
        value("-I -P -L -H -T --charset --filelimit --sort --timefmt", TEXT), joined("--hintro --houtro --gitfile --infofile", READ),
        flag("--fromfile --fromtabfile --info", TEXT), flag("-R", TEXT), value("-o", WRITE),
    ]).also(|parsed, reader| {
        plain_ls(parsed, reader);
        if parsed.has("--fromfile") {
            parsed.operands.iter().for_each(|word| reader.act(READ, word));
        }
    }),
    program("basename dirname").io(PRINTS),
    program("stat df realpath readlink lsblk findmnt namei mountpoint pathchk lsattr getfacl getfattr").each(LIST),
    program("rm grm").strict().options(&[
        flags("-f --force -i -I -v --verbose -d --dir --one-file-system --preserve-root -x -P -W"),
        flags("-r -R --recursive"),
        joined("--interactive", TEXT),
        flags("--no-preserve-root"),
    ]).also(remove),
    program("rmdir").strict().options(&[flags("-p --parents -v --verbose --ignore-fail-on-non-empty")]).each(DELETE),
    program("unlink").each(DELETE),
    program("trash trash-put gio rimraf del-cli").options(&[flags("-f -r -v --force"), flags("--glob -g")]).each(Act::Path(Access::DeleteAll)),
    program("shred srm wipe").strict().options(&[
        flags("-f --force -u -v --verbose -x --exact -z --zero -r -R -d"),
        joined("--remove", TEXT),
        value("-n --iterations -s --size", TEXT),
        value("--random-source", READ),
    ]).each(DELETE),
    program("cp gcp").strict().shared(copies::COPY).also(copies::copy),
    program("mv gmv").strict().shared(copies::COPY).also(copies::rename),
    program("install ginstall").strict().shared(copies::COPY).options(&[
        value("-m --mode", TEXT),
        value("-o --owner -g --group", TEXT),
        flags("-D -C --compare --strip -c"),
        flags("-d --directory"),
        value("--strip-program", Act::Program),
    ]).also(copies::copy),
    program("ln gln link").strict().shared(copies::COPY).options(&[
        flags("-s --symbolic"),
        flags("-r --relative -L --logical -P --physical -d -F --directory -h"),
    ]).also(copies::link),
    program("mkdir gmkdir").strict().options(&[
        flags("-p --parents -v --verbose"), value("-m --mode", TEXT), joined("-Z --context", TEXT),
    ]).also(made::folders),
    program("mkfifo").strict().options(&[
        flags("-p --parents -v --verbose"), value("-m --mode", TEXT), joined("-Z --context", TEXT),
    ]).each(CREATE),
    program("mknod").asks(EffectKind::System, "device-node", "makes a device node").each(TEXT),
    program("touch gtouch").strict().options(&[
        flags("-a -c --no-create -f -h --no-dereference -m"),
        value("-d --date -t --time -A", TEXT), value("-r --reference", LIST),
    ]).each(CREATE),
    program("truncate gtruncate").strict().options(&[
        flags("-c --no-create -o --io-blocks"), value("-s --size", TEXT), value("-r --reference", LIST),
    ]).each(WRITE),
    program("fallocate").strict().options(&[
        flags("-c -d -i -n -p -v -x -z -w --collapse-range --dig-holes --insert-range --keep-size --punch-hole --verbose --posix --zero-range"),
        value("-l --length -o --offset", TEXT),
    ]).each(WRITE),
    program("mktemp gmktemp").options(&[
        flags("-d --directory -u --dry-run -q --quiet -t"), value("-p --suffix", TEXT), joined("--tmpdir", CREATE),
    ]),
    program("tee gtee sponge").strict().io(PASSES).options(&[
        flags("-i --ignore-interrupts -p"), flags("-a --append"), joined("--output-error", TEXT),
    ]).also(tee),
    program("dd gdd dcfldd").grammar(Grammar::Equals).strict().io(PASSES).options(&[
        value("if", READ), value("of", WRITE),
        value("bs ibs obs cbs count skip seek iseek oseek conv status iflag oflag", TEXT), flags("--version --help"),
    ]),
    program("chmod gchmod").strict().options(&[
        flags("-c --changes -f --silent --quiet -v --verbose --preserve-root --no-preserve-root -h -w -x"),
        flags("-R --recursive"), value("--reference", LIST),
        flags("-r -X -s -t -a -E -N -C -I"),
    ]).also(chmod),
    program("chown chgrp gchown gchgrp").asks(EffectKind::Permission, "owner", "changes who owns files").strict().options(&[
        flags("-c --changes -f --silent --quiet -v --verbose --dereference -h --no-dereference -H -L -P --preserve-root --no-preserve-root -x"),
        flags("-R --recursive"), value("--from", TEXT), value("--reference", LIST),
    ]).also(owner),
    program("setfacl").asks(EffectKind::Permission, "access-list", "changes who may use files").options(&[
        flags("-R --recursive -b -k -d -n --remove-all --test -P -L"), value("-m -x --modify --remove --set -s", TEXT), value("-M -X --restore", READ),
    ]).each(Act::Path(Access::Permission)),
    program("setfattr xattr").also(attributes),
    program("chattr chflags").also(attribute_flags),
    program("setcap setpriv").denies(EffectKind::Privilege, "capabilities", "gives a program rights that its user does not have"),
    program("getcap").each(LIST),
    program("btrfs").asks(EffectKind::System, "disks", "changes or looks at a file system").also(made::subvolume),
    program("rename prename rename.ul").asks(EffectKind::Write, "rename", "renames files by a pattern"),
    program("mkfs mke2fs mkswap mkfs.ext2 mkfs.ext3 mkfs.ext4 mkfs.xfs mkfs.btrfs mkfs.vfat mkfs.fat mkfs.ntfs mkfs.exfat newfs newfs_apfs newfs_hfs")
        .also(formats),
    program("wipefs fdisk sfdisk cfdisk gdisk sgdisk cgdisk parted partprobe blkdiscard hdparm nvme sg_format badblocks zpool zfs lvremove vgremove pvremove lvcreate cryptsetup mdadm tune2fs resize2fs fsck e2fsck fsck.ext4 gpt asr nwipe scrub dban")
        .also(disks),
    program("file").each(LIST).options(&[value("-f --files-from", READ), value("-m --magic-file", READ), value("-e -F -P --exclude --separator --parameter", TEXT)]).also(files_from),
    program("du gdu").each(LIST).options(&[value("--files0-from", READ), value("-X --exclude-from", READ), value("-B -d -t -I --block-size --max-depth --threshold --exclude --time-style", TEXT)]).also(files_from),
    program("split gsplit").strict().options(&[
        value("-b --bytes -C --line-bytes -l --lines -n --number -a --suffix-length --additional-suffix -t --separator -p", TEXT),
        flags("-d -x -e --elide-empty-files -u --unbuffered --verbose"), joined("--numeric-suffixes --hex-suffixes", TEXT),
        value("--filter", Act::Shell),
    ]).also(pieces),
    program("csplit gcsplit").strict().options(&[
        value("-n --digits -b --suffix-format", TEXT), value("-f --prefix", TEXT),
        flags("-k --keep-files -s --quiet --silent -z --elide-empty-files --suppress-matched"),
    ]).operands(Operands::First(READ, TEXT)).also(|parsed, reader| {
        if let Some(prefix) = parsed.value("-f") {
            begins(prefix, reader);
        }
    }),
    program("ddrescue dd_rescue gddrescue").grammar(Grammar::Gnu).options(&[flags("-f --force -n --no-scrape -d --idirect -D --odirect -v --verbose -q --quiet -A --try-again -R --reverse -M --retrim"), value("-b --sector-size -r --retry-passes -c --cluster-size -s --size -i --input-position -o --output-position", TEXT)])
        .asks(EffectKind::System, "disks", "copies what can still be read of a disk").operands(Operands::First(READ, WRITE)),
    program("sync").options(&[flags("-d -f")]).each(LIST),
    program("mount").also(mounts),
    program("umount unmount swapon swapoff losetup fusermount sshfs hdiutil mount_smbfs mount.nfs udisksctl")
        .asks(EffectKind::System, "mount", "changes what is mounted").also(mount),
    program("restic").asks(EffectKind::System, "backup", "reads or changes backups").options(&[
        value("--password-command", Act::Shell), value("-p --password-file --files-from --exclude-file", READ), value("-r --repo --host --tag -o --option -e --exclude --iexclude --cache-dir", TEXT),
    ]).also(backed_up),
    program("rsnapshot borg duplicity timeshift").asks(EffectKind::System, "backup", "reads or changes backups").also(backed_up),
    program("dropbox rclone").asks(EffectKind::Remote, "cloud-files", "moves files to or from elsewhere").also(copied_away),
    program("append").each(APPEND),
];

/// `split FILE PREFIX`.
fn pieces(parsed: &Parsed, reader: &mut Reader<'_>) {
    let mut words = parsed.operands.iter();
    if let Some(file) = words.next() {
        reader.act(READ, file);
    }
    words.for_each(|prefix| begins(prefix, reader));
}

/// Writes files whose names begin so.
fn begins(prefix: &Word, reader: &mut Reader<'_>) {
    let mut parts = match prefix {
        Word::Known(text) => vec![Piece::Text(text.clone())],
        Word::Partial(parts) => parts.clone(),
        Word::Unknown(why) => vec![Piece::Unknown(why.clone())],
    };
    parts.push(Piece::Pattern("*".to_owned()));
    reader.touch(&Word::Partial(parts), Access::Write);
}

/// `ls -l` is not a list of names.
fn plain_ls(parsed: &Parsed, reader: &mut Reader<'_>) {
    let only_here = parsed.operands.iter().all(|word| {
        let text = word.prefix();
        let empty = text.is_empty() && word.known().is_some();
        !empty && !text.starts_with('/') && !text.starts_with("..") && !text.contains("/..")
    });
    // A pattern, or a word that is no folder, chooses.
    reader.out.io.names_all = parsed
        .operands
        .iter()
        .all(|word| matches!(word.known(), Some("." | "./")));
    reader.out.io.names_files &= only_here && in_workspace(reader);
    let hidden = |arg: &Word| {
        let text = arg.prefix();
        matches!(text, "--all" | "--almost-all")
            || text.starts_with('-') && !text.starts_with("--") && text.contains(['a', 'A', 'f'])
    };
    if reader.invocation.argv.iter().any(hidden) {
        let here = [Word::from(".")];
        let roots = match parsed.operands.as_slice() {
            [] => &here,
            roots => roots,
        };
        super::below::names(reader, roots, &Among::default());
    }
    let globs: Vec<String> = parsed.operands.iter().map(shown_word).collect();
    super::below::chosen(reader, globs.iter().map(String::as_str));
    reader.out.io.names_secrets = parsed.operands.iter().any(|word| {
        let folder = word
            .prefix()
            .rsplit_once('/')
            .filter(|_| word.known().is_none());
        folder.is_some_and(|(folder, _)| super::below::holds_secrets(reader, &Word::from(folder)))
    });
    reader.out.io.names_critical = parsed.operands.iter().any(|word| {
        let text = word.prefix();
        let folder = text.rsplit_once('/').map(|(folder, _)| folder);
        let path = folder.and_then(|folder| {
            crate::place::normalise(if folder.is_empty() { "/" } else { folder }, reader.cwd())
        });
        word.known().is_none()
            && path.is_some_and(|path| crate::place::is_critical(&path, reader.world))
    });
}

/// Whether the command runs in the workspace or in a temporary folder.
pub(super) fn in_workspace(reader: &Reader<'_>) -> bool {
    use crate::effect::Zone;
    let Some(cwd) = reader.cwd() else {
        return false;
    };
    crate::place::locate(cwd, None, reader.world)
        .is_some_and(|place| matches!(place.zone, Zone::Workspace | Zone::Tmp))
}

fn remove(parsed: &Parsed, reader: &mut Reader<'_>) {
    let all = parsed.has("-r");
    for word in &parsed.operands {
        reader.touch(
            word,
            if all {
                Access::DeleteAll
            } else {
                Access::Delete
            },
        );
    }
}

fn tee(parsed: &Parsed, reader: &mut Reader<'_>) {
    let access = if parsed.has("-a") {
        Access::Append
    } else {
        Access::Write
    };
    for word in &parsed.operands {
        if word.known() != Some("-") {
            reader.touch(word, access);
        }
    }
}

fn chmod(parsed: &Parsed, reader: &mut Reader<'_>) {
    let all = parsed.has("-R");
    let access = if all {
        Access::PermissionAll
    } else {
        Access::Permission
    };
    let symbolic = parsed.any("-r -X -s -t -w -x") && !parsed.operands.first().is_some_and(is_mode);
    let files = if parsed.has("--reference") || symbolic {
        &parsed.operands[..]
    } else {
        parsed.operands.get(1..).unwrap_or(&[])
    };
    if let (Some(mode), false) = (parsed.operands.first(), symbolic) {
        let mode = mode.known().unwrap_or("…");
        let numeric = mode.bytes().all(|b| b.is_ascii_digit());
        let special = numeric && mode.len() >= 4 && mode.trim_start_matches('0').len() >= 4;
        if special || (!numeric && mode.contains('s')) {
            reader.deny(
                "set-user-id",
                "It lets a program run with the rights of its owner.",
            );
        }
        let open = (numeric && matches!(mode.as_bytes().last(), Some(b'2' | b'3' | b'6' | b'7')))
            || mode.contains("o+w")
            || mode.contains("a+w")
            || mode.contains("a+rwx")
            || mode.contains("o+rwx");
        if open {
            reader.ask(
                "open-to-all",
                "It lets everyone on this machine change the files.",
            );
        }
        if all && takes_reading(mode) {
            locks_out(reader);
        }
        if mode == "…" {
            reader.ask(
                "unknown-mode",
                "What rights it gives is only known when it runs.",
            );
        }
    }
    if all && symbolic && parsed.has("-r") {
        locks_out(reader);
    }
    for word in files {
        reader.touch(word, access);
    }
}

fn locks_out(reader: &mut Reader<'_>) {
    reader.ask(
        "locks-out",
        "It takes away everyone's right to read the files, their owner's too.",
    );
}

/// Whether a mode takes reading from the owner: `000`, `a-r`, `u=`.
fn takes_reading(mode: &str) -> bool {
    if mode.bytes().all(|b| b.is_ascii_digit()) {
        let owner = mode.len().checked_sub(3).map(|at| mode.as_bytes()[at]);
        return owner.unwrap_or(b'0') < b'4';
    }
    mode.split(',').any(|clause| {
        let Some(at) = clause.find(['+', '-', '=']) else {
            return false;
        };
        let (who, what) = clause.split_at(at);
        let owner = who.is_empty() || who.contains(['u', 'a']);
        owner
            && (what.starts_with('-') && what.contains('r')
                || what.starts_with('=') && !what.contains(['r', 'u', 'g', 'o']))
    })
}

fn is_mode(word: &crate::word::Word) -> bool {
    word.known().is_some_and(|text| {
        text.bytes()
            .all(|b| b.is_ascii_digit() || b"ugoarwxXst+-=,".contains(&b))
    })
}

fn owner(parsed: &Parsed, reader: &mut Reader<'_>) {
    let access = if parsed.has("-R") {
        Access::PermissionAll
    } else {
        Access::Permission
    };
    let from = usize::from(!parsed.has("--reference"));
    for word in parsed.operands.get(from..).unwrap_or(&[]) {
        reader.touch(word, access);
    }
}

/// `xattr -d com.apple.quarantine` takes away what asks before a downloaded program is run.
fn attributes(parsed: &Parsed, reader: &mut Reader<'_>) {
    let quarantine = parsed
        .operands
        .iter()
        .any(|word| word.prefix().contains("quarantine"));
    if quarantine || parsed.strange.iter().any(|name| name == "-c") {
        reader.deny(
            "quarantine",
            "It takes away the mark that asks before a downloaded program is run.",
        );
    } else if !parsed.strange.is_empty() {
        reader.ask("attributes", "It changes attributes of files.");
    }
}

fn attribute_flags(parsed: &Parsed, reader: &mut Reader<'_>) {
    let removes = parsed
        .strange
        .iter()
        .any(|name| matches!(name.as_str(), "-a" | "-i"))
        || parsed.operands.iter().any(|word| {
            let text = word.prefix();
            text.starts_with("no")
                || text.starts_with("=")
                || text.contains("schg") && text.starts_with("no")
        });
    if removes {
        reader.deny(
            "append-only",
            "It takes away the mark that keeps a file from being changed.",
        );
    } else {
        reader.ask("attributes", "It changes attributes of files.");
    }
    for word in &parsed.operands {
        if word.prefix().contains('/') {
            reader.touch(word, Access::Permission);
        }
    }
}

fn disks(parsed: &Parsed, reader: &mut Reader<'_>) {
    let listing = parsed.strange.iter().any(|name| {
        matches!(
            name.as_str(),
            "-l" | "--list" | "-n" | "--no-act" | "--detail"
        )
    }) || matches!(
        parsed.operand(0),
        Some("list" | "status" | "get" | "print" | "luksDump" | "isLuks")
    );
    if listing || (parsed.operands.is_empty() && !parsed.strange.is_empty()) {
        reader.ask("disks", "It looks at the disks themselves.");
    } else {
        reader.deny(
            "format",
            "It changes disks, partitions or file systems themselves.",
        );
    }
}

/// A new file system: on a device it is the end of the old one, in a file of the agent's own it is a file.
fn formats(_: &Parsed, reader: &mut Reader<'_>) {
    use crate::effect::{Target, Zone};
    use crate::word::Word;

    let argv = reader.invocation.argv[1..].to_vec();
    let own = |word: &Word| {
        let place = word
            .known()
            .and_then(|text| crate::place::locate(text, reader.cwd(), reader.world));
        place.is_some_and(|place| matches!(place.zone, Zone::Workspace | Zone::Tmp))
    };
    let last = argv.last().filter(|word| !word.prefix().starts_with('-'));
    if let Some(file) = last.filter(|word| own(word)).cloned() {
        reader.touch(&file, Access::Write);
        return reader.ask("format", "It makes a new file system in a file.");
    }
    let text = "makes a new file system and so deletes everything on the old one";
    let target = Target::Named("a file system".to_owned());
    reader.effect(EffectKind::System, target, Zone::Device, text);
    reader.deny(
        "format",
        "It makes a new file system and so deletes everything on the old one.",
    );
}
