//! Writes `docs/states.md` from the tables of `domain/steps.rs` and compares; `LIBRARY_SWAP_WRITE_DOCS=1` stores it.
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use std::fmt::Display;
use std::fmt::Write;

use library_swap::domain::permissions::{Action, table};
use library_swap::domain::states::{
    AlternativeState, Answer, ApplicationState, PlacementState, RefillState, ReserveOfferState, RoundState,
    SwapState,
};
use library_swap::domain::steps::{
    ALTERNATIVE, APPLICATION, CONSENT, PLACEMENT, REFILL, RESERVE_OFFER, ROUND, SWAP, Step,
};

const HEAD: &str = "# States

Who may do what when. Written by `tests/states.rs` from `src/domain/steps.rs`, which the service itself asks, and from the
roles of `src/domain/permissions/`; do not edit it, but run `LIBRARY_SWAP_WRITE_DOCS=1 cargo test --test states`. A deed
that a state does not allow is refused with `round-state`, `application-state` or `placement-state`, and nothing is
written. States without an arrow are not reached yet. That each change of a state comes by what stands under *by* is looked at after
every step of the random walk ([reliability.md](reliability.md)). What the days do: [deadlines.md](deadlines.md).
";

/// The roles that may do one of these actions, each once.
fn roles(actions: &[Action]) -> String {
    let mut roles: Vec<String> = Vec::new();
    for (role, _, _) in table().filter(|(_, action, _)| actions.contains(action)) {
        let role = role.as_str().replace('_', " ");
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    roles.join(", ")
}

fn list<S: Display>(states: &[S]) -> String {
    states.iter().map(|state| format!("`{state}`")).collect::<Vec<_>>().join(", ")
}

fn tell<S: Copy + Display>(text: &mut String, name: &str, table: &[Step<S>], states: &[S]) {
    let first = states.first().expect("a state");
    write!(text, "\n## {name}\n\n```mermaid\nstateDiagram-v2\n    [*] --> {first}\n").expect("a string");
    for state in states {
        writeln!(text, "    {state}").expect("a string");
    }
    for step in table {
        for (from, to) in step.from.iter().filter_map(|from| Some((from, step.to?))) {
            let deed = step.deed.as_str().replace('_', " ");
            writeln!(text, "    {from} --> {to} : {deed}").expect("a string");
        }
    }
    text.push_str("```\n\n| deed | in | leads to | by | if |\n|---|---|---|---|---|\n");
    for step in table {
        let to = step.to.map_or("–".to_owned(), |to| format!("`{to}`"));
        let when = if step.when.is_empty() { "–" } else { step.when };
        let (deed, from, by) = (step.deed.as_str().replace('_', " "), list(step.from), roles(step.by));
        writeln!(text, "| {deed} | {from} | {to} | {by} | {when} |").expect("a string");
    }
}

#[test]
fn the_diagrams_are_those_of_the_tables() {
    let mut text = HEAD.to_owned();
    tell(&mut text, "Round", ROUND, RoundState::ALL);
    tell(&mut text, "Application", APPLICATION, ApplicationState::ALL);
    tell(&mut text, "Placement", PLACEMENT, PlacementState::ALL);
    tell(&mut text, "Consent of one party", CONSENT, Answer::ALL);
    tell(&mut text, "What a host offers instead of a no", ALTERNATIVE, AlternativeState::ALL);
    tell(&mut text, "A swap that participants ask for", SWAP, SwapState::ALL);
    tell(&mut text, "A place that is offered to reserves", REFILL, RefillState::ALL);
    tell(&mut text, "The offer to a reserve", RESERVE_OFFER, ReserveOfferState::ALL);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/states.md");
    if std::env::var("LIBRARY_SWAP_WRITE_DOCS").is_ok_and(|value| value == "1") {
        std::fs::write(path, &text).expect("docs/states.md is written");
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        stored == text,
        "docs/states.md is stale: run `LIBRARY_SWAP_WRITE_DOCS=1 cargo test --test states` and look at what changed"
    );
}
