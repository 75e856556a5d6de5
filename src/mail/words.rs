//! A letter's facts as words of a language: dates, times with their zone, names of sectors. No sentences: these are in
//! the templates.
//!
//! A second language needs a variant of `Language` with its tables here, and a folder of templates.

use chrono::{Datelike, NaiveDate, NaiveTime, Offset, TimeZone};
use chrono_tz::{OffsetName, Tz};
use serde::Serialize;

use crate::domain::alternative::AlternativeKind;
use crate::domain::letter::{Exchanged, Letter, Method, News, PackNews, Visit};
use crate::domain::packs::{PackChange, PackField};

/// A language that mails are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
}

impl Language {
    const ALL: [Self; 1] = [Self::English];

    /// The language for a recipient who prefers `tag` (`en`, `en-GB`, `cy`); English where theirs is not there yet.
    pub(super) fn for_tag(tag: &str) -> Self {
        let primary = tag.split('-').next().unwrap_or_default();
        let spoken = Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary));
        spoken.unwrap_or(Self::English)
    }

    /// BCP 47 tag, and name of the folder of its templates.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
        }
    }

    /// In which direction it is written.
    pub(super) const fn direction(self) -> &'static str {
        match self {
            Language::English => "ltr",
        }
    }

    fn weekdays(self) -> [&'static str; 7] {
        match self {
            Language::English => {
                ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
            }
        }
    }

    #[rustfmt::skip]
    fn months(self) -> [&'static str; 12] {
        match self {
            Language::English => [
                "January", "February", "March", "April", "May", "June",
                "July", "August", "September", "October", "November", "December",
            ],
        }
    }

    /// "Monday 1 March 2027".
    fn date(self, date: NaiveDate) -> String {
        let named = |names: &[&'static str], n: u32| {
            usize::try_from(n).ok().and_then(|n| names.get(n).copied()).unwrap_or_default()
        };
        let weekday = named(&self.weekdays(), date.weekday().num_days_from_monday());
        let month = named(&self.months(), date.month0());
        format!("{weekday} {} {month} {}", date.day(), date.year())
    }

    /// "09:30 to 16:00 (Europe/London time, GMT)".
    fn times(self, date: NaiveDate, (starts, ends): (NaiveTime, NaiveTime), zone: Tz) -> String {
        let (starts_at, ends_at) = (starts.format("%H:%M"), ends.format("%H:%M"));
        let in_force = zone.offset_from_local_datetime(&date.and_time(starts)).earliest();
        let abbreviation = in_force
            .map(|offset| match offset.abbreviation() {
                Some(letters) if letters.starts_with(|c: char| c.is_ascii_alphabetic()) => letters.to_owned(),
                Some(_) | None => format!("UTC{}", offset.fix()),
            })
            .map(|name| format!(", {name}"))
            .unwrap_or_default();
        match self {
            Language::English => format!("{starts_at} to {ends_at} ({zone} time{abbreviation})"),
        }
    }
}

/// What the templates know of a letter.
#[derive(Debug, Serialize)]
pub(super) struct View<'a> {
    party: &'static str,
    to_name: Option<&'a str>,
    round: &'a str,
    service: &'a str,
    public_url: &'a str,
    introduction: &'a [String],
    link: Option<&'a str>,
    participant_name: Option<&'a str>,
    participant_address: Option<&'a str>,
    role_title: Option<&'a str>,
    objectives: Option<&'a str>,
    home_library: Option<&'a str>,
    sectors: &'a [String],
    dates: Vec<String>,
    visit: Option<Day<'a>>,
    has_agreed: bool,
    answer_until: Option<String>,
    reason: Option<&'a str>,
    change: Option<&'a str>,
    pack: Option<PackView<'a>>,
    digest: Vec<NewsView<'a>>,
    offer: Option<Offer<'a>>,
    swap: Option<Swap<'a>>,
    taken: Option<&'static str>,
    is_certain: bool,
    has_invitation: bool,
    /// Whether it takes the day out of the calendar.
    takes_out: bool,
}

/// What the templates know of a joining pack.
#[derive(Debug, Serialize)]
struct PackView<'a> {
    version: String,
    /// Name of the field and value, in the order in which a pack is read.
    entries: Vec<(&'static str, &'a str)>,
    /// Name of the field, what it was, what it is.
    changes: Vec<(&'static str, Option<&'a str>, Option<&'a str>)>,
    missing: Vec<&'static str>,
    telephone: Option<&'a str>,
}

impl<'a> From<&'a PackNews> for PackView<'a> {
    fn from(news: &'a PackNews) -> Self {
        let PackNews { version, pack, changes, missing } = news;
        let change =
            |change: &'a PackChange| (change.field.as_str(), change.from.as_deref(), change.to.as_deref());
        Self {
            version: version.to_string(),
            entries: pack.0.iter().map(|(field, value)| (field.as_str(), value.as_str())).collect(),
            changes: changes.iter().map(change).collect(),
            missing: missing.iter().map(|field| field.as_str()).collect(),
            telephone: pack.get(PackField::ContactTelephone),
        }
    }
}

/// What the templates know of the day.
#[derive(Debug, Serialize)]
struct Day<'a> {
    place: &'a str,
    address: Option<&'a str>,
    contact_name: Option<&'a str>,
    contact_address: Option<&'a str>,
    telephone: Option<&'a str>,
    deputy_telephone: Option<&'a str>,
    date: String,
    times: String,
    former_times: Option<String>,
    former_date: Option<String>,
    is_virtual: bool,
}

/// What the templates know of one day in a digest.
#[derive(Debug, Serialize)]
struct NewsView<'a> {
    stands: bool,
    participant_name: Option<&'a str>,
    round: &'a str,
    visit: Day<'a>,
    reason: Option<&'a str>,
}

impl<'a> NewsView<'a> {
    fn new(news: &'a News, language: Language) -> Self {
        Self {
            stands: news.stands,
            participant_name: news.participant_name.as_deref(),
            round: &news.round_name,
            visit: Day::new(&news.visit, language),
            reason: news.reason.as_deref(),
        }
    }
}

/// What the templates know of what a host offers instead.
#[derive(Debug, Serialize)]
struct Offer<'a> {
    kind: &'static str,
    date: String,
    times: String,
    words: Option<&'a str>,
}

/// What the templates know of a swap.
#[derive(Debug, Serialize)]
struct Swap<'a> {
    asked_by: Option<&'a str>,
    place: Day<'a>,
    role_title: Option<&'a str>,
    objectives: Option<&'a str>,
    sectors: &'a [String],
}

impl<'a> Swap<'a> {
    fn new(swap: &'a Exchanged, language: Language) -> Self {
        Self {
            asked_by: swap.asked_by.as_deref(),
            place: Day::new(&swap.place, language),
            role_title: swap.role_title.as_deref(),
            objectives: swap.objectives.as_deref(),
            sectors: &swap.sectors,
        }
    }
}

impl<'a> View<'a> {
    /// Words a letter's facts.
    pub(super) fn new(letter: &'a Letter, language: Language) -> Self {
        Self {
            party: letter.party.as_str(),
            to_name: letter.to_name.as_deref(),
            round: &letter.round_name,
            service: &letter.service_name,
            public_url: &letter.public_url,
            introduction: &letter.introduction,
            link: letter.link.as_deref(),
            participant_name: letter.participant_name.as_deref(),
            participant_address: letter.participant_address.as_deref(),
            role_title: letter.role_title.as_deref(),
            objectives: letter.objectives.as_deref(),
            home_library: letter.home_library.as_deref(),
            sectors: &letter.home_sectors,
            dates: letter.dates.iter().map(|date| language.date(*date)).collect(),
            visit: letter.visit.as_ref().map(|visit| Day::new(visit, language)),
            has_agreed: letter.has_agreed,
            answer_until: letter.answer_until.map(|date| language.date(date)),
            reason: letter.reason.as_deref(),
            change: letter.change.as_deref(),
            pack: letter.pack.as_ref().map(PackView::from),
            digest: letter.digest.iter().map(|news| NewsView::new(news, language)).collect(),
            offer: letter.offer.as_ref().zip(letter.visit.as_ref()).map(|(offer, visit)| Offer {
                kind: offer.kind.as_str(),
                date: language.date(offer.date),
                times: language.times(offer.date, (offer.starts, offer.ends), visit.time_zone),
                words: offer.words.as_deref(),
            }),
            swap: letter.swap.as_ref().map(|swap| Swap::new(swap, language)),
            taken: letter.taken.map(AlternativeKind::as_str),
            is_certain: letter.is_certain,
            has_invitation: letter.invitation.is_some(),
            takes_out: letter
                .invitation
                .as_ref()
                .is_some_and(|invitation| invitation.status.method() == Method::Cancel),
        }
    }
}

impl<'a> Day<'a> {
    fn new(visit: &'a Visit, language: Language) -> Self {
        Self {
            place: &visit.host_library,
            address: visit.host_address.as_deref(),
            contact_name: visit.host_contact_name.as_deref(),
            contact_address: visit.host_contact_address.as_deref(),
            telephone: visit.host_telephone.as_deref(),
            deputy_telephone: visit.deputy_telephone.as_deref(),
            date: language.date(visit.date),
            times: language.times(visit.date, (visit.starts, visit.ends), visit.time_zone),
            former_times: visit
                .former_times
                .map(|times| language.times(visit.former_date.unwrap_or(visit.date), times, visit.time_zone)),
            former_date: visit.former_date.map(|date| language.date(date)),
            is_virtual: visit.is_virtual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a date")
    }

    #[test]
    fn a_language_that_is_not_there_yet_is_answered_in_english() {
        for tag in ["en", "en-GB", "EN", "cy", ""] {
            assert_eq!(Language::for_tag(tag), Language::English, "{tag}");
        }
    }

    #[test]
    fn a_date_names_its_weekday_month_and_year() {
        assert_eq!(Language::English.date(day(2027, 3, 1)), "Monday 1 March 2027");
        assert_eq!(Language::English.date(day(2028, 12, 31)), "Sunday 31 December 2028");
    }

    #[test]
    fn times_name_their_zone_and_what_it_is_called_that_day() {
        let times = (
            NaiveTime::from_hms_opt(9, 30, 0).expect("a time"),
            NaiveTime::from_hms_opt(16, 0, 0).expect("a time"),
        );
        let told = |date, zone| Language::English.times(date, times, zone);
        assert_eq!(told(day(2027, 3, 26), Tz::Europe__London), "09:30 to 16:00 (Europe/London time, GMT)");
        assert_eq!(told(day(2027, 3, 29), Tz::Europe__London), "09:30 to 16:00 (Europe/London time, BST)");
        assert_eq!(told(day(2027, 7, 1), Tz::Europe__Dublin), "09:30 to 16:00 (Europe/Dublin time, IST)");
        assert_eq!(
            told(day(2027, 7, 1), Tz::America__Sao_Paulo),
            "09:30 to 16:00 (America/Sao_Paulo time, UTC-03:00)"
        );
    }
}
