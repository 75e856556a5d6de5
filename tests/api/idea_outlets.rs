//! What leaves of ideas: the question to the host, the feed, the export; and each person's own record.

use std::process::Command;

use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use library_swap::domain::templates::OwnTemplates;
use library_swap::http::HttpSettings;
use library_swap::mail::{Sender, render};
use serde_json::{Value, json};

use crate::day::{Agreed, TUESDAY, agreed};
use crate::support::{Client, Service, dump, for_each_service, for_each_service_with, generous, row_counts};

const EVENING: &str = "2027-03-01T17:30:00Z";
const QUESTION: &str = "Who fills the trolley, and how often?";

/// An idea of ann's, told under the name that is given.
fn given(case: &Agreed<'_>, text: &str, shown_as: &str) -> String {
    case.world.service.set_clock(EVENING);
    let idea = json!({ "text": text, "topics": ["displays"], "shown_as": shown_as });
    let given = case.holder(Party::Participant).post(&case.of("/idea"), &idea).expect(200);
    given["id"].as_str().expect("an id").to_owned()
}

fn ask(client: &Client, idea: &str, words: &str) -> crate::support::Reply {
    client.post(&format!("/v1/ideas/{idea}/question"), &json!({ "text": words }))
}

#[test]
fn the_host_gets_one_question_and_answers_straight_to_whoever_asks() {
    for_each_service(|service| {
        let case = agreed(service);
        let idea = given(&case, "New books on a trolley\nat the door.", "nobody");
        case.world.mails();
        let participant = case.holder(Party::Participant);
        let before = row_counts(&service.app);
        for (words, rule) in [
            ("", "10 to 1000"),
            ("Too short", "10 to 1000"),
            (&"x".repeat(1_001), "10 to 1000"),
            ("Who <b>fills</b> it, please?", "plain text"),
            ("Who\u{7} fills it, please?", "control"),
        ] {
            let reply = ask(&participant, &idea, words);
            assert_eq!((reply.status, reply.pointers()), (422, vec!["/text".to_owned()]), "{words}");
            assert!(reply.text().replace(',', "").contains(rule) || words.is_empty(), "{}", reply.text());
        }
        for other in [case.holder(Party::Host), case.world.organiser.clone()] {
            assert_eq!(ask(&other, &idea, QUESTION).status, 403);
        }
        assert_eq!(service.anyone().post(&format!("/v1/ideas/{idea}/question"), &json!({})).status, 401);
        assert_eq!(ask(&participant, "019a0000-0000-7000-8000-000000000000", QUESTION).status, 404);
        assert_eq!(row_counts(&service.app), before);

        assert_eq!(ask(&participant, &idea, QUESTION).status, 204);
        assert_eq!(ask(&participant, &idea, "And another one, if I may?").code(), "already-exists");
        let mails = case.world.mails();
        let [letter] = mails.as_slice() else { panic!("{} mails", mails.len()) };
        assert_eq!(
            (letter.kind, letter.to_address.as_str()),
            (NoticeKind::IdeaQuestion, "desk@campus.example")
        );
        assert_eq!(letter.to_name.as_deref(), Some("Front desk"));
        let sender =
            Sender { name: "Library Exchange".to_owned(), address: "exchange@lib.example".to_owned() };
        let rendered = render(letter, &sender, &OwnTemplates::default()).expect("rendered");
        let message = String::from_utf8(rendered.message).expect("text");
        assert!(message.contains("\r\nReply-To: \"ann Reader\" <ann@council.example>\r\n"), "{message}");
        for told in [QUESTION, "ann Reader", "Hive Public Library", "trolley"] {
            assert!(message.contains(told), "{told}: {message}");
        }
        // Neither the words nor who asks stand in the audit or in what is left of the mail.
        for (table, rows) in dump(&service.app) {
            let is_theirs = ["idea_questions", "ideas"].contains(&table.as_str());
            assert!(is_theirs || rows.iter().all(|row| !row.contains("trolley")), "{table}");
        }
    });
}

#[test]
fn nobody_asks_about_an_idea_that_is_hidden() {
    for_each_service(|service| {
        let case = agreed(service);
        let idea = given(&case, "New books on a trolley", "author");
        case.world.mails();
        let participant = case.holder(Party::Participant);
        let hide = |reason: Value| {
            let url = format!("/v1/ideas/{idea}/hidden");
            case.world.organiser.put(&url, &json!({ "reason": reason })).expect(200);
        };
        hide(json!("names a visitor"));
        assert_eq!(ask(&participant, &idea, QUESTION).status, 404);
        hide(Value::Null);
        assert_eq!(ask(&participant, &idea, QUESTION).status, 204);
        hide(json!("names a visitor"));
        assert!(case.world.mails().is_empty(), "what was hidden before it left does not leave");
        hide(Value::Null);
    });
}

#[test]
fn a_few_questions_a_day_are_enough() {
    let one = std::num::NonZeroU32::MIN;
    let settings = HttpSettings { questions_per_day: one, ..generous() };
    for_each_service_with(&settings, |service| {
        let case = agreed(service);
        let idea = given(&case, "New books on a trolley", "author");
        let participant = case.holder(Party::Participant);
        assert_eq!(ask(&participant, &idea, "short").status, 422, "what cannot be asked does not count");
        assert_eq!(ask(&participant, &idea, QUESTION).status, 204);
        assert_eq!(ask(&participant, &idea, QUESTION).code(), "too-many-requests");
    });
}

fn feed_path(service: &Service, made: &Value) -> String {
    let url = made["url"].as_str().expect("an address");
    assert!(url.ends_with(".atom"), "{url}");
    assert_eq!(
        service.anyone().get(&format!("/calendars/{}", &url[url.rfind('/').expect("/") + 1..])).status,
        404
    );
    url[url.find("/ideas/").expect("a feed of ideas")..].to_owned()
}

#[test]
fn a_feed_has_a_secret_address_that_is_renewed_and_taken_back_and_tells_what_is_new() {
    for_each_service(|service| {
        let case = agreed(service);
        let text = "Books & <3 \"trolleys\" \u{FFFF}at the door\nTŷ agored, ]]> and 'more'";
        let idea = given(&case, text, "library");
        let administrator = case.world.token("library_administrator", Some(&case.world.university));
        let stranger = case.world.token("hr", Some(&case.world.council));
        let wrong = administrator.post("/v1/feeds", &json!({ "kind": "ideas", "library": case.world.host }));
        assert_eq!(wrong.pointers(), ["/library"]);
        let made = administrator.post("/v1/feeds", &json!({ "kind": "ideas" })).expect(201);
        let path = feed_path(service, &made);
        let reply = service.anyone().get(&path);
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("application/atom+xml; charset=utf-8"));
        let xml = reply.text();
        for told in [
            format!("<id>urn:uuid:{idea}</id>"),
            "Books &amp; &lt;3 &quot;trolleys&quot; at the door\nTŷ agored, ]]&gt; and &#x27;more&#x27;"
                .to_owned(),
            "<name>Hive Public Library</name>".to_owned(),
            "<category term=\"displays\"/>".to_owned(),
            "<category term=\"from:academic\"/>".to_owned(),
            "<published>2027-03-01T17:30:00Z</published>".to_owned(),
        ] {
            assert!(xml.contains(&told), "{told}: {xml}");
        }
        for hidden in ["\u{FFFF}", "ann Reader", case.placement.as_str(), &path] {
            assert!(!xml.contains(hidden), "{hidden}: {xml}");
        }
        let tag = reply.header("etag").expect("a tag").to_owned();
        assert_eq!(service.anyone().send("GET", &path, &[("if-none-match", &tag)], b"").status, 304);
        let hidden = format!("/v1/ideas/{idea}/hidden");
        case.world.organiser.put(&hidden, &json!({ "reason": "a test" })).expect(200);
        let reply = service.anyone().send("GET", &path, &[("if-none-match", &tag)], b"");
        assert!(reply.status == 200 && !reply.text().contains("<entry>"), "{}", reply.text());
        let feed = format!("/v1/feeds/{}", made["id"].as_str().expect("an id"));
        assert_eq!(stranger.step(&format!("{feed}/rotate")).status, 404);
        let renewed = administrator.step(&format!("{feed}/rotate")).expect(200);
        assert_eq!(service.anyone().get(&path).status, 404);
        let path = feed_path(service, &renewed);
        assert_eq!(service.anyone().get(&path).status, 200);
        assert_eq!(administrator.delete(&feed).status, 204);
        assert_eq!(service.anyone().get(&path).status, 404);
    });
}

#[test]
fn feedparser_reads_a_feed_as_it_was_meant() {
    for_each_service(|service| {
        let case = agreed(service);
        let text = "Books & <3 \"trolleys\" at the door\nTŷ agored, ]]> and 'more' 📚";
        let idea = given(&case, text, "author");
        let made = case.world.organiser.post("/v1/feeds", &json!({ "kind": "ideas" })).expect(201);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ideas.atom");
        std::fs::write(&path, service.anyone().get(&feed_path(service, &made)).body).expect("written");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/read_atom.py");
        let output = Command::new("python3").arg(script).arg(&path).output();
        let output = match output {
            Ok(output) if output.status.code() != Some(3) => output,
            other => {
                assert!(
                    std::env::var_os("LIBRARY_SWAP_REQUIRE_PYTHON").is_none(),
                    "no feedparser: {other:?}"
                );
                skip!("feeds are not read by feedparser: {other:?}");
                return;
            }
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let read: Value = serde_json::from_slice(&output.stdout).expect("one entry");
        let feed = made["id"].as_str().expect("an id");
        for (name, value) in [
            ("broken", json!(false)),
            ("version", json!("atom10")),
            ("feed", json!(format!("urn:uuid:{feed}"))),
            ("language", json!("en")),
            ("id", json!(format!("urn:uuid:{idea}"))),
            ("text", json!(text)),
            ("type", json!("text/plain")),
            ("author", json!("ann Reader")),
            ("published", json!("2027-03-01T17:30:00Z")),
            ("terms", json!(["displays", "from:academic", "to:public"])),
        ] {
            assert_eq!(read[name], value, "{name}");
        }
    });
}

#[test]
fn the_export_has_what_the_filter_lets_through_and_runs_no_formula() {
    for_each_service(|service| {
        let case = agreed(service);
        given(&case, "=HYPERLINK(\"http://x\") \"quoted\",\n@second line", "library");
        let organiser = &case.world.organiser;
        let reply = organiser.get("/v1/ideas.csv?q=quoted&from=academic");
        assert_eq!((reply.status, reply.header("etag")), (200, None));
        let mut csv = csv::Reader::from_reader(reply.body.as_slice());
        let names: Vec<String> = csv.headers().expect("names").iter().map(str::to_owned).collect();
        assert_eq!(names[..4], ["idea_id", "given_at", "text", "topics"]);
        let rows: Vec<csv::StringRecord> = csv.records().map(|row| row.expect("a row")).collect();
        assert_eq!(rows.len(), 1);
        assert_eq!(&rows[0][2], "'=HYPERLINK(\"http://x\") \"quoted\",\n'@second line");
        let rest: Vec<&str> = rows[0].iter().skip(3).collect();
        assert_eq!(rest, ["displays", "academic", "public", "Hive Public Library", "0", ""]);
        let none = organiser.get("/v1/ideas.csv?q=nothing").text();
        assert_eq!(none.lines().count(), 1, "{none}");
        assert_eq!(service.anyone().get("/v1/ideas.csv").status, 401);
    });
}

#[test]
fn a_record_holds_ones_own_days_and_is_nobody_elses() {
    for_each_service(|service| {
        let case = agreed(service);
        let participant = case.holder(Party::Participant);
        let url = format!("/v1/applications/{}/record", case.application);
        let empty = participant.get(&url).expect(200);
        assert_eq!((&empty["total_days"], &empty["days"]), (&json!(0), &json!([])));
        given(&case, "New books on a trolley", "nobody");
        let marked = json!({ "attendance": "left_early", "left_at": "15:30" });
        case.holder(Party::Host).post(&case.of("/attendance"), &marked).expect(200);
        service.set_clock(TUESDAY);
        let said =
            json!({ "preparation": 4, "welcome": 5, "learning": 5, "comments": "=More time\nat the <desk>" });
        participant.put(&case.of("/feedback"), &said).expect(200);
        let of_host =
            json!({ "preparation": 1, "welcome": 1, "learning": 1, "comments": "Secret of the host" });
        case.holder(Party::Host).put(&case.of("/feedback"), &of_host).expect(200);
        assert_eq!(participant.post(&case.of("/certificate"), &json!({})).status, 200);
        let record = participant.get(&url).expect(200);
        let day = &record["days"][0];
        assert_eq!((&record["total_days"], &record["total_hours"]), (&json!(1), &json!(6.5)));
        for (name, value) in [
            ("round", json!("Spring 2027")),
            ("date", json!("2027-03-01")),
            ("starts", json!("09:00")),
            ("ends", json!("15:30")),
            ("hours", json!(6.5)),
            ("marked_by_host", json!(true)),
            ("host_library", json!("Campus Library")),
            ("host_sectors", json!(["academic"])),
            ("home_library", json!("Hive Public Library")),
            ("home_sectors", json!(["public"])),
            ("objectives", json!("How students are welcomed")),
            ("reflection", said["comments"].clone()),
            ("idea", json!("New books on a trolley")),
            ("certificates_issued_at", json!(["2027-03-02T08:00:00Z"])),
        ] {
            assert_eq!(day[name], value, "{name}");
        }
        let csv = participant.get(&format!("{url}.csv")).text();
        assert!(csv.contains(",09:00,15:30,6.50,no,yes,Campus Library,academic,"), "{csv}");
        assert!(csv.contains("\"'=More time\nat the <desk>\""), "{csv}");
        let page = service.anyone().get(&format!("/links/{}/record", case.participant)).text();
        assert!(
            page.contains("Monday 1 March 2027: Campus Library") && page.contains("(6.5 hours)"),
            "{page}"
        );
        assert!(page.contains("at the &lt;desk&gt;"), "{page}");
        for text in [record.to_string(), csv, page] {
            for foreign in ["Front desk", "desk@campus.example", "Secret of the host", "step-free"] {
                assert!(!text.contains(foreign), "{foreign}: {text}");
            }
        }
        let link = service.anyone().get(&format!("/links/{}", case.participant)).text();
        assert!(link.contains(&format!("href=\"{}/record\"", case.participant)), "{link}");
        assert_eq!(case.holder(Party::Host).get(&url).status, 403);
        assert_eq!(case.world.organiser.get(&url).status, 403);
        assert_eq!(service.anyone().get(&format!("/links/{}/record", case.host)).status, 404);
        assert_eq!(service.anyone().get("/links/unknown/record").status, 404);
    });
}
