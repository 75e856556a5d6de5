//! How long the parts take, on the preset medium: `cargo bench`.
//!
//! Rounds come from `../shared/rounds/make_round.py`; without it nothing is measured, and it is said.
#![allow(clippy::expect_used, clippy::print_stderr, reason = "a benchmark fails by panicking")]

#[macro_use]
#[path = "../tests/loud/mod.rs"]
mod loud;
#[path = "../tests/make_round/mod.rs"]
mod make_round;

use std::hint::black_box;
use std::ops::ControlFlow;

use criterion::{BatchSize, Criterion, SamplingMode, criterion_group, criterion_main};
use library_swap::files::{Round, Schedule};
use library_swap::matching::bench::Prepared;
use library_swap::matching::{Options, solve, write_mps};
use library_swap::verify::{Subject, verify};
use make_round::make_round;

/// Solves with so many units of work.
fn with_work(round: &Round, work: i64) -> Schedule {
    let options = Options { work: Some(work), ..Options::default() };
    solve(round, &options, &mut |_| ControlFlow::Continue(())).expect("a round that has a schedule")
}

fn parts(criterion: &mut Criterion) {
    for balance in ["0", "1"] {
        let Some(bytes) = make_round(&["--preset", "medium", "--balance", balance]) else { return };
        let round = Round::read(&bytes).expect("a right round");
        let schedule = with_work(&round, 1);
        let text = schedule.to_json();
        let mut group = criterion.benchmark_group(format!("medium, balance {balance}"));
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        group.bench_function("read the round", |bencher| bencher.iter(|| Round::read(black_box(&bytes))));
        group.bench_function("hash the round", |bencher| bencher.iter(|| black_box(&round).sha256()));
        group.bench_function("find the triples and write the model", |bencher| {
            bencher.iter(|| write_mps(black_box(&round), &mut std::io::sink()));
        });
        group.bench_function("find the triples", |bencher| bencher.iter(|| Prepared::new(black_box(&round))));
        let prepared = Prepared::new(&round).expect("a round that can be prepared");
        group.bench_function("one date's flow", |bencher| bencher.iter(|| black_box(&prepared).one_date(0)));
        group
            .bench_function("first prices", |bencher| bencher.iter(|| black_box(&prepared).root().is_some()));
        let root = prepared.root().expect("a round without locks");
        group.bench_function("ten steps of the pricing", |bencher| {
            bencher.iter_batched(
                || root.clone(),
                |mut root| (0..10).map(|_| root.step()).min(),
                BatchSize::LargeInput,
            );
        });
        group.bench_function("find the triples, start and report", |bencher| {
            bencher.iter(|| with_work(black_box(&round), 1));
        });
        group.bench_function("read the schedule", |bencher| {
            bencher.iter(|| Schedule::read(black_box(text.as_bytes())));
        });
        group.bench_function("verify", |bencher| {
            bencher.iter(|| verify(&Subject::Round(black_box(&round)), black_box(&schedule)));
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = parts
}
criterion_main!(benches);
