//! Mail as files in a folder, for trying the service out without a mail server.
//!
//! Each message is one `.eml` that mail programs open, and its invitation one `.ics` beside it. A file is there whole
//! or not at all. Names sort in the order of sending and hold no address.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mail_parser::{MessageParser, MimeHeaders};

/// A folder that mail is written to. Clones share the count.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    next: Arc<AtomicU64>,
}

impl Folder {
    /// Makes the folder where it is missing, and goes on counting where earlier messages end.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let told = |error: io::Error| format!("the mail folder {}: {error}", path.display());
        // The secrets of links stand in the mails: nobody else on the machine may read them.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(told)?;
        let mut last = 0;
        for entry in fs::read_dir(path).map_err(told)? {
            let name = entry.map_err(told)?.file_name();
            let number = name.to_string_lossy().split('-').next().and_then(|digits| digits.parse().ok());
            last = last.max(number.unwrap_or(0));
        }
        let folder = Self { path: path.to_owned(), next: Arc::new(AtomicU64::new(last + 1)) };
        folder.check().map_err(told)?;
        Ok(folder)
    }

    /// Writes a message and its invitation; gives the name of the file.
    pub(super) fn keep(&self, kind: &str, message_id: &str, message: &[u8]) -> io::Result<String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        // Several processes may count at once; the Message-ID keeps their names apart.
        let stem = format!("{number:06}-{}-{}", safe(kind), safe(message_id));
        if let Some(ics) = invitation_in(message) {
            self.put(&format!("{stem}.ics"), &ics)?;
        }
        let name = format!("{stem}.eml");
        self.put(&name, message)?;
        Ok(name)
    }

    /// Whether a file can be written.
    pub(super) fn check(&self) -> io::Result<()> {
        let probe = self.path.join(format!(".check-{}", std::process::id()));
        fs::write(&probe, b"")?;
        fs::remove_file(probe)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.path.join(format!(".{name}.part"));
        let mut file = File::create(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(unfinished, self.path.join(name))
    }
}

/// A text as part of a file name: at most 80 letters, digits, dots, hyphens and underscores.
fn safe(text: &str) -> String {
    let kept = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    text.chars().filter(kept).take(80).map(|c| if c == '@' { '_' } else { c }).collect()
}

fn invitation_in(message: &[u8]) -> Option<Vec<u8>> {
    let message = MessageParser::new().parse(message)?;
    let attached = message.attachments().find(|part| part.attachment_name() == Some("invite.ics"))?;
    Some(attached.contents().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn names_sort_in_the_order_of_sending_also_after_a_restart_and_never_leave_the_folder() {
        let place = tempfile::tempdir().expect("a folder");
        let inner = place.path().join("a/b");
        let folder = Folder::open(&inner).expect("opens");
        for n in 0..12 {
            folder.keep("proposal", &format!("<{}@x.example>", 12 - n), b"x").expect("kept");
        }
        let again = Folder::open(&inner).expect("opens");
        let name = again.keep("../../etc", "<../../../x/é\0@x.example>", b"x").expect("kept");
        assert_eq!(name, "000013-....etc-......x_x.example.eml");
        let names = names(&inner);
        assert_eq!(names.len(), 13);
        assert_eq!(names[0], "000001-proposal-12_x.example.eml");
        assert_eq!(names[9], "000010-proposal-3_x.example.eml");
    }

    #[test]
    fn a_new_folder_is_its_owners_only() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().expect("a folder");
        let inner = place.path().join("mail");
        Folder::open(&inner).expect("opens");
        let mode = fs::metadata(&inner).expect("a folder").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }

    #[test]
    fn a_folder_that_cannot_be_is_named() {
        let place = tempfile::tempdir().expect("a folder");
        let file = place.path().join("file");
        fs::write(&file, b"x").expect("written");
        let error = Folder::open(&file).expect_err("refused");
        assert!(error.contains("file"), "{error}");
    }
}
