//! The templates that are built in, and those of a folder that take their place, read and checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::render::{Engine, RenderError, texts};
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
    "digest",
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
    "sign_in",
    "deputyship",
    "webhook_disabled",
    "schedule_file",
    "schedule_not_delivered",
    "idea_question",
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
fn listed(folder: &Path, faults: &mut Vec<String>) -> Vec<(PathBuf, String)> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()),
        Err(error) => {
            faults.push(format!("{}: cannot be listed: {error}", folder.display()));
            return Vec::new();
        }
    };
    let named = |path: PathBuf| {
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
    let faults: Vec<String> = own.names().filter_map(|name| fault_of_one(folder, &engine, name)).collect();
    if faults.is_empty() { faults_on_samples(folder, own) } else { faults }
}

fn path_of(folder: &Path, name: &str) -> String {
    folder.join(format!("{name}.jinja")).display().to_string()
}

/// What is wrong with a template that is not even tried: its syntax, or a block that it lacks.
fn fault_of_one(folder: &Path, engine: &Engine, name: &str) -> Option<String> {
    let template = match engine.text.get_template(name) {
        Ok(template) => template,
        Err(error) => return Some(format!("{}{}", path_of(folder, name), told(&error))),
    };
    name.split('/').next_back()?.parse::<NoticeKind>().ok()?;
    let begins = |text: &str, block: &str| {
        let rest = text.trim_start().strip_prefix(block);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let has = |block: &&str| template.source().split("block ").skip(1).any(|rest| begins(rest, block));
    let missing: Vec<&str> = BLOCKS.into_iter().filter(|block| !has(block)).collect();
    let named = missing.join(" %} and {% block ");
    (!missing.is_empty()).then(|| format!("{}: lacks {{% block {named} %}}", path_of(folder, name)))
}

/// What goes wrong where the sample letters are written; the same thing once, with the first letter that shows it.
fn faults_on_samples(folder: &Path, own: &OwnTemplates) -> Vec<String> {
    let is_concerned =
        |language: &&Language| own.names().any(|name| name.starts_with(&format!("{language}/")));
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for language in Language::ALL.iter().filter(is_concerned) {
        for sample in NoticeKind::ALL.iter().flat_map(|kind| samples(*kind, *language)) {
            let Err(error) = texts(&sample.letter, own) else { continue };
            let (kind, party) = (sample.letter.kind, sample.letter.party);
            let fault = match innermost(&error) {
                Some(inner) => {
                    let usual = format!("{language}/{kind}");
                    format!("{}{}", path_of(folder, inner.name().unwrap_or(&usual)), told(inner))
                }
                None => error.to_string(),
            };
            let seen = format!(" (seen on the sample `{kind}` to the {party}, {})", sample.what);
            found.entry(fault).or_insert(seen);
        }
    }
    found.into_iter().map(|(fault, seen)| fault + &seen).collect()
}

/// The error that names the file and the line at which it went wrong.
fn innermost(error: &RenderError) -> Option<&minijinja::Error> {
    let RenderError::Template(error) = error else { return None };
    let mut inner = error;
    while let Some(source) = std::error::Error::source(inner).and_then(|source| source.downcast_ref()) {
        inner = source;
    }
    Some(inner)
}

/// Line, what is wrong, and the piece of the template that asks for it.
fn told(error: &minijinja::Error) -> String {
    let line = error.line().map(|line| format!(", line {line}")).unwrap_or_default();
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    let piece = error.range().zip(error.template_source()).and_then(|(range, source)| source.get(range));
    let piece = piece.map(str::trim).filter(|piece| !piece.is_empty());
    let piece = piece.map(|piece| format!(" in `{piece}`")).unwrap_or_default();
    format!("{line}: {}{detail}{piece}", error.kind())
}
