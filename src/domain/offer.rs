//! What a library offers for a round: places for visitors, staff who may be away, hours. Opting in is making an offer.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::application::Hours;
use super::fault::Faults;
use super::ids::LibraryId;
use super::organisation::Library;
use super::round::Round;
use super::states::LibraryStatus;

/// An offer. A date that is absent counts as 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// Visitors taken on a date.
    pub hosting: BTreeMap<NaiveDate, u32>,
    /// Visitors taken in the whole round; absent means no limit.
    pub hosting_limit: Option<u32>,
    /// Staff who may be away on a date, so that minimum cover holds.
    pub release: BTreeMap<NaiveDate, u32>,
    /// When visitors can come on a date, in the library's time zone; absent means the whole day.
    pub hours: Hours,
}

/// The offer of one library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryOffer {
    /// Which library.
    pub library: LibraryId,
    /// What it offers.
    pub offer: Offer,
}

/// More visitors or leavers than any library has on a day: a slip of the finger.
const MOST_PER_DAY: u32 = 1_000;
/// The same for a whole round.
const MOST_PER_ROUND: u32 = 100_000;

impl Offer {
    /// Whether nothing is offered: the library does not take part.
    pub fn is_empty(&self) -> bool {
        self.hosting.values().all(|places| *places == 0) && self.release.values().all(|staff| *staff == 0)
    }

    /// Whether visitors are taken on any date.
    pub fn hosts(&self) -> bool {
        self.hosting.values().any(|places| *places > 0)
    }

    /// Reports every fault of an offer by a library for a round, with JSON pointers into the offer.
    pub fn check(&self, round: &Round, library: &Library, faults: &Faults) {
        let check_date = |field: &str, date: NaiveDate| {
            if !round.dates.contains(&date) {
                let known: Vec<String> = round.dates.iter().map(ToString::to_string).collect();
                faults.add(
                    format!("/{field}/{date}"),
                    date,
                    format!("is no date of the round “{}” ({})", round.name, known.join(", ")),
                );
            }
        };
        for (field, table) in [("hosting", &self.hosting), ("release", &self.release)] {
            for (date, count) in table {
                check_date(field, *date);
                if *count > MOST_PER_DAY {
                    let rule = format!("must be a whole number from 0 to {MOST_PER_DAY}");
                    faults.add(format!("/{field}/{date}"), count, rule);
                }
            }
        }
        if let Some(limit) = self.hosting_limit.filter(|limit| *limit > MOST_PER_ROUND) {
            faults.add("/hosting_limit", limit, format!("must be a whole number from 0 to {MOST_PER_ROUND}"));
        }
        for (date, (start, end)) in &self.hours {
            check_date("hours", *date);
            if start >= end {
                faults.add(format!("/hours/{date}"), format!("{start}–{end}"), "must begin before they end");
            }
        }
        if self.hosts() {
            match library.status {
                LibraryStatus::Open => {}
                LibraryStatus::Closed => {
                    faults.add("/hosting", &library.name, "this library is closed: it cannot take visitors");
                }
            }
            if library.contact.is_none() {
                faults.add(
                    "/hosting",
                    &library.name,
                    "a library that takes visitors needs a contact, who hears of them: name one first",
                );
            }
        }
    }

    /// Without the dates on which nothing is offered.
    #[must_use]
    pub fn without_zeros(mut self) -> Self {
        self.hosting.retain(|_, places| *places > 0);
        self.release.retain(|_, staff| *staff > 0);
        self
    }
}
