//! Vetting: what is kept is the employer's assurance with its end date, never a certificate or its number.
//!
//! Numbers of certificates are long runs of digits (a DBS certificate has twelve, a PVG membership sixteen, an AccessNI
//! certificate ten), or stand behind the name of the scheme. Telephone numbers, days and hours are let through, and short
//! numbers in a row.

use super::fault::Rule;

/// Why such a text is refused.
const RULE: Rule = Rule::of(
    "has what looks like the number of a vetting certificate: please take it out. Nobody here may keep one; the employer's \
     assurance with its end date (`assured_until`) is enough",
);

/// Words behind which a number is that of a certificate.
const SCHEMES: [&str; 9] =
    ["dbs", "pvg", "accessni", "access ni", "disclosure", "garda", "vetting", "nvb", "certificate"];
/// How far behind such a word the number may begin, in characters.
const NEAR: usize = 30;
/// Shortest number that counts behind such a word, in digits; a year is shorter.
const FEWEST_DIGITS: usize = 6;
/// Nobody writes the number of a certificate in shorter groups, but shelf marks and house numbers in a row.
const SHORTEST_GROUP: usize = 3;

/// Whether a text can be kept: no part of it looks like the number of a vetting certificate.
///
/// # Errors
/// The rule, with what to do.
pub fn refuse_certificate_numbers(text: &str) -> Result<(), Rule> {
    let characters: Vec<char> = text.to_lowercase().chars().collect();
    let mut at = 0;
    while at < characters.len() {
        if !characters[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let (end, groups) = groups_from(&characters, at);
        let groups = without_days_and_hours(&groups);
        let digits: usize = groups.iter().map(|group| group.digits.len()).sum();
        let before: String = characters[at.saturating_sub(NEAR)..at].iter().collect();
        let is_foreign = characters[..at].iter().rev().find(|c| **c != '(') == Some(&'+');
        // A part of a longer code, as of an id, is no number by itself.
        let is_part = at > 0 && (characters[at - 1].is_alphanumeric() || characters[at - 1] == '-');
        let bare = matches!(digits, 12 | 16)
            && !is_part
            && groups.iter().all(|group| group.digits.len() >= SHORTEST_GROUP)
            && !groups.iter().all(|group| is_year(&group.digits) || is_day_in_one(&group.digits));
        let named = digits >= FEWEST_DIGITS && SCHEMES.iter().any(|scheme| before.contains(scheme));
        if (bare || named) && !is_foreign {
            return Err(RULE);
        }
        at = end;
    }
    Ok(())
}

/// Digits that stand together, and what parts them from those before.
#[derive(Debug, Clone)]
struct Group {
    parted_by: char,
    digits: String,
}

/// Groups of digits from a place on, with single spaces and hyphens between them, and where they end.
fn groups_from(characters: &[char], from: usize) -> (usize, Vec<Group>) {
    let (mut at, mut groups) = (from, Vec::new());
    let mut group = Group { parted_by: ' ', digits: String::new() };
    while let Some(c) = characters.get(at) {
        match c {
            '0'..='9' => group.digits.push(*c),
            ' ' | '-' if characters.get(at + 1).is_some_and(char::is_ascii_digit) => {
                groups.push(std::mem::replace(&mut group, Group { parted_by: *c, digits: String::new() }));
            }
            _ => break,
        }
        at += 1;
    }
    groups.push(group);
    (at, groups)
}

/// What is left without days (`2028-01-31`, `31-01-2028`, `31 1 2028`) and hours (`0900-1730`).
fn without_days_and_hours(groups: &[Group]) -> Vec<Group> {
    let (mut left, mut rest) = (Vec::new(), groups);
    while let [first, others @ ..] = rest {
        rest = match others {
            [month, last, after @ ..] if is_day(first, month, last) => after,
            [until, after @ ..] if until.parted_by == '-' && is_hour(first) && is_hour(until) => after,
            _ => {
                left.push(first.clone());
                others
            }
        };
    }
    left
}

fn is_day(first: &Group, second: &Group, third: &Group) -> bool {
    let within = |group: &Group, most: u32| {
        group.digits.len() <= 2
            && group.digits.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number))
    };
    let is_month = second.parted_by == third.parted_by && within(second, 12);
    let year_first = is_year(&first.digits) && within(third, 31);
    let year_last = within(first, 31) && is_year(&third.digits);
    is_month && (year_first || year_last)
}

fn is_hour(group: &Group) -> bool {
    let minutes = group.digits.len() == 4 && group.digits.parse::<u32>().is_ok_and(|time| time <= 2400);
    minutes && group.digits[2..].parse::<u32>().is_ok_and(|minute| minute < 60)
}

fn is_year(digits: &str) -> bool {
    digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
}

/// Whether digits are a day without hyphens: `20280131`.
fn is_day_in_one(digits: &str) -> bool {
    digits.len() == 8 && is_year(&digits[..4]) && chrono::NaiveDate::parse_from_str(digits, "%Y%m%d").is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_certificates_are_refused_however_they_are_written() {
        for text in [
            "001234567890",
            "My DBS is 0012 3456 7890, on the update service",
            "0012-3456-7890",
            "PVG 1903190319031903",
            "PVG membership 190319031903",
            "Garda vetting ref. 20231115",
            "AccessNI certificate: 1234567890",
            "Disclosure no 9876543",
            "001-234-567-890",
            "until 2028-01-31: 001234567890",
            "2028-01-31 0012 3456 7890",
            "DBS 12 34 56",
        ] {
            assert_eq!(refuse_certificate_numbers(text), Err(RULE), "{text}");
        }
    }

    #[test]
    fn what_people_write_otherwise_is_let_through() {
        for text in [
            "How students are welcomed",
            "Ring 020 7946 0958 or +44 20 7946 0958 ext. 12, from Ireland 00353 1 234 5678",
            "I am vetted until 2028-01-31 (DBS)",
            "DBS since 2019, renewed 31-01-2024",
            "Shelf 613.7046, ISBN 978-0-14-103613-7",
            "Bus 12, stop 340000123",
            "(+353) 1 234 567 890",
            "Staff 019b2345-1234-7123-a123-123456789012",
            "Shelves 36 37 38 40 41 42",
            "Either 2027-03-01 2027-03-02 or 01-03-2027 02-03-2027",
            "31 1 2027 1 12 2027",
            "I have been here 2021 2022 2023, and 20210104 20211231",
            "0900-1230 1330-1700, or 09:00-12:30 13:30-17:00",
            "DBS from 2026-03-01 2028-03-01, 0900-1700",
        ] {
            assert_eq!(refuse_certificate_numbers(text), Ok(()), "{text}");
        }
    }
}
