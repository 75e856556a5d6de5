//! A round from its publication to its end: three parties answer in every order, one says no, some are silent until it
//! expires, the days come.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::programme::{Mail, World, id_of, kinds};
use crate::support::{Service, for_each_service};

/// Every order of participant, host and manager.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
/// Of the 29 working days from the proposals to the answer deadline: the morning after half of them, and after 80 %.
const HALF: &str = "2027-01-25T08:00:00Z";
const MOST: &str = "2027-02-05T08:00:00Z";
const OVER: &str = "2027-02-15T00:00:00Z";
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
    let late = json!({ "deed": "decline" });
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

/// The day comes, and the round is over.
fn over(world: &World<'_>, placements: &[Value]) {
    assert!(world.at(THE_DAY).is_empty());
    assert_eq!(round_state(world), "running");
    // HERE: the day and the feedback (issue 6, part 7): the hosts of placements[0] and [1] say who arrived, both sides
    // give feedback by links of the mails that ask for it, and the placements are `completed`.
    assert!(world.at(AFTERWARDS).is_empty());
    assert_eq!(round_state(world), "completed");
    let states: Vec<String> = placements.iter().map(|placement| state(world, placement)).collect();
    assert_eq!(states, ["confirmed", "confirmed", "declined", "expired"]);
    let hr_sees: BTreeSet<String> = placements[..2]
        .iter()
        .map(|placement| placement["participant"]["email"].as_str().expect("an address").to_owned())
        .collect();
    for (name, employer) in &world.employers {
        let token = json!({ "name": "HR", "role": "hr", "employer": employer });
        let token = world.organiser.post("/v1/tokens", &token).expect(201);
        let hr = world.service.with(token["secret"].as_str().expect("a secret"));
        let rows = hr.get(&world.of_round("/schedule")).expect(200)["data"].as_array().expect("rows").len();
        assert_eq!(rows, usize::from(hr_sees.contains(&format!("ann@{name}.example"))), "{name}");
    }
}
