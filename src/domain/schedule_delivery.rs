//! Standing deliveries of an employer's schedule: what is delivered, when and whereto; and each dispatch, a file that was
//! made for one of them, with what came of it.

use chrono::{DateTime, Days, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::email::Email;
use super::ids::{EmployerId, LibraryId, NoticeId, ScheduleDeliveryId, ScheduleDispatchId};
use super::schedule::{AbsenceCode, Bom, Delimiter};
use super::sector::Sector;
use super::states::named;
use super::weekday::Weekday;

named! {
    /// As what a file is written.
    FileFormat {
        /// Comma-separated values.
        Csv = "csv",
        /// A workbook.
        Xlsx = "xlsx",
    }
}

named! {
    /// Which rows a file has.
    ContentsKind {
        /// Those of the days to come.
        FromToday = "from_today",
        /// Those that have changed since the last delivery.
        Changes = "changes",
    }
}

/// Which rows a file has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    /// Those of today, where the delivery is at home, and of the days after.
    FromToday {
        /// For so many weeks; none: to the last one.
        weeks: Option<u32>,
        /// Only of staff whose library has this sector.
        sector: Option<Sector>,
    },
    /// Those that have changed since the last delivery; all of them the first time. Without a sector: a library may get
    /// another one, and who reads changes only would never hear that its rows are to go.
    Changes,
}

impl Contents {
    /// Its name.
    pub const fn kind(&self) -> ContentsKind {
        match self {
            Contents::FromToday { .. } => ContentsKind::FromToday,
            Contents::Changes => ContentsKind::Changes,
        }
    }
}

/// What is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct What {
    /// As what.
    pub format: FileFormat,
    /// Whose columns, by the name of the profile.
    pub profile: String,
    /// What stands between two cells, where that is not what the profile says.
    pub delimiter: Option<Delimiter>,
    /// Whether the file begins with a byte order mark, likewise.
    pub bom: Option<Bom>,
    /// Under what the days are booked, likewise.
    pub absence_code: Option<AbsenceCode>,
    /// Which rows.
    pub contents: Contents,
    /// Only of staff who work at this library.
    pub unit: Option<LibraryId>,
}

named! {
    /// By what it goes.
    Way {
        /// As the attachment of a mail.
        Mail = "mail",
        /// Into a folder that the operators have named.
        Folder = "folder",
        /// The employer's webhooks are told where it can be fetched.
        Webhook = "webhook",
    }
}

/// Whereto it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To an address for which the employer vouches.
    Mail(Email),
    /// Into the employer's folder.
    Folder,
    /// To where the employer's webhooks call.
    Webhook,
}

impl Destination {
    /// By what.
    pub const fn way(&self) -> Way {
        match self {
            Destination::Mail(_) => Way::Mail,
            Destination::Folder => Way::Folder,
            Destination::Webhook => Way::Webhook,
        }
    }
}

/// When it goes: at a local time of some days of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    /// On which days; at least one.
    pub weekdays: Vec<Weekday>,
    /// At which time of the day.
    pub time: NaiveTime,
    /// Of which zone.
    pub time_zone: Tz,
}

impl Times {
    /// The first time after an instant. A time that the clock leaves out is the moment when it goes on; one that it shows
    /// twice is the first of both: so each day has one.
    pub fn next_after(&self, instant: DateTime<Utc>) -> DateTime<Utc> {
        let today = instant.with_timezone(&self.time_zone).date_naive();
        (0..=7)
            .filter_map(|days| today.checked_add_days(Days::new(days)))
            .filter(|day| self.weekdays.contains(&Weekday::of(*day)))
            .map(|day| self.on(day))
            .find(|at| *at > instant)
            // Reached without a day of the week only.
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    fn on(&self, day: NaiveDate) -> DateTime<Utc> {
        let mut wall = day.and_time(self.time);
        loop {
            match self.time_zone.from_local_datetime(&wall) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => return at.to_utc(),
                LocalResult::None => wall += Duration::minutes(1),
            }
        }
    }
}

/// What an employer's HR wants delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What.
    pub what: What,
    /// When.
    pub times: Times,
    /// Whereto.
    pub to: Destination,
}

/// A standing delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleDelivery {
    /// Its identity.
    pub id: ScheduleDeliveryId,
    /// Whose schedule.
    pub employer: EmployerId,
    /// What is wanted.
    pub terms: Terms,
    /// Since when.
    pub created_at: NaiveDateTime,
    /// When it goes next.
    pub next_due_at: NaiveDateTime,
    /// The number of its last dispatch; 0 before the first.
    pub last_number: i64,
    /// Up to which number of the employer's changes its receiver has them; none: nothing yet.
    pub read: Option<i64>,
}

named! {
    /// What came of a dispatch.
    DispatchState {
        /// Its file is on its way to the folder.
        Waiting = "waiting",
        /// It is in the folder, or was handed over to be mailed or to the webhooks.
        Delivered = "delivered",
        /// Only changes were wanted, and there were none.
        NothingChanged = "nothing_changed",
        /// It came to nothing.
        Failed = "failed",
    }
}

named! {
    /// Why a dispatch came to nothing.
    DispatchFailure {
        /// The employer does not vouch for the address any more.
        AddressNotVouched = "address_not_vouched",
        /// The employer has no webhook that is switched on.
        NoWebhook = "no_webhook",
        /// The folder could not be written, again and again.
        FolderNotWritable = "folder_not_writable",
        /// There are more rows than a file may have.
        TooManyRows = "too_many_rows",
        /// Somebody in the file was erased before it had left.
        FileErased = "file_erased",
        /// HR wanted something else before it had left.
        Overtaken = "overtaken",
    }
}

/// A dispatch, without its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    /// Its identity.
    pub id: ScheduleDispatchId,
    /// Of which delivery.
    pub delivery: ScheduleDeliveryId,
    /// From 1, by the delivery.
    pub number: i64,
    /// When it was due; when it was asked for by hand.
    pub due_at: NaiveDateTime,
    /// When it was made.
    pub made_at: NaiveDateTime,
    /// When it was delivered, or came to nothing.
    pub settled_at: Option<NaiveDateTime>,
    /// What came of it.
    pub state: DispatchState,
    /// Why it failed.
    pub failure: Option<DispatchFailure>,
    /// What the system said last that would not take the file.
    pub last_error: Option<String>,
    /// How often the folder was tried.
    pub attempts: i64,
    /// When the folder is tried next, while it waits.
    pub next_attempt_at: NaiveDateTime,
    /// Rows of the file.
    pub rows: i64,
    /// What the file is called; none where there was none to make.
    pub file: Option<FileMark>,
    /// After which change it begins; none: it is whole.
    pub read_from: Option<i64>,
    /// Up to which change it tells.
    pub read_to: i64,
    /// Whether it is whole because changes since the last one are not remembered any more: what was read before is to go.
    pub begins_anew: bool,
    /// The mail that it is attached to.
    pub notice: Option<NoticeId>,
}

/// By what a file is known, after it is gone too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileMark {
    /// Its name.
    pub name: String,
    /// How long it is.
    pub bytes: i64,
    /// SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// A file of a dispatch.
#[derive(Clone, PartialEq, Eq)]
pub struct DispatchFile {
    /// Its name: the delivery, the day, the number.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl DispatchFile {
    /// Its media type.
    pub fn media_type(&self) -> &'static str {
        if self.name.ends_with(".xlsx") {
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        } else {
            "text/csv; charset=utf-8"
        }
    }
}

impl std::fmt::Debug for DispatchFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not what is in it: names and addresses.
        f.debug_struct("DispatchFile").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a mail with a file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileNews {
    /// The delivery, by which HR changes it or takes it away.
    pub delivery: String,
    /// Whose schedule.
    pub employer: String,
    /// Whether it has changes only, and not the whole.
    pub is_changes: bool,
    /// Whether what was delivered before is to be thrown away first.
    pub begins_anew: bool,
    /// Its rows.
    pub rows: i64,
    /// The file.
    pub file: DispatchFile,
}

/// What a mail about a dispatch that came to nothing tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatchOff {
    /// The delivery.
    pub delivery: String,
    /// Its number.
    pub number: i64,
    /// Why.
    pub failure: DispatchFailure,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(weekdays: &[&str], time: &str, zone: &str) -> Times {
        Times {
            weekdays: weekdays.iter().map(|day| day.parse().expect("a day")).collect(),
            time: format!("{time}:00").parse().expect("a time"),
            time_zone: zone.parse().expect("a zone"),
        }
    }

    /// The next times after an instant, as many as are named.
    fn follow(times: &Times, after: &str, wanted: &[&str]) {
        let mut at: DateTime<Utc> = after.parse().expect("an instant");
        for next in wanted {
            at = times.next_after(at);
            assert_eq!(at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true), *next);
        }
    }

    #[test]
    fn a_time_that_the_clock_leaves_out_is_when_it_goes_on() {
        let daily = times(&["sa", "su", "mo"], "01:30", "Europe/London");
        let wanted = ["2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"];
        follow(&daily, "2027-03-26T12:00:00Z", &wanted);
    }

    #[test]
    fn a_time_that_comes_twice_counts_once() {
        let daily = times(&["sa", "su", "mo"], "01:30", "Europe/Dublin");
        let wanted = ["2027-10-30T00:30:00Z", "2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"];
        follow(&daily, "2027-10-29T12:00:00Z", &wanted);
    }

    #[test]
    fn one_day_a_week_comes_back_after_a_week_and_not_at_the_same_instant() {
        let weekly = times(&["mo"], "07:00", "Europe/London");
        follow(&weekly, "2027-01-04T06:59:59Z", &["2027-01-04T07:00:00Z", "2027-01-11T07:00:00Z"]);
        // The zone's day, not that of UTC.
        let far = times(&["tu"], "00:15", "Pacific/Auckland");
        follow(&far, "2027-01-04T10:00:00Z", &["2027-01-04T11:15:00Z", "2027-01-11T11:15:00Z"]);
    }

    #[test]
    fn each_day_of_ten_years_has_one_time_in_zones_that_change_their_clocks() {
        for zone in
            ["Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"]
        {
            for time in ["00:00", "00:30", "01:30", "02:15", "23:59"] {
                let daily = times(&["mo", "tu", "we", "th", "fr", "sa", "su"], time, zone);
                let start: DateTime<Utc> = "2020-01-01T12:00:00Z".parse().expect("an instant");
                let first = daily.next_after(start);
                let mut at = first;
                for _ in 0..3_650 {
                    let next = daily.next_after(at);
                    assert!((22..=26).contains(&(next - at).num_hours()), "{zone} {time}: {at} {next}");
                    at = next;
                }
                let days = at.with_timezone(&daily.time_zone).date_naive()
                    - first.with_timezone(&daily.time_zone).date_naive();
                assert_eq!(days.num_days(), 3_650, "{zone} {time}");
            }
        }
    }
}
