//! Who may do what: one table of role, action and reach. Every use case asks it before it does anything.
//!
//! A role without a row for an action may not do it. Reach says on what: [`Reach::Everywhere`] or only on what is the
//! actor's own. Queries that list things put the same reach into their filter, so that foreign rows never leave the
//! database. A credential with scopes may do less than its role. Told in `docs/permissions.md`.

mod actions;
mod actor;
mod scopes;
mod table;

#[cfg(test)]
mod tests;

pub use actions::{Action, Effect};
pub use actor::{Actor, Denied, OnBehalf, Subject, Why};
pub use scopes::{Scope, Scopes};
pub use table::{Reach, Rows, TABLE, reach_of, table};

use super::states::named;

named! {
    /// In what capacity somebody acts.
    Role {
        /// Runs the installation: makes tokens, sees that it works.
        Operator = "operator",
        /// Runs the rounds of the programme.
        Organiser = "organiser",
        /// Runs one round of it.
        RoundOrganiser = "round_organiser",
        /// Looks after the libraries of one or more employers.
        LibraryAdministrator = "library_administrator",
        /// Takes the schedule of the staff of one or more employers.
        Hr = "hr",
        /// Reads what was decided and re-proves it; changes nothing, and sees nobody's name.
        Auditor = "auditor",
        /// Brings mails in, and may do nothing else that not anyone may.
        MailServer = "mail_server",
        /// The line manager of a participant, by a link.
        Manager = "manager",
        /// Receives visitors, by a link.
        HostContact = "host_contact",
        /// Goes, by a link.
        Participant = "participant",
        /// Nobody known: the open sign-up.
        Anyone = "anyone",
        /// The service itself, acting later on what somebody decided.
        System = "system",
    }
}
