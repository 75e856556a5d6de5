//! Deputies: somebody does another's work for a while, as themselves, and the audit says for whom.

use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use serde_json::{Value, json};

use crate::sign_in::{Browser, ask, grant, sign_in};
use crate::support::{Service, dump, for_each_service};
use crate::world::{World, id_of, secret_of};

const HEAD: &str = "head@council.example";
const DEPUTY: &str = "dee@council.example";

/// From today (4 January) to the end of the next day.
fn two_days(deputy: &str) -> Value {
    json!({ "deputy": deputy, "starts_on": "2027-01-04", "ends_on": "2027-01-05" })
}

fn name(principal: &Browser<'_>, wanted: &Value) -> String {
    let made = principal.ask("POST", "/v1/session/deputyships", wanted);
    assert_eq!(made.status, 201, "{}", made.text());
    let id = id_of(&made.json());
    assert_eq!(made.header("location"), Some(format!("/v1/session/deputyships/{id}").as_str()));
    id
}

/// Signs the participant up as far as the manager is asked; gives the application.
fn asked(world: &World<'_>, who: &str) -> String {
    world.sign_up(who);
    let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
    world.service.anyone().post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" })).expect(200);
    world.mails();
    let all = world.organiser.get(&world.of_round("/applications?limit=200")).expect(200);
    let all = all["data"].as_array().expect("a list").clone();
    id_of(all.iter().find(|one| one["email"] == format!("{who}@council.example")).expect("signed up"))
}

fn is_unknown(world: &World<'_>, address: &str) -> bool {
    ask(world.service, address).expect(202);
    world.mails().iter().all(|mail| mail.kind != NoticeKind::SignIn)
}

/// Takes the newest link of somebody whose mails hold something else too.
fn sign_in_after(world: &World<'_>, service: &Service, address: &str) -> String {
    ask(service, address).expect(202);
    secret_of(&world.mails(), NoticeKind::SignIn, Party::Participant)
}

#[test]
fn a_managers_deputy_releases_as_themselves_for_the_manager_until_the_last_day() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = asked(&world, "bea");
        let head = sign_in(&world, HEAD);
        assert!(is_unknown(&world, DEPUTY));
        let id = name(&head, &two_days(DEPUTY));

        let told = world.mails();
        assert_eq!(told.len(), 1);
        let deputed = told[0].deputed.as_ref().expect("whose deputy");
        assert_eq!((told[0].to_address.as_str(), deputed.principal.as_str()), (DEPUTY, HEAD));

        let deputy = sign_in(&world, DEPUTY);
        let session = deputy.session();
        let key = format!("for:{id}:manager:{application}");
        assert_eq!((&session["role"], &session["capacity"]), (&json!("manager"), &json!(key)));
        assert_eq!(session["capacities"][0]["about"], format!("bea Reader, Spring 2027 for {HEAD}"));
        let path = format!("/v1/applications/{application}/release");
        let seen = deputy.get(&path).expect(200);
        assert_eq!((&seen["state"], &seen["request"]["name"]), (&json!("verified"), &json!("bea Reader")));
        assert_eq!(seen["request"]["days"][0]["may_leave"], 2);
        let yes = json!({ "version": seen["request"]["version"], "answer": "yes" });
        for _ in 0..2 {
            let released = deputy.ask("POST", &path, &yes);
            assert_eq!(released.status, 200, "{}", released.text());
            assert_eq!(released.json()["state"], "released");
        }
        let stale = json!({ "version": seen["request"]["version"], "answer": "no", "reason": "leave" });
        assert_eq!(deputy.ask("POST", &path, &stale).code(), "stale-page");

        let audit = world.organiser.get("/v1/audit?limit=200").expect(200);
        let entries = audit["data"].as_array().expect("a list").clone();
        let of = |action: &str| -> Vec<Value> {
            entries.iter().filter(|entry| entry["action"] == action).cloned().collect()
        };
        let released = of("decide_release");
        assert_eq!(released.len(), 1, "the second time changes nothing");
        assert_eq!(released[0]["on_behalf_of"], format!("deputyship:{id}"));
        assert!(released[0]["actor"].as_str().is_some_and(|actor| actor.starts_with("session:")));
        let named = of("name_deputy");
        assert_eq!((&named[0]["subject_id"], &named[0]["on_behalf_of"]), (&json!(id), &Value::Null));
        assert!(!audit.to_string().contains(DEPUTY), "the audit names nobody");

        // Nobody hands it on, and nobody chooses for the manager.
        assert_eq!(
            deputy.ask("POST", "/v1/session/deputyships", &two_days("eve@council.example")).status,
            403
        );
        let denied = deputy.ask("POST", "/v1/session/deputyships", &two_days("eve@council.example"));
        assert!(denied.text().contains("a deputy may not"), "{}", denied.text());

        service.set_clock("2027-01-05T23:59:59Z");
        let still = sign_in_after(&world, service, DEPUTY);
        let reply = service.anyone().submit(&format!("/sign-in/{still}"), "");
        let deputy = Browser::after(service, &reply);
        deputy.get(&path).expect(200);
        service.set_clock("2027-01-06T00:00:00Z");
        assert_eq!(deputy.get(&path).status, 401, "the last day is over");
        assert!(is_unknown(&world, DEPUTY));
    });
}

#[test]
fn a_deputyship_begins_on_its_day_and_ends_at_once_when_either_side_ends_it() {
    for_each_service(|service| {
        let world = World::without_round(service);
        grant(&world, "hr@council.example", "hr", &[&world.council]);
        let hr = sign_in(&world, "hr@council.example");
        let later = json!({ "deputy": DEPUTY, "starts_on": "2027-01-05", "ends_on": "2027-07-03" });
        let id = name(&hr, &later);
        world.mails();
        assert!(is_unknown(&world, DEPUTY), "not yet");
        service.set_clock("2027-01-05T00:00:00Z");
        let hr = sign_in(&world, "hr@council.example");
        let deputy = sign_in(&world, DEPUTY);
        assert_eq!(deputy.session()["role"], "hr");
        let own = deputy.get("/v1/employers").expect(200);
        assert_eq!(own["data"].as_array().expect("a list").len(), 1, "no more than HR may");
        for side in [&hr, &deputy] {
            let list = side.get("/v1/session/deputyships").expect(200);
            assert_eq!(list["data"][0]["id"], id);
            assert_eq!(
                (&list["data"][0]["role"], &list["data"][0]["ended_at"]),
                (&json!("hr"), &Value::Null)
            );
        }
        // Somebody else sees none of it.
        grant(&world, "ann@council.example", "organiser", &[]);
        let other = sign_in(&world, "ann@council.example");
        assert_eq!(other.get("/v1/session/deputyships").expect(200)["data"], json!([]));
        let path = format!("/v1/session/deputyships/{id}");
        assert_eq!(other.ask("DELETE", &path, &json!({})).code(), "not-found");
        assert_eq!(world.organiser.delete(&path).status, 401, "a token has no session");

        for _ in 0..2 {
            assert_eq!(hr.ask("DELETE", &path, &json!({})).status, 204);
        }
        assert_eq!(deputy.get("/v1/employers").status, 401);
        let again = name(&hr, &two_days(DEPUTY));
        deputy
            .ask(
                "PUT",
                "/v1/session/capacity",
                &json!({ "capacity": deputy.session()["capacities"][0]["capacity"] }),
            )
            .expect(200);
        deputy.get("/v1/employers").expect(200);
        assert_eq!(deputy.ask("DELETE", &format!("/v1/session/deputyships/{again}"), &json!({})).status, 204);
        assert_eq!(deputy.get("/v1/employers").status, 401);
        assert!(hr.get("/v1/session/deputyships").expect(200)["data"][1]["ended_at"].is_string());
        let audit = world.organiser.get("/v1/audit?limit=200").expect(200).to_string();
        assert!(
            audit.contains(r#""ended_by":"principal""#) && audit.contains(r#""ended_by":"deputy""#),
            "{audit}"
        );
    });
}

#[test]
fn only_addresses_that_the_employer_vouches_for_do_its_work_and_nobody_decides_about_themselves() {
    for_each_service(|service| {
        let world = World::new(service);
        let own = asked(&world, "bea");
        let head = sign_in(&world, HEAD);
        let name_at = |wanted: &Value| head.ask("POST", "/v1/session/deputyships", wanted);
        for wanted in [two_days("dee@elsewhere.example"), two_days(HEAD), two_days("bea@council.example")] {
            let refused = name_at(&wanted);
            assert_eq!((refused.status, refused.pointers()), (422, vec!["/deputy".to_owned()]), "{wanted}");
        }
        let day = |from: &str, to: &str| json!({ "deputy": DEPUTY, "starts_on": from, "ends_on": to });
        for wanted in [
            day("2027-01-01", "2027-01-03"),
            day("2027-01-06", "2027-01-05"),
            day("2027-01-04", "2027-07-03"),
        ] {
            let refused = name_at(&wanted);
            assert_eq!((refused.status, refused.pointers()), (422, vec!["/ends_on".to_owned()]), "{wanted}");
        }
        let refused = name_at(&json!({ "deputy": "x", "starts_on": "soon", "ends_on": 3 }));
        assert_eq!(refused.pointers(), ["/deputy", "/starts_on", "/ends_on"]);
        let id = name(&head, &two_days(DEPUTY));
        let twice = name_at(&day("2027-01-05", "2027-02-05"));
        assert_eq!((twice.status, twice.code()), (409, "already-exists".to_owned()));
        assert!(twice.text().contains(&id), "{}", twice.text());
        name(&head, &day("2027-01-06", "2027-02-05"));

        // A participant goes themselves; a second manager's request is done by the deputy, their own is not.
        let bea = sign_in(&world, "bea@council.example");
        assert_eq!(bea.ask("POST", "/v1/session/deputyships", &two_days(DEPUTY)).status, 403);
        let dees = asked(&world, "dee");
        let deputy = sign_in(&world, DEPUTY);
        let keys: Vec<String> = deputy.session()["capacities"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| one["capacity"].as_str().expect("a key").to_owned())
            .collect();
        assert_eq!(keys, [format!("participant:{dees}"), format!("for:{id}:manager:{own}")]);

        // Who takes another address in the employer's directory away takes its work away.
        let directory = json!({ "domains": ["elsewhere.example"], "managers": [HEAD] });
        let path = format!("/v1/employers/{}/directory", world.council);
        world.organiser.put(&path, &directory).expect(200);
        assert_eq!(deputy.session()["capacities"].as_array().expect("a list").len(), 1);
    });
}

#[test]
fn an_organisers_deputy_makes_no_credentials_and_the_page_names_and_ends_one() {
    for_each_service(|service| {
        let world = World::without_round(service);
        grant(&world, "ann@council.example", "organiser", &[]);
        let ann = sign_in(&world, "ann@council.example");
        let page = ann.get("/account").text();
        assert!(page.contains("Name a deputy") && page.contains(r#"value="2027-01-04""#), "{page}");
        let wrong = ann.submit("/account", "deed=name_deputy&deputy=dee&starts_on=2027-01-04&ends_on=");
        assert_eq!(wrong.status, 422);
        assert!(wrong.text().contains("deputy</strong> “dee”: must be"), "{}", wrong.text());
        assert!(wrong.text().contains("ends on</strong>: must be a date"), "{}", wrong.text());
        let form = format!(
            "deed=name_deputy&deputy={}&starts_on=2027-01-04&ends_on=2027-01-31",
            "dee%40far.example"
        );
        let named = ann.submit("/account", &form);
        assert_eq!(named.status, 200, "{}", named.text());
        assert!(named.text().contains("does your work as organiser"), "{}", named.text());

        world.mails();
        let deputy = sign_in(&world, "dee@far.example");
        let page = deputy.get("/account").text();
        assert!(page.contains("You do the work of") && !page.contains("Name a deputy"), "{page}");
        deputy.ask("POST", "/v1/rounds", &World::round_body()).expect(201);
        let token = json!({ "name": "mine", "role": "organiser" });
        assert_eq!(deputy.ask("POST", "/v1/tokens", &token).status, 403);
        let wanted = json!({ "address": "dee@far.example", "role": "organiser" });
        assert_eq!(deputy.ask("POST", "/v1/grants", &wanted).status, 403);
        deputy.get("/v1/tokens").expect(200);

        let list = ann.get("/v1/session/deputyships").expect(200);
        let id = list["data"][0]["id"].as_str().expect("an id").to_owned();
        let ended = deputy.submit("/account", &format!("deed=end_deputyship&deputyship={id}"));
        assert_eq!(ended.status, 200, "{}", ended.text());
        assert!(ended.text().contains("You act as nobody"), "{}", ended.text());
        assert_eq!(deputy.submit("/account", "deed=end_deputyship&deputyship=x").status, 404);
        let whole = format!("{:?}", dump(&service.app));
        assert!(whole.contains("dee@far.example"), "until it is over its time");
    });
}

#[test]
fn a_mail_to_a_deputy_is_not_written_once_the_deputyship_has_ended() {
    for_each_service(|service| {
        let world = World::without_round(service);
        grant(&world, "ann@council.example", "organiser", &[]);
        let ann = sign_in(&world, "ann@council.example");
        let id = name(&ann, &two_days(DEPUTY));
        assert_eq!(ann.ask("DELETE", &format!("/v1/session/deputyships/{id}"), &json!({})).status, 204);
        assert!(world.mails().is_empty());
    });
}
