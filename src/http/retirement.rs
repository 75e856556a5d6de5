//! What is to go one day: marked in the OpenAPI document, and told by each answer (RFC 9745 `Deprecation`, RFC 8594 `Sunset`).
//!
//! Whatever goes stands in [`RETIRING`] first; nothing else marks it.

use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Deprecated, ObjectBuilder, RefOr};

/// A method of a URL that is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retiring {
    /// The method.
    pub method: &'static str,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// Since when it should not be used any more.
    pub since: NaiveDate,
    /// From when on it may be gone.
    pub until: NaiveDate,
}

/// What is to go; nothing yet.
pub const RETIRING: &[Retiring] = &[];

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// Whether a method of a URL is to go. HEAD goes with GET.
pub(super) fn find<'a>(all: &'a [Retiring], method: &Method, path: &str) -> Option<&'a Retiring> {
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    all.iter().find(|one| one.method == method && one.path == path)
}

impl Retiring {
    /// Tells it with an answer.
    pub(super) fn add_headers(&self, headers: &mut HeaderMap) {
        let at = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        let since = format!("@{}", at(self.since).timestamp());
        for (name, value) in [(DEPRECATION, since), (SUNSET, http_date(at(self.until)))] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }

    /// Tells it in the document.
    pub(super) fn describe(&self, operation: &mut Operation) {
        operation.deprecated = Some(Deprecated::True);
        let header = |words: &str| {
            let text = ObjectBuilder::new().schema_type(Type::String).build();
            RefOr::T(HeaderBuilder::new().schema(Some(text)).description(Some(words)).build())
        };
        for response in operation.responses.responses.values_mut() {
            if let RefOr::T(response) = response {
                response
                    .headers
                    .insert("Deprecation".to_owned(), header("Since when it should not be used (RFC 9745)."));
                response
                    .headers
                    .insert("Sunset".to_owned(), header("From when on it may be gone (RFC 8594)."));
            }
        }
    }
}

/// RFC 9110, section 5.6.7.
fn http_date(instant: DateTime<Utc>) -> String {
    instant.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::ResponseBuilder;
    use utoipa::openapi::path::OperationBuilder;

    use super::*;

    fn old() -> [Retiring; 1] {
        let day = |text: &str| text.parse().expect("a day");
        [Retiring { method: "GET", path: "/v1/old", since: day("2027-03-01"), until: day("2027-09-01") }]
    }

    #[test]
    fn answers_of_what_goes_say_since_when_and_until_when() {
        let old = old();
        for method in [Method::GET, Method::HEAD] {
            let mut headers = HeaderMap::new();
            find(&old, &method, "/v1/old").expect("it goes").add_headers(&mut headers);
            assert_eq!(headers.get("deprecation").expect("there"), "@1803859200");
            assert_eq!(headers.get("sunset").expect("there"), "Wed, 01 Sep 2027 00:00:00 GMT");
        }
        assert_eq!(find(&old, &Method::POST, "/v1/old"), None);
        assert_eq!(find(&old, &Method::GET, "/v1/new"), None);
    }

    #[test]
    fn the_document_marks_what_goes() {
        let mut operation = OperationBuilder::new()
            .response("200", ResponseBuilder::new().description("It.").build())
            .build();
        old()[0].describe(&mut operation);
        let told = serde_json::to_value(&operation).expect("JSON");
        assert_eq!(told["deprecated"], true);
        for name in ["Deprecation", "Sunset"] {
            assert_eq!(told["responses"]["200"]["headers"][name]["schema"]["type"], "string", "{name}");
        }
    }
}
