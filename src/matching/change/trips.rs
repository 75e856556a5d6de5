//! The trips that a change on a person's own side opens or betters.
//!
//! Each change is made to a copy of the person, and the rules say what has become feasible.

use chrono::NaiveDate;

use super::super::num::float;
use super::super::problem::Key;
use super::super::rules::{Traveller, whole};
use super::wide::Triple;
use crate::files::round::{Library, Staff};

/// A person and what the round gives to each placement.
pub(super) struct Trips<'a> {
    staff: &'a Staff,
    home: &'a Library,
    /// W × (1 + priority).
    weight: i64,
}

impl<'a> Trips<'a> {
    pub(super) fn new(key: &Key<'a>, person: usize) -> Self {
        let staff = key.people[person];
        let home = key.libraries[key.library_at[staff.home.as_str()]];
        Self { staff, home, weight: key.round.placement_weight() * (1 + staff.priority) }
    }

    /// The triples of a changed person with some hosts on some dates, by host.
    fn triples(
        &self,
        key: &Key<'_>,
        changed: &Staff,
        hosts: impl Iterator<Item = usize>,
        dates: &[usize],
    ) -> Vec<Triple> {
        let who = Traveller::new(changed, self.home);
        let mut triples = Vec::new();
        for host in hosts {
            let library = key.libraries[host];
            if key.book.breach_of_pair(&who, library).is_some() {
                continue;
            }
            let open =
                dates.iter().filter(|d| key.book.breach_on_date(&who, library, key.dates[**d]).is_none());
            let value = self.weight + key.book.score(&who, library);
            triples.extend(open.map(|date| Triple { host, date: *date, value }));
        }
        triples
    }

    /// What each date that the person has not offered would open, by date.
    pub(super) fn other_dates<'b>(
        &'b self,
        key: &'b Key<'_>,
    ) -> impl Iterator<Item = (NaiveDate, Vec<Triple>)> + 'b {
        let others = (0..key.dates.len()).filter(|d| !self.staff.dates.contains(&key.dates[*d]));
        others.map(move |d| {
            let changed = Staff { dates: vec![key.dates[d]], ..self.staff.clone() };
            (key.dates[d], self.triples(key, &changed, 0..key.libraries.len(), &[d]))
        })
    }

    /// What an assurance until each later date would open on that date, by date: on dates before it, a shorter one does.
    pub(super) fn longer_assurances<'b>(
        &'b self,
        key: &'b Key<'_>,
    ) -> impl Iterator<Item = (NaiveDate, Vec<Triple>)> + 'b {
        let is_longer = |d: &usize| self.staff.assured_until.is_none_or(|until| key.dates[*d] > until);
        let vetting = |h: &usize| key.libraries[*h].vetting_required && !key.libraries[*h].escorts_visitors;
        (0..key.dates.len()).filter(is_longer).map(move |d| {
            let changed = Staff { assured_until: Some(key.dates[d]), ..self.staff.clone() };
            let hosts = (0..key.libraries.len()).filter(vetting);
            (key.dates[d], self.triples(key, &changed, hosts, &[d]))
        })
    }

    /// What withdrawing each library from `avoid` would open; by the first date that it opens, then by id.
    pub(super) fn withdrawals(&self, key: &Key<'_>) -> Vec<(String, Vec<Triple>)> {
        let dates: Vec<usize> = (0..key.dates.len()).collect();
        let of_host = |id: &String| {
            let host = *key.library_at.get(id.as_str())?;
            let avoid = self.staff.avoid.iter().filter(|other| *other != id).cloned().collect();
            let changed = Staff { avoid, ..self.staff.clone() };
            let triples = self.triples(key, &changed, std::iter::once(host), &dates);
            (!triples.is_empty()).then(|| (id.clone(), triples))
        };
        let mut all: Vec<(String, Vec<Triple>)> = self.staff.avoid.iter().filter_map(of_host).collect();
        all.sort_by_key(|(id, triples)| (triples.first().map(|triple| triple.date), id.clone()));
        all
    }

    /// What going farther would open or better.
    pub(super) fn farther(&self, key: &Key<'_>) -> Far {
        let changed = Staff { max_km: Far::kilometres(Far::MOST), ..self.staff.clone() };
        let mut who = Traveller::new(&changed, self.home);
        let now = whole(1000.0 * self.staff.max_km);
        let dates: Vec<usize> = (0..key.dates.len()).collect();
        let mut hosts = Vec::new();
        let triples = self.triples(key, &changed, 0..key.libraries.len(), &dates);
        for of_host in triples.chunk_by(|a, b| a.host == b.host) {
            let library = key.libraries[of_host[0].host];
            let Some(metres) = who.metres_to(library) else { continue };
            who.max_m = now;
            let score = key.book.score(&who, library);
            who.max_m = 0;
            // What nearness is not part of: beyond the limit it counts nothing.
            let plain = if metres > 0 { key.book.score(&who, library) } else { score };
            hosts.push(Host {
                metres,
                before: (metres <= now).then_some(self.weight + score),
                plain: self.weight + plain,
                triples: of_host.to_vec(),
            });
        }
        Far { now, nearness: key.round.rules.weights.nearness, hosts }
    }
}

/// A host that is too far, or near enough.
struct Host {
    metres: i64,
    /// What going there is worth as it is, if it is near enough.
    before: Option<i64>,
    /// What it is worth without nearness.
    plain: i64,
    triples: Vec<Triple>,
}

/// Where a person could go by going farther.
pub(super) struct Far {
    /// How far the person goes, in metres.
    pub(super) now: i64,
    nearness: i64,
    hosts: Vec<Host>,
}

impl Far {
    /// Half the way round the earth.
    pub(super) const MOST: i64 = 20_016_000;

    pub(super) fn kilometres(metres: i64) -> f64 {
        float(metres) / 1000.0
    }

    /// What going there is worth to somebody who goes so far.
    fn value(&self, host: &Host, metres: i64) -> Option<i64> {
        if host.metres > metres {
            return None;
        }
        // Next door nearness is full already, however far one goes.
        let near = if host.metres == 0 { 0 } else { self.nearness * (metres - host.metres) / metres };
        Some(host.plain + near)
    }

    /// What somebody who goes so far has more, or has worth more, than now.
    pub(super) fn within(&self, metres: i64) -> Vec<Triple> {
        let better = self.hosts.iter().filter_map(|host| {
            let value = self.value(host, metres)?;
            host.before.is_none_or(|before| value > before).then_some((host, value))
        });
        better.flat_map(|(host, value)| host.triples.iter().map(move |of| Triple { value, ..*of })).collect()
    }

    /// How far one has to go for a triple to be worth so much, and more than now.
    pub(super) fn least(&self, triple: &Triple, worth: i64) -> i64 {
        let Some(host) = self.hosts.iter().find(|host| host.triples[0].host == triple.host) else {
            return Self::MOST;
        };
        let enough = |metres: i64| {
            self.value(host, metres)
                .is_some_and(|value| value >= worth && host.before.is_none_or(|before| value > before))
        };
        let (mut low, mut high) = (self.now, Self::MOST);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if enough(middle) { high = middle } else { low = middle }
        }
        high
    }
}
