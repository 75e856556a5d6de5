//! The HR schedule: one row per placement of an employer's staff, with stable columns.

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;

use super::ids::PlacementId;
use super::states::PlacementState;

/// One placement as HR needs it. Times are local to the host's zone. No access needs, no objectives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    /// Stable over changes: what an absence system keys on.
    pub placement: PlacementId,
    /// Raised by every change of the placement.
    pub revision: i64,
    /// The round.
    pub round: String,
    /// The participant's employer.
    pub employer: String,
    /// The participant's name.
    pub person_name: String,
    /// The participant's work address.
    pub person_email: String,
    /// Where the participant works.
    pub home_library: String,
    /// Sectors of the home library.
    pub home_sectors: Vec<String>,
    /// Where the participant goes.
    pub host_library: String,
    /// Sectors of the host library.
    pub host_sectors: Vec<String>,
    /// The day.
    pub date: NaiveDate,
    /// Local start.
    pub starts: NaiveTime,
    /// Local end, after the start.
    pub ends: NaiveTime,
    /// The zone of date and times.
    pub time_zone: Tz,
    /// Where the placement is in its life.
    pub status: PlacementState,
    /// Why the organisers set rules aside for it, where they did.
    pub override_reason: Option<String>,
    /// Whether nobody travels: the visit is by video.
    pub is_virtual: bool,
}

impl ScheduleRow {
    /// Length of the day in hours, to two decimals.
    pub fn hours(&self) -> f64 {
        ((self.ends - self.starts).as_seconds_f64() / 36.0).round() / 100.0
    }
}
