//! What the files transport has written, read as a recipient would: text, link, invitation.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mail_parser::{MessageParser, MimeHeaders};

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mail {
    pub(super) file: PathBuf,
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) message_id: String,
    /// The secret of the page it leads to.
    pub(super) secret: Option<String>,
    /// Every URL in its text and in its HTML.
    pub(super) urls: BTreeSet<String>,
    pub(super) invitation: Option<Invitation>,
}

/// What matters of an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Invitation {
    pub(super) method: String,
    pub(super) uid: String,
    pub(super) sequence: i64,
}

/// A folder of mails; each is read once.
#[derive(Debug)]
pub(super) struct Mailbox {
    folder: PathBuf,
    seen: BTreeSet<PathBuf>,
}

impl Mailbox {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), seen: BTreeSet::new() }
    }

    /// The mails that came since the last look, in the order of their files.
    pub(super) fn new_mails(&mut self) -> Result<Vec<Mail>, String> {
        let mut files = Vec::new();
        let entries =
            std::fs::read_dir(&self.folder).map_err(|error| format!("{}: {error}", self.folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.extension().is_some_and(|extension| extension == "eml") && !self.seen.contains(&path) {
                files.push(path);
            }
        }
        files.sort();
        let mut mails = Vec::with_capacity(files.len());
        for file in files {
            mails.push(read(&file)?);
            self.seen.insert(file);
        }
        Ok(mails)
    }
}

fn read(file: &Path) -> Result<Mail, String> {
    let unreadable = |what: &str| format!("{}: {what}", file.display());
    let bytes = std::fs::read(file).map_err(|error| unreadable(&error.to_string()))?;
    let message = MessageParser::default().parse(&bytes).ok_or_else(|| unreadable("is no mail"))?;
    let to = message
        .to()
        .and_then(|to| to.first())
        .and_then(|address| address.address())
        .ok_or_else(|| unreadable("has no recipient"))?;
    let text = message.body_text(0).ok_or_else(|| unreadable("has no text"))?;
    let html = message.body_html(0).unwrap_or_default();
    let calendar = message
        .parts
        .iter()
        .find(|part| part.content_type().is_some_and(|kind| kind.subtype() == Some("calendar")))
        .and_then(|part| part.text_contents());
    Ok(Mail {
        file: file.to_owned(),
        to: to.to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        message_id: message.message_id().unwrap_or_default().to_owned(),
        secret: secret_in(&text),
        urls: urls_in(&text).chain(urls_in(&html)).collect(),
        invitation: calendar.and_then(invitation_in),
    })
}

fn urls_in(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| c.is_whitespace() || "\"'<>()".contains(c));
    words.filter(|word| word.starts_with("http")).map(|word| word.trim_end_matches(['.', ',']).to_owned())
}

/// The secret of the first link of the service.
fn secret_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("/links/")?;
    let secret: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    (!secret.is_empty()).then_some(secret)
}

/// Reads three properties; long lines are folded in front of them never, because they are short.
fn invitation_in(calendar: &str) -> Option<Invitation> {
    let value = |name: &str| {
        calendar.lines().find_map(|line| line.strip_prefix(name).map(|value| value.trim().to_owned()))
    };
    Some(Invitation {
        method: value("METHOD:")?,
        uid: value("UID:")?,
        sequence: value("SEQUENCE:")?.parse().ok()?,
    })
}
