//! Runs from queue to result: options, progress, calling off, solvers that die or break down, comparison.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use library_swap::files::{Round, Schedule};
use library_swap::matching::{self, MatchError, Options, Progress, StopReason};
use library_swap::services::solving;
use library_swap::worker::Stop;
use library_swap::worker::runs::{Solved, solve_next, solve_next_by};
use serde_json::{Value, json};

use crate::support::for_each_service;
use crate::world::World;

type Tell<'a> = &'a mut dyn FnMut(&Progress) -> ControlFlow<StopReason>;

/// A closed round with one person.
fn closed<'a>(service: &'a crate::support::Service) -> World<'a> {
    let world = World::new(service);
    world.welcome_everybody();
    world.released("ann");
    world.close();
    world
}

/// A solver that finds nothing better until it is told to stop.
fn slow(round: &Round, options: &Options, tell: Tell<'_>) -> Result<Schedule, MatchError> {
    while tell(&Progress { value: 600, bound: 800, work: 7 }).is_continue() {
        std::thread::sleep(Duration::from_millis(10));
    }
    matching::solve(round, options, &mut |_| ControlFlow::Continue(()))
}

fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{what} did not come");
}

#[test]
fn options_are_checked_stored_and_followed() {
    for_each_service(|service| {
        let world = closed(service);
        let url = world.of_round("/runs");
        let wrong = json!({
            "seed": -1, "time_limit_seconds": 0, "work": -1, "gap": 1.5, "threads": 0, "sead": 1,
        });
        let mut pointers = world.organiser.post(&url, &wrong).pointers();
        pointers.sort();
        assert_eq!(pointers, ["/gap", "/sead", "/seed", "/threads", "/time_limit_seconds", "/work"]);
        let refused = world.organiser.post(&url, &json!({ "threads": 3 }));
        assert_eq!((refused.status, refused.pointers()), (422, vec!["/threads".to_owned()]));
        assert!(refused.text().contains("from 1 to 2"), "as many as are configured: {}", refused.text());

        let plain = world.seen(&world.run(&json!({})));
        assert_eq!(
            (&plain["threads"], &plain["gap"], &plain["work"]),
            (&json!(2), &json!(0.0), &json!(null))
        );
        assert_eq!(plain["time_limit_seconds"], 10);
        solve_next(&service.app, "test", &Stop::new()).expect("a step");
        let run = world.run(&json!({ "seed": 7, "work": 1000, "gap": 0.25, "threads": 1 }));
        let solver = |round: &Round, options: &Options, tell: Tell<'_>| {
            assert_eq!(*options, Options { seed: 7, work: Some(1000), gap: 0.25, threads: 1, changes: true });
            matching::solve(round, options, tell)
        };
        solve_next_by(&service.app, "test", &Stop::new(), &solver).expect("a step");
        let seen = world.seen(&run);
        assert_eq!((&seen["state"], &seen["seed"]), (&json!("finished"), &json!(7)), "{seen}");
        assert_eq!(seen["result"]["stopped"], "proved");
    });
}

#[test]
fn progress_is_seen_and_a_run_that_is_called_off_keeps_what_was_found() {
    for_each_service(|service| {
        let world = closed(service);
        let run = world.run(&json!({ "time_limit_seconds": 3600 }));
        std::thread::scope(|scope| {
            let solving = scope.spawn(|| solve_next_by(&service.app, "test", &Stop::new(), &slow));
            wait_for("progress", || !world.seen(&run)["progress"].is_null());
            let seen = world.seen(&run);
            assert_eq!(seen["state"], "solving");
            assert_eq!(seen["progress"], json!({ "value": 600, "bound": 800, "gap": 0.25, "work": 7 }));
            let listed = world.organiser.get(&world.of_round("/runs")).expect(200);
            assert_eq!(listed["data"][0]["progress"], seen["progress"]);
            let asked = world.organiser.step(&format!("/v1/runs/{run}/cancel")).expect(202);
            assert_eq!(asked["cancel_asked"], true);
            assert_eq!(solving.join().expect("no panic").expect("a step"), Solved::One);
        });
        let seen = world.seen(&run);
        assert_eq!((&seen["state"], &seen["result"]["placed"]), (&json!("finished"), &json!(1)), "{seen}");
        assert_eq!(seen["progress"], json!(null), "the result is there instead");
        let late = world.organiser.step(&format!("/v1/runs/{}/cancel", world.solved()));
        assert_eq!((late.status, late.code().as_str()), (409, "run-state"));
    });
}

#[test]
fn a_run_that_is_called_off_before_anything_was_found_is_cancelled() {
    for_each_service(|service| {
        let world = closed(service);
        let waits = world.run(&json!({}));
        let cancel = |run: &str| world.organiser.step(&format!("/v1/runs/{run}/cancel")).expect(202);
        assert_eq!(cancel(&waits)["state"], "cancelled");
        assert_eq!(cancel(&waits)["state"], "cancelled", "asking again changes nothing");
        assert_eq!(solve_next(&service.app, "test", &Stop::new()).expect("a step"), Solved::Nothing);
        assert_eq!(world.organiser.get(&format!("/v1/runs/{waits}/schedule-file")).code(), "run-state");

        let run = world.run(&json!({}));
        let solver = |_: &Round, _: &Options, tell: Tell<'_>| {
            cancel(&run);
            while tell(&Progress { value: 0, bound: 9, work: 1 }).is_continue() {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(MatchError::StoppedEarly)
        };
        solve_next_by(&service.app, "test", &Stop::new(), &solver).expect("a step");
        assert_eq!(world.seen(&run)["state"], "cancelled");
        let audit = world.organiser.get("/v1/audit?limit=200").text();
        assert!(audit.contains("\"cancelled\":true"), "{audit}");

        // The solver dies after the run was called off: the next one does not begin it again.
        let run = world.run(&json!({}));
        assert!(solving::claim(&service.app, "dead").expect("claimed").is_some());
        assert_eq!(cancel(&run)["state"], "solving");
        service.set_clock("2027-01-04T09:05:00Z");
        assert_eq!(solve_next(&service.app, "test", &Stop::new()).expect("a step"), Solved::Nothing);
        assert_eq!(world.seen(&run)["state"], "cancelled");
    });
}

#[test]
fn the_run_of_a_solver_that_died_is_solved_from_its_snapshot_by_another_one() {
    for_each_service(|service| {
        let world = closed(service);
        let run = world.run(&json!({}));
        let frozen = world.seen(&run)["round_sha256"].clone();
        assert!(solving::claim(&service.app, "dead").expect("claimed").is_some());
        // What changes meanwhile is for other runs.
        let offer = json!({ "hosting": { "2027-03-01": 5 } });
        let host = world.of_round(&format!("/libraries/{}", world.host));
        world.organiser.put(&host, &offer).expect(200);
        let step = || solve_next(&service.app, "heir", &Stop::new()).expect("a step");
        assert_eq!(step(), Solved::Nothing, "its lease has not run out");
        service.set_clock("2027-01-04T09:02:00Z");
        assert_eq!(step(), Solved::One);
        let seen = world.seen(&run);
        assert_eq!((&seen["state"], &seen["round_sha256"]), (&json!("finished"), &frozen));
        let id = run.parse().expect("an id");
        assert!(!solving::renew(&service.app, "dead", id, None).expect("asked"), "it is not the dead one's");
        let late = solving::Found::Failed("too late".to_owned());
        solving::finish(&service.app, "dead", id, &late).expect("ignored");
        assert_eq!(world.seen(&run), seen);
    });
}

#[test]
fn a_run_that_takes_three_solvers_with_it_is_given_up() {
    for_each_service(|service| {
        let world = closed(service);
        let run = world.run(&json!({}));
        for minute in 0..solving::MOST_LOST {
            service.set_clock(&format!("2027-01-04T10:{:02}:00Z", 5 * minute));
            assert!(solving::claim(&service.app, "dead").expect("claimed").is_some());
        }
        service.set_clock("2027-01-04T11:00:00Z");
        assert_eq!(solve_next(&service.app, "heir", &Stop::new()).expect("a step"), Solved::Nothing);
        let seen = world.seen(&run);
        assert_eq!(seen["state"], "failed");
        assert!(seen["error"].as_str().expect("a reason").contains("3 solvers"), "{seen}");
    });
}

#[test]
fn a_solver_that_breaks_down_fails_its_run_and_goes_on() {
    for_each_service(|service| {
        let world = closed(service);
        let runs = [world.run(&json!({})), world.run(&json!({}))];
        let solver = |_: &Round, _: &Options, _: Tell<'_>| panic!("index out of bounds");
        assert_eq!(solve_next_by(&service.app, "test", &Stop::new(), &solver).expect("a step"), Solved::One);
        // Both were asked for in the same instant of the test's clock: either may come first.
        let (broken, next): (Vec<&String>, Vec<&String>) =
            runs.iter().partition(|run| world.seen(run)["state"] == "failed");
        let ([broken], [next]) = (&broken[..], &next[..]) else {
            panic!("{broken:?} failed, {next:?} did not")
        };
        let seen = world.seen(broken);
        assert!(seen["error"].as_str().expect("a reason").contains("index out of bounds"), "{seen}");
        assert_eq!(solve_next(&service.app, "test", &Stop::new()).expect("a step"), Solved::One);
        assert_eq!(world.seen(next)["state"], "finished");
    });
}

#[test]
fn a_solver_that_is_asked_to_stop_gives_its_run_back_as_often_as_that_happens() {
    for_each_service(|service| {
        let world = closed(service);
        let run = world.run(&json!({ "time_limit_seconds": 3600 }));
        for _ in 0..=solving::MOST_LOST {
            let (stop, begun) = (Stop::new(), AtomicBool::new(false));
            let solver = |round: &Round, options: &Options, tell: Tell<'_>| {
                begun.store(true, Ordering::SeqCst);
                slow(round, options, tell)
            };
            std::thread::scope(|scope| {
                let solving = scope.spawn(|| solve_next_by(&service.app, "test", &stop, &solver));
                wait_for("the solver", || begun.load(Ordering::SeqCst));
                stop.ask();
                solving.join().expect("no panic").expect("a step");
            });
            assert_eq!(world.seen(&run)["state"], "queued");
        }
        assert_eq!(solve_next(&service.app, "test", &Stop::new()).expect("a step"), Solved::One);
        assert_eq!(world.seen(&run)["state"], "finished");
    });
}

/// A run of another round with the same libraries.
fn other_round(world: &World<'_>) -> String {
    let id = |thing: &Value| thing["id"].as_str().expect("an id").to_owned();
    let round = id(&world.organiser.post("/v1/rounds", &World::round_body()).expect(201));
    let step = |what: &str, body: &Value| world.organiser.post(&format!("/v1/rounds/{round}/{what}"), body);
    world.organiser.step(&format!("/v1/rounds/{round}/open")).expect(200);
    step("close", &json!({ "early_reason": "nobody comes" })).expect(200);
    id(&step("runs", &json!({})).expect(202))
}

#[test]
fn two_runs_of_a_round_are_compared_and_others_are_not() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        let (ann, bea) = (world.released("ann"), world.released("bea"));
        world.close();
        let first = world.solved();
        let pair = json!({ "application": ann, "host": world.host });
        world.organiser.post(&world.of_round("/forbidden"), &pair).expect(201);
        let second = world.solved();
        let diff = |a: &str, b: &str| world.organiser.get(&format!("/v1/runs/{a}/diff/{b}"));
        let there = diff(&first, &second).expect(200);
        assert_eq!((&there["from"]["id"], &there["to"]["id"]), (&json!(first), &json!(second)));
        assert_eq!(there["same_round_file"], false);
        assert_eq!(there["difference"]["placed"], -1);
        let value = |run: &Value| run["result"]["value"].as_i64().expect("a value");
        assert_eq!(there["difference"]["value"], value(&there["to"]) - value(&there["from"]));
        assert_eq!((&there["placed"], &there["lost"][0]["application"]), (&json!([]), &json!(ann)));
        assert_eq!(there["lost"][0]["place"]["host"], world.host);
        let moved = there["moved"].as_array().expect("a list");
        assert!(moved.iter().all(|one| one["application"] == json!(bea)), "{there}");
        assert_eq!(moved.is_empty(), there["same"] == 1, "bea keeps a place");
        let back = diff(&second, &first).expect(200);
        assert_eq!((&back["placed"], &back["lost"]), (&there["lost"], &json!([])));
        let none = diff(&first, &first).expect(200);
        assert_eq!((&none["same"], &none["same_round_file"]), (&json!(2), &json!(true)));

        let waits = world.run(&json!({}));
        assert_eq!(diff(&first, &waits).code(), "run-state");
        let nobody = "01900000-0000-7000-8000-000000000000";
        assert_eq!((diff(&first, nobody).status, diff(nobody, &first).status), (404, 404));
        assert_eq!(diff(&first, "x").code(), "not-found");
        let other = other_round(&world);
        let refused = diff(&first, &other);
        assert_eq!((refused.status, refused.code().as_str()), (409, "other-round"));
    });
}

#[test]
fn a_run_under_other_rules_is_compared_and_never_published() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        let (ann, bea) = (world.released("ann"), world.released("bea"));
        world.close();
        let real = world.solved();
        let what_if =
            |rules: Value| world.organiser.post(&world.of_round("/runs"), &json!({ "rules": rules }));
        let refused = what_if(json!({ "balance": -1 }));
        assert_eq!((refused.status, refused.pointers()), (422, vec!["/rules/balance".to_owned()]));
        let run =
            what_if(json!({ "min_minutes": 1_440 })).expect(202)["id"].as_str().expect("an id").to_owned();
        assert_eq!(solve_next(&world.service.app, "test", &Stop::new()).expect("a step"), Solved::One);
        let found = world.seen(&run);
        assert_eq!((&found["kind"], &found["state"]), (&json!("what_if"), &json!("finished")));
        let there = world.organiser.get(&format!("/v1/runs/{real}/diff/{run}")).expect(200);
        // Somebody whose hours nobody limits is there all day; the other one is not.
        let lost = there["lost"].as_array().expect("a list");
        assert_eq!(lost.len(), 1, "{there}");
        assert!(lost[0]["application"] == json!(ann) || lost[0]["application"] == json!(bea), "{there}");
        assert_eq!((&there["difference"]["placed"], &there["same_round_file"]), (&json!(-1), &json!(false)));
        let refused = world.organiser.step(&format!("/v1/runs/{run}/publish"));
        assert_eq!((refused.status, refused.code().as_str()), (409, "run-state"));
        // The round's own run is as fresh as before.
        world.publish(&real);
    });
}
