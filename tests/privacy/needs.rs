//! Access needs: who reads them and when, the ledger that the person sees, and what lies in the database.

use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use library_swap::services::keys::{list_missing, reseal};
use library_swap::store::Store;
use library_swap::store::keys::{KEY_BYTES, Keyring};
use serde_json::{Value, json};

use crate::support::{Client, Service, dump, for_each_service, keys};
use crate::world::{World, id_of, secret_of};

const WORDS: &str = "I use a wheelchair, and please tell me of fire drills before";

/// A proposal for Ann, who has needs, and the secrets of her link and her host's.
fn proposed(world: &World<'_>) -> (String, String, String, String) {
    world.welcome_everybody();
    let mut form = world.form("ann");
    form["needs_words"] = json!(WORDS);
    let application = world.released_by("ann", &form);
    let placement = world.propose(&application);
    let letters = world.mails();
    let secret = |party| secret_of(&letters, NoticeKind::Proposal, party);
    (application, placement, secret(Party::Participant), secret(Party::Host))
}

fn accept(service: &Service, secret: &str) -> Value {
    service
        .anyone()
        .post(&format!("/v1/links/{secret}"), &json!({ "deed": "accept", "version": 0 }))
        .expect(200)
}

fn needs_of(client: &Client, placement: &str) -> crate::support::Reply {
    client.get(&format!("/v1/placements/{placement}/access-needs"))
}

#[test]
fn needs_are_read_after_the_last_yes_by_host_and_organiser_and_the_person_sees_who_did() {
    for_each_service(|service| {
        let world = World::new(service);
        let (application, placement, ann, desk) = proposed(&world);
        let (host, person) = (service.with(&desk), service.with(&ann));
        let page = |secret: &str| service.anyone().get(&format!("/v1/links/{secret}")).expect(200);
        let asked = |secret: &str| {
            service.anyone().post(&format!("/v1/links/{secret}"), &json!({ "deed": "read_needs" }))
        };
        let can_read = |secret: &str| page(secret)["deeds"].to_string().contains("read_needs");

        assert!(!can_read(&desk), "before the last yes the host is not even told that there are needs");
        assert_eq!(needs_of(&host, &placement).code(), "placement-state");
        assert_eq!(needs_of(&world.organiser, &placement).code(), "placement-state");
        accept(service, &ann);
        assert_eq!(asked(&desk).code(), "placement-state", "the host has not said yes yet");
        accept(service, &desk);

        assert!(can_read(&desk) && !can_read(&ann));
        let shown = asked(&desk).expect(200);
        assert_eq!(shown["access_needs"], json!({ "tags": ["step-free"], "words": WORDS }));
        assert!(!page(&desk).to_string().contains("wheelchair"), "looking again shows nothing");
        let html = service.anyone().get(&format!("/links/{desk}")).text();
        assert!(html.contains("Show the access needs") && !html.contains("wheelchair"), "{html}");
        assert_eq!(needs_of(&world.organiser, &placement).expect(200)["words"], WORDS);

        for (role, employer) in
            [("hr", Some(&world.council)), ("library_administrator", Some(&world.university))]
        {
            let other = world.token(role, employer.map(String::as_str));
            assert_eq!(needs_of(&other, &placement).status, 403, "{role}");
        }
        assert_eq!(needs_of(&person, &placement).status, 403, "the person has a place of their own for it");

        let own = person.get(&format!("/v1/applications/{application}/access-needs")).expect(200);
        assert_eq!(own["needs"]["words"], WORDS);
        let read: Vec<(&str, &str)> = own["readings"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|line| (line["role"].as_str().expect("a role"), line["what"].as_str().expect("what")))
            .collect();
        assert_eq!(read, [("host_contact", "needs"), ("organiser", "needs")]);
        assert_eq!(page(&ann)["needs_readings"].as_array().expect("a list").len(), 2);
        let html = service.anyone().get(&format!("/links/{ann}")).text();
        assert!(html.contains("Who has read your access needs") && html.contains("host contact"), "{html}");
        assert_eq!(host.get(&format!("/v1/applications/{application}/access-needs")).status, 403);
    });
}

#[test]
fn a_contact_who_was_followed_by_another_reads_no_needs_any_more() {
    for_each_service(|service| {
        let world = World::new(service);
        let (_, placement, ann, desk) = proposed(&world);
        accept(service, &ann);
        accept(service, &desk);
        needs_of(&service.with(&desk), &placement).expect(200);
        let welcome = json!({ "contact": { "email": "successor@campus.example" } });
        world.organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome).expect(200);
        assert_eq!(needs_of(&service.with(&desk), &placement).status, 401);
        let page = service.anyone().get(&format!("/v1/links/{desk}")).expect(200);
        assert!(!page["deeds"].to_string().contains("read_needs"), "{}", page["deeds"]);
        let asked = service.anyone().post(&format!("/v1/links/{desk}"), &json!({ "deed": "read_needs" }));
        assert_eq!((asked.status, asked.code().as_str()), (409, "link-spent"));
        assert!(!asked.text().contains("wheelchair"));
    });
}

#[test]
fn who_is_erased_takes_their_needs_along_and_leaves_those_of_the_others_to_a_round_that_goes_on() {
    for_each_service(|service| {
        let world = World::new(service);
        let form = |who: &str, need: &str| {
            let mut form = world.form(who);
            form["needs"] = json!([need]);
            form
        };
        let ann = world.released_by("ann", &form("ann", "step-free"));
        world.released_by("bob", &form("bob", "hearing-loop"));
        world.close();
        let run = world.solved();
        let file = || world.organiser.get(&format!("/v1/runs/{run}/round-file")).text();
        assert!(file().contains("step-free") && file().contains("hearing-loop"));
        let verify = || world.organiser.step(&format!("/v1/runs/{run}/verify"));
        verify().expect(200);

        let erase = format!("/v1/applications/{ann}/erase-person");
        world.organiser.step(&format!("/v1/applications/{ann}/withdraw")).expect(200);
        assert_eq!(world.organiser.step(&erase).status, 204);
        let needed = |what: &str| {
            let round: Value = serde_json::from_str(&file()).expect("a round file");
            let staff = round["staff"].as_array().expect("people").clone();
            staff.iter().filter(|one| one["needs"].to_string().contains(what)).count()
        };
        assert_eq!((needed("step-free"), needed("hearing-loop")), (0, 1));
        assert_eq!(verify().code(), "run-state", "its file is not what was solved, and there are no others");

        // When the round is over the others' go as well.
        service.set_clock("2027-06-01T09:00:00Z");
        let worker = library_swap::domain::permissions::Actor::worker("test");
        library_swap::services::retention::apply(&service.app, &worker).expect("applied");
        assert_eq!((needed("step-free"), needed("hearing-loop")), (0, 0));
    });
}

#[test]
fn whoever_takes_a_round_file_stands_in_the_ledger_of_those_whose_needs_it_has() {
    for_each_service(|service| {
        let world = World::new(service);
        let ann = world.released("ann");
        let mut form = world.form("bob");
        form["needs"] = json!([]);
        let bob = world.released_by("bob", &form);
        world.close();
        let run = world.run(&json!({}));
        assert!(world.organiser.get(&format!("/v1/runs/{run}/round-file")).text().contains("step-free"));
        let lines = |application: &str| {
            let id = application.parse().expect("an id");
            let read = |db: &mut _| library_swap::store::access_needs::list_readings(db, id);
            service.app.store.read(read).expect("a ledger")
        };
        assert_eq!(lines(&ann).len(), 1);
        assert_eq!(lines(&ann)[0].what.as_str(), "round_file");
        assert_eq!(lines(&bob), []);
    });
}

/// What a table holds of texts, anywhere in the database.
fn holders(service: &Service, marks: &[&str]) -> Vec<String> {
    let holds = |rows: &[String]| rows.iter().any(|row| marks.iter().any(|mark| row.contains(mark)));
    dump(&service.app).into_iter().filter(|(_, rows)| holds(rows)).map(|(table, _)| table).collect()
}

#[test]
fn needs_lie_nowhere_open_in_the_database_and_open_with_their_key_only() {
    for_each_service(|service| {
        let world = World::new(service);
        let mut form = world.form("ann");
        form["needs"] = json!(["quiet-room"]);
        form["needs_words"] = json!(WORDS);
        world.released_by("ann", &form);
        world.close();
        let run = world.run(&json!({}));
        assert_eq!(holders(service, &["quiet-room", "wheelchair"]), [""; 0]);
        assert_eq!(
            holders(service, &["sealed:"]),
            ["access_needs", "run_files"],
            "the search finds what is there"
        );

        // A thief of the database, with a key of their own.
        let mut stolen = service.app.clone();
        stolen.store = stolen.store.with_keys(Keyring::default().with_new([8; KEY_BYTES]));
        assert_eq!(list_missing(&stolen).expect("looked"), keys().ids());
        let id = run.parse().expect("an id");
        let files = stolen.store.read(|db| library_swap::store::runs::files(db, id));
        assert!(files.expect_err("closed").to_string().contains("not in the key file"));
    });
}

#[test]
fn a_new_key_takes_over_what_the_old_one_has_sealed() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        world.close();
        let run = world.run(&json!({}));
        let file = world.organiser.get(&format!("/v1/runs/{run}/round-file")).text();

        let both = keys().with_new([9; KEY_BYTES]);
        let mut app = service.app.clone();
        let with = |store: &Store, keys: &Keyring| store.clone().with_keys(keys.clone());
        app.store = with(&app.store, &both);
        assert_eq!(reseal(&app, "test").expect("sealed anew"), 2, "the needs and the round file");
        assert_eq!(reseal(&app, "test").expect("nothing left"), 0);
        app.store = with(&app.store, &both.only(&[]));
        assert_eq!(list_missing(&app).expect("looked"), [""; 0]);
        let (needs, files) = app
            .store
            .read(|db| {
                let needs = library_swap::store::access_needs::find(db, application.parse().expect("an id"))?;
                Ok::<_, library_swap::store::StoreError>((
                    needs,
                    library_swap::store::runs::files(db, run.parse().expect("an id"))?,
                ))
            })
            .expect("opened");
        assert_eq!(needs.expect("needs").tags.len(), 1);
        assert_eq!(files.expect("files").0, file);
    });
}

#[test]
fn without_a_key_needs_are_refused_with_what_to_do_and_the_rest_goes_on() {
    for_each_service(|service| {
        let world = World::new(service);
        let mut app = service.app.clone();
        app.store = app.store.with_keys(Keyring::default());
        let sign_up = |needs: Value| {
            use library_swap::domain::access_needs::AccessNeeds;
            use library_swap::services::sign_up::{SignUp, sign_up};
            let tags = needs.as_array().expect("a list").iter();
            let form = SignUp {
                name: "Ann Reader".parse().expect("a name"),
                email: "ann@council.example".parse().expect("an address"),
                home_library: "hive".to_owned(),
                employer: None,
                dates: vec!["2027-03-01".parse().expect("a date")],
                max_km: 30.0,
                manager_email: "head@council.example".parse().expect("an address"),
                sectors: Vec::new(),
                topics: Vec::new(),
                needs: AccessNeeds {
                    tags: tags.map(|tag| tag.as_str().expect("a tag").parse().expect("a tag")).collect(),
                    words: None,
                },
                avoid: Vec::new(),
                hours: std::collections::BTreeMap::new(),
                pattern: None,
                assured_until: None,
                role_title: None,
                objectives: None,
                language: None,
                privacy_version: None,
            };
            let anyone = library_swap::domain::permissions::Actor::anyone();
            sign_up(&app, &anyone, world.round.parse().expect("an id"), &form)
        };
        let refused = sign_up(json!(["step-free"])).expect_err("no key");
        assert_eq!(refused.code(), "no-encryption-key");
        assert!(refused.to_string().contains("keys new"), "{refused}");
        sign_up(json!([])).expect("without needs nothing is confidential");
        assert_eq!(id_of(&world.organiser.get(&world.of_round("")).expect(200)), world.round);
    });
}
