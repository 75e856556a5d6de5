//! The certificate of attendance: when there can be one, what it says, and whether it stands.
//!
//! A certificate is told by a code that nobody can guess. Only a hash of it is kept, so that whoever reads the database
//! cannot print what would be found valid.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::attendance::{Attendance, AttendanceKind};
use super::fault::Rule;
use super::ids::{CertificateId, PlacementId};
use super::language::Language;
use super::placement::Placement;
use super::refusal::{Refusal, RefusalCode};
use super::states::{PlacementState, named};
use super::steps::Deed;

/// Digits of a code: 128 bits.
const DIGITS: usize = 32;
/// Digits between two hyphens, where a code is written for people.
const GROUP: usize = 8;

/// The code of a certificate: 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// The digits.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl FromStr for Code {
    type Err = Rule;

    /// Hyphens, spaces and capitals do not matter: people type codes from paper.
    fn from_str(text: &str) -> Result<Self, Rule> {
        let rule = || Rule::new(format!("must be the {DIGITS} digits and letters a to f of a certificate"));
        // Nobody types ten times as many signs as there are digits.
        if text.len() > DIGITS * 10 {
            return Err(rule());
        }
        let digits: String = text
            .chars()
            .filter(|c| *c != '-' && !c.is_whitespace())
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let is_code = digits.len() == DIGITS && digits.chars().all(|c| c.is_ascii_hexdigit());
        if is_code { Ok(Self(digits)) } else { Err(rule()) }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, digit) in self.0.chars().enumerate() {
            if n > 0 && n % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

named! {
    /// What is told of a certificate to whoever has its code, and nothing more.
    Standing {
        /// It was issued here, and what it says is so.
        Valid = "valid",
        /// It was issued here, and does not count any more.
        Revoked = "revoked",
        /// No such certificate was issued here.
        Unknown = "unknown",
    }
}

/// A certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Its identity.
    pub id: CertificateId,
    /// Of which day.
    pub placement: PlacementId,
    /// In which language.
    pub language: Language,
    /// Until when it says that the visitor was there, local to the host.
    pub until: NaiveTime,
    /// When it was issued, in UTC.
    pub issued_at: NaiveDateTime,
    /// When it was taken back for good, in UTC: the person was erased.
    pub revoked_at: Option<NaiveDateTime>,
}

impl Issued {
    /// Whether what it says is still what the host has marked.
    pub fn standing(&self, placement: &Placement, known: Option<Attendance>) -> Standing {
        let stands = self.revoked_at.is_none() && placement.attended_until(known) == Some(self.until);
        if stands { Standing::Valid } else { Standing::Revoked }
    }
}

/// What a host has marked of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attested {
    /// The day.
    pub date: NaiveDate,
    /// From, local to the host.
    pub from: NaiveTime,
    /// Until, local to the host: when the visitor left, where that was early.
    pub until: NaiveTime,
    /// Whether nobody travelled.
    pub is_virtual: bool,
}

impl Attested {
    /// Hours and minutes.
    pub fn length(&self) -> (i64, i64) {
        let minutes = (self.until - self.from).num_minutes();
        (minutes / 60, minutes % 60)
    }
}

impl Placement {
    /// Until when the visitor was there, where the host has marked that they came.
    pub fn attended_until(&self, known: Option<Attendance>) -> Option<NaiveTime> {
        if self.state != PlacementState::Completed {
            return None;
        }
        known.and_then(|known| match known.kind {
            AttendanceKind::Arrived => Some(self.ends),
            AttendanceKind::LeftEarly => known.left_at,
            AttendanceKind::DidNotCome | AttendanceKind::Ill | AttendanceKind::NotRecorded => None,
        })
    }

    /// What a certificate of the day says; `now` by the host's clock.
    ///
    /// # Errors
    /// `too-early` before the end of the visit, while the day stands; `placement-state` where it does not, and until the
    /// host has marked that the visitor came.
    pub fn certify(&self, known: Option<Attendance>, now: NaiveDateTime) -> Result<Attested, Refusal> {
        if self.state.is_live() && now < self.finishes() {
            let words = format!(
                "the visit ends at {} on {}: there is a certificate after it, once the host has marked that the visitor \
                 came",
                self.ends.format("%H:%M"),
                self.date
            );
            return Err(Refusal::new(RefusalCode::TooEarly, words));
        }
        let unmarked = || {
            let words = "the host has not marked that the visitor came: a certificate needs that mark, which can still \
                         be made";
            Refusal::new(RefusalCode::PlacementState, words)
        };
        if self.state == PlacementState::Confirmed {
            return Err(unmarked());
        }
        self.next(Deed::Certify, "certified")?;
        let until = self.attended_until(known).ok_or_else(unmarked)?;
        Ok(Attested { date: self.date, from: self.starts, until, is_virtual: self.terms.is_virtual })
    }
}

/// A certificate in words, ready to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The language of everything that the service says.
    pub language: Language,
    /// What the service calls itself.
    pub service: String,
    /// *Certificate of attendance*.
    pub title: String,
    /// What stands before the name.
    pub opening: String,
    /// Whose it is.
    pub name: String,
    /// What stands between name and host.
    pub statement: String,
    /// The library that was visited.
    pub host: String,
    /// Names and values: the day, the hours.
    pub facts: Vec<(String, String)>,
    /// Headings and what people have written under them.
    pub sections: Vec<(String, String)>,
    /// Who has marked the attendance, and when the certificate was issued.
    pub issue: Vec<String>,
    /// What stands before the address.
    pub check: String,
    /// Where anybody sees whether it stands.
    pub url: String,
    /// What the picture of the address is, for those who do not see it.
    pub figure: String,
    /// When it was issued, in UTC.
    pub issued_at: NaiveDateTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code: Code = "0123456789abcdef0123456789abcdef".parse().expect("a code");
        assert_eq!(code.to_string(), "01234567-89abcdef-01234567-89abcdef");
        for typed in ["01234567-89abcdef-01234567-89abcdef", " 01234567 89ABCDEF 0123456789abcdef\n"] {
            assert_eq!(typed.parse(), Ok(code.clone()), "{typed:?}");
        }
        let long = "-".repeat(10_000);
        let almost = "0123456789abcdef0123456789abcde";
        for wrong in ["", "0", almost, "0123456789abcdef0123456789abcdeg", &format!("{almost}ff"), &long] {
            assert!(wrong.parse::<Code>().is_err(), "{wrong:?}");
        }
    }
}
