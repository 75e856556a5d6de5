//! What a way to mend a schedule changes, and what it has to waive.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use super::situation::Situation;
use super::{Choice, Kind, Place};
use crate::files::schedule::Waiver;

/// Somebody's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Who.
    pub staff: String,
    /// Where and when before.
    pub from: Option<Place>,
    /// Where and when now.
    pub to: Option<Place>,
}

/// How many come and go at a library on a date, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayChange {
    /// Where.
    pub library: String,
    /// When.
    pub date: NaiveDate,
    /// Visitors before and after.
    pub visitors: (i64, i64),
    /// Its own staff who are away, before and after.
    pub leavers: (i64, i64),
    /// Staff who may be away.
    pub release: i64,
    /// Whether visitors and leavers differ by more than the round allows, after.
    pub out_of_balance: bool,
}

type Traffic = HashMap<Place, (i64, i64)>;

/// What capacities are together with what the round's locks take beyond them.
struct Allowed<'a> {
    situation: &'a Situation<'a>,
    locked: Traffic,
    overridden: Traffic,
    lifted: std::collections::HashSet<Place>,
}

impl<'a> Allowed<'a> {
    fn new(situation: &'a Situation<'a>) -> Self {
        let of = |only_overridden: bool| {
            let locks = situation.round.locks.iter();
            let locks: Vec<(String, Place)> = locks
                .filter(|lock| !only_overridden || lock.override_reason.is_some())
                .map(|lock| (lock.staff.clone(), (lock.host.clone(), lock.date)))
                .collect();
            situation.traffic(locks.iter().map(|(staff, place)| (staff, place)))
        };
        Self { situation, locked: of(false), overridden: of(true), lifted: situation.lifted() }
    }

    /// Whether a waiver of the schedule before is still needed.
    fn is_exceeded(&self, waiver: &Waiver, now: &Traffic) -> bool {
        let libraries = &self.situation.round.libraries;
        let Some(library) = libraries.iter().find(|library| library.id == waiver.library) else {
            return false;
        };
        let sum = |traffic: &Traffic, of: &dyn Fn(&(i64, i64)) -> i64| -> i64 {
            let here = |(place, _): &(&Place, &(i64, i64))| {
                place.0 == waiver.library && waiver.date.is_none_or(|date| date == place.1)
            };
            traffic.iter().filter(here).map(|(_, counts)| of(counts)).sum()
        };
        let on = |days: &std::collections::BTreeMap<NaiveDate, i64>| {
            waiver.date.and_then(|date| days.get(&date).copied()).unwrap_or(0)
        };
        let visitors = |counts: &(i64, i64)| counts.0;
        let leavers = |counts: &(i64, i64)| counts.1;
        let capacity = match waiver.code.as_str() {
            "host_full" => on(&library.hosting),
            "cover" => on(&library.release),
            "host_limit" => library.hosting_limit.unwrap_or(i64::MAX),
            _ => return false,
        };
        let of: &dyn Fn(&(i64, i64)) -> i64 = if waiver.code == "cover" { &leavers } else { &visitors };
        let allowed =
            if sum(&self.overridden, of) > 0 { capacity.max(sum(&self.locked, of)) } else { capacity };
        sum(now, of) > allowed
    }

    /// Whether the round's balance is broken at a library-day.
    fn is_out_of_balance(&self, place: &Place, (visitors, leavers): (i64, i64)) -> bool {
        self.situation.round.rules.balance.is_some_and(|most| (visitors - leavers).abs() > most)
            && !self.lifted.contains(place)
    }
}

impl Situation<'_> {
    /// Works out what a way changes.
    pub(super) fn choice(&self, kind: Kind, mut placements: Vec<(String, Place)>, proven: bool) -> Choice {
        placements.sort();
        let allowed = Allowed::new(self);
        let now = self.traffic(placements.iter().map(|(staff, place)| (staff, place)));
        let then = self.traffic(self.before.iter());
        let at: HashMap<&str, &Place> =
            placements.iter().map(|(staff, place)| (staff.as_str(), place)).collect();
        let moved = |staff: &str| Move {
            staff: staff.to_owned(),
            from: self.before.get(staff).cloned(),
            to: at.get(staff).map(|place| (*place).clone()),
        };
        let touched = self.kept.iter().filter(|(staff, place)| at.get(staff.as_str()) != Some(place));
        let touched = touched.map(|(staff, _)| moved(staff)).collect();
        let fresh = placements.iter().filter(|(staff, _)| !self.before.contains_key(staff));
        let placed = fresh.map(|(staff, _)| moved(staff)).collect();
        let displaced = self.displaced.iter().map(|staff| moved(staff)).collect();
        let places: BTreeSet<&Place> = now.keys().chain(then.keys()).collect();
        let counts = |traffic: &Traffic, place: &Place| traffic.get(place).copied().unwrap_or((0, 0));
        let release: HashMap<&str, _> =
            self.round.libraries.iter().map(|library| (library.id.as_str(), &library.release)).collect();
        let days = places.iter().filter(|place| counts(&then, place) != counts(&now, place)).map(|place| {
            let (before, after) = (counts(&then, place), counts(&now, place));
            DayChange {
                library: place.0.clone(),
                date: place.1,
                visitors: (before.0, after.0),
                leavers: (before.1, after.1),
                release: release
                    .get(place.0.as_str())
                    .and_then(|days| days.get(&place.1))
                    .copied()
                    .unwrap_or(0),
                out_of_balance: allowed.is_out_of_balance(place, after),
            }
        });
        let days = days.collect();
        let (value, waived) = (self.value(&placements), self.waived(&allowed, &now));
        Choice { kind, placements, value, waived, touched, displaced, placed, days, proven }
    }

    /// What was waived and still has to be, and the balance of library-days that the round does not allow.
    fn waived(&self, allowed: &Allowed<'_>, now: &Traffic) -> Vec<Waiver> {
        let before = &self.schedule.waived;
        let mut waived: Vec<Waiver> =
            before.iter().filter(|waiver| allowed.is_exceeded(waiver, now)).cloned().collect();
        let said = |place: &Place| {
            let of = |waiver: &&Waiver| {
                waiver.code == "balance" && waiver.library == place.0 && waiver.date == Some(place.1)
            };
            before.iter().find(of).map(|waiver| waiver.reason.clone())
        };
        for (place, _) in now.iter().filter(|(place, counts)| allowed.is_out_of_balance(place, **counts)) {
            waived.push(Waiver {
                code: "balance".to_owned(),
                library: place.0.clone(),
                date: Some(place.1),
                reason: said(place).unwrap_or_else(|| self.reason().to_owned()),
            });
        }
        waived.sort();
        waived
    }

    /// What a waiver says of why.
    fn reason(&self) -> &'static str {
        if !self.request.drop.is_empty() {
            "drop-out"
        } else if !self.request.close.is_empty() {
            "closed day"
        } else {
            "addition"
        }
    }
}
