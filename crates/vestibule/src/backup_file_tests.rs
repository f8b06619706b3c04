use std::fs;
use std::path::PathBuf;

use vestibule_crypto::{MasterKey, MasterKeys};

use super::*;

fn key(byte: &str) -> KeyRing {
    KeyRing::from(&MasterKey::from_hex(&byte.repeat(32)).unwrap())
}

fn note() -> BackupNote {
    BackupNote::new(Millis::from_unix(1_790_000_000_123), "1.2.3")
}

/// A sealed file of 3 MiB and a little, and its folder.
fn sealed() -> (PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup");
    fs::write(&path, (0..3_145_800_u32).map(|at| at.to_le_bytes()[1]).collect::<Vec<u8>>()).unwrap();
    seal(&path, &key("0b"), &note(), &mut |_, _| Ok(())).unwrap();
    (path, folder)
}

fn read(path: &Path, key: &KeyRing) -> (Vec<u8>, Result<Label, Doubt>) {
    let mut database = Vec::new();
    let verdict = BackupFile::open(path).unwrap().read(key, &mut |bytes, _| {
        database.extend_from_slice(bytes);
        Ok(())
    });
    (database, verdict.unwrap())
}

fn doubt(path: &Path) -> Doubt {
    read(path, &key("0b")).1.unwrap_err()
}

#[test]
fn a_sealed_file_is_read_as_it_was_before() {
    let (path, _folder) = sealed();
    let (database, label) = read(&path, &key("0b"));
    assert_eq!(database, fs::read(&path).unwrap()[..3_145_800]);
    let label = label.unwrap();
    assert_eq!((label.made(), label.version(), label.length), (note().made(), "1.2.3", 3_145_800));
}

/// Laid out and tagged by an independent implementation. It must never change: backups outlive versions.
#[test]
fn a_seal_stays_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup");
    fs::write(&path, "a database").unwrap();
    seal(&path, &key("0b"), &note(), &mut |_, _| Ok(())).unwrap();
    let written = fs::read(&path).unwrap();
    let written = written[10..].iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let known = [
        "766573746962756c652d6261636b75700101000000000000000a000001a0c4506c7b37114750e87d",
        "4b6b2273fb244f9048e8badab442468e68756809886f67f7dbfd312e322e33000000000000000000",
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000",
        "000000000000000073e27bfd60629b69892847a05170aeb7a8d5003be0d1c4decd4e36f536e0a0a2",
    ]
    .concat();
    assert_eq!(written, known);
}

/// Every part of the seal, and a few of the database.
#[test]
fn a_changed_bit_is_noticed_wherever_it_is() {
    let (path, _folder) = sealed();
    let whole = fs::read(&path).unwrap();
    let seal = whole.len() - LABEL - TAG;
    for at in (seal..whole.len()).chain([0, 1_048_575, 1_048_576, seal - 1]) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let expected = match at.checked_sub(seal) {
            Some(0..16) => Doubt::NoSeal,
            Some(16) => Doubt::UnknownForm(0),
            Some(17 | 34..66) => Doubt::OtherKey,
            _ => Doubt::Changed,
        };
        assert_eq!(doubt(&path), expected, "byte {at}");
    }
}

#[test]
fn a_file_that_was_cut_short_or_grew_is_noticed() {
    let (path, _folder) = sealed();
    let whole = fs::read(&path).unwrap();
    let seal = whole.len() - LABEL - TAG;
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(doubt(&path), Doubt::NoSeal);
    fs::write(&path, [&whole[..seal - 1], &whole[seal..]].concat()).unwrap();
    assert_eq!(doubt(&path), Doubt::Changed);
    fs::write(&path, [&whole[..seal], b"x", &whole[seal..]].concat()).unwrap();
    assert_eq!(doubt(&path), Doubt::Changed);
    for short in ["", "short"] {
        fs::write(&path, short).unwrap();
        assert_eq!(doubt(&path), Doubt::NoSeal);
    }
}

#[test]
fn a_seal_of_another_backup_does_not_hold() {
    let (path, _folder) = sealed();
    let (other, _other_folder) = sealed();
    let mut bytes = fs::read(&other).unwrap();
    bytes[7] ^= 1;
    bytes.truncate(3_145_800);
    fs::write(&other, &bytes).unwrap();
    seal(&other, &key("0b"), &note(), &mut |_, _| Ok(())).unwrap();
    read(&other, &key("0b")).1.unwrap();
    let seal = fs::read(&other).unwrap().split_off(3_145_800);
    let database = fs::read(&path).unwrap();
    fs::write(&path, [&database[..3_145_800], &seal].concat()).unwrap();
    assert_eq!(doubt(&path), Doubt::Changed);
}

#[test]
fn another_key_is_told_apart_from_a_change() {
    let (path, _folder) = sealed();
    assert_eq!(read(&path, &key("0c")).1.unwrap_err(), Doubt::OtherKey);
    assert_eq!(BackupFile::open(&path).unwrap().look(&key("0c")).unwrap_err(), Doubt::OtherKey);
}

#[test]
fn a_version_of_any_length_has_its_place() {
    let version = "9".repeat(100);
    let label = Label {
        generation: 1,
        length: u64::MAX,
        made: Millis::from_unix(-1),
        key_check: [7; 32],
        version: version.clone(),
    };
    let read = Label::from_bytes(&label.to_bytes()).unwrap();
    assert_eq!((read.length, read.made, read.version()), (u64::MAX, label.made, &version[..62]));
}

/// The keys `0b` and `0c`, of which the second is in force.
fn rotated() -> KeyRing {
    let text = format!("1:{} 2:{}", "0b".repeat(32), "0c".repeat(32));
    KeyRing::new(&MasterKeys::from_text(&text).unwrap())
}

#[test]
fn a_backup_from_before_a_rotation_is_read_with_the_key_of_its_time() {
    let (path, _folder) = sealed();
    assert!(read(&path, &rotated()).1.is_ok());
}

#[test]
fn a_backup_is_sealed_under_the_generation_in_force_and_needs_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup");
    fs::write(&path, "a database").unwrap();
    seal(&path, &rotated(), &note(), &mut |_, _| Ok(())).unwrap();
    assert!(read(&path, &rotated()).1.is_ok());
    assert_eq!(doubt(&path), Doubt::NoKey(2));
}
