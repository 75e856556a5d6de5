//! The checker: golden schedules are clean, every single damage is a breach with its code, and a published audit
//! file proves the same without naming anybody.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail, and says what it skips"
)]

#[macro_use]
mod loud;

#[path = "verify/commands.rs"]
mod commands;
#[path = "verify/completed.rs"]
mod completed;
#[path = "verify/documented.rs"]
mod documented;
#[path = "files/golden.rs"]
mod golden;
#[path = "verify/made.rs"]
mod made;

use chrono::{Days, NaiveDate};
use golden::golden;
use library_swap::files::round::Library;
use library_swap::files::schedule::{Change, ChangeTo, Proof, Reason, Waiver};
use library_swap::files::{AuditFile, Round, Schedule};
use library_swap::verify::{Code, Rule, Subject, Verdict, verify, without_people};
use proptest::prelude::*;

fn pairs() -> Vec<(String, Round, Schedule)> {
    let read = |(name, round, schedule): golden::Pair| {
        (name, Round::read(&round).expect("a round"), Schedule::read(&schedule).expect("a schedule"))
    };
    golden().unwrap_or_default().into_iter().map(read).collect()
}

fn named(name: &str) -> Option<(Round, Schedule)> {
    pairs().into_iter().find(|(found, _, _)| found == name).map(|(_, round, schedule)| (round, schedule))
}

fn codes(round: &Round, schedule: &Schedule) -> Vec<Code> {
    verify(&Subject::Round(round), schedule).breaches.iter().map(|breach| breach.code).collect()
}

#[test]
fn golden_schedules_are_clean_with_the_verdict_of_their_prices() {
    for (name, round, schedule) in pairs() {
        let report = verify(&Subject::Round(&round), &schedule);
        assert!(report.is_clean(), "{name}: {:#?}", report.breaches);
        assert_eq!(report.value, schedule.objective.value, "{name}");
        assert_eq!(report.bound_prices, schedule.objective.bound_prices, "{name}");
        let verdict = report.verdict.to_string();
        if name == "rural-every-option-strict" {
            assert_eq!(report.bound_prices - report.value, 15);
            assert_eq!(verdict, "not proven optimal: prices prove a gap of 0.0012 %");
        } else {
            assert_eq!(verdict, "optimal, proved by prices", "{name}");
        }
        let overrides = report.notes.iter().filter(|note| note.starts_with("override: ")).count();
        assert_eq!(overrides, usize::from(name == "small-locks"), "{name}: {:?}", report.notes);
    }
}

/// Changes a schedule in one place; false where it has no such place.
type Damage = fn(&Round, &mut Schedule) -> bool;

fn last_date(round: &Round) -> NaiveDate {
    *round.dates.iter().max().expect("dates")
}

fn a_waiver(round: &Round, code: &str) -> Waiver {
    Waiver {
        code: code.to_owned(),
        library: round.libraries[0].id.clone(),
        date: (code != "host_limit").then(|| round.dates[0]),
        reason: "drop-out".to_owned(),
    }
}

#[rustfmt::skip]
const DAMAGES: &[(&str, Code, Damage)] = &[
    ("another round's hash", Code::RoundSha256, |_, s| { s.round_sha256 = "0".repeat(64); true }),
    ("a host that does not exist", Code::UnknownId, |_, s| { s.placements[0].host = "nowhere".to_owned(); true }),
    ("a person who does not exist", Code::UnknownId, |_, s| { s.placements[0].staff = "nobody".to_owned(); true }),
    ("a date outside the round", Code::UnknownId, |r, s| { s.placements[0].date = last_date(r) + Days::new(1); true }),
    ("sent to the own library", Code::Rule(Rule::OwnLibrary), |r, s| {
        let home = r.staff.iter().find(|p| p.id == s.placements[0].staff).expect("known").home.clone();
        s.placements[0].host = home;
        true
    }),
    ("a date when the person cannot", Code::Rule(Rule::Availability), |r, s| {
        let person = r.staff.iter().find(|p| p.id == s.placements[0].staff).expect("known");
        match r.dates.iter().find(|date| !person.dates.contains(date)) {
            Some(date) => { s.placements[0].date = *date; true }
            None => false,
        }
    }),
    ("everybody at one host on one date", Code::HostFull, |_, s| {
        let first = s.placements[0].clone();
        s.placements.iter_mut().for_each(|p| { p.host.clone_from(&first.host); p.date = first.date; });
        true
    }),
    ("everybody at a host with a limit", Code::HostLimit, |r, s| {
        let Some(host) = r.libraries.iter().find(|l| l.hosting_limit.is_some()) else { return false };
        s.placements.iter_mut().for_each(|p| p.host.clone_from(&host.id));
        true
    }),
    ("all of a library away on one date", Code::Cover, |r, s| {
        let home_of = |id: &str| r.staff.iter().find(|p| p.id == id).expect("known").home.clone();
        // A home with more people placed than it releases on a date.
        let mut placed = std::collections::BTreeMap::<String, i64>::new();
        s.placements.iter().for_each(|p| *placed.entry(home_of(&p.staff)).or_default() += 1);
        let few = |l: &&Library| placed.get(&l.id).is_some_and(|n| *n > l.release.get(&r.dates[0]).copied().unwrap_or(0));
        let Some(home) = r.libraries.iter().find(few) else { return false };
        s.placements.iter_mut().filter(|p| home_of(&p.staff) == home.id).for_each(|p| p.date = r.dates[0]);
        true
    }),
    ("one of a ring stays at home", Code::Balance, |r, s| {
        s.placements.remove(0);
        r.rules.balance == Some(0) && r.locks.is_empty()
    }),
    ("a ring in two halves", Code::Ring, |_, s| {
        let last = s.placements.iter().filter_map(|p| p.ring).max().unwrap_or(0);
        let Some(ring) = s.placements.iter().find_map(|p| p.ring) else { return false };
        s.placements.iter_mut().rfind(|p| p.ring == Some(ring)).expect("a member").ring = Some(last + 1);
        true
    }),
    ("two hosts swapped", Code::Score, |_, s| {
        let last = s.placements.len() - 1;
        let (first, other) = (s.placements[0].host.clone(), s.placements[last].host.clone());
        let differ = first != other;
        s.placements[0].host = other;
        s.placements[last].host = first;
        differ
    }),
    ("a score raised", Code::Score, |_, s| { s.placements[0].score += 1; true }),
    ("a placement dropped", Code::EveryoneOnce, |_, s| { s.placements.remove(0); true }),
    ("a placement dropped", Code::Value, |_, s| { s.placements.remove(0); true }),
    ("a placement dropped", Code::Outcomes, |_, s| { s.placements.remove(0); true }),
    ("a placement twice", Code::OnePlacement, |_, s| { let p = s.placements[0].clone(); s.placements.insert(0, p); true }),
    ("a placed person unplaced too", Code::EveryoneOnce, |_, s| {
        let mut left = s.unplaced[0].clone();
        left.staff = s.placements[0].staff.clone();
        s.unplaced.push(left);
        s.unplaced.sort_by(|a, b| a.staff.cmp(&b.staff));
        true
    }),
    ("an unplaced person forgotten", Code::EveryoneOnce, |_, s| { s.unplaced.remove(0); true }),
    ("an unplaced person twice", Code::EveryoneOnce, |_, s| { let u = s.unplaced[0].clone(); s.unplaced.insert(0, u); true }),
    ("an unplaced person who does not exist", Code::UnknownId, |_, s| { s.unplaced[0].staff = "nobody".to_owned(); true }),
    ("placements not sorted", Code::Order, |_, s| { s.placements.swap(0, 1); true }),
    ("unplaced not sorted", Code::Order, |_, s| { s.unplaced.reverse(); s.unplaced.len() > 1 }),
    ("prices not sorted", Code::Order, |_, s| { s.prices.balance.reverse(); s.prices.balance.len() > 1 }),
    ("a ring number changed", Code::Ring, |_, s| { let ring = &mut s.placements[0].ring; *ring = Some(ring.unwrap_or(0) + 1); true }),
    ("a ring forgotten", Code::Ring, |_, s| {
        match s.placements.iter_mut().find(|p| p.ring.is_some()) { Some(p) => { p.ring = None; true } None => false }
    }),
    ("ring numbers from 2", Code::Ring, |_, s| {
        s.placements.iter_mut().for_each(|p| p.ring = p.ring.map(|n| n + 1));
        s.placements.iter().any(|p| p.ring.is_some())
    }),
    ("a wrong reason", Code::Reason, |_, s| {
        let reason = &mut s.unplaced[0].reason;
        *reason = if *reason == Reason::NotFeasible { Reason::Outweighed } else { Reason::NotFeasible };
        true
    }),
    ("hosts_considered raised", Code::HostsConsidered, |_, s| { s.unplaced[0].hosts_considered += 1; true }),
    ("an excluded count raised", Code::Excluded, |_, s| { s.unplaced[0].excluded.values_mut().for_each(|n| *n += 1); true }),
    ("an excluded code of 0", Code::Excluded, |_, s| { s.unplaced[0].excluded.insert("own_library".to_owned(), 0).is_none() }),
    ("neither change nor reason", Code::Change, |_, s| { s.unplaced[0].change_reason = None; true }),
    ("an unknown change_reason", Code::Change, |_, s| { s.unplaced[0].change_reason = Some("laziness".to_owned()); true }),
    ("change and reason", Code::Change, |r, s| {
        let (host, date) = (Some(r.libraries[0].id.clone()), Some(r.dates[0]));
        s.unplaced[0].change = Some(Change { field: "max_km".to_owned(), to: ChangeTo::Number(9.0), host, date, displaces: 0 });
        true
    }),
    ("a change of nothing known", Code::Change, |r, s| {
        let (host, date) = (Some(r.libraries[0].id.clone()), Some(r.dates[0]));
        s.unplaced[0].change_reason = None;
        s.unplaced[0].change = Some(Change { field: "mood".to_owned(), to: ChangeTo::Number(9.0), host, date, displaces: 0 });
        true
    }),
    ("an unknown waiver", Code::Waiver, |r, s| { s.waived.push(a_waiver(r, "distance")); true }),
    ("a needless waiver of a host", Code::Waiver, |r, s| { s.waived.push(a_waiver(r, "host_full")); true }),
    ("a needless waiver of cover", Code::Waiver, |r, s| { s.waived.push(a_waiver(r, "cover")); true }),
    ("a needless waiver of balance", Code::Waiver, |r, s| { s.waived.push(a_waiver(r, "balance")); true }),
    ("a needless waiver of a limit", Code::Waiver, |r, s| { s.waived.push(a_waiver(r, "host_limit")); true }),
    ("a limit waived for one date", Code::Waiver, |r, s| { s.waived.push(Waiver { code: "host_limit".to_owned(), ..a_waiver(r, "cover") }); true }),
    ("placed raised", Code::Outcomes, |_, s| { s.outcomes.placed += 1; true }),
    ("unplaced raised", Code::Outcomes, |_, s| { s.outcomes.unplaced += 1; true }),
    ("sector ranks reversed", Code::Outcomes, |_, s| { s.outcomes.sector_rank.reverse(); true }),
    ("a sector rank too many", Code::Outcomes, |_, s| { s.outcomes.sector_rank.push(0); true }),
    ("placed after waiting raised", Code::Outcomes, |_, s| { s.outcomes.placed_after_waiting += 1; true }),
    ("unplaced after waiting raised", Code::Outcomes, |_, s| { s.outcomes.unplaced_after_waiting += 1; true }),
    ("the value raised", Code::Value, |_, s| { s.objective.value += 1; true }),
    ("the bound below the value", Code::Bound, |_, s| { s.objective.bound = s.objective.value - 1; true }),
    ("the bound above the prices'", Code::Bound, |_, s| { s.objective.bound = s.objective.bound_prices + 1; true }),
    ("another bound of the prices", Code::BoundPrices, |_, s| { s.objective.bound_prices += 1; true }),
    ("the gap wrong", Code::Gap, |_, s| { s.objective.gap += 1e-6; true }),
    ("optimal wrong", Code::Optimal, |_, s| { s.objective.optimal = !s.objective.optimal; true }),
    ("proof wrong", Code::Proof, |_, s| { s.objective.proof = Proof::Search; true }),
    ("the prices of people forgotten", Code::BoundPrices, |_, s| { s.prices.staff.clear(); true }),
    ("a price raised beyond use", Code::BoundPrices, |_, s| { s.prices.staff.values_mut().for_each(|u| *u += 1_000_000); true }),
    ("a price of nobody", Code::Price, |_, s| { s.prices.staff.insert("nobody".to_owned(), 0); true }),
    ("a negative price of a person", Code::Price, |_, s| { s.prices.staff.values_mut().for_each(|u| *u = -*u); true }),
    ("a negative price of a host", Code::Price, |_, s| { s.prices.hosting[0].2 = -1; true }),
    ("a host's price twice", Code::Price, |_, s| { let p = s.prices.hosting[0].clone(); s.prices.hosting.insert(0, p); true }),
    ("a price of no library", Code::Price, |_, s| { s.prices.hosting[0].0 = "nowhere".to_owned(); true }),
    ("a price of a date outside", Code::Price, |r, s| { s.prices.hosting[0].1 = last_date(r) + Days::new(1); true }),
    ("a negative price of cover", Code::Price, |r, s| { s.prices.release.insert(0, (r.libraries[0].id.clone(), r.dates[0], -1)); true }),
    ("a limit's price without a limit", Code::Price, |r, s| {
        let free = r.libraries.iter().find(|library| library.hosting_limit.is_none()).expect("one without");
        s.prices.hosting_limit.push((free.id.clone(), 0));
        true
    }),
    ("a negative price of a limit", Code::Price, |_, s| { s.prices.hosting_limit.iter_mut().for_each(|p| p.1 = -1); !s.prices.hosting_limit.is_empty() }),
    ("a locked person's price", Code::Price, |r, s| {
        match r.locks.first() { Some(lock) => { s.prices.staff.insert(lock.staff.clone(), 0); true } None => false }
    }),
    ("a price where a lock lifted balance", Code::Price, |r, s| {
        match r.locks.iter().find(|lock| lock.override_reason.is_some()) {
            Some(lock) => { s.prices.balance.push((lock.host.clone(), lock.date, 5)); true }
            None => false,
        }
    }),
    ("a lock ignored", Code::Lock, |r, s| {
        match r.locks.first() { Some(lock) => { s.placements.retain(|p| p.staff != lock.staff); true } None => false }
    }),
    ("a lock moved", Code::Lock, |r, s| {
        let Some(lock) = r.locks.first() else { return false };
        let other = r.dates.iter().find(|date| **date != lock.date).expect("another date");
        s.placements.iter_mut().filter(|p| p.staff == lock.staff).for_each(|p| p.date = *other);
        true
    }),
];

#[test]
fn every_single_damage_is_a_breach_with_its_code() {
    let pairs = pairs();
    for (words, code, damage) in DAMAGES {
        let mut applied = 0;
        for (name, round, schedule) in &pairs {
            let mut damaged = schedule.clone();
            if damage(round, &mut damaged) {
                assert_ne!(&damaged, schedule, "{name}: {words} changes something");
                let report = verify(&Subject::Round(round), &damaged);
                let found = report.breaches.iter().any(|breach| breach.code == *code);
                assert!(found, "{name}: {words}: {:#?}", report.breaches);
                assert_eq!(report.verdict, Verdict::Refuted);
                applied += 1;
            }
        }
        assert!(applied > 0 || pairs.is_empty(), "{words} was tried nowhere");
    }
}

/// Lowering a price takes it from the first sums and may give it back to several placements: the bound can only be
/// another one, never one below the optimum. Where nothing is given back, as for a person with one good place, the
/// prices are another certificate of the same bound.
#[test]
fn a_binding_price_lowered_proves_less() {
    for (name, round, schedule) in
        pairs().into_iter().filter(|(name, ..)| name != "rural-every-option-strict")
    {
        let mut weaker = 0;
        let days = schedule.prices.hosting.len();
        for place in 0..days + schedule.prices.release.len() {
            let mut lowered = schedule.clone();
            let prices = &mut lowered.prices;
            let row =
                if place < days { &mut prices.hosting[place] } else { &mut prices.release[place - days] };
            row.2 -= row.2.min(1000);
            let report = verify(&Subject::Round(&round), &lowered);
            assert!(report.bound_prices >= schedule.objective.value, "{name}: {place}");
            weaker += usize::from(report.breaches.iter().any(|breach| breach.code == Code::BoundPrices));
        }
        assert!(weaker > 0, "{name}: some price binds");
    }
}

#[test]
fn what_run_says_is_no_breach() {
    for (name, round, mut schedule) in pairs() {
        schedule.run.engine = "by hand".to_owned();
        schedule.run.work = 7;
        assert_eq!(codes(&round, &schedule), [], "{name}");
    }
}

#[test]
fn a_bound_that_only_a_search_claims_is_told_with_the_gap_of_the_prices() {
    let Some((round, mut schedule)) = named("rural-every-option-strict") else { return };
    schedule.objective.bound = schedule.objective.value;
    schedule.objective.gap = 0.0;
    schedule.objective.optimal = true;
    schedule.objective.proof = Proof::Search;
    let report = verify(&Subject::Round(&round), &schedule);
    assert!(report.is_clean(), "{:#?}", report.breaches);
    assert_eq!(report.verdict.to_string(), "optimal by search; prices prove a gap of 0.0012 %");
    schedule.objective.bound += 1;
    schedule.objective.gap = 1.0 / 1_250_685.0;
    schedule.objective.optimal = false;
    let verdict = verify(&Subject::Round(&round), &schedule).verdict.to_string();
    assert_eq!(
        verdict,
        "not proven optimal: search claims a gap of 0.0001 %; prices prove a gap of 0.0012 %"
    );
}

/// Pseudonyms whose order has nothing to do with that of the ids.
fn pseudonyms(people: usize) -> Vec<String> {
    (0..people).map(|n| format!("q{:03}", (n * 7919 + 13) % 1009)).collect()
}

#[test]
fn the_published_files_are_clean_and_name_nobody() {
    for (name, round, schedule) in pairs() {
        let (audit, public) = without_people(&round, &schedule, &pseudonyms(round.staff.len()));
        let (audit_text, public_text) = (audit.to_json(), public.to_json());
        assert_eq!(AuditFile::read(audit_text.as_bytes()).expect("read back"), audit, "{name}");
        assert_eq!(Schedule::read(public_text.as_bytes()).expect("read back"), public, "{name}");
        let report = verify(&Subject::Audit(&audit), &public);
        assert!(report.is_clean(), "{name}: {:#?}", report.breaches);
        assert_eq!(report.bound_prices, schedule.objective.bound_prices, "{name}");
        for person in &round.staff {
            for text in [&audit_text, &public_text] {
                assert!(!text.contains(&person.id), "{name}: {} is named", person.id);
            }
        }
        assert!(!audit_text.contains("telephone"), "no reason of an override");
    }
}

#[test]
fn damages_that_need_no_rules_are_found_with_the_audit_file_too() {
    let of_rules =
        |code: &Code| matches!(code, Code::Rule(Rule::OwnLibrary | Rule::Availability) | Code::Excluded);
    for (name, round, schedule) in pairs() {
        let (audit, public) = without_people(&round, &schedule, &pseudonyms(round.staff.len()));
        // The damages look people and locks up in the round: it goes by the pseudonyms here.
        let mut renamed = round.clone();
        let names = pseudonyms(round.staff.len());
        for (person, name) in renamed.staff.iter_mut().zip(&names) {
            for lock in renamed.locks.iter_mut().filter(|lock| lock.staff == person.id) {
                lock.staff.clone_from(name);
            }
            person.id.clone_from(name);
        }
        for (words, code, damage) in DAMAGES.iter().filter(|(_, code, _)| !of_rules(code)) {
            let mut damaged = public.clone();
            if damage(&renamed, &mut damaged)
                && *words != "sector ranks reversed"
                && *words != "a sector rank too many"
            {
                let report = verify(&Subject::Audit(&audit), &damaged);
                let found = report.breaches.iter().any(|breach| {
                    breach.code == *code || (*code == Code::Score && breach.code == Code::NotFeasible)
                });
                assert!(found, "{name}: {words}: {:#?}", report.breaches);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Weak duality itself: whatever the prices, the bound they prove is no lower than the best value known.
    #[test]
    fn no_prices_prove_less_than_the_optimum(
        name in prop::sample::select(vec!["tiny-strict-balance", "small-locks", "small-every-option"]),
        seed in prop::collection::vec(-2_000_000..2_000_000_i64, 40),
    ) {
        if let Some((round, mut schedule)) = named(name) {
            let lifted = |library: &str, date: NaiveDate| round.locks.iter().any(|lock| {
                let home = &round.staff.iter().find(|p| p.id == lock.staff).expect("known").home;
                lock.override_reason.is_some() && lock.date == date && (lock.host == library || home == library)
            });
            let mut draw = seed.iter().copied().cycle();
            let mut next = || draw.next().expect("endless");
            let prices = &mut schedule.prices;
            let free = |id: &str| !round.locks.iter().any(|lock| lock.staff == id);
            prices.staff = round.staff.iter().filter(|p| free(&p.id)).map(|p| (p.id.clone(), next().abs())).collect();
            let mut days: Vec<(String, NaiveDate)> = round.libraries.iter()
                .flat_map(|library| round.dates.iter().map(|date| (library.id.clone(), *date))).collect();
            days.sort();
            prices.hosting = days.iter().map(|(l, d)| (l.clone(), *d, next().abs())).collect();
            prices.release = days.iter().map(|(l, d)| (l.clone(), *d, next().abs())).collect();
            prices.balance = days.iter().filter(|(l, d)| !lifted(l, *d)).map(|(l, d)| (l.clone(), *d, next())).collect();
            let report = verify(&Subject::Round(&round), &schedule);
            prop_assert!(!report.breaches.iter().any(|b| matches!(b.code, Code::Price | Code::Order)), "{:?}", report.breaches);
            prop_assert!(report.bound_prices >= schedule.objective.value);
        }
    }
}
