//! From a letter to a subject, a plain text and an HTML text.
//!
//! Each notice is written once, in `templates/<language>/<kind>.jinja`, out of building blocks (`para`, `fact`,
//! `button`, …) that `text.jinja` and `html.jinja` both define: so the two texts cannot tell different facts.

use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, context};

use super::message;
use super::words::{Language, View};
use crate::domain::letter::Letter;

/// Who mails come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// What people see.
    pub name: String,
    /// The mailbox, which is read.
    pub address: String,
}

/// A message, ready to be stored and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The whole RFC 5322 message.
    pub message: Vec<u8>,
    /// Its subject.
    pub subject: String,
}

/// Why a letter cannot be written. No text shows an address.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The template asks for a fact that the letter lacks.
    #[error("a fact is missing or a template is wrong: {0}")]
    Template(#[from] minijinja::Error),
    /// An address that no mail can carry.
    #[error("the {0}'s address is not an e-mail address")]
    Address(&'static str),
    /// A Message-ID that would break the header.
    #[error("{0:?} is not a Message-ID; it must look like <something@domain> in plain ASCII")]
    MessageId(String),
    /// A message that cannot be put together.
    #[error("the message cannot be put together: {0}")]
    Message(String),
}

/// The texts of a mail.
#[derive(Debug)]
pub struct Texts {
    /// Its subject.
    pub subject: String,
    /// What programs show that show no HTML.
    pub plain: String,
    /// The same facts as HTML.
    pub html: String,
    pub(super) language: Language,
}

/// Renders a letter.
///
/// # Errors
/// When the letter lacks a fact that its notice tells, or holds an address or a Message-ID that no mail can carry.
pub fn render(letter: &Letter, sender: &Sender) -> Result<Rendered, RenderError> {
    let texts = texts(letter)?;
    let message = message::compose(letter, sender, &texts)?;
    Ok(Rendered { message, subject: texts.subject })
}

/// The texts of a letter: what its recipient reads.
///
/// # Errors
/// When the letter lacks a fact that its notice tells.
pub fn texts(letter: &Letter) -> Result<Texts, RenderError> {
    let language = Language::for_tag(&letter.language);
    let name = format!("{}/{}", language.tag(), letter.kind);
    let view = context! { letter => Value::from(Serde(View::new(letter, language))) };
    let (text, html) = (text_environment(), html_environment());
    let subject = flat(&block(&text, &name, "subject", &view)?);
    let heading = flat(&block(&text, &name, "heading", &view)?);
    let page = |environment: &Environment<'static>| -> Result<String, minijinja::Error> {
        // Escaped already, where the environment escapes.
        let body = Value::from_safe_string(tidied(&block(environment, &name, "body", &view)?));
        let around = [
            language.tag().into(),
            language.direction().into(),
            subject.as_str().into(),
            heading.as_str().into(),
            body,
        ];
        let shape = environment.get_template("shape")?;
        shape.render_captured(())?.with_state_mut(|state| state.call_macro("page", &around))
    };
    // A slash needs no escaping, and links full of `&#x2f;` look like tricks to spam filters.
    let (plain, html) = (tidied(&page(&text)?), tidied(&page(&html)?).replace("&#x2f;", "/"));
    Ok(Texts { subject, plain, html, language })
}

fn block(
    environment: &Environment<'static>,
    template: &str,
    name: &str,
    context: &Value,
) -> Result<String, minijinja::Error> {
    environment
        .get_template(template)?
        .render_captured(context.clone())?
        .with_state_mut(|state| state.render_block(name))
}

fn text_environment() -> Environment<'static> {
    environment(include_str!("templates/text.jinja"), AutoEscape::None)
}

fn html_environment() -> Environment<'static> {
    environment(include_str!("templates/html.jinja"), AutoEscape::Html)
}

/// The templates with one way of writing building blocks.
fn environment(shape: &'static str, escape: AutoEscape) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(move |_| escape.clone());
    // A missing fact must not become the word "none".
    environment.set_formatter(|out, state, value| match value.kind() {
        ValueKind::None => {
            Err(minijinja::Error::new(ErrorKind::UndefinedError, "a fact that this notice tells is missing"))
        }
        _ => minijinja::escape_formatter(out, state, value),
    });
    environment.add_filter("flat", |text: &str| flat(text));
    environment.add_filter("rows", |text: &str| rows(text));
    environment.set_loader(move |name| Ok(source(name, shape).map(str::to_owned)));
    environment
}

#[rustfmt::skip]
fn source(name: &str, shape: &'static str) -> Option<&'static str> {
    match name {
        "shape" => Some(shape),
        "en/phrases" => Some(include_str!("templates/en/phrases.jinja")),
        "en/verify_address" => Some(include_str!("templates/en/verify_address.jinja")),
        "en/already_signed_up" => Some(include_str!("templates/en/already_signed_up.jinja")),
        "en/release_request" => Some(include_str!("templates/en/release_request.jinja")),
        "en/proposal" => Some(include_str!("templates/en/proposal.jinja")),
        "en/answer_reminder" => Some(include_str!("templates/en/answer_reminder.jinja")),
        "en/deputy_request" => Some(include_str!("templates/en/deputy_request.jinja")),
        "en/offer" => Some(include_str!("templates/en/offer.jinja")),
        "en/offer_ended" => Some(include_str!("templates/en/offer_ended.jinja")),
        "en/alternative" => Some(include_str!("templates/en/alternative.jinja")),
        "en/handed_over" => Some(include_str!("templates/en/handed_over.jinja")),
        "en/swap_request" => Some(include_str!("templates/en/swap_request.jinja")),
        "en/swap_ended" => Some(include_str!("templates/en/swap_ended.jinja")),
        "en/confirmed" => Some(include_str!("templates/en/confirmed.jinja")),
        "en/changed" => Some(include_str!("templates/en/changed.jinja")),
        "en/cancelled" => Some(include_str!("templates/en/cancelled.jinja")),
        "en/calendar" => Some(include_str!("templates/en/calendar.jinja")),
        "en/reminder" => Some(include_str!("templates/en/reminder.jinja")),
        "en/ill" => Some(include_str!("templates/en/ill.jinja")),
        "en/feedback_request" => Some(include_str!("templates/en/feedback_request.jinja")),
        "en/matched_again" => Some(include_str!("templates/en/matched_again.jinja")),
        "en/confirm_reply" => Some(include_str!("templates/en/confirm_reply.jinja")),
        "en/deadline_moved" => Some(include_str!("templates/en/deadline_moved.jinja")),
        "en/packs" => Some(include_str!("templates/en/packs.jinja")),
        "en/joining_pack" => Some(include_str!("templates/en/joining_pack.jinja")),
        "en/pack_changed" => Some(include_str!("templates/en/pack_changed.jinja")),
        "en/digest" => Some(include_str!("templates/en/digest.jinja")),
        "en/pack_missing" => Some(include_str!("templates/en/pack_missing.jinja")),
        "en/unplaced" => Some(include_str!("templates/en/unplaced.jinja")),
        _ => None,
    }
}

/// One line without control characters: what a subject, a heading, a paragraph of plain text and a name must be.
pub(super) fn flat(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Lines without empty ones between them.
fn rows(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Lines without the indentation of the templates, and at most one empty line in a row.
fn tidied(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    for line in text.lines().map(str::trim_start) {
        // "-- " keeps its space: it tells a mail program where the signature begins.
        let line = if line == "-- " { line } else { line.trim_end() };
        if !(line.is_empty() && (tidy.is_empty() || tidy.ends_with("\n\n"))) {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy.truncate(tidy.trim_end().len());
    tidy.push('\n');
    tidy
}
