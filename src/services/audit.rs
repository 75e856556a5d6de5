//! The audit, for those who may read it.

use super::app::permit_everywhere;
use super::page::{Page, Paged};
use super::{App, AppError};
use crate::domain::ids::AuditId;
use crate::domain::permissions::{Action, Actor};
use crate::store::audit;

pub use crate::store::audit::Entry;

/// A page of entries, oldest first.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn list(app: &App, actor: &Actor, page: &Page<AuditId>) -> Result<Paged<Entry, AuditId>, AppError> {
    permit_everywhere(actor, Action::ReadAudit)?;
    app.store.read(|db| Ok(page.cut(audit::list(db, page.after, page.fetch())?, |entry| entry.id)))
}
