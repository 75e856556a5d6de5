//! What people agree to, what is known of them, how long it is kept, and what stays of somebody who was erased.

use library_swap::domain::ids::RunId;
use library_swap::domain::permissions::{Actor, Role};
use library_swap::domain::privacy::Kept;
use library_swap::files::{AuditFile, Schedule};
use library_swap::import::{Kind, Table};
use library_swap::services::imports::{ImportMode, Order, import};
use library_swap::services::proofs;
use library_swap::services::retention::{self, Report};
use library_swap::services::traces::check_all;
use library_swap::store::{applications, placements, runs};
use library_swap::verify::{Subject, verify};
use serde_json::{Value, json};

use crate::programme::{DAY, Mail, World, id_of};
use crate::support::{Service, dump, for_each_service, row_counts};

const WORDS: &str = "I am deaf in the left ear";

/// A round that was, with Ann of the town among its people, who has needs.
struct Past<'a> {
    world: World<'a>,
    ann: String,
    link: String,
    run: String,
}

fn past(service: &Service) -> Past<'_> {
    let world = World::new(service);
    let proposals = world.agreed_with_needs(WORDS);
    let link =
        proposals.iter().find(|mail| mail.to == "ann@town.example").and_then(|mail| mail.secret.clone());
    let list = world.organiser.get(&world.of_round("/applications?limit=200")).expect(200);
    let own = list["data"].as_array().expect("a list").iter().find(|one| one["email"] == "ann@town.example");
    let ann = id_of(own.expect("Ann's"));
    let run = id_of(&world.organiser.get(&world.of_round("/runs")).expect(200)["data"][0]);
    world.at("2027-03-01T17:00:00Z");
    world.at("2027-03-09T09:00:00Z");
    Past { ann, link: link.expect("a link"), run, world }
}

fn worker() -> Actor {
    Actor::worker("test")
}

fn count(report: &Report, kind: Kept) -> usize {
    report.iter().find(|(known, _)| *known == kind).expect("every kind").1
}

fn assert_proven(service: &Service, run: &str) {
    // As the worker does, where it was not necessary before.
    for run in proofs::list_missing(&service.app, "test").expect("looked") {
        proofs::make(&service.app, "test", run).expect("made");
    }
    let id: RunId = run.parse().expect("an id");
    let (audit, schedule) =
        service.app.store.read(|db| runs::proof(db, id)).expect("read").expect("the audit files");
    let audit = AuditFile::read(audit.as_bytes()).expect("an audit file");
    let schedule = Schedule::read(schedule.as_bytes()).expect("a schedule");
    let report = verify(&Subject::Audit(&audit), &schedule);
    assert!(report.is_clean(), "{:?}", report.breaches);
    let traced = check_all(&service.app, &worker(), 10).expect("traced");
    assert_eq!(traced.broken, 0, "{:?}", traced.first);
}

fn holds(service: &Service, text: &str) -> Vec<String> {
    let has = |rows: &[String]| rows.iter().any(|row| row.contains(text));
    dump(&service.app).into_iter().filter(|(_, rows)| has(rows)).map(|(table, _)| table).collect()
}

#[test]
fn access_needs_go_some_days_after_the_round_and_its_schedule_stays_proven() {
    for_each_service(|service| {
        let past = past(service);
        let needs = |service: &Service| {
            let id = past.ann.parse().expect("an id");
            service.app.store.read(|db| library_swap::store::access_needs::find(db, id)).expect("read")
        };
        service.set_clock("2027-03-08T12:00:00Z");
        assert_eq!(count(&retention::look(&service.app, &worker()).expect("looked"), Kept::AccessNeeds), 0);
        assert!(needs(service).is_some());
        service.set_clock("2027-03-10T12:00:00Z");
        let before = row_counts(&service.app);
        let foreseen = retention::look(&service.app, &worker()).expect("looked");
        assert_eq!(row_counts(&service.app), before, "looking changes nothing");
        assert_eq!(retention::apply(&service.app, &worker()).expect("applied"), foreseen);
        assert!(count(&foreseen, Kept::AccessNeeds) >= 2, "her needs and the run's file: {foreseen:?}");
        assert!(needs(service).is_none());
        assert_proven(service, &past.run);
        let again = retention::apply(&service.app, &worker()).expect("applied");
        assert!(again.iter().all(|(_, count)| *count == 0), "{again:?}");
        let entries = past.world.organiser.get("/v1/audit?limit=200").expect(200).to_string();
        assert!(entries.contains("apply_retention") && entries.contains("access_needs"), "{entries}");
    });
}

#[test]
fn unproven_sign_ups_and_words_and_links_go_in_their_time() {
    for_each_service(|service| {
        let past = past(service);
        let next = json!({
            "name": "Autumn", "time_zone": "Europe/London", "sign_up_until": "2028-01-31",
            "answer_until": "2028-02-14", "dates": ["2028-03-06"],
        });
        let round = id_of(&past.world.organiser.post("/v1/rounds", &next).expect(201));
        past.world.organiser.step(&format!("/v1/rounds/{round}/open")).expect(200);
        let form = json!({
            "name": "Zoe Stranger", "email": "zoe@town.example", "home_library": "town", "dates": ["2028-03-06"],
            "max_km": 30, "manager_email": "boss@town.example", "needs": ["step-free"],
        });
        let url = format!("/v1/rounds/{round}/applications");
        service.anyone().post(&url, &form).expect(202);
        past.world.deliver();
        assert!(!holds(service, "zoe@town.example").is_empty());
        service.set_clock("2027-04-20T09:00:00Z");
        let report = retention::apply(&service.app, &worker()).expect("applied");
        assert_eq!(count(&report, Kept::Unproven), 1);
        assert_eq!(holds(service, "zoe@town.example"), [""; 0], "nothing is left of her");
        assert_eq!(count(&report, Kept::Words), 0);
        service.set_clock("2028-03-20T09:00:00Z");
        let report = retention::apply(&service.app, &worker()).expect("applied");
        assert!(count(&report, Kept::Links) > 0, "{report:?}");
        assert_eq!(count(&report, Kept::Persons), 0);
        service.set_clock("2029-03-20T09:00:00Z");
        let report = retention::apply(&service.app, &worker()).expect("applied");
        assert_eq!(count(&report, Kept::Persons), 4, "two years after their last round: {report:?}");
        assert_eq!(holds(service, "ann@town.example"), [""; 0]);
        assert_proven(service, &past.run);
    });
}

#[test]
fn what_lists_say_of_people_goes_a_year_after_they_left_and_the_names_of_those_who_never_came_here_after_two()
{
    for_each_service(|service| {
        World::new(service);
        let actor = Actor::named("import", Role::Organiser);
        let list = |kind, text: &str| {
            let table = Table::read(text.as_bytes().to_vec()).expect("a table");
            import(&service.app, &actor, &Order::new(kind, &table, ImportMode::Apply)).expect("imported");
        };
        for left_on in ["", "2027-01-01"] {
            let line = |n: u32, name: &str, left_on: &str| {
                format!("E-{n},{name} Reader,{}@town.example,town trust,{left_on}\n", name.to_lowercase())
            };
            let lines = [line(1, "Stan", ""), line(2, "Leo", left_on), line(3, "Vera", left_on)].concat();
            list(Kind::Staff, &format!("id,name,email,employer,left_on\n{lines}"));
        }
        list(
            Kind::PastPlacements,
            "date,host,email\n2026-03-02,hospital,vera@town.example\n2026-03-02,hospital,stan@town.example\n",
        );
        let at = |instant: &str| {
            service.set_clock(instant);
            retention::apply(&service.app, &worker()).expect("applied")
        };
        assert_eq!(count(&at("2028-01-01T09:00:00Z"), Kept::Lists), 0);
        assert_eq!(count(&at("2028-01-04T09:00:00Z"), Kept::Lists), 2);
        assert_eq!(holds(service, "leo@town.example"), [""; 0], "nothing else is known of him");
        assert_eq!(holds(service, "vera@town.example"), ["persons"], "she was somewhere");
        assert_eq!(count(&at("2028-03-04T09:00:00Z"), Kept::Persons), 1, "two years after her day");
        assert_eq!(holds(service, "vera@town.example"), [""; 0]);
        assert_eq!(holds(service, "stan@town.example"), ["persons"], "he works there");
        assert_eq!(count(&at("2028-03-05T09:00:00Z"), Kept::Persons), 0);
    });
}

#[test]
fn everything_known_of_a_person_is_given_to_them_and_to_organisers_who_then_stand_in_the_ledger() {
    for_each_service(|service| {
        let past = past(service);
        let url = format!("/v1/applications/{}/personal-data", past.ann);
        let person = service.with(&past.link);
        // She is HR as well, and her own boss's deputy there.
        for address in ["ann@town.example", "boss@town.example"] {
            let grant =
                json!({ "address": address, "role": "hr", "employers": [past.world.employers["town"]] });
            past.world.organiser.post("/v1/grants", &grant).expect(201);
        }
        let signed_in = |address: &str| past.world.sign_in(address).expect("a session");
        signed_in("ann@town.example");
        let cookie = signed_in("boss@town.example");
        let ask = |method: &str, path: &str, body: &Value| {
            let headers = [
                ("cookie", cookie.as_str()),
                ("content-type", "application/json"),
                ("sec-fetch-site", "same-origin"),
            ];
            service.anyone().send(method, path, &headers, body.to_string().as_bytes())
        };
        let days =
            json!({ "deputy": "ann@town.example", "starts_on": "2027-03-09", "ends_on": "2027-03-10" });
        let as_hr = ask("GET", "/v1/session", &Value::Null).expect(200);
        assert_eq!(as_hr["role"], "hr");
        ask("POST", "/v1/session/deputyships", &days).expect(201);
        let known = person.get(&url).expect(200);
        assert_eq!(known["person"]["email"], "ann@town.example");
        assert_eq!(known["applications"][0]["access_needs"]["words"], WORDS);
        assert_eq!(
            known["applications"][0]["who_read_access_needs"],
            json!([]),
            "one's own look is no reading"
        );
        assert_eq!(known["placements"][0]["date"], DAY);
        assert!(known["mails"].as_array().is_some_and(|mails| mails.len() >= 3), "{known}");
        for (what, of) in
            [("roles", 1), ("deputyships", 1), ("sessions", 1), ("swaps", 0), ("places_offered", 0)]
        {
            assert_eq!(known[what].as_array().map(Vec::len), Some(of), "{what}: {known}");
        }
        assert_eq!(known["deputyships"][0]["done_by"], "ann@town.example");
        assert_eq!(known["named_as_line_manager_of_applications"], 0);
        let text = person.get(&format!("{url}.txt"));
        assert!(text.text().contains("words: I am deaf in the left ear"), "{}", text.text());
        assert!(text.header("content-type").expect("a type").starts_with("text/plain"));

        past.world.organiser.get(&url).expect(200);
        let again = person.get(&url).expect(200);
        assert_eq!(again["applications"][0]["who_read_access_needs"][0]["what"], "subject_export");
        assert_eq!(again["applications"][0]["who_read_access_needs"][0]["by"], "organiser");
        let other = service.with(&other_link(&past));
        assert_eq!(other.get(&url).status, 404, "it is nobody else's");
    });
}

/// A link of somebody else.
fn other_link(past: &Past<'_>) -> String {
    let sent = past.world.memory.sent();
    let mails = sent.iter().map(Mail::read);
    let found = mails.rev().find(|mail| mail.kind == "proposal" && mail.to == "ann@campus.example");
    found.and_then(|mail| mail.secret).expect("a link")
}

#[test]
fn whoever_is_erased_stays_a_pseudonym_in_schedules_and_proofs_and_has_their_history_when_they_come_back() {
    for_each_service(|service| {
        let past = past(service);
        let (organiser, erase) =
            (&past.world.organiser, format!("/v1/applications/{}/erase-person", past.ann));
        assert_eq!(service.with(&past.link).step(&erase).status, 403);
        let placed = |who: &str| {
            let all = past.world.placements();
            let own = all.iter().find(|one| one["application"] == who).expect("Ann's").clone();
            (own["host"]["id"].clone(), own["date"].clone(), own["state"].clone(), all.len())
        };
        let before = placed(&past.ann);
        assert_eq!(organiser.step(&erase).status, 204);
        assert_eq!(organiser.step(&erase).status, 204, "again it is so already");
        for text in ["ann@town.example", "Ann town", "boss@town.example", "deaf"] {
            assert_eq!(holds(service, text), [""; 0], "{text}");
        }
        assert_eq!(placed(&past.ann), before, "the schedule stands");
        assert_proven(service, &past.run);
        assert_eq!(service.with(&past.link).get(&format!("/v1/applications/{}", past.ann)).status, 401);

        // The same address again: the same person, with the days that they had.
        let mut next = World::again(&past.world);
        let more = json!({ "name": "Autumn", "sign_up_until": "2027-08-01", "answer_until": "2027-08-20",
            "dates": ["2027-09-06"] });
        next.open_round_by(&more, "2027-09-06");
        next.sign_up_as("ann", "town", "2027-09-06");
        let url = next.of_round("/applications?limit=200");
        let new = id_of(&next.organiser.get(&url).expect(200)["data"][0]);
        let known = |id: &str| {
            let id = id.parse().expect("an id");
            let found = service.app.store.read(|db| applications::find(db, id)).expect("read").expect("one");
            found.person
        };
        assert_ne!(known(&past.ann).id, known(&new).id, "anybody can write an address into a form");
        for mail in next.deliver() {
            next.press(&mail, "verify");
        }
        let (old, new) = (known(&past.ann), known(&new));
        assert_eq!((old.id, new.email.as_str()), (new.id, "ann@town.example"));
        let round = next.round.parse().expect("an id");
        let visits = service.app.store.read(|db| placements::list_visits_elsewhere(db, round)).expect("read");
        assert!(visits.iter().any(|visit| visit.person == new.id), "never the same host twice");
    });
}

#[test]
fn nobody_is_erased_from_a_round_that_is_not_over() {
    for_each_service(|service| {
        let world = World::new(service);
        world.matched();
        let list = world.organiser.get(&world.of_round("/applications?limit=200")).expect(200);
        let id = id_of(&list["data"][0]);
        let refused = world.organiser.step(&format!("/v1/applications/{id}/erase-person"));
        assert_eq!((refused.status, refused.code().as_str()), (409, "application-state"));
        world.organiser.step(&format!("/v1/applications/{id}/withdraw")).expect(200);
        assert_eq!(world.organiser.step(&format!("/v1/applications/{id}/erase-person")).status, 204);
    });
}

#[test]
fn a_sign_up_agrees_to_the_present_privacy_notice_and_keeps_its_version() {
    for_each_service(|service| {
        let world = World::new(service);
        let url = world.of_round("/privacy-notice");
        let anyone = service.anyone();
        assert_eq!(anyone.get(&url).status, 404);
        let notice = json!({ "controller": "The consortium, privacy@consortium.example",
            "purpose": "To find you a place", "consent": "Your employer and your host see your name" });
        assert_eq!(anyone.put(&url, &notice).status, 401);
        assert_eq!(world.organiser.put(&url, &notice).expect(200)["version"], 1);
        assert_eq!(world.organiser.put(&url, &notice).expect(200)["version"], 1, "the same again");
        assert_eq!(anyone.get(&url).expect(200)["controller"], notice["controller"]);
        let sign_up = |version: Value| {
            let form = json!({
                "name": "Ann town", "email": "ann@town.example", "home_library": "town", "dates": [DAY],
                "max_km": 30, "manager_email": "boss@town.example", "privacy_version": version,
            });
            anyone.post(&world.of_round("/applications"), &form)
        };
        for wrong in [Value::Null, json!(2)] {
            let refused = sign_up(wrong);
            assert_eq!(refused.pointers(), ["/privacy_version"]);
            assert!(refused.text().contains("must be 1"), "{}", refused.text());
        }
        sign_up(json!(1)).expect(202);
        let other = json!({ "controller": "Another", "purpose": "The same", "consent": "The same" });
        assert_eq!(world.organiser.put(&url, &other).expect(200)["version"], 2);
        assert_eq!(sign_up(json!(1)).pointers(), ["/privacy_version"]);
        let list = world.organiser.get(&world.of_round("/applications")).expect(200);
        let known = world
            .organiser
            .get(&format!("/v1/applications/{}/personal-data", id_of(&list["data"][0])))
            .expect(200);
        let agreed = &known["applications"][0]["agreed_to"];
        assert_eq!((&agreed["version"], &agreed["controller"]), (&json!(1), &notice["controller"]));
    });
}

#[test]
fn a_certificate_number_is_refused_wherever_people_write() {
    for_each_service(|service| {
        let world = World::new(service);
        let form = json!({
            "name": "Ann town", "email": "ann@town.example", "home_library": "town", "dates": [DAY], "max_km": 30,
            "manager_email": "boss@town.example", "objectives": "I am vetted: DBS 0012 3456 7890",
            "role_title": "Librarian, DBS 001234567890", "needs_words": "PVG 1903 1903 1903 1903",
        });
        let refused = service.anyone().post(&world.of_round("/applications"), &form);
        assert_eq!(refused.pointers(), ["/needs_words", "/role_title", "/objectives"]);
        assert!(refused.text().contains("the employer's assurance"), "{}", refused.text());
    });
}

#[test]
fn only_organisers_and_the_service_may_erase_and_apply_retention() {
    for_each_service(|service| {
        for role in [Role::Operator, Role::Hr, Role::Anyone] {
            assert!(retention::apply(&service.app, &Actor::named("x", role)).is_err(), "{role}");
        }
    });
}
