//! Names and words for invented staff, in the demonstration and in rehearsals: none of them anybody's.

const FIRST_NAMES: [&str; 24] = [
    "Amara",
    "Bethan",
    "Callum",
    "Dilys",
    "Emeka",
    "Farida",
    "Gwen",
    "Hamish",
    "Imogen",
    "Jaswinder",
    "Kofi",
    "Leila",
    "Marged",
    "Niamh",
    "Owain",
    "Priya",
    "Quentin",
    "Rosa",
    "Siobhán",
    "Tomasz",
    "Una",
    "Vikram",
    "Winifred",
    "Zoë",
];
const LAST_NAMES: [&str; 23] = [
    "Adeyemi",
    "Bowen",
    "Clarke",
    "Dhillon",
    "Ellis",
    "Fraser",
    "Griffiths",
    "Hughes",
    "Ibrahim",
    "Jarvis",
    "Kaur",
    "Lloyd",
    "Mensah",
    "Nowak",
    "O’Neill",
    "Patel",
    "Quayle",
    "Rees",
    "Shah",
    "Thomas",
    "Underhill",
    "Vaughan",
    "Wójcik",
];
/// Roles in words.
pub(super) const ROLES: [&str; 8] = [
    "library assistant",
    "children’s librarian",
    "subject librarian",
    "school librarian",
    "archivist",
    "systems librarian",
    "outreach librarian",
    "clinical librarian",
];
/// What a visitor can learn; the first four and the last four go together.
pub(super) const TOPICS: [&str; 8] = [
    "reading-groups",
    "information-literacy",
    "makerspace",
    "local-history",
    "open-access",
    "story-time",
    "health-information",
    "digital-skills",
];
/// What people hope to learn.
pub(super) const OBJECTIVES: [&str; 4] = [
    "How you bring in people who never come.",
    "What you do at the desk that we do online.",
    "How you teach searching to newcomers.",
    "Which events you run with hardly any money.",
];

/// A name; the first 552 differ, because 24 and 23 have no common divisor.
pub(super) fn full_name(index: usize) -> String {
    let (first, last) = (FIRST_NAMES[index % FIRST_NAMES.len()], LAST_NAMES[index % LAST_NAMES.len()]);
    format!("{first} {last}")
}

/// The part of a mail address before the @ for a name: letters of ASCII with a dot between.
pub(super) fn local_part(name: &str) -> String {
    name.chars()
        .filter_map(|c| match c {
            'á' => Some('a'),
            'ë' | 'é' => Some('e'),
            'ó' => Some('o'),
            '’' => None,
            ' ' => Some('.'),
            other => Some(other.to_ascii_lowercase()),
        })
        .collect()
}

/// The mail domain of an invented staff's employer: under `.example`, which belongs to nobody (RFC 2606).
pub(super) fn domain_of(employer: &str) -> String {
    let words: Vec<String> = employer
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let mut label = words.join("-");
    label.truncate(60);
    format!("{}.example", label.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_label_under_example() {
        assert_eq!(domain_of("Gloucester's & Co. (NHS)"), "gloucester-s-co-nhs.example");
        assert!(crate::domain::email::is_domain(&domain_of(&"very long name ".repeat(9))));
    }
}
