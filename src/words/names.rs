//! What sectors, roles and short answers are called.

use crate::domain::language::Language;
use crate::domain::permissions::Role;
use crate::domain::sector::Sector;

/// That a field of a joining pack which is nothing but a yes says so.
pub const fn yes(language: Language) -> &'static str {
    match language {
        Language::English => "yes",
        Language::Welsh => "ydynt",
    }
}

/// A sector, as an adjective: "the … sector".
pub const fn sector(language: Language, sector: Sector) -> &'static str {
    match (language, sector) {
        (Language::English, _) => sector.as_str(),
        (Language::Welsh, Sector::Public) => "cyhoeddus",
        (Language::Welsh, Sector::Academic) => "academaidd",
        (Language::Welsh, Sector::School) => "ysgolion",
        (Language::Welsh, Sector::Specialist) => "arbenigol",
    }
}

/// In what role somebody works here, in the middle of a sentence.
pub const fn role(language: Language, role: Role) -> &'static str {
    match (language, role) {
        (Language::English, Role::Operator) => "operator",
        (Language::English, Role::Organiser) => "organiser",
        (Language::English, Role::RoundOrganiser) => "organiser of a round",
        (Language::English, Role::LibraryAdministrator) => "library administrator",
        (Language::English, Role::Hr) => "HR",
        (Language::English, Role::Auditor) => "auditor",
        (Language::English, Role::MailServer) => "mail server",
        (Language::English, Role::Manager) => "line manager",
        (Language::English, Role::HostContact) => "host",
        (Language::English, Role::Participant) => "participant",
        (Language::English, Role::Anyone) => "nobody known",
        (Language::English, Role::System) => "the service",
        (Language::Welsh, Role::Operator) => "gweithredwr",
        (Language::Welsh, Role::Organiser) => "trefnydd",
        (Language::Welsh, Role::RoundOrganiser) => "trefnydd rownd",
        (Language::Welsh, Role::LibraryAdministrator) => "gweinyddwr llyfrgell",
        (Language::Welsh, Role::Hr) => "Adnoddau Dynol",
        (Language::Welsh, Role::Auditor) => "archwilydd",
        (Language::Welsh, Role::MailServer) => "gweinydd post",
        (Language::Welsh, Role::Manager) => "rheolwr llinell",
        (Language::Welsh, Role::HostContact) => "gwesteiwr",
        (Language::Welsh, Role::Participant) => "cyfranogwr",
        (Language::Welsh, Role::Anyone) => "neb hysbys",
        (Language::Welsh, Role::System) => "y gwasanaeth",
    }
}
