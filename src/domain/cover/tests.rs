//! What an offer comes to, given case by case.

use super::*;
use crate::domain::offer::{CoverDay, CoverRule, HostingRule, Rostered};
use crate::domain::weekday::Weekday;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn span(text: &str) -> Option<Span> {
    let hours: super::super::opening::WeeklyHours = text.parse().expect("hours");
    hours.on_weekday(chrono::Weekday::Mon).first().copied()
}

/// Four Mondays, the first of March 2027 first.
fn mondays() -> Vec<NaiveDate> {
    ["2027-03-01", "2027-03-08", "2027-03-15", "2027-03-22"].map(day).to_vec()
}

fn every_day(visitors: u32) -> Offer {
    let rule = HostingRule { weekdays: BTreeSet::new(), dates: BTreeSet::new(), visitors };
    Offer { hosting_rule: Some(rule), ..Offer::default() }
}

fn open(weekly: &str) -> Opening {
    Opening { weekly: Some(weekly.parse().expect("hours")), ..Opening::default() }
}

fn days(offer: &Offer, opening: &Opening, elsewhere: &Elsewhere, dates: &[NaiveDate]) -> LibraryDays {
    Situation { offer, opening, status: LibraryStatus::Open, elsewhere }.on_days(dates, 180)
}

fn places(found: &LibraryDays) -> Vec<u32> {
    found.days.iter().map(|day| day.hosting).collect()
}

fn visitors(on: &[(&str, u32)]) -> Elsewhere {
    let visitors = on.iter().map(|(date, count)| (day(date), *count)).collect();
    Elsewhere { visitors, ..Elsewhere::default() }
}

#[test]
fn a_number_of_a_date_wins_over_the_rule_also_when_it_is_0() {
    let mut offer = every_day(2);
    offer.hosting = BTreeMap::from([(mondays()[0], 5), (mondays()[1], 0)]);
    let found = days(&offer, &Opening::default(), &Elsewhere::default(), &mondays());
    assert_eq!(places(&found), [5, 0, 2, 2]);
    assert_eq!(found.days[1].no_visitors, Some(NoVisitors::NotOffered));
    let rule = offer.hosting_rule.as_mut().expect("a rule");
    rule.weekdays.insert(Weekday::Tuesday);
    rule.dates.insert(mondays()[2]);
    assert_eq!(places(&days(&offer, &Opening::default(), &Elsewhere::default(), &mondays())), [5, 0, 2, 0]);
}

#[test]
fn visitors_come_in_the_longest_stretch_within_the_hours_offered_if_that_is_long_enough() {
    let week = open("Mo 09:00-12:00,13:00-19:00; Tu 17:00-19:59; We 17:00-20:00");
    let mut offer = every_day(1);
    let dates = ["2027-03-01", "2027-03-02", "2027-03-03", "2027-03-04"].map(day);
    let found = days(&offer, &week, &Elsewhere::default(), &dates);
    assert_eq!(places(&found), [1, 0, 1, 0]);
    assert_eq!(found.days[0].hours, span("13:00-19:00"));
    let why = found.days[1].no_visitors.as_ref().expect("a reason").to_string();
    assert_eq!(why, "open for visitors 17:00-19:59, which is shorter than the 180 minutes of a visit");
    let why = found.days[3].no_visitors.as_ref().expect("a reason").to_string();
    assert_eq!(why, "closed: usual hours of Thursday");

    let hours = |from: &str, until: &str| (from.parse().expect("a time"), until.parse().expect("a time"));
    offer.hours.insert(dates[0], hours("08:00:00", "15:00:00"));
    offer.hours.insert(dates[2], hours("08:00:00", "17:00:00"));
    let found = days(&offer, &week, &Elsewhere::default(), &dates);
    assert_eq!(found.days[0].hours, span("09:00-12:00"), "three hours in the morning, two after noon");
    assert_eq!(places(&found), [1, 0, 0, 0]);
    assert_eq!(found.days[2].no_visitors, Some(NoVisitors::TooShort { longest: None, needed: 180 }));
}

#[test]
fn unknown_hours_are_long_enough_from_monday_to_friday() {
    let dates = ["2027-03-05", "2027-03-06"].map(day);
    let found = days(&every_day(1), &Opening::default(), &Elsewhere::default(), &dates);
    assert_eq!(places(&found), [1, 0]);
    assert_eq!(found.days[0].hours, None);
}

#[test]
fn visitors_of_other_rounds_take_up_places_of_their_day_only() {
    let there = visitors(&[("2027-03-01", 1), ("2027-03-08", 3)]);
    let found = days(&every_day(2), &Opening::default(), &there, &mondays());
    assert_eq!(places(&found), [1, 0, 2, 2]);
    assert_eq!(found.days[1].no_visitors, Some(NoVisitors::Full(3)));
}

#[test]
fn a_library_rests_from_its_own_days_and_from_those_of_other_rounds_before_and_after() {
    let offer = Offer { rest_days: Some(14), ..every_day(1) };
    let rested =
        |there: &[(&str, u32)]| places(&days(&offer, &Opening::default(), &visitors(there), &mondays()));
    assert_eq!(rested(&[]), [1, 0, 1, 0], "14 days later is far enough");
    assert_eq!(rested(&[("2027-02-16", 1)]), [0, 1, 0, 1], "13 days before the first");
    assert_eq!(rested(&[("2027-03-12", 1)]), [0, 0, 0, 0], "11, 4, 3 and 10 days off");
    assert_eq!(rested(&[("2027-03-22", 1)]), [1, 0, 0, 0], "full, and the week before it rests");
    let two = Offer { rest_days: Some(14), ..every_day(2) };
    let shared = days(&two, &Opening::default(), &visitors(&[("2027-03-08", 1)]), &mondays());
    assert_eq!(places(&shared), [0, 1, 0, 2], "a second visitor on a day that has one is no further burden");
    assert_eq!(shared.days[0].no_visitors, Some(NoVisitors::Rests(day("2027-03-08"))));
}

#[test]
fn the_limit_of_a_year_is_kept_by_that_of_the_round_or_day_by_day_over_a_new_year() {
    let offer = Offer { year_limit: Some(5), hosting_limit: Some(4), ..every_day(2) };
    let limited = |there: &[(&str, u32)], dates: &[NaiveDate]| {
        let found = days(&offer, &Opening::default(), &visitors(there), dates);
        (found.hosting_limit, places(&found))
    };
    assert_eq!(limited(&[("2026-12-31", 9)], &mondays()), (Some(4), vec![2; 4]));
    assert_eq!(limited(&[("2027-01-04", 2), ("2027-09-06", 1)], &mondays()), (Some(2), vec![2; 4]));
    assert_eq!(limited(&[("2027-01-04", 6)], &mondays()), (Some(4), vec![0; 4]));
    let over = ["2026-12-28", "2026-12-29", "2027-01-04", "2027-01-05"].map(day);
    assert_eq!(limited(&[("2026-06-01", 2), ("2027-06-01", 4)], &over), (Some(4), vec![2, 1, 1, 0]));
    let none = days(&every_day(2), &Opening::default(), &visitors(&[("2027-01-04", 9)]), &mondays());
    assert_eq!(none.hosting_limit, None);
}

#[test]
fn release_is_what_minimum_cover_and_other_rounds_leave() {
    let rule = CoverRule {
        rostered: Rostered::Weekly(BTreeMap::from([(Weekday::Monday, 4)])),
        minimum: 2,
        dates: BTreeMap::from([(mondays()[1], CoverDay { rostered: None, minimum: Some(4) })]),
    };
    let mut offer = Offer { cover_rule: Some(rule), ..Offer::default() };
    offer.release = BTreeMap::from([(mondays()[2], 1)]);
    let away =
        Elsewhere { leavers: BTreeMap::from([(mondays()[0], 1), (mondays()[2], 1)]), ..Elsewhere::default() };
    let found = days(&offer, &Opening::default(), &away, &mondays());
    let leave: Vec<u32> = found.days.iter().map(|day| day.release).collect();
    assert_eq!(leave, [1, 0, 0, 2]);
    assert_eq!(found.days[1].nobody_leaves, Some(NobodyLeaves::MinimumCover));
    assert_eq!(found.days[2].nobody_leaves, Some(NobodyLeaves::Away(1)));
    assert_eq!(found.days[0].rostered_and_minimum, Some((4, 2)));

    let closed = days(&offer, &open("Tu-Fr 09:00-17:00"), &Elsewhere::default(), &mondays());
    assert!(closed.days.iter().all(|day| day.release == 0), "nobody works where it is closed");
    let silent = days(&every_day(1), &Opening::default(), &Elsewhere::default(), &mondays());
    assert_eq!(silent.days[0].nobody_leaves, Some(NobodyLeaves::NotOffered));
}
