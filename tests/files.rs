//! Round, schedule and audit files: golden files of another implementation, damaged files, stable hashes.

use std::path::PathBuf;

use library_swap::files::{Round, Schedule};

fn golden() -> Option<Vec<(String, Vec<u8>, Vec<u8>)>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/rounds/golden");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: the golden files are not here ({})", folder.display());
        return None;
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".round.json") {
            let schedule = folder.join(format!("{stem}.schedule.json"));
            found.push((
                stem.to_owned(),
                std::fs::read(&path).expect("round"),
                std::fs::read(schedule).expect("schedule"),
            ));
        }
    }
    assert!(!found.is_empty());
    Some(found)
}

#[test]
fn golden_rounds_have_the_hash_that_another_implementation_gave_them() {
    for (name, round, schedule) in golden().unwrap_or_default() {
        let round = Round::read(&round).expect(&name);
        let schedule = Schedule::read(&schedule).expect(&name);
        assert_eq!(round.sha256(), schedule.round_sha256, "{name}");
        assert_eq!(round.checked().expect("reads back").sha256(), round.sha256(), "{name}");
        assert_eq!(Schedule::read(schedule.to_json().as_bytes()).expect("reads back"), schedule, "{name}");
    }
}
