//! The text of JSON values: checked once, then gone through where it stands. Holds no tree.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The text of one JSON value whose syntax was checked (RFC 8259).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<'a>(&'a str);

/// What kind of value stands somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool,
    /// A number.
    Number,
    /// A string.
    Text,
    /// An array.
    List,
    /// An object.
    Object,
}

impl<'a> Json<'a> {
    /// `{}`
    pub const EMPTY_OBJECT: Json<'static> = Json("{}");

    /// The text itself.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// Its kind: the first character tells.
    pub fn kind(self) -> Kind {
        match self.0.as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::List,
            Some(b'"') => Kind::Text,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// A string's text; none for another kind, and for half a surrogate pair (`\ud800`), which is no character.
    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        serde_json::from_str::<Text<'a>>(self.0).ok().map(|text| text.0)
    }

    /// Goes through the elements of an array.
    pub(super) fn each_element(self, take: impl FnMut(Json<'a>)) -> serde_json::Result<()> {
        serde_json::Deserializer::from_str(self.0).deserialize_seq(Elements(take))
    }

    /// Goes through the members of an object.
    pub(super) fn each_member(self, take: impl FnMut(Cow<'a, str>, Json<'a>)) -> serde_json::Result<()> {
        serde_json::Deserializer::from_str(self.0).deserialize_map(Members(take))
    }
}

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Kind::Null | Kind::Bool | Kind::Number => f.write_str(self.0),
            Kind::Text => match self.text() {
                Some(text) => write!(f, "\"{text}\""),
                None => f.write_str(self.0),
            },
            Kind::List => {
                let mut count = 0_usize;
                // An array that was checked is read to its end.
                self.each_element(|_| count += 1).map_err(|_| fmt::Error)?;
                write!(f, "a list of {count}")
            }
            Kind::Object => f.write_str("an object"),
        }
    }
}

/// A string, borrowed where nothing in it is escaped.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Characters;
        impl<'de> Visitor<'de> for Characters {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Characters).map(Text)
    }
}

struct Elements<F>(F);

impl<'de, F: FnMut(Json<'de>)> Visitor<'de> for Elements<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            (self.0)(Json(item.get()));
        }
        Ok(())
    }
}

struct Members<F>(F);

impl<'de, F: FnMut(Cow<'de, str>, Json<'de>)> Visitor<'de> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some((Text(key), value)) = members.next_entry::<Text<'_>, &RawValue>()? {
            (self.0)(key, Json(value.get()));
        }
        Ok(())
    }
}

/// Reads bytes as one JSON document.
///
/// # Errors
/// What is no JSON (RFC 8259) or no UTF-8, with line and column.
pub fn parse(bytes: &[u8]) -> Result<Json<'_>, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("not UTF-8: byte {} does not begin a character", error.valid_up_to()))?;
    serde_json::from_str::<&RawValue>(text).map(|raw| Json(raw.get())).map_err(|error| error.to_string())
}
