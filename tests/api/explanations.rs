//! Why this place, why none, and what would have changed it: for organisers, by the participant's link, on its page and
//! in the mail; with nothing in it that belongs to others.

use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::party::Party;
use serde_json::{Value, json};

use crate::support::{Service, for_each_service};
use crate::world::{DAYS, World, english, secret_of};

/// A round without balance, in which the campus takes one visitor on the first day and so many on the second; the hive
/// lets two people go on each.
fn world(service: &Service, second: u64) -> World<'_> {
    let mut world = World::without_round(service);
    world.welcome_everybody();
    let mut body = World::round_body();
    body["rules"] = json!({ "balance": null });
    let made = world.organiser.post("/v1/rounds", &body).expect(201);
    made["id"].as_str().expect("an id").clone_into(&mut world.round);
    world.organiser.step(&world.of_round("/open")).expect(200);
    let hosting =
        json!({ "hosting": { DAYS[0]: 1, DAYS[1]: second }, "hours": { DAYS[0]: ["09:00", "17:00"] } });
    let release = json!({ "release": { DAYS[0]: 2, DAYS[1]: 2 } });
    world.organiser.put(&world.of_round(&format!("/libraries/{}", world.host)), &hosting).expect(200);
    world.organiser.put(&world.of_round(&format!("/libraries/{}", world.home)), &release).expect(200);
    world
}

impl World<'_> {
    /// Somebody who is free on the first day only.
    fn free_on_one(&self, who: &str) -> String {
        let mut form = self.form(who);
        form["dates"] = json!([DAYS[0]]);
        self.released_by(who, &form)
    }

    fn explained(&self, run: &str, application: &str) -> Value {
        self.organiser.get(&format!("/v1/runs/{run}/explanations/{application}")).expect(200)
    }
}

/// Of two people, the one with a place and the one without.
fn placed_and_left<'a>(world: &World<'_>, run: &str, two: [&'a String; 2]) -> (&'a String, &'a String) {
    let [a, b] = two;
    if world.explained(run, a)["placed"].is_null() { (b, a) } else { (a, b) }
}

fn words(explained: &Value) -> String {
    let words = explained["words"].as_array().expect("words").iter();
    words.map(|words| words.as_str().expect("a text")).collect::<Vec<_>>().join(" ")
}

/// The mail of a kind to the participant of an application.
fn letter_to<'a>(letters: &'a [Letter], kind: NoticeKind, address: &str) -> &'a Letter {
    let mut own = letters.iter().filter(|letter| letter.kind == kind && letter.to_address == address);
    own.next().expect("a mail")
}

fn address_of(world: &World<'_>, application: &str) -> String {
    let seen = world.organiser.get(&format!("/v1/applications/{application}")).expect(200);
    seen["email"].as_str().expect("an address").to_owned()
}

#[test]
fn who_has_a_place_reads_what_spoke_for_it_rule_by_rule() {
    for_each_service(|service| {
        let world = world(service, 0);
        let ann = world.free_on_one("ann");
        world.close();
        let run = world.solved();
        let found = world.explained(&run, &ann);
        let placed = &found["placed"];
        assert_eq!((&placed["host"], &placed["host_name"]), (&json!(world.host), &json!("Campus Library")));
        assert_eq!((&placed["date"], &placed["locked"]), (&json!(DAYS[0]), &json!(false)));
        assert_eq!((&placed["rank"], &placed["equal"]), (&json!(1), &json!(0)));
        assert_eq!(found["hosts"], json!({ "considered": 1, "feasible": 1, "excluded": {} }));
        assert_eq!(found["unplaced"], Value::Null);
        // The score is the sum of its parts, and that of the schedule.
        let parts = placed["parts"].as_array().expect("parts");
        let sum: i64 = parts.iter().map(|part| part["points"].as_i64().expect("points")).sum();
        let schedule = world.organiser.get(&format!("/v1/runs/{run}/schedule-file")).expect(200);
        assert_eq!(
            (json!(sum), &placed["score"]),
            (placed["score"].clone(), &schedule["placements"][0]["score"])
        );
        let names: Vec<&str> = parts.iter().map(|part| part["part"].as_str().expect("a name")).collect();
        assert_eq!(names, ["sector", "topics", "nearness"], "a part that counts nothing is not told");
        assert_eq!(parts[0]["words"], "Its sector (academic) is your 1st wish of 1.");
        assert_eq!((&parts[0]["points"], &parts[0]["most"]), (&json!(40), &json!(40)));
        let rules = placed["rules"].as_array().expect("rules");
        assert_eq!(rules.len(), 14);
        assert!(rules.iter().all(|rule| rule["kept"] == true), "{rules:?}");
        let told =
            |code: &str| rules.iter().find(|rule| rule["rule"] == code).expect("a rule")["words"].clone();
        assert_eq!(told("distance"), "It is 0.0 km away as the crow flies; you go up to 30 km.");
        assert_eq!(told("availability"), "It is one of the days on which you could go (1 in all).");
        assert_eq!(told("sector"), "It has a sector that your library has not: academic.");
        assert_eq!(told("hours"), "You are both there for 8 hours; the round asks for 3 hours.");
        assert_eq!(told("access"), "It has every access feature that was asked for.");
        assert!(words(&found).contains("You have Campus Library on Monday 1 March 2027."), "{found}");
        assert!(
            words(&found).contains("It is the only library at which you could have had a day."),
            "{found}"
        );
        assert!(!found.to_string().contains("step-free"), "no needs: {found}");
    });
}

#[test]
fn what_would_have_given_a_place_is_in_the_mail_on_the_page_and_in_the_api() {
    for_each_service(|service| {
        let world = world(service, 1);
        let (ann, bea) = (world.free_on_one("ann"), world.free_on_one("bea"));
        world.close();
        let run = world.solved();
        let (_, left) = placed_and_left(&world, &run, [&ann, &bea]);
        let address = address_of(&world, left);
        let found = world.explained(&run, left);
        let change = json!({ "side": "own", "field": "dates", "to": DAYS[1], "host": world.host, "date": DAYS[1],
                             "displaces": 0 });
        let unplaced = json!({ "reason": "outweighed", "change": change, "change_reason": null });
        assert_eq!((&found["unplaced"], &found["placed"]), (&unplaced, &Value::Null));
        let told = "Had you been free, and released, on Tuesday 2 March 2027 as well, one of the best schedules would have \
                    had a place for you, with no fewer people placed in all.";
        assert_eq!(found["words"][2], told);
        assert_eq!(found["words"][1], "1 library receives visitors: 1 fits.");

        world.publish(&run);
        let letters = world.mails();
        let letter = letter_to(&letters, NoticeKind::Unplaced, &address);
        assert_eq!(english(letter.change.as_ref()), told);
        let secret = secret_of(&letters, NoticeKind::Unplaced, Party::Participant);
        // Who reads it by the link learns no more than the own side of it.
        let own = service.anyone().get(&format!("/v1/links/{secret}")).expect(200)["explanation"].clone();
        assert_eq!(own["unplaced"]["change"], json!({ "side": "own", "field": "dates", "to": DAYS[1] }));
        assert_eq!((&own["words"], &own["application"]), (&found["words"], &json!(left)));
        let page = service.anyone().get(&format!("/links/{secret}")).text();
        assert!(page.contains("Why no place?") && page.contains(told), "{page}");
        let url = format!("/v1/runs/{run}/explanations/{left}");
        assert_eq!(service.with(&secret).get(&url).expect(200), own);
    });
}

#[test]
fn a_change_of_a_library_s_side_tells_participants_neither_where_nor_when() {
    for_each_service(|service| {
        let world = world(service, 0);
        let (ann, bea) = (world.free_on_one("ann"), world.free_on_one("bea"));
        world.close();
        let run = world.solved();
        let (placed, left) = placed_and_left(&world, &run, [&ann, &bea]);
        let change = json!({ "side": "library", "field": "hosting", "to": 2.0, "host": world.host, "date": DAYS[0],
                             "displaces": 0 });
        assert_eq!(world.explained(&run, left)["unplaced"]["change"], change);
        let other = world.organiser.get(&format!("/v1/applications/{placed}")).expect(200);
        world.publish(&run);
        let letters = world.mails();
        let secret = secret_of(&letters, NoticeKind::Unplaced, Party::Participant);
        let seen = service.anyone().get(&format!("/v1/links/{secret}")).expect(200);
        let own = &seen["explanation"];
        assert_eq!(own["unplaced"]["change"], json!({ "side": "library" }));
        assert!(
            words(own).contains("one more place, or one more release, at one library on one day"),
            "{own}"
        );
        let page = service.anyone().get(&format!("/links/{secret}")).text();
        let mail = letter_to(&letters, NoticeKind::Unplaced, &address_of(&world, left));
        for shown in [own.to_string(), format!("{:?}", mail.change)] {
            for secret in
                [&other["name"], &other["id"], &json!("Campus"), &json!(world.host), &json!(DAYS[0])]
            {
                let secret = secret.as_str().expect("a text");
                assert!(!shown.contains(secret), "{secret} in {shown}");
            }
        }
        assert!(!page.contains("Campus"), "{page}");

        // The other one reads on the page of the proposal why it is this library.
        let proposal = secret_of(&letters, NoticeKind::Proposal, Party::Participant);
        let page = service.anyone().get(&format!("/links/{proposal}")).text();
        assert!(page.contains("Why this library?") && page.contains("Rule by rule"), "{page}");
        assert!(page.contains("It is 0.0 km away as the crow flies; you go up to 30 km."), "{page}");
        let host = secret_of(&letters, NoticeKind::Proposal, Party::Host);
        let seen = service.anyone().get(&format!("/v1/links/{host}")).expect(200);
        assert_eq!(seen["explanation"], Value::Null, "the host reads nothing of it");
        assert!(!service.anyone().get(&format!("/links/{host}")).text().contains("Why this library?"));
    });
}

#[test]
fn nobody_is_told_before_the_mails_go_and_nobody_of_others() {
    for_each_service(|service| {
        let world = world(service, 1);
        world.sign_up("ann");
        let link = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        service.anyone().post(&format!("/v1/links/{link}"), &json!({ "deed": "verify" })).expect(200);
        let manager = world.secret(NoticeKind::ReleaseRequest, Party::Manager);
        service.anyone().post(&format!("/v1/links/{manager}"), &json!({ "deed": "release" })).expect(200);
        let listed = world.organiser.get(&world.of_round("/applications?limit=200")).expect(200);
        let ann = listed["data"][0]["id"].as_str().expect("an id").to_owned();
        let (bea, url) =
            (world.released("bea"), |run: &str, id: &str| format!("/v1/runs/{run}/explanations/{id}"));
        world.sign_up("cid");
        world.close();
        let queued = world.run(&json!({}));
        assert_eq!(world.organiser.get(&url(&queued, &ann)).code(), "run-state");
        let run = world.solved();
        let own = |application: &str| service.with(&link).get(&url(&run, application)).status;
        let hidden = 404;
        assert_eq!(own(&ann), hidden, "before the publication");
        world.organiser.step(&format!("/v1/runs/{run}/publish")).expect(200);
        assert_eq!(own(&ann), hidden, "while the mails are held");
        let seen = service.anyone().get(&format!("/v1/links/{link}")).expect(200);
        assert_eq!(seen["explanation"], Value::Null, "{seen}");
        world.organiser.step(&format!("/v1/runs/{run}/release-mails")).expect(200);
        world.mails();
        assert_eq!(own(&ann), 200);
        assert_eq!(own(&bea), hidden, "somebody else's");
        let refused = service.with(&manager).get(&url(&run, &ann));
        assert_eq!((refused.status, refused.code().as_str()), (403, "forbidden"));
        assert_eq!(service.anyone().get(&url(&run, &ann)).status, 401);
        assert_eq!(
            service.with(&link).get(&url(&queued, &ann)).status,
            404,
            "another run than the published one"
        );

        // Who was not matched has no explanation, and neither has nobody.
        let listed = world.organiser.get(&world.of_round("/applications?limit=200")).expect(200);
        let all = listed["data"].as_array().expect("a list");
        let cid = all.iter().find(|one| one["email"] == "cid@council.example").expect("signed up");
        for id in [cid["id"].as_str().expect("an id"), "01900000-0000-7000-8000-000000000000"] {
            let unknown = world.organiser.get(&url(&run, id));
            assert_eq!((unknown.status, unknown.code().as_str()), (404, "not-found"));
        }
    });
}

#[test]
fn the_counts_of_libraries_that_fell_away_do_not_tell_needs() {
    for_each_service(|service| {
        let world = world(service, 1);
        // The campus has nothing of what is needed any more.
        let welcome = json!({ "contact": { "name": "Front desk", "email": "desk@campus.example" } });
        world.organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome).expect(200);
        let ann = world.released("ann");
        world.close();
        let run = world.solved();
        let found = world.explained(&run, &ann);
        assert_eq!(found["unplaced"]["reason"], "not_feasible");
        assert_eq!(found["hosts"], json!({ "considered": 1, "feasible": 0, "excluded": { "personal": 1 } }));
        assert_eq!(found["unplaced"]["change_reason"], "none_single");
        assert!(words(&found).contains("No single change would have given you a place"), "{found}");
        assert!(!found.to_string().contains("access"), "{found}");
    });
}

#[test]
fn a_place_that_was_fixed_against_a_rule_says_so() {
    for_each_service(|service| {
        let world = world(service, 1);
        let ann = world.free_on_one("ann");
        world.close();
        let lock = json!({ "host": world.host, "date": DAYS[1], "override": "she is free then after all" });
        world.organiser.put(&world.of_round(&format!("/locks/{ann}")), &lock).expect(200);
        let run = world.solved();
        let found = world.explained(&run, &ann);
        assert_eq!((&found["placed"]["locked"], &found["placed"]["date"]), (&json!(true), &json!(DAYS[1])));
        let rules = found["placed"]["rules"].as_array().expect("rules");
        let broken: Vec<_> = rules.iter().filter(|rule| rule["kept"] == false).collect();
        assert_eq!(broken.len(), 1, "{rules:?}");
        assert_eq!(
            (&broken[0]["rule"], &broken[0]["words"]),
            (&json!("availability"), &json!("The organisers have set this rule aside."))
        );
        assert!(
            words(&found).contains("The organisers fixed Campus Library on Tuesday 2 March 2027"),
            "{found}"
        );
        // The reason of an override is told to organisers and HR, elsewhere.
        assert!(!found.to_string().contains("after all"), "{found}");
    });
}

#[test]
fn whoever_gets_a_place_by_a_repair_reads_of_that_one() {
    for_each_service(|service| {
        let world = world(service, 0);
        let (ann, bea) = (world.free_on_one("ann"), world.free_on_one("bea"));
        world.close();
        let run = world.solved();
        let (placed, left) = placed_and_left(&world, &run, [&ann, &bea]);
        service.set_clock("2027-02-01T10:00:00Z");
        world.publish(&run);
        let none = secret_of(&world.mails(), NoticeKind::Unplaced, Party::Participant);
        let asked = world.organiser.post(&world.of_round("/repairs"), &json!({ "drop": [placed] }));
        let way = json!({ "option": asked.expect(201)["default_option"] });
        let url = format!("{}/apply", asked.header("location").expect("a location"));
        let headers =
            [("content-type", "application/json"), ("if-match", asked.header("etag").expect("a tag"))];
        world.organiser.send("POST", &url, &headers, way.to_string().as_bytes()).expect(200);
        let proposal = secret_of(&world.mails(), NoticeKind::Proposal, Party::Participant);
        for secret in [&none, &proposal] {
            let seen = service.anyone().get(&format!("/v1/links/{secret}")).expect(200);
            let own = &seen["explanation"];
            assert_eq!((&own["application"], &own["unplaced"]), (&json!(left), &Value::Null), "{seen}");
            assert_ne!(own["run"], json!(run), "the repair has a run of its own");
            assert!(words(own).contains("The place is from a repair of the schedule."), "{own}");
        }
        // The publication goes on to be told as it was.
        assert_eq!(world.explained(&run, left)["unplaced"]["reason"], "outweighed");
    });
}
