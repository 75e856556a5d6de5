//! From a letter to a subject, a plain text and an HTML text.
//!
//! Each notice is written once a language, in `templates/<language>/<kind>.jinja`, out of building blocks (`para`,
//! `fact`, `button`, …) that `text.jinja` and `html.jinja` both define: so the two texts cannot tell different facts.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use minijinja::value::{Kwargs, Serde, Value, ValueKind};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, HtmlEscape, Output, State, UndefinedBehavior, context,
};

use super::dkim::Signer;
use super::message;
use super::templates::{self, built_in};
use super::words::View;
use crate::domain::language::Language;
use crate::domain::letter::Letter;
use crate::domain::templates::OwnTemplates;
use crate::words::{Plural, choose_plural};

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
    Template(#[from] Error),
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

/// Renders a letter with the templates of one's own where there are any.
///
/// # Errors
/// When the letter lacks a fact that its notice tells, or holds an address or a Message-ID that no mail can carry.
pub fn render(letter: &Letter, sender: &Sender, own: &OwnTemplates) -> Result<Rendered, RenderError> {
    render_signed(letter, sender, own, None)
}

/// As [`render`], with a signature where there is somebody who signs.
pub(super) fn render_signed(
    letter: &Letter,
    sender: &Sender,
    own: &OwnTemplates,
    signer: Option<&Signer>,
) -> Result<Rendered, RenderError> {
    let texts = texts(letter, own)?;
    let mut message = message::compose(letter, sender, &texts)?;
    if let Some(signer) = signer {
        signer.sign(&mut message);
    }
    Ok(Rendered { message: message.formatted(), subject: texts.subject })
}

/// The texts of a letter: what its recipient reads.
///
/// # Errors
/// When the letter lacks a fact that its notice tells.
pub fn texts(letter: &Letter, own: &OwnTemplates) -> Result<Texts, RenderError> {
    let language = letter.language;
    let name = format!("{language}/{}", letter.kind);
    let view = context! { letter => Value::from(Serde(View::new(letter, language))) };
    let engine = engine(own);
    let subject = flat(&block(&engine.text, &name, "subject", &view)?);
    let heading = flat(&block(&engine.text, &name, "heading", &view)?);
    let page = |environment: &Environment<'static>| -> Result<String, Error> {
        // Escaped already, where the environment escapes.
        let body = Value::from_safe_string(tidied(&block(environment, &name, "body", &view)?));
        let around = [
            language.as_str().into(),
            language.direction().into(),
            subject.as_str().into(),
            heading.as_str().into(),
            body,
        ];
        let shape = environment.get_template("shape")?;
        shape.render_captured(())?.with_state_mut(|state| state.call_macro("page", &around))
    };
    // A slash needs no escaping, and links full of `&#x2f;` look like tricks to spam filters.
    let (plain, html) = (tidied(&page(&engine.text)?), tidied(&page(&engine.html)?).replace("&#x2f;", "/"));
    Ok(Texts { subject, plain, html, language })
}

fn block(
    environment: &Environment<'static>,
    template: &str,
    name: &str,
    context: &Value,
) -> Result<String, Error> {
    environment
        .get_template(template)?
        .render_captured(context.clone())?
        .with_state_mut(|state| state.render_block(name))
}

/// The templates, each compiled when it is first used, in the two ways of writing building blocks.
pub(super) struct Engine {
    pub(super) text: Environment<'static>,
    pub(super) html: Environment<'static>,
}

impl Engine {
    pub(super) fn new(own: &OwnTemplates) -> Self {
        Self {
            text: environment(templates::TEXT, AutoEscape::None, own.clone()),
            html: environment(templates::HTML, AutoEscape::Html, own.clone()),
        }
    }
}

/// The templates, compiled once for all mails.
fn engine(own: &OwnTemplates) -> Arc<Engine> {
    static BUILT_IN: LazyLock<Arc<Engine>> =
        LazyLock::new(|| Arc::new(Engine::new(&OwnTemplates::default())));
    static LAST: Mutex<Option<(OwnTemplates, Arc<Engine>)>> = Mutex::new(None);
    if own.names().next().is_none() {
        return Arc::clone(&BUILT_IN);
    }
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    match &*last {
        Some((known, engine)) if known.is_same(own) => Arc::clone(engine),
        Some(_) | None => {
            let engine = Arc::new(Engine::new(own));
            *last = Some((own.clone(), Arc::clone(&engine)));
            engine
        }
    }
}

/// The templates with one way of writing building blocks.
fn environment(shape: &'static str, escape: AutoEscape, own: OwnTemplates) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(move |_| escape.clone());
    environment.set_formatter(write);
    environment.add_filter("flat", |text: &str| flat(text));
    environment.add_filter("rows", |text: &str| rows(text));
    environment.add_filter("untagged", |text: &str| Value::from_safe_string(HtmlEscape(text).to_string()));
    environment.add_filter("plural", plural);
    environment.set_loader(move |name| {
        let own = own.find(name).map(str::to_owned);
        Ok(match name {
            "shape" => Some(shape.to_owned()),
            _ => own.or_else(|| built_in(name).map(str::to_owned)),
        })
    });
    environment
}

/// Writes a value. A missing fact must not become the word "none"; and what somebody has typed from right to left is
/// isolated in HTML, so that it does not turn the line around it.
fn write(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.kind() == ValueKind::None {
        return Err(Error::new(ErrorKind::UndefinedError, "a fact that this notice tells is missing"));
    }
    let is_foreign = matches!(state.auto_escape(), AutoEscape::Html)
        && !value.is_safe()
        && value.as_str().is_some_and(|text| text.chars().any(turns_text));
    if is_foreign {
        out.write_str("<bdi>")?;
        minijinja::escape_formatter(out, state, value)?;
        return Ok(out.write_str("</bdi>")?);
    }
    minijinja::escape_formatter(out, state, value)
}

/// Letters that are written from right to left, and characters that tell programs to do so.
const fn turns_text(c: char) -> bool {
    matches!(c,
        '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}'
        | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}' | '\u{200F}')
        || steers_text(c)
}

/// Characters that turn all text after them until they are taken back.
const fn steers_text(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// `n | plural(one="a day", other="# days")`: the form that the number asks for in the template's language, with the
/// number in the place of `#`. Forms that are not there are `other`.
#[expect(clippy::needless_pass_by_value, reason = "what minijinja hands over")]
fn plural(state: &State<'_, '_>, n: u64, forms: Kwargs) -> Result<String, Error> {
    let form = |name: &str| forms.get::<Option<String>>(name);
    let (zero, one, two, few, many) =
        (form("zero")?, form("one")?, form("two")?, form("few")?, form("many")?);
    let other: String = forms.get("other")?;
    forms.assert_all_used()?;
    let language = Language::for_tag(state.name().split('/').next().unwrap_or_default());
    let chosen = match choose_plural(language, n) {
        Plural::Zero => zero,
        Plural::One => one,
        Plural::Two => two,
        Plural::Few => few,
        Plural::Many => many,
        Plural::Other => None,
    };
    Ok(chosen.unwrap_or(other).replace('#', &n.to_string()))
}

/// One line without control characters, and without those that turn text: what a subject, a heading, a paragraph of
/// plain text and a name must be.
pub(super) fn flat(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control() || steers_text(c))
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
