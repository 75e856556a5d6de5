//! Weekly hours against `opening-hours-syntax`, which reads the whole of OpenStreetMap's language.

use chrono::Weekday;
use library_swap::domain::opening::{Span, WeeklyHours, joined};
use opening_hours_syntax::rules::day::{HolidayKind, WeekDayRange};
use opening_hours_syntax::rules::time::Time;
use opening_hours_syntax::rules::{OpeningHoursExpression, RuleKind, RuleSequence};
use proptest::prelude::*;

const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// A day of the week, or a kind of holiday.
#[derive(Clone, Copy)]
enum On {
    Weekday(Weekday),
    Holiday(HolidayKind),
}

fn speaks_for(rule: &RuleSequence, on: On) -> bool {
    let days = &rule.day_selector.weekday;
    days.iter().any(|days| match (days, on) {
        (WeekDayRange::Fixed { range, .. }, On::Weekday(weekday)) => {
            let from_first = |day: Weekday| day.days_since(*range.start());
            from_first(weekday) <= from_first(*range.end())
        }
        (WeekDayRange::Holiday { kind, .. }, On::Holiday(holiday)) => *kind == holiday,
        (WeekDayRange::Fixed { .. }, On::Holiday(_)) | (WeekDayRange::Holiday { .. }, On::Weekday(_)) => {
            false
        }
    }) || (days.is_empty() && matches!(on, On::Weekday(_)))
}

/// The spans of the last rule that speaks for a day; none where no rule does.
fn spans_of(text: &OpeningHoursExpression, on: On) -> Option<Vec<Span>> {
    let rule = text.rules.iter().rev().find(|rule| speaks_for(rule, on))?;
    if rule.kind == RuleKind::Closed {
        return Some(vec![]);
    }
    let minute = |time: &Time| match time {
        Time::Fixed(time) => u16::from(time.hour()) * 60 + u16::from(time.minute()),
        Time::Variable(_) => panic!("a sunset"),
    };
    let spans = rule.time_selector.spans.iter().map(|span| {
        Span::new(minute(&span.range.start), minute(&span.range.end)).expect("a span of one day")
    });
    Some(joined(spans.collect()))
}

/// Days of the week, then holidays: the other reader wants them apart.
fn days() -> impl Strategy<Value = String> {
    const NAMES: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
    let one = (0..7_usize, 0..7_usize, any::<bool>()).prop_map(|(first, last, is_range)| {
        if is_range { format!("{}-{}", NAMES[first], NAMES[last]) } else { NAMES[first].to_owned() }
    });
    let holidays = prop_oneof![
        4 => Just(vec![]),
        1 => Just(vec!["PH".to_owned()]),
        1 => Just(vec!["SH".to_owned()]),
        1 => Just(vec!["PH".to_owned(), "SH".to_owned()]),
    ];
    (prop::collection::vec(one, 0..4), holidays)
        .prop_map(|(days, holidays)| [days, holidays].concat().join(","))
        .prop_filter("some day", |days| !days.is_empty())
}

fn times() -> impl Strategy<Value = String> {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let span = (0..1_440_u16)
        .prop_flat_map(|from| (Just(from), from + 1..=1_440))
        .prop_map(move |(from, until)| format!("{}-{}", time(from), time(until)));
    prop_oneof![
        1 => Just("off".to_owned()),
        4 => prop::collection::vec(span, 1..4).prop_map(|spans| spans.join(",")),
    ]
}

proptest! {
    #[test]
    fn what_is_read_here_is_what_another_reader_reads(
        rules in prop::collection::vec((days(), times()), 1..6),
    ) {
        let text = rules.iter().map(|(days, times)| format!("{days} {times}")).collect::<Vec<_>>().join("; ");
        let own: WeeklyHours = text.parse().expect(&text);
        let other = opening_hours_syntax::parse(&text).expect(&text);
        for weekday in WEEK {
            let theirs = spans_of(&other, On::Weekday(weekday)).unwrap_or_default();
            prop_assert_eq!(own.on_weekday(weekday), theirs.as_slice(), "{} on {}", text, weekday);
        }
        let holidays = |kind| spans_of(&other, On::Holiday(kind));
        prop_assert_eq!(own.on_bank_holidays().map(<[Span]>::to_vec), holidays(HolidayKind::Public), "{}", text);
        prop_assert_eq!(own.on_school_holidays().map(<[Span]>::to_vec), holidays(HolidayKind::School), "{}", text);
    }

    /// Whatever is written: read, or refused in one line; and what is read stays within a day, in order, apart.
    #[test]
    fn no_text_is_half_understood(text in "[MoTuWeThFrSaSuPHSH ,;:0-9off/-]{0,40}|\\PC{0,40}") {
        match text.parse::<WeeklyHours>() {
            Ok(hours) => {
                prop_assert_eq!(hours.text(), text.trim());
                for weekday in WEEK {
                    let spans = hours.on_weekday(weekday);
                    prop_assert!(spans.windows(2).all(|pair| pair[0].until() < pair[1].from()), "{}", text);
                }
            }
            Err(rule) => prop_assert_eq!(rule.to_string().lines().count(), 1, "{}", text),
        }
    }
}
