//! What each role owes: empty when nothing is, by deadline, nothing of others.

use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use library_swap::services::outbox::{Attempt, claim, settle};
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use serde_json::{Value, json};

use crate::support::{Client, for_each_service};
use crate::world::{DAYS, World, secret_of};

fn tasks(client: &Client) -> Vec<Value> {
    let listed = client.get("/v1/me/tasks").expect(200);
    assert_eq!(listed["next_cursor"], Value::Null);
    listed["data"].as_array().expect("a list").clone()
}

/// "kind deadline about" of each.
fn told(client: &Client) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let about = |task: &Value| text(&task["subject"]["about"]);
    let each = tasks(client);
    each.iter()
        .map(|task| format!("{} {} {}", text(&task["kind"]), text(&task["deadline"]), about(task)))
        .collect()
}

fn kinds(client: &Client) -> Vec<String> {
    tasks(client).iter().map(|task| task["kind"].as_str().expect("a kind").to_owned()).collect()
}

#[test]
fn a_participant_proves_the_address_and_answers_and_then_owes_nothing() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("ann");
        let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        let by_verify = service.with(&verify);
        assert_eq!(told(&by_verify), ["prove_address 2027-01-31 your sign-up for Spring 2027"]);
        let task = &tasks(&by_verify)[0];
        assert_eq!(task["url"], format!("/links/{verify}"));
        assert_eq!(task["subject"]["kind"], "application");
        assert_eq!(task["round"], json!(world.round));
        service.anyone().post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" })).expect(200);
        assert!(tasks(&by_verify).is_empty());

        let release = world.secret(NoticeKind::ReleaseRequest, Party::Manager);
        let manager = service.with(&release);
        assert_eq!(told(&manager), ["decide_release 2027-01-31 ann Reader on 2027-03-01, 2027-03-02"]);
        assert_eq!(tasks(&manager)[0]["url"], format!("/links/{release}"));
        service.anyone().post(&format!("/v1/links/{release}"), &json!({ "deed": "release" })).expect(200);
        assert!(tasks(&manager).is_empty());

        let list = world.organiser.get(&world.of_round("/applications")).expect(200);
        let application = list["data"][0]["id"].as_str().expect("an id").to_owned();
        let placement = world.propose(&application);
        let mails = world.mails();
        let answer = secret_of(&mails, NoticeKind::Proposal, Party::Participant);
        let by_answer = service.with(&answer);
        let expected = ["answer_proposal 2027-02-14 Campus Library on 2027-03-01"];
        assert_eq!(told(&by_answer), expected);
        assert_eq!(tasks(&by_answer)[0]["url"], format!("/links/{answer}"));
        // The other link opens the API for the same person's answer.
        assert_eq!(told(&by_verify), expected);
        let url = tasks(&by_verify)[0]["url"].as_str().expect("a URL").to_owned();
        assert_eq!(url, format!("/v1/placements/{placement}/answers"));
        assert!(tasks(&manager).is_empty(), "the release was given before");
        by_verify.post(&url, &json!({ "party": "participant", "answer": "yes" })).expect(200);
        assert!(tasks(&by_answer).is_empty() && tasks(&by_verify).is_empty());
    });
}

#[test]
fn a_host_hears_nothing_of_who_comes_and_its_administrator_owes_the_same() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let host = service.with(&secret_of(&world.mails(), NoticeKind::Proposal, Party::Host));
        let own = world.token("library_administrator", Some(&world.university));
        let expected = ["answer_proposal 2027-02-14 a visitor at Campus Library on 2027-03-01"];
        assert_eq!((told(&host), told(&own)), (vec![expected[0].to_owned()], vec![expected[0].to_owned()]));
        for client in [&host, &own] {
            let text = client.get("/v1/me/tasks").text();
            for secret in ["ann", "Hive", &world.home, &application, "step-free"] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
        let url = tasks(&own)[0]["url"].as_str().expect("a URL").to_owned();
        assert_eq!(url, format!("/v1/placements/{placement}/answers"));
        assert!(
            tasks(&world.token("library_administrator", Some(&world.council))).is_empty(),
            "another employer"
        );
        assert!(tasks(&world.token("hr", Some(&world.council))).is_empty());
        own.post(&url, &json!({ "party": "host", "answer": "yes" })).expect(200);
        assert!(tasks(&host).is_empty() && tasks(&own).is_empty());
    });
}

#[test]
fn a_manager_s_link_names_the_own_team_only_and_a_waived_release_is_asked_with_the_proposal() {
    for_each_service(|service| {
        let world = World::new(service);
        let managers = ["head@council.example", "other@council.example"];
        let links: Vec<String> = [("ann", managers[0]), ("bea", managers[0]), ("cyd", managers[1])]
            .iter()
            .map(|(who, manager)| {
                let mut form = world.form(who);
                form["manager_email"] = json!(manager);
                service.anyone().post(&world.of_round("/applications"), &form).expect(202);
                let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
                service
                    .anyone()
                    .post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" }))
                    .expect(200);
                world.secret(NoticeKind::ReleaseRequest, Party::Manager)
            })
            .collect();
        let about = |link: &str| -> Vec<String> {
            let names = tasks(&service.with(link));
            let text = |task: &Value| task["subject"]["about"].as_str().expect("words").to_owned();
            let mut names: Vec<String> = names.iter().map(text).collect();
            names.sort();
            names
        };
        let days = DAYS.join(", ");
        let (ann, bea) = (format!("ann Reader on {days}"), format!("bea Reader on {days}"));
        assert_eq!(about(&links[0]), [ann.clone(), bea.clone()]);
        assert_eq!(about(&links[1]), [ann, bea]);
        assert_eq!(about(&links[2]), [format!("cyd Reader on {days}")], "another link, another team");
    });
}

#[test]
fn an_administrator_is_told_what_the_own_libraries_and_staff_lack() {
    for_each_service(|service| {
        let world = World::new(service);
        let own = world.token("library_administrator", Some(&world.council));
        let foreign = world.token("library_administrator", Some(&world.university));
        assert!(tasks(&own).is_empty() && tasks(&foreign).is_empty());
        let library = json!({
            "reference": "branch", "name": "Branch Library", "sectors": ["public"],
            "employers": [world.council], "time_zone": "Europe/London",
        });
        let branch = world.organiser.post("/v1/libraries", &library).expect(201)["id"].clone();
        assert_eq!(
            told(&own),
            ["offer_hosting 2027-01-31 Branch Library in Spring 2027", "name_contact - Branch Library"]
        );
        let url = tasks(&own)[0]["url"].as_str().expect("a URL").to_owned();
        own.put(&url, &json!({ "release": { DAYS[0]: 1 } })).expect(200);
        assert_eq!(told(&own), ["name_contact 2027-01-31 Branch Library"], "needed before proposals go");
        let url = tasks(&own)[0]["url"].as_str().expect("a URL").to_owned();
        assert_eq!(url, format!("/v1/libraries/{}/welcome", branch.as_str().expect("an id")));
        own.put(&url, &json!({ "contact": { "email": "desk@branch.example" } })).expect(200);
        assert!(tasks(&own).is_empty());

        let mut form = world.form("ann");
        form["manager_email"] = json!("boss@elsewhere.example");
        service.anyone().post(&world.of_round("/applications"), &form).expect(202);
        assert!(tasks(&own).is_empty(), "a stranger's sign-up makes nobody work");
        let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        service.anyone().post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" })).expect(200);
        assert_eq!(told(&own), ["confirm_manager 2027-01-31 the manager of ann Reader in Spring 2027"]);
        assert!(tasks(&foreign).is_empty());
        let url = tasks(&own)[0]["url"].as_str().expect("a URL").to_owned();
        own.post(&url, &json!({ "trust": "confirmed" })).expect(200);
        assert!(tasks(&own).is_empty());
    });
}

#[test]
fn an_organiser_is_led_from_the_end_of_sign_up_to_the_mails_and_to_what_is_lost() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        world.released("ann");
        let organiser = &world.organiser;
        let url = |n: usize| tasks(organiser)[n]["url"].as_str().expect("a URL").to_owned();
        assert!(tasks(organiser).is_empty());
        service.set_clock("2027-02-01T09:00:00Z");
        assert_eq!(told(organiser), ["close_round 2027-02-14 Spring 2027"]);
        organiser.step(&url(0)).expect(200);
        assert_eq!(told(organiser), ["start_run 2027-02-14 Spring 2027"]);
        assert_eq!(url(0), world.of_round("/runs"));
        let run = world.solved();
        assert_eq!(told(organiser), ["publish_run 2027-02-14 Spring 2027"]);
        assert_eq!(tasks(organiser)[0]["subject"]["id"], json!(run));
        organiser.get(&url(0)).expect(200);
        let offer = json!({ "hosting": { DAYS[0]: 1 }, "release": { DAYS[0]: 1 } });
        organiser.put(&world.of_round(&format!("/libraries/{}", world.host)), &offer).expect(200);
        assert_eq!(kinds(organiser), ["renew_run"]);
        let queued = world.run(&json!({}));
        assert!(tasks(organiser).is_empty(), "a run is on its way");
        organiser.step(&format!("/v1/runs/{queued}/cancel")).expect(202);
        let run = world.solved();
        service.set_clock("2027-02-15T09:00:00Z");
        assert_eq!((kinds(organiser), url(0)), (vec!["publish_run".to_owned()], world.of_round("/dates")));
        service.set_clock("2027-03-01T09:00:00Z");
        assert_eq!((kinds(organiser), url(0)), (vec!["cancel_round".to_owned()], world.of_round("/cancel")));
        service.set_clock("2027-02-15T09:00:00Z");
        organiser.put(&world.of_round("/dates"), &json!({ "answer_until": "2027-02-20" })).expect(200);
        organiser.step(&format!("/v1/runs/{run}/publish")).expect(200);
        let host = world.token("library_administrator", Some(&world.university));
        assert!(tasks(&host).is_empty(), "nobody is told before the mails go");
        assert_eq!(told(organiser), ["release_mails 2027-02-20 2 mails of Spring 2027"]);
        organiser.step(&url(0)).expect(200);
        assert!(tasks(organiser).is_empty());
        assert_eq!(kinds(&host), ["answer_proposal"]);

        world.mails();
        service.set_clock("2027-02-21T09:00:00Z");
        act_on_due(&service.app, "test", &Stop::new()).expect("a step");
        assert_eq!(
            told(organiser),
            ["replace_placement 2027-03-01 ann Reader at Campus Library on 2027-03-01"]
        );
        assert!(tasks(&host).is_empty());
        service.set_clock("2027-03-02T09:00:00Z");
        assert!(tasks(organiser).is_empty(), "the day is over");
    });
}

#[test]
fn a_mail_that_was_given_up_is_a_task_of_organisers_and_operators_while_it_matters() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("ann");
        let app = &service.app;
        for one in claim(app, "test", 10, &[]).expect("claimed") {
            let refused = Attempt::Never("550 no such user".to_owned());
            settle(app, "test", &[(one, refused)]).expect("settled");
        }
        let operator = world.token("operator", None);
        for client in [&world.organiser, &operator] {
            assert_eq!(
                told(client),
                ["look_at_mail - verify_address to the participant (a…@council.example)"]
            );
            assert!(!client.get("/v1/me/tasks").text().contains("ann@"), "addresses are masked");
        }
        for role in ["hr", "library_administrator"] {
            assert!(tasks(&world.token(role, Some(&world.council))).is_empty(), "{role}");
        }
        world.close();
        assert!(tasks(&operator).is_empty(), "nobody can sign up any more");
    });
}

#[test]
fn the_pages_hold_every_task_once_by_deadline_and_a_wrong_cursor_is_refused() {
    for_each_service(|service| {
        let world = World::new(service);
        for n in 0..4 {
            let library = json!({
                "reference": format!("branch-{n}"), "name": format!("Branch {n}"), "sectors": ["public"],
                "employers": [world.council], "time_zone": "Europe/London",
            });
            world.organiser.post("/v1/libraries", &library).expect(201);
        }
        let own = world.token("library_administrator", Some(&world.council));
        let whole = told(&own);
        assert_eq!(whole.len(), 8);
        let (mut url, mut paged) = ("/v1/me/tasks?limit=3".to_owned(), Vec::new());
        loop {
            let page = own.get(&url).expect(200);
            paged.extend(page["data"].as_array().expect("a list").clone());
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            url = format!("/v1/me/tasks?limit=3&cursor={cursor}");
        }
        assert_eq!(paged, tasks(&own));
        let days: Vec<&str> = paged.iter().map(|task| task["deadline"].as_str().unwrap_or("9999")).collect();
        assert!(days.is_sorted(), "{days:?}");
        service.set_clock("2027-02-01T09:00:00Z");
        assert_eq!(
            kinds(&own),
            ["name_contact"; 4],
            "sign-up has ended: who has made no offer takes no part"
        );
        let wrong = own.get("/v1/me/tasks?cursor=x");
        assert_eq!((wrong.status, wrong.pointers()), (422, vec!["?cursor".to_owned()]));
    });
}

#[test]
fn an_offer_of_the_host_waits_for_the_participant_alone() {
    for_each_service(|service| {
        let case = crate::alternatives::proposed(service);
        let bearer = |party| service.with(case.path(party).rsplit('/').next().expect("a secret"));
        let (participant, host) = (bearer(Party::Participant), bearer(Party::Host));
        case.press(Party::Host, &crate::alternatives::another_day()).expect(200);
        assert_eq!(told(&participant), ["answer_offer 2027-02-14 Campus Library on 2027-03-01"]);
        assert!(tasks(&host).is_empty(), "the host has said what it would rather have");
        case.press(Party::Participant, &json!({ "deed": "take", "version": 1 })).expect(200);
        assert!(tasks(&participant).is_empty() && tasks(&host).is_empty());
    });
}

#[test]
fn a_day_is_prepared_marked_and_told_about_by_those_whose_it_is_and_then_nobody_owes_anything() {
    for_each_service(|service| {
        let case = crate::day::agreed(service);
        let (participant, host) = (case.holder(Party::Participant), case.holder(Party::Host));
        let own = case.world.token("library_administrator", Some(&case.world.university));
        let foreign = case.world.token("library_administrator", Some(&case.world.council));
        let organiser = &case.world.organiser;
        let about = "a visitor at Campus Library on 2027-03-01";
        assert!(tasks(&host).is_empty() && tasks(&own).is_empty(), "too early for the pack");
        service.set_clock("2027-02-19T09:00:00Z");
        let owed = [format!("write_pack 2027-02-22 {about}")];
        assert_eq!((told(&host), told(&own)), (owed.to_vec(), owed.to_vec()));
        assert!(tasks(organiser).is_empty(), "not late yet");
        service.set_clock("2027-02-22T09:00:00Z");
        assert_eq!(told(organiser), owed);
        assert!(tasks(&foreign).is_empty() && tasks(&participant).is_empty());
        let fields = json!({
            "arrival_place": "The staff door", "ask_for": "The enquiry desk", "contact_name": "Front desk",
            "contact_telephone": "01905 822866", "deputy_name": "Dai", "deputy_telephone": "01905 822867",
            "bring": "A card", "safety": "The bandstand", "lunch": "A canteen", "travel": "Bus 44",
            "access_confirmed": true,
        });
        let url = tasks(&own)[0]["url"].as_str().expect("a URL").to_owned();
        assert_eq!(url, case.of("/joining-pack"));
        own.put(&url, &json!({ "revision": 0, "fields": fields })).expect(200);
        for client in [&host, &own, organiser] {
            assert!(tasks(client).is_empty());
        }

        service.set_clock("2027-03-01T10:00:00Z");
        let owed = [format!("mark_attendance 2027-03-01 {about}")];
        assert_eq!((told(&host), told(&own)), (owed.to_vec(), owed.to_vec()));
        assert!(tasks(&foreign).is_empty() && tasks(&participant).is_empty());
        let url = tasks(&own)[0]["url"].as_str().expect("a URL").to_owned();
        own.post(&url, &json!({ "attendance": "arrived" })).expect(200);
        assert!(tasks(&host).is_empty() && tasks(&own).is_empty());

        service.set_clock("2027-03-01T17:30:00Z");
        assert_eq!(told(&host), [format!("give_feedback 2027-03-31 {about}")]);
        let mut both = kinds(&participant);
        both.sort();
        assert_eq!(both, ["bring_idea", "give_feedback"]);
        let marks = json!({ "preparation": 4, "welcome": 5, "learning": 5 });
        for client in [&host, &participant] {
            client.put(&case.of("/feedback"), &marks).expect(200);
        }
        assert!(tasks(&host).is_empty());
        assert_eq!(told(&participant), ["bring_idea 2027-03-31 Campus Library on 2027-03-01"]);
        let idea = json!({ "text": "New books on a trolley at the door.", "topics": ["displays"], "shown_as": "library" });
        let kept = participant.post(&case.of("/idea"), &idea);
        assert!(kept.status < 300, "{}", kept.text());
        for client in [&participant, &own, &foreign] {
            assert!(tasks(client).is_empty());
        }
    });
}
