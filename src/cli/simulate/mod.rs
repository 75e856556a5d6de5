//! `library-swap simulate`: a rehearsal of a year of rounds with the libraries of a database and invented people.
//!
//! Every step is a use case of the service, at a time that the rehearsal sets; mails are written and thrown away. The
//! same seed on the same database gives the same year. Never opens a mail transport, never runs beside a service or on
//! what real people depend on.

mod cast;
mod dice;
mod play;
mod post;
mod tally;

use std::process::ExitCode;

use chrono::{Days, NaiveDate, NaiveTime};

use super::configuration::Configuration;
use super::{Failure, service};
use crate::domain::notice::NoticeState;
use crate::domain::permissions::{Actor, Role};
use crate::mail::TransportKind;
use crate::services::clock::{Chance, Clock};
use crate::services::notices::Pace;
use crate::services::{App, Settings, deliveries, rounds};
use dice::Dice;
use play::Play;
use tally::Year;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Decides everything that chance decides.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Invented people, of whom about two thirds join each round.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u16).range(4..=20_000))]
    people: u16,
    /// Rounds, spread over a year.
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=6))]
    rounds: u8,
    /// Libraries at most.
    #[arg(long, default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(u16).range(2..))]
    libraries: u16,
    /// The libraries nearest to this one, by its id or reference; else the first by their references.
    #[arg(long, value_name = "LIBRARY")]
    near: Option<String>,
    /// When the first round opens; today unless given.
    #[arg(long, value_name = "DATE")]
    start: Option<NaiveDate>,
    /// Managers who say no, in a hundred.
    #[arg(long, default_value_t = 8, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    refuse: u8,
    /// Participants and hosts who say no to a proposal, in a hundred.
    #[arg(long, default_value_t = 6, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    decline: u8,
    /// Managers, participants and hosts who never answer, in a hundred.
    #[arg(long, default_value_t = 4, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    silent: u8,
    /// Participants who fall out after everybody has agreed, in a hundred.
    #[arg(long, default_value_t = 5, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    drop_out: u8,
    /// Rehearse although the database holds rounds that are no rehearsals.
    #[arg(long)]
    beside_real_rounds: bool,
}

/// How the rounds of rehearsals are called, by which they are known again.
const REHEARSAL: &str = "Rehearsal";

/// Runs the command.
///
/// # Errors
/// A database on which nothing may be rehearsed, or that cannot be used.
pub fn run(args: &Args, configuration: &Configuration) -> Result<ExitCode, Failure> {
    if configuration.mail.transport == TransportKind::Smtp {
        let words = "nothing is rehearsed where mail.transport is \"smtp\", because a service on the same database would \
                     send the mails: set it to \"files\" or \"memory\", best with a database of its own";
        return Err(Failure::unable(words));
    }
    let _lock = service::hold(configuration)?;
    let mut app = service::app(configuration, service::open_migrated_store(configuration)?);
    app.settings.templates = service::templates(configuration).map_err(Failure::unable)?;
    let organiser = Actor::named("simulate", Role::Organiser);
    let before = admit(&app, &organiser, args)?;
    let start = args.start.unwrap_or_else(|| app.clock.now().date_naive());
    let app = App {
        clock: Clock::fixed(start.and_time(NaiveTime::MIN).and_utc()),
        // Another row of ids for each rehearsal on the same database.
        chance: Chance::seeded(args.seed.wrapping_mul(1_000_003).wrapping_add(before)),
        // Invented people answer at once, so nothing is gathered.
        settings: Settings { pace: Pace::AT_ONCE, ..app.settings },
        ..app
    };
    let dice = Dice(args.seed);
    let chosen = cast::choose(&app, &organiser, usize::from(args.libraries), args.near.as_deref())?;
    let domains = cast::equip(&app, &organiser, dice, &chosen)?;
    let members = cast::invent((dice, start), usize::from(args.people), &chosen, &domains);
    say!(
        "seed {}, from {start}: {} invented people of {} libraries and {} employers",
        args.seed,
        members.len(),
        chosen.len(),
        domains.len()
    );
    let mut play = Play::new(&app, organiser, args, dice, &chosen, &members);
    let mut year = Year::default();
    for n in 0..args.rounds {
        // Whole weeks, so that every round begins on the same weekday.
        let weeks = 52 / u64::from(args.rounds) * u64::from(n);
        let told = play.round(usize::from(n) + 1, start + Days::new(7 * weeks))?;
        told.print();
        year.add(told);
    }
    year.print(play.mails_written());
    Ok(ExitCode::SUCCESS)
}

/// Refuses a database that real people depend on; says how many rounds it has.
fn admit(app: &App, organiser: &Actor, args: &Args) -> Result<u64, Failure> {
    let waiting: i64 = deliveries::counts(app, organiser, &deliveries::Which::default())?
        .iter()
        .filter(|(state, _)| {
            matches!(state, NoticeState::Collected | NoticeState::Queued | NoticeState::Leased)
        })
        .map(|(_, count)| count)
        .sum();
    if waiting > 0 {
        let words = format!("{waiting} mails of this database wait to be sent: a rehearsal would lose them");
        return Err(Failure::unable(words));
    }
    let here = cast::all(|page| rounds::list(app, organiser, page))?;
    let real: Vec<&str> =
        here.iter().map(|round| round.name.as_str()).filter(|name| !name.starts_with(REHEARSAL)).collect();
    if let Some(first) = real.first().filter(|_| !args.beside_real_rounds) {
        return Err(Failure::unable(format!(
            "this database holds {} rounds that are no rehearsals (“{first}” …): rehearse on a copy of it, or add \
             --beside-real-rounds",
            real.len()
        )));
    }
    Ok(u64::try_from(here.len()).unwrap_or(u64::MAX))
}
