//! The joining pack: what a visitor must know before the day, in the host's words, and what changed between two of its
//! versions.
//!
//! One list of fields serves the page, the API, the mails and the tables. Access needs have no field here: the host only
//! says that what was agreed is in place.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{Days, NaiveDate, NaiveTime};

use super::fault::Rule;
use super::json::parse_time;
use super::organisation::{Contact, Library};
use super::states::named;
use super::telephone::Telephone;
use super::text::{Name, parse_words};

/// So many days before its day, what is missing from a pack is a task of the host.
pub const HOST_DAYS: u64 = 10;
/// So many days before, it is on the organisers' list.
pub const ORGANISER_DAYS: u64 = 7;
/// Longest words of a field, in characters.
pub const MOST_WORDS: usize = 2_000;

named! {
    /// What a pack tells, in the order in which it is read. A pack is complete when nothing of it is missing.
    PackField {
        /// When to be there.
        ArrivalTime = "arrival_time",
        /// Which door.
        ArrivalPlace = "arrival_place",
        /// Whom to ask for there.
        AskFor = "ask_for",
        /// Who looks after the visitor.
        ContactName = "contact_name",
        /// The number to ring, also on the day.
        ContactTelephone = "contact_telephone",
        /// Who does where the contact is away.
        DeputyName = "deputy_name",
        /// Their number.
        DeputyTelephone = "deputy_telephone",
        /// What to bring: proof of identity.
        Bring = "bring",
        /// Fire and first aid.
        Safety = "safety",
        /// What there is to eat, and when.
        Lunch = "lunch",
        /// How to get there, parking, the step-free way.
        Travel = "travel",
        /// What the day is for.
        Objectives = "objectives",
        /// That the access arrangements that were agreed are in place: nothing but a yes.
        AccessConfirmed = "access_confirmed",
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackKind {
    /// A time of day.
    Time,
    /// A name on one line.
    Line,
    /// A telephone number.
    Telephone,
    /// Words, several lines of them.
    Words,
    /// A yes, or nothing.
    Yes,
}

/// The one value of a [`PackKind::Yes`].
pub const YES: &str = "yes";

impl PackField {
    /// What it holds.
    pub const fn kind(self) -> PackKind {
        match self {
            PackField::ArrivalTime => PackKind::Time,
            PackField::AskFor | PackField::ContactName | PackField::DeputyName => PackKind::Line,
            PackField::ContactTelephone | PackField::DeputyTelephone => PackKind::Telephone,
            PackField::ArrivalPlace
            | PackField::Bring
            | PackField::Safety
            | PackField::Lunch
            | PackField::Travel
            | PackField::Objectives => PackKind::Words,
            PackField::AccessConfirmed => PackKind::Yes,
        }
    }

    /// Whether it is the same for every visitor, so that a library writes it once.
    pub const fn is_standing(self) -> bool {
        match self {
            PackField::ArrivalTime | PackField::Objectives | PackField::AccessConfirmed => false,
            PackField::ArrivalPlace
            | PackField::AskFor
            | PackField::ContactName
            | PackField::ContactTelephone
            | PackField::DeputyName
            | PackField::DeputyTelephone
            | PackField::Bring
            | PackField::Safety
            | PackField::Lunch
            | PackField::Travel => true,
        }
    }

    /// Reads a value of this field.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn read(self, text: &str) -> Result<String, Rule> {
        match self.kind() {
            PackKind::Time => parse_time(text.trim()).map(write_time),
            PackKind::Line => text.parse::<Name>().map(|name| name.to_string()),
            PackKind::Telephone => text.parse::<Telephone>().map(|number| number.to_string()),
            PackKind::Words => parse_words(text, MOST_WORDS),
            PackKind::Yes if text == YES => Ok(YES.to_owned()),
            PackKind::Yes => Err(Rule::of("must be yes, or absent as long as it is not so")),
        }
    }
}

fn write_time(time: NaiveTime) -> String {
    time.format("%H:%M").to_string()
}

/// The values of a pack; a field without one is missing. `Debug` shows which fields are there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Pack(pub BTreeMap<PackField, String>);

impl fmt::Debug for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What a field was and is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackChange {
    /// Which.
    pub field: PackField,
    /// Before; none where it was missing.
    pub from: Option<String>,
    /// Now; none where it is missing.
    pub to: Option<String>,
}

impl Pack {
    /// The value of a field.
    pub fn get(&self, field: PackField) -> Option<&str> {
        self.0.get(&field).map(String::as_str)
    }

    /// What is missing.
    pub fn missing(&self) -> Vec<PackField> {
        PackField::ALL.iter().filter(|field| !self.0.contains_key(field)).copied().collect()
    }

    /// Its values, and those of `other` where it has none.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut both = other.0.clone();
        both.extend(self.0.clone());
        Self(both)
    }

    /// What is the same for every visitor.
    #[must_use]
    pub fn standing(&self) -> Self {
        let kept = self.0.iter().filter(|(field, _)| field.is_standing());
        Self(kept.map(|(field, value)| (*field, value.clone())).collect())
    }

    /// What differs from an earlier one.
    pub fn changes_since(&self, earlier: &Self) -> Vec<PackChange> {
        let change = |field: &PackField| PackChange {
            field: *field,
            from: earlier.get(*field).map(str::to_owned),
            to: self.get(*field).map(str::to_owned),
        };
        PackField::ALL.iter().map(change).filter(|change| change.from != change.to).collect()
    }

    /// The same pack for a visit that begins at another time: who was to come ten minutes before, still is.
    #[must_use]
    pub fn moved(&self, former: NaiveTime, starts: NaiveTime) -> Self {
        let mut moved = self.clone();
        if let Some(arrival) = moved.0.get_mut(&PackField::ArrivalTime)
            && let Ok(time) = parse_time(arrival)
        {
            let (later, days) = time.overflowing_add_signed(starts - former);
            *arrival = write_time(if days == 0 { later } else { starts });
        }
        moved
    }
}

/// What a pack says as long as the host has not said otherwise: the library's standing text, whom the library names, the
/// beginning of the visit, and what the participant hopes to learn.
pub fn proposed(host: &Library, standing: &Pack, starts: NaiveTime, objectives: Option<&str>) -> Pack {
    let named = |contact: &Option<Contact>| contact.as_ref()?.name.as_ref().map(ToString::to_string);
    let rung = |contact: &Option<Contact>| contact.as_ref()?.telephone.as_ref().map(ToString::to_string);
    let known = [
        (PackField::ArrivalTime, Some(write_time(starts))),
        (PackField::ContactName, named(&host.contact)),
        (PackField::ContactTelephone, rung(&host.contact)),
        (PackField::DeputyName, named(&host.deputy)),
        (PackField::DeputyTelephone, rung(&host.deputy)),
        (PackField::Objectives, objectives.map(str::to_owned)),
    ];
    let known = known.into_iter().filter_map(|(field, value)| Some((field, value?)));
    standing.or(&Pack(known.collect()))
}

named! {
    /// How urgent a pack is.
    PackState {
        /// Something is missing, and there is time.
        Waiting = "waiting",
        /// Something is missing ten days before: a task of the host.
        Missing = "missing",
        /// Something is missing seven days before: the organisers look after it.
        Late = "late",
        /// Nothing is missing.
        Complete = "complete",
    }
}

impl PackState {
    /// The state of a pack for a day; days are those of the round's zone.
    pub fn of(is_complete: bool, day: NaiveDate, today: NaiveDate) -> Self {
        let is_within = |days| today.checked_add_days(Days::new(days)).is_none_or(|last| day <= last);
        match (is_complete, is_within(HOST_DAYS), is_within(ORGANISER_DAYS)) {
            (true, _, _) => PackState::Complete,
            (false, _, true) => PackState::Late,
            (false, true, false) => PackState::Missing,
            (false, false, false) => PackState::Waiting,
        }
    }
}

/// The day on which what is missing is late.
pub fn late_on(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(ORGANISER_DAYS)).unwrap_or(day)
}

/// The first day on which the host is asked for what is missing.
pub fn ask_on(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(HOST_DAYS)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> NaiveTime {
        parse_time(text).expect("a time")
    }

    #[test]
    fn a_pack_moves_with_its_visit_and_never_into_another_day() {
        let pack = |text: &str| Pack([(PackField::ArrivalTime, text.to_owned())].into());
        assert_eq!(pack("08:50").moved(time("09:00"), time("13:00")), pack("12:50"));
        assert_eq!(pack("00:05").moved(time("09:00"), time("08:30")), pack("08:30"));
        assert_eq!(Pack::default().moved(time("09:00"), time("08:30")), Pack::default());
    }

    #[test]
    fn a_difference_names_what_was_and_what_is() {
        let pack = |lunch: &str| Pack([(PackField::Lunch, lunch.to_owned())].into());
        let (from, to) = (Some("bring it".to_owned()), Some("a canteen".to_owned()));
        let changed = PackChange { field: PackField::Lunch, from, to };
        assert_eq!(pack("a canteen").changes_since(&pack("bring it")), [changed]);
        assert!(pack("x").changes_since(&pack("x")).is_empty());
    }

    #[test]
    fn days_before_decide_who_looks_after_it() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let of = |today| PackState::of(false, day("2027-03-01"), day(today));
        assert_eq!(of("2027-02-18"), PackState::Waiting);
        assert_eq!(of("2027-02-19"), PackState::Missing);
        assert_eq!(of("2027-02-22"), PackState::Late);
        assert_eq!(ask_on(day("2027-03-01")), day("2027-02-19"));
    }
}
