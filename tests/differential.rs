//! The engine against another solver: rounds of real libraries and simulated people (`make_round.py`) are solved by the
//! command line, their models (`--model`) by HiGHS, and the two must agree: the same optimum, or certified intervals
//! that contain each other's values.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;
mod make_round;

use std::path::Path;
use std::process::Command;

use library_swap::files::{Round, Schedule};
use library_swap::verify::{Subject, verify};
use make_round::make_round;
use serde_json::Value;

/// How many rounds, how large, and how long each solver may take.
struct Extent {
    rounds: usize,
    /// People at least, and how many more at most.
    staff: (usize, usize),
    /// Every so many rounds one of 300 to 400 people.
    medium_every: Option<usize>,
    seconds: u32,
}

/// Arguments of `make_round.py`: every balance, a third without features, a fifth strict, another seed and area each.
fn arguments(n: usize, extent: &Extent) -> Vec<String> {
    const AREAS: [&str; 8] = [
        "near:S1 2HE:45",
        "near:M1 1AD:70",
        "region:London",
        "region:South West",
        "country:Wales",
        "country:Scotland",
        "region:North East",
        "near:WR1 3PB:60",
    ];
    let balance = ["0", "1", "2", "off"][n % 4];
    let is_medium = extent.medium_every.is_some_and(|every| n % every == every - 1);
    let (least, more) = if is_medium { (300, 100) } else { extent.staff };
    let staff = least + n * 7919 % (more + 1);
    let (hosts, days) = (8 + staff / 3 + n % 5, if is_medium { 20 } else { 3 + n % 9 });
    let mut words = vec![
        "--balance".to_owned(),
        balance.to_owned(),
        "--seed".to_owned(),
        (n + 1).to_string(),
        "--area".to_owned(),
        AREAS[n / 4 % 8].to_owned(),
        "--staff".to_owned(),
        staff.to_string(),
        "--hosts".to_owned(),
        hosts.to_string(),
        "--days".to_owned(),
        days.to_string(),
    ];
    if !n.is_multiple_of(3) {
        words.extend(["--features".to_owned(), "all".to_owned()]);
    }
    if n.is_multiple_of(5) {
        words.extend(["--placement-weight".to_owned(), "strict".to_owned()]);
    }
    words
}

/// Whether there is a Python with highspy; no, loudly, where there is none.
fn has_highs() -> bool {
    let required = std::env::var("LIBRARY_SWAP_REQUIRE_PYTHON").is_ok_and(|value| value == "1");
    let importable = Command::new("python3").args(["-c", "import highspy"]).output();
    let has_it = importable.is_ok_and(|output| output.status.success());
    if !has_it {
        assert!(
            !required,
            "Python's highspy is required, and it is not there (tests/python/requirements.txt)"
        );
        skip!("Python's highspy is not there (tests/python/requirements.txt)");
    }
    has_it
}

fn succeed(command: &mut Command) -> Vec<u8> {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Solves a round by the command line, lets the checker prove it, and HiGHS judge it. Whether both are optimal.
fn compare(words: &[String], round: &Path, extent: &Extent) -> bool {
    let (schedule, model) = (round.with_extension("schedule.json"), round.with_extension("mps"));
    let limit = format!("{}s", extent.seconds);
    succeed(
        Command::new(env!("CARGO_BIN_EXE_library-swap"))
            .arg("match")
            .arg(round)
            .args(["--time-limit", &limit, "-o"])
            .arg(&schedule)
            .arg("--model")
            .arg(&model),
    );
    let round = Round::read(&std::fs::read(round).expect("a round")).expect("a round");
    let schedule = Schedule::read(&std::fs::read(&schedule).expect("a schedule")).expect("a schedule");
    let report = verify(&Subject::Round(&round), &schedule);
    assert!(report.is_clean(), "{words:?}: {:?}", report.breaches);

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/solve_mps.py");
    let judged = succeed(Command::new("python3").arg(script).arg(extent.seconds.to_string()).arg(&model));
    // HiGHS greets first.
    let judged = String::from_utf8(judged).expect("text");
    let judged: Value = serde_json::from_str(judged.lines().last().expect("a line")).expect("JSON");
    let ours = &schedule.objective;
    let about = || format!("{words:?}: ours {ours:?}, HiGHS {judged}");
    if let Some(value) = judged["value"].as_i64() {
        assert!(value <= ours.bound, "{}", about());
        if judged["optimal"] == true {
            assert!(ours.value <= value, "{}", about());
            assert!(!ours.optimal || ours.value == value, "{}", about());
        }
    }
    let bound = judged["bound"].as_f64().expect("a number");
    let value: f64 = ours.value.to_string().parse().expect("a number");
    // HiGHS adds in doubles: a part in ten million is its tolerance, not a contradiction.
    assert!(value <= bound + 1e-7 * bound.abs() + 1e-3, "{}", about());
    ours.optimal && judged["optimal"] == true
}

fn compare_all(extent: &Extent) {
    if !has_highs() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut agreed = 0;
    for n in 0..extent.rounds {
        let round = folder.path().join("round.json");
        let words = arguments(n, extent);
        let Some(made) = make_round(&words.iter().map(String::as_str).collect::<Vec<_>>()) else { return };
        std::fs::write(&round, made).expect("a file");
        agreed += usize::from(compare(&words, &round, extent));
    }
    eprintln!(
        "{} rounds: {agreed} with the same optimum, the others within each other's intervals",
        extent.rounds
    );
    assert!(3 * agreed >= 2 * extent.rounds, "only {agreed} of {} were proven by both", extent.rounds);
}

#[test]
fn another_solver_finds_the_same_optimum_of_small_rounds() {
    compare_all(&Extent { rounds: 24, staff: (15, 45), medium_every: None, seconds: 20 });
}

/// In full, some hours on two cores: `cargo test --release --locked --test differential -- --ignored --nocapture`.
#[test]
#[ignore = "takes long"]
fn another_solver_finds_the_same_optimum_of_two_hundred_rounds() {
    compare_all(&Extent { rounds: 200, staff: (20, 150), medium_every: Some(5), seconds: 60 });
}
