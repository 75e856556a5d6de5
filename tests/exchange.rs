//! Whole exchanges on both databases: from sign-up to calling off, with the real solver, checker and worker; mails are
//! kept in memory.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

mod programme;
mod support;

use std::collections::{BTreeMap, BTreeSet};

use library_swap::mail::{Tls, Transport, TransportKind, TransportSettings};
use library_swap::worker::{Stop, outbox};
use programme::{DAY, LIBRARIES, World, id_of, kinds, to};
use serde_json::json;
use support::for_each_service;

#[test]
fn a_ring_is_proposed_confirmed_changed_and_called_off_with_one_calendar_event_for_life() {
    for_each_service(|service| {
        let world = World::new(service);
        let proposals = world.published();
        assert_eq!(
            kinds(&proposals),
            BTreeMap::from([("proposal".to_owned(), 8)]),
            "four people, four hosts"
        );
        let placements = world.placements();
        assert_eq!(placements.len(), 4);
        let placement = &placements[0];
        let participant = placement["participant"]["email"].as_str().expect("an address").to_owned();
        let host = placement["host"]["contact"]["email"].as_str().expect("an address").to_owned();

        let proposal = to(&proposals, &participant);
        assert_eq!(proposal.property("METHOD").as_deref(), Some("REQUEST"));
        assert_eq!(proposal.property("STATUS").as_deref(), Some("TENTATIVE"));
        assert_eq!(proposal.property("SEQUENCE").as_deref(), Some("0"));
        assert_eq!(proposal.property("DTSTART").as_deref(), Some("TZID=Europe/London:20270301T100000"));
        assert!(proposal.property("ATTENDEE").expect("one").contains("PARTSTAT=NEEDS-ACTION"));
        let to_host = to(&proposals, &host);
        assert!(!to_host.text.contains("Ann"), "a host does not know the name before everybody has agreed");
        assert!(!to_host.text.contains(placement["home"]["name"].as_str().expect("a name")));

        world.press(to_host, "accept");
        assert!(world.deliver().is_empty(), "one yes tells nobody anything yet");
        world.press(proposal, "accept");
        let confirmed = world.deliver();
        // The participant, the host, and the manager who had released before and was not asked again.
        assert_eq!(kinds(&confirmed), BTreeMap::from([("confirmed".to_owned(), 3)]));
        let confirmation = to(&confirmed, &participant);
        assert_eq!(confirmation.property("UID"), proposal.property("UID"));
        assert_eq!(confirmation.property("SEQUENCE").as_deref(), Some("1"));
        assert_eq!(confirmation.property("STATUS").as_deref(), Some("CONFIRMED"));
        assert!(confirmation.property("ATTENDEE").expect("one").contains("PARTSTAT=ACCEPTED;RSVP=FALSE"));
        assert_eq!(confirmation.thread.as_ref(), Some(&proposal.message_id));
        assert!(to(&confirmed, &host).text.contains("Ann"), "now the host knows who comes");
        let manager = confirmed.iter().find(|mail| mail.to.starts_with("boss@")).expect("to the manager");
        assert_eq!(manager.calendar, None, "the day is not in the manager's calendar");

        let id = id_of(placement);
        let times = json!({ "starts": "11:00", "ends": "15:30" });
        world.organiser.put(&format!("/v1/placements/{id}/times"), &times).expect(200);
        let changed = world.deliver();
        assert_eq!(kinds(&changed), BTreeMap::from([("changed".to_owned(), 3)]));
        assert_eq!(to(&changed, &participant).property("SEQUENCE").as_deref(), Some("2"));
        assert!(to(&changed, &participant).property("DTSTART").expect("one").ends_with("T110000"));
        assert!(to(&changed, &participant).text.contains("10:00"), "the former times are told");

        world
            .organiser
            .post(&format!("/v1/placements/{id}/cancel"), &json!({ "reason": "Snow." }))
            .expect(200);
        let cancelled = world.deliver();
        let cancel = to(&cancelled, &participant);
        assert_eq!(cancel.property("METHOD").as_deref(), Some("CANCEL"));
        assert_eq!(cancel.property("STATUS").as_deref(), Some("CANCELLED"));
        assert_eq!(cancel.property("SEQUENCE").as_deref(), Some("3"));
        assert_eq!(cancel.property("UID"), proposal.property("UID"));
        assert!(cancel.text.contains("Snow."));
        let told: BTreeSet<&str> = cancelled.iter().map(|mail| mail.to.as_str()).collect();
        assert_eq!(told.len(), 3, "only the three parties: {told:?}");
    });
}

#[test]
fn before_publication_nobody_but_the_organisers_can_tell() {
    for_each_service(|service| {
        let world = World::new(service);
        let run = world.matched();
        assert!(world.deliver().is_empty(), "matching sends nothing");
        let body = json!({ "name": "HR", "role": "hr", "employers": [world.employers["town"]] });
        let token = world.organiser.post("/v1/tokens", &body).expect(201);
        let hr = service.with(token["secret"].as_str().expect("a secret"));
        assert_eq!(hr.get(&format!("/v1/runs/{run}")).status, 403);
        assert_eq!(hr.get(&world.of_round("/placements")).expect(200)["data"], json!([]));
        assert_eq!(hr.get(&world.of_round("/schedule")).status, 200);
        assert_eq!(service.anyone().get(&world.of_round("/placements")).status, 401);
    });
}

#[test]
fn a_run_whose_round_has_changed_is_refused_and_a_new_one_is_taken() {
    for_each_service(|service| {
        let world = World::new(service);
        let stale = world.matched();
        let town = &world.libraries["town"];
        let offer = json!({ "hosting": { DAY: 2 }, "release": { DAY: 1 } });
        world.organiser.put(&world.of_round(&format!("/libraries/{town}")), &offer).expect(200);
        let refused = world.organiser.step(&format!("/v1/runs/{stale}/publish"));
        assert_eq!((refused.status, refused.code().as_str()), (409, "stale-run"));
        assert!(world.deliver().is_empty() && world.placements().is_empty(), "nothing is half published");
        let fresh = world.solve();
        world.publish(&fresh);
        let again = world.organiser.step(&format!("/v1/runs/{fresh}/publish"));
        assert_eq!((again.status, again.code().as_str()), (409, "run-state"));
    });
}

#[test]
fn hr_gets_the_confirmed_days_of_its_own_staff_only() {
    for_each_service(|service| {
        let world = World::new(service);
        for mail in world.published() {
            world.press(&mail, "accept");
        }
        for (name, _) in LIBRARIES {
            let body = json!({ "name": "HR", "role": "hr", "employers": [world.employers[name]] });
            let token = world.organiser.post("/v1/tokens", &body).expect(201);
            let hr = service.with(token["secret"].as_str().expect("a secret"));
            let csv = hr.get(&world.of_round("/schedule.csv"));
            assert_eq!(csv.status, 200);
            let rows: Vec<BTreeMap<String, String>> = csv::Reader::from_reader(csv.body.as_slice())
                .deserialize()
                .collect::<Result<_, _>>()
                .expect("CSV");
            assert_eq!(rows.len(), 1, "{}", csv.text());
            assert!(rows[0].values().any(|cell| *cell == format!("ann@{name}.example")), "{:?}", rows[0]);
            let json = hr.get(&world.of_round("/schedule")).expect(200);
            assert_eq!(json["data"].as_array().or(json["rows"].as_array()).expect("rows").len(), 1, "{json}");
        }
    });
}

#[test]
fn whoever_never_heard_of_a_proposal_does_not_hear_that_it_is_off() {
    for_each_service(|service| {
        let world = World::new(service);
        let run = world.matched();
        world.publish(&run);
        // Called off before the worker has sent anything.
        for placement in world.placements() {
            let path = format!("/v1/placements/{}/cancel", id_of(&placement));
            world.organiser.post(&path, &json!({ "reason": "A mistake." })).expect(200);
        }
        assert_eq!(world.deliver().len(), 0, "proposals that nobody saw are dropped");
    });
}

#[test]
fn a_declined_proposal_is_told_to_its_parties_and_frees_the_participant() {
    for_each_service(|service| {
        let world = World::new(service);
        let proposals = world.published();
        let mail = proposals.iter().find(|mail| mail.to.starts_with("desk@")).expect("to a host");
        world.press(mail, "decline");
        let cancelled = world.deliver();
        assert_eq!(kinds(&cancelled), BTreeMap::from([("cancelled".to_owned(), 2)]), "not the manager");
        let states: BTreeSet<String> = world
            .placements()
            .iter()
            .map(|placement| placement["state"].as_str().expect("a state").to_owned())
            .collect();
        assert_eq!(states, BTreeSet::from(["declined".to_owned(), "proposed".to_owned()]));
        let list = world.organiser.get(&world.of_round("/applications?limit=200")).expect(200);
        let unplaced = list["data"].as_array().expect("a list").iter();
        assert_eq!(unplaced.filter(|one| one["state"] == "unplaced").count(), 1);
    });
}

#[test]
fn nobody_is_placed_twice_on_a_day_by_rounds_that_overlap() {
    for_each_service(|service| {
        let world = World::new(service);
        let mut other = World::again(&world);
        other.open_round();
        // Both rounds are matched before either is published.
        let (first, second) = (world.matched(), other.matched());
        world.publish(&first);
        let refused = other.organiser.step(&format!("/v1/runs/{second}/publish"));
        assert_eq!((refused.status, refused.code().as_str()), (409, "stale-run"), "{}", refused.text());
        let fresh = other.solve();
        let found = other.organiser.get(&format!("/v1/runs/{fresh}")).expect(200);
        assert_eq!(found["result"]["placed"], 0, "everybody's one day is taken: {found}");
    });
}

#[test]
fn a_manager_s_no_is_told_to_the_participant_without_the_manager_s_words_and_once() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("town");
        for mail in world.deliver() {
            world.press(&mail, "verify");
        }
        let request = world.deliver();
        let secret = request[0].secret.as_ref().expect("a link");
        let refusal = json!({ "deed": "refuse", "reason": "other", "words": "Stocktaking." });
        service.anyone().post(&format!("/v1/links/{secret}"), &refusal).expect(200);
        let told = world.deliver();
        assert_eq!(kinds(&told), BTreeMap::from([("unplaced".to_owned(), 1)]));
        assert!(told[0].to.starts_with("ann@") && !told[0].text.contains("Stocktaking"), "{}", told[0].text);
        world
            .organiser
            .post(&world.of_round("/close"), &json!({ "early_reason": "all are here" }))
            .expect(200);
        let run = world.solve();
        world.publish(&run);
        assert!(world.deliver().is_empty(), "not told a second time");
    });
}

#[test]
fn a_round_that_is_called_off_tells_everybody_once() {
    for_each_service(|service| {
        let world = World::new(service);
        world.published();
        world.organiser.step(&world.of_round("/cancel")).expect(200);
        let cancelled = world.deliver();
        assert_eq!(kinds(&cancelled), BTreeMap::from([("cancelled".to_owned(), 8)]));
        assert!(cancelled.iter().all(|mail| mail.property("METHOD").as_deref() == Some("CANCEL")));
        assert_eq!(world.organiser.step(&world.of_round("/cancel")).status, 409);
        assert!(world.deliver().is_empty());
    });
}

#[test]
fn mails_wait_while_the_mail_server_is_away_and_then_go_out_unchanged() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("town");
        // Nobody listens there: the port was free a moment ago.
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("one").port();
        let away = TransportSettings {
            host: Some("127.0.0.1".to_owned()),
            port: Some(port),
            tls: Tls::None,
            ..TransportSettings::of(TransportKind::Smtp)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let transport = Transport::open(&away).expect("a transport");
            let stop = Stop::new();
            let sent = outbox::send_due(&service.app, &transport, "test", &stop).await.expect("a step");
            assert_eq!(sent, outbox::Sent::Some, "the mail waits");
            let sent = outbox::send_due(&service.app, &transport, "test", &stop).await.expect("a step");
            assert_eq!(sent, outbox::Sent::Nothing, "it is not tried again at once");
        });
        let waiting = world.organiser.get("/v1/deliveries").expect(200);
        let message_id = waiting["data"][0]["message_id"].as_str().expect("rendered").to_owned();
        assert_eq!(waiting["data"][0]["state"], "queued");
        service.set_clock("2027-01-04T09:02:00Z");
        let mails = world.deliver();
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].message_id, message_id, "the same message, not another one");
        world.press(&mails[0], "verify");
    });
}

#[test]
fn many_senders_never_claim_the_same_mail() {
    for_each_service(|service| {
        let world = World::new(service);
        for n in 0..120 {
            let form = json!({
                "name": format!("Person {n}"), "email": format!("p{n}@town.example"), "home_library": "town",
                "dates": [DAY], "max_km": 30, "manager_email": "boss@town.example",
            });
            service.anyone().post(&world.of_round("/applications"), &form).expect(202);
        }
        std::thread::scope(|scope| {
            for sender in 0..8 {
                let (app, memory) = (&service.app, world.memory.clone());
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()
                        .expect("a runtime");
                    let (transport, stop) = (Transport::Memory(memory), Stop::new());
                    let name = format!("sender-{sender}");
                    runtime.block_on(async {
                        while outbox::send_due(app, &transport, &name, &stop).await.expect("a step")
                            != outbox::Sent::Nothing
                        {}
                    });
                });
            }
        });
        let sent = world.memory.sent();
        let ids: BTreeSet<&str> = sent.iter().map(|mail| mail.message_id.as_str()).collect();
        assert_eq!((sent.len(), ids.len()), (120, 120));
    });
}
