//! Every endpoint is asked by everybody, on what is theirs and what is not, in every state of a round; and each answer is
//! compared with what the table of permissions says. What changes something must leave an entry in the audit.
//!
//! `matrix/rows.rs` has a line for each endpoint, `matrix/scenes.rs` a round in each state, `matrix/callers.rs` who asks,
//! `matrix/table.rs` what the answer has to be. Nothing of what is asked happens: `matrix/trap.rs`. It is a process of its own
//! because it reads the log. `cargo test --test matrix -- --nocapture` prints what was asked.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

#[path = "matrix/callers.rs"]
mod callers;
mod programme;
#[path = "matrix/rows.rs"]
mod rows;
#[path = "matrix/scenes.rs"]
mod scenes;
#[path = "matrix/story.rs"]
mod story;
mod support;
#[path = "matrix/table.rs"]
mod table;
#[path = "matrix/trap.rs"]
mod trap;

use std::collections::{BTreeMap, BTreeSet};

use library_swap::domain::permissions::{Action, Effect};
use library_swap::http::routes;

use crate::callers::Caller;
use crate::programme::World;
use crate::rows::{Row, Sent};
use crate::scenes::Scene;
use crate::support::{Log, Reply, for_each_service, looked_at};
use crate::table::{Class, expected};

/// What only reads and yet leaves an entry.
const READINGS: [Action; 3] = [Action::ReadAccessNeeds, Action::ReadPersonalData, Action::ReadRunFiles];

#[test]
fn every_endpoint_has_a_row_with_the_actions_of_its_door() {
    for_each_service(|service| {
        let document = service.anyone().get("/openapi.json").expect(200);
        let mut served = BTreeSet::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            served.extend(
                item.as_object().expect("an item").keys().map(|method| (method.to_uppercase(), path.clone())),
            );
        }
        let routed: BTreeMap<_, _> = routes::list()
            .into_iter()
            .map(|url| ((url.method.to_string(), url.path.to_owned()), url.actions))
            .collect();
        let rows: BTreeMap<_, _> = rows::all()
            .into_iter()
            .map(|row| ((row.method.to_owned(), row.path.to_owned()), row.actions))
            .collect();
        let missing: Vec<_> = served.iter().filter(|endpoint| !rows.contains_key(*endpoint)).collect();
        assert!(missing.is_empty(), "endpoints without a row in tests/matrix/rows.rs: {missing:?}");
        assert_eq!(rows, routed);
    });
}

#[test]
fn the_answers_are_those_of_the_table_and_whatever_changes_something_leaves_an_entry() {
    let log = Log::listen(tracing::Level::ERROR);
    for_each_service(|service| {
        let mut world = World::new(service);
        let scenes = scenes::build(&mut world);
        let mut walk = Walk::new(&world, &log);
        trap::set(service);
        // What the story before this has left there.
        trap::caught(&log);
        for row in rows::all() {
            walk.ask_in_all(&row, &scenes);
        }
        story::tell(&mut walk, &scenes);
        walk.end();
    });
}

/// What was asked so far, and what came of it.
pub struct Walk<'a> {
    pub world: &'a World<'a>,
    pub log: &'a Log,
    /// The actions of which an entry was seen.
    pub seen: BTreeSet<Action>,
    counts: BTreeMap<Class, usize>,
    /// What was wrong, in words.
    pub wrong: Vec<String>,
}

impl<'a> Walk<'a> {
    fn new(world: &'a World<'a>, log: &'a Log) -> Self {
        Self { world, log, seen: story::recorded(world), counts: BTreeMap::new(), wrong: Vec::new() }
    }

    /// Asks for a row in each scene that has what it is about: in the first one as everybody, in the others as those whose role
    /// may at all, because the door knows no states.
    fn ask_in_all(&mut self, row: &Row, scenes: &[Scene]) {
        let mut with_urls = scenes.iter().filter_map(|scene| Some((scene, row.url(scene)?))).peekable();
        if with_urls.peek().is_none() {
            self.wrong.push(format!("{} {}: no scene has what it is about", row.method, row.path));
        }
        let mut was_allowed = false;
        for (n, (scene, url)) in with_urls.enumerate() {
            if n > 0 && !row.is_of_rounds() {
                break;
            }
            let may = |caller: &&Caller| {
                let is_form = matches!(row.sent, Sent::Form(_));
                n == 0 || is_form || row.actions.iter().any(|action| caller.actor.reach(*action).is_ok())
            };
            for caller in scene.callers.iter().filter(may) {
                was_allowed |= self.ask(row, scene, caller, &url) == Class::Allowed;
            }
        }
        if !was_allowed && !matches!(row.on, rows::On::Nobody | rows::On::OthersSession) {
            self.wrong.push(format!("{} {}: nobody was allowed in any scene", row.method, row.path));
        }
    }

    fn ask(&mut self, row: &Row, scene: &Scene, caller: &Caller, url: &str) -> Class {
        let want = expected(self.world, scene, caller, row);
        let reply = send(self.world, row, scene, caller, url);
        let caught = trap::caught(self.log);
        self.seen.extend(caught);
        let got = class_of(&reply, caught);
        *self.counts.entry(want).or_default() += 1;
        let is_owed = row.actions.iter().any(|action| action.effect() == Effect::Changes);
        if got != Some(want) {
            let text: String = reply.text().chars().take(300).collect();
            let status = reply.status;
            self.tell_wrong(row, scene, caller, &format!("{want:?} by the table, but {status}: {text}"));
        } else if want == Class::Allowed && is_owed && caught.is_none() && row.silent.is_none() {
            self.tell_wrong(row, scene, caller, "it has left no entry in the audit");
        }
        want
    }

    fn tell_wrong(&mut self, row: &Row, scene: &Scene, caller: &Caller, what: &str) {
        self.wrong.push(format!("{} {} in {} by {}: {what}", row.method, row.path, scene.name, caller.name));
    }

    fn end(self) {
        eprintln!("asked: {} times, {:?}", self.counts.values().sum::<usize>(), self.counts);
        let leaves_entry = |action: &&Action| action.effect() == Effect::Changes || READINGS.contains(action);
        let unseen: Vec<_> =
            Action::ALL.iter().filter(leaves_entry).filter(|action| !self.seen.contains(action)).collect();
        assert!(self.wrong.is_empty(), "{} answers are wrong:\n{}", self.wrong.len(), self.wrong.join("\n"));
        assert!(unseen.is_empty(), "actions that were never seen to leave an entry: {unseen:?}");
    }
}

fn send(world: &World<'_>, row: &Row, scene: &Scene, caller: &Caller, url: &str) -> Reply {
    let (kind, body) = match &row.sent {
        Sent::Nothing => (None, String::new()),
        Sent::Json(body) => (Some("application/json"), body(world, scene, caller).to_string()),
        Sent::Text(kind, text) => (Some(*kind), (*text).to_owned()),
        Sent::Form(body) => (Some("application/x-www-form-urlencoded"), body(scene)),
    };
    let tag = looked_at(row.method, url)
        .and_then(|there| caller.ask("GET", &there, &[], &[]).header("etag").map(str::to_owned));
    let kind = kind.map(|kind| ("content-type", kind)).into_iter();
    let headers: Vec<(&str, &str)> = kind.chain(tag.as_deref().map(|tag| ("if-match", tag))).collect();
    caller.ask(row.method, url, &headers, body.as_bytes())
}

/// What an answer is; none where it is none of these.
fn class_of(reply: &Reply, caught: Option<Action>) -> Option<Class> {
    match (reply.status, caught) {
        (500, Some(_)) | (200..=399, None) => Some(Class::Allowed),
        (401, None) => Some(Class::Unauthenticated),
        (403, None) => Some(Class::Forbidden),
        (404, None) => Some(Class::NotThere),
        (409, None) => Some(Class::NotNow),
        _ => None,
    }
}
