//! Why a person has this place, against the plainest way of working it out, over random small rounds.
#![allow(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use library_swap::files::Round;
use library_swap::matching::{Options, solve};
use library_swap::verify::{choice, hosts};

#[path = "matching_brute/mod.rs"]
mod brute;

#[test]
fn rank_counts_and_points_are_those_of_all_places_that_the_person_could_have_had() {
    let (mut ranks, mut overridden) = (BTreeMap::<i64, usize>::new(), 0);
    for seed in 0..300 {
        let value = brute::random::round(seed);
        let round = Round::read(value.to_string().as_bytes()).expect("a round");
        let Ok(schedule) = solve(&round, &Options::default(), &mut |_| ControlFlow::Continue(())) else {
            continue;
        };
        for left in &schedule.unplaced {
            let found = hosts(&round, &left.staff).expect("a person");
            assert_eq!(found.considered, left.hosts_considered, "seed {seed}");
            let told = found.excluded.iter().map(|(code, n)| ((*code).to_owned(), *n));
            assert_eq!(told.collect::<BTreeMap<_, _>>(), left.excluded, "seed {seed}");
        }
        for placed in &schedule.placements {
            let found = choice(&round, placed).expect("a place");
            let (who, words) = (placed.staff.as_str(), format!("seed {seed}: {placed:?}"));
            let open = |host: &str| round.dates.iter().any(|date| brute::allowed(&round, who, host, *date));
            let feasible: Vec<(&str, i64)> = round
                .libraries
                .iter()
                .filter(|host| open(&host.id))
                .map(|host| (host.id.as_str(), brute::worth(&round, who, &host.id)))
                .collect();
            let own = brute::worth(&round, who, &placed.host);
            let above = feasible.iter().filter(|(_, worth)| *worth > own).count();
            let beside = feasible.iter().filter(|(id, worth)| *id != placed.host && *worth == own).count();
            let is_feasible = open(&placed.host);
            let count = |n: usize| i64::try_from(n).expect("a number");
            assert_eq!(found.hosts.feasible, count(feasible.len()), "{words}");
            assert_eq!(found.rank, is_feasible.then(|| 1 + count(above)), "{words}");
            assert_eq!(found.equal, if is_feasible { count(beside) } else { 0 }, "{words}");
            let points = found.points;
            assert_eq!(
                points.sector + points.topics + points.nearness + points.partner,
                placed.score,
                "{words}"
            );
            assert_eq!(found.metres, brute::way(&round, who, &placed.host), "{words}");
            let is_allowed = brute::allowed(&round, who, &placed.host, placed.date);
            assert_eq!(found.broken.is_empty(), is_allowed, "{words}");
            assert_eq!(found.is_locked, round.locks.iter().any(|lock| lock.staff == who), "{words}");
            overridden += usize::from(!is_allowed);
            *ranks.entry(found.rank.unwrap_or(0)).or_default() += 1;
        }
    }
    assert!(ranks.len() >= 4 && overridden > 3, "the rounds are one-sided: {ranks:?}, {overridden}");
}
