//! An outbox with as many mails as one likes: the real one that asks to prove an address, again and again.

use chrono::Days;
use library_swap::domain::ids::NoticeId;
use library_swap::domain::notice::{Notice, NoticeState};
use library_swap::services::App;
use library_swap::services::deliveries::Which;
use library_swap::store::{StoreError, outbox};
use serde_json::json;
use uuid::Uuid;

use crate::support::Client;

/// The whole outbox.
pub fn notices(app: &App) -> Vec<Notice> {
    app.store.read(|db| outbox::list(db, &Which::default(), None, 1_000_000)).expect("a list")
}

/// Somebody signs up; gives the mail that asks them to prove their address, which is the pattern of all others.
pub fn sign_up(client: &Client, anyone: &Client, app: &App) -> Notice {
    let employer = json!({ "name": "Town", "domains": ["town.example"] });
    let employer = client.post("/v1/employers", &employer).expect(201)["id"].clone();
    let library = json!({
        "reference": "town", "name": "The town library", "sectors": ["public"], "employers": [employer],
        "point": { "latitude": 52.19, "longitude": -2.22 }, "time_zone": "Europe/London",
        "welcome": { "contact": { "name": "Desk", "email": "desk@town.example" } },
    });
    client.post("/v1/libraries", &library).expect(201);
    let today = app.clock.now().date_naive();
    let in_days = |days| today + Days::new(days);
    let round = json!({
        "name": "Spring", "time_zone": "Europe/London", "sign_up_until": in_days(10),
        "answer_until": in_days(20), "dates": [in_days(40)], "rules": { "balance": 0 },
    });
    let round = client.post("/v1/rounds", &round).expect(201)["id"].as_str().expect("an id").to_owned();
    client.step(&format!("/v1/rounds/{round}/open")).expect(200);
    let form = json!({
        "name": "Ann", "email": "ann@town.example", "home_library": "town", "dates": [in_days(40)],
        "max_km": 30, "manager_email": "boss@town.example",
    });
    anyone.post(&format!("/v1/rounds/{round}/applications"), &form).expect(202);
    notices(app).pop().expect("a mail")
}

/// Adds mails until so many wait.
pub fn fill(app: &App, pattern: &Notice, most: usize) {
    let waits = |one: &Notice| matches!(one.state, NoticeState::Queued | NoticeState::Leased);
    let waiting = notices(app).iter().filter(|one| waits(one)).count();
    let now = app.clock.now_utc();
    let new: Vec<Notice> = (waiting..most)
        .map(|_| {
            let id = NoticeId::new(Uuid::now_v7());
            let (dedupe_key, thread_key) = (format!("waiting:{id}"), format!("waiting:{id}"));
            let state = NoticeState::Queued;
            let (message_id, last_answer) = (None, None);
            Notice {
                id,
                dedupe_key,
                thread_key,
                state,
                message_id,
                last_answer,
                attempts: 0,
                next_attempt_at: now,
                created_at: now,
                ..pattern.clone()
            }
        })
        .collect();
    let added = app.store.write(|tx| {
        for one in &new {
            assert!(outbox::enqueue(tx, one)?, "it is new");
        }
        Ok::<_, StoreError>(())
    });
    added.expect("added");
}
