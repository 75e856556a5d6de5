//! Taking over lists in a test, and what stands before each.

use library_swap::domain::permissions::{Actor, Role};
use library_swap::import::{Kind, Table};
use library_swap::services::App;
use library_swap::services::imports::{ImportMode, Order, Outcome, import};

pub fn organiser() -> Actor {
    Actor::named("import", Role::Organiser)
}

pub fn table(bytes: impl Into<Vec<u8>>) -> Table {
    Table::read(bytes.into()).expect("a table")
}

pub fn take(app: &App, kind: Kind, bytes: impl Into<Vec<u8>>, mode: ImportMode) -> Outcome {
    import(app, &organiser(), &Order::new(kind, &table(bytes), mode)).expect("an outcome")
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
