//! Checks what the service needs, one line each; every failure comes with its cure.

use std::process::ExitCode;

use super::configuration::Configuration;
use super::{Failure, NO, keys, service};
use crate::domain::language::Language;
use crate::domain::notice::NoticeState;
use crate::domain::permissions::{Actor, Role};
use crate::domain::web::is_confidential;
use crate::services::App;
use crate::services::clock::Clock;
use crate::services::deliveries::{self, Which};
use crate::services::keys::list_missing;
use crate::services::{audit, outbox, traces};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print only the checks, not the configuration as resolved.
    #[arg(long)]
    quiet: bool,
}

/// What a check found: the good state, or what is wrong and what to do.
type Finding = Result<String, (String, &'static str)>;

/// Runs the command: exit code 1 when any check fails.
///
/// # Errors
/// When nothing can be checked at all.
pub fn run(args: &Args, configuration: &Configuration) -> Result<ExitCode, Failure> {
    if !args.quiet {
        say!("# The configuration as resolved; secrets are masked.\n{}", configuration.resolved());
    }
    let findings = [
        ("database", check_database(configuration)),
        ("migrations", check_migrations(configuration)),
        ("keys", check_keys(configuration)),
        ("time zones", Ok(format!("tzdata {}", chrono_tz::IANA_TZDB_VERSION))),
        ("clock", check_clock()),
        ("mail", check_mail(configuration)?),
        ("languages", Ok(languages())),
        ("templates", check_templates(configuration)),
        ("outbox", check_outbox(configuration)),
        ("public address", check_public_url(configuration)),
        ("identity provider", check_provider(configuration)),
        ("audit", check_audit(configuration)),
        ("placements", check_placements(configuration)),
    ];
    let mut failed = 0;
    for (what, finding) in findings {
        match finding {
            Ok(words) => say!("ok      {what}: {words}"),
            Err((words, cure)) => {
                failed += 1;
                say!("FAILED  {what}: {words}\n        {cure}");
            }
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

fn check_database(configuration: &Configuration) -> Finding {
    // Opening would make the file, and hide that this is the wrong folder.
    if let Some(path) = service::missing_file(configuration) {
        let words = format!("{} is not there", path.display());
        return Err((words, "Run `library-swap init`, or mend database.url: it may mean another folder."));
    }
    match service::open_store(configuration) {
        Ok(_) => Ok(configuration.database.url.masked()),
        Err(failure) => Err((
            failure.words.trim_end().to_owned(),
            "Start the server, or mend database.url; a PostgreSQL database is made with `createdb`.",
        )),
    }
}

fn check_migrations(configuration: &Configuration) -> Finding {
    const CURE: &str = "Mend the database first.";
    if service::missing_file(configuration).is_some() {
        return Err(("there is no database".to_owned(), CURE));
    }
    let store = service::open_store(configuration)
        .map_err(|_| ("the database cannot be reached".to_owned(), CURE))?;
    match store.pending_migrations() {
        Ok(pending) if pending.is_empty() => Ok("all applied".to_owned()),
        Ok(pending) => Err((
            format!("missing: {}", pending.join(", ")),
            "Run `library-swap migrate`; `serve` does it too.",
        )),
        Err(error) => Err((error.to_string(), "Look whether the database is library-swap's own.")),
    }
}

/// The installation, where its database is there and ready.
fn ready_app(configuration: &Configuration) -> Result<App, (String, &'static str)> {
    const CURE: &str = "Mend the database first.";
    if service::missing_file(configuration).is_some() {
        return Err(("there is no database".to_owned(), CURE));
    }
    let store = service::open_ready_store(configuration)
        .map_err(|failure| (failure.words.trim_end().to_owned(), CURE))?;
    Ok(service::app(configuration, store))
}

/// What a check of the database could not do.
fn unasked(error: &dyn std::fmt::Display) -> (String, &'static str) {
    (error.to_string(), "Look whether the database is library-swap's own.")
}

/// Access needs are encrypted with keys that are there, and that nobody else reads.
fn check_keys(configuration: &Configuration) -> Finding {
    let path = keys::path(configuration);
    if let Some(path) = path.as_ref().filter(|path| keys::is_readable_for_others(path)) {
        let words = format!("others on this machine may read {}", path.display());
        return Err((words, "Run `chmod 600` on it, and `library-swap keys new` if somebody may have."));
    }
    let app = ready_app(configuration)?;
    let missing = list_missing(&app).map_err(|error| unasked(&error))?;
    if !missing.is_empty() {
        return Err(keys::told_missing(path.as_deref(), &missing));
    }
    Ok(match path {
        None => "none: access needs are not taken (set privacy.key_file to take them)".to_owned(),
        Some(path) if app.store.keys().is_empty() => {
            format!("none yet: `serve` makes {} at its first start", path.display())
        }
        Some(path) => format!("{}: keep a copy of it apart from the database's backups", path.display()),
    })
}

/// A clock that is years off makes every deadline wrong.
fn check_clock() -> Finding {
    let now = Clock::Real.now();
    let built = "2026-01-01T00:00:00Z";
    if now.to_rfc3339().as_str() > built {
        Ok(now.to_rfc3339())
    } else {
        Err((format!("it says {now}, which is long past"), "Set the machine's clock (NTP)."))
    }
}

fn check_mail(configuration: &Configuration) -> Result<Finding, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::unable(error.to_string()))?;
    const CURE: &str =
        "Mend the [mail] section (docs/configuration.md); mails wait in the outbox until then.";
    Ok(runtime.block_on(async {
        let transport = service::transport(configuration).map_err(|words| (words, CURE))?;
        transport.check().await.map_err(|error| (error.words, CURE))
    }))
}

/// In which languages mails and calendars are written.
fn languages() -> String {
    let told = |language: &Language| {
        let review = if language.is_reviewed() { "" } else { ", not yet reviewed by a native reader" };
        format!("{} ({language}{review})", language.name())
    };
    Language::ALL.iter().map(told).collect::<Vec<_>>().join(", ")
}

/// Templates of one's own are read, and tried on sample letters.
fn check_templates(configuration: &Configuration) -> Finding {
    let own = service::templates(configuration).map_err(|words| {
        (
            words,
            "Mend the files that are named, or take mail.templates away: `serve` does not start with them.",
        )
    })?;
    let names: Vec<&str> = own.names().collect();
    Ok(if names.is_empty() { "all built in".to_owned() } else { format!("your own: {}", names.join(", ")) })
}

/// Mail that the server does not take from this service waits, and says so here.
fn check_outbox(configuration: &Configuration) -> Finding {
    let app = ready_app(configuration)?;
    let actor = Actor::named("doctor", Role::Operator);
    if let Some(pause) = outbox::pause(&app, &actor).map_err(|error| unasked(&error))? {
        return Err((
            format!(
                "no mail goes since {}: {}. The next try is at {}",
                pause.since.and_utc().to_rfc3339(),
                pause.answer,
                pause.next_try_at.and_utc().to_rfc3339()
            ),
            "Mend mail.smtp (user, password, tls, ca_file), or ask whoever runs the mail server; nothing is lost.",
        ));
    }
    let counts = deliveries::counts(&app, &actor, &Which::default()).map_err(|error| unasked(&error))?;
    let of = |wanted| counts.get(&wanted).copied().unwrap_or(0);
    Ok(format!(
        "{} wait, {} given up, {} came back",
        of(NoticeState::Queued) + of(NoticeState::Leased),
        of(NoticeState::GaveUp),
        of(NoticeState::Bounced)
    ))
}

/// Links in mails lead there.
fn check_public_url(configuration: &Configuration) -> Finding {
    let url = &configuration.server.public_url;
    if is_confidential(url) {
        Ok(url.clone())
    } else {
        Err((
            format!("{url} is not https: the secrets in mailed links would travel in the clear"),
            "Put a proxy with a certificate in front and set server.public_url to its https address.",
        ))
    }
}

/// It answers, and everything is there that its rules name.
fn check_provider(configuration: &Configuration) -> Finding {
    const CURE: &str = "Mend the [oidc] section (docs/configuration.md), or ask whoever runs the provider.";
    let open = service::provider(configuration).map_err(|words| (words, CURE))?;
    let Some(provider) = open else { return Ok("none: people sign in by links in mails".to_owned()) };
    service::check_rules(&ready_app(configuration)?)
        .map_err(|failure| (failure.words.trim_end().to_owned(), CURE))?;
    provider.check().map_err(|error| (error.to_string(), CURE))?;
    Ok(format!("{} answers; {} rules", provider.name(), configuration.oidc.rules.len()))
}

/// The chain of hashes holds; and who could take it apart (docs/audit.md).
fn check_audit(configuration: &Configuration) -> Finding {
    let app = ready_app(configuration)?;
    let proof = audit::verify(&app, &Actor::named("doctor", Role::Operator), None)
        .map_err(|error| unasked(&error))?;
    let broken = match (&proof.chain, proof.lost.first()) {
        (Err(broken), _) => Some(broken.to_string()),
        (Ok(_), Some(lost)) => Some(format!("entry {lost} is not chained and does not wait for it")),
        (Ok(_), None) => None,
    };
    if let Some(words) = broken {
        let cure = "Somebody changed the audit: `library-swap audit verify` tells more, a backup what it was (docs/audit.md).";
        return Err((words, cure));
    }
    let guard = match app.store.may_change_audit().map_err(|error| unasked(&error))? {
        Some(false) => "the service's role cannot change or delete them",
        Some(true) => {
            "the service's role could change them, as long as database.migrate_url is not set (docs/audit.md)"
        }
        None => "whoever can write the SQLite file could change them: note the head elsewhere",
    };
    let (chained, waiting) = (proof.chain.map_or(0, |whole| whole.head.position), proof.waiting);
    Ok(format!("{chained} entries chained, {waiting} wait; {guard}"))
}

/// Placements with a broken link that are named.
const NAMED: usize = 10;

/// What every placement rests on, from the rules to the mails, holds (docs/trace.md).
fn check_placements(configuration: &Configuration) -> Finding {
    let app = ready_app(configuration)?;
    let found = traces::check_all(&app, &Actor::worker("doctor"), NAMED).map_err(|error| unasked(&error))?;
    if found.broken == 0 {
        return Ok(format!("{} traced, every link holds", found.traced));
    }
    let mut words = format!("{} of {} have a link that does not hold", found.broken, found.traced);
    for (placement, broken) in &found.first {
        for one in broken {
            words.push_str(&format!("\n        {placement}: {}: {}", one.link, one.words));
        }
    }
    if found.broken > found.first.len() {
        words.push_str(&format!("\n        and {} more", found.broken - found.first.len()));
    }
    Err((
        words,
        "Somebody changed the database by hand, or a program is wrong: look at GET /v1/placements/{id}/trace and at \
         backups (docs/trace.md).",
    ))
}
