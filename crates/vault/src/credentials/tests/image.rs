//! Looks into the memory of a process that used a credential: nothing of it is there afterwards.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::memory::Disk;
use super::*;

const LOOKED_AT: &str = "credentials::tests::image::a_process_that_is_looked_at";
const MASK: u8 = 0xa5;

/// What the process says before it waits to be looked at.
const PHASES: [&str; 3] = ["used", "held", "gone"];

#[test]
fn no_value_is_left_in_the_process_after_its_use() {
    let secret = format!(
        "sk-{}{}",
        super::super::keys::new_id(),
        super::super::keys::new_id()
    );
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", LOOKED_AT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut input = process.stdin.take().unwrap();
    // Masked, so that no buffer on the way is taken for a leak.
    let masked: Vec<u8> = secret.bytes().map(|byte| byte ^ MASK).collect();
    input
        .write_all(&[u8::try_from(masked.len()).unwrap()])
        .unwrap();
    input.write_all(&masked).unwrap();
    input.flush().unwrap();
    let mut found = Vec::new();
    for phase in PHASES {
        let said = lines
            .by_ref()
            .map_while(Result::ok)
            .find(|line| line.contains(phase));
        assert!(said.is_some(), "the process got to {phase}");
        found.push(look(&process, &secret));
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
    }
    assert!(process.wait().unwrap().success());
    assert_eq!(
        found[0],
        Vec::<String>::new(),
        "nothing after it was set and used"
    );
    assert!(
        found[1].contains(&"whole".to_owned()),
        "a value that is held is seen"
    );
    assert_eq!(
        found[2],
        Vec::<String>::new(),
        "nothing after that one was dropped"
    );
}

/// Which forms of the secret are in the memory of the process.
fn look(process: &Child, secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let (first, last) = secret.split_at(secret.len() / 2);
    let forms = [
        ("whole", secret.to_owned()),
        ("first half", first.to_owned()),
        ("last half", last.to_owned()),
        ("base64", STANDARD_NO_PAD.encode(secret)),
        ("hex", hex),
    ];
    let memory = memory_of(process.id());
    assert!(memory.len() > 100_000, "the memory could be read");
    let is_in = |form: &str| {
        memory
            .windows(form.len())
            .any(|bytes| bytes == form.as_bytes())
    };
    let found = forms.iter().filter(|(_, form)| is_in(form));
    found.map(|(what, _)| (*what).to_owned()).collect()
}

/// Everything that the process can write to: the heap, the stacks, its data.
fn memory_of(pid: u32) -> Vec<u8> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let mut image = std::fs::File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut all = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let range = line.split(' ').next().unwrap();
        let (from, to) = range.split_once('-').unwrap();
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        let mut bytes = vec![0; usize::try_from(number(to) - number(from)).unwrap()];
        image.seek(SeekFrom::Start(number(from))).unwrap();
        // A guard page cannot be read, and holds nothing.
        if image.read_exact(&mut bytes).is_ok() {
            all.extend(bytes);
        }
    }
    all
}

#[test]
#[ignore = "a process that another test starts and looks at"]
fn a_process_that_is_looked_at() {
    let mut input = std::io::stdin();
    let mut length = [0];
    input.read_exact(&mut length).unwrap();
    let mut masked = vec![0; usize::from(length[0])];
    input.read_exact(&mut masked).unwrap();
    let reveal = || {
        let mut bytes = Zeroizing::new(Vec::with_capacity(masked.len()));
        bytes.extend(masked.iter().map(|byte| byte ^ MASK));
        Secret::new(std::str::from_utf8(&bytes).unwrap())
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let wait = |phase: &str| {
        println!("{phase}");
        let mut line = [0];
        std::io::stdin().read_exact(&mut line).unwrap();
    };
    let disk = Disk::default();
    let (rows, redactor) = (Arc::new(disk.process(None)), Redactor::new());
    runtime.block_on(async {
        let vault = CredentialVault::open(rows.clone(), rows, redactor.clone())
            .await
            .unwrap();
        let set = NewCredential {
            secret: reveal(),
            ..new("a", "is-not-the-value")
        };
        vault.set(set, NOW).await.unwrap();
        vault
            .rotate(&name("a"), &reveal(), 1000, NOW)
            .await
            .unwrap();
        for _ in 0..3 {
            vault.take(&name("a"), &EXEC, NOW).await.unwrap();
        }
        vault.rotate_master_key().await.unwrap();
        assert_eq!(vault.teach(NOW).await.unwrap(), 2);
        assert_eq!(redactor.redact("nothing in here"), "nothing in here");
        wait(PHASES[0]);
        let held = vault.take(&name("a"), &EXEC, NOW).await.unwrap();
        wait(PHASES[1]);
        drop(held);
        wait(PHASES[2]);
    });
}
