//! VTIMEZONE (RFC 5545, 3.6.5) of one event: only the observances its year needs, as a yearly rule where there is one.
//!
//! Programs that know the IANA name use their own rules; Outlook and others use these. Rules come by the trait [`Rules`],
//! which chrono-tz implements: when a country changes its clocks, placements keep their local times, and only what follows
//! from the rules moves.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::{OffsetName, Tz};

use super::event::digits;
use super::text::Lines;

/// What the clocks of a zone show.
pub(super) trait Rules {
    /// Seconds east of Greenwich at an instant.
    fn offset(&self, at: DateTime<Utc>) -> i32;
    /// What the time is called then, where it has a name.
    fn abbreviation(&self, at: DateTime<Utc>) -> Option<String>;
}

impl Rules for Tz {
    fn offset(&self, at: DateTime<Utc>) -> i32 {
        self.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
    }

    fn abbreviation(&self, at: DateTime<Utc>) -> Option<String> {
        self.offset_from_utc_datetime(&at.naive_utc()).abbreviation().map(str::to_owned)
    }
}

/// A yearly rule shows itself within this time on either side of any instant.
const REACH: Duration = Duration::days(400);

/// A moment at which a zone's offset changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change {
    at: DateTime<Utc>,
    /// Seconds east of Greenwich before.
    from: i32,
    /// And after.
    to: i32,
}

impl Change {
    /// The wall clock just before it is turned: what DTSTART of an observance means.
    fn onset(self) -> NaiveDateTime {
        self.at.naive_utc() + Duration::seconds(i64::from(self.from))
    }
}

/// Whether a zone is UTC by name, so that times are written with a Z and need no VTIMEZONE.
pub(super) fn is_utc(zone: Tz) -> bool {
    zone.offset_from_utc_datetime(&NaiveDateTime::default()).abbreviation() == Some("UTC")
}

/// The instant of a local time; the earlier one where the clock shows it twice. A time that the clock skips is read
/// with the offset before the change, as RFC 5545, 3.3.5 says.
pub(super) fn instant(rules: &impl Rules, local: NaiveDateTime) -> DateTime<Utc> {
    let near = |days| rules.offset(local.and_utc() + Duration::days(days));
    let read_with = |offset: i32| local.and_utc() - Duration::seconds(i64::from(offset));
    let (before, after) = (near(-1), near(1));
    // The larger offset gives the earlier instant.
    let shown =
        [before.max(after), before.min(after)].into_iter().find(|one| rules.offset(read_with(*one)) == *one);
    read_with(shown.unwrap_or(before))
}

/// Writes the VTIMEZONE of events that begin between two local times.
pub(super) fn write(
    lines: &mut Lines,
    name: &str,
    zone: &impl Rules,
    starts: NaiveDateTime,
    last_starts: NaiveDateTime,
) {
    let (begin, last_begin) = (instant(zone, starts), instant(zone, last_starts));
    let (past, future): (Vec<Change>, Vec<Change>) =
        changes(zone, begin - REACH, last_begin + REACH).into_iter().partition(|change| change.at <= begin);
    lines.push("BEGIN", "VTIMEZONE");
    lines.push("TZID", name);
    match (past.as_slice(), future.as_slice()) {
        ([], _) => {
            let offset = zone.offset(begin);
            let new_year = NaiveDate::from_ymd_opt(starts.year(), 1, 1).unwrap_or(starts.date());
            observance(lines, zone, new_year.and_time(NaiveTime::MIN), (offset, offset), begin, None);
        }
        ([.., other, last], [next, after, ..])
            if rule(*other, *next).is_some() && rule(*last, *after).is_some() =>
        {
            for (change, again) in [(other, next), (last, after)] {
                let (onset, offsets) = (change.onset(), (change.from, change.to));
                observance(lines, zone, onset, offsets, change.at, rule(*change, *again));
            }
        }
        // No yearly rule (Morocco), or one that ended: the change in force and those up to the next, as they are.
        ([.., last], rest) => {
            let within = rest.iter().filter(|change| change.at <= last_begin).count();
            for change in std::iter::once(last).chain(rest.iter().take(within + 1)) {
                let (onset, offsets) = (change.onset(), (change.from, change.to));
                observance(lines, zone, onset, offsets, change.at, None);
            }
        }
    }
    lines.push("END", "VTIMEZONE");
}

/// Writes one observance. DAYLIGHT is the one that puts the clock forward, whatever the zone's law calls it: Irish law
/// has standard time in summer and a negative correction in winter, which few programs understand.
fn observance(
    lines: &mut Lines,
    zone: &impl Rules,
    onset: NaiveDateTime,
    (from, to): (i32, i32),
    at: DateTime<Utc>,
    rule: Option<String>,
) {
    let kind = if to > from { "DAYLIGHT" } else { "STANDARD" };
    lines.push("BEGIN", kind);
    lines.push("DTSTART", &digits(onset));
    lines.push("TZOFFSETFROM", &signed(from));
    lines.push("TZOFFSETTO", &signed(to));
    if let Some(name) = zone.abbreviation(at) {
        lines.text("TZNAME", &name);
    }
    if let Some(rule) = rule {
        lines.push("RRULE", &rule);
    }
    lines.push("END", kind);
}

/// The rule by which a change comes again a year later, where "last …day" or "n-th …day of the month" is one.
fn rule(change: Change, again: Change) -> Option<String> {
    let (first, second) = (change.onset(), again.onset());
    let comes_again = (change.from, change.to, first.time()) == (again.from, again.to, second.time())
        && (first.month(), first.weekday()) == (second.month(), second.weekday())
        && first.year() + 1 == second.year();
    if !comes_again {
        return None;
    }
    let week = |onset: NaiveDateTime| onset.day0() / 7 + 1;
    let is_last = |onset: NaiveDateTime| (onset + Duration::days(7)).month() != onset.month();
    let which = if is_last(first) && is_last(second) {
        "-1".to_owned()
    } else if week(first) == week(second) {
        week(first).to_string()
    } else {
        return None;
    };
    let day = first.format("%a").to_string().to_uppercase();
    Some(format!("FREQ=YEARLY;BYMONTH={};BYDAY={which}{}", first.month(), day.get(..2)?))
}

/// Every change of offset between two instants, in order.
fn changes(zone: &impl Rules, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Change> {
    let mut found = Vec::new();
    let mut day = from;
    while day < to {
        let next = day + Duration::days(1);
        let (before, after) = (zone.offset(day), zone.offset(next));
        if before != after {
            let (mut low, mut high) = (day, next);
            while high - low > Duration::seconds(1) {
                let middle = low + Duration::seconds((high - low).num_seconds() / 2);
                if zone.offset(middle) == before { low = middle } else { high = middle }
            }
            found.push(Change { at: high, from: before, to: after });
        }
        day = next;
    }
    found
}

/// `+0100`. Offsets of whole minutes only: no zone has had others since 1972.
fn signed(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone_text(zone: Tz, date: (i32, u32, u32)) -> String {
        let starts = NaiveDate::from_ymd_opt(date.0, date.1, date.2)
            .and_then(|day| day.and_hms_opt(9, 30, 0))
            .expect("a date");
        let mut lines = Lines::default();
        write(&mut lines, zone.name(), &zone, starts, starts);
        lines.into_text()
    }

    #[test]
    fn london_and_dublin_have_two_yearly_rules_with_summer_as_daylight_time() {
        for (zone, summer) in [(Tz::Europe__London, "BST"), (Tz::Europe__Dublin, "IST")] {
            for date in
                [(2027, 3, 26), (2027, 3, 29), (2027, 7, 1), (2027, 10, 29), (2027, 11, 1), (2027, 1, 4)]
            {
                let text = zone_text(zone, date);
                assert_eq!(text.matches("RRULE:FREQ=YEARLY;").count(), 2, "{date:?} {text}");
                let daylight = text.split("BEGIN:DAYLIGHT").nth(1).expect("daylight time");
                let daylight = daylight.split("END:DAYLIGHT").next().expect("its end");
                assert!(daylight.contains("TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100"), "{text}");
                assert!(daylight.contains(&format!("TZNAME:{summer}")), "{text}");
                assert!(daylight.contains("BYMONTH=3;BYDAY=-1SU"), "{text}");
                assert!(text.contains("BYMONTH=10;BYDAY=-1SU"), "{text}");
            }
        }
    }

    #[test]
    fn both_observances_have_begun_when_the_event_begins() {
        for zone in [Tz::Europe__London, Tz::America__New_York, Tz::Australia__Sydney, Tz::Europe__Lisbon] {
            for month in 1..=12 {
                let text = zone_text(zone, (2027, month, 15));
                for line in text.lines().filter(|line| line.starts_with("DTSTART:")) {
                    assert!(line < format!("DTSTART:2027{month:02}15").as_str(), "{line} in month {month}");
                }
            }
        }
    }

    #[test]
    fn new_york_changes_on_the_second_sunday_of_march_and_the_first_of_november() {
        let text = zone_text(Tz::America__New_York, (2027, 7, 1));
        assert!(text.contains("BYMONTH=3;BYDAY=2SU"), "{text}");
        assert!(text.contains("BYMONTH=11;BYDAY=1SU"), "{text}");
    }

    #[test]
    fn a_zone_without_summer_time_has_one_standard_observance_and_no_rule() {
        let text = zone_text(Tz::Asia__Tokyo, (2027, 7, 1));
        assert_eq!(text.matches("BEGIN:").count(), 2, "{text}");
        assert!(
            text.contains(
                "BEGIN:STANDARD\r\nDTSTART:20270101T000000\r\nTZOFFSETFROM:+0900\r\nTZOFFSETTO:+0900"
            )
        );
        assert!(!text.contains("RRULE"), "{text}");
    }

    #[test]
    fn a_zone_without_a_yearly_rule_lists_the_change_in_force_and_the_next() {
        let text = zone_text(Tz::Africa__Casablanca, (2027, 1, 20));
        assert!(!text.contains("RRULE"), "{text}");
        assert_eq!(text.matches("DTSTART").count(), 2, "{text}");
    }

    /// London, where summer time is kept for good from an instant on.
    struct Kept(DateTime<Utc>);

    impl Rules for Kept {
        fn offset(&self, at: DateTime<Utc>) -> i32 {
            if at < self.0 { Tz::Europe__London.offset(at) } else { 3_600 }
        }

        fn abbreviation(&self, _at: DateTime<Utc>) -> Option<String> {
            None
        }
    }

    #[test]
    fn a_local_time_stays_when_its_zone_gets_other_rules_and_the_instant_moves() {
        let at = |year, month| {
            let day = NaiveDate::from_ymd_opt(year, month, 10).expect("a date");
            day.and_hms_opt(9, 30, 0).expect("a time")
        };
        let kept = Kept(at(2027, 6).and_utc());
        let told = |rules: &dyn Fn(NaiveDateTime) -> DateTime<Utc>, local| rules(local).to_rfc3339();
        let (before, after) = (|local| instant(&Tz::Europe__London, local), |local| instant(&kept, local));
        assert_eq!(told(&before, at(2028, 1)), "2028-01-10T09:30:00+00:00");
        assert_eq!(told(&after, at(2028, 1)), "2028-01-10T08:30:00+00:00");
        for month in [7, 9] {
            assert_eq!(told(&before, at(2027, month)), told(&after, at(2027, month)));
        }
        // The VTIMEZONE of an event in that winter holds the one change that is in force, and none that will not come.
        let mut lines = Lines::default();
        write(&mut lines, "Europe/London", &kept, at(2028, 1), at(2028, 1));
        let text = lines.into_text();
        assert!(!text.contains("RRULE") && text.matches("DTSTART").count() == 1, "{text}");
        assert!(text.contains("DTSTART:20270328T010000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100"), "{text}");
    }

    #[test]
    fn only_zones_called_utc_are_utc() {
        assert!(is_utc(Tz::UTC) && is_utc(Tz::Etc__UTC) && is_utc(Tz::Zulu));
        for other in [Tz::Europe__London, Tz::Africa__Abidjan, Tz::Atlantic__Reykjavik, Tz::Etc__GMT] {
            assert!(!is_utc(other), "{other}");
        }
    }

    #[test]
    fn a_skipped_local_time_is_read_with_the_offset_before_the_change() {
        let local =
            NaiveDate::from_ymd_opt(2027, 3, 28).and_then(|day| day.and_hms_opt(1, 30, 0)).expect("a time");
        assert_eq!(instant(&Tz::Europe__London, local).to_rfc3339(), "2027-03-28T01:30:00+00:00");
        let twice =
            NaiveDate::from_ymd_opt(2027, 10, 31).and_then(|day| day.and_hms_opt(1, 30, 0)).expect("a time");
        assert_eq!(instant(&Tz::Europe__London, twice).to_rfc3339(), "2027-10-31T00:30:00+00:00");
    }
}
