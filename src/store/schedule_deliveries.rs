//! Standing deliveries of employers' schedules: what is wanted, and when each goes next.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::placements::time;
use super::schema::{schedule_deliveries, schedule_dispatches};
use super::{Db, StoreError, Tx, list_from_json, list_to_json, parse};
use crate::domain::ids::{EmployerId, ScheduleDeliveryId};
use crate::domain::schedule_delivery::{
    Contents, ContentsKind, Destination, DispatchState, ScheduleDelivery, Terms, Times, Way, What,
};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schedule_deliveries, treat_none_as_null = true)]
struct Row {
    id: String,
    employer_id: String,
    format: String,
    profile: String,
    delimiter: Option<String>,
    bom: Option<String>,
    absence_code: Option<String>,
    contents: String,
    weeks: Option<i64>,
    unit_id: Option<String>,
    sector: Option<String>,
    weekdays: String,
    due_time: String,
    time_zone: String,
    way: String,
    address: Option<String>,
    created_at: NaiveDateTime,
    next_due_at: NaiveDateTime,
    last_number: i64,
    read_revision: Option<i64>,
}

impl Row {
    fn from_domain(delivery: &ScheduleDelivery) -> Result<Self, StoreError> {
        let Terms { what, times, to } = &delivery.terms;
        let (weeks, sector) = match &what.contents {
            Contents::FromToday { weeks, sector } => (*weeks, *sector),
            Contents::Changes => (None, None),
        };
        let address = match to {
            Destination::Mail(address) => Some(address.to_string()),
            Destination::Folder | Destination::Webhook => None,
        };
        Ok(Self {
            id: delivery.id.to_string(),
            employer_id: delivery.employer.to_string(),
            format: what.format.to_string(),
            profile: what.profile.clone(),
            delimiter: what.delimiter.map(|delimiter| delimiter.to_string()),
            bom: what.bom.map(|bom| bom.to_string()),
            absence_code: what.absence_code.as_ref().map(ToString::to_string),
            contents: what.contents.kind().to_string(),
            weeks: weeks.map(i64::from),
            unit_id: what.unit.map(|unit| unit.to_string()),
            sector: sector.map(|sector| sector.to_string()),
            weekdays: list_to_json("weekdays", &times.weekdays)?,
            due_time: times.time.format("%H:%M").to_string(),
            time_zone: times.time_zone.to_string(),
            way: to.way().to_string(),
            address,
            created_at: delivery.created_at,
            next_due_at: delivery.next_due_at,
            last_number: delivery.last_number,
            read_revision: delivery.read,
        })
    }

    fn into_domain(self) -> Result<ScheduleDelivery, StoreError> {
        fn maybe<T: std::str::FromStr<Err: std::fmt::Display>>(
            what: &str,
            text: Option<String>,
        ) -> Result<Option<T>, StoreError> {
            text.map(|text| parse(what, &text)).transpose()
        }
        let contents = match parse("contents", &self.contents)? {
            ContentsKind::FromToday => Contents::FromToday {
                weeks: self.weeks.and_then(|weeks| u32::try_from(weeks).ok()),
                sector: maybe("sector", self.sector)?,
            },
            ContentsKind::Changes => Contents::Changes,
        };
        let to = match (parse("way", &self.way)?, self.address) {
            (Way::Mail, Some(address)) => Destination::Mail(parse("address", &address)?),
            (Way::Mail, None) => return Err(StoreError::Corrupt(format!("{}: no address", self.id))),
            (Way::Folder, _) => Destination::Folder,
            (Way::Webhook, _) => Destination::Webhook,
        };
        Ok(ScheduleDelivery {
            id: parse("schedule delivery", &self.id)?,
            employer: parse("employer", &self.employer_id)?,
            terms: Terms {
                what: What {
                    format: parse("format", &self.format)?,
                    profile: self.profile,
                    delimiter: maybe("delimiter", self.delimiter)?,
                    bom: maybe("byte order mark", self.bom)?,
                    absence_code: maybe("absence code", self.absence_code)?,
                    contents,
                    unit: maybe("library", self.unit_id)?,
                },
                times: Times {
                    weekdays: list_from_json("weekdays", &self.weekdays)?,
                    time: time(&self.due_time)?,
                    time_zone: parse("time zone", &self.time_zone)?,
                },
                to,
            },
            created_at: self.created_at,
            next_due_at: self.next_due_at,
            last_number: self.last_number,
            read: self.read_revision,
        })
    }
}

/// Adds a delivery.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, delivery: &ScheduleDelivery) -> Result<(), StoreError> {
    let row = Row::from_domain(delivery)?;
    diesel::insert_into(schedule_deliveries::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// Writes a delivery as it is now.
///
/// # Errors
/// The database's.
pub fn save(tx: &mut Tx<'_>, delivery: &ScheduleDelivery) -> Result<(), StoreError> {
    let row = Row::from_domain(delivery)?;
    diesel::update(schedule_deliveries::table.find(&row.id)).set(&row).execute(&mut **tx)?;
    Ok(())
}

/// A delivery; of some employers only, where they are named.
///
/// # Errors
/// The database's.
pub fn find(
    db: &mut Db,
    id: ScheduleDeliveryId,
    own: Option<&[EmployerId]>,
) -> Result<Option<ScheduleDelivery>, StoreError> {
    let mut query =
        schedule_deliveries::table.filter(schedule_deliveries::id.eq(id.to_string())).into_boxed();
    if let Some(own) = own {
        let own: Vec<String> = own.iter().map(ToString::to_string).collect();
        query = query.filter(schedule_deliveries::employer_id.eq_any(own));
    }
    query.select(Row::as_select()).first(db).optional()?.map(Row::into_domain).transpose()
}

/// A page of an employer's deliveries.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    employer: EmployerId,
    after: Option<ScheduleDeliveryId>,
    most: i64,
) -> Result<Vec<ScheduleDelivery>, StoreError> {
    let of = schedule_deliveries::employer_id.eq(employer.to_string());
    let mut query = schedule_deliveries::table.filter(of).into_boxed();
    if let Some(after) = after {
        query = query.filter(schedule_deliveries::id.gt(after.to_string()));
    }
    let rows: Vec<Row> =
        query.order(schedule_deliveries::id).limit(most).select(Row::as_select()).load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// The deliveries that are due, the longest one first; without those whose last file still waits for its folder: the next one
/// begins where that ends.
///
/// # Errors
/// The database's.
pub fn list_due(db: &mut Db, now: NaiveDateTime, most: i64) -> Result<Vec<ScheduleDelivery>, StoreError> {
    let waiting = schedule_dispatches::table
        .filter(schedule_dispatches::state.eq(DispatchState::Waiting.as_str()))
        .select(schedule_dispatches::delivery_id);
    let rows: Vec<Row> = schedule_deliveries::table
        .filter(schedule_deliveries::next_due_at.le(now))
        .filter(schedule_deliveries::id.ne_all(waiting))
        .order((schedule_deliveries::next_due_at, schedule_deliveries::id))
        .limit(most)
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// Takes a delivery away with all its dispatches.
///
/// # Errors
/// The database's.
pub fn delete(tx: &mut Tx<'_>, id: ScheduleDeliveryId) -> Result<(), StoreError> {
    let id = id.to_string();
    diesel::delete(schedule_dispatches::table.filter(schedule_dispatches::delivery_id.eq(&id)))
        .execute(&mut **tx)?;
    diesel::delete(schedule_deliveries::table.find(&id)).execute(&mut **tx)?;
    Ok(())
}
