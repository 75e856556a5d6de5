//! The golden files, made by another implementation; they lie beside the repository.

use std::path::PathBuf;

/// Name, round file and schedule file.
pub type Pair = (String, Vec<u8>, Vec<u8>);

/// Each golden pair; none, loudly, where they are absent.
pub fn golden() -> Option<Vec<Pair>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/rounds/golden");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        skip!("the golden files are not here ({})", folder.display());
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
