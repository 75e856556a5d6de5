//! When somebody who owes an answer is written to again: a pure function of days.
//!
//! Days are those of the round's zone, and working days are those on which the library of whoever owes the answer is
//! open. What happens at each deadline: docs/deadlines.md.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Timelike, Utc};
use chrono_tz::Tz;

use super::opening::Opening;

/// Before this hour nobody is written to: a mail at midnight looks like an alarm.
const MORNING: u32 = 8;

/// What is done about a silent party before the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// Whoever owes the answer is reminded.
    Reminder,
    /// The host library's deputy is asked.
    Deputy,
}

impl Warning {
    /// After which part of the working days it comes.
    const fn part(self) -> (usize, usize) {
        match self {
            Warning::Reminder => (1, 2),
            Warning::Deputy => (4, 5),
        }
    }

    /// The day on whose morning it is due; none where there is no day left after somebody was told.
    ///
    /// `days` are those of [`days_to_answer`].
    pub fn due_on(self, days: &[NaiveDate]) -> Option<NaiveDate> {
        let (numerator, denominator) = self.part();
        days.get(days.len() * numerator / denominator).copied()
    }
}

/// The days that somebody who was told on `told` has for an answer, `until` included: working days, or every day where
/// the library is open on none of them.
pub fn days_to_answer(told: NaiveDate, until: NaiveDate, opening: &Opening) -> Vec<NaiveDate> {
    let all = || told.iter_days().skip(1).take_while(|day| *day <= until);
    let working: Vec<NaiveDate> = all().filter(|day| opening.on(*day).is_open()).collect();
    if working.is_empty() { all().collect() } else { working }
}

/// The next working days after a day; every day where the library is open on none of the next thirty.
fn working_days_after(day: NaiveDate, opening: &Opening) -> Vec<NaiveDate> {
    let all = || day.iter_days().skip(1).take(30);
    let working: Vec<NaiveDate> = all().filter(|day| opening.on(*day).is_open()).collect();
    if working.is_empty() { all().collect() } else { working }
}

/// The working day after a visit, on whose morning it is asked how the day was.
pub fn day_of_questions(visit: NaiveDate, opening: &Opening) -> Option<NaiveDate> {
    working_days_after(visit, opening).first().copied()
}

/// The last of the days that a host has to mark who came, asked on `asked`.
pub fn last_day_to_mark(asked: NaiveDate, opening: &Opening) -> Option<NaiveDate> {
    let days = working_days_after(asked, opening);
    days.get(4).or(days.last()).copied()
}

/// How far back from a visit a working day is looked for.
pub const MOST_DAYS_BEFORE: u64 = 14;

/// The days on whose mornings somebody is reminded of a visit, earliest first: seven days before it and on the last working
/// day before it, or the very day before where there is none in two weeks.
pub fn days_of_reminders(visit: NaiveDate, opening: &Opening) -> Vec<NaiveDate> {
    let before = |days: u64| visit - Days::new(days);
    let working = (1..=MOST_DAYS_BEFORE).map(before).find(|day| opening.on(*day).is_open());
    let mut days = vec![before(7), working.unwrap_or_else(|| before(1))];
    days.sort_unstable();
    days.dedup();
    days
}

/// The wall clock of a zone.
pub fn local(at: DateTime<Utc>, zone: Tz) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

/// Whether the morning of a day has come.
pub fn has_come(day: NaiveDate, local: NaiveDateTime) -> bool {
    local.date() > day || (local.date() == day && local.hour() >= MORNING)
}

/// The day of an instant of the tables in a zone.
pub fn day_of(instant: NaiveDateTime, zone: Tz) -> NaiveDate {
    local(instant.and_utc(), zone).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn weekends_are_not_counted_where_nobody_is_there() {
        // Told on a Friday, two weeks to answer: ten working days.
        let days = days_to_answer(day("2027-01-29"), day("2027-02-12"), &Opening::default());
        assert_eq!(days.len(), 10);
        assert_eq!(Warning::Reminder.due_on(&days), Some(day("2027-02-08")), "after five of them");
        assert_eq!(Warning::Deputy.due_on(&days), Some(day("2027-02-11")), "after eight of them");
    }

    #[test]
    fn a_library_that_is_open_on_saturdays_has_them_to_answer() {
        let opening = Opening { weekly: "Tu-Sa 10:00-18:00".parse().ok(), ..Opening::default() };
        let days = days_to_answer(day("2027-01-29"), day("2027-02-02"), &opening);
        assert_eq!(days, [day("2027-01-30"), day("2027-02-02")]);
    }

    #[test]
    fn a_short_time_has_its_warnings_too_and_none_has_none() {
        let one = days_to_answer(day("2027-02-11"), day("2027-02-12"), &Opening::default());
        assert_eq!(Warning::Reminder.due_on(&one), Some(day("2027-02-12")));
        assert_eq!(Warning::Deputy.due_on(&one), Some(day("2027-02-12")));
        let weekend = days_to_answer(day("2027-02-12"), day("2027-02-14"), &Opening::default());
        assert_eq!(weekend.len(), 2, "better a reminder on a Saturday than none");
        assert_eq!(
            Warning::Reminder.due_on(&days_to_answer(
                day("2027-02-12"),
                day("2027-02-12"),
                &Opening::default()
            )),
            None
        );
    }

    #[test]
    fn a_visit_is_remembered_before_and_asked_about_after_on_working_days() {
        let office = Opening::default();
        assert_eq!(days_of_reminders(day("2027-03-01"), &office), [day("2027-02-22"), day("2027-02-26")]);
        assert_eq!(day_of_questions(day("2027-02-26"), &office), Some(day("2027-03-01")), "over the weekend");
        assert_eq!(last_day_to_mark(day("2027-03-01"), &office), Some(day("2027-03-08")));
        let never = Opening { weekly: "Mo-Su off".parse().ok(), ..Opening::default() };
        assert_eq!(days_of_reminders(day("2027-03-01"), &never), [day("2027-02-22"), day("2027-02-28")]);
        let mondays = Opening { weekly: "Mo 10:00-18:00".parse().ok(), ..Opening::default() };
        assert_eq!(days_of_reminders(day("2027-03-01"), &mondays), [day("2027-02-22")], "one mail, not two");
    }

    #[test]
    fn a_warning_waits_for_the_morning_of_the_round_s_zone() {
        let at = |text: &str, zone| local(text.parse().expect("an instant"), zone);
        let due = day("2027-03-29");
        assert!(!has_come(due, at("2027-03-29T06:59:00Z", Tz::Europe__London)), "07:59 in summer time");
        assert!(has_come(due, at("2027-03-29T07:00:00Z", Tz::Europe__London)));
        assert!(!has_come(due, at("2027-03-29T07:00:00Z", Tz::America__New_York)));
        assert!(
            has_come(due, at("2027-03-30T05:00:00Z", Tz::America__New_York)),
            "however late in the night"
        );
    }
}
