//! Mappings of column names, kept by name: the next list from the same program needs no further word.

use serde_json::json;

use crate::domain::fault::maybe;
use crate::domain::permissions::{Action, Actor};
use crate::domain::text::Name;
use crate::import::{Kind, Mapping};
use crate::services::app::{permit_everywhere, record};
use crate::services::{App, AppError};
use crate::store::mappings;

/// Keeps a mapping under a name, in the place of what the name meant before.
///
/// # Errors
/// `forbidden`.
pub fn keep(app: &App, actor: &Actor, kind: Kind, name: &Name, mapping: &Mapping) -> Result<(), AppError> {
    permit_everywhere(actor, Action::MapColumns)?;
    let now = app.now()?;
    let columns = mapping.pairs().map(|(own, column)| (own.to_owned(), column.to_owned())).collect();
    app.store.write(|tx| {
        if mappings::find(tx, kind.as_str(), name.as_str())?.as_ref() == Some(&columns) {
            return Ok(());
        }
        mappings::replace(tx, kind.as_str(), name.as_str(), &columns, now.utc())?;
        let details = json!({ "kind": kind.as_str(), "columns": columns.len() });
        record(tx, &now, actor, Action::MapColumns, ("mapping", &name), &details)
    })
}

/// The mapping that was kept under a name.
///
/// # Errors
/// `not-found`, with the name that was perhaps meant; `forbidden`.
pub fn get(app: &App, actor: &Actor, kind: Kind, name: &Name) -> Result<Mapping, AppError> {
    permit_everywhere(actor, Action::MapColumns)?;
    app.store.read(|db| match mappings::find(db, kind.as_str(), name.as_str())? {
        Some(columns) => Ok(columns.into_iter().collect()),
        None => {
            let names = mappings::list_names(db, kind.as_str())?;
            let hint = maybe(name.as_str(), names.iter().map(String::as_str));
            Err(AppError::not_found("mapping of columns named", format!("“{name}”{hint}")))
        }
    })
}
