//! What a placement rests on: whole in every state, and a link that is broken is found.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::permissions::Actor;
use library_swap::services::traces::check_all;
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use serde_json::{Value, json};

use crate::support::{Service, damage, for_each_service};
use crate::world::{DAYS, World, secret_of};

const TOLD: &str = "2027-01-28T10:00:00Z";

/// A published round in which ann and bea have a place at the host, which names a deputy.
fn published(service: &Service) -> (World<'_>, String) {
    let (world, run) = solved(service);
    world.publish(&run);
    (world, run)
}

fn solved(service: &Service) -> (World<'_>, String) {
    let world = World::new(service);
    let welcome = json!({
        "contact": { "email": "desk@campus.example" }, "access": ["step-free"],
        "deputy": { "email": "deputy@campus.example" },
    });
    world.organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome).expect(200);
    world.released("ann");
    world.released("bea");
    service.set_clock(TOLD);
    world.close();
    let run = world.solved();
    (world, run)
}

fn placements(world: &World<'_>) -> Vec<String> {
    let listed = world.organiser.get(&world.of_round("/placements?limit=200")).expect(200);
    let all = listed["data"].as_array().expect("a list").iter();
    all.map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

fn trace(world: &World<'_>, placement: &str) -> Value {
    world.organiser.get(&format!("/v1/placements/{placement}/trace")).expect(200)
}

/// The links of a placement that do not hold, each once.
fn broken(world: &World<'_>, placement: &str) -> Vec<String> {
    let found = trace(world, placement);
    let all = found["broken"].as_array().expect("a list").iter();
    let mut links: Vec<String> = all.map(|one| one["link"].as_str().expect("a link").to_owned()).collect();
    links.dedup();
    links
}

/// Asserts that every placement is whole, in these states.
#[track_caller]
fn assert_whole(world: &World<'_>, states: &[&str]) {
    let mut found = Vec::new();
    for placement in placements(world) {
        let trace = trace(world, &placement);
        assert_eq!(trace["broken"], json!([]), "{trace}");
        found.push(trace["state"].as_str().expect("a state").to_owned());
    }
    found.sort();
    assert_eq!(found, states);
    let all = check_all(&world.service.app, &Actor::worker("test"), 10).expect("traced");
    assert_eq!((all.traced, all.broken), (states.len(), 0), "{:?}", all.first);
}

fn press(world: &World<'_>, mails: &[Letter], placement: &str, party: Party, deed: &str) {
    let visit = world.organiser.get(&format!("/v1/placements/{placement}")).expect(200);
    let date = visit["date"].as_str().expect("a date");
    let own: Vec<Letter> = mails
        .iter()
        .filter(|letter| letter.visit.as_ref().is_some_and(|visit| visit.date.to_string() == date))
        .filter(|letter| {
            party != Party::Participant
                || Some(letter.to_address.as_str()) == visit["participant"]["email"].as_str()
        })
        .cloned()
        .collect();
    let secret = secret_of(&own, NoticeKind::Proposal, party);
    world
        .service
        .anyone()
        .post(&format!("/v1/links/{secret}"), &json!({ "deed": deed, "version": visit["version"] }))
        .expect(200);
}

/// Each of the two placements is on a day of its own: the host takes one visitor on each.
fn one_a_day(world: &World<'_>) {
    let offer = json!({ "hosting": { DAYS[0]: 1, DAYS[1]: 1 }, "release": { DAYS[0]: 2, DAYS[1]: 2 } });
    world.organiser.put(&world.of_round(&format!("/libraries/{}", world.host)), &offer).expect(200);
}

/// As [`published`], both on days of their own, with the mails that went.
fn told(service: &Service) -> (World<'_>, Vec<String>, Vec<Letter>) {
    let (world, _) = solved(service);
    one_a_day(&world);
    let run = world.solved();
    world.publish(&run);
    let mails = world.mails();
    let all = placements(&world);
    assert_eq!((all.len(), mails.len()), (2, 4));
    (world, all, mails)
}

#[test]
fn a_trace_tells_the_whole_chain_and_no_names_or_addresses() {
    for_each_service(|service| {
        let (world, all, mails) = told(service);
        assert_whole(&world, &["proposed", "proposed"]);
        for party in [Party::Participant, Party::Host] {
            press(&world, &mails, &all[0], party, "accept");
        }
        world.mails();
        assert_whole(&world, &["confirmed", "proposed"]);
        let found = trace(&world, &all[0]);
        let round = world.organiser.get(&world.of_round("")).expect(200);
        assert_eq!(found["rules"], json!({ "version": 1, "sha256": round["rules_sha256"] }));
        assert_eq!(found["snapshot_sha256"], found["run"]["round_sha256"]);
        assert_eq!(
            (&found["run"]["state"], &found["run"]["result"]["proof"]),
            (&json!("published"), &json!("prices"))
        );
        assert_eq!(found["publication"]["action"], "publish");
        assert!(found["publication"]["actor"].as_str().expect("an actor").starts_with("token:"));
        assert_eq!(found["consents"][0]["party"], "host");
        assert_eq!(found["consents"][0]["channel"], "link");
        let told: Vec<(&Value, &Value)> = found["mails"]
            .as_array()
            .expect("mails")
            .iter()
            .map(|mail| (&mail["kind"], &mail["state"]))
            .collect();
        assert_eq!(told.len(), 5, "two proposals and three confirmations");
        assert!(told.iter().all(|(_, state)| **state == "sent"));
        assert_eq!(found["calendar"][0]["sequence"], 1);
        assert_eq!(found["audit"].as_array().expect("entries").len(), 2);
        let text = found.to_string();
        for secret in ["@", "Reader", "step-free", "Campus", "Hive"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        let unknown = world.organiser.get("/v1/placements/01900000-0000-7000-8000-000000000000/trace");
        assert_eq!(unknown.code(), "not-found");
    });
}

#[test]
fn every_way_a_placement_ends_leaves_a_whole_trace() {
    for_each_service(|service| {
        // Declined after everybody had agreed; called off after new times.
        let (world, all, mails) = told(service);
        for party in [Party::Participant, Party::Host] {
            press(&world, &mails, &all[0], party, "accept");
        }
        let times = json!({ "starts": "10:00", "ends": "15:00" });
        for placement in &all {
            world.organiser.put(&format!("/v1/placements/{placement}/times"), &times).expect(200);
        }
        world.mails();
        press(&world, &mails, &all[0], Party::Host, "decline");
        let reason = json!({ "reason": "the building is flooded" });
        world.organiser.post(&format!("/v1/placements/{}/cancel", all[1]), &reason).expect(200);
        assert_whole(&world, &["cancelled", "declined"]);
        world.mails();
        assert_whole(&world, &["cancelled", "declined"]);
    });
    for_each_service(|service| {
        // Reminded, a deputy asked, a deadline moved, expired.
        let (world, all, mails) = told(service);
        press(&world, &mails, &all[0], Party::Participant, "accept");
        for instant in ["2027-02-05T08:00:00Z", "2027-02-10T08:00:00Z"] {
            service.set_clock(instant);
            act_on_due(&service.app, "test", &Stop::new()).expect("a step");
            assert_whole(&world, &["proposed", "proposed"]);
            world.mails();
        }
        let later = json!({ "answer_until": "2027-02-16" });
        world.organiser.put(&world.of_round("/dates"), &later).expect(200);
        service.set_clock("2027-02-17T00:00:00Z");
        act_on_due(&service.app, "test", &Stop::new()).expect("a step");
        assert_whole(&world, &["expired", "expired"]);
        let reminders = "UPDATE outbox SET placement_id = NULL WHERE kind = 'deputy_request'";
        execute(service, reminders);
        assert_eq!(broken(&world, &all[0]), ["mails"]);
    });
    for_each_service(|service| {
        // The participant takes the application back; the round is called off.
        let (world, all, mails) = told(service);
        let application = trace(&world, &all[0])["application"].as_str().expect("an id").to_owned();
        press(&world, &mails, &all[1], Party::Host, "accept");
        service.set_clock("2027-01-29T10:00:00Z");
        world.organiser.step(&format!("/v1/applications/{application}/withdraw")).expect(200);
        assert_whole(&world, &["cancelled", "proposed"]);
        world.organiser.step(&world.of_round("/cancel")).expect(200);
        assert_whole(&world, &["cancelled", "cancelled"]);
        let told = "UPDATE outbox SET placement_id = NULL WHERE kind = 'cancelled' AND party = 'host'";
        execute(service, told);
        assert_eq!(broken(&world, &all[1]), ["mails", "calendar"]);
    });
}

#[test]
fn publications_that_are_held_taken_back_edited_or_asked_of_managers_are_whole_too() {
    for_each_service(|service| {
        // Held, moved while held, one mail thrown away, taken back, published again.
        let (world, run) = solved(service);
        let step = |what: &str| world.organiser.step(&format!("/v1/runs/{run}/{what}")).expect(200);
        step("publish");
        let all = placements(&world);
        let times = json!({ "starts": "10:00", "ends": "15:00" });
        world.organiser.put(&format!("/v1/placements/{}/times", all[0]), &times).expect(200);
        let held = world.organiser.get(&format!("/v1/runs/{run}/held-mails")).expect(200);
        let one = held["data"][0]["id"].as_str().expect("an id").to_owned();
        assert_eq!(world.organiser.delete(&format!("/v1/held-mails/{one}")).status, 204);
        assert_whole(&world, &["proposed", "proposed"]);
        step("withdraw");
        assert_whole(&world, &["cancelled", "cancelled"]);
        service.set_clock("2027-01-29T10:00:00Z");
        step("publish");
        step("release-mails");
        assert_whole(&world, &["cancelled", "cancelled", "proposed", "proposed"]);
        world.mails();
        step("withdraw");
        assert_whole(&world, &["cancelled"; 4]);
    });
    for_each_service(|service| {
        // A run edited by hand, with a rule set aside.
        let (world, run) = solved(service);
        let listed = world.organiser.get(&world.of_round("/applications")).expect(200);
        let application = listed["data"][0]["id"].clone();
        let edit = json!({ "remove": [application], "override": "as agreed" });
        let edited = world.organiser.post(&format!("/v1/runs/{run}/edits"), &edit).expect(201);
        world.publish(edited["id"].as_str().expect("an id"));
        assert_whole(&world, &["proposed"]);
    });
    for_each_service(|service| {
        // The manager is asked with the proposal.
        let world = World::without_round(service);
        let mut body = World::round_body();
        body["release_required"] = json!(false);
        let round = world.organiser.post("/v1/rounds", &body).expect(201)["id"].clone();
        let world = World { round: round.as_str().expect("an id").to_owned(), ..world };
        world.organiser.step(&world.of_round("/open")).expect(200);
        world.welcome_everybody();
        one_a_day(&world);
        let leave = json!({ "release": { DAYS[0]: 2, DAYS[1]: 2 } });
        world.organiser.put(&world.of_round(&format!("/libraries/{}", world.home)), &leave).expect(200);
        world.sign_up("ann");
        let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        service.anyone().post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" })).expect(200);
        world.close();
        let run = world.solved();
        world.publish(&run);
        let mails = world.mails();
        let all = placements(&world);
        for party in [Party::Manager, Party::Host, Party::Participant] {
            assert_whole(&world, &["proposed"]);
            press(&world, &mails, &all[0], party, "accept");
        }
        assert_whole(&world, &["confirmed"]);
        execute(service, "DELETE FROM consents WHERE party = 'manager'");
        assert_eq!(broken(&world, &all[0]), ["consents"]);
    });
}

pub fn execute(service: &Service, sql: &str) {
    assert!(damage(&service.database_url(), sql) > 0, "{sql} changes nothing");
}

#[test]
fn each_link_that_is_broken_by_hand_is_found_and_named() {
    for_each_service(|service| {
        let (world, all, mails) = told(service);
        for party in [Party::Participant, Party::Host] {
            press(&world, &mails, &all[0], party, "accept");
        }
        world.mails();
        let times = json!({ "starts": "10:00", "ends": "15:00" });
        world.organiser.put(&format!("/v1/placements/{}/times", all[0]), &times).expect(200);
        world.mails();
        assert_whole(&world, &["confirmed", "proposed"]);
        let id = &all[0];
        let application = trace(&world, id)["application"].as_str().expect("an id").to_owned();
        let own = format!("WHERE id = '{id}'");
        let of_host = format!("WHERE placement_id = '{id}' AND party = 'host'");
        let mail = |kind: &str, party: &str| {
            let key = format!("thread_key = 'placement:{id}:{party}' AND kind = '{kind}'");
            let lose = format!("UPDATE outbox SET placement_id = NULL WHERE {key}");
            (lose, format!("UPDATE outbox SET placement_id = '{id}' WHERE {key}"))
        };
        let entry = |filter: &str| {
            let lose = format!("UPDATE audit_entries SET subject_id = subject_id || 'x' WHERE {filter}");
            (lose, format!("UPDATE audit_entries SET subject_id = substr(subject_id, 1, 36) WHERE {filter}"))
        };
        let set = |table: &str, filter: &str, to: &str, back: &str| {
            (format!("UPDATE {table} SET {to} {filter}"), format!("UPDATE {table} SET {back} {filter}"))
        };
        let (host, home) = (&world.host, &world.home);
        let breaks: Vec<((String, String), &[&str])> = vec![
            (
                set(
                    "rounds",
                    "",
                    "rules_sha256 = 'x' || rules_sha256",
                    "rules_sha256 = substr(rules_sha256, 2)",
                ),
                &["rules"],
            ),
            (
                set("rounds", "", "rules = rules || ' '", "rules = substr(rules, 1, length(rules) - 1)"),
                &["rules"],
            ),
            (
                set(
                    "run_files",
                    "",
                    "round_file = round_file || ' '",
                    "round_file = substr(round_file, 1, length(round_file) - 1)",
                ),
                &["rules", "snapshot"],
            ),
            (
                set("run_files", "", "round_file = 'x' || round_file", "round_file = substr(round_file, 2)"),
                &["rules", "snapshot"],
            ),
            (
                set(
                    "runs",
                    "",
                    "round_sha256 = 'x' || round_sha256",
                    "round_sha256 = substr(round_sha256, 2)",
                ),
                &["snapshot", "schedule"],
            ),
            (
                set(
                    "run_files",
                    "",
                    "schedule_file = 'x' || schedule_file",
                    "schedule_file = substr(schedule_file, 2)",
                ),
                &["schedule"],
            ),
            (set("runs", "", "value = value + 1", "value = value - 1"), &["schedule"]),
            (set("placements", &own, "score = score + 1", "score = score - 1"), &["schedule"]),
            (
                set(
                    "placements",
                    &own,
                    &format!("host_library_id = '{home}'"),
                    &format!("host_library_id = '{host}'"),
                ),
                &["schedule"],
            ),
            (entry("action = 'publish'"), &["publication"]),
            (
                set(
                    "runs",
                    "WHERE state IN ('published', 'failed')",
                    "state = 'failed'",
                    "state = 'published'",
                ),
                &["publication"],
            ),
            (set("placements", &own, "state = 'proposed'", "state = 'confirmed'"), &["state"]),
            (set("placements", &own, "state = 'cancelled'", "state = 'confirmed'"), &["audit"]),
            (set("placements", &own, "state = 'declined'", "state = 'confirmed'"), &["state", "audit"]),
            (
                set(
                    "applications",
                    &format!("WHERE id = '{application}'"),
                    "state = 'unplaced'",
                    "state = 'placed'",
                ),
                &["state"],
            ),
            (set("rounds", "", "state = 'cancelled'", "state = 'published'"), &["state"]),
            (
                set("consents", &of_host, "answer = 'pending'", "answer = 'yes'"),
                &["state", "consents", "audit"],
            ),
            (set("consents", &of_host, "channel = NULL", "channel = 'link'"), &["consents"]),
            (mail("proposal", "participant"), &["mails", "calendar"]),
            (mail("proposal", "host"), &["mails", "calendar"]),
            (
                {
                    let key =
                        format!("thread_key = 'placement:{id}:manager' AND kind IN ('confirmed', 'changed')");
                    let lose = format!("UPDATE outbox SET placement_id = NULL WHERE {key}");
                    (lose, format!("UPDATE outbox SET placement_id = '{id}' WHERE {key}"))
                },
                &["mails"],
            ),
            (mail("changed", "participant"), &["calendar"]),
            (
                set("invitations", &of_host, "sequence = sequence + 1", "sequence = sequence - 1"),
                &["calendar"],
            ),
            (entry("action = 'answer_as_host'"), &["audit"]),
        ];
        for ((lose, mend), links) in breaks {
            execute(service, &lose);
            assert_eq!(broken(&world, id), links, "{lose}: {}", trace(&world, id)["broken"]);
            let all = check_all(&service.app, &Actor::worker("test"), 1).expect("traced");
            assert!(all.broken >= 1 && all.first.len() == 1, "{lose}");
            execute(service, &mend);
            assert_eq!(broken(&world, id), Vec::<String>::new(), "{mend}");
        }
        assert_whole(&world, &["confirmed", "proposed"]);
    });
}

#[test]
fn doctor_traces_all_placements_and_says_no_where_one_is_broken() {
    for_each_service(|service| {
        let (world, _) = published(service);
        let folder = tempfile::tempdir().expect("a folder");
        let keys = folder.path().join("keys");
        std::fs::write(&keys, crate::support::keys().reveal()).expect("written");
        // A key is its owner's alone.
        std::fs::set_permissions(&keys, Permissions::from_mode(0o600)).expect("set");
        let doctor = || {
            let output = Command::new(env!("CARGO_BIN_EXE_library-swap"))
                .current_dir(folder.path())
                .env("LIBRARY_SWAP__PRIVACY__KEY_FILE", &keys)
                .env("LIBRARY_SWAP__DATABASE__URL", service.database_url())
                .env("LIBRARY_SWAP__MAIL__FOLDER", folder.path().join("mail"))
                .args(["doctor", "--quiet"])
                .output()
                .expect("the binary runs");
            (output.status.code().expect("a code"), String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let (code, said) = doctor();
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("ok      placements: 2 traced, every link holds"), "{said}");
        execute(service, "UPDATE placements SET score = score + 1");
        let (code, said) = doctor();
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("FAILED  placements: 2 of 2 have a link that does not hold"), "{said}");
        for placement in placements(&world) {
            assert!(said.contains(&format!("{placement}: schedule: ")), "{said}");
        }
    });
}

/// Presses a button of a party's page, the newest of its links.
fn press_all(world: &World<'_>, mails: &[Letter], placement: &str, deeds: &[(Party, Value)]) {
    let visit = world.organiser.get(&format!("/v1/placements/{placement}")).expect(200);
    let day = visit["date"].as_str().expect("a date").to_owned();
    let of_day = |letter: &&Letter| letter.visit.as_ref().is_some_and(|visit| visit.date.to_string() == day);
    let own: Vec<Letter> = mails.iter().filter(of_day).cloned().collect();
    for (minute, (party, body)) in deeds.iter().enumerate() {
        world.service.set_clock(&format!("2027-01-29T10:{:02}:00Z", 10 + minute));
        let secret = secret_of(&own, NoticeKind::Proposal, *party);
        world.service.anyone().post(&format!("/v1/links/{secret}"), body).expect(200);
        world.mails();
        let whole = trace(world, placement);
        assert_eq!(whole["broken"], json!([]), "{body}: {whole}");
    }
}

fn step_at(world: &World<'_>, instant: &str) {
    world.service.set_clock(instant);
    act_on_due(&world.service.app, "test", &Stop::new()).expect("a step");
}

fn id_on(world: &World<'_>, all: &[String], day: &str) -> String {
    let is_on =
        |id: &&String| world.organiser.get(&format!("/v1/placements/{id}")).expect(200)["date"] == day;
    all.iter().find(is_on).expect("a placement of the day").clone()
}

fn pack(world: &World<'_>, placement: &str, revision: i64, lunch: &str) {
    let fields = json!({
        "arrival_place": "The staff door", "ask_for": "The enquiry desk", "contact_name": "Front desk",
        "contact_telephone": "01905 822866", "deputy_name": "Dai Deputy", "deputy_telephone": "+44 1905 822867",
        "bring": "A card", "safety": "Meet at the bandstand", "lunch": lunch, "travel": "Bus 44",
        "access_confirmed": true,
    });
    let body = json!({ "revision": revision, "fields": fields });
    world.organiser.put(&format!("/v1/placements/{placement}/joining-pack"), &body).expect(200);
}

/// Breaks a link by hand, asserts that it is found, and mends it.
fn find(world: &World<'_>, placement: &str, lose: &str, mend: &str, link: &str) {
    execute(world.service, lose);
    let found = broken(world, placement);
    assert!(found.iter().any(|one| one == link), "{lose}: {found:?}");
    execute(world.service, mend);
    assert_eq!(broken(world, placement), Vec::<String>::new(), "{mend}");
}

/// What is lost of the entries or mails of a placement that fit a filter, and what brings them back.
fn lost(world: &World<'_>, placement: &str, table: &str, filter: &str, link: &str) {
    let (lose, mend) = if table == "outbox" {
        let key = format!("WHERE thread_key LIKE 'placement:{placement}:%' AND {filter}");
        (
            format!("UPDATE outbox SET placement_id = NULL {key}"),
            format!("UPDATE outbox SET placement_id = '{placement}' {key}"),
        )
    } else {
        let own = format!("WHERE subject_id LIKE '{placement}%' AND {filter}");
        (
            format!("UPDATE audit_entries SET subject_id = '{placement}x' {own}"),
            format!("UPDATE audit_entries SET subject_id = '{placement}' {own}"),
        )
    };
    find(world, placement, &lose, &mend, link);
}

#[test]
fn offers_that_are_taken_refused_or_lapse_leave_a_whole_trace_and_are_missed() {
    let accept = |version: i64| json!({ "deed": "accept", "version": version });
    let offered = |more: Value| {
        let mut body = json!({ "deed": "offer", "version": 0 });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    let colleague =
        json!({ "kind": "colleague", "contact": { "name": "Lee", "email": "lee@campus.example" } });
    for (more, is_colleague) in [(json!({ "kind": "virtual" }), false), (colleague, true)] {
        for_each_service(|service| {
            let (world, all, mails) = told(service);
            let id = id_on(&world, &all, DAYS[0]);
            let deeds = [
                (Party::Participant, accept(0)),
                (Party::Host, offered(more.clone())),
                (Party::Participant, json!({ "deed": "take", "version": 1 })),
            ];
            press_all(&world, &mails, &id, &deeds);
            assert_whole(&world, &["confirmed", "proposed"]);
            let told = trace(&world, &id);
            assert_eq!(told["offers"].as_array().map(Vec::len), Some(1));
            let one = &told["offers"][0];
            assert_eq!((&one["kind"], &one["state"]), (&more["kind"], &json!("taken")));
            assert_eq!((&one["date"], &one["on_behalf_of"]), (&json!(DAYS[0]), &json!(null)));
            assert!(!told.to_string().contains('@') && one["offered_by"].as_str().is_some(), "{told}");
            assert_eq!((&told["joining_pack"], &told["day"]), (&json!([]), &json!(null)));
            lost(&world, &id, "outbox", "kind = 'alternative'", "mails");
            lost(&world, &id, "outbox", "kind = 'changed' AND party = 'host'", "mails");
            lost(&world, &id, "audit_entries", "details LIKE '%take_other%'", "offers");
            lost(&world, &id, "audit_entries", "details LIKE '%offer_other%'", "audit");
            let own = format!("WHERE id = '{id}'");
            let set = |to: &str| format!("UPDATE placements SET {to} {own}");
            find(&world, &id, &set("version = version + 1"), &set("version = version - 1"), "audit");
            if is_colleague {
                lost(&world, &id, "outbox", "kind = 'handed_over'", "mails");
                let (lose, mend) =
                    ("contact_email = 'x@campus.example'", "contact_email = 'lee@campus.example'");
                find(&world, &id, &set(lose), &set(mend), "offers");
            } else {
                find(
                    &world,
                    &id,
                    &set("is_virtual = NOT is_virtual"),
                    &set("is_virtual = NOT is_virtual"),
                    "offers",
                );
            }
        });
    }
    for_each_service(|service| {
        // Another day; the other participant's place is given up first, so that there is one.
        let (world, all, mails) = told(service);
        let (id, other) = (id_on(&world, &all, DAYS[0]), id_on(&world, &all, DAYS[1]));
        press(&world, &mails, &other, Party::Host, "decline");
        let date = offered(json!({ "kind": "date", "date": DAYS[1] }));
        let deeds = [(Party::Host, date), (Party::Participant, json!({ "deed": "take", "version": 1 }))];
        press_all(&world, &mails, &id, &deeds);
        assert_whole(&world, &["confirmed", "declined"]);
        let set = |day: &str| format!("UPDATE placements SET date = '{day}' WHERE id = '{id}'");
        find(&world, &id, &set(DAYS[0]), &set(DAYS[1]), "schedule");
        lost(&world, &id, "audit_entries", "details LIKE '%take_other%'", "schedule");
        lost(&world, &id, "outbox", "kind = 'confirmed' AND party = 'manager'", "mails");
    });
    for_each_service(|service| {
        // One is refused, one lapses.
        let (world, all, mails) = told(service);
        let (refused, lapsed) = (id_on(&world, &all, DAYS[0]), id_on(&world, &all, DAYS[1]));
        let offer = || offered(json!({ "kind": "virtual" }));
        let no = json!({ "deed": "decline", "version": 1 });
        press_all(&world, &mails, &refused, &[(Party::Host, offer()), (Party::Participant, no)]);
        press_all(&world, &mails, &lapsed, &[(Party::Host, offer())]);
        step_at(&world, "2027-02-17T00:00:00Z");
        assert_whole(&world, &["declined", "expired"]);
        lost(&world, &refused, "audit_entries", "details LIKE '%offer_other%'", "audit");
        lost(&world, &lapsed, "audit_entries", "details LIKE '%offer_other%'", "offers");
    });
}

#[test]
fn packs_reminders_and_every_end_of_a_day_leave_a_whole_trace_and_are_missed() {
    for_each_service(|service| {
        let (world, all, mails) = told(service);
        let (first, second) = (id_on(&world, &all, DAYS[0]), id_on(&world, &all, DAYS[1]));
        pack(&world, &first, 0, "A canteen");
        let yes = || json!({ "deed": "accept", "version": 0 });
        let both = [(Party::Participant, yes()), (Party::Host, yes())];
        for id in [&first, &second] {
            press_all(&world, &mails, id, &both);
        }
        service.set_clock("2027-02-01T10:00:00Z");
        pack(&world, &first, 1, "Sandwiches");
        assert_whole(&world, &["confirmed", "confirmed"]);
        world.mails();
        // Taken back before it left.
        for (minute, lunch) in [(1, "Soup"), (2, "Sandwiches")] {
            service.set_clock(&format!("2027-02-01T10:0{minute}:00Z"));
            pack(&world, &first, 1 + minute, lunch);
            assert_whole(&world, &["confirmed", "confirmed"]);
        }
        lost(
            &world,
            &first,
            "outbox",
            "kind = 'pack_changed' AND party = 'host' AND state = 'sent'",
            "joining_pack",
        );
        lost(&world, &first, "audit_entries", "action = 'edit_joining_pack'", "joining_pack");
        let set = |by: &str| {
            format!(
                "UPDATE joining_packs SET version = version {by} WHERE placement_id = '{first}' AND version >= 4"
            )
        };
        find(&world, &first, &set("+ 5"), &set("- 5"), "joining_pack");
        for instant in ["2027-02-19T08:00:00Z", "2027-02-22T08:00:00Z", "2027-02-26T08:00:00Z"] {
            step_at(&world, instant);
            assert_whole(&world, &["confirmed", "confirmed"]);
            world.mails();
        }
        lost(&world, &first, "outbox", "kind = 'reminder' AND party = 'host'", "mails");
        lost(&world, &first, "audit_entries", "details LIKE '%remind_of_day%'", "audit");
        lost(&world, &second, "outbox", "kind = 'pack_missing'", "mails");

        // Ill, with a change of the pack that has not left.
        service.set_clock("2027-03-01T08:00:00Z");
        pack(&world, &first, 4, "Soup");
        service.set_clock("2027-03-01T08:05:00Z");
        world.organiser.step(&format!("/v1/placements/{first}/ill")).expect(200);
        assert_whole(&world, &["confirmed", "did_not_take_place"]);
        world.mails();
        assert_whole(&world, &["confirmed", "did_not_take_place"]);
        lost(&world, &first, "outbox", "kind = 'ill' AND party = 'participant'", "calendar");
        let deputy = format!("kind = 'ill' AND thread_key = 'placement:{first}:host:deputy'");
        lost(&world, &first, "outbox", &deputy, "mails");
        lost(&world, &first, "audit_entries", "action = 'call_in_ill'", "day");
        let came = |to: &str| format!("UPDATE attendances SET kind = '{to}' WHERE placement_id = '{first}'");
        find(&world, &first, &came("arrived"), &came("ill"), "day");
        let told = trace(&world, &first);
        let versions =
            told["joining_pack"].as_array().expect("a list").iter().map(|one| one["version"].clone());
        assert_eq!(versions.collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert!(!told.to_string().contains("Sandwiches"), "{told}");
        assert_eq!(told["day"]["attendance"], "ill");
        assert_eq!(told["day"]["marks"][0]["role"], "organiser");

        // Did not come, then did.
        let host = world.token("library_administrator", Some(&world.university));
        let mark = |instant: &str, kind: &str| {
            service.set_clock(instant);
            let body = json!({ "attendance": kind });
            host.post(&format!("/v1/placements/{second}/attendance"), &body).expect(200);
        };
        mark("2027-03-02T12:00:00Z", "did_not_come");
        assert_whole(&world, &["did_not_take_place", "did_not_take_place"]);
        mark("2027-03-02T13:00:00Z", "arrived");
        assert_whole(&world, &["completed", "did_not_take_place"]);
        let day = trace(&world, &second)["day"].clone();
        let marks = day["marks"].as_array().expect("a list").iter().map(|mark| mark["attendance"].clone());
        assert_eq!(marks.collect::<Vec<_>>(), ["did_not_come", "arrived"]);
        assert_eq!(day["attendance"], "arrived");
        assert_eq!(
            (&day["first_at"], &day["marks"][0]["role"]),
            (&json!("2027-03-02T12:00:00Z"), &json!("library_administrator"))
        );
        step_at(&world, "2027-03-03T08:00:00Z");
        world.mails();
        assert_whole(&world, &["completed", "did_not_take_place"]);
        lost(
            &world,
            &second,
            "audit_entries",
            "details LIKE '%\"after\":{\"attendance\":\"did_not_come\"%'",
            "day",
        );
        lost(&world, &second, "outbox", "kind = 'feedback_request' AND party = 'participant'", "mails");
        let state = |to: &str| format!("UPDATE placements SET state = '{to}' WHERE id = '{second}'");
        find(&world, &second, &state("confirmed"), &state("completed"), "day");
    });
    for_each_service(|service| {
        // Nobody marks anything: it is assumed, and marked later all the same.
        let (world, all, mails) = told(service);
        let id = id_on(&world, &all, DAYS[0]);
        let yes = || json!({ "deed": "accept", "version": 0 });
        press_all(&world, &mails, &id, &[(Party::Participant, yes()), (Party::Host, yes())]);
        for instant in ["2027-02-17T00:00:00Z", "2027-03-02T08:00:00Z", "2027-03-10T08:00:00Z"] {
            step_at(&world, instant);
            world.mails();
        }
        assert_whole(&world, &["completed", "expired"]);
        lost(&world, &id, "audit_entries", "details LIKE '%assume%'", "audit");
        let host = world.token("library_administrator", Some(&world.university));
        service.set_clock("2027-03-11T08:00:00Z");
        let left = json!({ "attendance": "left_early", "left_at": "15:30" });
        host.post(&format!("/v1/placements/{id}/attendance"), &left).expect(200);
        assert_whole(&world, &["completed", "expired"]);
        let at = |to: &str| format!("UPDATE attendances SET left_at = '{to}' WHERE placement_id = '{id}'");
        find(&world, &id, &at("15:00"), &at("15:30"), "day");
        lost(&world, &id, "audit_entries", "action = 'record_attendance'", "day");
    });
}
