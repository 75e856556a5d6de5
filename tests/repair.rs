//! Repairs against an exhaustive search over random small rounds.
//!
//! What must come out is worked out in `repair_brute` from the words of docs/repairs.md, by trying every schedule.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use chrono::NaiveDate;

use library_swap::files::{Round, Schedule};
use library_swap::matching::repair::{Choice, DayChange, Kind, Repair, Request, repair, reserves, seat};
use library_swap::matching::{Options, solve};
use library_swap::services::mending::schedules;
use library_swap::verify::{Subject, verify};

#[path = "matching_brute/mod.rs"]
mod brute;
#[path = "repair_brute/mod.rs"]
mod repair_brute;

use brute::random::{self, Random};
use repair_brute::{Best, Order, rank};

/// A random request about a schedule that has somebody placed, mostly a sensible one.
fn request(x: &mut Random, round: &Round, schedule: &Schedule) -> Request {
    let placed: Vec<&str> = schedule.placements.iter().map(|placed| placed.staff.as_str()).collect();
    let mut request = Request::default();
    for staff in &placed {
        if x.below(100) < 30 {
            request.drop.insert((*staff).to_owned());
        } else if x.below(100) < 20 {
            request.freeze.insert((*staff).to_owned());
        }
    }
    if x.below(100) < 40 {
        let n = usize::try_from(x.below(u64::try_from(placed.len()).expect("few"))).expect("few");
        let at = &schedule.placements[n];
        request.close.insert((at.host.clone(), at.date));
    }
    if x.below(100) < 25 {
        let n = usize::try_from(x.below(u64::try_from(placed.len()).expect("few"))).expect("few");
        let at = &schedule.placements[n];
        request.full.insert((at.host.clone(), at.date));
    }
    for left in &schedule.unplaced {
        if x.below(100) < 25 {
            request.add.insert(left.staff.clone());
        }
    }
    if x.below(100) < 20 {
        request.from = round.dates.iter().copied().min().and_then(|date| date.succ_opt());
    }
    if let Some(own) = round.rules.balance
        && x.below(100) < 70
    {
        request.balance = Some(own + i64::try_from(x.below(2)).expect("few"));
    }
    request
}

fn work_out(round: &Round, schedule: &Schedule, request: &Request) -> Option<Repair> {
    repair(round, schedule, request, &mut |_| ControlFlow::Continue(())).ok()
}

fn of(repair: &Repair, kind: Kind) -> Option<&Choice> {
    repair.choices.iter().find(|choice| choice.kind == kind)
}

/// How often what was seen.
#[derive(Debug, Default)]
struct Tally {
    repairs: usize,
    touching: usize,
    impossible: usize,
    differing: usize,
    refilled: usize,
    waiving: usize,
}

fn compare(
    seed: u64,
    round: &Round,
    schedule: &Schedule,
    request: &Request,
    tally: &mut Tally,
) -> Option<Schedule> {
    let found = work_out(round, schedule, request)?;
    tally.repairs += 1;
    let words = || format!("seed {seed}: {request:?}\n{schedule:?}\n{found:?}");
    for (order, kind) in
        [(Order::FewestTouched, Kind::FewestTouched), (Order::KeepMostPlaced, Kind::KeepMostPlaced)]
    {
        let expected: Option<Best> = repair_brute::best(round, schedule, request, order);
        let own = of(&found, kind).map(|choice| rank(round, schedule, request, &choice.placements));
        assert_eq!(own, expected, "{kind:?} {}", words());
        if let Some(choice) = of(&found, kind) {
            assert!(choice.proven, "{kind:?} is not proven {}", words());
            assert_eq!(choice.touched.len(), expected.expect("compared above").touched, "{}", words());
        }
    }
    let gap = of(&found, Kind::LeaveTheGap).expect("always there");
    assert!(gap.touched.is_empty() && gap.placed.is_empty(), "{}", words());
    let fewest = of(&found, Kind::FewestTouched);
    tally.impossible += usize::from(fewest.is_none());
    tally.touching += usize::from(fewest.is_some_and(|choice| !choice.touched.is_empty()));
    tally.refilled += usize::from(fewest.is_some_and(|choice| !choice.placed.is_empty()));
    tally.waiving += usize::from(fewest.is_some_and(|choice| !choice.waived.is_empty()));
    let most = of(&found, Kind::KeepMostPlaced);
    tally.differing += usize::from(fewest.map(|f| &f.placements) != most.map(|m| &m.placements));
    let mended = schedules(round, schedule, &found);
    for schedule in &mended {
        let report = verify(&Subject::Round(round), schedule);
        assert!(report.is_clean(), "{:?} {}", report.breaches, words());
    }
    mended.into_iter().last()
}

#[test]
fn repairs_are_what_trying_everything_finds() {
    let mut tally = Tally::default();
    let mut seed = 0;
    while tally.repairs < 1000 {
        seed += 1;
        let value = random::round(seed);
        let round = Round::read(value.to_string().as_bytes()).expect("a round");
        let Ok(schedule) = solve(&round, &Options::default(), &mut |_| ControlFlow::Continue(())) else {
            continue;
        };
        if schedule.placements.is_empty() {
            continue;
        }
        let mut x = Random::new(seed ^ 0x7e9a);
        let asked = request(&mut x, &round, &schedule);
        let mended = compare(seed, &round, &schedule, &asked, &mut tally);
        // What was repaired may have to be repaired again, with what was waived.
        if let Some(mended) = mended.filter(|mended| !mended.placements.is_empty()) {
            let asked = request(&mut x, &round, &mended);
            compare(seed, &round, &mended, &asked, &mut tally);
        }
    }
    eprintln!("{tally:?} of {seed} rounds");
    assert!(tally.touching >= 8 && tally.impossible >= 3 && tally.differing >= 5, "{tally:?}");
    assert!(tally.refilled > 100 && tally.waiving > 50, "{tally:?}");
}

/// Whether somebody may take a place by the checker's word, within the balance of the repair.
fn may_sit(
    round: &Round,
    gap: &Schedule,
    request: &Request,
    staff: &str,
    place: &(String, NaiveDate),
) -> bool {
    let Ok(found) = seat(round, gap, request, (staff, place)) else { return false };
    let choice = found.choices.first().expect("one way");
    let most = round.rules.balance.map_or(i64::MAX, |own| own + 1);
    let is_waived = |day: &DayChange| {
        choice.waived.iter().any(|waiver| {
            waiver.library == day.library && waiver.date == Some(day.date) && waiver.code == "balance"
        })
    };
    let is_too_far = |day: &DayChange| {
        let before = (day.visitors.0 - day.leavers.0).abs();
        let was_waived =
            gap.waived.iter().any(|waiver| waiver.library == day.library && waiver.date == Some(day.date));
        let allowed = if was_waived { most.max(before) } else { most };
        (day.visitors.1 - day.leavers.1).abs() > allowed
    };
    let is_clean = |schedule: &Schedule| verify(&Subject::Round(round), schedule).is_clean();
    !choice.days.iter().any(|day| is_waived(day) && is_too_far(day))
        && schedules(round, gap, &found).iter().all(is_clean)
}

#[test]
fn reserves_are_those_whom_the_checker_admits_best_first() {
    let (mut places, mut admitted, mut refused) = (0, 0, 0);
    for seed in 1..800 {
        let value = random::round(seed);
        let round = Round::read(value.to_string().as_bytes()).expect("a round");
        let Ok(schedule) = solve(&round, &Options::default(), &mut |_| ControlFlow::Continue(())) else {
            continue;
        };
        for gone in &schedule.placements {
            let drop = Request { drop: [gone.staff.clone()].into(), ..Request::default() };
            let Some(found) = work_out(&round, &schedule, &drop) else { continue };
            let gap =
                schedules(&round, &schedule, &found).into_iter().next().expect("the gap is always a way");
            let waiting: BTreeSet<String> = schedule.unplaced.iter().map(|left| left.staff.clone()).collect();
            if waiting.is_empty() {
                continue;
            }
            let request = Request { add: waiting.clone(), ..Request::default() };
            let place = (gone.host.clone(), gone.date);
            let able = reserves(&round, &gap, &request, &place).expect("a request");
            let own: BTreeSet<String> = able.iter().map(|reserve| reserve.staff.clone()).collect();
            let may = |staff: &&String| may_sit(&round, &gap, &request, staff, &place);
            let expected: BTreeSet<String> = if round.rules.max_ring.is_some() {
                BTreeSet::new()
            } else {
                waiting.iter().filter(may).cloned().collect()
            };
            assert_eq!(own, expected, "seed {seed}: {} leaves {place:?}\n{gap:?}", gone.staff);
            assert!(able.is_sorted_by(|one, other| one.value >= other.value), "{able:?}");
            places += 1;
            admitted += own.len();
            refused += waiting.len() - own.len();
        }
    }
    eprintln!("{places} places, {admitted} reserves, {refused} who cannot");
    assert!(places > 100 && admitted > 50 && refused > 100, "{places} {admitted} {refused}");
}

/// A random round with its schedule in which somebody has a place and somebody has none.
fn example() -> (Round, Schedule) {
    (1..)
        .find_map(|seed| {
            let round = Round::read(random::round(seed).to_string().as_bytes()).expect("a round");
            let schedule = solve(&round, &Options::default(), &mut |_| ControlFlow::Continue(())).ok()?;
            let fits = round.locks.is_empty()
                && round.rules.balance.is_some()
                && schedule.placements.len() >= 2
                && !schedule.unplaced.is_empty();
            fits.then_some((round, schedule))
        })
        .expect("one of them")
}

#[test]
fn what_is_wrong_with_a_request_is_told_at_once_with_its_codes() {
    let (round, schedule) = example();
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let (first, second) = (schedule.placements[0].clone(), schedule.placements[1].clone());
    let left = schedule.unplaced[0].staff.as_str();
    let last = round.dates.iter().max().expect("a day").succ_opt().expect("a day");
    let request = Request {
        drop: set(&["nobody", left, &first.staff]),
        close: [(second.host.clone(), second.date), ("nowhere".to_owned(), last)].into(),
        add: set(&[&second.staff]),
        freeze: set(&[&first.staff, &second.staff]),
        from: Some(last),
        balance: Some(-1),
        ..Request::default()
    };
    let faults =
        repair(&round, &schedule, &request, &mut |_| ControlFlow::Continue(())).expect_err("refused");
    let mut codes: Vec<(&str, &str)> =
        faults.iter().map(|fault| (fault.field, fault.code.as_str())).collect();
    codes.sort_unstable();
    codes.dedup();
    let expected = [
        ("add", "already_placed"),
        ("balance", "balance"),
        ("close", "past"),
        ("close", "unknown_id"),
        ("drop", "frozen"),
        ("drop", "not_placed"),
        ("drop", "past"),
        ("drop", "unknown_id"),
    ];
    assert_eq!(codes, expected, "{faults:?}");
    let nothing = repair(&round, &schedule, &Request::default(), &mut |_| ControlFlow::Continue(()));
    assert_eq!(nothing.expect_err("refused")[0].code.as_str(), "nothing_to_repair");
}

#[test]
fn the_command_writes_schedules_that_verify_accepts_or_nothing() {
    let (round, schedule) = example();
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("round.json"), round.canonical()).expect("written");
    std::fs::write(path("schedule.json"), schedule.to_json()).expect("written");
    let binary = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_library-swap"));
        command.current_dir(folder.path()).args(args).output().expect("the binary runs")
    };
    let drop = |who: &str| binary(&["repair", "round.json", "schedule.json", "--drop", who, "-o", "mended"]);
    let refused = drop("nobody");
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).starts_with("unknown_id: nobody"), "{refused:?}");
    assert!(!path("mended").exists(), "nothing is written");
    let done = drop(&schedule.placements[0].staff);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    for way in ["leave_the_gap", "fewest_touched", "keep_most_placed"] {
        let verified = binary(&["verify", "round.json", &format!("mended/{way}.json")]);
        assert_eq!(verified.status.code(), Some(0), "{way}: {verified:?}");
    }
}
