//! A table of postcodes and points, given by the operator: for libraries of which a list tells the postcode only.

use std::collections::HashMap;

use super::cells::{Cells, read_list};
use super::columns::{Column, List, Mapping};
use super::faults::RowFaults;
use super::table::Table;
use super::{Kind, Loss};
use crate::domain::fault::Rule;
use crate::domain::place::{Point, Postcode};
use crate::domain::states::named;

pub(super) const COLUMNS: &[Column] = &[
    Column::optional("sector", "WR1 3"),
    Column::optional("outcode", ""),
    Column::needed("latitude", "52.19"),
    Column::needed("longitude", "-2.22"),
];

named! {
    /// How fine a point is.
    Grain {
        /// The middle of a postcode sector (`WR1 3`): about 3,000 addresses.
        Sector = "postcode sector",
        /// The middle of a postcode district (`WR1`): some 4 sectors, many more square miles in the country.
        District = "postcode district",
    }
}

/// Points of postcode sectors and districts.
#[derive(Debug, Clone, Default)]
pub struct Points(HashMap<String, Point>);

impl Points {
    /// Reads a table with a column `sector` or `outcode`, `latitude` and `longitude`.
    pub fn read(table: &Table, faults: &mut RowFaults) -> Self {
        let mut points = HashMap::new();
        let Some(list) = List::open(table, Kind::Points, &Mapping::default(), faults) else {
            return Self::default();
        };
        let read =
            read_list::<_, std::convert::Infallible>(&list, Kind::Points, read_point, faults, |piece, _| {
                points.extend(piece.into_iter().map(|line| line.row));
                Ok(())
            });
        match read {
            Ok(_) => Self(points),
        }
    }

    /// Where a postcode lies, as finely as the table tells.
    pub fn find(&self, postcode: &Postcode) -> Option<(Point, Grain)> {
        let code = postcode.as_str();
        // A postcode is its sector and two letters; a sector is its district, a space and a digit.
        let (sector, district) = (code.get(..code.len() - 2)?, code.split(' ').next()?);
        let found = |area: &str, grain| self.0.get(area).map(|point| (*point, grain));
        found(sector, Grain::Sector).or_else(|| found(district, Grain::District))
    }
}

fn read_point(cells: &mut Cells<'_>) -> Option<(String, Point)> {
    let area = [cells.cell("sector"), cells.cell("outcode")].into_iter().find(|area| !area.is_empty());
    let area = area.map(str::to_uppercase);
    if area.is_none() {
        cells.report("row", Rule::of("must name a `sector` or an `outcode`"), Loss::Row);
    }
    let degrees = |text: &str| text.parse::<f64>().ok();
    let (latitude, longitude) = (degrees(cells.cell("latitude")), degrees(cells.cell("longitude")));
    let point = match (latitude, longitude) {
        (Some(latitude), Some(longitude)) => Point::new(latitude, longitude),
        (Some(_) | None, Some(_) | None) => Err(Rule::of("must be degrees, with a longitude")),
    };
    let point = point.map_err(|rule| cells.report("latitude", rule, Loss::Row)).ok();
    Some((area?, point?))
}
