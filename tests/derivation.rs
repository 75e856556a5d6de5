//! What a run freezes, derived twice: by the service and by a naive second implementation, over 10,000 generated
//! programmes of patterns, calendars, closures, offers and history.
#![allow(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod opening_naive;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{NaiveDate, NaiveTime};
use library_swap::domain::application::Application;
use library_swap::domain::history::{Outcome, Successors, Visit};
use library_swap::domain::ids::{ApplicationId, EmployerId, LibraryId, PersonId, RoundId};
use library_swap::domain::offer::{CoverDay, CoverRule, HostingRule, Offer, Rostered};
use library_swap::domain::opening::{
    CalendarKind, DatedCalendar, Exception, Opening, Period, PeriodKind, Reason, Span, joined,
};
use library_swap::domain::organisation::{Employer, Library};
use library_swap::domain::pattern::{Pattern, Week, Weeks};
use library_swap::domain::round::Round;
use library_swap::domain::sector::Sector;
use library_swap::domain::states::{ApplicationState, LibraryStatus, ManagerTrust, RoundState};
use library_swap::domain::weekday::Weekday;
use library_swap::files::{self, Rules};
use library_swap::services::round_file::{Known, round_file};
use opening_naive::cases::{self, Case, Minutes, State, What};
use opening_naive::{Decided, LibraryFile, WorkerFile};
use uuid::Uuid;

const CASES: u64 = 10_000;

fn library_id(n: usize) -> LibraryId {
    LibraryId::new(Uuid::from_u128(0x1000 + u128::try_from(n).expect("small")))
}

fn application_id(n: usize) -> ApplicationId {
    ApplicationId::new(Uuid::from_u128(0x2000 + u128::try_from(n).expect("small")))
}

fn person_id(n: usize) -> PersonId {
    PersonId::new(Uuid::from_u128(0x3000 + u128::try_from(n).expect("small")))
}

fn the_employer() -> EmployerId {
    EmployerId::new(Uuid::from_u128(0x4000))
}

fn times((from, until): Minutes) -> (NaiveTime, NaiveTime) {
    let time = |minute: u16| {
        NaiveTime::from_hms_opt(u32::from(minute / 60), u32::from(minute % 60), 0).expect("a time of day")
    };
    (time(from), time(until))
}

fn spans(spans: &[Minutes]) -> Vec<Span> {
    spans.iter().map(|(from, until)| Span::new(*from, *until).expect("a span")).collect()
}

/// The text of weekly hours as a list has it.
fn text(rules: &[cases::Rule]) -> String {
    const DAYS: [&str; 9] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "PH", "SH"];
    let clock = |minute: &u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let rules: Vec<String> = rules
        .iter()
        .map(|rule| {
            let days: Vec<&str> = rule.days.iter().map(|day| DAYS[*day]).collect();
            let spans: Vec<String> =
                rule.spans.iter().map(|(from, until)| format!("{}-{}", clock(from), clock(until))).collect();
            let spans = if spans.is_empty() { "off".to_owned() } else { spans.join(",") };
            format!("{} {spans}", days.join(","))
        })
        .collect();
    rules.join("; ")
}

fn opening(library: &cases::Library) -> Opening {
    let period = |(what, from, until): &(What, NaiveDate, NaiveDate)| Period {
        starts_on: *from,
        ends_on: *until,
        kind: match what {
            What::BankHoliday => PeriodKind::BankHoliday,
            What::Term => PeriodKind::Term,
            What::SchoolHoliday => PeriodKind::SchoolHoliday,
            What::InsetDay => PeriodKind::InsetDay,
            What::Closure => PeriodKind::Closure,
            What::Exams => PeriodKind::Exams,
        },
        label: "A period".parse().expect("a name"),
    };
    let calendar = |(n, periods): (usize, &Vec<(What, NaiveDate, NaiveDate)>)| {
        let mut periods: Vec<Period> = periods.iter().map(period).collect();
        periods.sort();
        let kinds = [
            CalendarKind::BankHolidays,
            CalendarKind::SchoolTerms,
            CalendarKind::Closures,
            CalendarKind::Exams,
        ];
        let kind = kinds.into_iter().find(|kind| periods.iter().all(|period| kind.holds(period.kind)));
        let (name, kind) = (format!("Calendar {n}").parse().expect("a name"), kind.expect("one kind"));
        Arc::new(DatedCalendar { name, kind, periods })
    };
    let weekly = library.weekly.as_ref().map(|rules| text(rules));
    Opening {
        weekly: weekly.map(|text| text.parse().unwrap_or_else(|rule| panic!("{text}: {rule}"))),
        exceptions: library
            .exceptions
            .iter()
            .map(|(date, opens)| Exception {
                date: *date,
                // As it is entered.
                opens: joined(spans(opens)),
                label: "An exception".parse().expect("a name"),
            })
            .collect(),
        calendars: library.calendars.iter().enumerate().map(calendar).collect(),
    }
}

fn offer(offer: &cases::Offer) -> Offer {
    Offer {
        hosting: offer.hosting.clone(),
        hosting_rule: offer.rule.as_ref().map(|(weekdays, dates, visitors)| HostingRule {
            weekdays: weekdays.iter().map(|day| Weekday::ALL[*day]).collect(),
            dates: dates.clone(),
            visitors: *visitors,
        }),
        hosting_limit: offer.limit,
        year_limit: offer.year_limit,
        rest_days: offer.rest_days,
        release: offer.release.clone(),
        cover_rule: offer.cover.as_ref().map(|cover| CoverRule {
            rostered: Rostered::Weekly(Weekday::ALL.iter().copied().zip(cover.rostered).collect()),
            minimum: cover.minimum,
            dates: cover
                .dates
                .iter()
                .map(|(date, (rostered, minimum))| {
                    (*date, CoverDay { rostered: *rostered, minimum: *minimum })
                })
                .collect(),
        }),
        hours: offer.hours.iter().map(|(date, span)| (*date, times(*span))).collect(),
    }
}

fn pattern(pattern: &cases::Pattern) -> Pattern {
    let week = |days: &[Option<Minutes>; 7]| -> Week {
        let worked = Weekday::ALL.iter().zip(days).filter_map(|(day, span)| Some((*day, times((*span)?))));
        worked.collect()
    };
    Pattern {
        weeks: match (pattern.from, pattern.weeks.as_slice()) {
            (None, [every]) => Weeks::Every(week(every)),
            (Some(from), [first, second]) => Weeks::Alternate { from, weeks: [week(first), week(second)] },
            (None | Some(_), _) => panic!("one week, or two"),
        },
        added: pattern.added.iter().map(|(date, span)| (*date, times(*span))).collect(),
        removed: pattern.removed.clone(),
    }
}

fn library(n: usize, library: &cases::Library) -> Library {
    Library {
        id: library_id(n),
        reference: format!("library-{n}"),
        name: format!("Library {n}").parse().expect("a name"),
        sectors: vec![Sector::Public],
        employers: vec![the_employer()],
        address: None,
        postcode: None,
        country: None,
        point: None,
        time_zone: chrono_tz::Europe::London,
        status: if library.in_use { LibraryStatus::Open } else { LibraryStatus::Closed },
        opening_hours: opening(library).weekly,
        contact: None,
        deputy: None,
        topics: vec![],
        access: vec![],
        vetting_required: false,
        escorts_visitors: false,
        successor: library.successor.map(library_id),
    }
}

fn application(n: usize, worker: &cases::Worker) -> Application {
    Application {
        id: application_id(n),
        round: RoundId::new(Uuid::from_u128(1)),
        person: person_id(n),
        employer: the_employer(),
        home: library_id(worker.home),
        name: "Ann Reader".parse().expect("a name"),
        state: match worker.state {
            State::Released => ApplicationState::Released,
            State::Verified { .. } => ApplicationState::Verified,
            State::Gone => ApplicationState::Withdrawn,
        },
        dates: worker.dates.clone(),
        released_dates: worker.released_dates.clone(),
        hours: worker.hours.iter().map(|(date, span)| (*date, times(*span))).collect(),
        pattern: worker.pattern.as_ref().map(pattern),
        max_km: 30.0,
        sectors: vec![],
        topics: vec![],
        avoid: vec![],
        manager: "boss@library.example".parse().expect("an address"),
        manager_trust: match worker.state {
            State::Verified { manager_known: false } => ManagerTrust::ToConfirm,
            State::Verified { manager_known: true } | State::Released | State::Gone => ManagerTrust::Believed,
        },
        refusal: None,
        assured_until: None,
        role_title: None,
        objectives: None,
        language: library_swap::domain::language::Language::English,
        revision: 0,
    }
}

fn known(case: &Case) -> Known {
    let round = Round {
        id: RoundId::new(Uuid::from_u128(1)),
        name: "Spring".parse().expect("a name"),
        state: RoundState::Closed,
        time_zone: chrono_tz::Europe::London,
        sign_up_until: case.dates[0],
        answer_until: case.dates[0],
        dates: case.dates.clone(),
        rules: String::new(),
        release_required: case.release_required,
        rules_sha256: None,
        revision: 0,
    };
    let employer = Employer {
        id: the_employer(),
        name: "The employer".parse().expect("a name"),
        group: None,
        language: None,
        successor: None,
        domains: vec![],
        managers: vec![],
    };
    let libraries = || case.libraries.iter().enumerate();
    Known {
        round,
        rules: Rules { min_minutes: i64::from(case.min_minutes), ..Rules::default() },
        applications: case.workers.iter().enumerate().map(|(n, worker)| application(n, worker)).collect(),
        needs: [].into(),
        offers: libraries().filter_map(|(n, it)| Some((library_id(n), offer(it.offer.as_ref()?)))).collect(),
        libraries: libraries().map(|(n, it)| (library_id(n), library(n, it))).collect(),
        openings: libraries().map(|(n, it)| (library_id(n), opening(it))).collect(),
        employers: [(employer.id, employer)].into(),
        libraries_became: Successors::new(
            libraries().filter_map(|(n, it)| Some((library_id(n), library_id(it.successor?)))),
        ),
        employers_became: Successors::new([]),
        visits: case
            .visits
            .iter()
            .map(|visit| Visit {
                person: person_id(visit.worker),
                home: visit.home.map(library_id),
                host: library_id(visit.host),
                date: visit.date,
            })
            .collect(),
        outcomes: case
            .outcomes
            .iter()
            .map(|(worker, date, placed)| {
                (person_id(*worker), *date, if *placed { Outcome::Placed } else { Outcome::LeftOut })
            })
            .collect(),
        given: [].into(),
        locks: vec![],
        forbidden: vec![],
    }
}

/// What the service's file says of a library, in the naive one's form: hours of days with places, no limit where there
/// are none.
fn library_of(round: &files::Round, n: usize) -> LibraryFile {
    let id = library_id(n).to_string();
    let Some(found) = round.libraries.iter().find(|library| library.id == id) else {
        return LibraryFile::default();
    };
    let mut file = LibraryFile {
        hosting: found.hosting.clone(),
        limit: found.hosting_limit,
        release: found.release.clone(),
        hours: found.hours.clone(),
    };
    if file.limit == Some(0) {
        file.hosting.clear();
    }
    if file.hosting.is_empty() {
        file.limit = None;
    }
    let hosting = &file.hosting;
    file.hours.retain(|date, _| hosting.contains_key(date));
    file
}

fn worker_of(round: &files::Round, n: usize) -> Option<WorkerFile> {
    let id = application_id(n).to_string();
    let found = round.staff.iter().find(|person| person.id == id)?;
    let number = |id: &String| (0..4).find(|n| library_id(*n).to_string() == *id).expect("a library");
    Some(WorkerFile {
        home: number(&found.home),
        dates: found.dates.iter().copied().collect(),
        hours: found.hours.clone(),
        visited: found.visited.iter().map(number).collect(),
        priority: found.priority,
    })
}

const fn decided(reason: &Reason) -> Decided {
    match reason {
        Reason::Exception(_) => Decided::Exception,
        Reason::Closure(_) => Decided::Closure,
        Reason::BankHoliday(_) => Decided::BankHoliday,
        Reason::InsetDay(_) => Decided::InsetDay,
        Reason::SchoolHoliday(_) => Decided::SchoolHoliday,
        Reason::BetweenTerms(_) => Decided::BetweenTerms,
        Reason::WeeklyHours(_) => Decided::Weekly,
        Reason::HoursUnknown(_) => Decided::Unknown,
    }
}

#[test]
fn ten_thousand_programmes_are_derived_as_a_naive_reader_of_the_documents_would() {
    let mut differences = Vec::new();
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..CASES {
        let case = cases::case(seed);
        let round = round_file(&known(&case)).unwrap_or_else(|faults| panic!("case {seed}: {faults:?}"));
        for n in 0..case.libraries.len() {
            let (naive, file) = (opening_naive::library_file(&case, n), library_of(&round, n));
            for (what, count) in [
                ("places", naive.hosting.len()),
                ("leavers", naive.release.len()),
                ("hours", naive.hours.len()),
                ("limits", usize::from(naive.limit.is_some())),
            ] {
                *met.entry(what).or_default() += count;
            }
            if naive != file {
                differences.push(format!("case {seed}, library {n}: naive {naive:?}, service {file:?}"));
            }
        }
        for n in 0..case.workers.len() {
            let (naive, file) = (opening_naive::worker_file(&case, n), worker_of(&round, n));
            if let Some(worker) = &naive {
                *met.entry("days of people").or_default() += worker.dates.len();
                *met.entry("waiting").or_default() += usize::from(worker.priority > 0);
                *met.entry("visited").or_default() += worker.visited.len();
            }
            if naive != file {
                differences.push(format!("case {seed}, person {n}: naive {naive:?}, service {file:?}"));
            }
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), first(&differences));
    // Equal because both are empty would prove nothing.
    assert!(met.values().all(|count| *count > 2_000), "{met:?}");
}

#[test]
fn every_day_of_ten_thousand_libraries_is_open_as_a_naive_reader_of_the_documents_finds_it() {
    let mut differences = Vec::new();
    let mut reasons = BTreeSet::new();
    for seed in 0..CASES {
        let case = cases::case(seed);
        let library = &case.libraries[0];
        let service = opening(library);
        for date in &case.dates {
            let (naive, found) = (opening_naive::day_of(library, *date), service.on(*date));
            reasons.insert(format!("{:?} {} {}", naive.decided, naive.is_open(), naive.exams));
            let minutes = naive.open.map(|open| {
                let is_in = |minute: usize| {
                    let holds =
                        |span: &Span| (usize::from(span.from())..usize::from(span.until())).contains(&minute);
                    found.spans().iter().any(holds)
                };
                (0..1440).all(|minute| open[minute / 30] == is_in(minute))
            });
            let same = minutes != Some(false)
                && naive.is_open() == found.is_open()
                && naive.decided == decided(&found.reason)
                && naive.exams == found.exams.is_some()
                && (naive.is_open() && !naive.exams) == found.takes_visitors();
            if !same {
                differences
                    .push(format!("case {seed}, {date}: naive {:?}, service {found:?}", naive.decided));
            }
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), first(&differences));
    // Eight things decide; all but the closures both ways, with and without exams.
    assert_eq!(reasons.len(), 30, "{reasons:?}");
}

fn first(differences: &[String]) -> String {
    differences.iter().take(5).cloned().collect::<Vec<_>>().join("\n")
}
