//! The invented staff of the demonstration: the same people every time, none of them real.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde_json::{Value, json};

use crate::cli::invented::{OBJECTIVES, ROLES, TOPICS, full_name, local_part};
use crate::services::clock::Chance;

/// A library that staff come from.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub(super) id: String,
    pub(super) sectors: Vec<String>,
    /// Mail domain of the employer that the person works for.
    pub(super) domain: String,
    /// Which of a joint library's employers.
    pub(super) employer: String,
}

/// An invented member of staff.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) manager: String,
    pub(super) home: Home,
    pub(super) role: &'static str,
    pub(super) objectives: &'static str,
    pub(super) dates: Vec<NaiveDate>,
    pub(super) max_km: u32,
    pub(super) sectors: Vec<&'static str>,
    pub(super) topics: Vec<&'static str>,
    pub(super) assured_until: Option<NaiveDate>,
    /// Half days only.
    pub(super) works_mornings: bool,
}

/// Numbers of one person: the same for the same index.
struct Dice([u8; 32]);

impl Dice {
    fn of(index: usize) -> Self {
        let seed = u64::try_from(index).unwrap_or_default();
        // A seeded row never fails; without bytes every throw would be 0, which still makes a person.
        Self(Chance::seeded(seed).bytes().unwrap_or_default())
    }

    /// From 0 to `sides` − 1, by the throw's number.
    fn throw(&self, throw: usize, sides: usize) -> usize {
        usize::from(self.0[throw % self.0.len()]) % sides.max(1)
    }
}

/// Invents `count` people who work at `homes` in turn and could go on some of `dates`.
pub(super) fn invent(count: usize, homes: &[Home], dates: &[NaiveDate]) -> Vec<Person> {
    (0..count).map(|index| person(index, homes, dates)).collect()
}

fn person(index: usize, homes: &[Home], dates: &[NaiveDate]) -> Person {
    let dice = Dice::of(index);
    let home = homes[index % homes.len()].clone();
    let name = full_name(index);
    // Whoever works half days has every chance, so that the story can show what becomes of it.
    let works_mornings = index == MORNINGS;
    let wanted: Vec<NaiveDate> =
        dates.iter().enumerate().filter(|(n, _)| dice.throw(*n, 5) < 3).map(|(_, date)| *date).collect();
    let mut sectors: Vec<&str> = ["public", "academic", "school", "specialist"]
        .into_iter()
        .filter(|sector| !home.sectors.iter().any(|own| own == sector))
        .collect();
    let turn = dice.throw(20, sectors.len());
    sectors.rotate_left(turn);
    sectors.truncate(2);
    Person {
        email: format!("{}@{}", local_part(&name), home.domain),
        name,
        manager: format!("manager.{}@{}", index % 7, home.domain),
        role: ROLES[dice.throw(21, ROLES.len())],
        objectives: OBJECTIVES[dice.throw(22, OBJECTIVES.len())],
        dates: if wanted.is_empty() || works_mornings { dates.to_vec() } else { wanted },
        max_km: if works_mornings { 50 } else { [20, 30, 40, 50][dice.throw(23, 4)] },
        sectors,
        topics: vec![TOPICS[dice.throw(24, 4)], TOPICS[4 + dice.throw(25, 4)]],
        works_mornings,
        assured_until: if dice.throw(26, 3) == 0 { None } else { dates.last().copied() },
        home,
    }
}

/// Who of the invented people works half days.
const MORNINGS: usize = 2;

/// The working pattern of half days.
pub(super) fn mornings() -> Value {
    let days = ["mo", "tu", "we", "th", "fr"].map(|day| (day.to_owned(), json!(["09:00", "13:00"])));
    json!({ "weekdays": Value::Object(days.into_iter().collect()) })
}

/// Topics of a library: two, by its place in the list.
pub(super) fn topics(index: usize) -> [&'static str; 2] {
    let dice = Dice::of(1_000 + index);
    [TOPICS[dice.throw(0, 4)], TOPICS[4 + dice.throw(1, 4)]]
}

/// A working week that begins on a Monday some seven weeks ahead.
pub(super) fn working_days(today: NaiveDate) -> Vec<NaiveDate> {
    let begin = today + Days::new(49);
    begin
        .iter_days()
        .skip_while(|day| day.weekday() != Weekday::Mon)
        .filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
        .take(5)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn homes() -> Vec<Home> {
        vec![Home {
            id: "x".to_owned(),
            sectors: vec!["public".to_owned()],
            domain: "x.example".to_owned(),
            employer: "X".to_owned(),
        }]
    }

    #[test]
    fn invented_people_have_addresses_of_their_own_that_the_service_takes() {
        let dates = ["2027-03-01".parse().expect("a date"), "2027-03-02".parse().expect("a date")];
        let people = invent(120, &homes(), &dates);
        let addresses: std::collections::BTreeSet<&str> = people.iter().map(|p| p.email.as_str()).collect();
        assert_eq!(addresses.len(), 120);
        for person in &people {
            person.email.parse::<crate::domain::email::Email>().expect(&person.email);
            assert!(!person.dates.is_empty() && !person.sectors.contains(&"public"));
        }
    }
}
