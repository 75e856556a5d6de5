//! Reserves: proposals late in a round with a last day of their own, and places that are offered to whoever was left out.

use library_swap::domain::permissions::Actor;
use library_swap::services::traces::check_all;
use serde_json::{Value, json};

use crate::programme::{DAY, LIBRARIES, Mail, World, id_of, to};
use crate::support::{Reply, for_each_service};

/// After the last day for answers; a Tuesday.
const LATE: &str = "2027-02-16T09:00:00Z";

/// A round in which the town may send one of several people; everybody who was asked has agreed.
fn agreed(world: &World<'_>, of_town: &[&str]) {
    for (name, _) in LIBRARIES.iter().filter(|(name, _)| *name != "town") {
        world.sign_up(name);
    }
    for who in of_town {
        world.sign_up_as(who, "town", DAY);
    }
    for deed in ["verify", "release"] {
        for mail in world.deliver() {
            world.press(&mail, deed);
        }
    }
    world.organiser.post(&world.of_round("/close"), &json!({ "early_reason": "all are here" })).expect(200);
    let run = world.solve();
    world.publish(&run);
    for mail in world.deliver().iter().filter(|mail| mail.kind == "proposal") {
        world.press(mail, "accept");
    }
    world.deliver();
    assert_eq!(standing(world, "confirmed").len(), 4);
}

/// The placements in a state.
fn standing(world: &World<'_>, state: &str) -> Vec<Value> {
    world.placements().into_iter().filter(|placement| placement["state"] == state).collect()
}

fn address(placement: &Value) -> String {
    placement["participant"]["email"].as_str().expect("an address").to_owned()
}

/// The newest placement of the town in a state.
fn of_town(world: &World<'_>, state: &str) -> Value {
    let mut all = standing(world, state).into_iter().rev();
    all.find(|placement| address(placement).ends_with("@town.example")).expect("somebody of the town")
}

fn assert_whole(world: &World<'_>) {
    let all = check_all(&world.service.app, &Actor::worker("test"), 10).expect("traced");
    assert_eq!(all.broken, 0, "{:?}", all.first);
}

/// Asks for a repair that drops somebody, and applies the way that touches the fewest.
fn mend(world: &World<'_>, dropped: &Value) -> Reply {
    let asked =
        world.organiser.post(&world.of_round("/repairs"), &json!({ "drop": [dropped["application"]] }));
    let header = |name: &str| asked.header(name).expect("a header").to_owned();
    let (url, tag) = (format!("{}/apply", header("location")), header("etag"));
    let repair = asked.expect(201);
    let options = repair["options"].as_array().expect("options");
    let way = options.iter().find(|option| option["kind"] == "fewest_touched").expect("a way");
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    world.organiser.send("POST", &url, &headers, json!({ "option": way["id"] }).to_string().as_bytes())
}

#[test]
fn a_drop_out_after_the_last_day_for_answers_is_mended_with_a_day_of_its_own() {
    for_each_service(|service| {
        let world = World::new(service);
        agreed(&world, &["ann", "bob"]);
        world.at(LATE);
        mend(&world, &of_town(&world, "confirmed")).expect(200);
        let placement = of_town(&world, "proposed");
        assert_eq!(placement["answer_until"], "2027-02-19", "three working days");
        let mails = world.deliver();
        let proposal = to(&mails, &address(&placement));
        assert!(proposal.text.contains("Friday 19 February 2027"), "{}", proposal.text);
        let page = |mail: &Mail| {
            let secret = mail.secret.as_ref().expect("a link");
            service.anyone().get(&format!("/v1/links/{secret}")).expect(200)
        };
        assert_eq!(page(proposal)["placement"]["answer_until"], "2027-02-19");
        assert!(page(proposal)["next"].as_str().is_some_and(|words| words.contains("19 February 2027")));
        let secret = proposal.secret.as_ref().expect("a link");
        let owed = service.with(secret).get("/v1/me/tasks").expect(200);
        assert_eq!(owed["data"][0]["deadline"], "2027-02-19", "{owed}");

        // Moving the round's day is not its business.
        service.set_clock("2027-02-16T12:00:00Z");
        let moved = json!({ "answer_until": "2027-02-25" });
        world.organiser.put(&world.of_round("/dates"), &moved).expect(200);
        assert!(world.deliver().is_empty());

        assert!(world.at("2027-02-17T12:00:00Z").is_empty(), "one day of three is over");
        let mut reminded: Vec<String> =
            world.at("2027-02-18T12:00:00Z").into_iter().map(|mail| mail.kind).collect();
        reminded.sort();
        assert_eq!(reminded, ["answer_reminder", "answer_reminder"]);
        let mails = world.at("2027-02-19T23:50:00Z");
        assert_eq!(mails.iter().filter(|mail| mail.kind == "deputy_request").count(), 1, "{mails:?}");
        assert_eq!(of_town(&world, "proposed")["id"], placement["id"], "the whole day counts");
        let mails = world.at("2027-02-20T00:10:00Z");
        assert!(mails.iter().all(|mail| mail.kind == "cancelled") && mails.len() >= 2, "{mails:?}");
        assert_eq!(of_town(&world, "expired")["id"], placement["id"]);
        assert_whole(&world);
    });
}

#[test]
fn what_nobody_could_answer_before_the_day_is_not_proposed() {
    for_each_service(|service| {
        let world = World::new(service);
        agreed(&world, &["ann", "bob", "cid"]);
        // The Friday before the Monday: whoever is asked can still answer.
        world.at("2027-02-26T09:00:00Z");
        let dropped = of_town(&world, "confirmed");
        mend(&world, &dropped).expect(200);
        let placement = of_town(&world, "proposed");
        assert_eq!(placement["answer_until"], "2027-02-26");
        for mail in world.deliver().iter().filter(|mail| mail.kind == "proposal") {
            world.press(mail, "accept");
        }
        assert_eq!(of_town(&world, "confirmed")["id"], placement["id"]);
        assert_ne!(id_of(&placement), id_of(&dropped));
        // On the Saturday nobody works any more.
        world.at("2027-02-27T09:00:00Z");
        let late = mend(&world, &placement);
        assert_eq!((late.status, late.code().as_str()), (409, "too-late"));
        assert!(late.text().contains("2027-02-26"), "{}", late.text());
    });
}
