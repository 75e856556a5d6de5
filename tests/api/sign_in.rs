//! Signing in by mail: the same answer for everybody, a link that works once, sessions that end.

use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use library_swap::http::HttpSettings;
use library_swap::services::Settings;
use serde_json::{Value, json};

use crate::support::{
    Reply, Service, dump, for_each_service, for_each_service_as, for_each_service_with, generous,
};
use crate::world::{DAYS, World, id_of, secret_of};

/// Somebody at a browser.
pub struct Browser<'a> {
    service: &'a Service,
    pub cookie: String,
}

impl<'a> Browser<'a> {
    /// Takes the cookie that an answer sets.
    pub fn after(service: &'a Service, reply: &Reply) -> Self {
        let set = reply.header("set-cookie").unwrap_or_else(|| panic!("a cookie: {}", reply.text()));
        Self { service, cookie: set.split(';').next().expect("a pair").to_owned() }
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut all = vec![("cookie", self.cookie.as_str())];
        all.extend_from_slice(headers);
        self.service.anyone().send(method, path, &all, body.as_bytes())
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], "")
    }

    /// As a script of the service's own page.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Reply {
        let headers = [("content-type", "application/json"), ("sec-fetch-site", "same-origin")];
        self.send(method, path, &headers, &body.to_string())
    }

    /// As the service's own form.
    pub fn submit(&self, path: &str, form: &str) -> Reply {
        let headers =
            [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        self.send("POST", path, &headers, form)
    }

    pub fn session(&self) -> Value {
        self.get("/v1/session").expect(200)
    }
}

pub fn ask(service: &Service, address: &str) -> Reply {
    service.anyone().post("/v1/sign-in", &json!({ "address": address }))
}

/// The secret of a fresh link.
fn link(world: &World<'_>, address: &str) -> String {
    ask(world.service, address).expect(202);
    secret_of(&world.mails(), NoticeKind::SignIn, Party::Participant)
}

fn press(service: &Service, secret: &str) -> Reply {
    service.anyone().submit(&format!("/sign-in/{secret}"), "")
}

pub fn sign_in<'a>(world: &World<'a>, address: &str) -> Browser<'a> {
    let reply = press(world.service, &link(world, address));
    assert_eq!((reply.status, reply.header("location")), (303, Some("/account")), "{}", reply.text());
    Browser::after(world.service, &reply)
}

pub fn grant(world: &World<'_>, address: &str, role: &str, employers: &[&str]) -> String {
    let body = json!({ "address": address, "role": role, "employers": employers });
    id_of(&world.organiser.post("/v1/grants", &body).expect(201))
}

#[test]
fn known_and_unknown_addresses_get_the_same_answer_and_leave_the_same_trace() {
    for_each_service(|service| {
        let world = World::without_round(service);
        grant(&world, "ann@council.example", "organiser", &[]);
        let told = |address: &str| {
            let json = ask(service, address);
            let page = service.anyone().submit("/sign-in", &format!("address={address}"));
            let headers = |reply: &Reply| {
                let mut all = reply.headers.clone();
                all.retain(|(name, _)| name != "date" && name != "x-request-id");
                all
            };
            (json.status, json.text(), headers(&json), page.status, page.text(), headers(&page))
        };
        let outbox = || {
            let page = world.organiser.get("/v1/deliveries").expect(200);
            page["data"].as_array().expect("a list").len()
        };
        let (known, after_known) = (told("ann@council.example"), outbox());
        let (unknown, after_unknown) = (told("nobody@council.example"), outbox());
        assert_eq!(known, unknown);
        assert_eq!((known.0, known.3), (202, 200));
        assert_eq!((after_known, after_unknown), (2, 4), "each is written down, and looked up later");
        let mails = world.mails();
        assert!(mails.iter().all(|mail| mail.to_address == "ann@council.example"), "{mails:?}");
        assert_eq!(mails.len(), 2);
        assert_eq!(outbox(), 2, "of an unknown address nothing is kept");
        let whole = format!("{:?}", dump(&service.app));
        assert!(!whole.contains("nobody@council.example"));
    });
}

#[test]
fn looking_at_a_link_never_uses_it_up_and_its_button_works_once() {
    for_each_service(|service| {
        let world = World::without_round(service);
        grant(&world, "ann@council.example", "organiser", &[]);
        let secret = link(&world, "ann@council.example");
        let path = format!("/sign-in/{secret}");
        for method in ["GET", "HEAD", "GET"] {
            let page = service.anyone().send(method, &path, &[], &[]);
            assert_eq!(page.status, 200);
            assert_eq!(page.header("set-cookie"), None);
            assert_eq!(page.header("cache-control"), Some("no-store"));
            assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        }
        let page = service.anyone().get(&path).text();
        assert!(page.contains("a…@council.example") && !page.contains("ann@"), "{page}");
        let pressed: Vec<u16> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| press(service, &secret).status)).collect();
            all.into_iter().map(|one| one.join().expect("pressed")).collect()
        });
        assert_eq!(pressed.iter().filter(|status| **status == 303).count(), 1, "{pressed:?}");
        assert_eq!(pressed.iter().filter(|status| **status == 409).count(), 7, "{pressed:?}");
        let late = service.anyone().get(&path);
        assert_eq!(late.status, 409);
        assert!(late.text().contains("ask for another one") && late.text().contains("name=\"address\""));
        let twin = service.anyone().step(&format!("/v1/sign-in/{secret}"));
        assert_eq!((twin.status, twin.code().as_str()), (409, "link-spent"));
        assert_eq!(service.anyone().get("/sign-in/nothing").status, 404);
        assert_eq!(service.anyone().step("/v1/sign-in/nothing").code(), "not-found");
    });
}

#[test]
fn a_link_lives_for_a_quarter_of_an_hour_and_the_next_sign_in_ends_the_others() {
    for_each_service(|service| {
        let world = World::without_round(service);
        grant(&world, "ann@council.example", "organiser", &[]);
        let (first, second) = (link(&world, "ann@council.example"), link(&world, "ann@council.example"));
        assert_eq!(press(service, &second).status, 303);
        assert_eq!(press(service, &first).status, 409, "it was left over");
        let late = link(&world, "ann@council.example");
        service.set_clock("2027-01-04T09:14:59Z");
        assert_eq!(service.anyone().get(&format!("/sign-in/{late}")).status, 200);
        service.set_clock("2027-01-04T09:15:00Z");
        assert_eq!(press(service, &late).status, 409);
    });
}

#[test]
fn a_mail_that_waited_too_long_is_not_written_any_more() {
    for_each_service(|service| {
        let world = World::without_round(service);
        grant(&world, "ann@council.example", "organiser", &[]);
        ask(service, "ann@council.example").expect(202);
        service.set_clock("2027-01-04T10:00:01Z");
        assert!(world.mails().is_empty());
    });
}

#[test]
fn whoever_lost_everything_here_meanwhile_is_not_signed_in() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let id = grant(&world, "ann@council.example", "organiser", &[]);
        let secret = link(&world, "ann@council.example");
        world.organiser.delete(&format!("/v1/grants/{id}"));
        let refused = service.anyone().step(&format!("/v1/sign-in/{secret}"));
        assert_eq!((refused.status, refused.code().as_str()), (403, "nobody-here"));
    });
}

#[test]
fn the_cookie_is_bound_to_the_host_over_https_and_signing_in_is_refused_in_the_open() {
    let at = |url: &'static str| move |own: Settings| Settings { public_url: url.to_owned(), ..own };
    for_each_service_as(at("https://swap.example"), |service| {
        let world = World::without_round(service);
        grant(&world, "ann@council.example", "organiser", &[]);
        let reply = press(service, &link(&world, "ann@council.example"));
        let cookie = reply.header("set-cookie").expect("a cookie").to_owned();
        let (pair, rest) = cookie.split_once("; ").expect("attributes");
        assert!(pair.starts_with("__Host-library-swap="), "{cookie}");
        assert_eq!(rest, "Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure");
        let browser = Browser::after(service, &reply);
        assert_eq!(browser.session()["role"], "organiser");
        let secret = pair.split_once('=').expect("a pair").1;
        assert!(!format!("{:?}", dump(&service.app)).contains(secret), "only its hash is stored");
        let twice = Browser { service, cookie: format!("{pair}; {pair}x") };
        assert_eq!(twice.get("/v1/session").status, 401, "one was planted");
    });
    for_each_service_as(at("http://swap.example"), |service| {
        for refused in [ask(service, "ann@council.example"), service.anyone().step("/v1/sign-in/x")] {
            assert_eq!((refused.status, refused.code().as_str()), (403, "https-needed"));
        }
        assert_eq!(service.anyone().get("/sign-in").status, 403);
    });
    for_each_service(|service| {
        let world = World::without_round(service);
        grant(&world, "ann@council.example", "organiser", &[]);
        let browser = sign_in(&world, "ann@council.example");
        assert!(browser.cookie.starts_with("library-swap="), "{}", browser.cookie);
    });
}

#[test]
fn changes_by_cookie_are_taken_from_the_services_own_pages_only() {
    for_each_service(|service| {
        let world = World::without_round(service);
        grant(&world, "ann@council.example", "organiser", &[]);
        let browser = sign_in(&world, "ann@council.example");
        let own = service.url.clone();
        let make = |headers: &[(&str, &str)]| {
            let mut all = vec![("content-type", "application/json")];
            all.extend_from_slice(headers);
            browser.send("POST", "/v1/rounds", &all, &World::round_body().to_string())
        };
        for refused in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "cross-site"), ("origin", own.as_str())],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
        ] {
            let reply = make(refused);
            assert_eq!((reply.status, reply.code().as_str()), (403, "cross-site"), "{refused:?}");
            let out = browser.send("DELETE", "/v1/session", refused, "");
            assert_eq!(out.status, 403, "{refused:?}");
        }
        make(&[("sec-fetch-site", "same-origin")]).expect(201);
        make(&[("origin", own.as_str())]).expect(201);
        browser.get("/v1/rounds").expect(200);
        let both = [("authorization", "Bearer x"), ("sec-fetch-site", "same-origin")];
        assert_eq!(browser.send("GET", "/v1/rounds", &both, "").status, 401, "what is written down counts");
        let form = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "cross-site")];
        let planted = service.anyone().send("POST", "/sign-in/x", &form, &[]);
        assert_eq!(planted.status, 403, "nobody is signed in as somebody else from another site");
    });
}

#[test]
fn sessions_end_when_idle_and_after_their_day() {
    for_each_service(|service| {
        let world = World::without_round(service);
        grant(&world, "ann@council.example", "organiser", &[]);
        let browser = sign_in(&world, "ann@council.example");
        let is_in = |at: &str| {
            service.set_clock(at);
            browser.get("/v1/audit").status == 200
        };
        assert!(is_in("2027-01-04T09:59:59Z"));
        assert!(is_in("2027-01-04T10:59:58Z"), "the last request counts");
        assert!(!is_in("2027-01-04T11:59:58Z"));
        assert!(!is_in("2027-01-04T11:59:59Z"), "it does not come back");
        service.set_clock("2027-01-04T12:00:00Z");
        let second = sign_in(&world, "ann@council.example");
        for half_hour in 0..24 {
            let (hour, minute) = (12 + half_hour / 2, 15 + half_hour % 2 * 30);
            service.set_clock(&format!("2027-01-04T{hour}:{minute}:00Z"));
            assert_eq!(second.get("/v1/audit").status, 200, "{hour}:{minute}");
        }
        service.set_clock("2027-01-05T00:00:00Z");
        assert_eq!(second.get("/v1/audit").status, 401, "however busy");
        assert_eq!(second.get("/v1/session").code(), "unauthenticated");
        let page = second.get("/account");
        assert_eq!((page.status, page.header("location")), (303, Some("/sign-in")));
        service.anyone().get("/v1/rounds").expect(200);
        second.get("/v1/rounds").expect(200);
    });
}

#[test]
fn signing_out_ends_one_session_and_signing_out_everywhere_all_of_them() {
    for_each_service(|service| {
        let world = World::without_round(service);
        grant(&world, "ann@council.example", "organiser", &[]);
        grant(&world, "bea@council.example", "organiser", &[]);
        let browsers: Vec<Browser<'_>> = (0..3).map(|_| sign_in(&world, "ann@council.example")).collect();
        let other = sign_in(&world, "bea@council.example");
        let out = browsers[0].submit("/account", "deed=sign_out");
        assert_eq!((out.status, out.header("location")), (303, Some("/sign-in")));
        assert!(out.header("set-cookie").expect("a cookie").contains("Max-Age=0"));
        let live =
            || -> Vec<bool> { browsers.iter().map(|one| one.get("/v1/session").status == 200).collect() };
        assert_eq!(live(), [false, true, true]);
        let left_over = link(&world, "ann@council.example");
        browsers[1].ask("DELETE", "/v1/sessions", &json!({})).expect(204);
        assert_eq!(live(), [false, false, false]);
        assert_eq!(press(service, &left_over).status, 409);
        assert_eq!(other.session()["role"], "organiser");
        other.ask("DELETE", "/v1/session", &json!({})).expect(204);
        assert_eq!(other.get("/v1/session").status, 401);
        assert_eq!(service.organiser().get("/v1/session").status, 401, "a token has no session");
    });
}

#[test]
fn a_key_belongs_to_the_session_whatever_other_cookies_come_along() {
    for_each_service(|service| {
        let world = World::without_round(service);
        grant(&world, "olga@council.example", "organiser", &[]);
        let browser = sign_in(&world, "olga@council.example");
        let post = |other: &str| {
            let cookies = format!("{}; {other}", browser.cookie);
            let headers = [
                ("cookie", cookies.as_str()),
                ("content-type", "application/json"),
                ("sec-fetch-site", "same-origin"),
                ("idempotency-key", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
            ];
            service.anyone().send("POST", "/v1/employers", &headers, b"{\"name\": \"Once\"}")
        };
        let first = post("seen=1").expect(201);
        let again = post("seen=2");
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.expect(201), first);
    });
}

#[test]
fn one_person_chooses_among_roles_and_a_grant_that_is_taken_back_counts_at_once() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let hr = grant(&world, "ann@council.example", "hr", &[&world.council]);
        grant(&world, "ann@council.example", "library_administrator", &[&world.council, &world.university]);
        let browser = sign_in(&world, "ann@council.example");
        let session = browser.session();
        assert_eq!((&session["role"], &session["way"]), (&json!("hr"), &json!("link")));
        let keys: Vec<String> = session["capacities"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| one["capacity"].as_str().expect("a key").to_owned())
            .collect();
        assert_eq!(keys.len(), 2);
        let employers = || browser.get("/v1/employers").expect(200)["data"].as_array().expect("a list").len();
        assert_eq!(employers(), 1);
        let page = browser.get("/account");
        assert!(page.text().contains("Library administrator") && page.text().contains("Worcestershire"));
        assert_eq!(page.header("referrer-policy"), Some("same-origin"));
        let chosen =
            browser.submit("/account", &format!("deed=choose&capacity={}", keys[1].replace(':', "%3A")));
        assert_eq!(chosen.status, 200, "{}", chosen.text());
        assert_eq!(employers(), 2);
        let back = browser.ask("PUT", "/v1/session/capacity", &json!({ "capacity": keys[0] })).expect(200);
        assert_eq!(back["role"], "hr");
        let foreign = browser.ask("PUT", "/v1/session/capacity", &json!({ "capacity": "grant:x" }));
        assert_eq!((foreign.status, foreign.pointers()), (422, vec!["/capacity".to_owned()]));
        assert_eq!(browser.submit("/account", "deed=fly").status, 422);
        world.organiser.delete(&format!("/v1/grants/{hr}"));
        assert_eq!(browser.get("/v1/employers").status, 401);
        assert_eq!(browser.session()["capacity"], Value::Null);
        assert!(browser.get("/account").text().contains("You act as nobody"));
        browser.ask("PUT", "/v1/session/capacity", &json!({ "capacity": keys[1] })).expect(200);
        assert_eq!(employers(), 2);
    });
}

#[test]
fn grants_are_checked_listed_and_ended() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let make = |body: &Value| world.organiser.post("/v1/grants", body);
        let nothing = "01900000-0000-7000-8000-000000000000";
        for (body, pointers) in [
            (json!({ "address": "x", "role": "hr" }), vec!["/address"]),
            (json!({ "address": "ann@council.example", "role": "hr" }), vec!["/employers"]),
            (
                json!({ "address": "ann@council.example", "role": "hr", "employers": [nothing] }),
                vec!["/employers/0"],
            ),
            (json!({ "address": "ann@council.example", "role": "mail_server" }), vec!["/role"]),
            (json!({ "address": "ann@council.example", "role": "participant" }), vec!["/role"]),
            (json!({ "address": "ann@council.example", "role": "round_organiser" }), vec!["/round"]),
            (
                json!({ "address": "ann@council.example", "role": "organiser", "round": nothing,
                    "expires_at": "2026-01-01T00:00:00Z" }),
                vec!["/expires_at", "/round", "/round"],
            ),
        ] {
            let refused = make(&body);
            let mut found = refused.pointers();
            found.sort();
            assert_eq!(
                (refused.status, found),
                (422, pointers.into_iter().map(str::to_owned).collect()),
                "{body}"
            );
        }
        let id = grant(&world, "Ann@Council.example", "hr", &[&world.council]);
        let again =
            make(&json!({ "address": "ann@council.example", "role": "hr", "employers": [world.council] }));
        assert_eq!((again.status, again.code().as_str()), (409, "already-exists"));
        let page = world.organiser.get("/v1/grants").expect(200);
        assert_eq!(
            (&page["data"][0]["id"], &page["data"][0]["address"]),
            (&json!(id), &json!("ann@council.example"))
        );
        for _ in 0..2 {
            world.organiser.delete(&format!("/v1/grants/{id}")).expect(204);
        }
        assert_eq!(world.organiser.delete(&format!("/v1/grants/{nothing}")).code(), "not-found");
        assert_eq!(
            world.organiser.get("/v1/grants").expect(200)["data"][0]["ended_at"],
            "2027-01-04T09:00:00Z"
        );
        let hr = world.token("hr", Some(&world.council));
        assert_eq!(hr.get("/v1/grants").status, 403);
        let expiring = json!({ "address": "bea@council.example", "role": "auditor", "expires_at": "2027-01-04T09:05:00Z" });
        make(&expiring).expect(201);
        let browser = sign_in(&world, "bea@council.example");
        assert_eq!(browser.session()["role"], "auditor");
        service.set_clock("2027-01-04T09:05:00Z");
        assert_eq!(browser.session()["role"], Value::Null);
    });
}

#[test]
fn participants_managers_and_hosts_sign_in_to_their_own_cases() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("ann");
        ask(service, "ann@council.example").expect(202);
        let mails = world.mails();
        assert!(
            mails.iter().all(|mail| mail.kind != NoticeKind::SignIn),
            "an unproven application is nobody's"
        );
        let application = world.released("bea");
        let other = {
            let page = world.organiser.get(&world.of_round("/applications?limit=200")).expect(200);
            let all = page["data"].as_array().expect("a list").clone();
            id_of(all.iter().find(|one| one["email"] == "ann@council.example").expect("ann"))
        };
        let participant = sign_in(&world, "bea@council.example");
        assert_eq!(participant.session()["role"], "participant");
        participant.get(&format!("/v1/applications/{application}")).expect(200);
        assert_eq!(participant.get(&format!("/v1/applications/{other}")).status, 404);
        let manager = sign_in(&world, "head@council.example");
        assert_eq!(manager.session()["capacities"].as_array().expect("a list").len(), 1);
        ask(service, "desk@campus.example").expect(202);
        assert!(world.mails().is_empty(), "nobody visits yet");
        let placement = world.propose(&application);
        world.mails();
        let host = sign_in(&world, "desk@campus.example");
        let session = host.session();
        assert_eq!(session["role"], "host_contact");
        assert_eq!(session["capacities"][0]["about"], "Campus Library, 1 March 2027");
        let seen = host.get(&format!("/v1/placements/{placement}")).expect(200);
        assert_eq!(seen["date"], DAYS[0]);
        let answer = json!({ "party": "host", "answer": "yes", "version": 0 });
        let said = host.ask("POST", &format!("/v1/placements/{placement}/answers"), &answer);
        assert_eq!(said.status, 200, "{}", said.text());
        let yes = json!({ "party": "participant", "answer": "yes", "version": 0 });
        participant.ask("POST", &format!("/v1/placements/{placement}/answers"), &yes).expect(200);
        let seen = world.organiser.get(&format!("/v1/placements/{placement}")).expect(200);
        assert_eq!(seen["state"], "confirmed");
        let library = json!({ "contact": { "email": "new@campus.example" } });
        world.organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &library).expect(200);
        assert_eq!(
            host.get(&format!("/v1/placements/{placement}")).status,
            401,
            "somebody else is the contact"
        );
    });
}

#[test]
fn nobody_signs_in_to_a_visit_whose_mails_are_held() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        world.released("ann");
        world.close();
        let run = world.solved();
        world.organiser.step(&format!("/v1/runs/{run}/publish")).expect(200);
        ask(service, "desk@campus.example").expect(202);
        assert!(world.mails().is_empty(), "it would tell that somebody comes");
        world.organiser.step(&format!("/v1/runs/{run}/release-mails")).expect(200);
        world.mails();
        assert_eq!(sign_in(&world, "desk@campus.example").session()["role"], "host_contact");
    });
}

#[test]
fn the_mail_is_in_the_readers_language_and_names_nobody() {
    for_each_service(|service| {
        let world = World::new(service);
        let mut form = world.form("ann");
        form["language"] = json!("cy");
        world.released_by("ann", &form);
        ask(service, "ann@council.example").expect(202);
        let mails = world.mails();
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].language.as_str(), "cy");
        assert_eq!((&mails[0].to_name, &mails[0].participant_name), (&None, &None));
        let deliveries = world.organiser.get("/v1/deliveries?kind=sign_in").expect(200);
        let delivery = &deliveries["data"][0];
        assert_eq!((&delivery["application"], &delivery["state"]), (&Value::Null, &json!("sent")));
        let again = world.organiser.step(&format!("/v1/deliveries/{}/resend", id_of(delivery)));
        assert_eq!(again.code(), "mail-outdated");
    });
}

#[test]
fn links_are_limited_for_each_asker_and_for_each_mailbox_whatever_tag_it_is_written_with() {
    let three = std::num::NonZeroU32::new(3).expect("not zero");
    let settings = HttpSettings { sign_in_links_per_mailbox_and_hour: three, ..generous() };
    for_each_service_with(&settings, |service| {
        let tagged: Vec<u16> =
            (0..4).map(|n| ask(service, &format!("ann+{n}@council.example")).status).collect();
        assert_eq!(tagged, [202, 202, 202, 429]);
        assert_eq!(ask(service, "bea@council.example").status, 202);
        let page = service.anyone().submit("/sign-in", "address=ann@council.example");
        assert_eq!(page.status, 429);
        assert!(page.header("retry-after").is_some());
    });
    let settings = HttpSettings { sign_in_links_per_hour: three, ..generous() };
    for_each_service_with(&settings, |service| {
        let asked: Vec<u16> = (0..4).map(|n| ask(service, &format!("a{n}@council.example")).status).collect();
        assert_eq!(asked, [202, 202, 202, 429]);
        let wrong = service.anyone().post("/v1/sign-in", &json!({ "address": "nothing" }));
        assert_eq!(wrong.pointers(), ["/address"], "a form with faults is not counted");
    });
}

#[test]
fn what_people_do_who_have_signed_in_stands_in_the_audit_without_their_address() {
    for_each_service(|service| {
        let world = World::without_round(service);
        grant(&world, "ann@council.example", "organiser", &[]);
        let browser = sign_in(&world, "ann@council.example");
        // Entries of one instant have no order.
        service.set_clock("2027-01-04T09:00:01Z");
        browser.ask("POST", "/v1/rounds", &World::round_body()).expect(201);
        service.set_clock("2027-01-04T09:00:02Z");
        browser.ask("DELETE", "/v1/session", &json!({})).expect(204);
        let page = world.organiser.get("/v1/audit?limit=200").expect(200);
        let entries = page["data"].as_array().expect("a list").clone();
        let by_session: Vec<&Value> = entries
            .iter()
            .filter(|entry| entry["actor"].as_str().is_some_and(|actor| actor.starts_with("session:")))
            .collect();
        let actions: Vec<&Value> = by_session.iter().map(|entry| &entry["action"]).collect();
        assert_eq!(actions, [&json!("sign_in"), &json!("create_round"), &json!("sign_in")]);
        assert!(by_session[0]["details"].to_string().contains("grant:"), "{}", by_session[0]);
        assert!(!page.to_string().contains("ann@council.example"));
    });
}

#[test]
fn the_page_tells_a_mistyped_address_and_has_no_script() {
    for_each_service(|service| {
        let page = service.anyone().get("/sign-in");
        assert_eq!(page.status, 200);
        assert!(!page.text().contains("<script"), "{}", page.text());
        let wrong = service.anyone().submit("/sign-in", "address=ann");
        assert_eq!(wrong.status, 422);
        assert!(wrong.text().contains("must be an e-mail address"), "{}", wrong.text());
    });
}
