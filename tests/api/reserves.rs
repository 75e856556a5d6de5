//! Reserves: proposals late in a round with a last day of their own, and places that are offered to whoever was left out.

use library_swap::domain::permissions::{Actor, Role};
use library_swap::services::Settings;
use library_swap::services::refills::{self, Patience};
use library_swap::services::traces::check_all;
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use serde_json::{Value, json};

use crate::programme::{DAY, Mail, World, address, id_of, kinds, to};
use crate::support::{Reply, Service, for_each_service};

/// After the last day for answers; a Tuesday.
const LATE: &str = "2027-02-16T09:00:00Z";

/// The newest placement of the town in a state.
fn of_town(world: &World<'_>, state: &str) -> Value {
    let mut all = world.standing(state).into_iter().rev();
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
        world.agreed(&["ann", "bob"]);
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
        world.agreed(&["ann", "bob", "cid"]);
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

/// Somebody of the town has a place, the others of the town have none, and the one with the place cannot come.
struct Empty<'a> {
    world: World<'a>,
    placement: Value,
}

/// On the Tuesday thirteen days before the day, after the last day for answers.
fn empty<'a>(service: &'a Service, of_the_town: &[&str]) -> Empty<'a> {
    let world = World::new(service);
    world.agreed(of_the_town);
    world.at(LATE);
    let placement = of_town(&world, "confirmed");
    let no = json!({ "reason": "Broke a leg." });
    world.organiser.post(&format!("/v1/placements/{}/cancel", id_of(&placement)), &no).expect(200);
    world.deliver();
    Empty { world, placement }
}

impl Empty<'_> {
    fn url(&self, rest: &str) -> String {
        format!("/v1/placements/{}/{rest}", id_of(&self.placement))
    }

    fn reserves(&self) -> Vec<Value> {
        let found = self.world.organiser.get(&self.url("reserves")).expect(200);
        found["reserves"].as_array().expect("a list").clone()
    }

    fn start(&self) -> Reply {
        self.world.organiser.step(&self.url("refill"))
    }

    fn refill(&self, id: &str) -> Value {
        self.world.organiser.get(&self.world.of_round(&format!("/refills/{id}"))).expect(200)
    }

    fn page(&self, mail: &Mail) -> Value {
        let secret = mail.secret.as_ref().expect("a link");
        self.world.service.anyone().get(&format!("/v1/links/{secret}")).expect(200)
    }
}

/// The states of a refill's offers.
fn states(refill: &Value) -> Vec<String> {
    let offers = refill["offers"].as_array().expect("offers");
    offers.iter().map(|offer| offer["state"].as_str().expect("a state").to_owned()).collect()
}

fn only<'m>(mails: &'m [Mail], kind: &str) -> &'m Mail {
    let mut found = mails.iter().filter(|mail| mail.kind == kind);
    let mail = found.next().unwrap_or_else(|| panic!("no {kind}: {mails:?}"));
    assert!(found.next().is_none(), "more than one {kind}");
    mail
}

#[test]
fn a_place_goes_from_a_no_and_a_silence_to_a_yes_and_is_certain_when_all_agree() {
    for_each_service(|service| {
        let case = empty(service, &["ann", "bob", "cid", "dan"]);
        let world = &case.world;
        let reserves = case.reserves();
        assert_eq!(reserves.len(), 3, "everybody of the town who was left out: {reserves:?}");
        assert!(world.deliver().is_empty(), "nobody hears of the list");
        let started = case.start();
        let location = started.header("location").expect("a location").to_owned();
        let refill = started.expect(201);
        assert_eq!(location, world.of_round(&format!("/refills/{}", id_of(&refill))));
        assert_eq!((&refill["state"], &refill["date"]), (&json!("running"), &json!(DAY)));
        assert_eq!(refill["offers"][0]["application"], reserves[0]["application"], "the first of the list");
        assert_eq!(refill["offers"][0]["answer_until"], "2027-02-18", "two working days");

        // The first: says no, at once and by one button; looking changes nothing.
        let mails = world.deliver();
        assert_eq!(kinds(&mails), [("offer".to_owned(), 1)].into(), "{mails:?}");
        let first = &mails[0];
        assert!(
            first.text.contains("Thursday 18 February 2027") && first.text.contains("Monday 1 March 2027")
        );
        assert!(first.text.contains("10:00 to 16:00"), "{}", first.text);
        let page = case.page(first);
        assert_eq!(page["offer"]["state"], "open");
        assert_eq!(page["deeds"], json!(["accept", "decline"]));
        let secret = first.secret.as_ref().expect("a link");
        let html = service.anyone().get(&format!("/links/{secret}"));
        assert_eq!(html.status, 200);
        assert!(html.text().contains("Yes, I take this place"), "{}", html.text());
        assert!(html.text().contains("No, offer it to somebody else"));
        let owed = service.with(secret).get("/v1/me/tasks").expect(200);
        assert_eq!(owed["data"][0]["kind"], "answer_reserve_offer", "{owed}");
        assert_eq!(case.page(first)["offer"]["state"], "open", "scanners change nothing");
        let no = json!({ "deed": "decline", "version": 0 });
        service.anyone().post(&format!("/v1/links/{secret}"), &no).expect(200);
        service.anyone().post(&format!("/v1/links/{secret}"), &no).expect(200);
        assert_eq!(case.page(first)["offer"]["state"], "declined");
        assert!(service.with(secret).get("/v1/me/tasks").expect(200)["data"] == json!([]));

        // The second: says nothing.
        let mails = world.at("2027-02-17T09:00:00Z");
        let second = only(&mails, "offer").clone();
        assert_ne!(second.to, first.to);
        assert!(
            world.at("2027-02-19T22:00:00Z").iter().all(|mail| mail.kind != "offer"),
            "the whole day counts"
        );
        let mails = world.at("2027-02-20T01:00:00Z");
        assert!(mails.iter().all(|mail| mail.kind != "offer" && mail.to != second.to), "{mails:?}");
        assert_eq!(states(&case.refill(&id_of(&refill))), ["declined", "expired"]);
        let late = world.try_to_press(&second, "accept");
        assert_eq!((late.status, late.code().as_str()), (409, "no-offer"));

        // The third: says yes.
        let mails = world.at("2027-02-22T09:00:00Z");
        let third = only(&mails, "offer").clone();
        assert!(third.to != first.to && third.to != second.to);
        world.press(&third, "accept");
        world.press(&third, "accept");
        let now = case.refill(&id_of(&refill));
        assert_eq!(now["state"], "filled");
        assert_eq!(states(&now), ["declined", "expired", "accepted"]);
        let placement = of_town(world, "proposed");
        assert_eq!(now["offers"][2]["placement"], placement["id"]);
        assert_eq!((&placement["date"], address(&placement)), (&json!(DAY), third.to.clone()));
        assert_eq!(placement["answer_until"], "2027-02-25", "three working days for the host");
        let mails = world.deliver();
        assert_eq!(kinds(&mails), [("proposal".to_owned(), 2)].into(), "{mails:?}");
        let receipt = to(&mails, &third.to);
        assert!(receipt.text.contains("your yes is recorded"), "{}", receipt.text);
        assert!(receipt.calendar.as_ref().is_some_and(|file| file.contains("TENTATIVE")));
        let host = mails.iter().find(|mail| mail.to.starts_with("desk@")).expect("the host");
        assert!(
            host.text.contains("in the place of") || host.text.contains("take the place of"),
            "{}",
            host.text
        );
        assert!(
            !host.text.contains(&third.to) && !host.text.contains(&address(&case.placement)),
            "{}",
            host.text
        );
        assert_eq!(case.page(receipt)["deeds"], json!(["decline", "ask_swap"]));
        world.press(host, "accept");
        let mails = world.deliver();
        assert!(mails.iter().all(|mail| mail.kind == "confirmed"), "{mails:?}");
        assert_eq!(mails.len(), 3, "participant, host and manager");
        assert_eq!(of_town(world, "confirmed")["id"], placement["id"]);
        assert_whole(world);

        let listed = world.organiser.get(&world.of_round("/refills")).expect(200);
        assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
        let again = case.start();
        assert_eq!((again.status, again.code().as_str()), (409, "place-taken"));
        let stopped = world.organiser.step(&format!("{location}/stop"));
        assert_eq!((stopped.status, stopped.code().as_str()), (409, "refill-ended"));
    });
}

#[test]
fn fifty_clicks_on_yes_are_one_yes() {
    for_each_service(|service| {
        let case = empty(service, &["ann", "bob"]);
        case.start().expect(201);
        let mails = case.world.deliver();
        let secret = mails[0].secret.clone().expect("a link");
        let replies: Vec<u16> = std::thread::scope(|scope| {
            let click = || {
                let body = json!({ "deed": "accept", "version": 0 });
                service.anyone().post(&format!("/v1/links/{secret}"), &body).status
            };
            let all: Vec<_> = (0..50).map(|_| scope.spawn(click)).collect();
            all.into_iter().map(|one| one.join().expect("a reply")).collect()
        });
        assert!(replies.iter().all(|status| *status == 200), "{replies:?}");
        assert_eq!(case.world.standing("proposed").len(), 1);
        let mails = case.world.deliver();
        assert_eq!(kinds(&mails), [("proposal".to_owned(), 2)].into(), "{mails:?}");
        assert_whole(&case.world);
    });
}

#[test]
fn many_organisers_and_workers_at_once_make_one_offer_at_a_time() {
    for_each_service(|service| {
        let case = empty(service, &["ann", "bob", "cid"]);
        let replies: Vec<(u16, String)> = std::thread::scope(|scope| {
            let start = || {
                let reply = case.start();
                (reply.status, if reply.status == 201 { String::new() } else { reply.code() })
            };
            let all: Vec<_> = (0..10).map(|_| scope.spawn(start)).collect();
            all.into_iter().map(|one| one.join().expect("a reply")).collect()
        });
        assert_eq!(replies.iter().filter(|(status, _)| *status == 201).count(), 1, "{replies:?}");
        let others = replies.iter().filter(|(status, _)| *status != 201);
        assert!(others.clone().all(|(_, code)| code == "refill-running"), "{replies:?}");
        let mails = case.world.deliver();
        let secret = only(&mails, "offer").secret.clone().expect("a link");
        let no = json!({ "deed": "decline", "version": 0 });
        service.anyone().post(&format!("/v1/links/{secret}"), &no).expect(200);
        service.set_clock("2027-02-17T09:00:00Z");
        std::thread::scope(|scope| {
            for n in 0..4 {
                let work = move || act_on_due(&service.app, &format!("worker {n}"), &Stop::new());
                scope.spawn(move || work().expect("a step"));
            }
        });
        let mails: Vec<Mail> = case.world.deliver().into_iter().filter(|mail| mail.kind == "offer").collect();
        assert_eq!(mails.len(), 1, "{mails:?}");
        let refills = case.world.organiser.get(&case.world.of_round("/refills")).expect(200);
        assert_eq!(states(&refills["data"][0]), ["declined", "open"]);
    });
}

#[test]
fn of_two_places_one_waits_for_the_only_reserve_and_learns_that_nobody_is_left() {
    for_each_service(|service| {
        let world = World::new(service);
        world.agreed(&["ann", "bob"]);
        world.at(LATE);
        let no = json!({ "reason": "It cannot be." });
        let gone = of_town(&world, "confirmed");
        // Nobody goes to their own library.
        let is_other = |one: &Value| one["id"] != gone["id"] && one["host"]["name"] != "The town library";
        let other = world.standing("confirmed").into_iter().find(is_other).expect("another");
        for placement in [&gone, &other] {
            world.organiser.post(&format!("/v1/placements/{}/cancel", id_of(placement)), &no).expect(200);
        }
        world.deliver();
        let reserves = |placement: &Value| {
            let found =
                world.organiser.get(&format!("/v1/placements/{}/reserves", id_of(placement))).expect(200);
            found["reserves"].as_array().expect("a list").len()
        };
        let start = |placement: &Value| {
            world.organiser.step(&format!("/v1/placements/{}/refill", id_of(placement))).expect(201)
        };
        assert_eq!((reserves(&gone), reserves(&other)), (1, 1));
        let first = start(&gone);
        assert_eq!(first["waits"], false);
        let second = start(&other);
        assert_eq!((&second["waits"], &second["offers"]), (&json!(true), &json!([])));
        let mails = world.deliver();
        assert_eq!(kinds(&mails), [("offer".to_owned(), 1)].into(), "never two offers to one person");
        assert!(world.at("2027-02-17T09:00:00Z").iter().all(|mail| mail.kind != "offer"), "it waits");
        world.press(&mails[0], "accept");
        world.deliver();
        world.at("2027-02-17T10:00:00Z");
        let url = world.of_round(&format!("/refills/{}", id_of(&second)));
        let ended = world.organiser.get(&url).expect(200);
        assert_eq!(ended["state"], "nobody_left", "{ended}");
        let tasks = world.organiser.get("/v1/me/tasks").expect(200);
        let of_place =
            tasks["data"].as_array().expect("a list").iter().find(|task| task["kind"] == "fill_place");
        assert_eq!(of_place.expect("a task")["subject"]["id"], other["id"], "{tasks}");
        assert_whole(&world);
    });
}

#[test]
fn whoever_declines_frees_themselves_for_the_place_that_waited() {
    for_each_service(|service| {
        let world = World::new(service);
        world.agreed(&["ann", "bob"]);
        world.at(LATE);
        let placed = world.standing("confirmed");
        let gone = of_town(&world, "confirmed");
        let is_other = |one: &&Value| one["id"] != gone["id"] && one["host"]["name"] != "The town library";
        let other = placed.iter().find(is_other).expect("another").clone();
        let no = json!({ "reason": "It cannot be." });
        for placement in [&gone, &other] {
            world.organiser.post(&format!("/v1/placements/{}/cancel", id_of(placement)), &no).expect(200);
        }
        world.deliver();
        for placement in [&gone, &other] {
            world.organiser.step(&format!("/v1/placements/{}/refill", id_of(placement))).expect(201);
        }
        let mails = world.deliver();
        let secret = only(&mails, "offer").secret.clone().expect("a link");
        let body = json!({ "deed": "decline", "version": 0 });
        service.anyone().post(&format!("/v1/links/{secret}"), &body).expect(200);
        let mails = world.at("2027-02-17T09:00:00Z");
        let offer = only(&mails, "offer");
        let other_host = other["host"]["name"].as_str().expect("a name");
        assert!(offer.text.contains(other_host), "{}", offer.text);
        let states: Vec<Value> = [&gone, &other]
            .map(|placement| {
                let listed = world.organiser.get(&world.of_round("/refills")).expect(200);
                let all = listed["data"].as_array().expect("a list").clone();
                let own =
                    all.into_iter().find(|one| one["placement"] == placement["id"]).expect("its refill");
                own["state"].clone()
            })
            .to_vec();
        assert_eq!(states, ["nobody_left", "running"]);
    });
}

#[test]
fn what_cannot_be_offered_is_refused_with_its_code_and_nothing_is_written() {
    for_each_service(|service| {
        let case = empty(service, &["ann", "bob"]);
        let world = &case.world;
        let reserve = case.reserves()[0]["application"].clone();
        let standing_one = world.standing("confirmed")[0].clone();
        let refused =
            |reply: &Reply, code: &str| assert_eq!((reply.status, reply.code().as_str()), (409, code));
        refused(
            &world.organiser.step(&format!("/v1/placements/{}/refill", id_of(&standing_one))),
            "placement-state",
        );
        let nobody = uuid_like();
        let named = json!({ "reserves": [standing_one["application"], case.placement["application"], nobody, reserve] });
        let wrong = world.organiser.post(&case.url("refill"), &named);
        assert_eq!((wrong.status, wrong.code().as_str()), (422, "invalid-fields"));
        let errors = wrong.json()["errors"].as_array().expect("errors").clone();
        let told: Vec<(String, String)> = errors
            .iter()
            .map(|error| {
                let text = |name: &str| error[name].as_str().expect("a text").to_owned();
                (text("pointer"), text("detail").split(':').next().unwrap_or_default().to_owned())
            })
            .collect();
        let expected = [
            ("/reserves/0", "already_placed"),
            ("/reserves/1", "not_feasible"),
            ("/reserves/2", "unknown_id"),
        ];
        assert_eq!(told, expected.map(|(a, b)| (a.to_owned(), b.to_owned())), "{errors:?}");
        assert_eq!(world.organiser.get(&world.of_round("/refills")).expect(200)["data"], json!([]));
        let foreign = service.anyone().get(&case.url("reserves"));
        assert_eq!(foreign.status, 401);
        let lost = world.organiser.step(&format!("/v1/placements/{nobody}/refill"));
        assert_eq!((lost.status, lost.code().as_str()), (404, "not-found"));

        let refill = world.organiser.post(&case.url("refill"), &json!({ "reserves": [reserve] })).expect(201);
        refused(&case.start(), "refill-running");
        let full = world.organiser.get(&case.url("reserves"));
        refused(&full, "place-taken");
        // Repairs hold to what is offered: neither the place nor the person is theirs.
        let asked = world.organiser.post(
            &world.of_round("/repairs"),
            &json!({ "drop": [case.placement["application"]], "add": [reserve] }),
        );
        assert_eq!((asked.status, asked.code().as_str()), (422, "invalid-fields"), "{}", asked.text());
        let asked = world
            .organiser
            .post(&world.of_round("/repairs"), &json!({ "drop": [case.placement["application"]] }));
        let options = asked.expect(201)["options"].as_array().expect("options").clone();
        assert!(options.iter().all(|option| option["placed"] == 3), "{options:?}");

        // The organiser stops it: whoever was asked hears of it.
        world.deliver();
        let url = world.of_round(&format!("/refills/{}", id_of(&refill)));
        let stopped = world.organiser.step(&format!("{url}/stop")).expect(200);
        assert_eq!((&stopped["state"], states(&stopped)), (&json!("stopped"), vec!["overtaken".to_owned()]));
        let mails = world.deliver();
        assert!(only(&mails, "offer_ended").text.contains("organisers"), "{mails:?}");
        // Whoever was asked is not asked again.
        refused(&case.start(), "no-reserves");
    });
}

/// An id of nothing.
fn uuid_like() -> String {
    "01937f5c-0000-7000-8000-000000000000".to_owned()
}

#[test]
fn near_the_day_nobody_is_asked_any_more() {
    for_each_service(|service| {
        let case = empty(service, &["ann", "bob", "cid"]);
        let world = &case.world;
        // Friday, three days before the Monday: until that evening.
        service.set_clock("2027-02-26T09:00:00Z");
        let refill = case.start().expect(201);
        assert_eq!(refill["offers"][0]["answer_until"], "2027-02-26");
        world.deliver();
        let mails = world.at("2027-02-27T09:00:00Z");
        assert!(mails.iter().all(|mail| mail.kind != "offer"), "{mails:?}");
        world.at("2027-02-27T09:01:00Z");
        let ended = case.refill(&id_of(&refill));
        assert_eq!((&ended["state"], states(&ended)), (&json!("out_of_time"), vec!["expired".to_owned()]));
        assert!(ended["reason"].as_str().is_some_and(|words| words.contains("2027-03-01")), "{ended}");
        let late = case.start();
        assert_eq!((late.status, late.code().as_str()), (409, "too-late"));
        assert!(late.text().contains("2027-03-01") && late.text().contains('3'), "{}", late.text());
        service.set_clock("2027-03-02T09:00:00Z");
        assert_eq!(case.start().code(), "too-late");
    });
}

#[test]
fn an_ill_person_s_place_is_offered_where_the_day_is_not_too_near() {
    for_each_service(|service| {
        let world = World::new(service);
        world.agreed(&["ann", "bob"]);
        world.at("2027-02-28T13:00:00Z");
        let placement = of_town(&world, "confirmed");
        let url = format!("/v1/placements/{}", id_of(&placement));
        world.organiser.step(&format!("{url}/ill")).expect(200);
        world.deliver();
        let late = world.organiser.step(&format!("{url}/refill"));
        assert_eq!((late.status, late.code().as_str()), (409, "too-late"), "three days before at the latest");
        assert!(late.text().contains("too near"), "{}", late.text());
    });
}

#[test]
fn where_the_programme_asks_until_the_eve_an_ill_person_s_place_finds_somebody() {
    for_each_service(|service| {
        const TUESDAY: &str = "2027-03-02";
        let mut world = World::again(&World::new(service));
        world.open_round_by(&json!({ "dates": [TUESDAY] }), TUESDAY);
        for (who, name) in
            [("ann", "town"), ("bob", "town"), ("ann", "campus"), ("ann", "grammar"), ("ann", "hospital")]
        {
            world.sign_up_as(who, name, TUESDAY);
        }
        for deed in ["verify", "release"] {
            for mail in world.deliver() {
                world.press(&mail, deed);
            }
        }
        world
            .organiser
            .post(&world.of_round("/close"), &json!({ "early_reason": "all are here" }))
            .expect(200);
        let run = world.solve();
        world.publish(&run);
        for mail in world.deliver().iter().filter(|mail| mail.kind == "proposal") {
            world.press(mail, "accept");
        }
        world.at("2027-03-01T12:30:00Z");
        let placement = of_town(&world, "confirmed");
        world.organiser.step(&format!("/v1/placements/{}/ill", id_of(&placement))).expect(200);
        world.deliver();
        let reserves = Patience { working_days: 2, days_before: 1 };
        let mut app = service.app.clone();
        app.settings = Settings { reserves, ..app.settings };
        let organiser = Actor::named("token:test", Role::Organiser);
        let id = id_of(&placement).parse().expect("an id");
        let begun = refills::start(&app, &organiser, id, None).expect("an offer");
        assert_eq!(begun.offers[0].answer_until.to_string(), "2027-03-01", "today, while both work");
        let offer = only(&world.deliver(), "offer").clone();
        assert_ne!(offer.to, address(&placement), "not whoever is ill");
        world.press(&offer, "accept");
        assert_eq!(of_town(&world, "proposed")["answer_until"], "2027-03-01");
        for mail in world.deliver().iter().filter(|mail| mail.to.starts_with("desk@")) {
            world.press(mail, "accept");
        }
        assert_eq!(address(&of_town(&world, "confirmed")), offer.to);
        assert_whole(&world);
    });
}

#[test]
fn what_ends_the_round_the_day_or_the_application_ends_the_offer_and_is_told() {
    for_each_service(|service| {
        // The application is taken back: the next one is asked.
        let case = empty(service, &["ann", "bob", "cid"]);
        let world = &case.world;
        let refill = case.start().expect(201);
        let first = only(&world.deliver(), "offer").to.clone();
        let application = refill["offers"][0]["application"].as_str().expect("an id").to_owned();
        world.organiser.step(&format!("/v1/applications/{application}/withdraw")).expect(200);
        let mails = world.deliver();
        assert_eq!(only(&mails, "offer_ended").to, first);
        let mails = world.at("2027-02-17T09:00:00Z");
        let second = only(&mails, "offer").clone();
        assert_ne!(second.to, first);
        // The host closes for the day.
        let host = case.placement["host_library"].as_str().expect("an id");
        let closed = json!({ "opens": [], "label": "Flood" });
        world.organiser.put(&format!("/v1/libraries/{host}/exceptions/{DAY}"), &closed).expect(200);
        let mails = world.at("2027-02-17T10:00:00Z");
        let ended = only(&mails, "offer_ended");
        assert_eq!(ended.to, second.to);
        assert!(ended.text.contains("closed"), "{}", ended.text);
        assert_eq!(case.refill(&id_of(&refill))["state"], "overtaken");
        let late = world.try_to_press(&second, "accept");
        assert_eq!((late.status, late.code().as_str()), (409, "no-offer"));
        assert_whole(world);
    });
    for_each_service(|service| {
        let case = empty(service, &["ann", "bob"]);
        let world = &case.world;
        let refill = case.start().expect(201);
        let asked = only(&world.deliver(), "offer").clone();
        world.organiser.step(&world.of_round("/cancel")).expect(200);
        let mails = world.deliver();
        assert_eq!(only(&mails, "offer_ended").to, asked.to);
        assert_eq!(case.refill(&id_of(&refill))["state"], "overtaken");
        assert_eq!(case.page(&asked)["offer"]["state"], "overtaken");
    });
}

#[test]
fn a_publication_that_is_taken_back_ends_its_offers() {
    for_each_service(|service| {
        let world = World::new(service);
        world.agreed(&["ann", "bob"]);
        world.at("2027-02-10T09:00:00Z");
        let placement = of_town(&world, "confirmed");
        let url = format!("/v1/placements/{}", id_of(&placement));
        world.organiser.post(&format!("{url}/cancel"), &json!({ "reason": "Ill for weeks." })).expect(200);
        let refill = world.organiser.step(&format!("{url}/refill")).expect(201);
        let asked = only(&world.deliver(), "offer").to.clone();
        let run = placement["run"].as_str().expect("a run").to_owned();
        world.organiser.step(&format!("/v1/runs/{run}/withdraw")).expect(200);
        let mails = world.deliver();
        assert_eq!(only(&mails, "offer_ended").to, asked);
        let url = world.of_round(&format!("/refills/{}", id_of(&refill)));
        assert_eq!(world.organiser.get(&url).expect(200)["state"], "overtaken");
        assert_whole(&world);
    });
}

#[test]
fn a_yes_to_what_the_rules_forbid_by_now_is_told_so_and_gives_no_place() {
    for_each_service(|service| {
        let case = empty(service, &["ann", "bob"]);
        let world = &case.world;
        let refill = case.start().expect(201);
        let offer = only(&world.deliver(), "offer").clone();
        // Before the worker has seen it, the host closes.
        let host = case.placement["host_library"].as_str().expect("an id");
        let closed = json!({ "opens": [], "label": "Flood" });
        world.organiser.put(&format!("/v1/libraries/{host}/exceptions/{DAY}"), &closed).expect(200);
        world.press(&offer, "accept");
        assert_eq!(case.page(&offer)["offer"]["state"], "overtaken");
        assert!(world.standing("proposed").is_empty());
        assert_eq!(only(&world.deliver(), "offer_ended").to, offer.to);
        world.at("2027-02-17T10:00:00Z");
        assert_eq!(case.refill(&id_of(&refill))["state"], "overtaken");
        assert_whole(world);
    });
}
