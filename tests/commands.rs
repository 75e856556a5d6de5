//! The commands of the binary, as somebody types them: start, stop, refuse, import, demonstrate.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

mod support;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::json;
use support::Database;

/// The binary with an empty environment but for what is given.
fn binary(folder: &Path, url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_library-swap"));
    command
        .current_dir(folder)
        .env("LIBRARY_SWAP__DATABASE__URL", url)
        .env("LIBRARY_SWAP__SERVER__LISTEN", "127.0.0.1:0")
        .env("LIBRARY_SWAP__MAIL__COALESCE_SECONDS", "0")
        .env("LIBRARY_SWAP__MAIL__DIGEST", "off")
        .env("LIBRARY_SWAP__MAIL__FOLDER", folder.join("mail"));
    command
}

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

/// A process that serves, killed when the test ends.
struct Served(Child);

impl Served {
    /// Starts `serve` and waits until it says where it listens.
    fn start(command: &mut Command) -> (Self, String) {
        let log = tempfile::NamedTempFile::new().expect("a file");
        let file = log.reopen().expect("a file");
        let child = command.arg("serve").stderr(Stdio::from(file)).spawn().expect("the binary runs");
        let mut served = Self(child);
        for _ in 0..200 {
            let said = std::fs::read_to_string(log.path()).expect("a log");
            if let Some((_, after)) = said.split_once("listening on: ") {
                let address = after.split_whitespace().next().unwrap_or_default();
                return (served, format!("http://{address}"));
            }
            if let Some(status) = served.0.try_wait().expect("a status") {
                panic!("serve ended with {status}: {said}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("serve does not listen");
    }

    /// Sends SIGTERM and waits for the exit code.
    fn terminate(mut self) -> i32 {
        support::terminate(&self.0);
        self.0.wait().expect("it ends").code().expect("an exit code, not a signal")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|status| status.is_none()) {
            self.0.kill().expect("killed");
            self.0.wait().expect("ended");
        }
    }
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
