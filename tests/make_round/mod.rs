//! Rounds of real libraries and simulated people, made by `../shared/rounds/make_round.py`.
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use std::path::Path;
use std::process::Command;

/// The bytes of a round file; none, loudly, where rounds cannot be made.
///
/// # Panics
/// When the maker refuses the arguments.
pub fn make_round(arguments: &[&str]) -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/rounds");
    if !folder.join("make_round.py").exists() {
        skip!("the rounds are not here ({})", folder.display());
        return None;
    }
    let out = tempfile::NamedTempFile::new().expect("a file");
    let made = Command::new("python3")
        .arg("make_round.py")
        .args(arguments)
        .arg("--out")
        .arg(out.path())
        .current_dir(&folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output();
    let Ok(made) = made else {
        skip!("python3 cannot be run here");
        return None;
    };
    assert!(made.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&made.stderr));
    Some(std::fs::read(out.path()).expect("a round file"))
}
