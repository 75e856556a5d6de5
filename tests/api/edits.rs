//! Hand edits: a new run from an old one, judged by the checker, with rules set aside only for a reason that shows.

use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use library_swap::files::{Round, Schedule};
use library_swap::verify::{Report, Subject, verify};
use serde_json::{Value, json};

use crate::locks::codes;
use crate::support::{Reply, for_each_service};
use crate::world::{DAYS, World};

const REASON: &str = "agreed by telephone, a second chair is there";

/// Three people of one library and a solved run. A balance of 1 lets one of them go a day: one is left out.
struct Case<'a> {
    world: World<'a>,
    people: Vec<String>,
    run: String,
}

fn case(service: &crate::support::Service) -> Case<'_> {
    let world = World::new(service);
    world.welcome_everybody();
    let people = ["ann", "bea", "cid"].map(|who| world.released(who)).to_vec();
    world.close();
    let run = world.solved();
    Case { world, people, run }
}

impl Case<'_> {
    fn edit(&self, run: &str, body: &Value) -> Reply {
        self.world.organiser.post(&format!("/v1/runs/{run}/edits"), body)
    }

    fn text(&self, run: &str, what: &str) -> String {
        let reply = self.world.organiser.get(&format!("/v1/runs/{run}/{what}"));
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.text()
    }

    fn files(&self, run: &str) -> (Round, Schedule) {
        let round = Round::read(self.text(run, "round-file").as_bytes()).expect("a round");
        let schedule = Schedule::read(self.text(run, "schedule-file").as_bytes()).expect("a schedule");
        (round, schedule)
    }

    /// Its two files, judged by the checker as anybody can.
    fn proven(&self, run: &str) -> Report {
        let (round, schedule) = self.files(run);
        let report = verify(&Subject::Round(&round), &schedule);
        assert!(report.is_clean(), "{:?}", report.breaches);
        report
    }

    fn left_out(&self, run: &str) -> String {
        self.files(run).1.unplaced[0].staff.clone()
    }

    fn day_of(&self, run: &str, who: &str) -> String {
        let (_, schedule) = self.files(run);
        let placed = schedule.placements.iter().find(|placed| placed.staff == who).expect("a place");
        placed.date.to_string()
    }

    fn place(&self, who: &str, day: &str) -> Value {
        json!({ "application": who, "host": self.world.host, "date": day })
    }
}

fn id_of(run: &Value) -> String {
    run["id"].as_str().expect("an id").to_owned()
}

#[test]
fn an_edit_that_breaks_nothing_makes_a_new_run_of_the_same_round_and_bound() {
    for_each_service(|service| {
        let case = case(service);
        let before = (case.world.seen(&case.run), case.text(&case.run, "schedule-file"));
        let left_out = case.left_out(&case.run);
        let swapped = case.people.iter().find(|who| **who != left_out).expect("somebody").clone();
        let day = case.day_of(&case.run, &swapped);
        let body = json!({ "place": [case.place(&left_out, &day)], "remove": [swapped] });
        let made = case.edit(&case.run, &body);
        let run = made.expect(201);
        let id = id_of(&run);
        assert_eq!(made.header("location"), Some(format!("/v1/runs/{id}").as_str()));
        assert_eq!((&run["kind"], &run["state"]), (&json!("edited"), &json!("finished")));
        assert_eq!((&run["edited_from"], &run["override_reason"]), (&json!(case.run), &json!(null)));
        assert_eq!(run["round_sha256"], before.0["round_sha256"], "the very round that was solved");
        assert_eq!(run["result"]["bound"], before.0["result"]["bound"]);
        assert_eq!(run["result"]["stopped"], "edited");
        assert_eq!(case.left_out(&id), swapped);
        case.proven(&id);
        assert_eq!(
            (case.world.seen(&case.run), case.text(&case.run, "schedule-file")),
            before,
            "the old one stays"
        );
        let diff = case.world.organiser.get(&format!("/v1/runs/{}/diff/{id}", case.run)).expect(200);
        assert_eq!(
            diff["placed"],
            json!([{ "application": left_out, "place": { "host": case.world.host, "date": day } }])
        );
        assert_eq!(diff["lost"][0]["application"], json!(swapped));
        assert_eq!((&diff["same"], &diff["same_round_file"]), (&json!(1), &json!(true)));
        case.world.publish(&id);
        let late = case.edit(&case.run, &body);
        assert_eq!((late.status, late.code().as_str()), (409, "round-state"));
    });
}

#[test]
fn what_people_together_break_is_refused_and_waived_for_a_reason() {
    for_each_service(|service| {
        let case = case(service);
        let left_out = case.left_out(&case.run);
        let mut body = json!({ "place": [case.place(&left_out, DAYS[1])] });
        let refused = case.edit(&case.run, &body);
        let mut broken = codes(&refused);
        broken.sort();
        assert_eq!(broken, ["balance", "balance", "host_full"], "at the home library, and twice at the host");
        body["override"] = json!(REASON);
        let run = case.edit(&case.run, &body).expect(201);
        assert_eq!(run["override_reason"], REASON);
        let id = id_of(&run);
        let report = case.proven(&id);
        assert_eq!(report.notes.iter().filter(|note| note.contains(REASON)).count(), 3, "{:?}", report.notes);
        let (round, schedule) = case.files(&id);
        assert_eq!(round.sha256(), case.files(&case.run).0.sha256(), "only the schedule says it");
        assert_eq!(schedule.waived.len(), 3);
        assert!(schedule.objective.bound >= schedule.objective.value);

        // Another edit elsewhere keeps what was waived; one at the same place has to give its reason again.
        let (first, second) = (case.people.iter().find(|who| case.day_of(&id, who) == DAYS[0]), &left_out);
        let first = first.expect("somebody on the first day");
        let apart = id_of(&case.edit(&id, &json!({ "remove": [first] })).expect(201));
        assert_eq!(case.files(&apart).1.waived, schedule.waived);
        case.proven(&apart);
        assert!(!codes(&case.edit(&id, &json!({ "place": [case.place(first, DAYS[1])] }))).is_empty());
        let undone = id_of(&case.edit(&id, &json!({ "remove": [second] })).expect(201));
        assert_eq!(case.files(&undone).1.waived, [], "what is not needed is not waived");
        assert_eq!(case.files(&undone).1.objective.value, case.files(&case.run).1.objective.value);
        case.proven(&undone);
    });
}

#[test]
fn a_rule_of_the_table_is_set_aside_by_a_lock_with_the_reason() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        let (ann, bea) = (world.released("ann"), world.released("bea"));
        let pair = json!({ "application": ann, "host": world.host });
        world.organiser.post(&world.of_round("/forbidden"), &pair).expect(201);
        world.close();
        let run = world.solved();
        let case = Case { world, people: vec![ann.clone(), bea.clone()], run };
        let free = DAYS.iter().find(|day| **day != case.day_of(&case.run, &bea)).expect("another day");
        let mut body = json!({ "place": [case.place(&ann, free)] });
        let refused = case.edit(&case.run, &body);
        assert_eq!(codes(&refused), ["avoided"]);
        assert_eq!(refused.json()["rules"][0]["application"], json!(ann));
        body["override"] = json!(REASON);
        let id = id_of(&case.edit(&case.run, &body).expect(201));
        let (round, schedule) = case.files(&id);
        assert_eq!(round.locks.len(), 1);
        assert_eq!(round.locks[0].override_reason.as_deref(), Some(REASON));
        assert_eq!(schedule.waived, []);
        assert!(case.proven(&id).notes.iter().any(|note| note.contains("avoided") && note.contains(REASON)));

        // The lock of the edit binds the next one, unless that says why not.
        let moved = json!({ "remove": [ann] });
        assert_eq!(codes(&case.edit(&id, &moved)), ["lock"]);
        let mut freed = moved;
        freed["override"] = json!("she is ill");
        let free_again = id_of(&case.edit(&id, &freed).expect(201));
        assert_eq!(case.files(&free_again).0.locks, []);
        case.proven(&free_again);
    });
}

#[test]
fn who_works_at_other_hours_comes_when_the_host_is_open() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        let mut form = world.form("ann");
        form["hours"] = json!({ DAYS[0]: ["18:00", "22:00"], DAYS[1]: ["18:00", "22:00"] });
        let ann = world.released_by("ann", &form);
        let late = json!({ "hosting": { DAYS[0]: 1 }, "hours": { DAYS[0]: ["09:00", "13:00"] } });
        world.organiser.put(&world.of_round(&format!("/libraries/{}", world.host)), &late).expect(200);
        world.close();
        let run = world.solved();
        let case = Case { world, people: vec![ann.clone()], run };
        let mut body = json!({ "place": [case.place(&ann, DAYS[0])] });
        assert_eq!(codes(&case.edit(&case.run, &body)), ["hours"]);
        body["override"] = json!("a day off in return");
        let id = id_of(&case.edit(&case.run, &body).expect(201));
        case.world.publish(&id);
        let placements = case.world.organiser.get(&case.world.of_round("/placements")).expect(200);
        let placed = &placements["data"][0];
        assert_eq!((&placed["starts"], &placed["ends"]), (&json!("09:00"), &json!("13:00")));
    });
}

#[test]
fn no_override_sends_anybody_to_the_own_library_or_to_nowhere() {
    for_each_service(|service| {
        let case = case(service);
        let left_out = case.left_out(&case.run);
        let placed = case.people.iter().find(|who| **who != left_out).expect("somebody");
        let home = json!({ "application": left_out, "host": case.world.home, "date": DAYS[0] });
        let refused = case.edit(&case.run, &json!({ "place": [home], "override": REASON }));
        assert!(codes(&refused).contains(&"own_library".to_owned()));
        let nobody = "01900000-0000-7000-8000-000000000000";
        let pointers = |body: &Value| case.edit(&case.run, body).pointers();
        assert_eq!(pointers(&json!({})), ["/place"]);
        assert_eq!(pointers(&json!({ "remove": [left_out, nobody] })), ["/remove/1", "/remove/0"]);
        let wrong = json!({ "application": placed, "host": nobody, "date": "2027-03-09" });
        assert_eq!(
            pointers(&json!({ "place": [wrong], "remove": [placed] })),
            ["/remove/0", "/place/0/host", "/place/0/date"]
        );
        let same = case.place(placed, &case.day_of(&case.run, placed));
        assert_eq!(pointers(&json!({ "place": [same] })), ["/place/0"]);
        let missing = json!({ "place": [{ "application": placed, "host": "x" }] });
        assert_eq!(pointers(&missing), ["/place/0/host", "/place/0/date"]);
        let waits = case.world.run(&json!({}));
        assert_eq!(case.edit(&waits, &json!({ "remove": [placed] })).code(), "run-state");
        assert_eq!(case.edit(nobody, &json!({ "remove": [placed] })).code(), "not-found");
        let offer = json!({ "hosting": { DAYS[0]: 3 } });
        let url = case.world.of_round(&format!("/libraries/{}", case.world.host));
        case.world.organiser.put(&url, &offer).expect(200);
        assert_eq!(case.edit(&case.run, &json!({ "remove": [placed] })).code(), "stale-run");
    });
}

#[test]
fn the_reason_of_an_override_stands_in_the_audit_and_in_the_schedule_of_hr() {
    for_each_service(|service| {
        let case = case(service);
        let world = &case.world;
        let left_out = case.left_out(&case.run);
        let body = json!({ "place": [case.place(&left_out, DAYS[1])], "override": REASON });
        let id = id_of(&case.edit(&case.run, &body).expect(201));
        let audit = world.organiser.get("/v1/audit?limit=200").expect(200);
        let entries = audit["data"].as_array().expect("entries");
        let entry = entries.iter().find(|entry| entry["action"] == "edit_schedule").expect("the edit");
        assert_eq!((&entry["subject_id"], &entry["details"]["override"]), (&json!(id), &json!(REASON)));
        assert_eq!(entry["details"]["set_aside"], json!(["balance", "host_full"]));
        assert_eq!(entry["details"]["edited_from"], json!(case.run));

        world.publish(&id);
        let mails = world.mails();
        for letter in mails.iter().filter(|letter| letter.kind == NoticeKind::Proposal) {
            assert!(matches!(letter.party, Party::Participant | Party::Host));
            let secret =
                letter.link.as_ref().expect("a link").rsplit('/').next().expect("a secret").to_owned();
            service
                .anyone()
                .post(&format!("/v1/links/{secret}"), &json!({ "deed": "accept", "version": 0 }))
                .expect(200);
        }
        let hr = world.token("hr", Some(&world.council));
        let rows = hr.get(&world.of_round("/schedule")).expect(200);
        let reasons: Vec<(&str, Option<&str>)> = rows["data"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| (row["date"].as_str().expect("a date"), row["override_reason"].as_str()))
            .collect();
        // Both visitors of the day on which one too many comes, nobody else.
        assert_eq!(reasons, [(DAYS[0], None), (DAYS[1], Some(REASON)), (DAYS[1], Some(REASON))]);
        let csv = hr.get(&world.of_round("/schedule.csv")).text();
        let lines: Vec<&str> = csv.lines().collect();
        assert!(lines[0].contains(",hours,override_reason,virtual,"));
        assert_eq!(lines.iter().filter(|line| line.contains(REASON)).count(), 2, "{csv}");
    });
}
