//! *One thing we will try*: who gives, finds, tries and hides ideas.

use library_swap::domain::party::Party;
use serde_json::{Value, json};

use crate::day::agreed;
use crate::support::{for_each_service, row_counts};

const EVENING: &str = "2027-03-01T17:30:00Z";

fn idea() -> Value {
    json!({
        "text": "A shelf of 100% new books at the door", "topics": ["shelves", "evening_hours"],
        "shown_as": "author",
    })
}

#[test]
fn an_idea_is_given_after_the_visit_and_found_by_everybody_with_a_credential() {
    for_each_service(|service| {
        let case = agreed(service);
        let participant = case.holder(Party::Participant);
        service.set_clock("2027-03-01T16:59:00Z");
        assert_eq!(participant.post(&case.of("/idea"), &idea()).code(), "too-early");
        service.set_clock(EVENING);
        let given = participant.post(&case.of("/idea"), &idea()).expect(200);
        assert_eq!(given["by"], "ann Reader");
        assert_eq!((&given["from"], &given["to"]), (&json!(["academic"]), &json!(["public"])));
        assert_eq!(participant.post(&case.of("/idea"), &idea()).expect(200)["id"], given["id"]);
        let world = &case.world;
        for client in [
            case.holder(Party::Host),
            participant.clone(),
            world.organiser.clone(),
            world.token("hr", Some(&world.university)),
            world.token("library_administrator", Some(&world.university)),
            world.token("operator", None),
        ] {
            let found = client.get("/v1/ideas").expect(200)["data"].clone();
            assert_eq!(found.as_array().map(Vec::len), Some(1));
            assert!(!found.to_string().contains(&case.placement));
        }
        assert_eq!(service.anyone().get("/v1/ideas").status, 401);
        for (query, found) in [
            ("topic=shelves", 1),
            ("topic=evening_hours", 1),
            ("topic=evening-hours", 0),
            ("topic=shelve", 0),
            ("from=academic", 1),
            ("from=public", 0),
            ("to=public", 1),
            ("q=SHELF%20of%20100%25", 1),
            ("q=100_new", 1),
            ("q=evening", 1),
            ("q=helf", 0),
            ("q=%20", 1),
            ("from=academic&to=public&topic=shelves&q=door&limit=1", 1),
        ] {
            let list = participant.get(&format!("/v1/ideas?{query}")).expect(200);
            assert_eq!(list["data"].as_array().map(Vec::len), Some(found), "{query}");
        }
        assert_eq!(participant.get("/v1/ideas?from=acadmic&topic=A%20b").pointers(), ["?topic", "?from"]);
    });
}

#[test]
fn an_author_chooses_the_name_and_changes_the_idea_by_the_page() {
    for_each_service(|service| {
        let case = agreed(service);
        service.set_clock(EVENING);
        let page = format!("/links/{}", case.participant);
        let form = "deed=idea&text=A+shelf+at+the+door&topics=Reading+Groups%2C+shelves%2C&shown_as=nobody";
        let reply = service.anyone().submit(&page, form);
        assert!(reply.status == 200 && reply.text().contains("reading-groups, shelves"), "{}", reply.text());
        let found = || case.world.organiser.get("/v1/ideas").expect(200)["data"][0].clone();
        assert_eq!(found()["by"], Value::Null);
        assert!(!found().to_string().contains("ann"));
        let changed = json!({ "deed": "idea", "text": "Two shelves at the door", "topics": ["shelves"], "shown_as": "library" });
        case.press(Party::Participant, &changed).expect(200);
        assert_eq!(found()["by"], "Hive Public Library");
        assert_eq!(found()["text"], "Two shelves at the door");
        let list = case.world.organiser.get("/v1/ideas").expect(200);
        assert_eq!(list["data"].as_array().map(Vec::len), Some(1), "one of a placement");
    });
}

#[test]
fn trying_counts_once_for_each_person_and_library() {
    for_each_service(|service| {
        let case = agreed(service);
        service.set_clock(EVENING);
        let participant = case.holder(Party::Participant);
        let id = participant.post(&case.of("/idea"), &idea()).expect(200)["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let tried = format!("/v1/ideas/{id}/tried");
        let world = &case.world;
        let administrator = world.token("library_administrator", Some(&world.university));
        let triers = [case.holder(Party::Host), participant, administrator];
        for (n, client) in triers.iter().enumerate() {
            for _ in 0..2 {
                assert_eq!(client.step(&tried).expect(200)["tried"], n + 1);
            }
        }
        assert_eq!(world.organiser.step(&tried).status, 403);
        assert_eq!(triers[0].step("/v1/ideas/019a0000-0000-7000-8000-000000000000/tried").status, 404);
        assert_eq!(triers[0].step("/v1/ideas/nothing/tried").status, 404);
    });
}

#[test]
fn what_organisers_hide_is_there_for_nobody_else() {
    for_each_service(|service| {
        let case = agreed(service);
        service.set_clock(EVENING);
        let participant = case.holder(Party::Participant);
        let id = participant.post(&case.of("/idea"), &idea()).expect(200)["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let hidden = format!("/v1/ideas/{id}/hidden");
        assert_eq!(participant.put(&hidden, &json!({ "reason": "mine" })).status, 403);
        case.world.organiser.put(&hidden, &json!({ "reason": "names a visitor" })).expect(200);
        assert_eq!(participant.get("/v1/ideas").expect(200)["data"], json!([]));
        assert_eq!(participant.step(&format!("/v1/ideas/{id}/tried")).status, 404);
        let seen = case.world.organiser.get("/v1/ideas").expect(200)["data"][0].clone();
        assert_eq!(seen["hidden_reason"], "names a visitor");
        let page = case.page(Party::Participant);
        assert!(page.contains("have hidden what you wrote") && !page.contains("names a visitor"), "{page}");
        let mut changed = idea();
        changed["text"] = json!("The same again, in other words");
        let answer = participant.post(&case.of("/idea"), &changed);
        assert!(!answer.text().contains("names a visitor"));
        assert_eq!(
            participant.get("/v1/ideas").expect(200)["data"],
            json!([]),
            "another text does not show it"
        );
        case.world.organiser.put(&hidden, &json!({ "reason": null })).expect(200);
        assert_eq!(participant.get("/v1/ideas").expect(200)["data"][0]["text"], changed["text"]);
    });
}

#[test]
fn bad_ideas_are_refused_by_their_pointers_and_nothing_is_written() {
    for_each_service(|service| {
        let case = agreed(service);
        service.set_clock(EVENING);
        let participant = case.holder(Party::Participant);
        let before = row_counts(&service.app);
        let with = |field: &str, value: Value| {
            let mut body = idea();
            body[field] = value;
            body
        };
        for (body, pointers) in [
            (json!({}), vec!["/text", "/topics", "/shown_as"]),
            (with("text", json!("too short")), vec!["/text"]),
            (with("text", json!("x".repeat(1_001))), vec!["/text"]),
            (with("text", json!("A shelf <script>alert(1)</script>")), vec!["/text"]),
            (with("text", json!("A shelf\u{0} at the door")), vec!["/text"]),
            (with("text", json!(["A shelf at the door"])), vec!["/text"]),
            (with("topics", json!([])), vec!["/topics"]),
            (with("topics", json!(["Shelves"])), vec!["/topics/0"]),
            (with("topics", json!(["a", "a"])), vec!["/topics/1"]),
            (with("shown_as", json!("everybody")), vec!["/shown_as"]),
            (with("author", json!("bea")), vec!["/author"]),
        ] {
            let reply = participant.post(&case.of("/idea"), &body);
            let found: Vec<String> = reply.pointers();
            assert_eq!(
                (reply.status, found),
                (422, pointers.iter().map(ToString::to_string).collect()),
                "{body}"
            );
        }
        let huge = participant.post(&case.of("/idea"), &with("text", json!("x".repeat(1_100_000))));
        assert_eq!((huge.status, huge.code().as_str()), (413, "too-large"));
        let page = format!("/links/{}", case.participant);
        let form = "deed=idea&text=A+shelf+%3Cb%3Ehere%3C%2Fb%3E&topics=shelves&shown_as=author";
        let reply = service.anyone().submit(&page, form);
        assert!(reply.status == 422 && reply.text().contains("must be plain text"), "{}", reply.text());
        assert!(!reply.text().contains("<b>"), "{}", reply.text());
        assert_eq!(row_counts(&service.app), before);
        service.set_clock("2027-04-01T10:00:00Z");
        assert_eq!(participant.post(&case.of("/idea"), &idea()).code(), "too-late");
    });
}
