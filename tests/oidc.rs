//! Signing in at a real identity provider: oidc-provider (Node) on loopback, gone through as a browser goes through it.
//!
//! Without Node or the library these tests say SKIPPED, and fail where `LIBRARY_SWAP_REQUIRE_NODE=1`.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use chrono::Utc;
use library_swap::domain::claims::ClaimRule;
use library_swap::domain::ids::EmployerId;
use library_swap::domain::mandate::Mandate;
use library_swap::domain::password::Password;
use library_swap::domain::permissions::{Actor, Role};
use library_swap::http::{HttpSettings, Provider, ProviderSettings};
use library_swap::services::employers::{self, Directory};
use library_swap::services::{App, Settings};
use serde_json::{Value, json};
use support::{Client, Database, Reply, Service, app_on, for_each_kind, generous, row_counts};

/// Where people reach the service: a proxy stands before it, as far as it knows.
const PUBLIC_URL: &str = "https://swap.example";
const CALLBACK: &str = "https://swap.example/sign-in/oidc/callback";
const SECRET: &str = "what only the two know";

/// The provider's process; it ends with its standard input.
struct Idp {
    process: Child,
    issuer: String,
    /// Kept open: it has more to say.
    _told: BufReader<ChildStdout>,
}

impl Idp {
    fn start() -> Option<Self> {
        Self::start_with(None)
    }

    /// With https, where a folder has a key and a certificate.
    fn start_with(folder: Option<&Path>) -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node/oidc_provider.js");
        let mut command = Command::new("node");
        command.arg(script).arg(CALLBACK).args(folder);
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let idp = started.ok().and_then(|mut process| {
            let (mut line, mut told) = (String::new(), BufReader::new(process.stdout.take()?));
            told.read_line(&mut line).ok()?;
            let issuer = line.trim().to_owned();
            (!issuer.is_empty()).then_some(Self { process, issuer, _told: told })
        });
        if idp.is_none() {
            let required = std::env::var("LIBRARY_SWAP_REQUIRE_NODE").is_ok_and(|value| value == "1");
            assert!(!required, "Node and oidc-provider are required, and are not there");
            skip!("the identity provider (Node and oidc-provider: tests/node/package.json)");
        }
        idp
    }
}

impl Drop for Idp {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn settings(issuer: &str, client_id: &str) -> ProviderSettings {
    ProviderSettings {
        issuer: issuer.to_owned(),
        client_id: client_id.to_owned(),
        client_secret: Some(Password::new(SECRET.to_owned())),
        name: Some("Council accounts".to_owned()),
        scopes: vec!["groups".to_owned(), "email".to_owned()],
        ca_file: None,
        timeout: Duration::from_secs(20),
    }
}

fn http(settings: ProviderSettings) -> HttpSettings {
    let provider = Provider::open(settings, PUBLIC_URL).expect("settings");
    HttpSettings { provider: Some(provider), ..generous() }
}

/// Two employers.
struct Employers {
    council: EmployerId,
    university: EmployerId,
}

impl Employers {
    fn make(app: &App) -> Self {
        let make = |name: &str| {
            let directory =
                Directory { group: None, language: None, domains: Vec::new(), managers: Vec::new() };
            let operator = Actor::named("test", Role::Organiser);
            let name = name.parse().expect("a name");
            employers::create(app, &operator, &name, &directory).expect("an employer").id
        };
        Self { council: make("Worcestershire County Council"), university: make("University of Worcester") }
    }

    fn rules(&self) -> Vec<ClaimRule> {
        let rule = |claim: &str, value: &str, role: Role, employers: &[EmployerId]| ClaimRule {
            claim: claim.to_owned(),
            value: value.to_owned(),
            mandate: Mandate { role, employers: employers.to_vec(), round: None },
        };
        vec![
            rule("groups", "hr-council", Role::Hr, &[self.council]),
            rule("groups", "hr-university", Role::Hr, &[self.university]),
            rule("groups", "left-organisers", Role::Organiser, &[]),
            rule("email", "paul@council.example", Role::LibraryAdministrator, &[self.council]),
            rule("sub", "una", Role::Auditor, &[]),
        ]
    }
}

/// Runs a test against a service on each database, behind a provider and with its rules.
fn for_each_service(client: impl Fn(&str) -> ProviderSettings, test: impl Fn(&Service, &Employers, &Idp)) {
    let Some(idp) = Idp::start() else { return };
    for_each_kind(|fresh, name| {
        eprintln!("on {name}");
        let (service, employers) = served(fresh(), &http(client(&idp.issuer)));
        test(&service, &employers, &idp);
    });
}

/// The service with the clock of this machine: the provider has no other.
fn served(database: Database, http: &HttpSettings) -> (Service, Employers) {
    let employers = Employers::make(&app_on(&database, PUBLIC_URL));
    let claim_rules = employers.rules();
    let service = Service::start_as(database, http, |usual| Settings {
        public_url: PUBLIC_URL.to_owned(),
        claim_rules,
        ..usual
    });
    service.app.clock.set(Utc::now());
    (service, employers)
}

type Cookies = BTreeMap<String, String>;

fn keep(jar: &mut Cookies, reply: &Reply) {
    for (_, value) in reply.headers.iter().filter(|(name, _)| name == "set-cookie") {
        let (name, value) = value.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
        if value.is_empty() {
            jar.remove(name);
        } else {
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn send(url: &str, jar: &mut Cookies, method: &str, path: &str, form: &str) -> Reply {
    let cookie = jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let headers = [
        ("cookie", cookie.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
        ("sec-fetch-site", "same-origin"),
    ];
    let headers = if cookie.is_empty() { &headers[1..] } else { &headers[..] };
    let reply = Client::new(url, None).send(method, path, headers, form.as_bytes());
    keep(jar, &reply);
    reply
}

/// A browser, with its cookies of the service and of the provider.
#[derive(Clone)]
struct Browser<'a> {
    service: &'a Service,
    issuer: &'a str,
    ours: Cookies,
    theirs: Cookies,
}

impl<'a> Browser<'a> {
    fn new(service: &'a Service, issuer: &'a str) -> Self {
        Self { service, issuer, ours: Cookies::new(), theirs: Cookies::new() }
    }

    /// Presses "Sign in with …"; says where it is sent.
    fn begin(&mut self) -> String {
        let reply = self.get("/sign-in/oidc");
        assert_eq!(reply.status, 303, "{}", reply.text());
        reply.header("location").expect("a way").to_owned()
    }

    /// Says at the provider who one is, and agrees; says with what the browser is sent back.
    fn say(&mut self, at: &str, name: &str) -> String {
        let mut at = at.to_owned();
        for _ in 0..10 {
            let path = at.strip_prefix(self.issuer).unwrap_or(&at).to_owned();
            let page = send(self.issuer, &mut self.theirs, "GET", &path, "");
            let reply = if page.status == 200 {
                let text = page.text();
                let asked = text.split_once("name=\"prompt\" value=\"").expect("a form").1;
                let prompt = asked.split('"').next().unwrap_or_default();
                let form = format!("prompt={prompt}&login={name}&password=any");
                send(self.issuer, &mut self.theirs, "POST", &path, &form)
            } else {
                page
            };
            assert_eq!(reply.status, 303, "{}", reply.text());
            let next = reply.header("location").expect("a way").to_owned();
            if let Some(back) = next.strip_prefix(PUBLIC_URL) {
                return back.to_owned();
            }
            at = next;
        }
        panic!("the provider sends in circles");
    }

    fn get(&mut self, path: &str) -> Reply {
        send(&self.service.url, &mut self.ours, "GET", path, "")
    }

    fn submit(&mut self, path: &str, form: &str) -> Reply {
        send(&self.service.url, &mut self.ours, "POST", path, form)
    }

    /// All of it.
    fn sign_in(&mut self, name: &str) -> Reply {
        let at = self.begin();
        let back = self.say(&at, name);
        self.get(&back)
    }

    fn is_signed_in(&self) -> bool {
        self.ours.contains_key("__Host-library-swap")
    }
}

fn names(page: &Value, of: &str) -> Vec<String> {
    let all = page["data"].as_array().expect("a list").iter();
    all.map(|one| one[of].as_str().expect("a text").to_owned()).collect()
}

/// What the audit tells of signing in.
fn noted(service: &Service) -> Vec<Value> {
    let page = service.organiser().get("/v1/audit?action=sign_in").expect(200);
    page["data"].as_array().expect("a list").iter().map(|entry| entry["details"].clone()).collect()
}

#[test]
fn people_act_as_what_their_claims_say_and_see_those_employers_alone() {
    for_each_service(
        |issuer| settings(issuer, "swap"),
        |service, employers, idp| {
            let mut hanna = Browser::new(service, &idp.issuer);
            let page = hanna.get("/sign-in").text();
            assert!(page.contains("href=\"/sign-in/oidc\">Sign in with Council accounts</a>"), "{page}");
            let reply = hanna.sign_in("hanna");
            assert_eq!((reply.status, reply.header("location")), (303, Some("/account")), "{}", reply.text());
            let set = |name: &str| {
                let mut all =
                    reply.headers.iter().filter(|(key, _)| key == "set-cookie").map(|(_, value)| value);
                all.find(|value| value.starts_with(&format!("{name}="))).expect("a cookie").clone()
            };
            assert!(
                set("__Host-library-swap")
                    .ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure")
            );
            let gone = "__Host-library-swap-attempt=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure";
            assert_eq!(set("__Host-library-swap-attempt"), gone);
            let session = hanna.get("/v1/session").expect(200);
            assert_eq!((&session["way"], &session["role"]), (&json!("oidc"), &json!("hr")));
            assert_eq!(session["capacities"].as_array().expect("a list").len(), 1);
            let seen = hanna.get("/v1/employers").expect(200);
            assert_eq!(names(&seen, "id"), [employers.council.to_string()]);
            assert_eq!(hanna.get(&format!("/v1/employers/{}", employers.university)).status, 404);
            assert!(hanna.get("/account").text().contains("Worcestershire County Council"));
            assert_eq!(noted(service), [json!({ "signed_in": "oidc", "capacity": "claims:0" })]);

            let mut hilda = Browser::new(service, &idp.issuer);
            hilda.sign_in("hilda");
            let session = hilda.get("/v1/session").expect(200);
            let roles: Vec<&Value> =
                session["capacities"].as_array().expect("a list").iter().map(|one| &one["role"]).collect();
            assert_eq!(roles, [&json!("hr"), &json!("organiser")]);
            assert_eq!(
                names(&hilda.get("/v1/employers").expect(200), "id").len(),
                2,
                "both, in one capacity"
            );
            assert_eq!(hilda.get("/v1/grants").status, 403, "as HR");
            assert_eq!(hilda.submit("/account", "deed=choose&capacity=claims%3A1").status, 200);
            hilda.get("/v1/grants").expect(200);

            for (name, role) in [("olga", "organiser"), ("paul", "library_administrator"), ("una", "auditor")]
            {
                let mut one = Browser::new(service, &idp.issuer);
                one.sign_in(name);
                assert_eq!(one.get("/v1/session").expect(200)["role"], role, "{name}");
            }

            let mut again = Browser::new(service, &idp.issuer);
            again.sign_in("hanna");
            let out = hanna.submit("/account", "deed=sign_out_everywhere");
            assert_eq!((out.status, out.header("location")), (303, Some("/sign-in")));
            assert_eq!(again.get("/v1/session").status, 401, "the same person elsewhere");
            hilda.get("/v1/session").expect(200);
        },
    );
}

#[test]
fn whom_no_rule_knows_is_refused_and_that_is_noted() {
    for_each_service(
        |issuer| settings(issuer, "swap"),
        |service, _, idp| {
            for (n, name) in ["nina", "pia"].into_iter().enumerate() {
                let mut browser = Browser::new(service, &idp.issuer);
                let page = browser.sign_in(name);
                assert_eq!(page.status, 403, "{}", page.text());
                assert!(page.text().contains("Ask the organisers"), "{}", page.text());
                assert!(!browser.is_signed_in());
                assert_eq!(browser.get("/v1/session").status, 401);
                let refused = json!({ "refused": "nobody-here", "way": "oidc" });
                assert_eq!(noted(service), vec![refused; n + 1], "{name}");
            }
        },
    );
}

/// Takes another value into a URL's query.
fn with(url: &str, name: &str, value: &str) -> String {
    let (before, after) = url.split_once(&format!("{name}=")).expect("a parameter");
    let rest = after.find('&').map_or("", |end| &after[end..]);
    format!("{before}{name}={value}{rest}")
}

#[test]
fn what_does_not_belong_together_signs_nobody_in_and_writes_nothing() {
    for_each_service(
        |issuer| settings(issuer, "swap"),
        |service, _, idp| {
            let browser = || Browser::new(service, &idp.issuer);
            let before = row_counts(&service.app);
            let refuse = |case: &str, mut browser: Browser<'_>, back: &str| {
                let page = browser.get(back);
                assert_eq!(page.status, 403, "{case}: {}", page.text());
                assert!(
                    page.text().contains("begin again") && page.text().contains("/sign-in/oidc"),
                    "{case}"
                );
                assert!(!browser.is_signed_in(), "{case}");
                assert!(browser.ours.is_empty(), "{case}: one try for each attempt");
                assert_eq!(row_counts(&service.app), before, "{case}");
            };
            // What comes back is not what was sent.
            let mut one = browser();
            let at = one.begin();
            let back = one.say(&at, "hanna");
            refuse("another state", one.clone(), &with(&back, "state", &"0".repeat(64)));
            refuse("no state", one.clone(), &back.replace("state=", "stat="));
            refuse("another provider", one.clone(), &with(&back, "iss", "https%3A%2F%2Fother.example"));
            refuse("another code", one.clone(), &with(&back, "code", "made-up"));
            refuse("no code", one.clone(), &back.replace("code=", "error=access_denied&was="));
            refuse("no cookie", browser(), &back);
            let mut other = browser();
            other.begin();
            refuse("another browser's cookie", other, &back);
            let mut cookies_twice = one.clone();
            let attempt = cookies_twice.ours["__Host-library-swap-attempt"].clone();
            cookies_twice.ours.insert("x=y; __Host-library-swap-attempt".to_owned(), attempt);
            let page = cookies_twice.get(&back);
            assert_eq!(page.status, 403, "a planted cookie: {}", page.text());
            // What was sent was changed on its way: the provider itself answers for something else.
            for (case, name, value) in [
                ("another nonce", "nonce", "0".repeat(64)),
                ("another client", "client_id", "stranger".to_owned()),
                (
                    "another challenge",
                    "code_challenge",
                    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
                ),
            ] {
                let mut one = browser();
                let at = with(&one.begin(), name, &value);
                let back = one.say(&at, "hanna");
                refuse(case, one, &back);
            }
            // A provider's token that is over.
            let mut late = browser();
            let at = late.begin();
            let back = late.say(&at, "hanna");
            service.app.clock.set(Utc::now() + chrono::Duration::hours(2));
            refuse("a token past its end", late, &back);
            service.app.clock.set(Utc::now());
            // The right one works all the same, once.
            let mut twice = browser();
            let at = twice.begin();
            let back = twice.say(&at, "hanna");
            let kept = twice.ours.clone();
            assert_eq!(twice.get(&back).status, 303);
            assert_eq!(twice.get(&back).status, 403, "its attempt is over");
            let page = send(&service.url, &mut kept.clone(), "GET", &back, "");
            assert_eq!(
                page.status,
                403,
                "the code is spent, even for whoever kept the cookie: {}",
                page.text()
            );
        },
    );
}

#[test]
fn a_code_that_is_too_old_is_refused_and_a_client_without_a_secret_is_enough() {
    for_each_service(
        |issuer| settings(issuer, "hasty"),
        |service, _, idp| {
            let mut browser = Browser::new(service, &idp.issuer);
            let at = browser.begin();
            let back = browser.say(&at, "hanna");
            std::thread::sleep(Duration::from_millis(2_100));
            assert_eq!(browser.get(&back).status, 403);
            assert!(!browser.is_signed_in());
        },
    );
    let public = |issuer: &str| ProviderSettings { client_secret: None, ..settings(issuer, "public") };
    for_each_service(public, |service, _, idp| {
        assert_eq!(Browser::new(service, &idp.issuer).sign_in("hanna").status, 303);
    });
}

#[test]
fn a_provider_that_does_not_answer_as_it_should_is_told_and_nobody_waits_for_it() {
    let Some(idp) = Idp::start() else { return };
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_issuer = format!("http://{}", silent.local_addr().expect("an address"));
    let patient =
        |issuer: &str| ProviderSettings { timeout: Duration::from_secs(1), ..settings(issuer, "swap") };
    let wrong_secret = Some(Password::new("wrong".to_owned()));
    let at_home = idp.issuer.replace("127.0.0.1", "localhost");
    for (case, provider) in [
        ("nobody listens", settings("http://127.0.0.1:9", "swap")),
        ("it is silent", patient(&silent_issuer)),
        ("it has another name for itself", settings(&at_home, "swap")),
        ("it is somewhere else", settings(&format!("{}/realm", idp.issuer), "swap")),
    ] {
        let (service, _) = served(Database::sqlite(), &http(provider));
        let begun = Instant::now();
        let page = Browser::new(&service, &idp.issuer).get("/sign-in/oidc");
        assert_eq!(page.status, 502, "{case}: {}", page.text());
        assert!(page.text().contains("name=\"address\""), "{case}: a link by mail is there");
        assert!(begun.elapsed() < Duration::from_secs(8), "{case}");
    }
    let provider = ProviderSettings { client_secret: wrong_secret, ..settings(&idp.issuer, "swap") };
    assert!(
        !format!("{provider:?}").contains("wrong")
            && !format!("{:?}", http(provider.clone())).contains("wrong")
    );
    let (service, _) = served(Database::sqlite(), &http(provider));
    let mut browser = Browser::new(&service, &idp.issuer);
    assert_eq!(browser.sign_in("hanna").status, 502, "it does not know us");
    assert!(!browser.is_signed_in());
}

#[test]
fn without_a_provider_there_is_no_such_page() {
    let (service, _) = served(Database::sqlite(), &generous());
    let mut browser = Browser::new(&service, "");
    assert_eq!(browser.get("/sign-in/oidc").status, 404);
    assert_eq!(browser.get("/sign-in/oidc/callback?code=x&state=y&session_state=z").status, 404);
    assert!(!browser.get("/sign-in").text().contains("oidc"));
}

#[test]
fn doctor_and_the_start_look_whether_the_rules_name_what_is_there() {
    let Some(idp) = Idp::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let run = |command: &str, employer: &str, issuer: &str| -> Output {
        let secret = folder.path().join("secret");
        std::fs::write(&secret, format!("{SECRET}\n")).expect("written");
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[oidc]\nissuer = \"{issuer}\"\nclient_id = \"swap\"\n\
             client_secret_file = \"{}\"\n[[oidc.rules]]\nclaim = \"groups\"\nvalue = \"hr\"\nrole = \"hr\"\n\
             employers = [\"{employer}\"]\n",
            secret.display()
        );
        std::fs::write(folder.path().join("swap.toml"), text).expect("written");
        let mut binary = Command::new(env!("CARGO_BIN_EXE_library-swap"));
        binary.current_dir(folder.path()).args(["--config", "swap.toml", command]);
        binary.output().expect("the binary runs")
    };
    let nobody = "01900000-0000-7000-8000-000000000000";
    assert!(run("migrate", nobody, &idp.issuer).status.success());
    let url = format!("sqlite:{}", folder.path().join("data/library-swap.db").display());
    let app = App {
        store: library_swap::store::Store::open(&url.parse().expect("a URL"), 1).expect("a database"),
        ..app_on(&Database::sqlite(), PUBLIC_URL)
    };
    let council = Employers::make(&app).council.to_string();
    let line = |output: &Output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().find(|line| line.contains(" identity provider: ")).expect("a line").to_owned()
    };
    let good = line(&run("doctor", &council, &idp.issuer));
    assert_eq!(good, "ok      identity provider: 127.0.0.1 answers; 1 rules");
    let away = line(&run("doctor", &council, "http://127.0.0.1:9"));
    assert!(away.starts_with("FAILED  identity provider: the identity provider cannot be used: "), "{away}");
    let missing = format!("/oidc/rules/0/employers/0: {nobody}: there is no such employer");
    assert!(line(&run("doctor", nobody, &idp.issuer)).contains(&missing));
    let started = run("serve", nobody, &idp.issuer);
    assert!(!started.status.success());
    let said = String::from_utf8_lossy(&started.stderr).into_owned();
    assert!(said.contains(&missing), "{said}");
    assert!(!said.contains(SECRET));
}

#[test]
fn an_authority_of_ones_own_is_believed_where_it_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = Command::new("python3").args(["-m", "trustme", "-q", "-d"]).arg(folder.path()).output();
    if !made.is_ok_and(|output| output.status.success()) {
        let required = std::env::var("LIBRARY_SWAP_REQUIRE_PYTHON").is_ok_and(|value| value == "1");
        assert!(!required, "Python and trustme are required, and are not there");
        skip!("certificates of an own authority (Python and trustme: tests/python/requirements.txt)");
        return;
    }
    let Some(idp) = Idp::start_with(Some(folder.path())) else { return };
    let open = |ca_file: Option<&str>| {
        let ca_file = ca_file.map(|name| folder.path().join(name));
        Provider::open(ProviderSettings { ca_file, ..settings(&idp.issuer, "swap") }, PUBLIC_URL)
    };
    open(Some("client.pem")).expect("settings").check().expect("a provider whose authority is known");
    let stranger = open(None).expect("settings").check().expect_err("an unknown authority");
    assert!(format!("{stranger:?}").contains("UnknownIssuer"), "{stranger:?}");
    let absent = open(Some("absent.pem")).expect_err("no such file");
    assert!(absent.starts_with("oidc.ca_file ") && absent.contains("absent.pem"), "{absent}");
    let empty = open(Some("server.key")).expect_err("no certificate in it");
    assert!(empty.contains("server.key"), "{empty}");
}
