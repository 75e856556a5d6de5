//! The best repairs by trying every schedule: written from docs/repairs.md, shares no code with the engine.
#![allow(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use library_swap::files::round::{Library, Staff};
use library_swap::files::schedule::Reason;
use library_swap::files::{Round, Schedule};
use library_swap::matching::repair::Request;

use crate::brute::{feasible, value};

type Place = (String, NaiveDate);

/// What counts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    FewestTouched,
    KeepMostPlaced,
}

/// What a schedule is worth as a repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Best {
    pub touched: usize,
    pub placed: usize,
    pub value: i64,
}

impl Best {
    fn is_better_than(&self, other: &Best, order: Order) -> bool {
        let key = |best: &Best| {
            let (touched, placed) =
                (i64::try_from(best.touched).expect("few"), -i64::try_from(best.placed).expect("few"));
            match order {
                Order::FewestTouched => (touched, placed, -best.value),
                Order::KeepMostPlaced => (placed, touched, -best.value),
            }
        };
        key(self) < key(other)
    }
}

fn library<'a>(round: &'a Round, id: &str) -> &'a Library {
    round.libraries.iter().find(|library| library.id == id).expect("a library")
}

/// What a repair starts from, in words of its own.
struct Start<'a> {
    round: &'a Round,
    request: &'a Request,
    schedule: &'a Schedule,
    before: BTreeMap<&'a str, Place>,
    kept: BTreeMap<&'a str, Place>,
    fixed: BTreeSet<&'a str>,
    comes_first: BTreeSet<&'a str>,
    out: BTreeSet<&'a str>,
    left: BTreeSet<Place>,
}

impl<'a> Start<'a> {
    fn new(round: &'a Round, schedule: &'a Schedule, request: &'a Request) -> Self {
        let before: BTreeMap<&str, Place> =
            schedule.placements.iter().map(|p| (p.staff.as_str(), (p.host.clone(), p.date))).collect();
        let loses_host =
            |staff: &str, place: &Place| !request.drop.contains(staff) && request.close.contains(place);
        let kept: BTreeMap<&str, Place> = before
            .iter()
            .filter(|(staff, place)| !request.drop.contains(**staff) && !loses_host(staff, place))
            .map(|(staff, place)| (*staff, place.clone()))
            .collect();
        let is_past = |date: NaiveDate| request.from.is_some_and(|from| date < from);
        let is_locked = |staff: &str| round.locks.iter().any(|lock| lock.staff == staff);
        let stands = |(staff, place): &(&&str, &Place)| {
            request.freeze.contains(**staff) || is_past(place.1) || is_locked(staff)
        };
        let fixed = kept.iter().filter(stands).map(|(staff, _)| *staff).collect();
        let displaced =
            before.iter().filter(|(staff, place)| loses_host(staff, place)).map(|(staff, _)| *staff);
        let comes_first = displaced.chain(request.add.iter().map(String::as_str)).collect();
        let before_out = schedule.unplaced.iter().filter(|left| left.reason == Reason::DroppedOut);
        let out = request
            .drop
            .iter()
            .map(String::as_str)
            .chain(before_out.map(|left| left.staff.as_str()).filter(|staff| !request.add.contains(*staff)))
            .collect();
        let left = request.drop.iter().map(|staff| before[staff.as_str()].clone());
        let left = left.filter(|place| !request.close.contains(place)).collect();
        Self { round, request, schedule, before, kept, fixed, comes_first, out, left }
    }

    fn waived(&self, code: &str, library: &str, date: Option<NaiveDate>) -> bool {
        self.schedule.waived.iter().any(|w| w.code == code && w.library == library && w.date == date)
    }

    fn before_at(&self, holds: &dyn Fn(&Staff, &Place) -> bool) -> i64 {
        let count = self
            .round
            .staff
            .iter()
            .filter(|staff| self.before.get(staff.id.as_str()).is_some_and(|place| holds(staff, place)));
        i64::try_from(count.count()).expect("few")
    }

    /// Where a person may be.
    fn choices(&self, staff: &'a Staff) -> Vec<Option<Place>> {
        let id = staff.id.as_str();
        let own = self.kept.get(id);
        if self.fixed.contains(id) {
            return vec![own.cloned()];
        }
        let mut choices = vec![None];
        if self.out.contains(id) {
            return choices;
        }
        for host in &self.round.libraries {
            for date in &self.round.dates {
                let place = (host.id.clone(), *date);
                let waits = own.is_none() && !self.comes_first.contains(id);
                let is_full = self.request.full.contains(&place) && own != Some(&place);
                let may = feasible(self.round, staff, host, *date)
                    && !is_full
                    && !self.request.close.contains(&place)
                    && self.request.from.is_none_or(|from| *date >= from)
                    && (!waits || self.comes_first.is_empty() || self.left.contains(&place));
                if may {
                    choices.push(Some(place));
                }
            }
        }
        choices
    }

    fn locked_with_override(&self) -> impl Iterator<Item = (&'a Staff, Place)> + '_ {
        let locks = self.round.locks.iter().filter(|lock| lock.override_reason.is_some());
        locks.filter(|lock| self.kept.contains_key(lock.staff.as_str())).map(|lock| {
            let staff = self.round.staff.iter().find(|staff| staff.id == lock.staff).expect("a person");
            (staff, (lock.host.clone(), lock.date))
        })
    }

    /// A capacity, or what those who must stay take of it, where one of them is there by an override.
    fn allowed(&self, capacity: i64, holds: &dyn Fn(&Staff, &Place) -> bool) -> i64 {
        if !self.locked_with_override().any(|(staff, place)| holds(staff, &place)) {
            return capacity;
        }
        let stay = self.round.staff.iter().filter(|staff| {
            self.fixed.contains(staff.id.as_str()) && holds(staff, &self.kept[staff.id.as_str()])
        });
        capacity.max(i64::try_from(stay.count()).expect("few"))
    }

    /// Where nobody comes in and no host closes, either no host takes more people than before, or no library has more
    /// people away.
    fn holds(&self, at: &[(&'a Staff, Option<Place>)]) -> bool {
        if !self.comes_first.is_empty() {
            return self.keeps_rules(at, false, false);
        }
        self.keeps_rules(at, true, false) || self.keeps_rules(at, false, true)
    }

    fn keeps_rules(
        &self,
        at: &[(&'a Staff, Option<Place>)],
        places_as_before: bool,
        leaves_as_before: bool,
    ) -> bool {
        let count = |holds: &dyn Fn(&Staff, &Place) -> bool| {
            let there =
                at.iter().filter(|(staff, place)| place.as_ref().is_some_and(|place| holds(staff, place)));
            i64::try_from(there.count()).expect("few")
        };
        let balance = self.round.rules.balance.map(|own| self.request.balance.unwrap_or(own + 1));
        for library in &self.round.libraries {
            let id = &library.id;
            let at_host = |_: &Staff, place: &Place| place.0 == *id;
            if let Some(limit) = library.hosting_limit {
                let waived = self.waived("host_limit", id, None);
                let limit = if waived { limit.max(self.before_at(&at_host)) } else { limit };
                if count(&at_host) > self.allowed(limit, &at_host) {
                    return false;
                }
            }
            for date in &self.round.dates {
                let visits = |_: &Staff, place: &Place| place.0 == *id && place.1 == *date;
                let leaves = |staff: &Staff, place: &Place| staff.home == *id && place.1 == *date;
                let (was, were_away) = (self.before_at(&visits), self.before_at(&leaves));
                let mut hosting = library.hosting.get(date).copied().unwrap_or(0);
                if hosting > 0 && self.waived("host_full", id, Some(*date)) {
                    hosting = hosting.max(was);
                }
                if places_as_before {
                    hosting = hosting.min(was);
                }
                let mut release = library.release.get(date).copied().unwrap_or(0);
                if release > 0 && self.waived("cover", id, Some(*date)) {
                    release = release.max(were_away);
                }
                if leaves_as_before {
                    release = release.min(were_away);
                }
                let (visitors, leavers) = (count(&visits), count(&leaves));
                if visitors > self.allowed(hosting, &visits) || leavers > self.allowed(release, &leaves) {
                    return false;
                }
                let is_lifted = self
                    .locked_with_override()
                    .any(|(staff, place)| visits(staff, &place) || leaves(staff, &place));
                let is_free = is_lifted
                    || self.request.from.is_some_and(|from| *date < from)
                    || self.request.close.contains(&(id.clone(), *date));
                if let Some(most) = balance.filter(|_| !is_free) {
                    let waived = self.waived("balance", id, Some(*date));
                    let most = if waived { most.max((was - were_away).abs()) } else { most };
                    if (visitors - leavers).abs() > most {
                        return false;
                    }
                }
            }
        }
        true
    }

    fn rank(&self, at: &[(&'a Staff, Option<Place>)]) -> Best {
        let moved = |(staff, place): &&(&Staff, Option<Place>)| {
            self.kept.get(staff.id.as_str()).is_some_and(|own| place.as_ref() != Some(own))
        };
        let worth = |(staff, place): &(&Staff, Option<Place>)| {
            place.as_ref().map(|place| value(self.round, staff, library(self.round, &place.0)))
        };
        Best {
            touched: at.iter().filter(moved).count(),
            placed: at.iter().filter(|(_, place)| place.is_some()).count(),
            value: at.iter().filter_map(worth).sum(),
        }
    }
}

/// What a schedule is worth as a repair.
pub fn rank(round: &Round, schedule: &Schedule, request: &Request, placements: &[(String, Place)]) -> Best {
    let start = Start::new(round, schedule, request);
    let at: Vec<(&Staff, Option<Place>)> = round
        .staff
        .iter()
        .map(|staff| {
            (staff, placements.iter().find(|(id, _)| *id == staff.id).map(|(_, place)| place.clone()))
        })
        .collect();
    assert!(start.holds(&at), "the repair keeps no rule: {placements:?}");
    start.rank(&at)
}

/// The best of all schedules; none where there is none.
pub fn best(round: &Round, schedule: &Schedule, request: &Request, order: Order) -> Option<Best> {
    let start = Start::new(round, schedule, request);
    let choices: Vec<(&Staff, Vec<Option<Place>>)> =
        round.staff.iter().map(|staff| (staff, start.choices(staff))).collect();
    let (mut at, mut best) = (Vec::new(), None);
    try_all(&start, &choices, order, &mut at, &mut best);
    best
}

fn try_all<'a>(
    start: &Start<'a>,
    choices: &[(&'a Staff, Vec<Option<Place>>)],
    order: Order,
    at: &mut Vec<(&'a Staff, Option<Place>)>,
    best: &mut Option<Best>,
) {
    let Some(((staff, own), rest)) = choices.split_first() else {
        let found = start.rank(at);
        if best.as_ref().is_none_or(|best| found.is_better_than(best, order)) && start.holds(at) {
            *best = Some(found);
        }
        return;
    };
    for place in own {
        at.push((*staff, place.clone()));
        try_all(start, rest, order, at, best);
        at.pop();
    }
}
