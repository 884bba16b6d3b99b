//! Published vectors: RFC 6962's tree as the certificate-transparency project tests it, and C2SP's notes as
//! golang.org/x/mod/sumdb/note tests them.

#![allow(clippy::unwrap_used)]

use gatehouse_audit::checkpoint::Checkpoint;
use gatehouse_audit::note::{self, NoteError, Signer, Verifier};
use gatehouse_audit::{Frontier, Hash, leaf_hash, proof};

const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn leaves() -> Vec<Hash> {
    LEAVES.iter().map(|leaf| leaf_hash(leaf)).collect()
}

fn hashes(texts: &[&str]) -> Vec<Hash> {
    texts
        .iter()
        .map(|text| Hash::from_hex(text).unwrap())
        .collect()
}

#[test]
fn a_tree_of_each_size_has_the_published_root() {
    let mut tree = Frontier::default();
    for (size, root) in ROOTS.iter().enumerate() {
        assert_eq!(tree.root().to_hex(), *root, "of {size} leaves");
        let again = Frontier::from_bytes(tree.size(), &tree.to_bytes()).unwrap();
        assert_eq!(again, tree, "it is kept and taken up again");
        tree.extend(leaves().get(size).copied());
    }
}

#[test]
fn proofs_are_the_published_ones() {
    let path = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(proof::inclusion(&leaves(), 5).unwrap(), hashes(&path));
    let from_one = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ];
    assert_eq!(proof::consistency(&leaves(), 1).unwrap(), hashes(&from_one));
    let from_six = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(proof::consistency(&leaves(), 6).unwrap(), hashes(&from_six));
}

#[test]
fn a_proof_of_every_leaf_and_every_size_holds_and_no_other_root_does() {
    let leaves: Vec<_> = (0..40_u8).map(|n| leaf_hash(&[n])).collect();
    let root = |size: usize| leaves[..size].iter().copied().collect::<Frontier>().root();
    for size in 1..=leaves.len() {
        let (tree, of) = (&leaves[..size], size as u64);
        for index in 0..of {
            let path = proof::inclusion(tree, index).unwrap();
            let leaf = leaves[index as usize];
            assert!(proof::includes(leaf, index, of, &path, root(size)));
            assert!(!proof::includes(leaf, index, of, &path, Hash::ZERO));
            assert!(!proof::includes(Hash::ZERO, index, of, &path, root(size)));
        }
        for old in 1..=size {
            let steps = proof::consistency(tree, old as u64).unwrap();
            let holds = |was, is| proof::consistent(old as u64, was, of, is, &steps);
            assert!(holds(root(old), root(size)), "{old} in {size}");
            assert!(!holds(Hash::ZERO, root(size)));
            assert!(!holds(root(old), Hash::ZERO));
            let edge: Frontier = leaves[..old].iter().copied().collect();
            let added = proof::extension(&edge, &leaves[old..size]);
            assert_eq!(added, steps, "the edge is enough to prove what follows");
        }
    }
}

const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n";
const PETERS: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCHS: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

/// The secret half of the published key `PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALV…`.
fn peter() -> Signer {
    use base64::Engine;
    let key = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(key)
        .unwrap();
    Signer::new("PeterNeumann", bytes[1..].try_into().unwrap()).unwrap()
}

#[test]
fn a_note_is_signed_as_published() {
    let signed = peter().sign(TEXT).unwrap();
    assert_eq!(signed, format!("{TEXT}\n{PETERS}"));
    assert_eq!(peter().verifier().to_string(), PETER);
    assert_eq!(peter().sign("no new line"), Err(NoteError::Malformed));
    assert_eq!(peter().sign("\u{1}\n"), Err(NoteError::Malformed));
    assert!(Signer::new("a b", &[0; 32]).is_err());
    assert!(Signer::new("a+b", &[0; 32]).is_err());
}

#[test]
fn a_note_is_opened_by_whoever_knows_a_key_that_signed() {
    let (peter, enoch) = (
        Verifier::read(PETER).unwrap(),
        Verifier::read(ENOCH).unwrap(),
    );
    let open = |note: &str, keys: &[Verifier]| note::open(note, keys).map(str::to_owned);
    let both = format!("{TEXT}\n{PETERS}{ENOCHS}");
    for keys in [
        vec![peter.clone()],
        vec![enoch.clone()],
        vec![peter.clone(), enoch],
    ] {
        assert_eq!(open(&both, &keys).unwrap(), TEXT);
    }
    let keys = [peter];
    assert_eq!(open(&both, &[]), Err(NoteError::Unsigned));
    let enochs = format!("{TEXT}\n{ENOCHS}");
    assert_eq!(open(&enochs, &keys), Err(NoteError::Unsigned));
    let other = format!("{}\n{PETERS}", TEXT.replace("answer", "problem"));
    assert_eq!(open(&other, &keys), Err(NoteError::Invalid));
    let many = format!("{TEXT}\n{}", PETERS.repeat(101));
    assert_eq!(open(&many, &keys), Err(NoteError::Malformed));
    let cut = &PETERS[..PETERS.len() - 1];
    for malformed in [
        TEXT.to_owned(),
        format!("{TEXT}\n"),
        format!("{TEXT}\n{cut}"),
        format!("\u{1}{TEXT}\n{PETERS}"),
        format!("{TEXT}\n{}", PETERS.replace("PeterNeumann", "Bad Name")),
        format!("{TEXT}\n{PETERS}Unexpected line.\n"),
    ] {
        assert_eq!(
            open(&malformed, &keys),
            Err(NoteError::Malformed),
            "{malformed}"
        );
    }
}

#[test]
fn a_key_that_is_mangled_anywhere_is_not_read() {
    for start in 0..=PETER.len() {
        for end in start..=PETER.len() {
            let whole = start == 0 && end == PETER.len();
            assert_eq!(Verifier::read(&PETER[start..end]).is_ok(), whole);
        }
    }
    for at in 0..PETER.len() {
        let mut bytes = PETER.as_bytes().to_vec();
        bytes[at] += 1;
        let mangled = String::from_utf8(bytes).unwrap();
        assert!(Verifier::read(&mangled).is_err(), "{mangled}");
    }
    // A key of another length and one of another type, both with the id that belongs to them.
    for other in [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ] {
        assert!(Verifier::read(other).is_err(), "{other}");
    }
}

#[test]
fn a_checkpoint_is_read_as_the_specification_writes_it() {
    let text =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let checkpoint = Checkpoint::read(text).unwrap();
    assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
    assert_eq!(checkpoint.size, 20_852_163);
    assert_eq!(checkpoint.text(), text);
    assert!(Checkpoint::read(&format!("{text}an extension\n")).is_some());
    for (was, is) in [
        ("20852163", "020852163"),
        ("20852163", "+20852163"),
        ("20852163", ""),
        ("q2I=\n", "q2I=\n\n"),
        ("q2I=\n", "q2I="),
        ("q2I=\n", "\n"),
        ("example.com/behind-the-sofa", ""),
    ] {
        assert_eq!(
            Checkpoint::read(&text.replace(was, is)),
            None,
            "{was} as {is}"
        );
    }
}

#[test]
fn a_checkpoint_that_the_go_checksum_database_published_is_opened() {
    let key = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    let note = "go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\n\
        — sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=\n";
    let keys = [Verifier::read(key).unwrap()];
    let checkpoint = Checkpoint::read(note::open(note, &keys).unwrap()).unwrap();
    assert_eq!(checkpoint.origin, "go.sum database tree");
    assert_eq!(checkpoint.size, 6_476_701);
    let changed = note.replace("6476701", "6476702");
    assert_eq!(note::open(&changed, &keys), Err(NoteError::Invalid));
}

#[test]
fn a_checkpoint_of_another_log_is_not_taken() {
    let checkpoint = |origin: &str| Checkpoint {
        origin: origin.to_owned(),
        size: 3,
        root: Hash::ZERO,
        at: None,
    };
    let keys = [peter().verifier()];
    let own = checkpoint("PeterNeumann");
    let note = own.sign(&peter()).unwrap();
    assert_eq!(Checkpoint::open(&note, &keys), Ok(own));
    let note = checkpoint("another").sign(&peter()).unwrap();
    assert_eq!(Checkpoint::open(&note, &keys), Err(NoteError::Unsigned));
}
