//! Strict reading of JSON: every fault of a document at once, each with its pointer.
//!
//! [`parse`] checks the syntax and keeps the text; [`At`] is a place in that text that knows its pointer and reports
//! what is wrong there. Lists and objects are gone through element by element, never held as a tree, so that a hostile
//! document costs little more memory than its own length. Readers return `None` after they reported, so that the
//! reading of the other parts goes on.

mod value;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveTime};

use super::fault::{Fault, Faults, Rule, maybe};
pub use value::{Json, Kind, parse};

/// Reads `YYYY-MM-DD`.
///
/// # Errors
/// Another shape, or a day that does not exist.
pub fn parse_date(text: &str) -> Result<NaiveDate, Rule> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(n, byte)| match n {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shape {
        return Err(Rule::of("must be a date like 2027-03-01"));
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| Rule::of("there is no such day"))
}

/// Reads `HH:MM`, a time of day.
///
/// # Errors
/// Another shape, or a time that does not exist.
pub fn parse_time(text: &str) -> Result<NaiveTime, Rule> {
    let shape = text.len() == 5
        && text
            .bytes()
            .enumerate()
            .all(|(n, byte)| if n == 2 { byte == b':' } else { byte.is_ascii_digit() });
    let read = if shape { NaiveTime::parse_from_str(text, "%H:%M").ok() } else { None };
    read.ok_or(Rule::of("must be a time of day like 09:30"))
}

/// Reads bytes as one document by a reader of its root; a document that is no JSON has one fault.
///
/// # Errors
/// Every fault of the document.
pub fn read_document<T>(bytes: &[u8], read: impl FnOnce(&At<'_>) -> Option<T>) -> Result<T, Vec<Fault>> {
    let faults = Faults::none();
    let value = match parse(bytes) {
        Ok(json) => read(&At::root(json, &faults)),
        Err(words) => {
            faults.add("", "", format!("is no JSON: {words}"));
            None
        }
    };
    faults.into_result(value)
}

/// The way to a place: its key or number in what stands around it.
#[derive(Debug)]
struct Step<'a> {
    from: Option<Rc<Step<'a>>>,
    key: Key<'a>,
}

#[derive(Debug)]
enum Key<'a> {
    Name(Cow<'a, str>),
    Number(usize),
}

/// A place in a document being read.
#[derive(Debug, Clone)]
pub struct At<'a> {
    json: Json<'a>,
    way: Option<Rc<Step<'a>>>,
    faults: &'a Faults,
}

impl<'a> At<'a> {
    /// The whole document.
    pub fn root(json: Json<'a>, faults: &'a Faults) -> Self {
        Self { json, way: None, faults }
    }

    /// The value at this place.
    pub fn json(&self) -> Json<'a> {
        self.json
    }

    /// The JSON pointer of this place.
    pub fn pointer(&self) -> String {
        let mut keys = Vec::new();
        let mut step = self.way.as_ref();
        while let Some(Step { from, key }) = step.map(Rc::as_ref) {
            keys.push(match key {
                Key::Name(name) => name.replace('~', "~0").replace('/', "~1"),
                Key::Number(number) => number.to_string(),
            });
            step = from.as_ref();
        }
        keys.iter().rev().fold(String::new(), |pointer, key| pointer + "/" + key)
    }

    /// Where faults of this document are reported.
    pub fn faults(&self) -> &'a Faults {
        self.faults
    }

    /// Reports that the value here breaks a rule.
    pub fn fault(&self, rule: impl fmt::Display) {
        // Working out pointers and values for faults that nobody will read would let a document cost what it likes.
        if self.faults.is_full() {
            self.faults.add("", "", "");
        } else {
            self.faults.add(self.pointer(), self.json, rule);
        }
    }

    fn wrong<T>(&self, rule: impl fmt::Display) -> Option<T> {
        self.fault(rule);
        None
    }

    fn child(&self, key: Key<'a>, json: Json<'a>) -> Self {
        Self { json, way: Some(Rc::new(Step { from: self.way.clone(), key })), faults: self.faults }
    }

    /// " (maybe `x`)" when one of the known names is close to what was written, else nothing.
    pub fn maybe<'n>(&self, written: &str, known: impl IntoIterator<Item = &'n str>) -> String {
        /// Whoever has more faults than this has another problem than misspelling.
        const MOST_SUGGESTIONS: usize = 100;
        if self.faults.len() < MOST_SUGGESTIONS { maybe(written, known) } else { String::new() }
    }

    /// An object with no other members than `known`; unknown and repeated ones are reported.
    pub fn object(&self, known: &[&str]) -> Option<Object<'a>> {
        let mut members: Vec<(Cow<'a, str>, Json<'a>)> = Vec::new();
        self.each_member(|key, json| {
            let stands = members.iter().any(|(before, _)| *before == key);
            if known.contains(&key.as_ref()) && !stands {
                members.push((key, json));
                return;
            }
            let place = self.child(Key::Name(key.clone()), json);
            if stands {
                place.fault(TWICE);
            } else {
                place.fault(format!("unknown field{}", self.maybe(&key, known.iter().copied())));
            }
        })?;
        Some(Object { at: self.clone(), members })
    }

    /// An object used as a table: goes through every key with its place; repeated keys are reported.
    pub fn table(&self, mut read: impl FnMut(&str, &At<'a>)) -> Option<()> {
        let mut seen = HashSet::new();
        self.each_member(|key, json| {
            let place = self.child(Key::Name(key.clone()), json);
            if seen.contains(&key) {
                place.fault(TWICE);
            }
            read(&key, &place);
            seen.insert(key);
        })
    }

    /// A table read into pairs; `None` where any member was refused.
    pub fn table_of<T, C: Extend<T> + Default>(
        &self,
        mut read: impl FnMut(&str, &At<'a>) -> Option<T>,
    ) -> Option<C> {
        let (mut rows, mut is_whole) = (C::default(), true);
        self.table(|key, at| match read(key, at) {
            Some(row) => rows.extend([row]),
            None => is_whole = false,
        })?;
        is_whole.then_some(rows)
    }

    fn each_member(&self, take: impl FnMut(Cow<'a, str>, Json<'a>)) -> Option<()> {
        if self.json.kind() != Kind::Object {
            return self.wrong("must be an object");
        }
        match self.json.each_member(take) {
            Ok(()) => Some(()),
            Err(error) => self.wrong(format!("is no JSON: {error}")),
        }
    }

    /// The member of an object, if there is one; reports nothing.
    pub fn peek(&self, key: &str) -> Option<At<'a>> {
        let mut found = None;
        if self.json.kind() == Kind::Object {
            let take = |name: Cow<'a, str>, json| {
                if found.is_none() && name == key {
                    found = Some(self.child(Key::Name(name), json));
                }
            };
            self.json.each_member(take).ok()?;
        }
        found
    }

    /// How many elements the array here has.
    pub fn count(&self) -> Option<usize> {
        let mut count = 0;
        self.each_element(|_| count += 1)?;
        Some(count)
    }

    fn each_element(&self, take: impl FnMut(Json<'a>)) -> Option<()> {
        if self.json.kind() != Kind::List {
            return self.wrong("must be an array");
        }
        match self.json.each_element(take) {
            Ok(()) => Some(()),
            Err(error) => self.wrong(format!("is no JSON: {error}")),
        }
    }

    /// Goes through the elements of an array, each with its place.
    pub fn each(&self, mut take: impl FnMut(&At<'a>)) -> Option<()> {
        let mut number = 0;
        self.each_element(|json| {
            take(&self.child(Key::Number(number), json));
            number += 1;
        })
    }

    /// An array, each element with its place: for short ones.
    pub fn list(&self) -> Option<Vec<At<'a>>> {
        let mut places = Vec::new();
        self.each(|at| places.push(at.clone()))?;
        Some(places)
    }

    /// An array of exactly `N` elements; else reports the rule.
    pub fn tuple<const N: usize>(&self, rule: &str) -> Option<[At<'a>; N]> {
        // Counted first, lest a long one be held.
        if self.count()? != N {
            return self.wrong(rule);
        }
        self.list()?.try_into().ok()
    }

    /// An array read element by element; `None` where any element was refused.
    pub fn list_of<T>(&self, mut read: impl FnMut(&At<'a>) -> Option<T>) -> Option<Vec<T>> {
        // Room for all, but never eight times the text: a value needs more text than that.
        let most = 8 * self.json.as_str().len() / size_of::<T>().max(1);
        let (mut values, mut is_whole) = (Vec::with_capacity(self.count()?.min(most)), true);
        self.each(|at| match read(at) {
            Some(value) => values.push(value),
            None => is_whole = false,
        })?;
        is_whole.then_some(values)
    }

    /// A string.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        if self.json.kind() != Kind::Text {
            return self.wrong("must be a string");
        }
        let text = self.json.text();
        if text.is_none() {
            self.fault("has half a surrogate pair, which is no character");
        }
        text
    }

    /// A string parsed into a domain value; the value's own rule is reported.
    pub fn parse<T: FromStr<Err = Rule>>(&self) -> Option<T> {
        match self.text()?.parse() {
            Ok(value) => Some(value),
            Err(rule) => self.wrong(rule),
        }
    }

    /// A date, `YYYY-MM-DD`.
    pub fn date(&self) -> Option<NaiveDate> {
        match parse_date(&self.text()?) {
            Ok(date) => Some(date),
            Err(rule) => self.wrong(rule),
        }
    }

    /// `true` or `false`.
    pub fn boolean(&self) -> Option<bool> {
        match self.json.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => self.wrong("must be true or false"),
        }
    }

    /// The number here, if it is one that 64 bits can hold.
    fn any_number(&self) -> Option<serde_json::Number> {
        if self.json.kind() == Kind::Number { serde_json::from_str(self.json.as_str()).ok() } else { None }
    }

    /// A whole number within bounds. `3.0` is whole, as in JSON Schema.
    pub fn integer(&self, bounds: RangeInclusive<i64>) -> Option<i64> {
        let whole = |number: serde_json::Number| match number.as_i64() {
            Some(whole) => Some(whole),
            // A float that prints without fraction is whole; text keeps this free of rounding casts.
            None => format!("{}", number.as_f64()?).parse().ok(),
        };
        match self.any_number().and_then(whole) {
            Some(value) if bounds.contains(&value) => Some(value),
            Some(_) | None => {
                self.wrong(format!("must be a whole number from {} to {}", bounds.start(), bounds.end()))
            }
        }
    }

    /// A finite number within bounds.
    pub fn number(&self, bounds: RangeInclusive<f64>) -> Option<f64> {
        match self.any_number().and_then(|number| number.as_f64()) {
            Some(value) if bounds.contains(&value) => Some(value),
            Some(_) | None => {
                self.wrong(format!("must be a number from {} to {}", bounds.start(), bounds.end()))
            }
        }
    }
}

const TWICE: &str = "this key stands here twice";

/// The members of an object being read. `null` is the same as absent.
#[derive(Debug, Clone)]
pub struct Object<'a> {
    at: At<'a>,
    members: Vec<(Cow<'a, str>, Json<'a>)>,
}

impl<'a> Object<'a> {
    /// The place of the object itself.
    pub fn at(&self) -> &At<'a> {
        &self.at
    }

    /// A member that may be absent or null.
    pub fn optional(&self, key: &str) -> Option<At<'a>> {
        self.present(key).filter(|at| at.json.kind() != Kind::Null)
    }

    /// A member that may be absent; null is a value.
    pub fn present(&self, key: &str) -> Option<At<'a>> {
        let member = self.members.iter().find(|(name, _)| name == key);
        member.map(|(name, json)| self.at.child(Key::Name(name.clone()), *json))
    }

    /// A member that must be there; its absence is reported.
    pub fn required(&self, key: &str) -> Option<At<'a>> {
        let found = self.optional(key);
        if found.is_none() {
            self.at.faults.add(format!("{}/{key}", self.at.pointer()), "", "is required");
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str, read: impl Fn(&At<'_>)) -> Vec<String> {
        let json = parse(text.as_bytes()).expect("JSON");
        let faults = Faults::none();
        read(&At::root(json, &faults));
        faults.into_result(None::<()>).expect_err("faults").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn unknown_repeated_and_missing_members_are_all_reported() {
        let found = faults(r#"{"nam": 1, "b": 2, "b": 3}"#, |at| {
            let object = at.object(&["name", "b"]).expect("an object");
            object.required("name");
        });
        assert_eq!(
            found,
            [
                "/nam: 1: unknown field (maybe `name`)",
                "/b: 3: this key stands here twice",
                "/name: is required",
            ]
        );
    }

    #[test]
    fn a_key_with_slash_and_tilde_is_escaped_in_its_pointer() {
        let numbers = |at: &At<'_>| {
            at.table(|_, place| {
                place.integer(0..=3);
            });
        };
        assert_eq!(
            faults(r#"{"a/b~c": "x"}"#, numbers),
            ["/a~1b~0c: \"x\": must be a whole number from 0 to 3"]
        );
        // The same key, spelt in two ways.
        assert_eq!(faults(r#"{"a": 1, "\u0061": 2}"#, numbers), ["/a: 2: this key stands here twice"]);
    }

    #[test]
    fn invalid_utf8_and_broken_json_are_refused_with_their_place() {
        assert!(parse(b"\"\xff\"").expect_err("refused").contains("byte 1"));
        assert!(parse(b"{\"a\": }").expect_err("refused").contains("line 1 column 7"));
    }

    #[test]
    fn half_a_surrogate_pair_is_refused_where_it_stands() {
        let texts = |at: &At<'_>| {
            at.list_of(At::text);
        };
        let found = faults(r#"["\ud83d\ude00", "\ud83d", "\udc00x"]"#, texts);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("/1: ") && found[0].contains("surrogate"), "{found:?}");
        let found = faults(r#"{"\ud83d": 1}"#, |at| {
            at.table(|_, _| {});
        });
        assert!(found[0].contains("is no JSON"), "{found:?}");
    }

    #[test]
    fn a_whole_float_is_a_whole_number_and_a_fraction_is_not() {
        let json = parse(b"[3.0, 3.5, -1, 1e400, 1e2, 18446744073709551615]").expect("JSON");
        let faults = Faults::none();
        let mut read = Vec::new();
        At::root(json, &faults).each(|at| read.push(at.integer(0..=100))).expect("a list");
        assert_eq!(read, [Some(3), None, None, None, Some(100), None]);
        assert_eq!(faults.len(), 4);
    }

    #[test]
    fn the_first_thousand_faults_are_kept_and_the_rest_is_counted() {
        let document = format!("[{}0]", "\"x\",".repeat(2_500));
        let found = faults(&document, |at| {
            at.list_of(|at| at.integer(0..=9));
        });
        assert_eq!(found.len(), 1_001);
        assert_eq!(found[1_000], "/: 1500 more faults are not shown");
    }
}
