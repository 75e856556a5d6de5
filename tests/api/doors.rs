//! Who may knock where: every endpoint with every role, written down once more by hand.

use std::collections::BTreeSet;

use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use library_swap::http::routes;
use serde_json::json;

use crate::support::{Client, for_each_service};
use crate::world::{World, secret_of};

/// Letters: `-` nobody known, `o` operator, `g` organiser, `a` library administrator, `h` HR, `p` participant,
/// `m` manager, `c` host contact, `s` mail server.
const DOORS: &[(&str, &str, &str)] = &[
    ("GET", "/healthz", "-ogahpmcs"),
    ("GET", "/readyz", "-ogahpmcs"),
    ("GET", "/openapi.json", "-ogahpmcs"),
    ("GET", "/", "-ogahpmcs"),
    ("GET", "/docs", "-ogahpmcs"),
    ("GET", "/docs/problems", "-ogahpmcs"),
    ("GET", "/docs/{file:.*}", "-ogahpmcs"),
    ("GET", "/pages.css", "-ogahpmcs"),
    ("GET", "/calendars/{secret}.ics", "-ogahpmcs"),
    ("GET", "/v1/feeds", "gah"),
    ("POST", "/v1/feeds", "gah"),
    ("DELETE", "/v1/feeds/{id}", "gah"),
    ("POST", "/v1/feeds/{id}/rotate", "gah"),
    ("GET", "/links/{secret}", "-ogahpmcs"),
    ("POST", "/links/{secret}", "-ogahpmcs"),
    ("GET", "/mails/{secret}", "-ogahpmcs"),
    ("POST", "/mails/{secret}", "-ogahpmcs"),
    ("GET", "/v1/links/{secret}", "-ogahpmcs"),
    ("POST", "/v1/links/{secret}", "-ogahpmcs"),
    ("GET", "/v1/employers", "ogah"),
    ("POST", "/v1/employers", "ga"),
    ("GET", "/v1/employers/{id}", "ogah"),
    ("PUT", "/v1/employers/{id}/directory", "ga"),
    ("GET", "/v1/employers/{id}/hr-digest", "gah"),
    ("PUT", "/v1/employers/{id}/hr-digest", "ga"),
    ("PUT", "/v1/employers/{id}/successor", "g"),
    ("GET", "/v1/libraries", "-ogah"),
    ("POST", "/v1/libraries", "oga"),
    ("GET", "/v1/libraries/{id}", "-ogah"),
    ("PUT", "/v1/libraries/{id}/welcome", "oga"),
    ("PUT", "/v1/libraries/{id}/successor", "og"),
    ("GET", "/v1/libraries/{id}/days", "ogah"),
    ("PUT", "/v1/libraries/{id}/opening-hours", "oga"),
    ("GET", "/v1/libraries/{id}/calendars", "ogah"),
    ("PUT", "/v1/libraries/{id}/calendars", "oga"),
    ("GET", "/v1/libraries/{id}/exceptions", "ogah"),
    ("GET", "/v1/libraries/{id}/exceptions/{date}", "ogah"),
    ("PUT", "/v1/libraries/{id}/exceptions/{date}", "oga"),
    ("DELETE", "/v1/libraries/{id}/exceptions/{date}", "oga"),
    ("POST", "/v1/libraries/{id}/closures", "oga"),
    ("GET", "/v1/calendars", "ogah"),
    ("POST", "/v1/calendars", "oga"),
    ("GET", "/v1/calendars/{id}", "ogah"),
    ("PUT", "/v1/calendars/{id}", "oga"),
    ("DELETE", "/v1/calendars/{id}", "oga"),
    ("GET", "/v1/rounds", "-ogah"),
    ("POST", "/v1/rounds", "g"),
    ("GET", "/v1/rounds/{id}", "-ogah"),
    ("POST", "/v1/rounds/{id}/open", "g"),
    ("POST", "/v1/rounds/{id}/close", "g"),
    ("GET", "/v1/rounds/{id}/dates", "-ogah"),
    ("PUT", "/v1/rounds/{id}/dates", "g"),
    ("GET", "/v1/rounds/{id}/privacy-notice", "-ogah"),
    ("PUT", "/v1/rounds/{id}/privacy-notice", "g"),
    ("GET", "/v1/applications/{id}/access-needs", "p"),
    ("GET", "/v1/placements/{id}/access-needs", "gc"),
    ("GET", "/v1/applications/{id}/personal-data", "gp"),
    ("GET", "/v1/applications/{id}/personal-data.txt", "gp"),
    ("POST", "/v1/applications/{id}/erase-person", "g"),
    ("POST", "/v1/rounds/{id}/cancel", "g"),
    ("GET", "/v1/rounds/{id}/libraries", "ga"),
    ("GET", "/v1/rounds/{id}/libraries/{library}", "ga"),
    ("PUT", "/v1/rounds/{id}/libraries/{library}", "ga"),
    ("DELETE", "/v1/rounds/{id}/libraries/{library}", "ga"),
    ("GET", "/v1/rounds/{id}/cover", "gah"),
    ("GET", "/v1/rounds/{id}/applications", "gap"),
    ("POST", "/v1/rounds/{id}/applications", "-a"),
    ("GET", "/v1/applications/{id}", "gap"),
    ("POST", "/v1/applications/{id}/withdraw", "gp"),
    ("POST", "/v1/applications/{id}/manager", "a"),
    ("GET", "/v1/rounds/{id}/locks", "g"),
    ("GET", "/v1/rounds/{id}/locks/{application}", "g"),
    ("PUT", "/v1/rounds/{id}/locks/{application}", "g"),
    ("DELETE", "/v1/rounds/{id}/locks/{application}", "g"),
    ("GET", "/v1/rounds/{id}/forbidden", "g"),
    ("POST", "/v1/rounds/{id}/forbidden", "g"),
    ("DELETE", "/v1/rounds/{id}/forbidden/{pair}", "g"),
    ("GET", "/v1/rounds/{id}/repairs", "g"),
    ("GET", "/v1/placements/{id}/reserves", "g"),
    ("POST", "/v1/placements/{id}/refill", "g"),
    ("GET", "/v1/rounds/{id}/refills", "g"),
    ("GET", "/v1/rounds/{id}/refills/{refill}", "g"),
    ("POST", "/v1/rounds/{id}/refills/{refill}/stop", "g"),
    ("POST", "/v1/rounds/{id}/repairs", "g"),
    ("GET", "/v1/rounds/{id}/swaps", "g"),
    ("POST", "/v1/placements/{id}/swaps", "p"),
    ("GET", "/v1/swaps/{id}", "g"),
    ("POST", "/v1/swaps/{id}/answers", "gapmc"),
    ("POST", "/v1/swaps/{id}/cancel", "g"),
    ("GET", "/v1/rounds/{id}/repairs/{repair}", "g"),
    ("POST", "/v1/rounds/{id}/repairs/{repair}/apply", "g"),
    ("GET", "/v1/rounds/{id}/health", "g"),
    ("GET", "/v1/rounds/{id}/frontier", "g"),
    ("GET", "/v1/runs/{id}/explanations/{application}", "gp"),
    ("GET", "/v1/rounds/{id}/runs", "g"),
    ("POST", "/v1/rounds/{id}/runs", "g"),
    ("GET", "/v1/runs/{id}", "g"),
    ("GET", "/v1/runs/{id}/round-file", "g"),
    ("GET", "/v1/runs/{id}/schedule-file", "g"),
    ("POST", "/v1/runs/{id}/cancel", "g"),
    ("POST", "/v1/runs/{id}/verify", "g"),
    ("GET", "/v1/runs/{id}/proof", "g"),
    ("GET", "/v1/runs/{id}/proof/audit.json", "g"),
    ("GET", "/v1/runs/{id}/proof/schedule.json", "g"),
    ("GET", "/v1/runs/{id}/diff/{other}", "g"),
    ("POST", "/v1/runs/{id}/edits", "g"),
    ("GET", "/v1/runs/{id}/preview", "g"),
    ("POST", "/v1/runs/{id}/publish", "g"),
    ("POST", "/v1/runs/{id}/withdraw", "g"),
    ("GET", "/v1/runs/{id}/held-mails", "g"),
    ("POST", "/v1/runs/{id}/release-mails", "g"),
    ("GET", "/v1/held-mails/{id}", "g"),
    ("DELETE", "/v1/held-mails/{id}", "g"),
    ("GET", "/v1/rounds/{id}/introductions", "g"),
    ("PUT", "/v1/rounds/{id}/introductions/{kind}", "g"),
    ("GET", "/v1/rounds/{id}/placements", "gahpmc"),
    ("GET", "/v1/placements/{id}", "gahpmc"),
    ("GET", "/v1/placements/{id}/trace", "g"),
    ("POST", "/v1/placements/{id}/answers", "gapmc"),
    ("GET", "/v1/placements/{id}/alternatives", "gahpmc"),
    ("POST", "/v1/placements/{id}/alternatives", "gac"),
    ("PUT", "/v1/placements/{id}/times", "ga"),
    ("POST", "/v1/placements/{id}/cancel", "g"),
    ("POST", "/v1/placements/{id}/ill", "gap"),
    ("POST", "/v1/placements/{id}/attendance", "ac"),
    ("PUT", "/v1/placements/{id}/feedback", "apc"),
    ("GET", "/v1/rounds/{id}/feedback", "g"),
    ("POST", "/v1/placements/{id}/idea", "p"),
    ("GET", "/v1/ideas", "ogahpmc"),
    ("POST", "/v1/ideas/{id}/tried", "apmc"),
    ("PUT", "/v1/ideas/{id}/hidden", "g"),
    ("GET", "/v1/placements/{id}/joining-pack", "gapc"),
    ("PUT", "/v1/placements/{id}/joining-pack", "gac"),
    ("GET", "/v1/placements/{id}/joining-pack/versions", "gac"),
    ("GET", "/v1/libraries/{id}/joining-pack", "gac"),
    ("PUT", "/v1/libraries/{id}/joining-pack", "gac"),
    ("GET", "/v1/rounds/{id}/joining-packs", "gac"),
    ("GET", "/v1/rounds/{id}/schedule", "h"),
    ("GET", "/v1/rounds/{id}/schedule.csv", "h"),
    ("GET", "/v1/me/tasks", "ogahpmc"),
    ("GET", "/sign-in", "-ogahpmcs"),
    ("POST", "/sign-in", "-ogahpmcs"),
    ("GET", "/sign-in/oidc", "-ogahpmcs"),
    ("GET", "/sign-in/oidc/callback", "-ogahpmcs"),
    ("GET", "/sign-in/{secret}", "-ogahpmcs"),
    ("POST", "/sign-in/{secret}", "-ogahpmcs"),
    ("POST", "/v1/sign-in", "-ogahpmcs"),
    ("POST", "/v1/sign-in/{secret}", "-ogahpmcs"),
    ("GET", "/account", "-ogahpmcs"),
    ("POST", "/account", ""),
    ("GET", "/v1/session", ""),
    ("DELETE", "/v1/session", ""),
    ("PUT", "/v1/session/capacity", ""),
    ("DELETE", "/v1/sessions", ""),
    ("POST", "/v1/tokens/{id}/rotate", "og"),
    ("GET", "/v1/grants", "og"),
    ("POST", "/v1/grants", "og"),
    ("DELETE", "/v1/grants/{id}", "og"),
    ("GET", "/v1/tokens", "og"),
    ("POST", "/v1/tokens", "og"),
    ("DELETE", "/v1/tokens/{id}", "og"),
    ("GET", "/v1/inbound", "og"),
    ("POST", "/v1/inbound", "s"),
    ("GET", "/v1/deliveries", "og"),
    ("GET", "/v1/deliveries/counts", "og"),
    ("POST", "/v1/deliveries/{id}/resend", "g"),
    ("GET", "/v1/rounds/{id}/deliveries", "og"),
    ("GET", "/v1/rounds/{id}/deliveries/counts", "og"),
    ("GET", "/v1/audit", "og"),
    ("GET", "/v1/audit/head", "og"),
    ("GET", "/v1/audit.ndjson", "og"),
];

/// Lists that a link passes the door of, and then learns that it may not list.
const NO_LISTS: &[(&str, &str)] = &[
    ("/v1/rounds/{id}/applications", "p"),
    ("/v1/rounds/{id}/placements", "pmc"),
    ("/v1/rounds/{id}/joining-packs", "c"),
    ("/v1/employers", ""),
];

/// What only the cookie of somebody who has signed in opens: every other credential is none there.
const BY_COOKIE: &[&str] = &["/account", "/v1/session", "/v1/session/capacity", "/v1/sessions"];

#[test]
fn every_url_of_the_table_stands_in_this_test() {
    let routed: BTreeSet<_> =
        routes::list().iter().map(|url| (url.method.to_string(), url.path.to_owned())).collect();
    let tested: BTreeSet<_> =
        DOORS.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(routed, tested);
}

#[test]
fn every_endpoint_is_closed_to_everybody_but_its_roles() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("ann");
        let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        service.anyone().post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" })).expect(200);
        let manager = world.secret(NoticeKind::ReleaseRequest, Party::Manager);
        let application = world.released("bea");
        world.propose(&application);
        let host = secret_of(&world.mails(), NoticeKind::Proposal, Party::Host);
        let callers: Vec<(char, Client)> = vec![
            ('-', service.anyone()),
            ('o', world.token("operator", None)),
            ('g', world.organiser.clone()),
            ('a', world.token("library_administrator", Some(&world.council))),
            ('h', world.token("hr", Some(&world.council))),
            ('p', service.with(&verify)),
            ('m', service.with(&manager)),
            ('c', service.with(&host)),
            ('s', world.token("mail_server", None)),
        ];
        let wrong =
            [service.with(&format!("lsw_{}_00000000", "0".repeat(64))), service.with("x"), service.with("")];
        for (method, pattern, letters) in DOORS {
            let path = pattern
                .replace("{id}", "01900000-0000-7000-8000-000000000000")
                .replace("{library}", "01900000-0000-7000-8000-000000000000")
                .replace("{application}", "01900000-0000-7000-8000-000000000000")
                .replace("{pair}", "01900000-0000-7000-8000-000000000000")
                .replace("{other}", "01900000-0000-7000-8000-000000000000")
                .replace("{date}", "2027-03-01")
                .replace("{secret}", "nothing")
                .replace("{file:.*}", "index.html");
            let send = |client: &Client| {
                let kind = if path.starts_with("/links/") {
                    "application/x-www-form-urlencoded"
                } else {
                    "application/json"
                };
                let body =
                    if matches!(*method, "POST" | "PUT") && kind == "application/json" { "{}" } else { "" };
                client.send(method, &path, &[("content-type", kind)], body.as_bytes())
            };
            for (letter, client) in &callers {
                let reply = send(client);
                let listless = NO_LISTS.iter().any(|(list, who)| list == pattern && who.contains(*letter));
                let case = format!("{method} {pattern} by {letter}: {}", reply.text());
                if BY_COOKIE.contains(pattern) && letters.is_empty() {
                    assert_eq!(reply.status, 401, "{case}");
                } else if letters.contains(*letter) && !listless {
                    assert!(!matches!(reply.status, 401 | 403), "{case}");
                } else if *letter == '-' {
                    assert_eq!(reply.status, 401, "{case}");
                    assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"library-swap\""));
                } else {
                    assert_eq!((reply.status, reply.code().as_str()), (403, "forbidden"), "{case}");
                }
            }
            for client in &wrong {
                assert_eq!(send(client).status, 401, "{method} {pattern} with a wrong credential");
            }
        }
    });
}

#[test]
fn an_administrator_reaches_the_own_employer_and_nothing_beyond() {
    for_each_service(|service| {
        let world = World::new(service);
        let administrator = world.token("library_administrator", Some(&world.council));
        let made = administrator.post("/v1/employers", &json!({ "name": "A third one" }));
        assert_eq!((made.status, made.code().as_str()), (403, "forbidden"));
        let directory = json!({ "domains": ["council.example"], "managers": [] });
        let own = format!("/v1/employers/{}/directory", world.council);
        assert_eq!(administrator.put(&own, &directory).expect(200)["managers"], json!([]));
        let welcome = json!({ "contact": { "email": "me@evil.example" } });
        let offer = json!({ "hosting": { "2027-03-01": 9 } });
        for foreign in [
            administrator.put(&format!("/v1/employers/{}/directory", world.university), &directory),
            administrator.get(&format!("/v1/employers/{}", world.university)),
            administrator.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome),
            administrator.put(&world.of_round(&format!("/libraries/{}", world.host)), &offer),
            administrator.delete(&world.of_round(&format!("/libraries/{}", world.host))),
        ] {
            assert_eq!((foreign.status, foreign.code().as_str()), (404, "not-found"));
        }
        let library = json!({
            "reference": "taken-over", "name": "X", "sectors": ["school"], "employers": [world.university],
            "time_zone": "Europe/London",
        });
        assert_eq!(administrator.post("/v1/libraries", &library).pointers(), ["/employers/0"]);
    });
}

#[test]
fn a_credential_that_is_no_bearer_or_stands_twice_is_refused() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let anyone = service.anyone();
        for value in ["Basic eDp5", "Bearer", "lsw_x"] {
            assert_eq!(
                anyone.send("GET", "/v1/rounds", &[("authorization", value)], &[]).status,
                401,
                "{value}"
            );
        }
        let twice = world.organiser.send("GET", "/v1/rounds", &[("authorization", "Bearer x")], &[]);
        assert_eq!(twice.status, 401);
    });
}

#[test]
fn drafts_are_there_for_organisers_only() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let made = world.organiser.post("/v1/rounds", &World::round_body());
        let draft = made.expect(201);
        assert_eq!(draft["state"], "draft");
        assert_eq!(draft["rules"]["min_minutes"], 180);
        let url = made.header("location").expect("a location");
        let others =
            [service.anyone(), world.token("hr", Some(&world.council)), world.token("operator", None)];
        for client in &others {
            assert_eq!(client.get(url).code(), "not-found");
            assert_eq!(client.get("/v1/rounds").expect(200)["data"], json!([]));
        }
        world.organiser.step(&format!("{url}/open")).expect(200);
        for client in &others {
            assert_eq!(client.get(url).expect(200)["state"], "open");
        }
    });
}
