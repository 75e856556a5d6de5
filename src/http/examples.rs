//! Examples in the OpenAPI document. They are made of its schemas, so that none is forgotten and none grows old.

use serde_json::{Map, Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::{Components, Content, OpenApi, Ref, RefOr};

use super::problem::Code;

const ID: &str = "0190f6e2-7c1a-7d4b-9e3f-52a1d0b7c644";

/// Adds an example to every answer that has none yet.
pub(super) fn add(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    add_problems(components);
    let schemas = json!(components.schemas);
    for item in document.paths.paths.values_mut() {
        let PathItem { get, post, put, delete, .. } = item;
        for operation in [get, post, put, delete].into_iter().flatten() {
            for response in operation.responses.responses.values_mut() {
                let RefOr::T(response) = response else { continue };
                for (media_type, content) in &mut response.content {
                    if let RefOr::T(content) = content
                        && content.examples.is_empty()
                    {
                        content.example = Some(example_of(media_type, content, &schemas));
                    }
                }
            }
        }
    }
}

/// An example of each problem, for answers to refer to.
fn add_problems(components: &mut Components) {
    for code in Code::ALL {
        let mut problem = json!({
            "type": format!("/docs/problems#{code}"), "title": code.title(), "status": code.status().as_u16(),
            "code": code.as_str(), "detail": "what happened here, in words for people",
            "instance": format!("urn:uuid:{ID}"), "request_id": ID,
        });
        if *code == Code::InvalidFields {
            let rule = "must be an address like name@library.example";
            problem["errors"] = json!([{ "pointer": "/email", "value": "ann", "detail": rule }]);
        }
        let example = ExampleBuilder::new().summary(code.title()).value(Some(problem)).build();
        components.examples.insert(code.as_str().to_owned(), RefOr::T(example));
    }
}

/// Where the example of a problem stands.
pub(super) fn of_problem(code: Code) -> Ref {
    Ref::new(format!("#/components/examples/{code}"))
}

fn example_of(media_type: &str, content: &Content, schemas: &Value) -> Value {
    let text = match media_type {
        "text/html" => "<!doctype html>\n<html lang=\"en\">…</html>\n",
        "text/calendar" => "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n…\r\nEND:VCALENDAR\r\n",
        "text/csv" => "person,date,starts,ends\r\nAnn Jones,2027-03-01,09:30,16:30\r\n",
        "application/x-ndjson" => "{\"date\": \"2027-03-01\"}\n{\"date\": \"2027-03-02\"}\n",
        "application/json" | "application/problem+json" => {
            return of(&json!(content.schema), schemas, "value");
        }
        _ => "…",
    };
    json!(text)
}

/// What a schema lets through; `name` is what a text is called, where nothing else says what stands in it.
fn of(schema: &Value, schemas: &Value, name: &str) -> Value {
    if let Some(named) = schema["$ref"].as_str().and_then(|at| at.rsplit('/').next()) {
        return of(&schemas[named], schemas, name);
    }
    if let Some(given) = schema["examples"].get(0).or_else(|| schema.get("const")) {
        return given.clone();
    }
    let first = |list: &Value| list.as_array().and_then(|all| all.iter().find(|one| !one.is_null())).cloned();
    if let Some(known) = first(&schema["enum"]) {
        return known;
    }
    if let Some(choices) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
        let choice = choices.iter().find(|one| one["type"] != "null").unwrap_or(&Value::Null);
        return of(choice, schemas, name);
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let objects = parts.iter().map(|part| of(part, schemas, name));
        return Value::Object(objects.filter_map(|part| part.as_object().cloned()).flatten().collect());
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| **kind != "null").and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") => Value::Object(object(schema, schemas)),
        Some("array") => {
            let count = schema["minItems"].as_u64().unwrap_or(1).max(1);
            (0..count).map(|_| of(&schema["items"], schemas, name)).collect()
        }
        Some("integer" | "number") => {
            let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
            json!(least.unwrap_or(1).max(1).min(most.unwrap_or(i64::MAX)))
        }
        Some("boolean") => json!(true),
        Some("string") => json!(text(schema, name)),
        _ => Value::Null,
    }
}

fn object(schema: &Value, schemas: &Value) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        object.insert(name.clone(), of(property, schemas, name));
    }
    if object.is_empty() && schema["additionalProperties"].is_object() {
        let key = match schema.get("propertyNames") {
            Some(names) => of(names, schemas, "key"),
            None => json!(ID),
        };
        let key = key.as_str().unwrap_or(ID).to_owned();
        object.insert(key, of(&schema["additionalProperties"], schemas, "value"));
    }
    object
}

/// By its format, its pattern or its name.
fn text<'a>(schema: &Value, name: &'a str) -> &'a str {
    match schema["format"].as_str() {
        Some("uuid") => return ID,
        Some("date") => return "2027-03-01",
        Some("date-time") => return "2027-02-01T09:00:00Z",
        Some("email") => return "ann@library.example",
        _ => {}
    }
    let pattern = schema["pattern"].as_str().unwrap_or_default();
    if pattern.contains(":[0-5][0-9]") {
        return "09:30";
    }
    if pattern.starts_with("^[a-z0-9_-]") {
        return "digital_skills";
    }
    if pattern.starts_with("^[a-z0-9]") {
        return "library.example";
    }
    if pattern.contains("[Hh][Tt][Tt][Pp]") {
        return "https://hr.example/library-swap";
    }
    match name {
        "name" | "person_name" | "contact_name" | "deputy_name" => "Ann Jones",
        "host_name" | "library_name" => "Worcester St John's Library",
        "email" | "person_email" | "manager_email" | "address" | "recipient" | "principal" | "deputy"
        | "to" => "ann@library.example",
        "time_zone" => "Europe/London",
        "starts" | "left_at" => "09:30",
        "ends" => "16:30",
        "starts_on" | "ends_on" => "2027-03-01",
        "telephone" | "contact_telephone" | "deputy_telephone" => "+44 1905 000000",
        "postcode" => "WR1 3PD",
        "country" => "England",
        "sha256" | "round_sha256" | "rules_sha256" | "snapshot_sha256" | "hash" => {
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
        }
        "url" | "webcal" => "https://exchange.example/calendars/….ics",
        "secret" => "lsw_…",
        "actor" | "marked_by" | "offered_by" | "answered_by" | "asked_by" => {
            "token:0190f6e2-7c1a-7d4b-9e3f-52a1d0b7c644"
        }
        "application" | "library" | "host" | "round" | "employer" | "placement" | "id" | "next_cursor" => ID,
        "key" => "key",
        _ => "In words",
    }
}
