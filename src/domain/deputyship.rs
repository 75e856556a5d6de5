//! Deputyships: somebody does another's work in one role for a while, and the audit tells for whom.

use chrono::{Days, NaiveDate, NaiveDateTime};

use super::email::Email;
use super::fault::Faults;
use super::ids::DeputyshipId;
use super::permissions::Role;

/// How many days a deputyship lasts at most, its first and last included.
pub const LONGEST_DAYS: u64 = 180;

/// A deputyship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deputyship {
    /// Its identity, by which the audit tells for whom somebody acted.
    pub id: DeputyshipId,
    /// Whose work it is.
    pub principal: Email,
    /// Who does it.
    pub deputy: Email,
    /// The role in which both act.
    pub role: Role,
    /// Its first day, in UTC.
    pub starts_on: NaiveDate,
    /// Its last day, in UTC.
    pub ends_on: NaiveDate,
    /// When it was made, in UTC.
    pub created_at: NaiveDateTime,
    /// When it was taken or given back, in UTC.
    pub ended_at: Option<NaiveDateTime>,
}

impl Deputyship {
    /// Whether the deputy may act on a day.
    pub fn is_in_force_on(&self, day: NaiveDate) -> bool {
        self.ended_at.is_none() && self.starts_on <= day && day <= self.ends_on
    }

    /// Whether the address is one of its two.
    pub fn concerns(&self, address: &Email) -> bool {
        self.principal == *address || self.deputy == *address
    }
}

/// Reports days on which nobody could act, or too many, at `/starts_on` and `/ends_on`.
pub fn check_days(starts_on: NaiveDate, ends_on: NaiveDate, today: NaiveDate, faults: &Faults) {
    if ends_on < starts_on {
        faults.add("/ends_on", ends_on, format!("must not lie before the first day, {starts_on}"));
    } else if ends_on < today {
        faults.add("/ends_on", ends_on, format!("must not be over (it is {today} now)"));
    } else if starts_on.checked_add_days(Days::new(LONGEST_DAYS - 1)).is_some_and(|last| last < ends_on) {
        let rule = format!(
            "must be within {LONGEST_DAYS} days of the first one, {starts_on}: name a deputy again then"
        );
        faults.add("/ends_on", ends_on, rule);
    }
}

/// Whose work somebody does, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deputed {
    /// Whose: their address, by which the deputy knows them.
    pub principal: String,
    /// In which role.
    pub role: Role,
    /// The first day.
    pub starts_on: NaiveDate,
    /// The last day.
    pub ends_on: NaiveDate,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn fault(starts_on: &str, ends_on: &str) -> Option<String> {
        let faults = Faults::none();
        check_days(day(starts_on), day(ends_on), day("2027-03-10"), &faults);
        faults.into_result(Some(())).err().map(|list| list[0].rule.clone())
    }

    #[test]
    fn it_lasts_at_most_half_a_year_and_is_not_over() {
        assert_eq!(fault("2027-03-10", "2027-03-10"), None);
        assert_eq!(fault("2027-03-01", "2027-08-27"), None, "180 days");
        assert!(fault("2027-03-01", "2027-08-28").is_some_and(|rule| rule.contains("180 days")));
        assert!(fault("2027-03-01", "2027-03-09").is_some_and(|rule| rule.contains("over")));
        assert!(fault("2027-03-12", "2027-03-11").is_some_and(|rule| rule.contains("before the first day")));
    }
}
