//! The certificate: an upper bound on every schedule's value, re-proved from the prices.
//!
//! The sum is the specification's formula, term by term, in 128-bit integers and one pass over the feasible triples.
//! Why it is a bound: multiply each constraint by its price and add them to the objective (weak duality).

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::breach::{Code, Findings};
use super::model::{Model, Options};
use super::placements::{Traffic, Waivers};
use crate::files::schedule::Prices;

/// Prices by places in the model, and the sum so far, in thousandths.
#[derive(Debug)]
pub(super) struct Certificate {
    staff: Vec<i128>,
    hosting: Vec<Vec<i128>>,
    hosting_limit: Vec<i128>,
    release: Vec<Vec<i128>>,
    balance: Vec<Vec<i128>>,
    sum: i128,
}

/// Which prices a constraint may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    NotNegative,
    Any,
}

/// One listed price: taken unless there must be none, and then a breach that says why.
fn take(slot: Option<&mut Option<i64>>, price: i64, sign: Sign, refused: Option<&str>) -> Result<(), String> {
    if let Some(why) = refused {
        return Err(why.to_owned());
    }
    if sign == Sign::NotNegative && price < 0 {
        return Err(format!("{price} is negative"));
    }
    match slot {
        None => Err("there is no such thing in the round".to_owned()),
        Some(Some(_)) => Err("is named twice".to_owned()),
        Some(free) => {
            *free = Some(price);
            Ok(())
        }
    }
}

/// What is not listed is 0.
fn filled(prices: Vec<Option<i64>>) -> Vec<i128> {
    prices.into_iter().map(|price| i128::from(price.unwrap_or(0))).collect()
}

/// Reads one list of prices of library-days. `refuse` says why there must be none for a library-day.
fn read_days(
    model: &Model<'_>,
    (name, list, sign): (&str, &[(String, NaiveDate, i64)], Sign),
    found: &mut Findings,
    refuse: impl Fn(usize, usize) -> Option<&'static str>,
) -> Vec<Vec<i128>> {
    let mut prices = vec![vec![None; model.dates.len()]; model.libraries.len()];
    for (library, day, price) in list {
        let place = model.library(library).zip(model.date(*day));
        let refused = place.and_then(|(library, date)| refuse(library, date));
        let slot = place.map(|(library, date)| &mut prices[library][date]);
        if let Err(why) = take(slot, *price, sign, refused) {
            found.breach(Code::Price, format!("{name} price of {library} on {day}: {why}"));
        }
    }
    prices.into_iter().map(filled).collect()
}

fn read_limits(
    model: &Model<'_>,
    list: &[(String, i64)],
    waivers: &Waivers<'_>,
    found: &mut Findings,
) -> Vec<i128> {
    let mut prices = vec![None; model.libraries.len()];
    for (library, price) in list {
        let place = model.library(library);
        let refused = place.and_then(|place| match model.libraries[place].hosting_limit {
            None => Some("the library has no hosting_limit"),
            Some(_) => waivers.waives(Code::HostLimit, place, None).then_some("this is waived"),
        });
        let slot = place.map(|place| &mut prices[place]);
        if let Err(why) = take(slot, *price, Sign::NotNegative, refused) {
            found.breach(Code::Price, format!("hosting_limit price of {library}: {why}"));
        }
    }
    filled(prices)
}

fn read_staff(model: &Model<'_>, list: &BTreeMap<String, i64>, found: &mut Findings) -> Vec<i128> {
    let mut prices = vec![None; model.people.len()];
    for (id, price) in list {
        let place = model.person(id);
        let locked = place.is_some_and(|place| model.people[place].lock.is_some());
        let slot = place.map(|place| &mut prices[place]);
        let refused = locked.then_some("the person is locked");
        if let Err(why) = take(slot, *price, Sign::NotNegative, refused) {
            found.breach(Code::Price, format!("staff price of {id}: {why}"));
        }
    }
    filled(prices)
}

impl Certificate {
    /// Reads the prices and adds every term but the triples'. Prices that must not be are breaches and count 0.
    pub(super) fn open(
        model: &Model<'_>,
        prices: &Prices,
        waivers: &Waivers<'_>,
        found: &mut Findings,
    ) -> Self {
        let waived = |code: Code, library: usize, date: usize| {
            waivers.waives(code, library, Some(date)).then_some("this is waived")
        };
        let lifted: BTreeSet<_> = model.balance_is_lifted().into_iter().collect();
        let hosting = ("hosting", &prices.hosting[..], Sign::NotNegative);
        let release = ("release", &prices.release[..], Sign::NotNegative);
        let balance = ("balance", &prices.balance[..], Sign::Any);
        let mut certificate = Self {
            staff: read_staff(model, &prices.staff, found),
            hosting: read_days(model, hosting, found, |library, date| waived(Code::HostFull, library, date)),
            hosting_limit: read_limits(model, &prices.hosting_limit, waivers, found),
            release: read_days(model, release, found, |library, date| waived(Code::Cover, library, date)),
            balance: read_days(model, balance, found, |library, date| {
                if model.balance.is_none() || lifted.contains(&(library, date)) {
                    return Some("balance is not required there");
                }
                waived(Code::Balance, library, date)
            }),
            sum: 0,
        };
        certificate.add_constants(model);
        certificate
    }

    fn add_constants(&mut self, model: &Model<'_>) {
        let locked = Traffic::of_locks(model);
        let residual = |capacity: i64, locked: i64| i128::from((capacity - locked).max(0));
        let mut sum: i128 = self.staff.iter().sum();
        for (place, person) in model.people.iter().enumerate() {
            if let Some(lock) = &person.lock {
                sum += 1000 * (model.weight_of(place) + i128::from(lock.score));
            }
        }
        for (place, library) in model.libraries.iter().enumerate() {
            for date in 0..model.dates.len() {
                let (visitors, leavers) = (locked.visitors[place][date], locked.leavers[place][date]);
                sum += residual(library.hosting[date], visitors) * self.hosting[place][date];
                sum += residual(library.release[date], leavers) * self.release[place][date];
                let z = self.balance[place][date];
                sum += i128::from(model.balance.unwrap_or(0)) * z.abs();
                sum += i128::from(visitors - leavers) * z;
            }
            if let Some(limit) = library.hosting_limit {
                let visitors = locked.visitors[place].iter().sum();
                sum += residual(limit, visitors) * self.hosting_limit[place];
            }
        }
        self.sum += sum;
    }

    /// Adds the terms of a person's feasible triples.
    pub(super) fn add_options(&mut self, model: &Model<'_>, person: usize, options: &Options) {
        if model.people[person].lock.is_some() {
            return;
        }
        let home = model.people[person].home;
        for (host, dates, score) in &options.feasible {
            let value = 1000 * (model.weight_of(person) + i128::from(*score));
            let rest = value - self.staff[person] - self.hosting_limit[*host];
            for &date in dates {
                let reduced =
                    rest - self.hosting[*host][date] - self.release[home][date] - self.balance[home][date]
                        + self.balance[*host][date];
                self.sum += reduced.max(0);
            }
        }
    }

    /// Gives a person the lowest price that leaves no feasible triple a gain, adds it, and returns it in thousandths.
    ///
    /// No other price of the person makes the bound lower. Locked people have none.
    pub(super) fn price_person(&mut self, model: &Model<'_>, person: usize, options: &Options) -> i128 {
        if model.people[person].lock.is_some() {
            return 0;
        }
        let home = model.people[person].home;
        let gains = options.feasible.iter().flat_map(|(host, dates, score)| {
            let value = 1000 * (model.weight_of(person) + i128::from(*score)) - self.hosting_limit[*host];
            dates.iter().map(move |&date| (*host, date, value))
        });
        let rest = |(host, date, value): (usize, usize, i128)| {
            value - self.hosting[host][date] - self.release[home][date] - self.balance[home][date]
                + self.balance[host][date]
        };
        let price = gains.map(rest).max().unwrap_or(0).max(0);
        self.staff[person] = price;
        self.sum += price;
        price
    }

    /// The bound in points, rounded down, since values are whole.
    pub(super) fn bound(&self) -> i128 {
        self.sum.div_euclid(1000)
    }
}
