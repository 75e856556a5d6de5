//! When somebody who owes an answer is written to again: a pure function of days.
//!
//! Days are those of the round's zone, and working days are those on which the library of whoever owes the answer is
//! open. What happens at each deadline: docs/deadlines.md.

use chrono::{DateTime, Days, Duration, NaiveDate, NaiveDateTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use super::opening::Opening;
use super::refusal::{Refusal, RefusalCode};

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

/// So many working days has whoever is asked late, where the visit leaves them.
const LATE_WORKING_DAYS: usize = 3;

/// The last day for answers to a proposal that is made on `today`, where it is not the round's, `until`.
///
/// The round's, as long as it leaves three working days to everybody. Else the day by which the slowest has had them; at
/// the latest the last working day of all before the visit, be it today. `openings` are those of the libraries of
/// whoever is asked.
///
/// # Errors
/// `too-late` where nobody could answer before the visit.
pub fn late_answers(
    today: NaiveDate,
    until: NaiveDate,
    visit: NaiveDate,
    openings: &[&Opening],
) -> Result<Option<NaiveDate>, Refusal> {
    let leaves_time = |opening: &&Opening| days_to_answer(today, until, opening).len() >= LATE_WORKING_DAYS;
    if openings.iter().all(leaves_time) {
        return Ok(None);
    }
    let had_time = |opening: &&Opening| {
        let days = working_days_after(today, opening);
        days.get(LATE_WORKING_DAYS - 1).or(days.last()).copied()
    };
    let latest = openings.iter().map(|opening| working_day_before(visit, opening)).min().unwrap_or(visit);
    let day = openings.iter().filter_map(had_time).max().unwrap_or(latest).min(latest);
    if day < today {
        let words = format!(
            "nobody could answer a proposal for {visit} any more: the last working day before it, {latest}, has passed"
        );
        return Err(Refusal::new(RefusalCode::TooLate, words));
    }
    Ok((day > until).then_some(day))
}

/// The last day for the answer of a reserve to whom a visit is offered on `today`: so many working days on, but so many
/// days before the visit at the latest, and while both libraries still work before it. None where that has passed.
pub fn reserve_answers(
    today: NaiveDate,
    visit: NaiveDate,
    (working_days, days_before): (u16, u16),
    (home, host): (&Opening, &Opening),
) -> Option<NaiveDate> {
    let latest = [home, host].map(|opening| working_day_before(visit, opening)).into_iter().min()?;
    let latest = latest.min(visit.checked_sub_days(Days::new(days_before.into()))?);
    let days = working_days_after(today, home);
    let day = days.get(usize::from(working_days).saturating_sub(1)).or(days.last()).copied()?;
    (today <= latest).then_some(day.min(latest))
}

/// The last working day before a visit; the very day before where there is none in two weeks.
fn working_day_before(visit: NaiveDate, opening: &Opening) -> NaiveDate {
    let before = |days: u64| visit - Days::new(days);
    (1..=MOST_DAYS_BEFORE).map(before).find(|day| opening.on(*day).is_open()).unwrap_or_else(|| before(1))
}

/// The next working days after a day; every day where the library is open on none of the next thirty.
fn working_days_after(day: NaiveDate, opening: &Opening) -> Vec<NaiveDate> {
    let all = || day.iter_days().skip(1).take(MOST_DAYS_AFTER);
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

/// How far on from a day working days are looked for.
pub const MOST_DAYS_AFTER: usize = 30;

/// How far back from a visit a working day is looked for.
pub const MOST_DAYS_BEFORE: u64 = 14;

/// The days on whose mornings somebody is reminded of a visit, earliest first: seven days before it and on the last working
/// day before it, or the very day before where there is none in two weeks.
pub fn days_of_reminders(visit: NaiveDate, opening: &Opening) -> Vec<NaiveDate> {
    let mut days = vec![visit - Days::new(7), working_day_before(visit, opening)];
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

/// The instant, in UTC, from which [`has_come`] says that the morning of a day has come.
pub fn morning_of(day: NaiveDate, zone: Tz) -> NaiveDateTime {
    let wall = |hour| day.and_hms_opt(hour, 0, 0).and_then(|wall| zone.from_local_datetime(&wall).earliest());
    // An hour that a zone leaves out is followed by one that it has.
    let found = wall(MORNING).or_else(|| wall(MORNING + 1)).map(|at| at.naive_utc());
    found.unwrap_or_else(|| day.and_time(chrono::NaiveTime::MIN) + Duration::hours(i64::from(MORNING)))
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
    fn whoever_is_asked_late_has_three_working_days_before_the_visit() {
        let office = Opening::default();
        let late =
            |today, until, visit| late_answers(day(today), day(until), day(visit), &[&office, &office]);
        assert_eq!(late("2027-02-01", "2027-02-14", "2027-03-01"), Ok(None), "the round's leaves time");
        assert_eq!(
            late("2027-02-11", "2027-02-14", "2027-03-01"),
            Ok(Some(day("2027-02-16"))),
            "it does not"
        );
        assert_eq!(
            late("2027-02-18", "2027-02-14", "2027-03-01"),
            Ok(Some(day("2027-02-23"))),
            "it has passed"
        );
        assert_eq!(
            late("2027-02-25", "2027-02-14", "2027-03-01"),
            Ok(Some(day("2027-02-26"))),
            "the day before"
        );
        assert_eq!(
            late("2027-02-26", "2027-02-14", "2027-03-01"),
            Ok(Some(day("2027-02-26"))),
            "still today"
        );
        let over = late("2027-02-27", "2027-02-14", "2027-03-01").expect_err("a weekend");
        assert_eq!(over.code, RefusalCode::TooLate);
        assert!(over.words.contains("2027-02-26"), "{}", over.words);
        assert!(late("2027-03-01", "2027-02-14", "2027-03-01").is_err(), "the day has come");
        let rare = Opening { weekly: "We 10:00-18:00".parse().ok(), ..Opening::default() };
        let slowest =
            late_answers(day("2027-02-15"), day("2027-02-14"), day("2027-03-22"), &[&office, &rare]);
        assert_eq!(slowest, Ok(Some(day("2027-03-03"))), "the third Wednesday");
        // Nobody works on both days before the visit: the earlier one counts, so that everybody has one.
        let near = late_answers(day("2027-02-22"), day("2027-02-14"), day("2027-03-01"), &[&office, &rare]);
        assert_eq!(near, Ok(Some(day("2027-02-24"))));
    }

    #[test]
    fn a_reserve_has_some_working_days_and_the_days_before_the_visit_are_left_alone() {
        let office = Opening::default();
        let until = |today, visit| reserve_answers(day(today), day(visit), (2, 3), (&office, &office));
        assert_eq!(until("2027-02-18", "2027-03-01"), Some(day("2027-02-22")), "over the weekend");
        assert_eq!(until("2027-02-25", "2027-03-01"), Some(day("2027-02-26")));
        assert_eq!(until("2027-02-26", "2027-03-01"), Some(day("2027-02-26")), "three days before: today");
        assert_eq!(until("2027-02-27", "2027-03-01"), None);
        // Three days before is a Sunday, on which nobody works any more before the visit.
        let shut = Opening { weekly: "Mo 09:00-17:00; Th 09:00-17:00".parse().ok(), ..Opening::default() };
        let rare = reserve_answers(day("2027-02-22"), day("2027-03-04"), (2, 3), (&office, &shut));
        assert_eq!(rare, Some(day("2027-02-24")));
        let rare = reserve_answers(day("2027-02-26"), day("2027-03-04"), (5, 1), (&office, &shut));
        assert_eq!(rare, Some(day("2027-03-01")), "the host's last day before");
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
