//! An HTTP client of the demonstration's own server: JSON for programs, forms for people.

use serde_json::Value;
use ureq::typestate::WithBody;
use ureq::{Agent, RequestBuilder};

/// What the server answered.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Answer {
    /// The body as JSON, if the server did what was asked.
    pub(super) fn json(&self) -> Result<Value, String> {
        if !(200..300).contains(&self.status) {
            return Err(format!("the server answered {}: {}", self.status, self.body));
        }
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&self.body).map_err(|error| format!("{error} in {}", self.body))
    }
}

/// A client of one server.
#[derive(Debug, Clone)]
pub(super) struct Client {
    base: String,
    agent: Agent,
}

impl Client {
    pub(super) fn new(base: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).proxy(None).build();
        Self { base: base.to_owned(), agent: config.new_agent() }
    }

    /// GETs as the holder of a token, or as nobody.
    pub(super) fn get(&self, path: &str, token: Option<&str>) -> Result<Answer, String> {
        let mut request = self.agent.get(self.url(path));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer(path, request.call())
    }

    /// Asks for the head of a page.
    pub(super) fn head(&self, path: &str) -> Result<Answer, String> {
        answer(path, self.agent.head(self.url(path)).call())
    }

    /// What an URL of this server asks for; none for another's.
    pub(super) fn path_of<'a>(&self, url: &'a str) -> Option<&'a str> {
        url.strip_prefix(&self.base).map(|path| if path.is_empty() { "/" } else { path })
    }

    /// GETs a JSON document.
    pub(super) fn get_json(&self, path: &str, token: Option<&str>) -> Result<Value, String> {
        self.get(path, token)?.json().map_err(|words| format!("GET {path}: {words}"))
    }

    /// POSTs a JSON document.
    pub(super) fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Result<Value, String> {
        let mut request = self.agent.post(self.url(path)).header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer(path, request.send(body.to_string()))?.json().map_err(|words| format!("POST {path}: {words}"))
    }

    /// PUTs a JSON document where nothing is yet.
    pub(super) fn put(&self, path: &str, token: &str, body: &Value) -> Result<Value, String> {
        self.send_put(self.agent.put(self.url(path)), path, token, body)
    }

    /// PUTs a JSON document in the place of whatever is there: nobody else changes a demonstration.
    pub(super) fn replace(&self, path: &str, token: &str, body: &Value) -> Result<Value, String> {
        self.send_put(self.agent.put(self.url(path)).header("if-match", "*"), path, token, body)
    }

    fn send_put(
        &self,
        request: RequestBuilder<WithBody>,
        path: &str,
        token: &str,
        body: &Value,
    ) -> Result<Value, String> {
        let request = request
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"));
        answer(path, request.send(body.to_string()))?.json().map_err(|words| format!("PUT {path}: {words}"))
    }

    /// Presses a button on a page, as a browser would.
    pub(super) fn press(&self, path: &str, fields: &[(&str, String)]) -> Result<Answer, String> {
        let request = self.agent.post(self.url(path));
        let answer =
            answer(path, request.send_form(fields.iter().map(|(name, value)| (*name, value.as_str()))))?;
        if (200..400).contains(&answer.status) {
            Ok(answer)
        } else {
            Err(format!("pressing {fields:?}: the server answered {}: {}", answer.status, answer.body))
        }
    }

    /// Every item of a list, page by page.
    pub(super) fn list(&self, path: &str, token: &str) -> Result<Vec<Value>, String> {
        let mut items = Vec::new();
        let mut next = format!("{path}?limit=200");
        loop {
            let page = self.get_json(&next, Some(token))?;
            items.extend(page["data"].as_array().cloned().unwrap_or_default());
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("{path}?limit=200&cursor={cursor}"),
                None => return Ok(items),
            }
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

fn answer(
    path: &str,
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Answer, String> {
    let mut response = response.map_err(|error| format!("{path}: {error}"))?;
    let status = response.status().as_u16();
    let body = response.body_mut().read_to_string().map_err(|error| format!("{path}: {error}"))?;
    Ok(Answer { status, body })
}
