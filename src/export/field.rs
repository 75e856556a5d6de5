//! What a column of the schedule can hold, by the name that documents and profiles call it.

use std::borrow::Cow;

use super::cell::Cell;
use super::schedule::SCHEDULE_VERSION;
use crate::domain::schedule::ScheduleRow;
use crate::domain::states::named;

named! {
    /// A field of a row. Up to `Op` they are the columns of the schedule, in their order; the others are for profiles.
    Field {
        /// The version of the columns.
        ScheduleVersion = "schedule_version",
        /// The placement: the stable external id.
        PlacementId = "placement_id",
        /// Of the last change.
        Revision = "revision",
        /// The placement's state.
        Status = "status",
        /// The round's name.
        Round = "round",
        /// The employer's name.
        Employer = "employer",
        /// The participant.
        PersonName = "person_name",
        /// The participant's work address.
        PersonEmail = "person_email",
        /// Where the participant works.
        HomeLibrary = "home_library",
        /// Its sectors.
        HomeSectors = "home_sectors",
        /// Where the participant goes.
        HostLibrary = "host_library",
        /// Its sectors.
        HostSectors = "host_sectors",
        /// The day.
        Date = "date",
        /// Local start.
        Starts = "starts",
        /// Local end.
        Ends = "ends",
        /// The zone of both.
        TimeZone = "time_zone",
        /// Length of the day.
        Hours = "hours",
        /// Why rules were set aside.
        OverrideReason = "override_reason",
        /// Whether nobody travels.
        Virtual = "virtual",
        /// What the employer calls the participant.
        EmployeeNumber = "employee_number",
        /// Under what the day is booked.
        AbsenceCode = "absence_code",
        /// What to do with the row.
        Op = "op",
        /// Day and local start.
        StartsAt = "starts_at",
        /// Day and local end.
        EndsAt = "ends_at",
        /// How much is booked, in the profile's unit and with its sign.
        Units = "units",
        /// In what that is counted.
        Unit = "unit",
    }
}

/// How many of the fields are columns of the schedule.
pub const CANONICAL: usize = 22;

named! {
    /// In what absences are counted.
    Unit {
        /// Hours of the visit.
        Hours = "hours",
        /// One for each day.
        Days = "days",
    }
}

named! {
    /// Which sign a day away has.
    Sign {
        /// Above zero.
        Plus = "plus",
        /// Below zero, as programs want it that keep balances.
        Minus = "minus",
    }
}

impl Field {
    /// The field's cell of a row.
    pub fn of(self, row: &ScheduleRow, unit: Unit, sign: Sign) -> Cell<'_> {
        let code = |text: String| Cell::Code(Cow::Owned(text));
        let fixed = |text: &'static str| Cell::Code(Cow::Borrowed(text));
        match self {
            Field::ScheduleVersion => Cell::Whole(SCHEDULE_VERSION.into()),
            Field::PlacementId => code(row.placement.to_string()),
            Field::Revision => Cell::Whole(row.revision),
            Field::Status => fixed(row.status.as_str()),
            Field::Round => Cell::Text(&row.round),
            Field::Employer => Cell::Text(&row.employer),
            Field::PersonName => Cell::Text(&row.person_name),
            Field::PersonEmail => Cell::Text(&row.person_email),
            Field::HomeLibrary => Cell::Text(&row.home.name),
            Field::HomeSectors => sectors(&row.home.sectors),
            Field::HostLibrary => Cell::Text(&row.host.name),
            Field::HostSectors => sectors(&row.host.sectors),
            Field::Date => Cell::Date(row.date),
            Field::Starts => Cell::Time(row.starts),
            Field::Ends => Cell::Time(row.ends),
            Field::TimeZone => fixed(row.time_zone.name()),
            Field::Hours => Cell::Hundredths(row.hundredths()),
            Field::OverrideReason => row.override_reason.as_deref().map_or(Cell::Empty, Cell::Text),
            Field::Virtual => fixed(if row.is_virtual { "yes" } else { "no" }),
            Field::EmployeeNumber => row.employee_number.as_deref().map_or(Cell::Empty, Cell::Text),
            Field::AbsenceCode => Cell::Code(Cow::Borrowed(row.absence_code.as_str())),
            Field::Op => row.op.map_or(Cell::Empty, |op| fixed(op.as_str())),
            Field::StartsAt => Cell::At(row.date, row.starts),
            Field::EndsAt => Cell::At(row.date, row.ends),
            Field::Units => {
                let size = match unit {
                    Unit::Hours => row.hundredths(),
                    Unit::Days => 100,
                };
                Cell::Hundredths(match sign {
                    Sign::Plus => size,
                    Sign::Minus => -size,
                })
            }
            Field::Unit => fixed(unit.as_str()),
        }
    }
}

fn sectors(of: &[crate::domain::sector::Sector]) -> Cell<'static> {
    match of {
        [] => Cell::Empty,
        [one] => Cell::Code(Cow::Borrowed(one.as_str())),
        several => {
            let names: Vec<&str> = several.iter().map(|sector| sector.as_str()).collect();
            Cell::Code(Cow::Owned(names.join("|")))
        }
    }
}
