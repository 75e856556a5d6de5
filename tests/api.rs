//! The API against a real server on each database: stories, doors, bad input, limits, documents.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it skips"
)]

#[macro_use]
mod loud;

#[path = "api/again.rs"]
mod again;
#[path = "api/alternatives.rs"]
mod alternatives;
#[path = "api/attacks.rs"]
mod attacks;
#[path = "api/bad_input.rs"]
mod bad_input;
#[path = "api/certificates.rs"]
mod certificates;
#[path = "api/clicks.rs"]
mod clicks;
#[path = "api/dates.rs"]
mod dates;
#[path = "api/day.rs"]
mod day;
#[path = "api/deadlines.rs"]
mod deadlines;
#[path = "api/deliveries.rs"]
mod deliveries;
#[path = "api/deputies.rs"]
mod deputies;
#[path = "api/digests.rs"]
mod digests;
#[path = "api/documents.rs"]
mod documents;
#[path = "api/doors.rs"]
mod doors;
#[path = "api/edits.rs"]
mod edits;
#[path = "api/explanations.rs"]
mod explanations;
#[path = "api/feeds.rs"]
mod feeds;
mod hostile_mails;
#[path = "api/hosting.rs"]
mod hosting;
#[path = "api/idea_outlets.rs"]
mod idea_outlets;
#[path = "api/idea_search.rs"]
mod idea_search;
#[path = "api/ideas.rs"]
mod ideas;
#[path = "api/impact.rs"]
mod impact;
#[path = "api/inbound.rs"]
mod inbound;
#[path = "api/languages.rs"]
mod languages;
#[path = "api/limits.rs"]
mod limits;
#[path = "api/links.rs"]
mod links;
#[path = "api/lists.rs"]
mod lists;
#[path = "api/locks.rs"]
mod locks;
#[path = "api/looks.rs"]
mod looks;
#[path = "api/mails.rs"]
mod mails;
#[path = "api/mended.rs"]
mod mended;
#[path = "api/opening.rs"]
mod opening;
#[path = "api/outlook.rs"]
mod outlook;
#[path = "api/packs.rs"]
mod packs;
#[path = "api/pages.rs"]
mod pages;
mod programme;
#[path = "api/proofs.rs"]
mod proofs;
#[path = "api/publication.rs"]
mod publication;
#[path = "api/releases.rs"]
mod releases;
#[path = "api/repairs.rs"]
mod repairs;
#[path = "api/reserves.rs"]
mod reserves;
#[path = "api/runs.rs"]
mod runs;
#[path = "api/shapes.rs"]
mod shapes;
#[path = "api/sign_in.rs"]
mod sign_in;
#[path = "api/sign_up.rs"]
mod sign_up;
#[path = "api/story.rs"]
mod story;
mod support;
#[path = "api/swaps.rs"]
mod swaps;
#[path = "api/tasks.rs"]
mod tasks;
#[path = "api/tokens.rs"]
mod tokens;
#[path = "api/trace.rs"]
mod trace;
#[path = "api/trail.rs"]
mod trail;
#[path = "api/world.rs"]
mod world;
