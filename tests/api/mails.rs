//! Mails of optional kinds: their headers, stopping them by one click or on the page, and having them again.

use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::templates::OwnTemplates;
use library_swap::mail::{Sender, render};
use serde_json::{Value, json};

use crate::day::{FRIDAY, TUESDAY, WEEK, prepared};
use crate::support::{Reply, Service, dump, for_each_service};

fn to(mails: &[Letter], party: Party) -> Vec<NoticeKind> {
    mails.iter().filter(|letter| letter.party == party).map(|letter| letter.kind).collect()
}

/// The path of the page that a mail's header leads to.
fn page_of(mails: &[Letter], party: Party) -> String {
    let letter = mails.iter().find(|letter| letter.party == party).expect("a mail");
    let sender = Sender { name: "x".to_owned(), address: "x@exchange.example".to_owned() };
    let message =
        String::from_utf8(render(letter, &sender, &OwnTemplates::default()).expect("written").message)
            .expect("ASCII");
    let head = message.split_once("\r\n\r\n").expect("a head").0.replace("\r\n ", " ");
    let line = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    assert_eq!(line("List-Unsubscribe-Post:"), Some("List-Unsubscribe=One-Click"));
    let url =
        line("List-Unsubscribe:").and_then(|url| url.strip_prefix('<')?.strip_suffix('>')).expect("a URL");
    format!("/mails/{}", url.rsplit_once('/').expect("a path").1)
}

fn post(service: &Service, path: &str, kind: &str, body: &str) -> Reply {
    service.anyone().send("POST", path, &[("content-type", kind)], body.as_bytes())
}

const FORM: &str = "application/x-www-form-urlencoded";
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

#[test]
fn whoever_wants_no_reminders_gets_none_and_everything_else_until_they_want_them_again() {
    for_each_service(|service| {
        let case = prepared(service);
        let mails = case.at(WEEK);
        let path = page_of(&mails, Party::Participant);
        let before = dump(&service.app);
        for _ in 0..2 {
            let page = service.anyone().get(&path);
            assert_eq!(page.status, 200);
            assert!(page.text().contains("Send me neither") && page.text().contains("a…@council.example"));
            assert!(!page.text().contains("ann@"), "the address is not shown");
        }
        assert!(dump(&service.app) == before, "looking changes nothing");
        assert_eq!(post(service, &path, FORM, ONE_CLICK).status, 200);
        let stopped = dump(&service.app);
        assert!(stopped != before);
        assert!(post(service, &path, FORM, ONE_CLICK).text().contains("Send them again"));
        assert!(dump(&service.app) == stopped, "the same again changes nothing");
        let mails = case.at(FRIDAY);
        assert_eq!((to(&mails, Party::Participant), to(&mails, Party::Host).len()), (vec![], 1));
        let listed = case.world.organiser.get("/v1/deliveries?limit=200").expect(200);
        let discarded: Vec<&Value> = listed["data"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|one| one["state"] == "discarded")
            .collect();
        assert_eq!(discarded.len(), 1);
        assert_eq!(discarded[0]["last_answer"], "its recipient wants no mails of this kind");
        assert_eq!(discarded[0]["message_id"], Value::Null, "it was never written");
        assert!(post(service, &path, FORM, "deed=resume").text().contains("Send me neither"));
        let mails = case.at(TUESDAY);
        assert_eq!(to(&mails, Party::Participant), [NoticeKind::FeedbackRequest]);
    });
    for_each_service(|service| {
        let case = prepared(service);
        let path = page_of(&case.at(WEEK), Party::Participant);
        let boundary = "multipart/form-data; boundary=b";
        let body =
            "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
        assert_eq!(post(service, &path, boundary, body).status, 200);
        case.world.organiser.post(&case.of("/cancel"), &json!({ "reason": "Snow." })).expect(200);
        let mails = case.world.mails();
        assert_eq!(to(&mails, Party::Participant), [NoticeKind::Cancelled], "that everybody gets");
    });
}

#[test]
fn only_optional_mails_can_be_stopped_and_nobody_else_stops_them() {
    for_each_service(|service| {
        let case = prepared(service);
        assert!(case.confirmed.iter().all(|letter| letter.opt_out.is_none()));
        let path = page_of(&case.at(WEEK), Party::Host);
        let before = dump(&service.app);
        for (kind, body, status) in [
            (FORM, "", 422),
            (FORM, "deed=delete", 422),
            ("multipart/form-data; boundary=b", "--b--", 422),
            ("application/json", "{}", 415),
        ] {
            assert_eq!(post(service, &path, kind, body).status, status, "{body}");
        }
        let headers = [("content-type", FORM), ("sec-fetch-site", "cross-site")];
        assert_eq!(service.anyone().send("POST", &path, &headers, ONE_CLICK.as_bytes()).status, 403);
        let other = format!("/mails/{}", "0".repeat(64));
        assert_eq!(service.anyone().get(&other).status, 404);
        assert_eq!(post(service, &other, FORM, ONE_CLICK).status, 404);
        assert!(dump(&service.app) == before);
    });
}
