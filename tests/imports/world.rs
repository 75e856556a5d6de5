//! Taking over lists in a test, and what stands before each.

use chrono::NaiveDate;
use library_swap::domain::application::ReleaseRule;
use library_swap::domain::ids::RoundId;
use library_swap::domain::permissions::{Actor, Role};
use library_swap::import::{Kind, Table};
use library_swap::services::App;
use library_swap::services::imports::{ImportMode, Order, Outcome, import};
use library_swap::services::page::Page;
use library_swap::services::rounds::{self, NewRound};

pub fn organiser() -> Actor {
    Actor::named("import", Role::Organiser)
}

/// The only round, with the dates 2027-03-01 to 2027-03-05; made where there is none.
pub fn round(app: &App) -> RoundId {
    let found = rounds::list(app, &organiser(), &Page::new(None, 2).expect("a page")).expect("rounds").items;
    if let Some(round) = found.first() {
        return round.id;
    }
    let date = |text: &str| text.parse::<NaiveDate>().expect("a date");
    let wanted = NewRound {
        name: "Spring 2027".parse().expect("a name"),
        time_zone: chrono_tz::Europe::London,
        sign_up_until: date("2027-01-31"),
        answer_until: date("2027-02-14"),
        dates: date("2027-03-01").iter_days().take(5).collect(),
        rules: None,
        release: ReleaseRule::Required,
    };
    rounds::create(app, &organiser(), &wanted).expect("a round").id
}

pub fn table(bytes: impl Into<Vec<u8>>) -> Table {
    Table::read(bytes.into()).expect("a table")
}

pub fn take(app: &App, kind: Kind, bytes: impl Into<Vec<u8>>, mode: ImportMode) -> Outcome {
    let table = table(bytes);
    let round = matches!(kind, Kind::Hosting | Kind::Cover).then(|| round(app));
    import(app, &organiser(), &Order { round, ..Order::new(kind, &table, mode) }).expect("an outcome")
}

/// Takes over a list without a fault.
pub fn apply(app: &App, kind: Kind, bytes: impl Into<Vec<u8>>) -> Outcome {
    let outcome = take(app, kind, bytes, ImportMode::Apply);
    assert_eq!((outcome.refused, outcome.faults.as_slice()), (false, [].as_slice()), "{kind}");
    outcome
}

/// Takes over what the template of a kind speaks of.
pub fn prepare(app: &App, kind: Kind) {
    match kind {
        Kind::Employers | Kind::Libraries | Kind::Terms | Kind::Holidays | Kind::Points => {}
        Kind::PastPlacements => {
            prepare(app, Kind::Staff);
            apply(app, Kind::Staff, Kind::Staff.template().expect("a template"));
        }
        Kind::Hosting | Kind::Cover => {
            prepare(app, Kind::Hours);
            round(app);
        }
        Kind::Staff | Kind::Hours | Kind::Closures => {
            apply(app, Kind::Libraries, Kind::Libraries.template().expect("a template"));
        }
    }
}

/// The kinds that are taken over; points only go beside a list of libraries.
pub fn kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Points)
}

pub fn sentences(outcome: &Outcome) -> Vec<String> {
    outcome.faults.iter().map(ToString::to_string).collect()
}
