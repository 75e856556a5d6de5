//! What no endpoint of the matrix does by itself: deeds of links, lists that are taken over, and what the service does when time
//! has passed. Each leaves its entry.

use std::collections::BTreeSet;
use std::fmt::Debug;

use chrono::Duration;
use library_swap::domain::permissions::{Action, Actor, Role};
use library_swap::import::{Kind, Mapping, Table};
use library_swap::services::imports::{ImportMode, Order, import, mappings};
use library_swap::services::{App, AppError, audit, keys, retention};
use library_swap::store::keys::KEY_BYTES;
use serde_json::{Value, json};

use crate::Walk;
use crate::programme::World;
use crate::scenes::{HOME, Scene};
use crate::trap;

/// The actions of all entries that are there.
pub fn recorded(world: &World<'_>) -> BTreeSet<Action> {
    // An export holds what is chained.
    while audit::chain(&world.service.app, "test").expect("chained") > 0 {}
    let lines = world.organiser.get("/v1/audit.ndjson").text();
    let action = |line: &str| {
        let entry: Value = serde_json::from_str(line).expect("JSON");
        entry["action"].as_str().expect("an action").parse().expect("an action")
    };
    lines.lines().map(action).collect()
}

/// Tells it into the trap.
pub fn tell(walk: &mut Walk<'_>, scenes: &[Scene]) {
    let scene = |name: &str| scenes.iter().find(|scene| scene.name == name).expect("a scene");
    let agreed = scene("agreed");
    press(walk, scene("offered").thing("offer's link"), &json!({ "deed": "decline", "version": 0 }));
    press(walk, agreed.thing("participant"), &json!({ "deed": "subscribe" }));
    stop_mails(walk);
    take_lists_over(walk);
    let app = &walk.world.service.app;
    let other_key =
        App { store: app.store.clone().with_keys(app.store.keys().with_new([8; KEY_BYTES])), ..app.clone() };
    walk.seen.insert(caught(keys::reseal(&other_key, "test")));
    app.clock.set(app.clock.now() + Duration::days(1_000));
    walk.seen.insert(caught(retention::apply(app, &Actor::worker("test"))));
}

/// What was caught of a use case that was called without HTTP.
fn caught<T: Debug>(result: Result<T, AppError>) -> Action {
    let words = result.expect_err("caught").to_string();
    let (_, action) = words.split_once("trapped: ").unwrap_or_else(|| panic!("{words}"));
    action.trim_end_matches('.').parse().expect("an action")
}

fn press(walk: &mut Walk<'_>, secret: &str, body: &Value) {
    let reply = walk.world.service.anyone().post(&format!("/v1/links/{secret}"), body);
    note(walk, reply.status, &format!("{body}: {}", reply.text()));
}

/// By the header of a mail of an optional kind.
fn stop_mails(walk: &mut Walk<'_>) {
    let sent = walk.world.memory.sent();
    let texts = sent.iter().map(|mail| String::from_utf8_lossy(&mail.message).replace("\r\n ", ""));
    let secret = texts.filter_map(|text| Some(text.split_once("/mails/")?.1.to_owned())).next();
    let secret: String = secret.expect("a mail").chars().take_while(char::is_ascii_hexdigit).collect();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let anyone = walk.world.service.anyone();
    let reply = anyone.send("POST", &format!("/mails/{secret}"), &headers, b"List-Unsubscribe=One-Click");
    note(walk, reply.status, &reply.text());
}

fn note(walk: &mut Walk<'_>, status: u16, what: &str) {
    match trap::caught(walk.log) {
        Some(action) if status == 500 => walk.seen.extend([action]),
        _ => walk.wrong.push(format!("not caught: {status}: {what}")),
    }
}

fn take_lists_over(walk: &mut Walk<'_>) {
    let app = &walk.world.service.app;
    let actor = Actor::named("import", Role::Organiser);
    let staff = format!("id,name,email,employer\nE-1,New Reader,new@{HOME}.example,{HOME} trust\n");
    let past = format!("date,host,email\n2026-03-02,hospital,ann@{HOME}.example\n");
    for (kind, text) in [(Kind::Staff, staff), (Kind::PastPlacements, past)] {
        let table = Table::read(text.into_bytes()).expect("a table");
        walk.seen.insert(caught(import(app, &actor, &Order::new(kind, &table, ImportMode::Apply))));
    }
    let mapping: Mapping = [("E-mail".to_owned(), "email".to_owned())].into_iter().collect();
    let name = "Ours".parse().expect("a name");
    walk.seen.insert(caught(mappings::keep(app, &actor, Kind::Staff, &name, &mapping)));
}
