//! Locks and forbidden pairs: set, judged at the door, frozen with the round, taken away.

use serde_json::{Value, json};

use crate::support::{Reply, for_each_service};
use crate::world::{DAYS, World};

/// The codes of the rules that a problem names.
pub fn codes(reply: &Reply) -> Vec<String> {
    assert_eq!((reply.status, reply.code().as_str()), (409, "breaks-rules"), "{}", reply.text());
    let problem = reply.json();
    let rules = problem["rules"].as_array().expect("rules");
    rules.iter().map(|rule| rule["code"].as_str().expect("a code").to_owned()).collect()
}

fn lock(world: &World<'_>, application: &str, host: &str, day: &str, reason: Option<&str>) -> Reply {
    let body = json!({ "host": host, "date": day, "override": reason });
    world.organiser.put(&world.of_round(&format!("/locks/{application}")), &body)
}

fn file(world: &World<'_>, run: &str, what: &str) -> Value {
    world.organiser.get(&format!("/v1/runs/{run}/{what}")).expect(200)
}

#[test]
fn a_lock_is_in_every_schedule_until_it_is_taken_away() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        let ann = world.released("ann");
        world.close();
        let before = world.solved();
        let locked = lock(&world, &ann, &world.host, DAYS[1], None).expect(200);
        assert_eq!(
            locked,
            json!({ "application": ann, "host": world.host, "date": DAYS[1], "override": null })
        );
        assert_eq!(world.organiser.get(&world.of_round("/locks")).expect(200)["data"], json!([locked]));
        let stale = world.organiser.step(&format!("/v1/runs/{before}/publish"));
        assert_eq!(stale.code(), "stale-run", "a lock changes what is matched");
        let run = world.solved();
        let frozen = file(&world, &run, "round-file");
        assert_eq!(frozen["locks"], json!([{ "staff": ann, "host": world.host, "date": DAYS[1] }]));
        let placed = &file(&world, &run, "schedule-file")["placements"];
        assert_eq!((&placed[0]["staff"], &placed[0]["date"]), (&json!(ann), &json!(DAYS[1])));

        lock(&world, &ann, &world.host, DAYS[0], None).expect(200);
        let listed = world.organiser.get(&world.of_round("/locks")).expect(200);
        assert_eq!(listed["data"].as_array().expect("a list").len(), 1, "one for a person");
        let url = world.of_round(&format!("/locks/{ann}"));
        assert_eq!(world.organiser.delete(&url).status, 204);
        assert_eq!(world.organiser.delete(&url).code(), "not-found");
        assert_eq!(file(&world, &world.solved(), "round-file")["locks"], json!([]));
    });
}

#[test]
fn a_lock_that_breaks_a_rule_is_refused_with_its_code_unless_it_is_overridden() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        let (ann, bea) = (world.released("ann"), world.released("bea"));
        let own = lock(&world, &ann, &world.home, DAYS[0], Some("she likes it here"));
        assert_eq!(codes(&own), ["own_library"], "no override lifts it");
        let rule = own.json()["rules"][0].clone();
        assert_eq!((&rule["application"], &rule["library"]), (&json!(ann), &json!(world.home)));
        assert_eq!(rule["date"], DAYS[0]);

        lock(&world, &ann, &world.host, DAYS[1], None).expect(200);
        let full = lock(&world, &bea, &world.host, DAYS[1], None);
        assert_eq!(codes(&full), ["host_full"], "one place on that day");
        let listed = world.organiser.get(&world.of_round("/locks")).expect(200);
        assert_eq!(listed["data"].as_array().expect("a list").len(), 1, "what is refused changes nothing");
        lock(&world, &bea, &world.host, DAYS[1], Some("the desk has a second chair")).expect(200);
        let audit = world.organiser.get("/v1/audit?limit=200").text();
        assert!(audit.contains("the desk has a second chair"), "{audit}");

        // The person cannot go on a day that was never offered: the checker judges by what the run would freeze.
        let pair = json!({ "application": ann, "host": world.host, "date": DAYS[1] });
        let contradiction = world.organiser.post(&world.of_round("/forbidden"), &pair);
        assert_eq!(codes(&contradiction), ["avoided"], "what is locked cannot be forbidden");
    });
}

#[test]
fn a_lock_is_judged_again_when_a_run_begins() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        let ann = world.released("ann");
        lock(&world, &ann, &world.host, DAYS[0], None).expect(200);
        let offer = json!({ "hosting": { DAYS[1]: 1 } });
        world.organiser.put(&world.of_round(&format!("/libraries/{}", world.host)), &offer).expect(200);
        world.close();
        let refused = world.organiser.step(&world.of_round("/runs"));
        assert_eq!(codes(&refused), ["not_hosting", "host_full"]);
        lock(&world, &ann, &world.host, DAYS[0], Some("agreed by telephone")).expect(200);
        assert_eq!(world.seen(&world.solved())["result"]["placed"], 1);
    });
}

#[test]
fn who_is_not_matched_cannot_be_locked() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        let ann = world.released("ann");
        world.sign_up("bea");
        let list = world.organiser.get(&world.of_round("/applications?limit=200")).expect(200);
        let unproven =
            list["data"].as_array().expect("a list").iter().find(|one| one["state"] == "submitted");
        let bea = unproven.expect("bea")["id"].as_str().expect("an id").to_owned();
        assert_eq!(lock(&world, &bea, &world.host, DAYS[0], None).code(), "application-state");
        let nobody = "01900000-0000-7000-8000-000000000000";
        assert_eq!(lock(&world, nobody, &world.host, DAYS[0], None).code(), "not-found");
        assert_eq!(lock(&world, &ann, nobody, "2027-03-09", None).pointers(), ["/host", "/date"]);
        assert_eq!(lock(&world, &ann, &world.host, DAYS[0], Some(" ")).pointers(), ["/override"]);

        // A lock of somebody who goes away is in no run, and hinders none.
        lock(&world, &ann, &world.host, DAYS[0], None).expect(200);
        world.organiser.step(&format!("/v1/applications/{ann}/withdraw")).expect(200);
        world.close();
        assert_eq!(file(&world, &world.solved(), "round-file")["locks"], json!([]));
        assert_eq!(lock(&world, &ann, &world.host, DAYS[0], None).code(), "application-state");
    });
}

#[test]
fn a_forbidden_pair_is_in_no_schedule_until_it_is_allowed_again() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        let ann = world.released("ann");
        world.close();
        let url = world.of_round("/forbidden");
        let on = |day: Option<&str>| json!({ "application": ann, "host": world.host, "date": day });
        let first = world.organiser.post(&url, &on(Some(DAYS[0])));
        let pair = first.expect(201);
        assert_eq!(world.organiser.post(&url, &on(Some(DAYS[0]))).code(), "already-exists");
        assert_eq!(world.organiser.get(&url).expect(200)["data"], json!([pair]));
        let run = world.solved();
        assert_eq!(file(&world, &run, "schedule-file")["placements"][0]["date"], DAYS[1]);
        let ever = world.organiser.post(&url, &on(None)).expect(201);
        assert_eq!(ever["date"], json!(null));
        let run = world.solved();
        let frozen = file(&world, &run, "round-file");
        assert_eq!(frozen["forbidden"].as_array().expect("pairs").len(), 2);
        let left = file(&world, &run, "schedule-file")["unplaced"][0].clone();
        assert_eq!((&left["reason"], &left["excluded"]), (&json!("not_feasible"), &json!({ "avoided": 1 })));
        let gone = format!("{url}/{}", ever["id"].as_str().expect("an id"));
        assert_eq!(world.organiser.delete(&gone).status, 204);
        assert_eq!(world.organiser.delete(&gone).code(), "not-found");
        let run = world.solved();
        world.organiser.step(&format!("/v1/runs/{run}/publish")).expect(200);
        for late in [
            world.organiser.post(&url, &on(None)),
            lock(&world, &ann, &world.host, DAYS[1], None),
            world.organiser.delete(first.header("location").expect("a location")),
            world.organiser.delete(&world.of_round(&format!("/locks/{ann}"))),
        ] {
            assert_eq!((late.status, late.code().as_str()), (409, "round-state"));
        }
    });
}
