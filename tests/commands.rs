//! The commands of the binary, as somebody types them: start, stop, refuse, import, demonstrate.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

mod support;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::json;
use support::Database;
use support::served::{Served, binary};

fn run(command: &mut Command) -> Output {
    command.output().expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if !path.exists() {
        skip!("{} is not here", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn a_second_serve_on_the_same_sqlite_file_refuses_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, url) = Served::start(&mut binary(folder.path(), "sqlite:data/x.db"));
    let ready = support::Client::new(&url, None).get("/readyz");
    assert_eq!(ready.status, 200, "{}", ready.text());
    let second = run(binary(folder.path(), "sqlite:data/x.db").arg("serve"));
    assert_eq!(code(&second), 1);
    assert!(text(&second.stderr).contains("another process serves data/x.db already"), "{second:?}");
    assert_eq!(first.terminate(), 0, "SIGTERM ends it in order");
    let (third, _) = Served::start(&mut binary(folder.path(), "sqlite:data/x.db"));
    assert_eq!(third.terminate(), 0);
}

#[test]
fn a_solver_of_its_own_solves_what_a_serving_process_leaves_to_it() {
    support::for_each_url(|_, url| {
        let folder = tempfile::tempdir().expect("a folder");
        let apart = |command: &str| {
            let mut process = binary(folder.path(), url);
            process.env("LIBRARY_SWAP__MATCHING__SOLVER", "apart").arg(command);
            process
        };
        let token = text(&run(&mut apart("init")).stdout);
        let mut serve = binary(folder.path(), url);
        serve.env("LIBRARY_SWAP__MATCHING__SOLVER", "apart");
        let (served, address) = Served::start(&mut serve);
        let organiser = support::Client::new(&address, Some(token.trim()));
        let today = chrono::Utc::now().date_naive();
        let on = |days: u64| (today + chrono::Days::new(days)).to_string();
        let round = organiser.post(
            "/v1/rounds",
            &json!({
                "name": "Nobody’s", "time_zone": "UTC", "sign_up_until": on(2), "answer_until": on(4), "dates": [on(9)],
            }),
        );
        let round = format!("/v1/rounds/{}", round.expect(201)["id"].as_str().expect("an id"));
        organiser.step(&format!("{round}/open")).expect(200);
        let reason = json!({ "early_reason": "nobody comes" });
        organiser.post(&format!("{round}/close"), &reason).expect(200);
        let started = organiser.step(&format!("{round}/runs"));
        started.expect(202);
        let run = started.header("location").expect("a location").to_owned();
        std::thread::sleep(Duration::from_millis(800));
        assert_eq!(organiser.get(&run).expect(200)["state"], "queued", "the serving process leaves it");
        let solver = Served(apart("solver").stderr(Stdio::null()).spawn().expect("the binary runs"));
        let solved = || organiser.get(&run).expect(200)["state"] == "finished";
        assert!((0..200).any(|_| solved() || {
            std::thread::sleep(Duration::from_millis(50));
            false
        }));
        assert_eq!(solver.terminate(), 0, "SIGTERM ends it in order");
        assert_eq!(served.terminate(), 0);
    });
}

#[test]
fn a_solver_makes_no_database_and_names_the_cure() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = run(binary(folder.path(), "sqlite:data/x.db").arg("solver"));
    assert_eq!(code(&refused), 2);
    assert!(text(&refused.stderr).contains("library-swap init"), "{refused:?}");
    assert!(!folder.path().join("data").exists());
}

#[test]
fn the_lock_of_an_sqlite_file_is_its_own_and_found_under_every_name_of_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_first, _) = Served::start(&mut binary(folder.path(), "sqlite:data/x.lock"));
    assert!(std::fs::metadata(folder.path().join("data/x.lock")).expect("a file").len() > 0, "not emptied");
    std::os::unix::fs::symlink("x.lock", folder.path().join("data/other.db")).expect("a link");
    let second = run(binary(folder.path(), "sqlite:data/other.db").arg("serve"));
    assert_eq!(code(&second), 1, "{second:?}");
    let (_neighbour, _) = Served::start(&mut binary(folder.path(), "sqlite:data/x.db"));
}

#[test]
fn an_sqlite_file_is_readable_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(code(&run(binary(folder.path(), "sqlite:data/x.db").arg("init"))), 0);
    let mode = std::fs::metadata(folder.path().join("data/x.db")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

#[test]
fn several_processes_serve_one_postgresql() {
    support::for_each_url(|database, url| {
        if matches!(database, Database::Sqlite(_)) {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let (first, _) = Served::start(&mut binary(folder.path(), url));
        let (second, address) = Served::start(&mut binary(folder.path(), url));
        assert_eq!(support::Client::new(&address, None).get("/readyz").status, 200);
        assert_eq!((first.terminate(), second.terminate()), (0, 0));
    });
}

#[test]
fn a_database_of_another_kind_is_refused_by_its_scheme() {
    let folder = tempfile::tempdir().expect("a folder");
    for wrong in ["mysql://localhost/x", "data.db", "postgress://localhost/x", ""] {
        let refused = run(binary(folder.path(), wrong).arg("migrate"));
        assert_eq!(code(&refused), 2, "{wrong}");
        assert!(text(&refused.stderr).contains("LIBRARY_SWAP__DATABASE__URL"), "{}", text(&refused.stderr));
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing was made");
}

#[test]
fn the_first_token_is_shown_once_and_a_second_init_refuses() {
    support::for_each_url(|_, url| {
        let folder = tempfile::tempdir().expect("a folder");
        let first = run(binary(folder.path(), url).arg("init"));
        assert_eq!(code(&first), 0, "{}", text(&first.stderr));
        let token = text(&first.stdout);
        assert!(
            token.starts_with("lsw_") && token.lines().count() == 1,
            "only the token, for scripts: {token}"
        );
        let second = run(binary(folder.path(), url).arg("init"));
        assert_eq!(code(&second), 1);
        assert!(
            text(&second.stdout).is_empty() && text(&second.stderr).contains("init --again"),
            "{second:?}"
        );
        assert_eq!(code(&run(binary(folder.path(), url).args(["init", "--again"]))), 0);
    });
}

#[test]
fn doctor_names_each_failure_with_its_cure() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = run(binary(folder.path(), "sqlite:data/x.db").arg("doctor"));
    assert_eq!(code(&before), 1);
    let said = text(&before.stdout);
    assert!(said.contains("FAILED  database: data/x.db is not there"), "{said}");
    assert!(said.contains("Run `library-swap init`"), "{said}");
    assert!(!folder.path().join("data/x.db").exists(), "asking makes nothing");
    assert!(said.contains("tzdata"), "{said}");
    assert_eq!(code(&run(binary(folder.path(), "sqlite:data/x.db").arg("migrate"))), 0);
    assert_eq!(code(&run(binary(folder.path(), "sqlite:data/x.db").arg("doctor"))), 0);
    let mut away = binary(folder.path(), "postgres://nobody:hunter2@127.0.0.1:1/none");
    let away = run(away.arg("doctor"));
    assert_eq!(code(&away), 1);
    let said = text(&away.stdout);
    assert!(said.contains("FAILED  database") && !said.contains("hunter2"), "{said}");
}

#[test]
fn a_misspelt_key_is_refused_with_the_right_one() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("own.toml"), "[server]\nlisten = \"127.0.0.1:0\"\nworkerz = 3\n")
        .expect("a file");
    let refused = run(binary(folder.path(), "sqlite:x.db").args(["--config", "own.toml", "doctor"]));
    assert_eq!(code(&refused), 2);
    let said = text(&refused.stderr);
    assert!(said.contains("workerz") && said.contains("maybe `server.workers`"), "{said}");
}

#[test]
fn a_real_list_is_imported_once_and_the_second_time_changes_nothing() {
    let Some(list) = shared("data/libraries_gb.csv") else { return };
    support::for_each_url(|database, url| {
        let folder = tempfile::tempdir().expect("a folder");
        let early = run(binary(folder.path(), url).args(["import", "libraries"]).arg(&list));
        assert_eq!(code(&early), 2, "an import makes no tables");
        let first = if matches!(database, Database::Postgres { .. }) { "migrate" } else { "init" };
        assert!(text(&early.stderr).contains(&format!("run `library-swap {first}` first")), "{early:?}");
        assert_eq!(code(&run(binary(folder.path(), url).arg("migrate"))), 0);
        let import = |more: &[&str]| {
            let output = run(binary(folder.path(), url).args(["import", "libraries"]).arg(&list).args(more));
            assert_eq!(code(&output), 0, "{}", text(&output.stderr));
            text(&output.stdout)
        };
        let dry = import(&[]);
        assert!(dry.contains("would be written: 7347 new"), "{dry}");
        assert!(dry.contains("CSV, UTF-8, separated by commas"), "{dry}");
        for words in ["7347 rows read, 0 left out", "483 closed", "2513 unverified", "32 without a point"] {
            assert!(dry.contains(words), "{words}: {dry}");
        }
        assert!(import(&["--apply"]).contains("written: 7347 new"), "the dry run wrote nothing");
        let again = import(&["--apply"]);
        assert!(again.contains("written: 0 new, 0 changed; 7347 unchanged"), "{again}");
    });
}

#[test]
fn a_list_with_rows_that_cannot_be_taken_is_not_written_unless_told_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = "id,name,sector,operator\na,Good,public,Council\nb,,public,Council\n";
    std::fs::write(folder.path().join("list.csv"), list).expect("a file");
    let import = |more: &[&str]| {
        let mut command = binary(folder.path(), "sqlite:x.db");
        let output = run(command.args(["import", "libraries", "list.csv"]).args(more));
        (code(&output), text(&output.stdout))
    };
    assert_eq!(import(&["--apply"]).0, 2, "without a database");
    assert!(!folder.path().join("x.db").exists(), "nothing is made");
    assert_eq!(code(&run(binary(folder.path(), "sqlite:x.db").arg("migrate"))), 0);
    let (refused, said) = import(&["--apply"]);
    assert_eq!(refused, 1, "{said}");
    assert!(said.contains("line 3, name"), "{said}");
    let (written, said) = import(&["--apply", "--partial"]);
    assert_eq!(written, 0, "{said}");
    assert!(said.contains("written: 1 new"), "{said}");
}

#[test]
fn nobody_has_to_read_to_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut doctor = Command::new(env!("CARGO_BIN_EXE_library-swap"))
        .current_dir(folder.path())
        .arg("doctor")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    drop(doctor.stdout.take());
    let ended = doctor.wait_with_output().expect("its end");
    assert_eq!((code(&ended), text(&ended.stderr).as_str()), (1, ""), "as with a reader, and no panic");
}

#[test]
fn the_demonstration_holds_what_it_promises() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = run(Command::new(env!("CARGO_BIN_EXE_library-swap"))
        .current_dir(folder.path())
        .args(["demo", "--exit", "--staff", "30"]));
    let said = text(&demo.stdout);
    assert_eq!(code(&demo), 0, "{said}\n{}", text(&demo.stderr));
    assert_eq!(said.matches("  ✓ ").count(), 8, "{said}");
    let again = run(Command::new(env!("CARGO_BIN_EXE_library-swap"))
        .current_dir(folder.path())
        .args(["demo", "--exit", "--folder", "."]));
    assert_eq!(code(&again), 2, "a folder with other things is never replaced");
    let lock = std::fs::File::options()
        .append(true)
        .open(folder.path().join("library-swap-demo/library-swap.db.lock"))
        .expect("the lock");
    lock.lock().expect("as a demonstration that still serves");
    let meanwhile = run(Command::new(env!("CARGO_BIN_EXE_library-swap"))
        .current_dir(folder.path())
        .args(["demo", "--exit"]));
    assert_eq!(code(&meanwhile), 1, "a demonstration that still serves is never replaced");
    assert!(text(&meanwhile.stderr).contains("another process serves"), "{}", text(&meanwhile.stderr));
    let mails = std::fs::read_dir(folder.path().join("library-swap-demo/mails")).expect("mails");
    let invitations: Vec<PathBuf> = mails
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ics"))
        .collect();
    assert!(invitations.len() > 20, "{} invitations", invitations.len());
    judge(
        "import sys, icalendar\nfor f in sys.argv[1:]:\n  c = icalendar.Calendar.from_ical(open(f,'rb').read())\n  \
           e = [x for x in c.walk('VEVENT')]\n  assert len(e) == 1 and e[0].decoded('dtstart').utcoffset() is not None",
        &invitations,
    );
    let schedules = std::fs::read_dir(folder.path().join("library-swap-demo/schedules")).expect("schedules");
    let schedules: Vec<PathBuf> = schedules.map(|entry| entry.expect("an entry").path()).collect();
    judge(
        "import sys, csv\nfor f in sys.argv[1:]:\n  rows = list(csv.DictReader(open(f, newline='')))\n  \
           assert rows and all(r['status'] == 'confirmed' for r in rows), f",
        &schedules,
    );
}

/// The lines of the README's block after a heading.
fn readme_block(heading: &str) -> String {
    let readme = include_str!("../README.md");
    let (_, after) = readme.split_once(heading).expect("the heading");
    let (_, block) = after.split_once("```sh\n").expect("a block");
    block.split_once("```").expect("its end").0.to_owned()
}

#[test]
fn a_round_by_hand_goes_as_the_readme_says() {
    if Command::new("curl").arg("--version").output().is_err()
        || Command::new("bash").arg("--version").output().is_err()
    {
        skip!("curl or bash is not here");
        return;
    }
    support::for_each_url(|_, url| {
        let folder = tempfile::tempdir().expect("a folder");
        let own = || {
            let mut command = binary(folder.path(), url);
            command.env("LIBRARY_SWAP__MAIL__FOLDER", "data/mail");
            command
        };
        let token = text(&run(own().arg("init")).stdout);
        // Links in mails begin with the public address: a port that is free right now.
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("one").port();
        let address = format!("127.0.0.1:{port}");
        let (served, _) = Served::start(
            own()
                .env("LIBRARY_SWAP__SERVER__LISTEN", &address)
                .env("LIBRARY_SWAP__SERVER__PUBLIC_URL", format!("http://{address}")),
        );
        let lines = readme_block("### A round by hand").replace("127.0.0.1:8080", &address);
        let tour = run(Command::new("bash")
            .current_dir(folder.path())
            .env("TOKEN", token.trim())
            .env("no_proxy", "*")
            .args(["-e", "-c", &lines]));
        let said = text(&tour.stdout);
        assert_eq!(code(&tour), 0, "{said}\n{}", text(&tour.stderr));
        assert!(said.contains("\"placed\":2"), "{said}");
        let row = said.lines().last().expect("a row");
        assert!(row.contains(",confirmed,Spring,campus employer,Ann of campus,"), "{said}");
        assert_eq!(served.terminate(), 0);
    });
}

/// Lets Python's own libraries read files.
fn judge(program: &str, files: &[PathBuf]) {
    let required = std::env::var("LIBRARY_SWAP_REQUIRE_PYTHON").is_ok_and(|value| value == "1");
    let importable = Command::new("python3").args(["-c", "import icalendar"]).output();
    if !importable.is_ok_and(|output| output.status.success()) {
        assert!(!required, "Python's icalendar is required, and it is not there");
        skip!("Python's icalendar is not there");
        return;
    }
    let judged = run(Command::new("python3").args(["-c", program]).args(files));
    assert_eq!(code(&judged), 0, "{}", text(&judged.stderr));
}

/// Waits until the worker has chained everything; gives the head as it is noted.
fn chained(client: &support::Client) -> String {
    for _ in 0..200 {
        let head = client.get("/v1/audit/head").expect(200);
        if head["waiting"] == 0 {
            return head["noted_as"].as_str().expect("a head").to_owned();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the audit is not chained");
}

#[test]
fn the_audit_is_proven_by_command_in_the_database_and_as_an_export() {
    support::for_each_url(|_, url| {
        let folder = tempfile::tempdir().expect("a folder");
        let verify = |args: &[&str]| {
            let output = run(binary(folder.path(), url).args(["audit", "verify"]).args(args));
            (code(&output), text(&output.stdout) + &text(&output.stderr))
        };
        let init = run(binary(folder.path(), url).arg("init"));
        let token = text(&init.stdout).trim().to_owned();
        let (served, address) = Served::start(&mut binary(folder.path(), url));
        let client = support::Client::new(&address, Some(&token));
        for n in 0..4 {
            client.post("/v1/employers", &json!({ "name": format!("Employer {n}") })).expect(201);
        }
        let head = chained(&client);
        let export = client.get("/v1/audit.ndjson").text();
        assert_eq!(served.terminate(), 0);
        std::fs::write(folder.path().join("audit.ndjson"), &export).expect("written");
        for args in [
            vec![],
            vec!["audit.ndjson"],
            vec!["--head", head.as_str()],
            vec!["audit.ndjson", "--head", head.as_str()],
        ] {
            let (code, said) = verify(&args);
            assert_eq!(code, 0, "{said}");
            assert!(
                said.contains("proved: 5 entries\n") && said.contains(&format!("head: {head}\n")),
                "{said}"
            );
        }
        // Cut off, changed, no line, no file, no head.
        let lines: Vec<&str> = export.lines().collect();
        let write = |lines: &[&str]| {
            std::fs::write(folder.path().join("audit.ndjson"), lines.join("\n") + "\n").expect("written");
        };
        write(&lines[..3]);
        assert_eq!(verify(&["audit.ndjson"]).0, 0, "a shorter chain is one as well");
        let (cut, said) = verify(&["audit.ndjson", "--head", &head]);
        assert!(cut == 1 && said.contains("broken: position 4: is missing"), "{said}");
        let changed = lines[1].replacen("edit_employer", "edit_library", 1);
        write(&[lines[0], &changed, lines[2]]);
        let (found, said) = verify(&["audit.ndjson"]);
        assert!(found == 1 && said.contains("broken: position 2 (entry "), "{said}");
        write(&[lines[0], "{}"]);
        let (found, said) = verify(&["audit.ndjson"]);
        assert!(found == 1 && said.contains("broken: position 2: line 2 has no member `chain`"), "{said}");
        assert_eq!(verify(&["nowhere.ndjson"]).0, 2);
        assert_eq!(verify(&["--head", "57"]).0, 2);
        // The database itself, and what doctor says of it.
        let doctor = || {
            let output = run(binary(folder.path(), url).args(["doctor", "--quiet"]));
            text(&output.stdout).lines().find(|line| line.contains(" audit: ")).expect("a line").to_owned()
        };
        assert!(doctor().starts_with("ok      audit: 5 entries chained, 0 wait; "), "{}", doctor());
        assert!(doctor().contains("could change them"), "one role, or none: {}", doctor());
        let changed = "UPDATE audit_entries SET actor = 'anyone' WHERE action = 'edit_employer'";
        assert_eq!(support::damage(url, changed), 4);
        let (found, said) = verify(&[]);
        assert!(found == 1 && said.contains("broken: position 2 (entry "), "{said}");
        assert!(doctor().starts_with("FAILED  audit: position 2 (entry "), "{}", doctor());
    });
}

/// Two roles of PostgreSQL, gone at the end: who owns the tables, and who serves.
struct Roles<'a> {
    maintenance: &'a str,
    database: &'a str,
    owner: String,
    service: String,
}

impl<'a> Roles<'a> {
    fn make(maintenance: &'a str, database: &'a str) -> Self {
        let id = uuid::Uuid::now_v7().simple();
        let roles =
            Self { maintenance, database, owner: format!("owner_{id}"), service: format!("service_{id}") };
        for role in [&roles.owner, &roles.service] {
            roles
                .execute(maintenance, &format!("CREATE ROLE {role} LOGIN PASSWORD 'secret'"))
                .expect("a role");
        }
        let own = format!("ALTER DATABASE {database} OWNER TO {}", roles.owner);
        roles.execute(maintenance, &own).expect("owned");
        roles
    }

    fn execute(&self, url: &str, sql: &str) -> Result<(), String> {
        use diesel::connection::{Connection, SimpleConnection};
        let mut connection = diesel::PgConnection::establish(url).map_err(|error| error.to_string())?;
        connection.batch_execute(sql).map_err(|error| error.to_string())
    }

    /// The database as one of them.
    fn url(&self, role: &str) -> String {
        let url = support::cluster::with_database(self.maintenance, self.database);
        let (_, place) = url.split_once('@').expect("a user");
        format!("postgres://{role}:secret@{place}")
    }
}

impl Drop for Roles<'_> {
    fn drop(&mut self) {
        let database = support::cluster::with_database(self.maintenance, self.database);
        let (owner, service) = (&self.owner, &self.service);
        let gone = self
            .execute(self.maintenance, &format!("ALTER DATABASE {} OWNER TO CURRENT_USER", self.database))
            .and_then(|()| self.execute(&database, &format!("DROP OWNED BY {owner}, {service} CASCADE")))
            .and_then(|()| self.execute(self.maintenance, &format!("DROP ROLE {owner}, {service}")));
        if let Err(error) = gone {
            eprintln!("{owner} and {service} stay behind: {error}");
        }
    }
}

#[test]
fn on_postgresql_the_service_works_as_a_role_that_cannot_change_the_audit() {
    support::for_each_url(|database, _| {
        let Database::Postgres { maintenance, name, .. } = database else { return };
        let roles = Roles::make(maintenance, name);
        let (owner, service) = (roles.url(&roles.owner), roles.url(&roles.service));
        let folder = tempfile::tempdir().expect("a folder");
        let serving = || binary(folder.path(), &service);
        let migrate = |url: &str| {
            let output = run(serving().arg("migrate").env("LIBRARY_SWAP__DATABASE__MIGRATE_URL", url));
            (code(&output), text(&output.stdout) + &text(&output.stderr))
        };
        assert_eq!(code(&run(serving().arg("migrate"))), 2, "this role may make no tables");
        let (elsewhere, said) = migrate(maintenance);
        assert!(elsewhere == 2 && said.contains("its database is "), "{said}");
        assert!(!said.contains("secret"), "{said}");
        let (first, said) = migrate(&owner);
        assert!(first == 0 && said.contains("applied: "), "{said}");
        let (again, said) = migrate(&owner);
        assert!(again == 0 && said.contains("nothing to do"), "{said}");
        // The service knows nothing of the owner, and works.
        let init = run(serving().arg("init"));
        assert_eq!(code(&init), 0, "{init:?}");
        let (served, address) = Served::start(&mut serving());
        let client = support::Client::new(&address, Some(text(&init.stdout).trim()));
        client.post("/v1/employers", &json!({ "name": "Worcestershire" })).expect(201);
        let head = chained(&client);
        assert!(head.starts_with("2:"), "{head}");
        assert_eq!(served.terminate(), 0);
        for (sql, refused) in [
            ("UPDATE audit_entries SET role = 'x'", "permission denied for table audit_entries"),
            ("DELETE FROM audit_entries", "permission denied for table audit_entries"),
            ("TRUNCATE audit_entries CASCADE", "permission denied for table audit_"),
            ("UPDATE audit_chain SET hash = 'x'", "permission denied for table audit_chain"),
            ("DELETE FROM audit_chain", "permission denied for table audit_chain"),
            ("DROP TRIGGER audit_entries_append_only ON audit_entries", "must be owner of"),
            ("ALTER TABLE audit_entries DISABLE TRIGGER ALL", "must be owner of"),
            ("SET session_replication_role = replica", "permission denied to set parameter"),
            ("DROP TABLE audit_chain", "must be owner of"),
            ("DELETE FROM __diesel_schema_migrations", "permission denied for table"),
            ("CREATE TABLE mine (id TEXT)", "permission denied for schema"),
        ] {
            let words = roles.execute(&service, sql).expect_err(sql);
            assert!(words.contains(refused), "{sql}: {words}");
        }
        let doctor = text(&run(serving().args(["doctor", "--quiet"])).stdout);
        let line = doctor.lines().find(|line| line.contains(" audit: ")).expect("a line");
        assert!(
            line.starts_with("ok ") && line.ends_with("the service's role cannot change or delete them"),
            "{line}"
        );
        // Not even the owner changes an entry by accident.
        let words = roles.execute(&owner, "DELETE FROM audit_entries").expect_err("refused");
        assert!(words.contains("is append-only"), "{words}");
        let proved = run(serving().args(["audit", "verify", "--head", &head]));
        assert_eq!(code(&proved), 0, "{proved:?}");
    });
}
