//! Which keys are in use, and sealing anew what another key than the present one has sealed.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::keys::{
    self, NEEDS, OPTION_FILE, Place, REPAIR_FILE, ROUND_FILE, SCHEDULE_FILE, SEALED, WEBHOOK_SECRET,
};
use super::schema::{access_needs, repair_options, repairs, run_files, webhooks};
use super::{Db, StoreError, Tx};

/// The names of the keys that sealed something, each once.
///
/// # Errors
/// The database's.
pub fn list_used_keys(db: &mut Db) -> Result<Vec<String>, StoreError> {
    let mut used: Vec<String> = Vec::new();
    // The name stands behind `sealed:`.
    macro_rules! names {
        ($table:ident, $column:ident) => {
            used.extend(
                $table::table
                    .filter($table::$column.like(format!("{SEALED}%")))
                    .select(sql::<Text>(concat!("substr(", stringify!($column), ", 8, 16)")))
                    .distinct()
                    .load::<String>(db)?,
            )
        };
    }
    names!(access_needs, needs);
    names!(run_files, round_file);
    names!(run_files, schedule_file);
    names!(repairs, round_file);
    names!(repair_options, schedule_file);
    names!(webhooks, secret);
    names!(webhooks, former_secret);
    used.sort_unstable();
    used.dedup();
    Ok(used)
}

/// Seals with the present key what another one has sealed, or none: at most so many texts of each kind. Gives how many.
///
/// # Errors
/// The database's; `Unavailable` where a key is not there.
pub fn reseal(tx: &mut Tx<'_>, most: i64) -> Result<usize, StoreError> {
    let Some(key) = keys::sealing_key() else { return Ok(0) };
    let done = format!("{SEALED}{key}:%");
    let mut count = 0;
    macro_rules! reseal {
        ($table:ident, $id:ident, $column:ident, $selected:expr, $what:expr) => {
            let rows: Vec<(String, String)> = $table::table
                .filter($table::$column.not_like(&done))
                .select(($table::$id, $selected))
                .limit(most)
                .load(&mut **tx)?;
            for (id, sealed) in rows {
                let place = Place { what: $what, id: &id };
                let text = keys::open(place, &sealed)?;
                diesel::update($table::table.find(&id))
                    .set($table::$column.eq(keys::seal_file(place, &text)?))
                    .execute(&mut **tx)?;
                count += 1;
            }
        };
    }
    reseal!(access_needs, application_id, needs, access_needs::needs, NEEDS);
    reseal!(run_files, run_id, round_file, run_files::round_file, ROUND_FILE);
    reseal!(run_files, run_id, schedule_file, run_files::schedule_file.assume_not_null(), SCHEDULE_FILE);
    reseal!(repairs, id, round_file, repairs::round_file, REPAIR_FILE);
    reseal!(repair_options, id, schedule_file, repair_options::schedule_file, OPTION_FILE);
    reseal!(webhooks, id, secret, webhooks::secret, WEBHOOK_SECRET);
    reseal!(webhooks, id, former_secret, webhooks::former_secret.assume_not_null(), WEBHOOK_SECRET);
    Ok(count)
}
