//! Why somebody has no place: which rule took each host away.
//!
//! For each host begin with all dates of the round and let the rules take dates away in their order; the host counts
//! under the rule that took the last one. That is the latest, over the dates, of the first rule that each date breaks.

use std::collections::BTreeMap;

use super::atlas::Atlas;
use super::num::int;
use super::problem::Key;
use super::rules::{Code, Traveller};
use super::share::on_threads;
use crate::files::round::{Library, Staff};
use crate::files::schedule::{Reason, Unplaced};

/// Explains the people without a place, on so many threads.
pub(super) fn explain(key: &Key<'_>, people: &[&Staff], threads: usize) -> Vec<Unplaced> {
    let atlas = Atlas::new(&key.libraries);
    // People of one library have much in common.
    let mut order: Vec<usize> = (0..people.len()).collect();
    order.sort_by_key(|n| (&people[*n].home, *n));
    let of_home = |group: &[usize]| -> Vec<(usize, Unplaced)> {
        let home = key.libraries[key.library_at[people[group[0]].home.as_str()]];
        let hosts: Vec<(usize, Option<Code>)> = key
            .libraries
            .iter()
            .enumerate()
            .filter(|(_, host)| host.id != home.id && host.hosting.values().any(|places| *places > 0))
            .map(|(n, host)| (n, key.book.breach_of_libraries(home, host)))
            .collect();
        group.iter().map(|n| (*n, explain_one(key, &atlas, people[*n], home, &hosts))).collect()
    };
    let groups: Vec<&[usize]> = order.chunk_by(|a, b| people[*a].home == people[*b].home).collect();
    let mut told = on_threads(groups, threads, of_home).concat();
    told.sort_by_key(|(n, _)| *n);
    told.into_iter().map(|(_, told)| told).collect()
}

/// Explains a person, given the rule that forbids each host to everybody of the home library, if any.
fn explain_one(
    key: &Key<'_>,
    atlas: &Atlas,
    staff: &Staff,
    home: &Library,
    hosts: &[(usize, Option<Code>)],
) -> Unplaced {
    let who = Traveller::new(staff, home);
    let view = atlas.view(&who);
    let mut open = 0;
    let mut counts: BTreeMap<Code, i64> = BTreeMap::new();
    for (n, of_libraries) in hosts {
        let host = key.libraries[*n];
        // Most hosts are far, and nothing that comes before the distance is about them.
        let is_far = || view.is_far(*n) == Some(true) && !who.is_about(host);
        let code = match of_libraries {
            Some(code) if !key.book.is_forbidden_somewhere(staff, host) => Some(*code),
            None if is_far() && !key.book.is_forbidden_somewhere(staff, host) => Some(Code::Distance),
            Some(_) | None => excluding(key, &who, host),
        };
        match code {
            Some(code) => *counts.entry(code).or_insert(0) += 1,
            None => open += 1,
        }
    }
    Unplaced {
        staff: staff.id.clone(),
        reason: if open == 0 { Reason::NotFeasible } else { Reason::Outweighed },
        hosts_considered: int(hosts.len()),
        excluded: counts.into_iter().map(|(code, count)| (code.as_str().to_owned(), count)).collect(),
        change: None,
        change_reason: Some("not_looked_for".to_owned()),
    }
}

/// The rule that takes a host's last date away; none if a date is left.
fn excluding(key: &Key<'_>, who: &Traveller<'_>, host: &Library) -> Option<Code> {
    let of_pair = key.book.breach_of_pair(who, host);
    if of_pair.is_some() && !key.book.is_forbidden_somewhere(who.staff, host) {
        return of_pair;
    }
    let mut last = None;
    for date in &key.dates {
        last = last.max(Some(key.book.breach(who, host, *date)?));
    }
    last
}

/// How many were placed at which rank of their wishes; the last count is of those beyond the list.
pub(super) fn count_ranks(key: &Key<'_>, placed: &[(&Staff, &Library)]) -> Vec<i64> {
    let ranks = key.round.rules.weights.sector.len();
    let mut counts = vec![0_usize; ranks + 1];
    for (staff, host) in placed {
        let who = Traveller::new(staff, key.libraries[key.library_at[staff.home.as_str()]]);
        counts[key.book.sector_rank(&who, host).unwrap_or(ranks).min(ranks)] += 1;
    }
    counts.into_iter().map(int).collect()
}
