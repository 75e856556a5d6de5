//! A round from its publication to its end: three parties answer in every order, one says no, some are silent until it
//! expires, the days come.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::programme::{Mail, World, id_of, kinds, to};
use crate::support::{Service, for_each_service};

/// Every order of participant, host and manager.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
/// Of the 29 working days from the proposals to the answer deadline: the morning after half of them, and after 80 %.
const HALF: &str = "2027-01-25T08:00:00Z";
const MOST: &str = "2027-02-05T08:00:00Z";
const OVER: &str = "2027-02-15T00:00:00Z";
const TEN_DAYS: &str = "2027-02-19T08:00:00Z";
const WEEK: &str = "2027-02-22T08:00:00Z";
const FRIDAY: &str = "2027-02-26T08:00:00Z";
const DURING: &str = "2027-03-01T16:30:00Z";
const QUESTIONS: &str = "2027-03-02T08:00:00Z";
const NEXT_DAY: &str = "2027-07-05";
const THE_DAY: &str = "2027-03-01T00:00:00Z";
const AFTERWARDS: &str = "2027-03-02T00:00:00Z";

fn state(world: &World<'_>, placement: &Value) -> String {
    let path = format!("/v1/placements/{}", id_of(placement));
    world.organiser.get(&path).expect(200)["state"].as_str().expect("a state").to_owned()
}

fn round_state(world: &World<'_>) -> String {
    world.organiser.get(&world.of_round("")).expect(200)["state"].as_str().expect("a state").to_owned()
}

/// "kind address" of each, sorted.
fn told(mails: &[Mail]) -> Vec<String> {
    let mut told: Vec<String> = mails.iter().map(|mail| format!("{} {}", mail.kind, mail.to)).collect();
    told.sort();
    told
}

/// One mail of a kind to each party of a placement.
fn one_each(kind: &str, parties: &[Mail]) -> Vec<String> {
    let mut told: Vec<String> = parties.iter().map(|mail| format!("{kind} {}", mail.to)).collect();
    told.sort();
    told
}

/// Everybody says yes in this order; only the last one makes it certain, and that is told once to each.
fn agreed(world: &World<'_>, placement: &Value, parties: &[Mail], order: [usize; 3]) {
    for (n, party) in order.into_iter().enumerate() {
        assert_eq!(state(world, placement), "proposed", "{n} of three have said yes");
        // Whoever looks first, as a mail scanner does, changes nothing.
        let path = format!("/links/{}", parties[party].secret.as_ref().expect("a link"));
        assert_eq!(world.service.anyone().get(&path).status, 200);
        world.press(&parties[party], "accept");
        if n < 2 {
            assert!(world.deliver().is_empty(), "nobody is told before all have agreed");
        }
    }
    assert_eq!(state(world, placement), "confirmed", "{order:?}");
    assert_eq!(told(&world.deliver()), one_each("confirmed", parties), "{order:?}");
}

/// A round with four proposals, each in the mailboxes of its three parties.
fn published<'a>(service: &'a Service) -> (World<'a>, Vec<(Value, Vec<Mail>)>) {
    let world = World::asking_managers_after(service);
    let proposals = world.published();
    assert_eq!(kinds(&proposals), [("proposal".to_owned(), 12)].into());
    let placements = world.placements();
    assert_eq!(placements.len(), 4);
    let with_parties = |placement: Value| {
        let parties = world.of_placement(&proposals, &placement);
        assert_eq!(parties.len(), 3, "{:?}", told(&parties));
        (placement, parties)
    };
    let placements = placements.into_iter().map(with_parties).collect();
    (world, placements)
}

#[test]
fn three_parties_answer_in_every_order() {
    for_each_service(|service| {
        let (world, placements) = published(service);
        for ((placement, parties), order) in placements.iter().zip(ORDERS) {
            agreed(&world, placement, parties, order);
        }
    });
}

#[test]
fn a_round_is_published_answered_refused_expired_and_over() {
    for_each_service(|service| {
        let (world, placements) = published(service);
        for ((placement, parties), order) in placements.iter().zip(&ORDERS[4..]) {
            agreed(&world, placement, parties, *order);
        }
        refused(&world, &placements[2].0, &placements[2].1);
        expired(&world, &placements[3].0, &placements[3].1);
        let placements: Vec<Value> = placements.into_iter().map(|(placement, _)| placement).collect();
        over(&world, &placements);
    });
}

/// The manager's no ends what two had agreed to, and everybody hears of it once; nobody can answer any more.
fn refused(world: &World<'_>, placement: &Value, parties: &[Mail]) {
    world.press(&parties[0], "accept");
    world.press(&parties[1], "accept");
    world.press(&parties[2], "decline");
    assert_eq!(state(world, placement), "declined");
    let mails = world.deliver();
    assert_eq!(told(&mails), one_each("cancelled", parties));
    assert!(mails.iter().all(|mail| !mail.text.contains("An inspection.")), "the reason is the organisers'");
    let late = json!({ "deed": "decline", "version": 0 });
    let path = format!("/v1/links/{}", parties[0].secret.as_ref().expect("a link"));
    let late = world.service.anyone().post(&path, &late);
    assert_eq!((late.status, late.code().as_str()), (409, "placement-state"));
    assert!(world.deliver().is_empty());
}

/// Silence: reminders at half time, the deputy, expiry; then an old link tells what is true and does nothing.
fn expired(world: &World<'_>, placement: &Value, parties: &[Mail]) {
    world.press(&parties[2], "accept");
    assert_eq!(told(&world.at(HALF)), one_each("answer_reminder", &parties[..2]));
    let deputy = parties[1].to.replace("desk@", "deputy@");
    assert_eq!(told(&world.at(MOST)), [format!("deputy_request {deputy}")]);
    assert_eq!(told(&world.at(OVER)), one_each("cancelled", parties));
    assert_eq!(state(world, placement), "expired");
    let late = world.try_to_press(&parties[0], "accept");
    assert_eq!((late.status, late.code().as_str()), (409, "placement-state"));
    let page = world.service.anyone().get(&format!("/links/{}", parties[0].secret.as_ref().expect("a link")));
    assert!(page.status == 200 && !page.text().contains("<button"), "{}", page.text());
}

/// One mail of a kind to the two who spend each of the certain days.
fn both_sides(kind: &str, placements: &[Value]) -> Vec<String> {
    let address = |thing: &Value| thing["email"].as_str().expect("an address").to_owned();
    let of = |one: &Value| [address(&one["participant"]), address(&one["host"]["contact"])];
    let mut told: Vec<String> =
        placements[..2].iter().flat_map(of).map(|to| format!("{kind} {to}")).collect();
    told.sort();
    told
}

/// The days come near: hosts hear what is missing of the joining pack, both sides are reminded twice. Gives the mails of
/// the last time.
fn near(world: &World<'_>, placements: &[Value]) -> Vec<Mail> {
    assert_eq!(kinds(&world.at(TEN_DAYS)), [("pack_missing".to_owned(), 2)].into());
    assert_eq!(told(&world.at(WEEK)), both_sides("reminder", placements));
    let mails = world.at(FRIDAY);
    assert_eq!(told(&mails), both_sides("reminder", placements));
    mails
}

/// Everybody who is asked says how it was, and the visitors what they will try.
fn reviewed(world: &World<'_>, mails: &[Mail]) {
    for mail in mails {
        let said = json!({ "deed": "feedback", "preparation": 4, "welcome": 5, "learning": 5 });
        assert_eq!(world.say(mail, &said)["day"]["feedback"]["welcome"], 5, "{}", mail.to);
        if mail.to.starts_with("ann@") {
            let idea = format!("A shelf at the door, says {}", mail.to);
            let tried = json!({ "deed": "idea", "text": idea, "topics": ["shelves"], "shown_as": "author" });
            world.say(mail, &tried);
        }
    }
    let list = |path: &str| world.organiser.get(path).expect(200)["data"].as_array().expect("a list").len();
    assert_eq!(list(&world.of_round("/feedback")), 4);
    assert_eq!(list("/v1/ideas"), 2);
    assert!(world.deliver().is_empty(), "nobody is written to about it");
}

/// The next round knows who was where, and who has waited.
fn remembered(world: &World<'_>, placements: &[Value]) {
    let mut next = World::again(world);
    let days = json!({
        "name": "Summer 2027", "sign_up_until": "2027-05-31", "answer_until": "2027-06-14", "dates": [NEXT_DAY],
    });
    next.open_round_by(&days, NEXT_DAY);
    let run = next.matched_on(NEXT_DAY);
    let file = next.organiser.get(&format!("/v1/runs/{run}/round-file")).expect(200);
    let mut visited: Vec<String> = Vec::new();
    for person in file["staff"].as_array().expect("staff") {
        visited.extend(
            person["visited"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|id| id.as_str().expect("an id").to_owned()),
        );
    }
    visited.sort();
    let host_of = |placement: &Value| {
        let desk = placement["host"]["contact"]["email"].as_str().expect("an address");
        let name = desk.trim_start_matches("desk@").trim_end_matches(".example");
        world.libraries[name].clone()
    };
    let mut hosts: Vec<String> = placements[..2].iter().map(host_of).collect();
    hosts.sort();
    assert_eq!(visited, hosts, "the two who came, and nobody else");
}

/// The day comes, and the round is over.
fn over(world: &World<'_>, placements: &[Value]) {
    let mut days = near(world, placements);
    assert!(world.at(THE_DAY).is_empty());
    assert_eq!(round_state(world), "running");
    for (placement, marked) in placements[..2].iter().zip([
        json!({ "deed": "attendance", "attendance": "arrived" }),
        json!({ "deed": "attendance", "attendance": "left_early", "left_at": "15:00" }),
    ]) {
        let host = placement["host"]["contact"]["email"].as_str().expect("an address");
        world.service.set_clock(DURING);
        world.say(to(&days, host), &marked);
        assert_eq!(state(world, placement), "completed");
    }
    assert!(world.at(AFTERWARDS).is_empty());
    assert_eq!(round_state(world), "completed");
    days = world.at(QUESTIONS);
    assert_eq!(told(&days), both_sides("feedback_request", placements));
    reviewed(world, &days);
    let states: Vec<String> = placements.iter().map(|placement| state(world, placement)).collect();
    assert_eq!(states, ["completed", "completed", "declined", "expired"]);
    remembered(world, placements);
    let hr_sees: BTreeSet<String> = placements[..2]
        .iter()
        .map(|placement| placement["participant"]["email"].as_str().expect("an address").to_owned())
        .collect();
    for (name, employer) in &world.employers {
        let token = json!({ "name": "HR", "role": "hr", "employers": [employer] });
        let token = world.organiser.post("/v1/tokens", &token).expect(201);
        let hr = world.service.with(token["secret"].as_str().expect("a secret"));
        let rows = hr.get(&world.of_round("/schedule")).expect(200)["data"].as_array().expect("rows").len();
        assert_eq!(rows, usize::from(hr_sees.contains(&format!("ann@{name}.example"))), "{name}");
    }
}
