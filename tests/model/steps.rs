//! Who did what: every change of a state, and every deed that the audit tells of, beside the tables of
//! `domain::steps`, which docs/states.md is written from. What the tables name under *by* is what leads there, and nobody
//! else does.

use std::collections::BTreeSet;
use std::str::FromStr;

use library_swap::domain::permissions::{Action, Role, reach_of};
use library_swap::domain::states::ApplicationState;
use library_swap::domain::steps::{
    ALTERNATIVE, APPLICATION, CONSENT, Deed, PLACEMENT, REFILL, RESERVE_OFFER, ROUND, SWAP, Step,
};

use crate::evidence::{Dump, Row};

/// A row of a table of states and the action by which it came about.
pub type Seen = BTreeSet<(&'static str, Deed, Action)>;

/// The rows of the two dumps that are of the same thing and differ in its state.
fn changes<S: FromStr + PartialEq>(
    (before, after): (&Dump, &Dump),
    (table, column, key): (&str, &str, &[&str]),
) -> Vec<(String, S, S)> {
    let name = |row: &Row| key.iter().map(|part| row.text(part)).collect::<Vec<_>>().join(" ");
    let state = |row: &Row| row.text(column).parse::<S>().unwrap_or_else(|_| panic!("a state of {table}"));
    let old = before.rows_beside(after, table);
    let changed = after.rows_beside(before, table).into_iter().filter_map(|row| {
        let was = old.iter().find(|was| name(was) == name(&row))?;
        Some((name(&row), state(was), state(&row)))
    });
    changed.filter(|(_, from, to)| from != to).collect()
}

/// Whether rows lead from a state to another by these actions; those that do are noted.
fn leads<S: Copy + PartialEq>(
    (name, table): (&'static str, &[Step<S>]),
    (from, to): (S, S),
    by: &BTreeSet<Action>,
    seen: &mut Seen,
) -> bool {
    // A step of the play may be several of a thing: a worker that was away begins a round and completes it.
    let rows = table.iter().filter(|row| row.from.contains(&from) && row.to.is_some_and(|next| next != from));
    for row in rows {
        let own: Vec<Action> = row.by.iter().copied().filter(|action| by.contains(action)).collect();
        let next = row.to.expect("a state");
        if !own.is_empty() && (next == to || leads((name, table), (next, to), by, &mut seen.clone())) {
            seen.extend(own.into_iter().map(|action| (name, row.deed, action)));
            return true;
        }
    }
    false
}

/// What happened in a step that the tables do not allow, in words; notes what they do.
pub fn check(before: &Dump, after: &Dump, seen: &mut Seen) -> Vec<String> {
    let entries = after.rows_beside(before, "audit_entries");
    let new: Vec<(Action, Role, &Row)> = entries
        .iter()
        .map(|row| {
            (row.text("action").parse().expect("an action"), row.text("role").parse().expect("a role"), row)
        })
        .collect();
    // What somebody did for whom the table of permissions has no row is a part of something that it has one for.
    let may = |action: Action, role: Role| reach_of(role, action).is_some();
    let by: BTreeSet<Action> =
        new.iter().filter(|(action, role, _)| may(*action, *role)).map(|(action, ..)| *action).collect();
    let mut wrong = Vec::new();
    for (action, role, _) in &new {
        if !may(*action, *role) && !by.iter().any(|other| may(*other, *role)) {
            wrong.push(format!("{action} by {role}, who may do nothing of what was done"));
        }
    }
    let pair = (before, after);
    macro_rules! compare {
        ($name:literal, $table:expr, $rows:expr) => {
            for (id, from, to) in changes(pair, $rows) {
                if !leads(($name, $table), (from, to), &by, seen) {
                    wrong.push(format!(
                        "{} {id}: {from} to {to} by {by:?}, which no row of the table names",
                        $name
                    ));
                }
            }
        };
    }
    compare!("round", ROUND, ("rounds", "state", &["id"]));
    compare!("placement", PLACEMENT, ("placements", "state", &["id"]));
    compare!("consent", CONSENT, ("consents", "answer", &["placement_id", "party"]));
    compare!("offer", ALTERNATIVE, ("alternatives", "state", &["id"]));
    compare!("refill", REFILL, ("refills", "state", &["id"]));
    compare!("reserve", RESERVE_OFFER, ("reserve_offers", "state", &["id"]));
    compare!("swap", SWAP, ("swaps", "state", &["id"]));
    for (id, from, to) in changes::<ApplicationState>(pair, ("applications", "state", &["id"])) {
        // Taken back, it is verified again where it was not released before: the row says so in words.
        let is_back = by.contains(&Action::WithdrawPublication) && to == ApplicationState::Verified;
        let told = if is_back { ApplicationState::Released } else { to };
        if !leads(("application", APPLICATION), (from, told), &by, seen) {
            wrong
                .push(format!("application {id}: {from} to {to} by {by:?}, which no row of the table names"));
        }
    }
    stays(pair, &new, seen, &mut wrong);
    wrong
}

/// Deeds that leave a state as it is: the audit tells of them, and a row allows them there.
fn stays(pair: (&Dump, &Dump), new: &[(Action, Role, &Row)], seen: &mut Seen, wrong: &mut Vec<String>) {
    let state = |table: &str, id: &str| {
        [pair.0, pair.1].map(|dump| dump.row(table, id).map(|row| row.text("state").to_owned()))
    };
    for (action, _, entry) in new {
        macro_rules! allow {
            ($name:literal, $table:expr, $rows:literal, $id:expr) => {{
                let states = state($rows, $id);
                let rows = || $table.iter().filter(|row| row.by.contains(action));
                let is_staying = rows().any(|row| row.to.is_none());
                if is_staying && !rows().any(|row| is_in(row, &states)) {
                    wrong.push(format!("{} {states:?}: {action}, which no row of the table allows", $name));
                }
                let staying = rows().filter(|row| row.to.is_none() && is_in(row, &states));
                seen.extend(staying.map(|row| ($name, row.deed, *action)));
            }};
        }
        match entry.text("subject_kind") {
            "round" => allow!("round", ROUND, "rounds", entry.text("subject_id")),
            "application" => allow!("application", APPLICATION, "applications", entry.text("subject_id")),
            "placement" => allow!("placement", PLACEMENT, "placements", entry.text("subject_id")),
            "swap" if *action == Action::AskForSwap => {
                let placement = entry.json("details")["placement"].clone();
                allow!("placement", PLACEMENT, "placements", placement.as_str().expect("an id"));
            }
            "swap" => allow!("swap", SWAP, "swaps", entry.text("subject_id")),
            "idea" => {
                let idea = pair.1.row("ideas", entry.text("subject_id")).expect("an idea");
                allow!("placement", PLACEMENT, "placements", idea.text("placement_id"));
            }
            _ => {}
        }
    }
}

fn is_in<S: std::fmt::Display>(row: &Step<S>, states: &[Option<String>]) -> bool {
    states.iter().flatten().any(|state| row.from.iter().any(|from| from.to_string() == *state))
}

/// Every row of the tables with each action that it names, but for those of which no entry about a round tells, and those that
/// are not played.
pub fn all() -> Seen {
    let mut all = Seen::new();
    macro_rules! add {
        ($name:literal, $table:expr) => {
            for row in $table.iter().filter(|row| $name != "round" || row.to.is_some()) {
                all.extend(row.by.iter().map(|action| ($name, row.deed, *action)));
            }
        };
    }
    add!("round", ROUND);
    add!("application", APPLICATION);
    add!("placement", PLACEMENT);
    add!("consent", CONSENT);
    add!("offer", ALTERNATIVE);
    add!("refill", REFILL);
    add!("reserve", RESERVE_OFFER);
    add!("swap", SWAP);
    all
}
