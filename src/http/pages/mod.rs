//! Plain HTML pages: compiled in, escaped by their engine, without script.
//!
//! Never cached, never indexed, never framed; no referrer leaves them, because their address is a secret.

mod forms;
pub(in crate::http) mod public;
mod texts;

use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{AcceptLanguage, CONTENT_SECURITY_POLICY, Header, VARY};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use chrono::SecondsFormat;
use fluent_bundle::FluentValue;
use minijinja::value::Kwargs;
use minijinja::{Environment, Value, context};

use crate::domain::certificate::Standing;
use crate::domain::fault::Faults;
use crate::domain::language::Language;
use crate::domain::link::Purpose;
use crate::domain::party::Party;
use crate::domain::sector::Sector;
use crate::domain::session::Capacity;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::http::links::Case;
use crate::http::packs;
use crate::http::problem::Problem;
use crate::http::records::Record;
use crate::http::releases;
use crate::http::sessions::named;
use crate::http::{read, trace};
use crate::services::AppError;
use crate::services::ideas::{Newest, Shown};
use crate::services::opt_outs::MailChoice;
use crate::services::sessions::Seen;
use crate::words;

/// The templates.
const TEMPLATES: &[(&str, &str)] = &[
    ("account.html", include_str!("../templates/account.html")),
    ("alternatives.html", include_str!("../templates/alternatives.html")),
    ("base.html", include_str!("../templates/base.html")),
    ("calendar.html", include_str!("../templates/calendar.html")),
    ("certificate.html", include_str!("../templates/certificate.html")),
    ("day.html", include_str!("../templates/day.html")),
    ("explanation.html", include_str!("../templates/explanation.html")),
    ("forms.html", include_str!("../templates/forms.html")),
    ("ideas.xml", include_str!("../templates/ideas.xml")),
    ("home.html", include_str!("../templates/home.html")),
    ("library_search.html", include_str!("../templates/library_search.html")),
    ("link.html", include_str!("../templates/link.html")),
    ("mails.html", include_str!("../templates/mails.html")),
    ("pack.html", include_str!("../templates/pack.html")),
    ("pack_shown.html", include_str!("../templates/pack_shown.html")),
    ("problem.html", include_str!("../templates/problem.html")),
    ("releases.html", include_str!("../templates/releases.html")),
    ("record.html", include_str!("../templates/record.html")),
    ("report.html", include_str!("../templates/report.html")),
    ("round.html", include_str!("../templates/round.html")),
    ("sign_in.html", include_str!("../templates/sign_in.html")),
    ("sign_up.html", include_str!("../templates/sign_up.html")),
    ("swaps.html", include_str!("../templates/swaps.html")),
];

/// The templates of each language, with what pages say in it as `t("…")`.
static PAGES: LazyLock<Result<Vec<(Language, Environment<'static>)>, minijinja::Error>> =
    LazyLock::new(|| Language::ALL.iter().map(|language| Ok((*language, environment(*language)?))).collect());

fn environment(language: Language) -> Result<Environment<'static>, minijinja::Error> {
    let mut pages = Environment::new();
    for (name, source) in TEMPLATES {
        pages.add_template(name, source)?;
    }
    pages.add_global("language", language.as_str());
    pages.add_function("t", move |key: &str, about: Kwargs| said(language, key, &about));
    pages.add_filter("day", move |date: String| match date.parse() {
        Ok(date) => words::date(language, date),
        Err(_) => date,
    });
    pages.add_filter("dialled", dialled);
    Ok(pages)
}

/// A text of the pages, for templates.
fn said(language: Language, key: &str, about: &Kwargs) -> Result<String, minijinja::Error> {
    let mut arguments = Vec::new();
    for name in about.args() {
        let value: Value = about.get(name)?;
        let value = match i64::try_from(value.clone()) {
            Ok(number) => FluentValue::from(number),
            Err(_) => FluentValue::from(value.to_string()),
        };
        arguments.push((name, value));
    }
    texts::text(language, key, &arguments)
        .map_err(|words| minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, words))
}

/// What a telephone dials of a number as people write it: the extension is for the person who answers.
fn dialled(number: &str) -> String {
    let main = number.split(|c: char| c.is_ascii_alphabetic()).next().unwrap_or_default();
    main.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
}

fn render(template: &str, facts: Value) -> Result<String, Problem> {
    render_in(Language::English, template, facts)
}

fn render_in(language: Language, template: &str, facts: Value) -> Result<String, Problem> {
    let broken = |error: &dyn std::fmt::Display| AppError::Internal(format!("page {template}: {error}"));
    let pages = PAGES.as_ref().map_err(|error| broken(error))?;
    let (_, pages) =
        pages.iter().find(|(known, _)| *known == language).ok_or_else(|| broken(&"no such language"))?;
    let page = pages.get_template(template).and_then(|page| page.render(facts));
    page.map_err(|error| broken(&format!("{error:#}")).into())
}

/// In which language somebody wants to read, and what links on their page take along so that it stays.
fn language_of(call: &Call) -> Result<(Language, &'static str), Problem> {
    let faults = Faults::none();
    let asked: Option<Language> = call.parsed("language", &faults);
    read::finish(faults, Some(()))?;
    if let Some(language) = asked {
        return Ok((
            language,
            match language {
                Language::English => "?language=en",
                Language::Welsh => "?language=cy",
            },
        ));
    }
    let ranked = AcceptLanguage::parse(&call.request).map(|wanted| wanted.ranked()).unwrap_or_default();
    let mut tags = ranked.iter().filter_map(|preference| preference.item());
    let spoken = tags.find_map(|tag| {
        Language::ALL.iter().copied().find(|language| language.as_str() == tag.primary_language())
    });
    Ok((spoken.unwrap_or(Language::English), ""))
}

/// A page of everybody, in the language of whoever asks.
fn show(call: &Call, status: StatusCode, template: &str, facts: Value) -> Answer {
    let (language, suffix) = language_of(call)?;
    let other = match language {
        Language::English => Language::Welsh,
        Language::Welsh => Language::English,
    };
    let facts = context! {
        service => &call.app().settings.service_name,
        path => call.request.path(),
        suffix,
        other => other.as_str(),
        has_session => call.session().is_ok(),
        has_menu => true,
        ..facts
    };
    let html = render_in(language, template, facts)?;
    let mut response = HttpResponse::build(status);
    response.insert_header((VARY, "Accept-Language, Cookie"));
    Ok(respond(response, html))
}

/// Whether a page follows a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Told {
    /// It was only looked at.
    Nothing,
    /// What was asked for is done.
    Done,
}

/// The page of a link, which its secret is the last part of the address of.
pub(in crate::http) fn link(
    (service, secret): (&str, &str),
    case: &Case,
    told: Told,
    faults: &[String],
    pack: Option<&packs::Section>,
) -> Result<String, Problem> {
    let title = match (case.purpose.parse(), case.party.parse()) {
        (Ok(Purpose::Verify), _) if case.is_open() => "Is this your sign-up?",
        (Ok(Purpose::Verify | Purpose::Application) | Err(_), _) => "Your application",
        (Ok(Purpose::Offer), _) => "A place has become free",
        (Ok(Purpose::Release), _) => "May this member of staff be away?",
        (Ok(Purpose::Answer), Ok(Party::Host)) => "A visitor for a day",
        (Ok(Purpose::Answer), Ok(Party::Participant | Party::Manager) | Err(_)) => "A day in another library",
    };
    render(
        "link.html",
        context! {
            service,
            secret,
            title,
            case => minijinja::value::Serde(case),
            reasons => releases::reasons(),
            pack => pack.map(minijinja::value::Serde),
            faults => faults.to_vec(),
            done => told == Told::Done,
        },
    )
}

/// The page on which mails of optional kinds are stopped.
pub(in crate::http) fn mails(service: &str, choice: &MailChoice, told: Told) -> Result<String, Problem> {
    let stopped = choice.stopped_since.is_some();
    let title = if stopped { "Reminders are stopped" } else { "Reminders" };
    let facts = context! { service, title, stopped, address => &choice.address, done => told == Told::Done };
    render("mails.html", facts)
}

/// What a round came to.
pub(in crate::http) fn report(language: Language, facts: &Value) -> Result<String, Problem> {
    render_in(language, "report.html", facts.clone())
}

/// The page on which anybody sees whether a certificate is valid.
pub(in crate::http) fn certificate(service: &str, standing: Standing) -> Result<String, Problem> {
    let title = match standing {
        Standing::Valid => "This certificate is valid",
        Standing::Revoked => "This certificate is revoked",
        Standing::Unknown => "This certificate is unknown",
    };
    render("certificate.html", context! { service, title, standing => standing.as_str() })
}

/// Somebody's own record.
pub(in crate::http) fn record(service: &str, record: &Record) -> Result<String, Problem> {
    render("record.html", context! { service, record => minijinja::value::Serde(record) })
}

/// How long the title of an entry of a feed may be, in characters.
const MOST_TITLE: usize = 80;

/// A feed of ideas (RFC 4287). Without a link to itself: its address is a secret, and copies of a feed travel.
pub(in crate::http) fn ideas_feed(
    (service, public_url): (&str, &str),
    language: Language,
    newest: &Newest,
) -> Result<String, Problem> {
    let name = words::feed_name(language, newest.feed.shown.kind(), "");
    let updated = newest.ideas.iter().map(|shown| shown.idea.created_at).max();
    let entries = newest.ideas.iter().map(|Shown { idea, by, .. }| {
        let text = in_xml(idea.given.words.as_str());
        let line = text.lines().next().unwrap_or_default();
        let title = match line.char_indices().nth(MOST_TITLE) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line.to_owned(),
        };
        let sectors = |way: &'static str, of: &[Sector]| -> Vec<String> {
            of.iter().map(|sector| format!("{way}:{sector}")).collect()
        };
        let mut categories: Vec<String> = idea.given.topics.iter().map(ToString::to_string).collect();
        categories.extend(sectors("from", &idea.from));
        categories.extend(sectors("to", &idea.to));
        let at = idea.created_at.and_utc().to_rfc3339_opts(SecondsFormat::Secs, true);
        context! { id => idea.id.to_string(), title, at, by => by.as_deref().map(in_xml), categories, text }
    });
    let facts = context! {
        service => in_xml(service),
        public_url,
        title => in_xml(&format!("{service}: {name}")),
        id => newest.feed.id.to_string(),
        updated => updated.unwrap_or(newest.feed.created_at).and_utc().to_rfc3339_opts(SecondsFormat::Secs, true),
        entries => entries.collect::<Vec<Value>>(),
    };
    render_in(language, "ideas.xml", facts)
}

/// Without the characters that XML cannot hold, even escaped.
fn in_xml(text: &str) -> String {
    let fits = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    text.chars().filter(fits).collect()
}

/// What the page to sign in shows.
pub(in crate::http) enum SignInPage {
    /// The form for an address, and why the last try came to nothing.
    Ask {
        /// In words.
        fault: Option<String>,
    },
    /// What happens now.
    Asked,
    /// The button of a link.
    Button {
        /// Whom its mail went to, masked.
        address: String,
    },
}

/// The page to sign in, with a way to the identity provider where there is one.
pub(in crate::http) fn sign_in(
    service: &str,
    provider: Option<&str>,
    shown: &SignInPage,
) -> Result<String, Problem> {
    let (step, title, fault, address) = match shown {
        SignInPage::Ask { fault } => ("ask", "Sign in", fault.as_deref(), None),
        SignInPage::Asked => ("asked", "Look into your mail", None, None),
        SignInPage::Button { address } => ("button", "Sign in", None, Some(address)),
    };
    render("sign_in.html", context! { service, provider, step, title, fault, address })
}

/// The page of somebody who has signed in.
pub(in crate::http) fn account(service: &str, seen: &Seen, deputies: Value) -> Result<String, Problem> {
    let told = |capacity: &Capacity| {
        context! { key => capacity.key(), role => named(capacity.role()), about => &capacity.about }
    };
    let chosen = seen.chosen();
    let others: Vec<Value> = seen.capacities.iter().filter(|one| Some(*one) != chosen).map(told).collect();
    let until = seen.session.expires_at.format("%-d %B %Y, %H:%M").to_string();
    render("account.html", context! { service, until, others, deputies, chosen => chosen.map(told) })
}

/// An HTML answer with the headers that pages behind secret addresses need.
pub(in crate::http) fn respond(mut response: HttpResponseBuilder, html: String) -> HttpResponse {
    response
        .content_type("text/html; charset=utf-8")
        .insert_header((
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ))
        .insert_header(("X-Robots-Tag", "noindex, nofollow"))
        .body(html)
}

/// The fields that cannot be taken, as a page tells them: what each is called, what was typed, the rule.
fn faults_of(problem: &Problem) -> Vec<Value> {
    let Problem::App(AppError::Fields(faults)) = problem else { return Vec::new() };
    let told = faults.iter().map(|fault| {
        let field = fault.pointer.trim_start_matches('/').replace(['_', '/'], " ");
        context! { field, value => &fault.value, rule => &fault.rule }
    });
    told.collect()
}

/// A problem as a page, for people who followed a link.
pub(in crate::http) fn problem(problem: &Problem, request: &HttpRequest) -> HttpResponse {
    let facts = context! {
        service => "library-swap",
        title => problem.code().title(),
        detail => problem.detail(),
        faults => faults_of(problem),
        request_id => trace::id_of(request),
    };
    match render("problem.html", facts) {
        Ok(html) => {
            problem.log();
            let mut response = HttpResponse::build(problem.code().status());
            problem.add_headers(&mut response);
            respond(response, html)
        }
        Err(broken) => broken.respond(request),
    }
}

/// The style of the pages.
pub(in crate::http) async fn style(_: Call) -> Answer {
    Ok(HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .insert_header(("Cache-Control", "public, max-age=86400"))
        .body(include_str!("../templates/pages.css")))
}
