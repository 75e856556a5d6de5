//! Forms of pages. What is typed is read as the JSON that a program would send, so that each rule is told once; what is
//! wrong comes back beside its field, with everything that was typed.

use std::collections::BTreeMap;

use minijinja::{Value, context};
use serde_json::{Map, Value as Json, json};

use crate::domain::fault::{Fault, Faults};
use crate::domain::json::{At, Object, read_document};
use crate::http::call::Call;
use crate::http::problem::Problem;
use crate::http::read;

/// How what is typed into a field stands in JSON. Nothing typed is no member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As it is.
    Text,
    /// A number; what is none stays text, and is refused as that.
    Number,
    /// A list of what was ticked.
    Ticked,
    /// A list of tags, of what stands between commas.
    Tags,
}

/// A tag of what people write: `Reading groups` is `reading-groups`.
fn tag(words: &str) -> String {
    words.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-")
}

/// A field of a form.
pub(super) type Field = (&'static str, Kind);

/// A form as it came.
#[derive(Debug, Default)]
pub(super) struct Form {
    typed: Vec<(String, String)>,
    faults: Vec<Fault>,
}

impl Form {
    /// A form that begins with these values.
    pub(super) fn starting(values: &[(&str, &str)]) -> Self {
        let typed = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { typed, faults: Vec::new() }
    }

    /// What a page has sent, and what it comes to; none where something is wrong, which the form then knows.
    ///
    /// # Errors
    /// What is no form at all.
    pub(super) fn read<T>(
        call: &Call,
        fields: &[Field],
        reader: impl FnOnce(&Object<'_>) -> Option<T>,
    ) -> Result<(Self, Option<T>), Problem> {
        let mut form = Self { typed: read::form(call)?, faults: Vec::new() };
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let strangers = Faults::none();
        for (name, value) in form.typed.iter().filter(|(name, _)| !names.contains(&name.as_str())) {
            strangers.add(format!("/{name}"), value, "is no field of this form");
        }
        read::finish(strangers, Some(()))?;
        let document = form.json(fields).to_string();
        let found = read_document(document.as_bytes(), |at: &At<'_>| {
            at.object(&names).and_then(|object| reader(&object))
        });
        let value = match found {
            Ok(value) => Some(value),
            Err(faults) => {
                form.faults = faults;
                None
            }
        };
        Ok((form, value))
    }

    /// Adds what a use case has found wrong with the fields.
    pub(super) fn refuse(&mut self, faults: Vec<Fault>) {
        self.faults.extend(faults);
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.typed.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What stands in a field.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    fn json(&self, fields: &[Field]) -> Json {
        let mut object = Map::new();
        for &(name, kind) in fields {
            let typed: Vec<&str> = self.all(name).filter(|value| !value.trim().is_empty()).collect();
            let Some(first) = typed.first() else { continue };
            let value = match kind {
                Kind::Text => json!(first),
                Kind::Number => first.trim().parse().map_or_else(|_| json!(first), Json::Number),
                Kind::Ticked => json!(typed),
                Kind::Tags => {
                    let tags = first.split(',').map(tag).filter(|tag| !tag.is_empty());
                    json!(tags.collect::<Vec<_>>())
                }
            };
            object.insert(name.to_owned(), value);
        }
        Json::Object(object)
    }

    /// The form as templates know it: what stands in each field, and what is wrong with it.
    pub(super) fn shown(&self, fields: &[Field]) -> Value {
        let field = |&(name, _): &Field| {
            let values: Vec<String> = self.all(name).map(str::to_owned).collect();
            let wrong = self.faults.iter().filter(|fault| {
                let rest = fault.pointer.strip_prefix('/').unwrap_or_default();
                rest.split('/').next() == Some(name)
            });
            let rules: Vec<String> = wrong.map(|fault| fault.rule.clone()).collect();
            (name, context! { value => values.first().cloned(), values, rules })
        };
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let fields: BTreeMap<&str, Value> = fields.iter().map(field).collect();
        context! { names, fields, is_wrong => !self.faults.is_empty() }
    }
}
