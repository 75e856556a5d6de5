//! People who act at the same moment: whatever comes first, the outcome is that of one order, nothing is lost, nobody gets
//! an error of the service, and everybody is told once. Through HTTP, on both databases.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

mod evidence;
mod programme;
mod support;

use std::collections::BTreeMap;
use std::sync::Barrier;

use evidence::{Dumper, breaches};
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use programme::{Mail, World, id_of, kinds};
use serde_json::{Value, json};
use support::{Reply, Service, for_each_service};

/// After the answer deadline.
const OVER: &str = "2027-02-15T00:00:00Z";

type Deed<'a> = Box<dyn Fn() -> Option<Reply> + Send + Sync + 'a>;

/// Does everything at the same moment; gives the answers in the order of the deeds.
fn at_once(deeds: &[Deed<'_>]) -> Vec<Option<Reply>> {
    let barrier = Barrier::new(deeds.len());
    std::thread::scope(|scope| {
        let threads: Vec<_> = deeds
            .iter()
            .map(|deed| {
                scope.spawn(|| {
                    barrier.wait();
                    deed()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    })
}

/// How often each status and code was answered; nothing else than these may be.
fn outcomes(replies: &[Option<Reply>], allowed: &[&str]) -> BTreeMap<String, usize> {
    let mut outcomes = BTreeMap::new();
    for reply in replies.iter().flatten() {
        let word = if reply.status == 200 { "200".to_owned() } else { reply.code() };
        assert!(allowed.contains(&word.as_str()), "{} {}", reply.status, reply.text());
        *outcomes.entry(word).or_default() += 1;
    }
    outcomes
}

/// The tables agree with each other, and each answer that counts stands in the audit once.
fn check(world: &World<'_>) {
    let dump = Dumper::new(&world.service.app).take(&world.service.app);
    assert_eq!(breaches(&dump), Vec::<String>::new());
    let entries = dump.rows("audit_entries");
    for consent in dump.rows("consents") {
        let (placement, party) = (consent.text("placement_id"), consent.text("party"));
        let action = format!("answer_as_{party}");
        let recorded = entries
            .iter()
            .filter(|entry| entry.text("subject_id") == placement && entry.text("action") == action)
            .count();
        let fits = match consent.text("answer") {
            "pending" => recorded == 0,
            "yes" => recorded == 1,
            // A yes may stand before it.
            _ => recorded == 1 || recorded == 2,
        };
        assert!(fits, "{recorded} times in the audit: {consent:?}");
    }
}

fn states(world: &World<'_>) -> Vec<String> {
    let state = |one: &Value| one["state"].as_str().expect("a state").to_owned();
    world.placements().iter().map(state).collect()
}

/// A round of four proposals to three parties each.
fn proposed(service: &Service) -> (World<'_>, Vec<(Value, Vec<Mail>)>) {
    let world = World::asking_managers_after(service);
    let proposals = world.published();
    let placements = world.placements();
    assert_eq!((placements.len(), proposals.len()), (4, 12));
    let own = |placement: Value| {
        let parties = world.of_placement(&proposals, &placement);
        (placement, parties)
    };
    let placements = placements.into_iter().map(own).collect();
    (world, placements)
}

fn press<'a>(world: &'a World<'_>, mail: &'a Mail, deed: &'a str) -> Deed<'a> {
    Box::new(move || Some(world.try_to_press(mail, deed)))
}

#[test]
fn forty_eight_answers_of_all_parties_at_once_confirm_each_placement_once() {
    for_each_service(|service| {
        let (world, placements) = proposed(service);
        let mails = || placements.iter().flat_map(|(_, parties)| parties);
        let deeds: Vec<Deed<'_>> =
            (0..4).flat_map(|_| mails().map(|mail| press(&world, mail, "accept"))).collect();
        let replies = at_once(&deeds);
        assert_eq!(outcomes(&replies, &["200"]), [("200".to_owned(), 48)].into());
        assert_eq!(states(&world), ["confirmed"; 4]);
        check(&world);
        assert_eq!(kinds(&world.deliver()), [("confirmed".to_owned(), 12)].into());
    });
}

#[test]
fn a_no_among_many_yes_ends_the_placement_and_is_told_once() {
    for_each_service(|service| {
        let (world, placements) = proposed(service);
        let mut deeds: Vec<Deed<'_>> = Vec::new();
        for (_, parties) in &placements {
            deeds.push(press(&world, &parties[1], "decline"));
            for _ in 0..4 {
                deeds.push(press(&world, &parties[0], "accept"));
                deeds.push(press(&world, &parties[2], "accept"));
            }
            deeds.push(press(&world, &parties[1], "accept"));
        }
        let replies = at_once(&deeds);
        outcomes(&replies, &["200", "placement-state"]);
        assert_eq!(states(&world), ["declined"; 4]);
        check(&world);
        let mails = world.deliver();
        // Whatever was certain for a moment was overtaken before it left.
        assert_eq!(kinds(&mails), [("cancelled".to_owned(), 12)].into());
    });
}

#[test]
fn publications_and_their_withdrawals_at_once_leave_one_or_none() {
    for_each_service(|service| {
        let world = World::new(service);
        let run = world.matched();
        let steps = ["publish", "withdraw", "release-mails"];
        let deed = |step: &str| -> Deed<'_> {
            let (organiser, path) = (&world.organiser, format!("/v1/runs/{run}/{step}"));
            Box::new(move || Some(organiser.step(&path)))
        };
        let deeds: Vec<Deed<'_>> = (0..10).flat_map(|_| steps.map(deed)).collect();
        let replies = at_once(&deeds);
        let done = outcomes(&replies, &["200", "run-state", "round-state", "stale-run"]);
        assert!(done["200"] >= 1);
        let published = replies.iter().step_by(3).flatten().filter(|reply| reply.status == 200).count();
        let withdrawn =
            replies.iter().skip(1).step_by(3).flatten().filter(|reply| reply.status == 200).count();
        let state = world.organiser.get(&world.of_round("")).expect(200)["state"].clone();
        let stands = usize::from(state == "published");
        assert_eq!(published, withdrawn + stands, "{state}");
        check(&world);
        let live = states(&world).iter().filter(|state| *state == "proposed").count();
        assert_eq!(live, 4 * stands);
        world.organiser.step(&format!("/v1/runs/{run}/release-mails"));
        let mails = kinds(&world.deliver());
        assert_eq!(mails.get("proposal").copied().unwrap_or_default(), 8 * stands, "{mails:?}");
    });
}

#[test]
fn two_organisers_who_publish_two_runs_of_a_round_publish_one() {
    for_each_service(|service| {
        let world = World::new(service);
        let runs = [world.matched(), world.solve()];
        let other = world.organiser.post("/v1/tokens", &json!({ "name": "Second", "role": "organiser" }));
        let other = service.with(other.expect(201)["secret"].as_str().expect("a secret"));
        let paths = runs.map(|run| format!("/v1/runs/{run}/publish"));
        let deeds: Vec<Deed<'_>> = (0..20)
            .map(|n| -> Deed<'_> {
                let (client, path) =
                    if n % 2 == 0 { (&world.organiser, &paths[0]) } else { (&other, &paths[1]) };
                Box::new(move || Some(client.step(path)))
            })
            .collect();
        let replies = at_once(&deeds);
        assert_eq!(outcomes(&replies, &["200", "run-state", "round-state", "stale-run"])["200"], 1);
        assert_eq!(states(&world), ["proposed"; 4]);
        check(&world);
        let listed = world.organiser.get(&world.of_round("/runs")).expect(200);
        let published: Vec<String> = listed["data"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|run| run["state"] == "published")
            .map(id_of)
            .collect();
        assert_eq!(published.len(), 1);
        world.organiser.step(&format!("/v1/runs/{}/release-mails", published[0])).expect(200);
        assert_eq!(kinds(&world.deliver()), [("proposal".to_owned(), 8)].into());
    });
}

#[test]
fn last_answers_against_the_expiry_are_taken_or_come_too_late() {
    for_each_service(|service| {
        let (world, placements) = proposed(service);
        for (_, parties) in &placements {
            world.press(&parties[0], "accept");
            world.press(&parties[1], "accept");
        }
        service.set_clock(OVER);
        let mut deeds: Vec<Deed<'_>> = Vec::new();
        for (_, parties) in &placements {
            for _ in 0..6 {
                deeds.push(press(&world, &parties[2], "accept"));
            }
        }
        for _ in 0..4 {
            deeds.push(Box::new(|| {
                act_on_due(&service.app, "test", &Stop::new()).expect("a step");
                None
            }));
        }
        let replies = at_once(&deeds);
        outcomes(&replies, &["200", "placement-state"]);
        let mut expected = BTreeMap::new();
        for (n, (placement, _)) in placements.iter().enumerate() {
            let path = format!("/v1/placements/{}", id_of(placement));
            let state = world.organiser.get(&path).expect(200)["state"].as_str().expect("a state").to_owned();
            let answers: Vec<u16> =
                replies[6 * n..6 * n + 6].iter().flatten().map(|reply| reply.status).collect();
            match state.as_str() {
                "confirmed" => {
                    assert_eq!(answers, [200; 6]);
                    *expected.entry("confirmed".to_owned()).or_default() += 3;
                }
                "expired" => {
                    assert_eq!(answers, [409; 6]);
                    *expected.entry("cancelled".to_owned()).or_default() += 3;
                }
                other => panic!("{other}"),
            }
        }
        check(&world);
        assert_eq!(kinds(&world.deliver()), expected);
    });
}

#[test]
fn calling_off_wins_over_answers_at_the_same_moment() {
    for_each_service(|service| {
        let (world, placements) = proposed(service);
        let paths: Vec<String> =
            placements.iter().map(|(one, _)| format!("/v1/placements/{}/cancel", id_of(one))).collect();
        let mut deeds: Vec<Deed<'_>> = Vec::new();
        for ((_, parties), path) in placements.iter().zip(&paths) {
            let (world, reason) = (&world, json!({ "reason": "Snow." }));
            deeds.push(Box::new(move || Some(world.organiser.post(path, &reason))));
            for mail in parties.iter().chain(parties) {
                deeds.push(press(world, mail, "accept"));
            }
        }
        let replies = at_once(&deeds);
        outcomes(&replies, &["200", "placement-state"]);
        let called_off = replies.iter().step_by(7).flatten().filter(|reply| reply.status == 200).count();
        assert_eq!((called_off, states(&world)), (4, vec!["cancelled".to_owned(); 4]));
        check(&world);
        assert_eq!(kinds(&world.deliver()), [("cancelled".to_owned(), 12)].into());
    });
}
