//! What a repair starts from: who stays, who is looking for a place, and which places there are.
//!
//! The repair's balance holds everywhere; a rule of its own keeps a repair local. Where only drop-outs are mended,
//! either no host takes more people on a day than it had, or no library has more people away ([`Room`]): a drop-out's
//! place, or leave, is given to somebody else, and not a place to everybody whom a wider balance has room for. Where
//! people come in or have lost their host, they may go wherever there is room, and others without a place only to the
//! places that drop-outs left.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;

use super::request::{RepairFault, RepairFaultCode as Fault, Request};
use super::{First, Place};
use crate::files::schedule::Reason;
use crate::files::{Round, Schedule};
use crate::matching::num::int;
use crate::matching::rules::{Rulebook, Traveller};

/// A library on a date.
pub(super) type Day<'a> = (&'a str, NaiveDate);

/// What may be given to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// The places that were taken before: no host takes more people on a day than it had.
    Places,
    /// The leaves that were taken before: no library has more people away on a day than it had.
    Leaves,
    /// Whatever the round has, but to those who neither come in nor have lost their host only what drop-outs left.
    All,
}

/// What there is before anything is mended.
pub(super) struct Situation<'a> {
    pub(super) round: &'a Round,
    pub(super) schedule: &'a Schedule,
    pub(super) request: &'a Request,
    /// Where everybody was.
    pub(super) before: BTreeMap<String, Place>,
    /// Who still has their place.
    pub(super) kept: BTreeMap<String, Place>,
    /// Of those, who must not move.
    pub(super) fixed: BTreeSet<&'a str>,
    /// Who lost their host.
    pub(super) displaced: BTreeSet<&'a str>,
    /// Who may go wherever there is room: the displaced and the added.
    pub(super) first: BTreeSet<&'a str>,
    /// All who may get a place that they have not.
    pub(super) seeking: BTreeSet<&'a str>,
    /// Who dropped out, now or before.
    pub(super) dropped_out: BTreeSet<&'a str>,
    /// The places that drop-outs left.
    pub(super) left: BTreeSet<Day<'a>>,
    /// What is required of visitors less leavers; none where balance is off.
    pub(super) balance: Option<i64>,
    /// Where everybody works.
    pub(super) home: HashMap<&'a str, &'a str>,
}

/// Collects what is wrong.
struct Faults(Vec<RepairFault>);

impl Faults {
    fn add(&mut self, code: Fault, field: &'static str, value: &str, words: impl Into<String>) {
        self.0.push(RepairFault { code, field, value: value.to_owned(), words: words.into() });
    }
}

impl<'a> Situation<'a> {
    /// # Errors
    /// Everything that is wrong with the request.
    pub(super) fn new(
        round: &'a Round,
        schedule: &'a Schedule,
        request: &'a Request,
    ) -> Result<Self, Vec<RepairFault>> {
        let mut faults = Faults(Vec::new());
        let placed = &schedule.placements;
        let before: BTreeMap<String, Place> =
            placed.iter().map(|placed| (placed.staff.clone(), (placed.host.clone(), placed.date))).collect();
        let home: HashMap<&str, &str> =
            round.staff.iter().map(|person| (person.id.as_str(), person.home.as_str())).collect();
        let is_past = |date: NaiveDate| request.from.is_some_and(|from| date < from);
        let is_closed = |place: &Place| request.close.contains(place);
        let locked: BTreeSet<&str> = round.locks.iter().map(|lock| lock.staff.as_str()).collect();

        check_people(&mut faults, request, &before, &home);
        check_days(&mut faults, round, request, is_past);
        check_balance(&mut faults, round, request);
        for (staff, place) in before.iter().filter(|(staff, _)| request.drop.contains(*staff)) {
            if is_past(place.1) {
                let words = format!("{staff}'s day, {}, has passed or must not change", place.1);
                faults.add(Fault::Past, "drop", staff, words);
            }
        }
        let unplaced: HashMap<&str, Reason> =
            schedule.unplaced.iter().map(|left| (left.staff.as_str(), left.reason)).collect();
        for person in round.staff.iter().map(|person| &person.id) {
            let known = before.contains_key(person) || unplaced.contains_key(person.as_str());
            if !known && !request.add.contains(person) {
                let words = format!("{person} is in the round, but not in the schedule: maybe add them");
                faults.add(Fault::NotAdded, "add", person, words);
            }
        }

        let dropped_now = request.drop.iter().map(String::as_str);
        let dropped_before = unplaced
            .iter()
            .filter(|(staff, reason)| **reason == Reason::DroppedOut && !request.add.contains(**staff));
        let dropped_out: BTreeSet<&str> =
            dropped_now.chain(dropped_before.map(|(staff, _)| *staff)).collect();
        for staff in dropped_out.iter().copied().chain(request.add.iter().map(String::as_str)) {
            if locked.contains(staff) {
                let words = format!("the round locks {staff} to a place: take the lock out first");
                faults.add(
                    Fault::Locked,
                    if request.add.contains(staff) { "add" } else { "drop" },
                    staff,
                    words,
                );
            }
        }
        let mut displaced = BTreeSet::new();
        let (mut kept, mut fixed) = (BTreeMap::new(), BTreeSet::new());
        let mut left = BTreeSet::new();
        for placed in placed {
            let (staff, place) = (placed.staff.as_str(), (placed.host.clone(), placed.date));
            if request.drop.contains(staff) {
                if !is_closed(&place) {
                    left.insert((placed.host.as_str(), placed.date));
                }
            } else if is_closed(&place) && !is_past(placed.date) {
                let words = |why: &str| {
                    format!("{staff} is to be at {} on {}, which closes, but {why}", place.0, place.1)
                };
                if request.freeze.contains(staff) {
                    faults.add(Fault::Frozen, "close", staff, words("must stay as they are"));
                } else if locked.contains(staff) {
                    faults.add(
                        Fault::Locked,
                        "close",
                        staff,
                        words("the round locks them there: take the lock out first"),
                    );
                }
                displaced.insert(staff);
            } else {
                if request.freeze.contains(staff) || is_past(placed.date) || locked.contains(staff) {
                    fixed.insert(staff);
                }
                kept.insert(placed.staff.clone(), place);
            }
        }
        if !faults.0.is_empty() {
            return Err(faults.0);
        }
        let first: BTreeSet<&str> =
            displaced.iter().copied().chain(request.add.iter().map(String::as_str)).collect();
        let everybody = round.staff.iter().map(|person| person.id.as_str());
        let seeking =
            everybody.filter(|staff| !kept.contains_key(*staff) && !dropped_out.contains(staff)).collect();
        let balance = round.rules.balance.map(|balance| request.balance.unwrap_or(balance + 1));
        Ok(Self {
            round,
            schedule,
            request,
            before,
            kept,
            fixed,
            displaced,
            first,
            seeking,
            dropped_out,
            left,
            balance,
            home,
        })
    }

    /// Who has a place that may change.
    pub(super) fn movable(&self) -> BTreeSet<String> {
        self.kept.keys().filter(|staff| !self.fixed.contains(staff.as_str())).cloned().collect()
    }

    /// What may be given to people: the best repair is the best of these.
    pub(super) fn rooms(&self) -> &'static [Room] {
        if self.first.is_empty() { &[Room::Places, Room::Leaves] } else { &[Room::All] }
    }

    /// No schedule has more people placed.
    pub(super) fn most_placed(&self) -> usize {
        let first = self.seeking.intersection(&self.first).count();
        let others =
            (self.seeking.len() - first).min(self.before.len() - self.kept.len() - self.displaced.len());
        self.kept.len() + first + others
    }

    /// How many placed people move or lose their place.
    pub(super) fn touched(&self, placements: &[(String, Place)]) -> usize {
        let now: HashMap<&String, &Place> = placements.iter().map(|(staff, place)| (staff, place)).collect();
        self.kept.iter().filter(|(staff, place)| now.get(staff) != Some(place)).count()
    }

    /// How good a schedule is as a repair; less is better.
    pub(super) fn rank(&self, placements: &[(String, Place)], first: First) -> (i64, i64, i64) {
        let (touched, placed) = (int(self.touched(placements)), -int(placements.len()));
        let value = -self.value(placements);
        match first {
            First::Stay => (touched, placed, value),
            First::Placed => (placed, touched, value),
        }
    }

    /// Sum of W × (1 + priority) + score.
    pub(super) fn value(&self, placements: &[(String, Place)]) -> i64 {
        let weight = self.round.placement_weight();
        let book = Rulebook::new(self.round);
        let libraries: HashMap<&str, &crate::files::round::Library> =
            self.round.libraries.iter().map(|library| (library.id.as_str(), library)).collect();
        let at: HashMap<&str, &str> =
            placements.iter().map(|(staff, (host, _))| (staff.as_str(), host.as_str())).collect();
        let of = |person: &crate::files::round::Staff| {
            let host = libraries.get(at.get(person.id.as_str())?)?;
            let who = Traveller::new(person, libraries.get(person.home.as_str())?);
            Some(weight * (1 + person.priority) + book.score(&who, host))
        };
        self.round.staff.iter().filter_map(of).sum()
    }

    /// Visitors and leavers at each library-day where there are any.
    pub(super) fn traffic<'p>(
        &self,
        placements: impl Iterator<Item = (&'p String, &'p Place)>,
    ) -> HashMap<(String, NaiveDate), (i64, i64)> {
        let mut traffic: HashMap<(String, NaiveDate), (i64, i64)> = HashMap::new();
        for (staff, (host, date)) in placements {
            traffic.entry((host.clone(), *date)).or_default().0 += 1;
            if let Some(home) = self.home.get(staff.as_str()) {
                traffic.entry(((*home).to_owned(), *date)).or_default().1 += 1;
            }
        }
        traffic
    }

    /// The library-days whose balance an override of the round lifts.
    pub(super) fn lifted(&self) -> HashSet<Place> {
        let overridden = self.round.locks.iter().filter(|lock| lock.override_reason.is_some());
        overridden
            .flat_map(|lock| {
                let home = self.home.get(lock.staff.as_str()).copied().unwrap_or_default();
                [(lock.host.clone(), lock.date), (home.to_owned(), lock.date)]
            })
            .collect()
    }
}

fn check_people(
    faults: &mut Faults,
    request: &Request,
    before: &BTreeMap<String, Place>,
    home: &HashMap<&str, &str>,
) {
    if request.drop.is_empty() && request.close.is_empty() && request.add.is_empty() {
        faults.add(Fault::NothingToRepair, "", "", "nobody drops out or comes in, and no host closes");
    }
    for (field, people) in [("drop", &request.drop), ("freeze", &request.freeze), ("add", &request.add)] {
        for staff in people {
            if !home.contains_key(staff.as_str()) {
                faults.add(Fault::UnknownId, field, staff, format!("{staff} is nobody of the round"));
            } else if field == "add" && before.contains_key(staff) {
                faults.add(Fault::AlreadyPlaced, field, staff, format!("{staff} has a place already"));
            } else if field != "add" && !before.contains_key(staff) {
                faults.add(Fault::NotPlaced, field, staff, format!("{staff} has no place"));
            }
        }
    }
    for staff in request.drop.intersection(&request.freeze) {
        faults.add(Fault::Frozen, "drop", staff, format!("{staff} drops out, but must stay as they are"));
    }
}

fn check_days(faults: &mut Faults, round: &Round, request: &Request, is_past: impl Fn(NaiveDate) -> bool) {
    for (library, date) in &request.close {
        let value = format!("{library}:{date}");
        if !round.libraries.iter().any(|known| known.id == *library) {
            faults.add(Fault::UnknownId, "close", &value, format!("{library} is no library of the round"));
        }
        if !round.dates.contains(date) {
            faults.add(Fault::UnknownId, "close", &value, format!("{date} is no day of the round"));
        } else if is_past(*date) {
            faults.add(Fault::Past, "close", &value, format!("{date} has passed or must not change"));
        }
    }
}

fn check_balance(faults: &mut Faults, round: &Round, request: &Request) {
    let Some(wanted) = request.balance else { return };
    match round.rules.balance {
        None => faults.add(Fault::Balance, "balance", &wanted.to_string(), "the round asks for no balance"),
        Some(own) if wanted < own => {
            faults.add(
                Fault::Balance,
                "balance",
                &wanted.to_string(),
                format!("{wanted} is less than the round's balance, {own}"),
            );
        }
        Some(_) => {}
    }
}
