//! What a certificate of attendance says.

use chrono::{NaiveDate, NaiveDateTime};

use super::dates::{date, on_date};
use crate::domain::certificate::{Attested, Sheet};
use crate::domain::language::Language;

/// What a certificate is made of.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What the service calls itself.
    pub service: String,
    /// Whose it is.
    pub name: String,
    /// The library that was visited.
    pub host: String,
    /// What the host has marked.
    pub attested: Attested,
    /// What the participant hoped to learn.
    pub objectives: Option<String>,
    /// What the participant says that they will try.
    pub reflection: Option<String>,
    /// When it is issued, in UTC, and which day that is where the host is.
    pub issued: (NaiveDateTime, NaiveDate),
    /// Where anybody sees whether it stands.
    pub url: String,
}

/// A certificate in a language.
pub fn certificate(language: Language, facts: Facts) -> Sheet {
    let english = language == Language::English;
    let say = |english_words: &str, welsh: &str| if english { english_words } else { welsh }.to_owned();
    let Facts { service, name, host, attested, objectives, reflection, issued: (issued_at, issued_on), url } =
        facts;
    let statement = if attested.is_virtual {
        say("took part in a virtual visit to", "wedi cymryd rhan mewn ymweliad rhithwir â")
    } else {
        say("spent a day of exchange at", "wedi treulio diwrnod cyfnewid yn")
    };
    let sections = [
        (say("Objectives", "Amcanion"), objectives),
        (say("What I will try", "Yr hyn y byddaf yn rhoi cynnig arno"), reflection),
    ];
    let marked = say(
        "The host library has recorded that the participant attended.",
        "Mae’r llyfrgell a ymwelwyd â hi wedi cofnodi presenoldeb y cyfranogwr.",
    );
    let issue = match language {
        Language::English => format!("Issued by {service} {}.", on_date(language, issued_on)),
        Language::Welsh => format!("Cyhoeddwyd gan {service} {}.", on_date(language, issued_on)),
    };
    Sheet {
        language,
        title: say("Certificate of attendance", "Tystysgrif presenoldeb"),
        opening: say("This is to certify that", "Tystir drwy hyn fod"),
        name,
        statement,
        host,
        facts: vec![
            (say("Day", "Diwrnod"), date(language, attested.date)),
            (say("Hours", "Oriau"), hours(language, attested)),
        ],
        sections: sections.into_iter().filter_map(|(heading, words)| Some((heading, words?))).collect(),
        issue: vec![marked, issue],
        check: say(
            "Anybody can see whether this certificate is valid: scan the code, or go to",
            "Gall unrhyw un weld a yw’r dystysgrif hon yn ddilys: sganiwch y cod, neu ewch i",
        ),
        url,
        figure: say(
            "QR code with the address at which the certificate can be checked",
            "Cod QR gyda’r cyfeiriad lle gellir gwirio’r dystysgrif",
        ),
        service,
        issued_at,
    }
}

/// `6 hours 30 minutes (09:30 to 16:00)`. After a number Welsh has the singular.
fn hours(language: Language, attested: Attested) -> String {
    let counted = |n: i64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let ((hours, minutes), (from, until)) =
        (attested.length(), (attested.from.format("%H:%M"), attested.until.format("%H:%M")));
    let (hour, minute, span) = match language {
        Language::English => (
            counted(hours, "hour", "hours"),
            counted(minutes, "minute", "minutes"),
            format!("{from} to {until}"),
        ),
        Language::Welsh => {
            (counted(hours, "awr", "awr"), counted(minutes, "munud", "munud"), format!("{from} tan {until}"))
        }
    };
    let length = match (hours, minutes) {
        (0, _) => minute,
        (_, 0) => hour,
        (_, _) => format!("{hour} {minute}"),
    };
    format!("{length} ({span})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_counted() {
        let day = NaiveDate::from_ymd_opt(2027, 3, 1).expect("a date");
        let told = |language, until: &str| {
            let at = |text: &str| text.parse().expect("a time");
            hours(language, Attested { date: day, from: at("09:30:00"), until: at(until), is_virtual: false })
        };
        assert_eq!(told(Language::English, "16:00:00"), "6 hours 30 minutes (09:30 to 16:00)");
        assert_eq!(told(Language::English, "10:30:00"), "1 hour (09:30 to 10:30)");
        assert_eq!(told(Language::English, "09:31:00"), "1 minute (09:30 to 09:31)");
        assert_eq!(told(Language::Welsh, "16:00:00"), "6 awr 30 munud (09:30 tan 16:00)");
    }
}
