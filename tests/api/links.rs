//! Links in mails: looking never acts, fifty clicks act once, other sites never act, secrets stay secret.

use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use serde_json::json;

use crate::support::{Log, for_each_service, row_counts};
use crate::world::{DAYS, World, secret_of};

#[test]
fn looking_at_a_link_never_changes_anything() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("ann");
        let secret = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        let anyone = service.anyone();
        let before = row_counts(&service.app);
        for path in [format!("/links/{secret}"), format!("/v1/links/{secret}")] {
            for method in ["GET", "HEAD", "GET"] {
                assert_eq!(anyone.send(method, &path, &[], &[]).status, 200, "{method} {path}");
            }
        }
        assert_eq!(row_counts(&service.app), before);
        let seen = anyone.get(&format!("/v1/links/{secret}")).expect(200);
        assert_eq!(seen["application"]["state"], "submitted");
    });
}

#[test]
fn fifty_clicks_at_once_are_one_transition_and_one_set_of_mails() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("ann");
        let secret = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        let click = |deed: &str, secret: &str| {
            let (url, body) = (format!("/v1/links/{secret}"), json!({ "deed": deed }));
            std::thread::scope(|scope| {
                let clicks: Vec<_> = (0..50)
                    .map(|_| {
                        let (client, url, body) = (service.anyone(), &url, &body);
                        scope.spawn(move || client.post(url, body).status)
                    })
                    .collect();
                for click in clicks {
                    assert_eq!(click.join().expect("clicked"), 200);
                }
            });
        };
        click("verify", &secret);
        let mails = world.mails();
        assert_eq!(mails.len(), 1, "one release request");
        click("release", &secret_of(&mails, NoticeKind::ReleaseRequest, Party::Manager));
        let entries = world.organiser.get("/v1/audit?limit=200").expect(200);
        let of = |action: &str| {
            entries["data"]
                .as_array()
                .expect("a list")
                .iter()
                .filter(|entry| entry["action"] == action)
                .count()
        };
        assert_eq!((of("verify_address"), of("decide_release")), (1, 1));
    });
}

#[test]
fn fifty_yeses_at_once_confirm_once() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        world.propose(&application);
        let mails = world.mails();
        std::thread::scope(|scope| {
            for n in 0..50 {
                let party = if n % 2 == 0 { Party::Participant } else { Party::Host };
                let url = format!("/v1/links/{}", secret_of(&mails, NoticeKind::Proposal, party));
                let client = service.anyone();
                scope
                    .spawn(move || client.post(&url, &json!({ "deed": "accept", "version": 0 })).expect(200));
            }
        });
        let kinds: Vec<_> = world.mails().iter().map(|letter| (letter.kind, letter.party)).collect();
        assert_eq!(kinds.len(), 3, "{kinds:?}");
        assert!(kinds.iter().all(|(kind, _)| *kind == NoticeKind::Confirmed));
    });
}

#[test]
fn the_page_has_buttons_and_the_headers_of_a_secret_page() {
    for_each_service(|service| {
        let world = World::new(service);
        let mut form = world.form("ann");
        form["name"] = json!("<script>alert(1)</script> & Co");
        service.anyone().post(&world.of_round("/applications"), &form).expect(202);
        let secret = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        let page = service.anyone().get(&format!("/links/{secret}"));
        assert_eq!(page.status, 200);
        let html = page.text();
        for told in
            ["ann@council.example", "Hive Public Library", "Monday 1 March 2027", "head@council.example"]
        {
            assert!(html.contains(told), "{told}: {html}");
        }
        assert!(html.contains("value=\"verify\""));
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script&gt;"), "{html}");
        assert!(!html.contains("step-free"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert!(page.header("x-robots-tag").expect("robots").contains("noindex"));
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
        assert_eq!(service.anyone().get("/pages.css").status, 200);

        let done = service.anyone().submit(&format!("/links/{secret}"), "deed=verify");
        assert_eq!(done.status, 200);
        assert!(done.text().contains("Thank you"));
        assert!(!done.text().contains("<button"), "nothing is left to do");
    });
}

#[test]
fn a_manager_releases_ticked_days_or_refuses_with_a_reason() {
    for_each_service(|service| {
        let world = World::new(service);
        let anyone = service.anyone();
        for who in ["ann", "bea"] {
            world.sign_up(who);
            let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
            anyone.submit(&format!("/links/{verify}"), "deed=verify");
            let url = format!("/links/{}", world.secret(NoticeKind::ReleaseRequest, Party::Manager));
            let none = anyone.submit(&url, "deed=release");
            assert_eq!(none.status, 422);
            assert!(
                none.text().contains("must name at least one day") && none.text().contains("<title>Error:")
            );
            let empty = anyone.submit(&url, "deed=refuse&reason=other&words=+");
            assert_eq!(empty.status, 422);
            if who == "ann" {
                let done = anyone.submit(&url, &format!("deed=release&dates={}", DAYS[0]));
                assert_eq!(done.status, 200);
                assert!(done.text().contains("Days released"));
            } else {
                let done = anyone.submit(&url, "deed=refuse&reason=cover&words=too+few+staff%21");
                assert_eq!(done.status, 200);
                assert!(!done.text().contains("too few staff"), "the reason is for organisers");
                let other = anyone.submit(&url, &format!("deed=release&dates={}", DAYS[0]));
                assert_eq!(other.status, 409);
                assert!(other.text().contains("this application is refused"));
            }
        }
        let list = world.organiser.get(&world.of_round("/applications")).expect(200);
        let reasons: Vec<_> =
            list["data"].as_array().expect("a list").iter().map(|a| &a["refusal_words"]).collect();
        assert!(reasons.contains(&&json!("too few staff!")), "{reasons:?}");
        let administrator = world.token("library_administrator", Some(&world.council));
        assert!(!administrator.get(&world.of_round("/applications")).text().contains("too few staff"));
    });
}

#[test]
fn a_form_of_another_site_does_nothing() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("ann");
        let secret = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        let (anyone, url) = (service.anyone(), format!("/links/{secret}"));
        let form = ("content-type", "application/x-www-form-urlencoded");
        for from in [
            [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
            [("sec-fetch-site", "same-site"), ("origin", "null")],
            [("x-nothing", ""), ("origin", "https://evil.example")],
        ] {
            let refused = anyone.send("POST", &url, &[form, from[0], from[1]], b"deed=verify");
            assert_eq!(refused.status, 403, "{from:?}");
        }
        assert_eq!(anyone.send("POST", &url, &[("content-type", "text/plain")], b"deed=verify").status, 415);
        assert_eq!(anyone.get(&format!("/v1/links/{secret}")).expect(200)["deeds"], json!(["verify"]));
        let own = ("origin", service.url.as_str());
        assert_eq!(anyone.send("POST", &url, &[form, own], b"deed=verify").status, 200);
    });
}

#[test]
fn what_does_not_fit_a_link_is_refused() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("ann");
        let secret = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        let anyone = service.anyone();
        let url = format!("/v1/links/{secret}");
        for (body, pointer) in [
            (json!({}), "/deed"),
            (json!({ "deed": "verfy" }), "/deed"),
            (json!({ "deed": "release" }), "/deed"),
            (json!({ "deed": "release", "dates": [] }), "/dates"),
            (json!({ "deed": "refuse" }), "/reason"),
            (json!({ "deed": "verify", "reason": "x" }), "/reason"),
            (json!({ "deed": "verify", "dates": [DAYS[0]] }), "/dates"),
        ] {
            let reply = anyone.post(&url, &body);
            assert_eq!((reply.status, reply.pointers()), (422, vec![pointer.to_owned()]), "{body}");
        }
        let unknown = "0".repeat(64);
        assert_eq!(anyone.get(&format!("/v1/links/{unknown}")).code(), "not-found");
        assert_eq!(
            anyone.post(&format!("/v1/links/{unknown}"), &json!({ "deed": "verify" })).code(),
            "not-found"
        );
        let page = anyone.get(&format!("/links/{unknown}"));
        assert_eq!((page.status, page.header("content-type")), (404, Some("text/html; charset=utf-8")));
        service.set_clock("2027-02-03T00:00:00Z");
        assert_eq!(anyone.post(&url, &json!({ "deed": "verify" })).code(), "link-spent");
        assert_eq!(anyone.get(&url).expect(200)["deeds"], json!([]));
    });
}

#[test]
fn no_secret_of_a_link_or_token_reaches_the_log() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .init();
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("logged");
        let secret = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        let anyone = service.anyone();
        anyone.get(&format!("/links/{secret}"));
        anyone.get(&format!("/links/{secret}?{secret}=1"));
        anyone.get(&format!("/links/{secret}/more"));
        anyone.get(&format!("/v1/links/{secret}%ff"));
        anyone.send("PATCH", &format!("/links/{secret}"), &[], &[]);
        anyone.submit(&format!("/links/{secret}"), "deed=verify");
        service.with(&secret).get("/v1/rounds");
        let token =
            world.organiser.post("/v1/tokens", &json!({ "name": "x", "role": "operator" })).expect(201);
        service.with(token["secret"].as_str().expect("a secret")).get("/v1/audit");
        let wanted = json!({ "kind": "employer", "employer": world.council });
        let feed = world.organiser.post("/v1/feeds", &wanted).expect(201);
        let feed = feed["url"].as_str().expect("an address").rsplit_once('/').expect("a path").1;
        let feed = feed.trim_end_matches(".ics");
        for path in [
            format!("/calendars/{feed}.ics"),
            format!("/calendars/{feed}"),
            format!("/calendars/{feed}.ics?{feed}=1"),
        ] {
            anyone.get(&path);
            anyone.send("PUT", &path, &[], &[]);
        }
        let logged = log.said();
        assert!(logged.contains("/links/{secret}") && logged.contains("answered"), "the requests are logged");
        for private in [
            &secret,
            feed,
            token["secret"].as_str().expect("a secret"),
            "logged@council.example",
            "logged Reader",
        ] {
            let line = logged.lines().find(|line| line.contains(private));
            assert!(line.is_none(), "{line:?}");
        }
    });
}
