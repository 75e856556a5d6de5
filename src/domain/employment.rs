//! Employments: that a person works for an employer, as the employer's list of staff says.

use chrono::NaiveDate;

use super::email::Email;
use super::ids::{EmployerId, EmploymentId, LibraryId, PersonId};
use super::pattern::Pattern;

/// One person's work for one employer. A person may have several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employment {
    /// Its identity.
    pub id: EmploymentId,
    /// Who works.
    pub person: PersonId,
    /// For whom.
    pub employer: EmployerId,
    /// By which the employer knows the person; unique with the employer.
    pub external_id: String,
    /// Where they usually work, if the list tells.
    pub home_library: Option<LibraryId>,
    /// Whom the list names as their line manager.
    pub manager_email: Option<Email>,
    /// When they work, if the list tells.
    pub pattern: Option<Pattern>,
    /// From when on they no longer work there.
    pub left_on: Option<NaiveDate>,
}
