//! Reads a list of libraries. Columns are found by name; more columns than needed do no harm.

use chrono_tz::Tz;

use super::cells::Cells;
use super::columns::Column;
use super::faults::Loss;
use crate::domain::email::Email;
use crate::domain::fault::Rule;
use crate::domain::opening::{Division, WeeklyHours};
use crate::domain::place::{Point, Postcode};
use crate::domain::sector::Sector;
use crate::domain::states::{LibraryStatus, named};
use crate::domain::text::Name;

pub(super) const COLUMNS: &[Column] = &[
    Column::needed("id", "lib-1"),
    Column::needed("name", "The Hive"),
    Column::needed("sector", "public"),
    Column::needed("operator", "Worcestershire County Council"),
    Column::optional("address", "Sawmill Walk, The Butts, Worcester"),
    Column::optional("postcode", "WR1 3PB"),
    Column::optional("country", "England"),
    Column::optional("time_zone", "Europe/London"),
    Column::optional("latitude", "52.19383"),
    Column::optional("longitude", "-2.22499"),
    Column::optional("status", "open"),
    Column::optional("opening_hours", "Mo-Fr 09:00-17:00; Sa 10:00-16:00; PH off"),
    Column::optional("contact_name", "Front desk"),
    Column::optional("contact_email", "desk@library.example"),
];

/// Countries with British postcodes, as lists name them.
const BRITISH: [&str; 8] =
    ["England", "Scotland", "Wales", "Northern Ireland", "Great Britain", "United Kingdom", "UK", "GB"];

/// What a list says of one library.
#[derive(Debug, Clone, PartialEq)]
pub struct LibraryRow {
    /// Its id in the list, unique.
    pub reference: String,
    /// What people call it.
    pub name: Name,
    /// Lists name one sector; joint libraries are entered by hand.
    pub sector: Sector,
    /// The organisation that runs it.
    pub employer: Name,
    /// Street and town.
    pub address: Option<String>,
    /// Where the country has them.
    pub postcode: Option<Postcode>,
    /// As the list names it.
    pub country: Option<String>,
    /// As the list names it, else that of the country.
    pub time_zone: Tz,
    /// Absent means unknown.
    pub point: Option<Point>,
    /// What the list says of its life.
    pub status: ListedStatus,
    /// Weekly staffed hours, where known.
    pub opening_hours: Option<WeeklyHours>,
    /// Who hears of visitors, by name or function.
    pub contact_name: Option<Name>,
    /// Where they hear of them.
    pub contact_email: Option<Email>,
}

named! {
    /// What lists say of a library's life.
    ListedStatus {
        /// In use.
        Open = "open",
        /// Nobody has checked lately.
        Unverified = "unverified",
        /// For now; nobody can visit it, so it counts as closed until a later list says open.
        TemporarilyClosed = "temporarily_closed",
        /// For good.
        Closed = "closed",
    }
}

impl ListedStatus {
    /// Whether it counts as in use.
    pub const fn status(self) -> LibraryStatus {
        match self {
            ListedStatus::Open | ListedStatus::Unverified => LibraryStatus::Open,
            ListedStatus::TemporarilyClosed | ListedStatus::Closed => LibraryStatus::Closed,
        }
    }
}

/// Reads a row; none where it is left out.
pub fn read_library(cells: &mut Cells<'_>) -> Option<LibraryRow> {
    // Everything is read before anything is given up, so that a row is mended once.
    let status = status(cells);
    let reference: Option<Name> = cells.needed("id");
    let name = cells.needed("name");
    let sector = sector(cells);
    let employer = cells.needed("operator");
    let address = address(cells);
    let country: Option<Name> = cells.wanted("country");
    let british = BRITISH.iter().any(|name| name.eq_ignore_ascii_case(cells.cell("country")));
    // Without a country a postcode is taken for British, as the time zone is.
    let postcode: Option<Postcode> =
        if british || cells.cell("country").is_empty() { cells.wanted("postcode") } else { None };
    let time_zone = time_zone(cells, british);
    let point = point(cells, british);
    let opening_hours = cells.wanted("opening_hours");
    let contact_email = cells.wanted("contact_email");
    let contact_name: Option<Name> = cells.wanted("contact_name");
    if contact_name.is_some() && cells.cell("contact_email").is_empty() {
        cells.report("contact_name", Rule::of("needs a contact_email: mails go there"), Loss::Value);
    }
    Some(LibraryRow {
        reference: reference?.to_string(),
        name: name?,
        sector: sector?,
        employer: employer?,
        address: address.and_then(|address| without(address, postcode.as_ref())),
        postcode,
        country: country.map(|country| country.to_string()),
        time_zone: time_zone?,
        point,
        status: status?,
        opening_hours,
        contact_name,
        contact_email,
    })
}

/// A status that nobody knows drops the row: the library may be gone, and people would be sent there.
fn status(cells: &mut Cells<'_>) -> Option<ListedStatus> {
    match cells.cell("status").to_lowercase().as_str() {
        "" => Some(ListedStatus::Open),
        status => status.parse().map_err(|rule: Rule| cells.report("status", rule, Loss::Row)).ok(),
    }
}

/// The time zone that the row names, else that of its country. A wrong one would send visitors at wrong times, so that a
/// row without one is left out.
fn time_zone(cells: &mut Cells<'_>, british: bool) -> Option<Tz> {
    let named = cells.cell("time_zone");
    if !named.is_empty() {
        let zone = named.parse().ok();
        if zone.is_none() {
            cells.report("time_zone", Rule::of("must be an IANA time zone like Europe/London"), Loss::Row);
        }
        return zone;
    }
    let country = cells.cell("country").to_lowercase();
    let zone = match country.as_str() {
        "" | "isle of man" | "jersey" | "guernsey" => Some(chrono_tz::Europe::London),
        "germany" | "deutschland" => Some(chrono_tz::Europe::Berlin),
        _ if british => Some(chrono_tz::Europe::London),
        _ if Division::of_country(&country) == Some(Division::Ireland) => Some(chrono_tz::Europe::Dublin),
        _ => None,
    };
    if zone.is_none() {
        let rule = Rule::of("has no time zone that is known here: add a column `time_zone` (Europe/Paris)");
        cells.report("country", rule, Loss::Row);
    }
    zone
}

fn sector(cells: &mut Cells<'_>) -> Option<Sector> {
    let sector = cells.cell("sector").to_lowercase();
    sector.parse().map_err(|rule: Rule| cells.report("sector", rule, Loss::Row)).ok()
}

/// The address on one line: lists write its lines under each other, and pad them.
fn address(cells: &mut Cells<'_>) -> Option<String> {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> =
        cells.cell("address").lines().map(line).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return None;
    }
    match lines.join(", ").replace(",, ", ", ").parse::<Name>() {
        Ok(address) => Some(address.to_string()),
        Err(rule) => {
            cells.report("address", rule, Loss::Value);
            None
        }
    }
}

/// An address without the postcode at its end: it has a place of its own, and would be printed twice.
fn without(address: String, postcode: Option<&Postcode>) -> Option<String> {
    let rest = postcode.and_then(|postcode| address.strip_suffix(postcode.as_str()));
    // Only a whole word is the postcode: "WR1 3PB" does not end "XWR1 3PB".
    match rest.filter(|rest| !rest.ends_with(char::is_alphanumeric)) {
        Some(rest) => {
            let rest = rest.trim_end_matches([',', ' ']);
            (!rest.is_empty()).then(|| rest.to_owned())
        }
        None => Some(address),
    }
}

/// The point on the map. A British one must lie in Great Britain or Northern Ireland: a wrong point is a wrong
/// distance for everybody, which is worse than none.
fn point(cells: &mut Cells<'_>, british: bool) -> Option<Point> {
    let degrees = |text: &str| text.parse::<f64>().ok();
    let (latitude, longitude) = (cells.cell("latitude"), cells.cell("longitude"));
    let (column, rule) = match (latitude.is_empty(), longitude.is_empty()) {
        (true, true) => return None,
        (true, false) => ("latitude", Rule::of("is missing where there is a longitude")),
        (false, true) => ("longitude", Rule::of("is missing where there is a latitude")),
        (false, false) => match (degrees(latitude), degrees(longitude)) {
            (None, _) => ("latitude", Rule::of("must be degrees like 52.1936")),
            (Some(_), None) => ("longitude", Rule::of("must be degrees like -2.2216")),
            (Some(latitude), Some(longitude)) => match point_on_map(latitude, longitude, british) {
                Ok(point) => return Some(point),
                Err(rule) => ("latitude", rule),
            },
        },
    };
    cells.report(column, rule, Loss::Value);
    None
}

fn point_on_map(latitude: f64, longitude: f64, british: bool) -> Result<Point, Rule> {
    // Shetland to Scilly, Fermanagh to Lowestoft.
    let lies_there =
        |latitude, longitude| (49.8..=60.9).contains(&latitude) && (-8.7..=1.8).contains(&longitude);
    let point = Point::new(latitude, longitude)?;
    if !british || lies_there(latitude, longitude) {
        return Ok(point);
    }
    let hint =
        if lies_there(longitude, latitude) { " (maybe latitude and longitude are swapped)" } else { "" };
    Err(Rule::new(format!("{latitude}, {longitude} lies outside the United Kingdom{hint}")))
}
