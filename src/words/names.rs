//! What sectors and short answers are called.

use crate::domain::language::Language;
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
