//! A plain HTTP client: no proxy, no redirects, no error for any status.

use std::time::Duration;

use serde_json::Value;

/// A client with or without a credential.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    url: String,
    credential: Option<String>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The code of a problem.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"));
        problem["code"].as_str().expect("a code").to_owned()
    }

    /// The pointers of a problem's faults.
    pub fn pointers(&self) -> Vec<String> {
        let problem = self.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|fault| fault["pointer"].as_str().expect("a pointer").to_owned()).collect()
    }

    /// The body, after a check of the status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
}

impl Client {
    pub fn new(url: &str, credential: Option<&str>) -> Self {
        let config = ureq::Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(60)))
            // The server closes what is idle for five seconds: a POST on such a connection would be lost.
            .max_idle_age(Duration::from_secs(2))
            .build();
        Self { agent: config.new_agent(), url: url.to_owned(), credential: credential.map(str::to_owned) }
    }

    /// Sends a request as it is.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        self.try_to_send(method, path, headers, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Sends a request to a server that may be gone.
    pub fn try_to_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Reply, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        if let Some(secret) = &self.credential {
            request = request.header("authorization", format!("Bearer {secret}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let sent = if body.is_empty() && !matches!(method, "POST" | "PUT") {
            self.agent.run(request.body(()).expect("a request"))
        } else {
            self.agent.run(request.body(body).expect("a request"))
        };
        let mut response = sent?;
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        Ok(Reply { status: response.status().as_u16(), headers, body: response.body_mut().read_to_vec()? })
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], &[])
    }

    /// Takes away what is there, having looked at it.
    pub fn delete(&self, path: &str) -> Reply {
        let tag = self.look_before("DELETE", path);
        let headers: Vec<(&str, &str)> = tag.iter().map(|tag| ("if-match", tag.as_str())).collect();
        self.send("DELETE", path, &headers, &[])
    }

    /// Posts JSON.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    /// Posts nothing.
    pub fn step(&self, path: &str) -> Reply {
        self.send("POST", path, &[], &[])
    }

    /// Puts JSON in the place of what is there, having looked at it.
    pub fn put(&self, path: &str, body: &Value) -> Reply {
        let tag = self.look_before("PUT", path);
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(tag.iter().map(|tag| ("if-match", tag.as_str())));
        self.send("PUT", path, &headers, body.to_string().as_bytes())
    }

    /// The tag of what a request would replace, where it has to say what was looked at and something is there.
    fn look_before(&self, method: &str, path: &str) -> Option<String> {
        self.get(&looked_at(method, path)?).header("etag").map(str::to_owned)
    }

    /// Posts a form, as a browser does from the page itself.
    pub fn submit(&self, path: &str, form: &str) -> Reply {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", "null"),
            ("sec-fetch-site", "same-origin"),
        ];
        self.send("POST", path, &headers, form.as_bytes())
    }
}

/// What has to be looked at before a request replaces it; none where nothing has.
pub fn looked_at(method: &str, path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |pattern: &str| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        let fits = |(wanted, part): (&&str, &&str)| wanted.starts_with('{') || wanted == part;
        pattern.len() == parts.len() && pattern.iter().zip(&parts).all(fits)
    };
    let listed = library_swap::http::routes::list();
    let url = listed.iter().find(|url| url.method == method && fits(url.path))?;
    // What is looked at is the thing itself or begins like it.
    let depth = url.looks_at?.split('/').count();
    Some(parts[..depth].join("/"))
}
