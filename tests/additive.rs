//! Within `/v1` changes are additive: the OpenAPI document is compared with the last released one, `docs/openapi.json`.
//!
//! At a release `LIBRARY_SWAP_RELEASE_DOCUMENT=1 cargo test --test additive` stores the present document there.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

const RELEASED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");

/// Which way a value travels: what is asked may become less strict only, what is answered may not promise less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Asked,
    Answered,
}

/// What a client of the older document could stumble over.
struct Comparison<'a> {
    before: &'a Value,
    after: &'a Value,
    breaks: BTreeSet<String>,
    /// Pairs of named schemas that were compared: some contain themselves.
    seen: BTreeSet<(Way, String, String)>,
}

fn breaks(before: &Value, after: &Value) -> BTreeSet<String> {
    let mut comparison = Comparison { before, after, breaks: BTreeSet::new(), seen: BTreeSet::new() };
    comparison.paths();
    comparison.breaks
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// A text or a list of texts, as a set.
fn texts(value: &Value) -> BTreeSet<String> {
    let all = if value.is_array() { list(value) } else { vec![value.clone()] };
    all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What a reference names; what is none is itself.
fn resolved<'v>(document: &'v Value, schema: &'v Value) -> &'v Value {
    match schema["$ref"].as_str().and_then(|at| at.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}")),
        None => schema,
    }
}

impl Comparison<'_> {
    fn says(&mut self, at: &str, words: &str) {
        self.breaks.insert(format!("{at}: {words}"));
    }

    fn paths(&mut self) {
        for (path, item) in object(&self.before["paths"]) {
            for (method, before) in object(&item) {
                let at = format!("{} {path}", method.to_uppercase());
                match self.after["paths"][&path][&method].clone() {
                    Value::Null => self.says(&at, "is gone"),
                    after => self.operation(&at, &before, &after),
                }
            }
        }
    }

    fn operation(&mut self, at: &str, before: &Value, after: &Value) {
        let key = |parameter: &Value| (parameter["in"].clone(), parameter["name"].clone());
        let (old, new) = (list(&before["parameters"]), list(&after["parameters"]));
        for parameter in &old {
            let at = format!("{at}: parameter {}", parameter["name"]);
            match new.iter().find(|other| key(other) == key(parameter)) {
                None => self.says(&at, "is gone"),
                Some(other) => {
                    if other["required"] == true && parameter["required"] != true {
                        self.says(&at, "is required now");
                    }
                    self.schema(Way::Asked, &at, &parameter["schema"], &other["schema"]);
                }
            }
        }
        for parameter in new.iter().filter(|one| !old.iter().any(|other| key(one) == key(other))) {
            if parameter["required"] == true {
                self.says(&format!("{at}: parameter {}", parameter["name"]), "is new and required");
            }
        }
        for way in list(&before["security"]).iter().filter(|way| !list(&after["security"]).contains(way)) {
            self.says(at, &format!("is not open to {way} any more"));
        }
        let (old, new) = (&before["requestBody"], &after["requestBody"]);
        if new["required"] == true && old["required"] != true {
            self.says(at, "needs a body now");
        }
        self.contents(Way::Asked, &format!("{at}: body"), &old["content"], &new["content"]);
        for (status, response) in object(&before["responses"]) {
            let at = format!("{at}: {status}");
            match after["responses"][&status].clone() {
                Value::Null => self.says(&at, "is gone"),
                other => {
                    self.contents(Way::Answered, &at, &response["content"], &other["content"]);
                    for name in object(&response["headers"]).keys() {
                        if other["headers"].get(name).is_none() {
                            self.says(&at, &format!("header {name} is gone"));
                        }
                    }
                }
            }
        }
    }

    fn contents(&mut self, way: Way, at: &str, before: &Value, after: &Value) {
        for (media_type, content) in object(before) {
            match after.get(&media_type).cloned() {
                None => self.says(at, &format!("{media_type} is gone")),
                Some(other) => self.schema(way, at, &content["schema"], &other["schema"]),
            }
        }
    }

    fn schema(&mut self, way: Way, at: &str, before: &Value, after: &Value) {
        if let (Some(old), Some(new)) = (before["$ref"].as_str(), after["$ref"].as_str())
            && !self.seen.insert((way, old.to_owned(), new.to_owned()))
        {
            return;
        }
        let (before, after) = (resolved(self.before, before).clone(), resolved(self.after, after).clone());
        // Of what is narrower and what is wider: what was taken must still be taken, what comes must be what was promised.
        let (narrow, wide) = match way {
            Way::Asked => (&before, &after),
            Way::Answered => (&after, &before),
        };
        let types = |schema: &Value| texts(&schema["type"]);
        if !types(wide).is_empty() && !types(narrow).is_subset(&types(wide)) {
            self.says(at, &format!("was {}, is {}", before["type"], after["type"]));
        }
        // A new value in an answer is an addition: clients are told to let it be (docs/api.md).
        let enums = (texts(&before["enum"]), texts(&after["enum"]));
        if way == Way::Asked && after.get("enum").is_some() {
            if before.get("enum").is_none() {
                self.says(at, "takes some values only now");
            }
            for value in enums.0.difference(&enums.1) {
                self.says(at, &format!("takes `{value}` no more"));
            }
        }
        if way == Way::Asked {
            self.bounds(at, &before, &after);
        }
        let required = (texts(&before["required"]), texts(&after["required"]));
        let missing = match way {
            Way::Asked => required.1.difference(&required.0),
            Way::Answered => required.0.difference(&required.1),
        };
        for name in missing {
            self.says(
                &format!("{at}/{name}"),
                if way == Way::Asked { "is required now" } else { "may be missing now" },
            );
        }
        for (name, old) in object(&before["properties"]) {
            match after["properties"].get(&name).cloned() {
                None => self.says(&format!("{at}/{name}"), "is gone"),
                Some(new) => self.schema(way, &format!("{at}/{name}"), &old, &new),
            }
        }
        for part in ["items", "additionalProperties"] {
            if before[part].is_object() && after[part].is_object() {
                self.schema(way, &format!("{at}/{part}"), &before[part], &after[part]);
            }
        }
        for part in ["oneOf", "anyOf", "allOf", "prefixItems"] {
            let (old, new) = (list(&before[part]), list(&after[part]));
            let too_many = if way == Way::Asked { old.len() > new.len() } else { new.len() > old.len() };
            if too_many || (part == "allOf" && old.len() != new.len()) {
                self.says(at, &format!("{part} has {} members instead of {}", new.len(), old.len()));
            }
            for (old, new) in old.iter().zip(&new) {
                self.schema(way, &format!("{at}/{part}"), old, new);
            }
        }
    }

    fn bounds(&mut self, at: &str, before: &Value, after: &Value) {
        for (bound, is_most) in [
            ("maximum", true),
            ("maxLength", true),
            ("maxItems", true),
            ("minimum", false),
            ("minLength", false),
            ("minItems", false),
        ] {
            let (old, new) = (before[bound].as_f64(), after[bound].as_f64());
            let is_tighter = match (old, new) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some(old), Some(new)) => (is_most && new < old) || (!is_most && new > old),
            };
            if is_tighter {
                self.says(at, &format!("{bound} was {}, is {}", before[bound], after[bound]));
            }
        }
        for rule in ["pattern", "format"] {
            if after.get(rule).is_some() && after[rule] != before[rule] {
                self.says(at, &format!("{rule} was {}, is {}", before[rule], after[rule]));
            }
        }
    }
}

fn present() -> Value {
    serde_json::to_value(library_swap::http::openapi_document()).expect("JSON")
}

#[test]
fn nothing_that_was_released_is_taken_away_or_made_stricter() {
    let present = present();
    if std::env::var("LIBRARY_SWAP_RELEASE_DOCUMENT").is_ok_and(|value| value == "1") {
        let text = serde_json::to_string_pretty(&present).expect("JSON");
        std::fs::write(RELEASED, text + "\n").expect("docs/openapi.json is written");
    }
    let released = std::fs::read_to_string(RELEASED).expect("docs/openapi.json");
    let released: Value = serde_json::from_str(&released).expect("JSON");
    let found = breaks(&released, &present);
    assert!(found.is_empty(), "{}", Vec::from_iter(found).join("\n"));
}

/// A small document, of which one part is changed.
fn small() -> Value {
    json!({
        "paths": { "/v1/things/{id}": {
            "get": {
                "parameters": [{ "in": "path", "name": "id", "required": true, "schema": { "type": "string" } }],
                "security": [{}, { "bearer": [] }],
                "responses": { "200": {
                    "headers": { "ETag": {} },
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } },
                } },
            },
            "put": {
                "parameters": [{ "in": "query", "name": "q", "schema": { "type": "string", "maxLength": 9 } }],
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/New" } } } },
                "responses": { "204": {} },
            },
        } },
        "components": { "schemas": {
            "Thing": {
                "type": "object", "required": ["name"],
                "properties": {
                    "name": { "type": "string" }, "kind": { "type": "string", "enum": ["a"] },
                    "part": { "$ref": "#/components/schemas/Thing" },
                    "date": { "oneOf": [{ "type": "null" }, { "type": "string" }] },
                },
            },
            "New": {
                "type": "object", "additionalProperties": false, "required": ["name"],
                "properties": {
                    "name": { "type": ["string", "null"] }, "kind": { "type": "string", "enum": ["a", "b"] },
                    "many": { "type": "array", "items": { "type": "integer", "minimum": 0 } },
                },
            },
        } },
    })
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut document = small();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer} is there"));
    let name = name.replace("~1", "/");
    match (parent, value) {
        (Value::Object(members), Value::Null) => drop(members.remove(&name).expect("a member")),
        (Value::Object(members), value) => drop(members.insert(name, value)),
        (other, _) => panic!("{pointer} is in {other}"),
    }
    document
}

#[test]
fn every_kind_of_break_is_found() {
    let (get, put) = ("/paths/~1v1~1things~1{id}/get", "/paths/~1v1~1things~1{id}/put");
    let (thing, new) = ("/components/schemas/Thing", "/components/schemas/New");
    let parameter = |more: Value| {
        let mut one = json!({ "in": "query", "name": "q", "schema": { "type": "string", "maxLength": 9 } });
        one.as_object_mut().expect("an object").extend(object(&more));
        json!([one])
    };
    let cases = [
        ("/paths/~1v1~1things~1{id}".to_owned(), Value::Null, "GET /v1/things/{id}: is gone"),
        (put.to_owned(), Value::Null, "PUT /v1/things/{id}: is gone"),
        (format!("{put}/parameters"), json!([]), "parameter \"q\": is gone"),
        (format!("{put}/parameters"), parameter(json!({ "required": true })), "is required now"),
        (
            format!("{put}/parameters"),
            parameter(json!({ "schema": { "type": "string", "maxLength": 8 } })),
            "maxLength",
        ),
        (
            format!("{put}/parameters"),
            parameter(json!({ "schema": { "type": "string", "pattern": "x" } })),
            "pattern",
        ),
        (format!("{get}/security"), json!([{ "bearer": [] }]), "is not open to {} any more"),
        (format!("{put}/requestBody/required"), json!(true), "needs a body now"),
        (format!("{put}/requestBody/content"), json!({ "text/csv": {} }), "application/json is gone"),
        (format!("{put}/responses"), json!({ "200": {} }), "204: is gone"),
        (format!("{get}/responses/200/headers"), json!({}), "header ETag is gone"),
        (format!("{thing}/properties/name"), Value::Null, "200/name: is gone"),
        (format!("{thing}/properties/name/type"), json!(["string", "null"]), "was \"string\""),
        (
            format!("{thing}/properties/date/oneOf"),
            json!([{ "type": "null" }, { "type": "string" }, {}]),
            "3 members",
        ),
        (format!("{thing}/required"), json!([]), "may be missing now"),
        (format!("{new}/required"), json!(["name", "kind"]), "body/kind: is required now"),
        (format!("{new}/properties/kind"), Value::Null, "body/kind: is gone"),
        (format!("{new}/properties/kind/enum"), json!(["a"]), "takes `b` no more"),
        (format!("{new}/properties/name/enum"), json!(["a"]), "takes some values only now"),
        (format!("{new}/properties/name/type"), json!("string"), "is \"string\""),
        (format!("{new}/properties/many/items/minimum"), json!(1), "minimum was 0, is 1"),
    ];
    for (pointer, value, words) in cases {
        let found = breaks(&small(), &changed(&pointer, value));
        assert!(found.iter().any(|one| one.contains(words)), "{pointer}: {words} is not in {found:?}");
    }
}

#[test]
fn additions_are_no_breaks() {
    let get = "/paths/~1v1~1things~1{id}/get";
    let (thing, new) = ("/components/schemas/Thing", "/components/schemas/New");
    let cases = [
        ("/paths/~1v1~1others".to_owned(), json!({ "get": { "responses": {} } })),
        (format!("{get}/deprecated"), json!(true)),
        (format!("{get}/responses/412"), json!({})),
        (format!("{thing}/properties/more"), json!({ "type": "string" })),
        (format!("{thing}/properties/kind/enum"), json!(["a", "b"])),
        (format!("{thing}/required"), json!(["name", "kind"])),
        (format!("{new}/properties/more"), json!({ "type": "string" })),
        (format!("{new}/properties/kind/enum"), json!(["a", "b", "c"])),
        (format!("{new}/properties/many/items/minimum"), json!(-1)),
        (format!("{new}/required"), json!([])),
    ];
    for (pointer, value) in cases {
        assert_eq!(breaks(&small(), &changed(&pointer, value)), BTreeSet::new(), "{pointer}");
    }
}
