//! The templates that are built in, and those of a folder that take their place, read and checked.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::render::{Engine, texts};
use super::samples::samples;
use crate::domain::fault::maybe;
use crate::domain::language::Language;
use crate::domain::letter::NoticeKind;
use crate::domain::templates::OwnTemplates;

/// The building blocks as plain text.
pub(super) const TEXT: &str = include_str!("templates/text.jinja");
/// The building blocks as HTML.
pub(super) const HTML: &str = include_str!("templates/html.jinja");

/// What every mail's template defines.
const BLOCKS: [&str; 3] = ["subject", "heading", "body"];

macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        /// The names of a language's templates: phrases that mails share, and one for each notice.
        pub const TEMPLATES: &[&str] = &[$($name),+];

        /// The text of a built-in template (`cy/proposal`).
        pub(super) fn built_in(name: &str) -> Option<&'static str> {
            let (language, name) = name.split_once('/')?;
            match (language, name) {
                $(("en", $name) => Some(include_str!(concat!("templates/en/", $name, ".jinja"))),)+
                $(("cy", $name) => Some(include_str!(concat!("templates/cy/", $name, ".jinja"))),)+
                _ => None,
            }
        }
    };
}

built_in! {
    "phrases",
    "packs",
    "verify_address",
    "already_signed_up",
    "release_request",
    "proposal",
    "answer_reminder",
    "deputy_request",
    "offer",
    "offer_ended",
    "alternative",
    "handed_over",
    "swap_request",
    "swap_ended",
    "confirmed",
    "changed",
    "cancelled",
    "calendar",
    "reminder",
    "ill",
    "feedback_request",
    "matched_again",
    "confirm_reply",
    "deadline_moved",
    "joining_pack",
    "pack_changed",
    "pack_missing",
    "unplaced",
}

/// Writes the built-in templates into a folder, as a beginning for one's own; nothing that is there is written over.
/// Gives how many were written.
///
/// # Errors
/// What the file system says, with the path.
pub fn write_built_in(folder: &Path) -> Result<usize, String> {
    let mut written = 0;
    for language in Language::ALL {
        let inner = folder.join(language.as_str());
        std::fs::create_dir_all(&inner)
            .map_err(|error| format!("{} cannot be made: {error}", inner.display()))?;
        for name in TEMPLATES {
            let path = inner.join(format!("{name}.jinja"));
            if !path.exists() {
                let text = built_in(&format!("{language}/{name}")).unwrap_or_default();
                std::fs::write(&path, text)
                    .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
                written += 1;
            }
        }
    }
    Ok(written)
}

/// Reads a folder of one's own templates, `<folder>/<language>/<name>.jinja`, and tries them on every sample letter.
///
/// # Errors
/// All faults, each with the file, and where it is known with the line, the letter and the fact.
pub fn read_own(folder: &Path) -> Result<OwnTemplates, Vec<String>> {
    let (mut found, mut faults) = (BTreeMap::new(), Vec::new());
    for (path, language) in listed(folder, &mut faults) {
        let known = Language::ALL.iter().map(|language| language.as_str());
        if !known.clone().any(|tag| tag == language) || !path.is_dir() {
            let guess = maybe(&language, known);
            faults.push(format!("{}: is no folder of a language, like en or cy{guess}", path.display()));
            continue;
        }
        for (path, file) in listed(&path, &mut faults) {
            let name = file.strip_suffix(".jinja").unwrap_or(&file);
            if !TEMPLATES.contains(&name) || name == file {
                let files: Vec<String> = TEMPLATES.iter().map(|name| format!("{name}.jinja")).collect();
                let meant = format!("{}.jinja", name.split('.').next().unwrap_or_default());
                let guess = maybe(&meant, files.iter().map(String::as_str));
                faults.push(format!("{}: no mail has a template of this name{guess}", path.display()));
                continue;
            }
            match std::fs::read_to_string(&path) {
                Ok(text) => drop(found.insert(format!("{language}/{name}"), text)),
                Err(error) => faults.push(format!("{}: cannot be read: {error}", path.display())),
            }
        }
    }
    let own = OwnTemplates::new(found);
    if faults.is_empty() {
        faults = check(folder, &own);
    }
    if faults.is_empty() { Ok(own) } else { Err(faults) }
}

/// What is in a folder, by name; what is hidden (`.git`) is passed over.
fn listed(folder: &Path, faults: &mut Vec<String>) -> Vec<(std::path::PathBuf, String)> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()),
        Err(error) => {
            faults.push(format!("{}: cannot be listed: {error}", folder.display()));
            return Vec::new();
        }
    };
    let named = |path: std::path::PathBuf| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        Some((path, name)).filter(|(_, name)| !name.starts_with('.'))
    };
    let mut found: Vec<_> = entries.filter_map(named).collect();
    found.sort();
    found
}

/// What is wrong with templates: first what can be seen in each by itself, then what comes out on sample letters.
fn check(folder: &Path, own: &OwnTemplates) -> Vec<String> {
    let engine = Engine::new(own);
    let mut faults = Vec::new();
    for name in own.names() {
        let file = folder.join(format!("{name}.jinja"));
        match engine.text.get_template(name) {
            Err(error) => faults.push(format!("{}{}", file.display(), told(&error))),
            Ok(template) => {
                let kind = name.split('/').next_back().unwrap_or_default();
                let has = |block: &str| template.source().contains(&format!("block {block} "));
                let missing: Vec<&str> = BLOCKS.into_iter().filter(|block| !has(block)).collect();
                if kind.parse::<NoticeKind>().is_ok() && !missing.is_empty() {
                    let words = format!(
                        "{}: lacks {{% block {} %}}",
                        file.display(),
                        missing.join(" %} and {% block ")
                    );
                    faults.push(words);
                }
            }
        }
    }
    if !faults.is_empty() {
        return faults;
    }
    let languages = Language::ALL
        .iter()
        .filter(|language| own.names().any(|name| name.starts_with(&format!("{language}/"))));
    for language in languages {
        for kind in NoticeKind::ALL {
            for sample in samples(*kind, *language) {
                if let Err(error) = texts(&sample.letter, own) {
                    let mut words = String::new();
                    let at = inner(&error).map_or_else(|| format!(": {error}"), told);
                    let name =
                        inner(&error).and_then(minijinja::Error::name).unwrap_or(kind.as_str()).to_owned();
                    let _ = write!(
                        words,
                        "{}{at} (seen on the sample `{kind}` to the {}, {})",
                        folder.join(format!("{name}.jinja")).display(),
                        sample.letter.party,
                        sample.what
                    );
                    if !faults.contains(&words) {
                        faults.push(words);
                    }
                    // The other samples of the notice would mostly say the same.
                    break;
                }
            }
        }
    }
    faults
}

fn inner(error: &super::RenderError) -> Option<&minijinja::Error> {
    match error {
        super::RenderError::Template(error) => {
            // The innermost one names the file and the line at which it went wrong.
            let mut innermost = error;
            while let Some(source) =
                std::error::Error::source(innermost).and_then(|source| source.downcast_ref())
            {
                innermost = source;
            }
            Some(innermost)
        }
        _ => None,
    }
}

/// Line, what is wrong, and the piece of the template that asks for it.
fn told(error: &minijinja::Error) -> String {
    let mut words = error.line().map(|line| format!(", line {line}")).unwrap_or_default();
    let _ = write!(words, ": {}", error.kind());
    if let Some(detail) = error.detail() {
        let _ = write!(words, ": {detail}");
    }
    let piece = error.range().zip(error.template_source()).and_then(|(range, source)| source.get(range));
    if let Some(piece) = piece.map(str::trim).filter(|piece| !piece.is_empty()) {
        let _ = write!(words, " in `{piece}`");
    }
    words
}
