//! Why somebody has no place: which rule took each host away.
//!
//! For each host begin with all dates of the round and let the rules take dates away in their order; the host counts
//! under the rule that took the last one. That is the latest, over the dates, of the first rule that each date breaks.

use std::collections::BTreeMap;

use super::num::int;
use super::problem::Key;
use super::rules::{Code, Traveller};
use crate::files::round::{Library, Staff};
use crate::files::schedule::{Reason, Unplaced};

/// Explains a person without a place.
pub(super) fn explain(key: &Key<'_>, staff: &Staff) -> Unplaced {
    let home = key.libraries[key.library_at[staff.home.as_str()]];
    let who = Traveller::new(staff, home);
    let hosts = key
        .libraries
        .iter()
        .filter(|host| host.id != home.id && host.hosting.values().any(|places| *places > 0));
    let (mut considered, mut open) = (0, 0);
    let mut excluded: BTreeMap<String, i64> = BTreeMap::new();
    for host in hosts {
        considered += 1;
        match excluding(key, &who, host) {
            Some(code) => *excluded.entry(code.as_str().to_owned()).or_insert(0) += 1,
            None => open += 1,
        }
    }
    Unplaced {
        staff: staff.id.clone(),
        reason: if open == 0 { Reason::NotFeasible } else { Reason::Outweighed },
        hosts_considered: considered,
        excluded,
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
