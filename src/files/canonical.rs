//! The canonical form of a round and its hash (docs/files.md): RFC 8785, defaults filled in, nulls dropped but
//! `rules.balance`, arrays sorted by their elements' bytes where their order means nothing.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::round::{Hours, Minutes, Round};

/// JSON by RFC 8785 (JCS). Values made here are finite and in range, so that it cannot fail.
pub(super) fn to_rfc8785(value: &Value) -> String {
    serde_json_canonicalizer::to_string(value).unwrap_or_default()
}

/// `HH:MM`; 24:00 for the end of the day.
pub fn clock_time(minutes: Minutes) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Sorts an array by the canonical bytes of its elements.
fn sorted(values: impl IntoIterator<Item = Value>) -> Value {
    let mut keyed: Vec<(String, Value)> =
        values.into_iter().map(|value| (to_rfc8785(&value), value)).collect();
    keyed.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    Value::Array(keyed.into_iter().map(|(_, value)| value).collect())
}

fn texts(values: &[String]) -> Value {
    sorted(values.iter().map(|text| json!(text)))
}

fn counts(table: &BTreeMap<NaiveDate, i64>) -> Value {
    Value::Object(table.iter().map(|(date, count)| (date.to_string(), json!(count))).collect())
}

fn hours(table: &Hours) -> Value {
    let row = |(date, (from, to)): (&NaiveDate, &(Minutes, Minutes))| {
        (date.to_string(), json!([clock_time(*from), clock_time(*to)]))
    };
    Value::Object(table.iter().map(row).collect())
}

fn dates(list: &[NaiveDate]) -> Value {
    sorted(list.iter().map(|date| json!(date.to_string())))
}

/// Adds a member unless it is absent.
fn put(object: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), value);
    }
}

fn name(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| json!(text))
}

impl Round {
    /// The canonical value: defaults filled in, arrays sorted.
    fn to_value(&self) -> Value {
        let mut round = Map::new();
        round.insert("format".to_owned(), json!("library-swap/round"));
        round.insert("version".to_owned(), json!(1));
        put(&mut round, "name", name(&self.name));
        round.insert("timezone".to_owned(), json!(self.time_zone.name()));
        round.insert("dates".to_owned(), dates(&self.dates));
        round.insert("rules".to_owned(), self.rules.to_value());
        round.insert(
            "employer_groups".to_owned(),
            sorted(self.employer_groups.iter().map(|group| texts(group))),
        );
        round.insert("partners".to_owned(), sorted(self.partners.iter().map(|pair| texts(pair))));
        let libraries = self.libraries.iter().map(|library| {
            let mut object = Map::new();
            object.insert("id".to_owned(), json!(library.id));
            put(&mut object, "name", name(&library.name));
            object.insert("sectors".to_owned(), texts(&library.sectors));
            object.insert("employers".to_owned(), texts(&library.employers));
            put(&mut object, "latitude", library.point.map(|(latitude, _)| json!(latitude)));
            put(&mut object, "longitude", library.point.map(|(_, longitude)| json!(longitude)));
            object.insert("topics".to_owned(), texts(&library.topics));
            object.insert("access".to_owned(), texts(&library.access));
            object.insert("vetting_required".to_owned(), json!(library.vetting_required));
            object.insert("escorts_visitors".to_owned(), json!(library.escorts_visitors));
            object.insert("hosting".to_owned(), counts(&library.hosting));
            put(&mut object, "hosting_limit", library.hosting_limit.map(|limit| json!(limit)));
            object.insert("release".to_owned(), counts(&library.release));
            object.insert("hours".to_owned(), hours(&library.hours));
            Value::Object(object)
        });
        round.insert("libraries".to_owned(), sorted(libraries));
        let staff = self.staff.iter().map(|person| {
            let mut object = Map::new();
            object.insert("id".to_owned(), json!(person.id));
            object.insert("home".to_owned(), json!(person.home));
            object.insert("dates".to_owned(), dates(&person.dates));
            object.insert("hours".to_owned(), hours(&person.hours));
            object.insert("max_km".to_owned(), json!(person.max_km));
            let origin = person
                .origin
                .map(|(latitude, longitude)| json!({ "latitude": latitude, "longitude": longitude }));
            put(&mut object, "origin", origin);
            object.insert("sectors".to_owned(), json!(person.sectors));
            object.insert("topics".to_owned(), texts(&person.topics));
            object.insert("needs".to_owned(), texts(&person.needs));
            put(&mut object, "assured_until", person.assured_until.map(|date| json!(date.to_string())));
            object.insert("visited".to_owned(), texts(&person.visited));
            object.insert("avoid".to_owned(), texts(&person.avoid));
            object.insert("priority".to_owned(), json!(person.priority));
            Value::Object(object)
        });
        round.insert("staff".to_owned(), sorted(staff));
        let locks = self.locks.iter().map(|lock| {
            let mut object = Map::new();
            object.insert("staff".to_owned(), json!(lock.staff));
            object.insert("host".to_owned(), json!(lock.host));
            object.insert("date".to_owned(), json!(lock.date.to_string()));
            put(&mut object, "override", lock.override_reason.as_ref().map(|reason| json!(reason)));
            Value::Object(object)
        });
        round.insert("locks".to_owned(), sorted(locks));
        let forbidden = self.forbidden.iter().map(|pair| {
            let mut object = Map::new();
            object.insert("staff".to_owned(), json!(pair.staff));
            object.insert("host".to_owned(), json!(pair.host));
            put(&mut object, "date", pair.date.map(|date| json!(date.to_string())));
            Value::Object(object)
        });
        round.insert("forbidden".to_owned(), sorted(forbidden));
        Value::Object(round)
    }

    /// The canonical text: the same for every way of writing the same round.
    pub fn canonical(&self) -> String {
        to_rfc8785(&self.to_value())
    }

    /// Lower-case hexadecimal SHA-256 of the canonical text: what a schedule names its round by.
    pub fn sha256(&self) -> String {
        sha256_hex(self.canonical().as_bytes())
    }
}

/// A file's text for people and programs: its format and version, then its members in their fixed order.
///
/// Members are texts, integers and finite numbers: writing them into a String cannot fail.
pub(super) fn to_file<T: Serialize>(format: &str, members: &T) -> String {
    #[derive(Serialize)]
    struct File<'a, T> {
        format: &'a str,
        version: u32,
        #[serde(flatten)]
        members: &'a T,
    }
    let mut text = serde_json::to_string_pretty(&File { format, version: 1, members }).unwrap_or_default();
    text.push('\n');
    text
}

/// Lower-case hexadecimal SHA-256.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
