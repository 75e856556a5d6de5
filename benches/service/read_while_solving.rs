//! How much slower reading is while a run is solved, and how soon a run that is called off has ended.
//!
//! On each database: a served API with 200 libraries, reading requests one after the other every 5 ms, before, while
//! and after a thread of the same process solves the round file, as `library-swap serve` does. Prints medians and 95th
//! percentiles; exit code 1 where the median more than doubles.
//!
//! ```sh
//! cargo bench --bench read_while_solving -- large.json [THREADS]
//! ```
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command that says what it measures, and ends where it cannot"
)]

#[macro_use]
#[path = "../../tests/loud/mod.rs"]
mod loud;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use library_swap::domain::ids::RunId;
use library_swap::domain::run::{Run, RunOptions};
use library_swap::domain::states::{RunKind, RunState};
use library_swap::files::Round;
use library_swap::store::{StoreError, runs};
use library_swap::worker::{Stop, solve_runs};
use serde_json::{Value, json};
use support::{Client, Service, for_each_service};

const LIBRARIES: usize = 200;
const REQUESTS: usize = 1_500;
const PAUSE: Duration = Duration::from_millis(5);
/// Solving begins with reading the file and building the problem; what is measured is all of it.
const TIME_LIMIT_SECONDS: i64 = 600;

fn main() -> ExitCode {
    // Cargo adds `--bench`; without a file there is nothing to measure (`cargo test --benches`).
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let Some(file) = words.next().map(PathBuf::from) else {
        eprintln!("usage: cargo bench --bench read_while_solving -- ROUND.json [THREADS]");
        return ExitCode::SUCCESS;
    };
    let threads = words.next().map_or(1, |word| word.parse().expect("a number of threads"));
    let bytes = std::fs::read(&file).expect("the round file");
    let round = Round::read(&bytes).expect("a round");
    let slow = AtomicBool::new(false);
    for_each_service(|service| {
        if measure(service, &round, threads) > 2.0 {
            slow.store(true, Ordering::SeqCst);
        }
    });
    if slow.load(Ordering::SeqCst) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn id_of(thing: &Value) -> String {
    thing["id"].as_str().expect("an id").to_owned()
}

/// What is read: a page of libraries, a search, a round, and the run itself. Gives the round.
fn fill(organiser: &Client) -> String {
    let employer = id_of(&organiser.post("/v1/employers", &json!({ "name": "County" })).expect(201));
    for n in 0..LIBRARIES {
        let body = json!({
            "reference": format!("library-{n}"), "name": format!("Library {n}"), "sectors": ["public"],
            "employers": [employer], "point": { "latitude": 52.0, "longitude": -2.0 },
            "time_zone": "Europe/London",
        });
        organiser.post("/v1/libraries", &body).expect(201);
    }
    let body = json!({
        "name": "Spring 2027", "time_zone": "Europe/London", "sign_up_until": "2027-01-31",
        "answer_until": "2027-02-14", "dates": ["2027-03-01"],
    });
    id_of(&organiser.post("/v1/rounds", &body).expect(201))
}

/// Puts a run on the file into the queue, as if a round had been frozen to it.
fn queue(service: &Service, of: &str, round: &Round, threads: i64) -> String {
    let now = service.app.now().expect("now");
    let run = Run {
        id: RunId::new(now.id("run")),
        round: of.parse().expect("an id"),
        kind: RunKind::Solved,
        state: RunState::Queued,
        edited_from: None,
        override_reason: None,
        options: RunOptions {
            seed: 0,
            time_limit_seconds: TIME_LIMIT_SECONDS,
            work: None,
            gap: 0.0,
            threads,
        },
        round_revision: 0,
        round_sha256: round.sha256(),
        progress: None,
        cancel_asked: false,
        result: None,
        error: None,
        created_at: now.utc(),
        finished_at: None,
    };
    let file = round.canonical();
    service
        .app
        .store
        .write(|tx| runs::insert(tx, &run, &file, None))
        .map_err(|e: StoreError| e)
        .expect("queued");
    run.id.to_string()
}

/// Median and 95th percentile of reading, in milliseconds.
fn read(client: &Client, urls: &[String], what: &str) -> (f64, f64) {
    let mut times: Vec<Duration> = Vec::new();
    for n in 0..REQUESTS {
        std::thread::sleep(PAUSE);
        let begun = Instant::now();
        assert_eq!(client.get(&urls[n % urls.len()]).status, 200);
        times.push(begun.elapsed());
    }
    times.sort();
    let at = |part: usize| times[times.len() * part / 100].as_secs_f64() * 1_000.0;
    let (median, most) = (at(50), at(95));
    println!("{what:>16}: median {median:.2} ms, 95 % within {most:.2} ms");
    (median, most)
}

/// How many times slower the median is while a run is solved.
fn measure(service: &Service, round: &Round, threads: i64) -> f64 {
    println!("{:?}, {threads} solver threads", service.app.store.backend());
    let organiser = service.organiser();
    let of = fill(&organiser);
    let run = queue(service, &of, round, threads);
    let urls: Vec<String> = [
        "/v1/libraries?limit=50".to_owned(),
        "/v1/libraries?q=library%2011".to_owned(),
        format!("/v1/rounds/{of}"),
        format!("/v1/runs/{run}"),
    ]
    .into();
    let seen = || organiser.get(&urls[3]).expect(200);
    read(&organiser, &urls, "warming up");
    let (before, _) = read(&organiser, &urls, "before");
    let stop = Stop::new();
    let (during, ended) = std::thread::scope(|scope| {
        scope.spawn(|| solve_runs(&service.app, "bench", &stop));
        while seen()["state"] == "queued" {
            std::thread::sleep(PAUSE);
        }
        let (during, _) = read(&organiser, &urls, "while solving");
        let last = seen();
        println!("{:>16}: {}, {}", "the run", last["state"], last["progress"]);
        let begun = Instant::now();
        let solving = last["state"] == "solving";
        if solving {
            organiser.send("POST", &format!("{}/cancel", urls[3]), &[], &[]);
        }
        while seen()["state"] == "solving" {
            std::thread::sleep(PAUSE);
        }
        stop.ask();
        (during, solving.then(|| begun.elapsed()))
    });
    match ended {
        Some(time) => println!("{:>16}: verified and stored after {:.2} s", "called off", time.as_secs_f64()),
        None => println!("{:>16}: ended while reading was measured: take a larger round", "the run"),
    }
    let (after, _) = read(&organiser, &urls, "after");
    let ratio = during / ((before + after) / 2.0);
    println!("{:>16}: {ratio:.2}", "times slower");
    ratio
}
