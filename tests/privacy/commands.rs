//! The key file and retention as an operator handles them, by the binary.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{Database, Service, generous, keys};
use crate::world::World;

fn run(folder: &Path, url: &str, arguments: &[&str]) -> (i32, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_library-swap"))
        .current_dir(folder)
        .env("LIBRARY_SWAP__DATABASE__URL", url)
        .args(arguments)
        .output()
        .expect("the binary runs");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code().expect("an exit code"), said.concat())
}

/// The lines of a key file that are keys.
fn count_keys(path: &Path) -> usize {
    let text = std::fs::read_to_string(path).expect("the key file");
    text.lines().filter(|line| line.len() == 128).count()
}

#[test]
fn the_key_file_is_made_for_its_owner_only_and_its_keys_are_changed_by_commands() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |arguments: &[&str]| run(folder.path(), "sqlite:data/x.db", arguments);
    assert_eq!(at(&["init"]).0, 0);
    let path: PathBuf = folder.path().join("data/x.db.keys");
    let mode = || std::fs::metadata(&path).expect("the key file").permissions().mode() & 0o777;
    assert_eq!((mode(), count_keys(&path)), (0o600, 1));
    let (code, said) = at(&["doctor", "--quiet"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("ok      keys: data/x.db.keys"), "{said}");

    let first = std::fs::read_to_string(&path).expect("the key file");
    assert_eq!(at(&["keys", "new"]).0, 0);
    assert_eq!((mode(), count_keys(&path)), (0o600, 2));
    let (code, said) = at(&["keys", "reseal"]);
    assert_eq!((code, count_keys(&path)), (0, 1), "{said}");
    assert!(!first.lines().any(|line| line.len() == 128 && said.contains(line)), "no key is shown");
    assert_ne!(std::fs::read_to_string(&path).expect("the key file"), first, "the new one stays");

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
    let (code, said) = at(&["doctor", "--quiet"]);
    assert_eq!(code, 1);
    assert!(said.contains("FAILED  keys: others on this machine may read"), "{said}");
    std::fs::write(&path, "no key\n").expect("written");
    let (code, said) = at(&["init", "--again"]);
    assert!(code == 2 && said.contains("128 hexadecimal digits"), "{said}");
}

#[test]
fn nothing_starts_without_the_key_that_encrypted_what_is_there() {
    let database = Database::sqlite();
    let url = database.url();
    let service = Service::start(database, &generous());
    World::new(&service).released("ann");
    let path = PathBuf::from(format!("{}.keys", url.strip_prefix("sqlite:").expect("a file")));
    let folder = tempfile::tempdir().expect("a folder");
    let at = |arguments: &[&str]| run(folder.path(), &url, arguments);

    let (code, said) = at(&["init", "--again"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("put the file back from its backup") && said.contains(&keys().ids()[0]), "{said}");
    assert!(!path.exists(), "no second key is made");
    assert!(at(&["doctor", "--quiet"]).1.contains("FAILED  keys: "));
    std::fs::write(&path, keys().reveal()).expect("put back");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("set");
    assert_eq!(at(&["init", "--again"]).0, 0);
    assert!(at(&["doctor", "--quiet"]).1.contains("ok      keys: "));
}

#[test]
fn a_postgresql_database_that_holds_what_is_encrypted_is_not_served_without_its_key_file() {
    let Some(database) = Database::postgres() else { return };
    let url = database.url();
    let service = Service::start(database, &generous());
    World::new(&service).released("ann");
    let folder = tempfile::tempdir().expect("a folder");
    let (code, said) = run(folder.path(), &url, &["init", "--again"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("no key file is configured") && said.contains("privacy.key_file"), "{said}");
    let (_, said) = run(folder.path(), &url, &["doctor", "--quiet"]);
    assert!(said.contains("FAILED  keys: ") && said.contains(&keys().ids()[0]), "{said}");
}

#[test]
fn retention_says_what_would_go_and_takes_it_away() {
    let database = Database::sqlite();
    let url = database.url();
    let service = Service::start(database, &generous());
    let world = World::new(&service);
    world.sign_up("ann");
    let folder = tempfile::tempdir().expect("a folder");
    let at = |arguments: &[&str]| run(folder.path(), &url, arguments).1;
    std::fs::write(format!("{}.keys", url.strip_prefix("sqlite:").expect("a file")), keys().reveal())
        .expect("the key file");
    // The binary has the real clock, which is before the test's: nothing is over its time yet.
    let said = at(&["retention", "--dry-run"]);
    assert!(said.contains("unproven_applications: 0 would go (kept for 30 days)"), "{said}");
    assert!(said.contains("access_needs: 0 would go (kept for 7 days)"), "{said}");
    assert!(at(&["retention"]).contains("unproven_applications: 0 gone"));
}
