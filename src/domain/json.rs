//! Strict reading of JSON: every fault of a document at once, each with its pointer.
//!
//! [`parse`] keeps repeated keys (serde would keep the last one silently); [`At`] is a place in the document that
//! knows its pointer and reports what is wrong there. Readers return `None` after they reported, so that the
//! reading of the other parts goes on.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use chrono::NaiveDate;

use super::fault::{Fault, Faults, Rule, maybe};

/// A JSON value with its keys as written, repeated ones too.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number without fraction or exponent that fits 64 bits.
    Integer(i64),
    /// Any other number; always finite.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Node>),
    /// An object, its members in the order written.
    Object(Vec<(String, Node)>),
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Null => f.write_str("null"),
            Node::Bool(b) => write!(f, "{b}"),
            Node::Integer(n) => write!(f, "{n}"),
            Node::Number(x) => write!(f, "{x}"),
            Node::Text(text) => write!(f, "\"{text}\""),
            Node::List(items) => write!(f, "a list of {}", items.len()),
            Node::Object(_) => f.write_str("an object"),
        }
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Node, E> {
        i64::try_from(value).map(Node::Integer).or_else(|_| {
            value.to_string().parse().map(Node::Number).map_err(|_| E::custom("number out of range"))
        })
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Node::Object(object))
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

/// Reads bytes as one JSON document.
///
/// # Errors
/// What is no JSON (RFC 8259) or no UTF-8, with line and column.
pub fn parse(bytes: &[u8]) -> Result<Node, String> {
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(format!("not UTF-8: byte {} does not begin a character", error.valid_up_to()));
    }
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

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

/// Reads bytes as one document by a reader of its root; a document that is no JSON has one fault.
///
/// # Errors
/// Every fault of the document.
pub fn read_document<T>(bytes: &[u8], read: impl FnOnce(&At<'_>) -> Option<T>) -> Result<T, Vec<Fault>> {
    let faults = Faults::none();
    let value = match parse(bytes) {
        Ok(node) => read(&At::root(&node, &faults)),
        Err(words) => {
            faults.add("", "", format!("is no JSON: {words}"));
            None
        }
    };
    faults.into_result(value)
}

/// A place in a document being read.
#[derive(Debug, Clone)]
pub struct At<'a> {
    node: &'a Node,
    pointer: String,
    faults: &'a Faults,
}

impl<'a> At<'a> {
    /// The whole document.
    pub fn root(node: &'a Node, faults: &'a Faults) -> Self {
        Self { node, pointer: String::new(), faults }
    }

    /// The value at this place.
    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// The JSON pointer of this place.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Reports that the value here breaks a rule.
    pub fn fault(&self, rule: impl fmt::Display) {
        self.faults.add(self.pointer.clone(), self.node, rule);
    }

    fn wrong<T>(&self, rule: impl fmt::Display) -> Option<T> {
        self.fault(rule);
        None
    }

    fn child(&self, key: &str, node: &'a Node) -> Self {
        let key = key.replace('~', "~0").replace('/', "~1");
        Self { node, pointer: format!("{}/{key}", self.pointer), faults: self.faults }
    }

    /// An object with no other members than `known`; unknown and repeated ones are reported.
    pub fn object(&self, known: &[&str]) -> Option<Object<'a>> {
        let members = self.members()?;
        for (key, value) in members {
            if !known.contains(&key.as_str()) {
                self.child(key, value).fault(format!("unknown field{}", maybe(key, known.iter().copied())));
            }
        }
        Some(Object { at: self.clone(), members })
    }

    /// An object used as a table: every key with its place; repeated keys are reported.
    pub fn table(&self) -> Option<Vec<(&'a str, At<'a>)>> {
        let members = self.members()?;
        Some(members.iter().map(|(key, value)| (key.as_str(), self.child(key, value))).collect())
    }

    fn members(&self) -> Option<&'a [(String, Node)]> {
        let Node::Object(members) = self.node else {
            return self.wrong("must be an object");
        };
        let mut seen = std::collections::HashSet::new();
        for (key, value) in members {
            if !seen.insert(key.as_str()) {
                self.child(key, value).fault("this key stands here twice");
            }
        }
        Some(members)
    }

    /// An array, each element with its place.
    pub fn list(&self) -> Option<Vec<At<'a>>> {
        let Node::List(items) = self.node else {
            return self.wrong("must be an array");
        };
        Some(items.iter().enumerate().map(|(n, item)| self.child(&n.to_string(), item)).collect())
    }

    /// An array read element by element; `None` where any element was refused.
    pub fn list_of<T>(&self, mut read: impl FnMut(&At<'a>) -> Option<T>) -> Option<Vec<T>> {
        let read: Vec<Option<T>> = self.list()?.iter().map(&mut read).collect();
        read.into_iter().collect()
    }

    /// A string.
    pub fn text(&self) -> Option<&'a str> {
        match self.node {
            Node::Text(text) => Some(text),
            Node::Null
            | Node::Bool(_)
            | Node::Integer(_)
            | Node::Number(_)
            | Node::List(_)
            | Node::Object(_) => self.wrong("must be a string"),
        }
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
        match parse_date(self.text()?) {
            Ok(date) => Some(date),
            Err(rule) => self.wrong(rule),
        }
    }

    /// `true` or `false`.
    pub fn boolean(&self) -> Option<bool> {
        match self.node {
            Node::Bool(value) => Some(*value),
            Node::Null
            | Node::Integer(_)
            | Node::Number(_)
            | Node::Text(_)
            | Node::List(_)
            | Node::Object(_) => self.wrong("must be true or false"),
        }
    }

    /// A whole number within bounds. `3.0` is whole, as in JSON Schema.
    pub fn integer(&self, bounds: RangeInclusive<i64>) -> Option<i64> {
        let rule = || format!("must be a whole number from {} to {}", bounds.start(), bounds.end());
        let value = match self.node {
            Node::Integer(value) => *value,
            // A float that prints without fraction is whole; text keeps this free of rounding casts.
            Node::Number(value) => match format!("{value}").parse() {
                Ok(whole) => whole,
                Err(_) => return self.wrong(rule()),
            },
            Node::Null | Node::Bool(_) | Node::Text(_) | Node::List(_) | Node::Object(_) => {
                return self.wrong(rule());
            }
        };
        if bounds.contains(&value) { Some(value) } else { self.wrong(rule()) }
    }

    /// A finite number within bounds.
    pub fn number(&self, bounds: RangeInclusive<f64>) -> Option<f64> {
        let value = match self.node {
            Node::Integer(value) => f64::from_str(&value.to_string()).ok(),
            Node::Number(value) => Some(*value),
            Node::Null | Node::Bool(_) | Node::Text(_) | Node::List(_) | Node::Object(_) => None,
        };
        match value {
            Some(value) if bounds.contains(&value) => Some(value),
            Some(_) | None => {
                self.wrong(format!("must be a number from {} to {}", bounds.start(), bounds.end()))
            }
        }
    }
}

/// The members of an object being read. `null` is the same as absent.
#[derive(Debug, Clone)]
pub struct Object<'a> {
    at: At<'a>,
    members: &'a [(String, Node)],
}

impl<'a> Object<'a> {
    /// The place of the object itself.
    pub fn at(&self) -> &At<'a> {
        &self.at
    }

    /// A member that may be absent or null.
    pub fn optional(&self, key: &str) -> Option<At<'a>> {
        self.present(key).filter(|at| !matches!(at.node, Node::Null))
    }

    /// A member that may be absent; null is a value.
    pub fn present(&self, key: &str) -> Option<At<'a>> {
        self.members.iter().find(|(name, _)| name == key).map(|(_, node)| self.at.child(key, node))
    }

    /// A member that must be there; its absence is reported.
    pub fn required(&self, key: &str) -> Option<At<'a>> {
        let found = self.optional(key);
        if found.is_none() {
            self.at.faults.add(format!("{}/{key}", self.at.pointer), "", "is required");
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str, read: impl Fn(&At<'_>)) -> Vec<String> {
        let node = parse(text.as_bytes()).expect("JSON");
        let faults = Faults::none();
        read(&At::root(&node, &faults));
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
                "/b: 3: this key stands here twice",
                "/nam: 1: unknown field (maybe `name`)",
                "/name: is required",
            ]
        );
    }

    #[test]
    fn a_key_with_slash_and_tilde_is_escaped_in_its_pointer() {
        assert_eq!(
            faults(r#"{"a/b~c": "x"}"#, |at| {
                for (_, place) in at.table().expect("a table") {
                    place.integer(0..=3);
                }
            }),
            ["/a~1b~0c: \"x\": must be a whole number from 0 to 3"]
        );
    }

    #[test]
    fn invalid_utf8_and_broken_json_are_refused_with_their_place() {
        assert!(parse(b"\"\xff\"").expect_err("refused").contains("byte 1"));
        assert!(parse(b"{\"a\": }").expect_err("refused").contains("line 1 column 7"));
    }

    #[test]
    fn a_whole_float_is_a_whole_number_and_a_fraction_is_not() {
        let node = parse(b"[3.0, 3.5, -1, 1e400]");
        assert!(node.is_err(), "1e400 is out of range");
        let node = parse(b"[3.0, 3.5, -1]").expect("JSON");
        let faults = Faults::none();
        let read: Vec<_> =
            At::root(&node, &faults).list().expect("list").iter().map(|at| at.integer(0..=9)).collect();
        assert_eq!(read, [Some(3), None, None]);
    }
}
