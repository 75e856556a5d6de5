//! Spans of a day in minutes of the local clock.

use std::fmt;

use chrono::NaiveTime;

/// Minutes from midnight to midnight.
const DAY: u16 = 24 * 60;

/// From one minute of a day to a later one, as the clock on the wall shows them; the last is 24:00.
///
/// Never crosses midnight. On the two days a year on which clocks change it still says what the wall clock shows, as
/// opening hours on a door do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    from: u16,
    until: u16,
}

impl Span {
    /// From midnight to midnight.
    pub const WHOLE_DAY: Self = Self { from: 0, until: DAY };

    /// From a minute of the day to a later one, at most 1,440; none where that is empty or too late.
    pub const fn new(from: u16, until: u16) -> Option<Self> {
        if from < until && until <= DAY { Some(Self { from, until }) } else { None }
    }

    /// First minute, counted from midnight.
    pub const fn from(self) -> u16 {
        self.from
    }

    /// Minute after the last.
    pub const fn until(self) -> u16 {
        self.until
    }

    /// How many minutes it lasts by the wall clock.
    pub const fn minutes(self) -> u16 {
        self.until - self.from
    }

    /// When it begins.
    pub fn starts_at(self) -> NaiveTime {
        time(self.from)
    }

    /// When it ends. Midnight at the end is 23:59, because a time of day has no 24:00.
    pub fn ends_at(self) -> NaiveTime {
        time(self.until)
    }

    /// Both ends as `HH:MM`, the last of a day as 24:00.
    pub fn texts(self) -> [String; 2] {
        [self.from, self.until].map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60))
    }

    /// What two spans have in common.
    pub fn common(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.until.min(other.until))
    }

    /// What is left of it without another.
    pub fn without(self, other: Self) -> impl Iterator<Item = Self> {
        let before = Self::new(self.from, self.until.min(other.from));
        let after = Self::new(self.from.max(other.until), self.until);
        before.into_iter().chain(after)
    }
}

fn time(minute: u16) -> NaiveTime {
    let last = NaiveTime::from_hms_opt(23, 59, 0).unwrap_or_default();
    NaiveTime::from_num_seconds_from_midnight_opt(u32::from(minute) * 60, 0).unwrap_or(last)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.texts().join("-"))
    }
}

/// Spans in the order of the day, those that touch or overlap joined.
pub fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.from <= last.until => last.until = last.until.max(span.until),
            Some(_) | None => joined.push(span),
        }
    }
    joined
}

/// Minutes since midnight of `HH:MM`, up to 24:00.
pub fn minute_of_day(time: &str) -> Option<u16> {
    let digits = |text: &str| {
        (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u16>().ok())?
    };
    let (hour, minute) = time.split_once(':')?;
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: u16, until: u16) -> Span {
        Span::new(from * 60, until * 60).expect("a span")
    }

    #[test]
    fn what_is_left_without_a_span_never_overlaps_it() {
        let left = |other| span(9, 17).without(other).collect::<Vec<_>>();
        assert_eq!(left(span(12, 13)), [span(9, 12), span(13, 17)]);
        assert_eq!(left(span(8, 12)), [span(12, 17)]);
        assert_eq!(left(span(16, 24)), [span(9, 16)]);
        assert_eq!(left(span(17, 18)), [span(9, 17)]);
        assert_eq!(left(span(9, 17)), []);
    }

    #[test]
    fn spans_that_touch_are_one() {
        assert_eq!(
            joined(vec![span(13, 17), span(9, 12), span(12, 13), span(20, 24)]),
            [span(9, 17), span(20, 24)]
        );
    }

    #[test]
    fn midnight_at_the_end_is_the_last_minute() {
        assert_eq!(Span::WHOLE_DAY.ends_at().to_string(), "23:59:00");
        assert_eq!(Span::WHOLE_DAY.to_string(), "00:00-24:00");
    }
}
