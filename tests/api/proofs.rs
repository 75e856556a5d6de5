//! Re-proving runs in the service, and what outsiders re-prove a published one by.

use std::process::Command;

use library_swap::files::{AuditFile, Schedule};
use library_swap::verify::{Subject, verify};
use library_swap::worker::Stop;
use library_swap::worker::trail::step;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Service, damage, for_each_service};
use crate::world::World;

/// A round with two people, matched; gives the run.
fn solved(service: &Service) -> (World<'_>, String) {
    let world = World::new(service);
    world.welcome_everybody();
    for who in ["ann", "bea"] {
        world.released(who);
    }
    world.close();
    let run = world.solved();
    (world, run)
}

fn prove(world: &World<'_>, run: &str) -> Value {
    world.organiser.step(&format!("/v1/runs/{run}/verify")).expect(200)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_published_run_can_be_proven_by_outsiders_without_its_people() {
    for_each_service(|service| {
        let (world, run) = solved(service);
        let url = format!("/v1/runs/{run}/proof");
        assert_eq!(world.organiser.get(&url).code(), "run-state", "it is not published");
        world.publish(&run);
        let proof = world.organiser.get(&url).expect(200);
        assert_eq!(proof["round_sha256"], world.seen(&run)["round_sha256"]);
        let take = |which: &str| {
            let described = &proof[which];
            let reply = world.organiser.get(described["url"].as_str().expect("a URL"));
            assert_eq!(reply.status, 200);
            assert_eq!(
                (&described["sha256"], &described["bytes"]),
                (&json!(sha256(&reply.body)), &json!(reply.body.len()))
            );
            reply.body
        };
        let (audit, schedule) = (take("audit_file"), take("schedule_file"));
        assert_eq!(
            (take("audit_file"), take("schedule_file")),
            (audit.clone(), schedule.clone()),
            "always the same"
        );
        let (read, found) =
            (AuditFile::read(&audit).expect("a file"), Schedule::read(&schedule).expect("a file"));
        assert_eq!(json!(read.round_sha256), proof["round_sha256"]);
        let report = verify(&Subject::Audit(&read), &found);
        assert!(report.is_clean() && report.placed == 2, "{report:?}");
        // Nothing of the people: no name, address, application, wish or need.
        let frozen = world.organiser.get(&format!("/v1/runs/{run}/round-file")).json();
        let ids: Vec<&str> = frozen["staff"]
            .as_array()
            .expect("people")
            .iter()
            .map(|one| one["id"].as_str().expect("an id"))
            .collect();
        assert_eq!(ids.len(), 2);
        let text = String::from_utf8([audit.clone(), schedule.clone()].concat()).expect("text");
        for private in ids.into_iter().chain(["Reader", "council", "step-free", "reading-groups", "example"])
        {
            assert!(!text.contains(private), "{private}");
        }
        // As docs/audit.md says.
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("audit.json"), &audit).expect("written");
        std::fs::write(folder.path().join("schedule.json"), &schedule).expect("written");
        let output = Command::new(env!("CARGO_BIN_EXE_library-swap"))
            .args(["verify", "audit.json", "schedule.json"])
            .current_dir(folder.path())
            .output()
            .expect("the binary runs");
        assert!(output.status.success(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("optimal"), "{output:?}");
        // Their hashes are in the audit.
        let entries = world.organiser.get("/v1/audit?action=prove_run").expect(200)["data"].clone();
        assert_eq!(entries.as_array().expect("a list").len(), 1, "{entries}");
        assert_eq!(entries[0]["subject_id"], run.as_str());
        let hashes =
            json!({ "audit_file_sha256": sha256(&audit), "schedule_file_sha256": sha256(&schedule) });
        assert_eq!(entries[0]["details"], hashes);
        // Once taken back it is published no more.
        world.organiser.step(&format!("/v1/runs/{run}/withdraw")).expect(200);
        assert_eq!(world.organiser.get(&url).code(), "run-state");
    });
}

#[test]
fn the_worker_makes_the_files_of_what_is_published() {
    for_each_service(|service| {
        let (world, run) = solved(service);
        let made = || {
            let entries = world.organiser.get("/v1/audit?action=prove_run").expect(200);
            entries["data"].as_array().expect("a list").len()
        };
        step(&service.app, "test", &Stop::new()).expect("a step");
        assert_eq!(made(), 0);
        world.publish(&run);
        for _ in 0..2 {
            step(&service.app, "test", &Stop::new()).expect("a step");
        }
        assert_eq!(made(), 1, "once");
        world.organiser.get(&format!("/v1/runs/{run}/proof")).expect(200);
        assert_eq!(made(), 1);
        let head = world.organiser.get("/v1/audit/head").expect(200);
        assert!(head["head"]["position"].as_i64().expect("a number") > 10, "{head}");
    });
}

#[test]
fn a_stored_run_is_proven_again_from_its_files_alone() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        world.released("ann");
        world.released("bea");
        world.close();
        let waiting = world.run(&json!({}));
        assert_eq!(world.organiser.step(&format!("/v1/runs/{waiting}/verify")).code(), "run-state");
        world.organiser.step(&format!("/v1/runs/{waiting}/cancel")).expect(202);
        let run = world.solved();
        let checks = |proof: &Value| -> Vec<(String, bool)> {
            let checks = proof["checks"].as_array().expect("checks").iter();
            let of = |check: &Value| check["of"].as_str().expect("of").to_owned();
            checks.map(|check| (of(check), check["proven"] == true)).collect()
        };
        let proof = prove(&world, &run);
        assert_eq!(
            (proof["proven"].clone(), checks(&proof)),
            (json!(true), vec![("round_file".to_owned(), true)])
        );
        assert_eq!((&proof["checks"][0]["placed"], &proof["checks"][0]["people"]), (&json!(2), &json!(2)));
        world.publish(&run);
        step(&service.app, "test", &Stop::new()).expect("a step");
        let both = vec![("round_file".to_owned(), true), ("audit_file".to_owned(), true)];
        assert_eq!(checks(&prove(&world, &run)), both);
        // Figures of the run that are not the schedule's.
        let url = service.database_url();
        let own = format!("WHERE id = '{run}'");
        let spoil = |set: &str| assert_eq!(damage(&url, &format!("UPDATE runs SET {set} {own}")), 1);
        spoil("value = value + 1");
        let proof = prove(&world, &run);
        assert_eq!(proof["proven"], false);
        assert!(proof["checks"][0]["differences"][0].as_str().expect("words").contains("value"), "{proof}");
        spoil("value = value - 1");
        // Another round than the one that was frozen.
        spoil("round_sha256 = '0' || substr(round_sha256, 2) || 'x'");
        let proof = prove(&world, &run);
        assert_eq!(checks(&proof), [("round_file".to_owned(), false), ("audit_file".to_owned(), false)]);
        assert!(
            proof["checks"][0]["differences"][0].as_str().expect("words").contains("froze round"),
            "{proof}"
        );
        let right =
            world.organiser.get(&format!("/v1/runs/{run}/schedule-file")).json()["round_sha256"].clone();
        spoil(&format!("round_sha256 = '{}'", right.as_str().expect("a hash")));
        // A schedule that is not what it says.
        let replace = |old: &str, new: &str| {
            let sql = format!(
                "UPDATE run_proofs SET schedule_file = replace(schedule_file, '{old}', '{new}') WHERE run_id = '{run}'"
            );
            assert_eq!(damage(&url, &sql), 1);
        };
        replace("\"placed\": 2", "\"placed\": 1");
        let proof = prove(&world, &run);
        assert_eq!(checks(&proof), [("round_file".to_owned(), true), ("audit_file".to_owned(), false)]);
        assert_eq!(proof["checks"][1]["breaches"][0]["code"], "outcomes", "{proof}");
        replace("\"placed\": 1", "\"placed\": 2");
        assert_eq!(prove(&world, &run)["proven"], true);
        // A body says nothing, and is refused.
        assert_eq!(world.organiser.post(&format!("/v1/runs/{run}/verify"), &json!({ "x": 1 })).status, 422);
        let nowhere = "/v1/runs/01935f6e-7c2b-7aaa-8bbb-0123456789ab/verify";
        assert_eq!(world.organiser.step(nowhere).status, 404);
    });
}
