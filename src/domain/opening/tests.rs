//! Weekly hours, and what goes before what on a day.

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn week(text: &str) -> WeeklyHours {
    text.parse().expect(text)
}

fn hours(week: &WeeklyHours, weekday: Weekday) -> String {
    hours_of(week.on_weekday(weekday)).to_string()
}

fn calendar(
    name: &str,
    kind: CalendarKind,
    periods: &[(PeriodKind, &str, &str, &str)],
) -> Arc<DatedCalendar> {
    let periods = periods
        .iter()
        .map(|(kind, starts_on, ends_on, label)| Period {
            starts_on: day(starts_on),
            ends_on: day(ends_on),
            kind: *kind,
            label: label.parse().expect("a label"),
        })
        .collect();
    Arc::new(DatedCalendar { name: name.parse().expect("a name"), kind, periods })
}

#[test]
fn a_later_rule_for_a_day_takes_the_place_of_an_earlier_one() {
    let week = week("Mo-Fr 09:00-17:00; We 09:00-12:00,14:00-19:00; Fr off; Sa-Mo 10:00-12:00; PH off");
    assert_eq!(hours(&week, Weekday::Mon), "open 10:00-12:00");
    assert_eq!(hours(&week, Weekday::Tue), "open 09:00-17:00");
    assert_eq!(hours(&week, Weekday::Wed), "open 09:00-12:00, 14:00-19:00");
    assert_eq!(hours(&week, Weekday::Fri), "closed");
    assert_eq!(hours(&week, Weekday::Sun), "open 10:00-12:00");
    assert_eq!(week.on_bank_holidays(), Some(&[][..]));
    assert_eq!(week.on_school_holidays(), None);
}

#[test]
fn times_without_days_hold_on_every_day_and_24_7_on_holidays_too() {
    assert_eq!(hours(&week("08:30-22:00"), Weekday::Sun), "open 08:30-22:00");
    assert_eq!(hours(&week("off"), Weekday::Mon), "closed");
    assert_eq!(week("24/7").on_bank_holidays(), Some(&[Span::WHOLE_DAY][..]));
    assert_eq!(hours(&week("Mo, We,PH 00:00-24:00;"), Weekday::Wed), "open 00:00-24:00");
}

#[test]
fn malformed_and_reversed_hours_are_refused_with_the_part_that_is_wrong() {
    for (week, part) in [
        ("Mo 10:00-00:00", "`10:00-00:00`: it ends before it begins (midnight at the end is 24:00)"),
        ("Tu 07:00-02:00", "`07:00-02:00`: it ends before it begins"),
        ("Mo 09:00-17:00; Su 00:00", "`00:00` where times"),
        ("We 1:00-18:00", "`1:00-18:00` where times"),
        ("Mo 09:00-25:00", "`09:00-25:00` where times"),
        ("Mo 09:60-17:00", "`09:60-17:00` where times"),
        ("Mo - Fr 9 - 21 Uhr", "`- Fr 9 - 21 Uhr` where times"),
        ("Di 09:00-17:00", "`Di` where a day"),
        ("Monday: 10:00-17:00", "`Monday:` where a day"),
        ("Mo-PH 10:00-17:00", "`Mo-PH` where a day"),
        ("SH Mo-Fr 10:00-17:00", "`Mo-Fr 10:00-17:00` where times"),
        ("Apr-Sep 10:00-17:00", "`Apr-Sep` where a day"),
        ("Mo 10:00-17:00, We 10:00-12:00", "`We 10:00-12:00` where times"),
        (";", "where times"),
        ("", "where times"),
        ("Mo", "`Mo` where times"),
    ] {
        let rule = week.parse::<WeeklyHours>().expect_err(week).to_string();
        assert!(rule.contains(part), "{week}: {rule}");
    }
}

/// What goes before what, one more at a time on the same Monday.
#[test]
fn the_strongest_thing_that_speaks_for_a_day_decides_it_and_is_named() {
    use PeriodKind as P;
    let date = day("2027-01-04");
    let mut opening = Opening::default();
    let expect = |opening: &Opening, words: &str| assert_eq!(opening.on(date).to_string(), words);
    expect(
        &opening,
        "open: its hours are not known; libraries are taken as open from Monday to Friday, and this is a Monday",
    );
    opening.weekly = Some(week("Mo-Fr 09:00-17:00"));
    expect(&opening, "open 09:00-17:00: usual hours of Monday");
    let terms = |periods: &[_]| calendar("Sheffield", CalendarKind::SchoolTerms, periods);
    let autumn = (P::Term, "2026-09-01", "2026-12-18", "autumn");
    let spring = (P::Term, "2027-01-05", "2027-03-25", "spring");
    opening.calendars = vec![terms(&[autumn, spring])];
    expect(&opening, "closed: between two terms (Sheffield)");
    let holiday = (P::SchoolHoliday, "2026-12-19", "2027-01-04", "Christmas holiday");
    opening.calendars = vec![terms(&[holiday])];
    expect(&opening, "closed: school holiday “Christmas holiday” (Sheffield)");
    opening.weekly = Some(week("Mo-Fr 09:00-17:00; SH 10:00-14:00"));
    expect(&opening, "open 10:00-14:00: school holiday “Christmas holiday” (Sheffield)");
    opening.calendars = vec![terms(&[holiday, (P::InsetDay, "2027-01-04", "2027-01-04", "training")])];
    expect(&opening, "open 10:00-14:00: inset day “training” (Sheffield)");
    let january = (P::BankHoliday, "2027-01-04", "2027-01-04", "2nd January");
    opening.calendars.push(calendar("scotland", CalendarKind::BankHolidays, &[january]));
    expect(&opening, "closed: bank holiday “2nd January” (scotland)");
    opening.weekly = Some(week("Mo-Fr 09:00-17:00; PH 12:00-13:00"));
    expect(&opening, "open 12:00-13:00: bank holiday “2nd January” (scotland)");
    let closure = (P::Closure, "2027-01-01", "2027-01-31", "new heating");
    opening.calendars.push(calendar("Works", CalendarKind::Closures, &[closure]));
    expect(&opening, "closed: closure “new heating” (Works)");
    let opens = vec![Span::new(540, 600).expect("a span")];
    opening.exceptions.push(Exception { date, opens, label: "open morning".parse().expect("a label") });
    expect(&opening, "open 09:00-10:00: exception “open morning”");
    let exams = (P::Exams, "2027-01-04", "2027-01-08", "mocks");
    opening.calendars.push(calendar("Exams", CalendarKind::Exams, &[exams]));
    expect(&opening, "open 09:00-10:00: exception “open morning”; no visitors: exams “mocks” (Exams)");
    assert!(!opening.on(date).takes_visitors());
}

#[test]
fn before_the_first_and_after_the_last_term_nothing_is_known_so_hours_are_as_usual() {
    let term = (PeriodKind::Term, "2027-01-05", "2027-03-25", "spring");
    let opening = Opening {
        weekly: Some(week("Mo-Su 09:00-17:00")),
        exceptions: vec![],
        calendars: vec![calendar("Sheffield", CalendarKind::SchoolTerms, &[term])],
    };
    for date in ["2027-01-04", "2027-01-05", "2027-03-25", "2027-03-26"] {
        assert!(opening.on(day(date)).is_open(), "{date}");
    }
}

#[test]
fn unknown_hours_are_long_enough_but_have_no_spans() {
    let opening = Opening::default();
    let monday = opening.on(day("2027-01-04"));
    assert!(monday.is_open_for(600) && monday.takes_visitors() && monday.longest().is_none());
    assert!(!opening.on(day("2027-01-03")).is_open(), "a Sunday");
    let known = Opening { weekly: Some(week("Mo 09:00-11:00,13:00-15:00")), ..Opening::default() };
    let monday = known.on(day("2027-01-04"));
    assert_eq!(monday.longest().map(|span| span.to_string()).as_deref(), Some("09:00-11:00"));
    assert!(monday.is_open_for(120) && !monday.is_open_for(121));
}
