//! The audit's trail: chained, filtered, exported, proven, and what damage to it is found.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use library_swap::domain::ids::AuditId;
use library_swap::domain::permissions::{Action, Actor, Role};
use library_swap::domain::trail::Link;
use library_swap::files::trail::{Check, read_line};
use library_swap::services::audit::{self, Proof};
use library_swap::services::{App, AppError};
use library_swap::store::audit::{Entry, insert};
use serde_json::{Value, json};

use crate::support::{Client, Service, damage, dump, for_each_database, for_each_service};
use crate::world::World;

fn auditor() -> Actor {
    Actor::named("test", Role::Operator)
}

fn chain_all(app: &App) {
    while audit::chain(app, "test").expect("chained") > 0 {}
}

fn prove(app: &App) -> Proof {
    audit::verify(app, &auditor(), None).expect("looked at")
}

/// The head of a chain that holds.
fn head(app: &App) -> Link {
    prove(app).chain.expect("whole").head
}

/// Where the chain breaks, with the entry there.
fn broken(app: &App, noted: Option<&Link>) -> (i64, Option<String>) {
    let broken = audit::verify(app, &auditor(), noted).expect("looked at").chain.expect_err("broken");
    (broken.position, broken.entry)
}

fn list(client: &Client, query: &str) -> Vec<Value> {
    let page = client.get(&format!("/v1/audit?limit=200{query}")).expect(200);
    page["data"].as_array().expect("a list").clone()
}

fn export(client: &Client, query: &str) -> Vec<String> {
    let reply = client.get(&format!("/v1/audit.ndjson{query}"));
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, Some("application/x-ndjson")),
        "{}",
        reply.text()
    );
    reply.text().lines().map(str::to_owned).collect()
}

/// Adds entries as use cases do, in the given order; each is named by its number.
fn add(app: &App, numbers: std::ops::Range<u32>) -> Vec<AuditId> {
    let now = app.now().expect("now");
    let entries: Vec<Entry> = numbers
        .map(|n| Entry {
            id: AuditId::new(now.id(&format!("entry {n}"))),
            at: now.utc(),
            actor: "token:x".to_owned(),
            role: Role::Organiser,
            on_behalf_of: None,
            action: Action::EditLibrary,
            subject_kind: "library".to_owned(),
            subject_id: format!("library {n}"),
            details: json!({ "n": n, "half": 0.5, "name": "Bibliothèque \"Ö\"" }).to_string(),
        })
        .collect();
    app.store
        .write(|tx| {
            for entry in &entries {
                insert(tx, entry)?;
            }
            Ok::<_, AppError>(())
        })
        .expect("added");
    entries.iter().map(|entry| entry.id).collect()
}

#[test]
fn what_happens_is_chained_and_anybody_can_recompute_it() {
    for_each_service(|service| {
        let world = World::new(service);
        world.released("ann");
        let before = list(&world.organiser, "");
        assert!(
            before.len() > 10 && before.iter().all(|entry| entry["chain"].is_null()),
            "nothing is chained yet"
        );
        let none = world.organiser.get("/v1/audit/head").expect(200);
        assert_eq!((&none["head"], &none["waiting"]), (&Value::Null, &json!(before.len())));
        assert_eq!(export(&world.organiser, ""), Vec::<String>::new());
        chain_all(&service.app);
        let lines = export(&world.organiser, "");
        assert_eq!(lines.len(), before.len());
        let mut check = Check::new(None);
        for line in &lines {
            let (entry, link) = read_line(line).expect("a line");
            check.add(entry["id"].as_str().expect("an id"), Some(&entry), link).expect("holds");
        }
        let head = check.end().expect("whole").head;
        let shown = world.organiser.get("/v1/audit/head").expect(200);
        assert_eq!(shown["noted_as"], head.to_string());
        assert_eq!((&shown["head"]["hash"], &shown["waiting"]), (&json!(head.hash), &json!(0)));
        assert_eq!(self::head(&service.app), head);
        // The list shows the same entries with the same places.
        let listed: BTreeSet<String> = list(&world.organiser, "")
            .iter()
            .map(|entry| serde_json::to_string(entry).expect("JSON"))
            .collect();
        let exported = lines.iter().map(|line| line.parse::<Value>().expect("JSON").to_string()).collect();
        assert_eq!(listed, exported);
        outsiders_recompute(&lines, &head);
    });
}

/// Runs the program that docs/audit.md gives.
fn outsiders_recompute(lines: &[String], head: &Link) {
    let text = include_str!("../../docs/audit.md");
    let program =
        text.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a program");
    let folder = tempfile::tempdir().expect("a folder");
    let run = |lines: &[String]| {
        let path = folder.path().join("audit.ndjson");
        std::fs::write(&path, lines.join("\n")).expect("written");
        let mut python = Command::new("python3")
            .args(["-"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        python.stdin.take().expect("stdin").write_all(program.as_bytes()).expect("written");
        Some(python.wait_with_output().expect("an end"))
    };
    let Some(proved) = run(lines) else {
        let required = std::env::var("LIBRARY_SWAP_REQUIRE_PYTHON").is_ok_and(|value| value == "1");
        assert!(!required, "Python is required, and there is none");
        skip!("the program of docs/audit.md (there is no python3)");
        return;
    };
    assert!(proved.status.success(), "{proved:?}");
    let said = String::from_utf8_lossy(&proved.stdout).into_owned();
    assert_eq!(said.trim(), format!("proved: {} entries, head {head}", lines.len()));
    let mut changed = lines.to_vec();
    changed[3] = changed[3].replacen("\"role\":\"", "\"role\":\"x", 1);
    assert!(!run(&changed).expect("run").status.success());
}

#[test]
fn an_entry_that_commits_late_comes_later_in_the_chain() {
    for_each_database(|app| {
        let late = app.now().expect("now");
        add(app, 0..3);
        chain_all(app);
        let entry = Entry {
            id: AuditId::new(late.id("the late one")),
            at: late.utc(),
            actor: "token:slow".to_owned(),
            role: Role::Organiser,
            on_behalf_of: Some("somebody".to_owned()),
            action: Action::Publish,
            subject_kind: "round".to_owned(),
            subject_id: "r".to_owned(),
            details: "{}".to_owned(),
        };
        app.store.write(|tx| insert(tx, &entry)).expect("added");
        assert_eq!((head(app).position, prove(app).waiting), (3, 1));
        chain_all(app);
        let proof = prove(app);
        let whole = proof.chain.expect("whole");
        assert_eq!((whole.head.position, proof.waiting, whole.late), (4, 0, Vec::new()));
    });
}

#[test]
fn chainers_that_work_at_once_make_one_chain() {
    for_each_database(|app| {
        let all = 1_200;
        std::thread::scope(|threads| {
            for part in 0..4 {
                threads.spawn(move || {
                    for n in 0..6 {
                        add(app, part * 300 + n * 50..part * 300 + (n + 1) * 50);
                        audit::chain(app, &format!("worker {part}")).expect("chained");
                    }
                });
            }
        });
        chain_all(app);
        let proof = prove(app);
        assert_eq!((proof.chain.expect("whole").head.position, proof.waiting), (i64::from(all), 0));
        assert_eq!(proof.lost, Vec::<String>::new());
    });
}

#[test]
fn a_long_export_comes_whole_and_filtered() {
    for_each_service(|service| {
        let organiser = service.organiser();
        add(&service.app, 0..1_203);
        chain_all(&service.app);
        let lines = export(&organiser, "");
        assert_eq!(lines.len(), 1_204, "the token's own entry is the first");
        let positions: Vec<i64> =
            lines.iter().map(|line| read_line(line).expect("a line").1.position).collect();
        assert_eq!(positions, (1..=1_204).collect::<Vec<i64>>());
        assert_eq!(export(&organiser, "?action=edit_library").len(), 1_203);
        let one = export(&organiser, "?subject=library%20700");
        assert_eq!(one.len(), 1);
        assert!(one[0].contains("\"n\":700"), "{}", one[0]);
    });
}

#[test]
fn entries_are_found_by_actor_role_action_subject_round_and_time() {
    for_each_service(|service| {
        let world = World::new(service);
        world.released("ann");
        let hr = world.token("hr", Some(&world.council));
        drop(hr);
        service.set_clock("2027-02-01T08:00:00Z");
        world.close();
        let run = world.solved();
        chain_all(&service.app);
        let organiser = &world.organiser;
        let all = list(organiser, "");
        let count = |query: &str| list(organiser, query).len();
        let of = |key: &str, value: &str| all.iter().filter(|entry| entry[key] == value).count();
        let actor = all[0]["actor"].as_str().expect("an actor").to_owned();
        for (key, value) in [
            ("actor", actor.as_str()),
            ("role", "organiser"),
            ("role", "system"),
            ("action", "manage_tokens"),
            ("subject_kind", "application"),
        ] {
            let found = count(&format!("&{key}={value}"));
            assert!(found > 0 && found == of(key, value), "{key} {value}: {found}");
        }
        assert_eq!(count(&format!("&subject={run}")), of("subject_id", &run));
        assert_eq!(count("&subject_kind=application&role=organiser&action=publish"), 0);
        // What is about the round, and about what hangs on it.
        let round = list(organiser, &format!("&round={}", world.round));
        let kinds: BTreeSet<&str> =
            round.iter().map(|entry| entry["subject_kind"].as_str().expect("a kind")).collect();
        assert_eq!(
            kinds,
            BTreeSet::from(["application", "library", "round", "run"]),
            "offers name their round"
        );
        let outside = all.iter().filter(|entry| !round.contains(entry));
        let outside: BTreeSet<&str> =
            outside.map(|entry| entry["subject_kind"].as_str().expect("a kind")).collect();
        assert_eq!(outside, BTreeSet::from(["employer", "library", "token"]));
        let foreign = "&round=01935f6e-7c2b-7aaa-8bbb-0123456789ab";
        assert_eq!(count(foreign), 0);
        // Before and from an instant on: each entry once.
        let (early, late) = (count("&to=2027-02-01T08:00:00Z"), count("&from=2027-02-01T08:00:00Z"));
        assert!(early > 0 && late > 0);
        assert_eq!(early + late, all.len());
        // The export takes the same filters; a page goes on where the one before ended.
        let exported = export(organiser, &format!("?round={}", world.round));
        assert_eq!(exported.len(), round.len());
        let first = organiser.get(&format!("/v1/audit?round={}&limit=2", world.round)).expect(200);
        let cursor = first["next_cursor"].as_str().expect("a cursor");
        let second =
            organiser.get(&format!("/v1/audit?round={}&limit=2&cursor={cursor}", world.round)).expect(200);
        assert_eq!(
            [&first["data"][0], &first["data"][1], &second["data"][0]],
            [&round[0], &round[1], &round[2]]
        );
        let wrong = "role=x&action=x&round=x&from=yesterday&to=2027-01-01&actr=x";
        let mut pointers = organiser.get(&format!("/v1/audit?{wrong}")).pointers();
        pointers.sort();
        assert_eq!(pointers, ["?actr"], "unknown parameters first");
        let mut pointers = organiser.get(&format!("/v1/audit?{}", &wrong[..wrong.len() - 7])).pointers();
        pointers.sort();
        assert_eq!(pointers, ["?action", "?from", "?role", "?round", "?to"]);
        assert_eq!(organiser.get("/v1/audit.ndjson?limit=3").pointers(), ["?limit"]);
    });
}

#[test]
fn nobody_changes_or_deletes_what_is_written() {
    for_each_database(|app| {
        add(app, 0..3);
        chain_all(app);
        let before = dump(app);
        for sql in [
            "UPDATE audit_entries SET role = 'x'",
            "DELETE FROM audit_entries",
            "UPDATE audit_chain SET hash = 'x' WHERE position = 1",
            "DELETE FROM audit_chain WHERE position = 3",
        ] {
            let refused = app.store.write(|tx| {
                use diesel::RunQueryDsl;
                let query = diesel::sql_query(sql);
                match &mut **tx {
                    library_swap::store::Db::Pg(connection) => query.execute(connection)?,
                    library_swap::store::Db::Sqlite(connection) => query.execute(connection)?,
                };
                Ok::<_, library_swap::store::StoreError>(())
            });
            let words = refused.expect_err(sql).to_string();
            assert!(words.contains("is append-only"), "{sql}: {words}");
        }
        assert!(dump(app) == before);
    });
}

/// Each kind of damage, on a copy of its own.
#[test]
fn damage_is_found_and_the_first_broken_entry_named() {
    crate::support::for_each_kind(|fresh, kind| {
        // Entry ids in the order of the chain, and the head before the damage.
        let damaged = |statements: &[String]| {
            let database = fresh();
            let app = crate::support::app_on(&database, "http://exchange.example");
            let mut ids: Vec<String> = add(&app, 0..6).iter().map(ToString::to_string).collect();
            ids.sort();
            chain_all(&app);
            let head = head(&app);
            for sql in statements {
                let mut sql = sql.clone();
                for (n, id) in ids.iter().enumerate() {
                    sql = sql.replace(&format!("#{}", n + 1), &format!("'{id}'"));
                }
                assert!(damage(&database.url(), &sql) > 0, "{kind}: {sql}");
            }
            (database, app, ids, head)
        };
        let sql = |text: &str| vec![text.to_owned()];
        // An entry that was changed, in whichever column.
        for set in [
            "actor = 'token:y'",
            "role = 'operator'",
            "on_behalf_of = 'x'",
            "action = 'no such action'",
            "subject_kind = 'x'",
            "subject_id = 'x'",
            "details = '{}'",
            "details = 'no JSON'",
            "at = '2027-01-04 09:00:01'",
        ] {
            let (_kept, app, ids, _) =
                damaged(&sql(&format!("UPDATE audit_entries SET {set} WHERE id = #4")));
            assert_eq!(broken(&app, None), (4, Some(ids[3].clone())), "{kind}: {set}");
        }
        // A hash that was changed.
        let (_kept, app, ids, _) =
            damaged(&sql("UPDATE audit_chain SET hash = hash || '0' WHERE position = 2"));
        assert_eq!(broken(&app, None), (2, Some(ids[1].clone())));
        // An entry that is gone; with its link; and with the gap closed.
        let (_kept, app, ids, _) = damaged(&sql("DELETE FROM audit_entries WHERE id = #3"));
        assert_eq!(broken(&app, None), (3, Some(ids[2].clone())));
        let gone = ["DELETE FROM audit_entries WHERE id = #3", "DELETE FROM audit_chain WHERE position = 3"];
        let (_kept, app, ..) = damaged(&gone.map(str::to_owned));
        assert_eq!(broken(&app, None), (3, None));
        let closed = gone.into_iter().map(str::to_owned).chain(
            (4..=6).map(|n| format!("UPDATE audit_chain SET position = {} WHERE position = {n}", n - 1)),
        );
        let (_kept, app, ids, _) = damaged(&closed.collect::<Vec<_>>());
        assert_eq!(broken(&app, None), (3, Some(ids[3].clone())));
        // Two that were swapped.
        let (_kept, app, ids, _) = damaged(&[
            "UPDATE audit_chain SET position = 99 WHERE position = 2".to_owned(),
            "UPDATE audit_chain SET position = 2 WHERE position = 5".to_owned(),
            "UPDATE audit_chain SET position = 5 WHERE position = 99".to_owned(),
        ]);
        assert_eq!(broken(&app, None), (2, Some(ids[4].clone())));
        // One that was put in between, and the rest moved on.
        let made = "INSERT INTO audit_entries SELECT 'made up', at, actor, role, on_behalf_of, action, subject_kind, \
                    'x', details FROM audit_entries WHERE id = #1";
        let mut inserted = vec![made.to_owned()];
        inserted.extend(
            (3..=6)
                .rev()
                .map(|n| format!("UPDATE audit_chain SET position = {} WHERE position = {n}", n + 1)),
        );
        inserted.push(
            "INSERT INTO audit_chain SELECT 3, 'made up', hash FROM audit_chain WHERE position = 2"
                .to_owned(),
        );
        let (_kept, app, ..) = damaged(&inserted);
        assert_eq!(broken(&app, None), (3, Some("made up".to_owned())));
        // One that nobody chains.
        let (_kept, app, ..) = damaged(&sql(made));
        assert_eq!(prove(&app).lost, ["made up"]);
        // A tail that was cut off is a chain as well: only a head that was noted tells.
        let (_kept, app, _, noted) = damaged(&[
            "DELETE FROM audit_entries WHERE id IN (#5, #6)".to_owned(),
            "DELETE FROM audit_chain WHERE position > 4".to_owned(),
        ]);
        assert_eq!(head(&app).position, 4);
        assert_eq!(broken(&app, Some(&noted)), (5, None));
        // New entries in the place of the old ones do not bring the head back.
        add(&app, 10..14);
        chain_all(&app);
        assert_eq!(head(&app).position, 8);
        assert_eq!(broken(&app, Some(&noted)).0, 6);
        // Nothing done: whole, with the head in it.
        let (_kept, app, _, noted) = damaged(&[]);
        add(&app, 10..14);
        chain_all(&app);
        assert!(audit::verify(&app, &auditor(), Some(&noted)).expect("looked at").chain.is_ok());
    });
}

#[test]
fn only_who_may_read_the_audit_takes_it() {
    for_each_service(|service: &Service| {
        let world = World::without_round(service);
        let hr = world.token("hr", Some(&world.council));
        for url in ["/v1/audit", "/v1/audit/head", "/v1/audit.ndjson"] {
            assert_eq!(service.anyone().get(url).status, 401);
            assert_eq!(hr.get(url).status, 403);
            assert_eq!(world.token("operator", None).get(url).status, 200);
        }
    });
}
