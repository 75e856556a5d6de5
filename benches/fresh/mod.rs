//! The application on a fresh database, with the real clock and chance: for benches of what needs no server.

use library_swap::domain::language::Language;
use library_swap::domain::letter::CalendarForm;
use library_swap::domain::privacy::Retention;
use library_swap::domain::schedule::AbsenceCode;
use library_swap::domain::target::Allowed;
use library_swap::domain::templates::OwnTemplates;
use library_swap::services::clock::{Chance, Clock};
use library_swap::services::names::Names;
use library_swap::services::{App, Settings};
use library_swap::store::{Store, StoreUrl};

/// The application on a database, which gets every migration.
pub fn app_on(url: &str) -> App {
    let url: StoreUrl = url.parse().expect("a URL");
    let store = Store::open(&url, 2).expect("a database");
    store.migrate().expect("migrations");
    App {
        store,
        clock: Clock::Real,
        chance: Chance::Real,
        settings: Settings {
            calendar: CalendarForm::USUAL,
            language: Language::English,
            templates: OwnTemplates::default(),
            public_url: "http://exchange.example".to_owned(),
            service_name: "bench".to_owned(),
            organiser_address: "exchange@exchange.example".to_owned(),
            mail_domain: "exchange.example".to_owned(),
            authserv_id: None,
            run_seconds: 1,
            withdrawal_days: 14,
            reserves: library_swap::services::refills::Patience { working_days: 2, days_before: 3 },
            retention: Retention::USUAL,
            solver_threads: 1,
            pace: library_swap::services::notices::Pace::AT_ONCE,
            stay: library_swap::services::sessions::Stay {
                idle: chrono::Duration::hours(1),
                most: chrono::Duration::hours(12),
            },
            claim_rules: Vec::new(),
            webhook_targets: Allowed::default(),
            names: Names::System,
            absence_code: AbsenceCode::default(),
            export_folder: None,
        },
    }
}
