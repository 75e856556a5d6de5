//! Random steps of many people, right and wrong ones, on both databases, beside a small model that knows nothing but
//! facts: what is taken and what is refused, what comes of it, who is told, and what must always hold.
//!
//! Ten thousand steps on each database, with the seed and counts:
//! `cargo test --release --locked --test model -- --ignored --nocapture`. Another seed, or one episode again, by
//! `LIBRARY_SWAP_MODEL_SEED`; more or fewer steps by `LIBRARY_SWAP_MODEL_STEPS`. Told in docs/reliability.md.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it did"
)]

#[macro_use]
mod loud;

mod evidence;
#[path = "model/facts.rs"]
mod facts;
#[path = "model/play.rs"]
mod play;
#[path = "model/random.rs"]
mod random;
#[path = "model/steps.rs"]
mod steps;
mod support;

use std::collections::BTreeMap;
use std::time::Instant;

use chrono::Duration;
use library_swap::services::notices::Pace;
use library_swap::services::{App, Settings};
use play::{Became, Kind, Play, Step};
use random::Random;
use support::{Database, app_on};

/// Steps on one database before a fresh one: short enough to be played again for a failure.
const EPISODE: usize = 400;
/// In full.
const STEPS: usize = 10_000;
/// As a part of every run of the tests.
const FEW_STEPS: usize = 800;
/// How often steps are left out of a failing episode.
const MOST_TRIALS: usize = 400;

type Counts = BTreeMap<(Kind, Became), usize>;

/// Every other episode gathers mails, some for ten minutes and a few for a day, and tells what is routine once a day.
fn pace_of(seed: u64) -> Pace {
    match seed % 4 {
        0 => Pace { coalesce: Duration::hours(20), digests: true },
        2 => Pace { coalesce: Duration::minutes(10), digests: true },
        _ => Pace::AT_ONCE,
    }
}

fn app_at(database: &Database, pace: Pace) -> App {
    let app = app_on(database, "http://exchange.example");
    App { settings: Settings { pace, ..app.settings }, ..app }
}

/// Plays steps on a fresh database; where it fails, after how many and why.
fn replay(fresh: &dyn Fn() -> Database, pace: Pace, steps: &[Step]) -> Result<(), (usize, String)> {
    let database = fresh();
    let app = app_at(&database, pace);
    let mut play = Play::new(&app);
    for (n, step) in steps.iter().enumerate() {
        play.step(*step).map_err(|words| (n + 1, words))?;
    }
    Ok(())
}

/// Leaves out steps, ever smaller stretches of them, as long as what is left still fails.
fn shrunk(fresh: &dyn Fn() -> Database, pace: Pace, failing: &[Step]) -> (Vec<Step>, String) {
    let mut steps = failing.to_vec();
    let mut words = replay(fresh, pace, &steps)
        .err()
        .map_or_else(|| "it does not fail again".to_owned(), |(_, words)| words);
    let (mut size, mut trials) = (steps.len() / 2, 0);
    while size > 0 {
        let mut at = 0;
        while at < steps.len() && trials < MOST_TRIALS {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + size).min(steps.len()));
            trials += 1;
            match replay(fresh, pace, &fewer) {
                Err((until, why)) => {
                    fewer.truncate(until);
                    (steps, words) = (fewer, why);
                }
                Ok(()) => at += size,
            }
        }
        size /= 2;
    }
    (steps, words)
}

fn episode(
    fresh: &dyn Fn() -> Database,
    seed: u64,
    length: usize,
    (counts, seen): (&mut Counts, &mut steps::Seen),
) {
    let (database, pace) = (fresh(), pace_of(seed));
    let app = app_at(&database, pace);
    let mut play = Play::new(&app);
    let (mut random, mut steps) = (Random::new(seed), Vec::new());
    for n in 0..length {
        let step = play.propose(&mut random);
        steps.push(step);
        match play.step(step) {
            Ok(became) => *counts.entry((step.kind, became)).or_default() += 1,
            Err(words) => {
                eprintln!(
                    "seed {seed}: step {} of {length}, {step:?}, fails on {}:\n{words}",
                    n + 1,
                    database.name()
                );
                let (fewer, words) = shrunk(fresh, pace, &steps);
                let list: Vec<String> = fewer.iter().map(|step| format!("{step:?}")).collect();
                panic!(
                    "seed {seed} on {}, shrunk to {} steps:\n{}\n{words}",
                    database.name(),
                    fewer.len(),
                    list.join("\n")
                );
            }
        }
    }
    seen.append(&mut play.seen);
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn walk(steps: usize) {
    let steps =
        number("LIBRARY_SWAP_MODEL_STEPS").map_or(steps, |steps| usize::try_from(steps).expect("fits"));
    let first = number("LIBRARY_SWAP_MODEL_SEED").unwrap_or(1);
    support::for_each_kind(|fresh, name| {
        let (mut counts, mut seen, began) = (Counts::new(), steps::Seen::new(), Instant::now());
        let episodes = steps.div_ceil(EPISODE);
        for n in 0..episodes {
            let seed = first + u64::try_from(n).expect("fits");
            episode(fresh, seed, EPISODE.min(steps - n * EPISODE), (&mut counts, &mut seen));
        }
        let last = first + u64::try_from(episodes).expect("fits") - 1;
        eprintln!("{name}: {steps} steps, seeds {first} to {last}, {:.0} s", began.elapsed().as_secs_f64());
        eprintln!("{:<12} {:>8} {:>8} {:>8}", "step", "accepted", "refused", "void");
        let mut never = Vec::new();
        for kind in Kind::ALL {
            let of = |became| counts.get(&(*kind, became)).copied().unwrap_or_default();
            let (accepted, refused, void) = (of(Became::Accepted), of(Became::Refused), of(Became::Void));
            eprintln!("{:<12} {accepted:>8} {refused:>8} {void:>8}", format!("{kind:?}"));
            if accepted == 0 {
                never.push(kind);
            }
        }
        let unseen: Vec<String> = steps::all()
            .difference(&seen)
            .map(|(table, deed, action)| format!("{table} {deed} by {action}"))
            .collect();
        eprintln!("of docs/states.md, {} were seen, not: {}", seen.len(), unseen.join(", "));
        // Fewer steps, or those of a seed that somebody looks at, may lack one.
        assert!(steps < STEPS || first != 1 || never.is_empty(), "never accepted: {never:?}");
    });
}

#[test]
fn whatever_people_do_in_whatever_order_the_service_does_what_the_facts_say() {
    walk(FEW_STEPS);
}

/// What somebody might break, each in one row of one table.
const BROKEN: [(&str, &str, &str); 9] = [
    ("consents", "\"answer\":\"yes\"", "\"answer\":\"pending\""),
    ("consents", "\"party\":\"host\"", "\"party\":\"manager\""),
    ("placements", "\"state\":\"confirmed\"", "\"state\":\"proposed\""),
    ("placements", "\"state\":\"confirmed\"", "\"state\":\"cancelled\""),
    ("applications", "\"state\":\"placed\"", "\"state\":\"released\""),
    ("rounds", "\"state\":\"published\"", "\"state\":\"matched\""),
    ("audit_entries", "\"action\":\"verify_address\"", "\"action\":\"sign_up\""),
    ("outbox", "\"kind\":\"proposal\"", "\"kind\":\"changed\""),
    ("outbox", "\"recipient_address\":\"desk@", "\"recipient_address\":\"dusk@"),
];

#[test]
fn the_rules_see_what_is_broken() {
    let database = Database::sqlite();
    let app = app_on(&database, "http://exchange.example");
    let (mut play, mut random) = (Play::new(&app), Random::new(1));
    let (mut unseen, mut steps) = (BROKEN.to_vec(), 0);
    while !unseen.is_empty() {
        steps += 1;
        assert!(steps < 2_000, "there is never a row like {unseen:?}");
        let step = play.propose(&mut random);
        play.step(step).expect("as the facts say");
        unseen.retain(|(table, old, new)| {
            let change = |line: &str| line.contains(old).then(|| line.replacen(old, new, 1));
            let Some(broken) = play.dump.altered(table, change) else { return true };
            assert!(
                !evidence::breaches(&broken).is_empty(),
                "{table}: {new} in the place of {old} is not seen"
            );
            false
        });
    }
}

#[test]
#[ignore = "takes minutes: docs/reliability.md"]
fn ten_thousand_steps() {
    walk(STEPS);
}
