//! A small programme to test in: two employers, a public and a university library, an open round.

use library_swap::domain::ids::{ApplicationId, PersonId, PlacementId, RoundId, RunId};
use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::placement::{Consent, Placement, Terms};
use library_swap::domain::states::{Answer, ApplicationState, PlacementState, RoundState};
use library_swap::domain::told::Told;
use library_swap::services::AppError;
use library_swap::services::notices::{self, Case};
use library_swap::services::outbox::{Attempt, Ready, claim, prepare, settle};
use library_swap::store::{applications, organisations, outbox, placements, rounds};
use library_swap::words::in_english;
use library_swap::worker::Stop;
use library_swap::worker::runs::{Solved, solve_next};
use serde_json::{Value, json};

use crate::support::{Client, Service};

/// The days of the round.
pub const DAYS: [&str; 2] = ["2027-03-01", "2027-03-02"];

/// A programme on a service.
pub struct World<'a> {
    pub service: &'a Service,
    pub organiser: Client,
    /// Employer of the home library.
    pub council: String,
    /// Employer of the host library.
    pub university: String,
    pub home: String,
    pub host: String,
    pub round: String,
}

pub fn id_of(thing: &Value) -> String {
    thing["id"].as_str().expect("an id").to_owned()
}

impl<'a> World<'a> {
    /// Two employers and their libraries, no round yet.
    pub fn without_round(service: &'a Service) -> Self {
        let organiser = service.organiser();
        let employer = |name: &str, domain: &str| {
            let body = json!({ "name": name, "domains": [domain], "managers": [format!("head@{domain}")] });
            id_of(&organiser.post("/v1/employers", &body).expect(201))
        };
        let council = employer("Worcestershire County Council", "council.example");
        let university = employer("University of Worcester", "university.example");
        let library = |reference: &str, name: &str, sector: &str, employer: &str| {
            let body = json!({
                "reference": reference, "name": name, "sectors": [sector], "employers": [employer],
                "point": { "latitude": 52.19, "longitude": -2.22 }, "time_zone": "Europe/London",
                "postcode": "WR1 3PB", "address": "The Butts, Worcester",
                "welcome": { "contact": { "name": "Front desk", "email": format!("desk@{reference}.example") } },
            });
            id_of(&organiser.post("/v1/libraries", &body).expect(201))
        };
        let home = library("hive", "Hive Public Library", "public", &council);
        let host = library("campus", "Campus Library", "academic", &university);
        Self { service, organiser, council, university, home, host, round: String::new() }
    }

    /// With an open round, in which both libraries take part.
    pub fn new(service: &'a Service) -> Self {
        let mut world = Self::without_round(service);
        world.round = id_of(&world.organiser.post("/v1/rounds", &Self::round_body()).expect(201));
        world.organiser.step(&world.of_round("/open")).expect(200);
        let offer = json!({
            "hosting": { DAYS[0]: 2, DAYS[1]: 1 }, "release": { DAYS[0]: 2, DAYS[1]: 2 },
            "hours": { DAYS[0]: ["09:00", "17:00"] },
        });
        for library in [&world.home, &world.host] {
            world.organiser.put(&world.of_round(&format!("/libraries/{library}")), &offer).expect(200);
        }
        world
    }

    pub fn round_body() -> Value {
        json!({
            "name": "Spring 2027", "time_zone": "Europe/London", "sign_up_until": "2027-01-31",
            "answer_until": "2027-02-14", "dates": DAYS,
        })
    }

    /// A URL below the round.
    pub fn of_round(&self, rest: &str) -> String {
        format!("/v1/rounds/{}{rest}", self.round)
    }

    /// A client with a new token.
    pub fn token(&self, role: &str, employer: Option<&str>) -> Client {
        let employers: Vec<&str> = employer.into_iter().collect();
        let body = json!({ "name": format!("{role} token"), "role": role, "employers": employers });
        let token = self.organiser.post("/v1/tokens", &body).expect(201);
        self.service.with(token["secret"].as_str().expect("a secret"))
    }

    /// A sign-up of somebody of the home library.
    pub fn form(&self, who: &str) -> Value {
        json!({
            "name": format!("{who} Reader"), "email": format!("{who}@council.example"), "home_library": "hive",
            "dates": DAYS, "max_km": 30, "manager_email": "head@council.example",
            "sectors": ["academic"], "topics": ["reading-groups"], "needs": ["step-free"],
            "role_title": "Children’s librarian", "objectives": "How students are welcomed",
        })
    }

    /// Signs somebody up at the open door.
    pub fn sign_up(&self, who: &str) {
        self.sign_up_by(&self.form(who));
    }

    fn sign_up_by(&self, form: &Value) {
        self.service.anyone().post(&self.of_round("/applications"), form).expect(202);
    }

    /// Takes every mail that is due out of the outbox, as the worker does.
    pub fn mails(&self) -> Vec<Letter> {
        let app = &self.service.app;
        let claimed = claim(app, "test", 1_000, &[]).expect("claimed");
        let write = |_: &Letter| Ok(b"a mail".to_vec());
        let (ready, mut settled) = prepare(app, &claimed, "test", write).expect("prepared");
        assert!(settled.iter().all(|(_, attempt)| *attempt == Attempt::Unwanted), "{settled:?}");
        let sent = |one: &Ready| (one.claimed.clone(), Attempt::Sent("250 ok".to_owned()));
        settled.extend(ready.iter().map(sent));
        settle(app, "test", &settled).expect("settled");
        ready.into_iter().map(|one| *one.letter.expect("not sent before")).collect()
    }

    /// The secret of the link in the one mail of a kind to a party.
    pub fn secret(&self, kind: NoticeKind, party: Party) -> String {
        secret_of(&self.mails(), kind, party)
    }

    /// Signs somebody up until the manager has released them; gives the application's id.
    pub fn released(&self, who: &str) -> String {
        self.released_by(who, &self.form(who))
    }

    /// As [`World::released`], with a form of one's own.
    pub fn released_by(&self, who: &str, form: &Value) -> String {
        self.sign_up_by(form);
        let anyone = self.service.anyone();
        let verify = self.secret(NoticeKind::VerifyAddress, Party::Participant);
        anyone.post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" })).expect(200);
        let release = self.secret(NoticeKind::ReleaseRequest, Party::Manager);
        anyone.post(&format!("/v1/links/{release}"), &json!({ "deed": "release" })).expect(200);
        let list = self.organiser.get(&self.of_round("/applications?limit=200")).expect(200);
        let all = list["data"].as_array().expect("a list").clone();
        let own =
            all.iter().find(|item| item["email"] == format!("{who}@council.example")).expect("signed up");
        id_of(own)
    }

    /// Makes the host take visitors of every need.
    pub fn welcome_everybody(&self) {
        let body = json!({
            "contact": { "name": "Front desk", "email": "desk@campus.example" }, "access": ["step-free"],
        });
        self.organiser.put(&format!("/v1/libraries/{}/welcome", self.host), &body).expect(200);
    }

    /// Ends sign-up.
    pub fn close(&self) {
        let body = json!({ "early_reason": "everybody is here" });
        self.organiser.post(&self.of_round("/close"), &body).expect(200);
    }

    /// Starts a run on the closed round.
    pub fn run(&self, options: &Value) -> String {
        id_of(&self.organiser.post(&self.of_round("/runs"), options).expect(202))
    }

    /// Starts a run on the closed round and has it solved.
    pub fn solved(&self) -> String {
        let run = self.run(&json!({}));
        assert_eq!(solve_next(&self.service.app, "test", &Stop::new()).expect("a step"), Solved::One);
        let found = self.seen(&run);
        assert_eq!(found["state"], "finished", "{found}");
        run
    }

    /// Publishes a run and lets its mails go.
    pub fn publish(&self, run: &str) {
        self.organiser.step(&format!("/v1/runs/{run}/publish")).expect(200);
        self.organiser.step(&format!("/v1/runs/{run}/release-mails")).expect(200);
    }

    /// A run as it is now.
    pub fn seen(&self, run: &str) -> Value {
        self.organiser.get(&format!("/v1/runs/{run}")).expect(200)
    }

    /// A proposed placement of a released application at the host, as publishing makes it.
    pub fn propose(&self, application: &str) -> String {
        self.close();
        let run = self.run(&json!({}));
        let app = &self.service.app;
        let now = app.now().expect("now");
        let application: ApplicationId = application.parse().expect("an id");
        let round: RoundId = self.round.parse().expect("an id");
        let run: RunId = run.parse().expect("an id");
        let id = PlacementId::new(now.id("a placement"));
        app.store
            .write(|tx| {
                let mut applicant = applications::find(tx, application)?.expect("an applicant");
                let host =
                    organisations::find_library(tx, self.host.parse().expect("an id"))?.expect("a host");
                let consent = |party| Consent { party, answer: Answer::Pending, reason: None, given: None };
                let person: PersonId = applicant.person.id;
                let placement = Placement {
                    id,
                    round,
                    run,
                    application,
                    person,
                    employer: applicant.application.employer,
                    home: applicant.application.home,
                    host: host.id,
                    date: DAYS[0].parse().expect("a date"),
                    starts: "09:00:00".parse().expect("a time"),
                    ends: "17:00:00".parse().expect("a time"),
                    time_zone: host.time_zone,
                    score: 1,
                    ring: None,
                    terms: Terms::default(),
                    override_reason: None,
                    answer_until: None,
                    state: PlacementState::Proposed,
                    revision: 0,
                    consents: vec![consent(Party::Participant), consent(Party::Host)],
                };
                placements::insert(tx, &placement, now.utc())?;
                applicant.application.state = ApplicationState::Placed;
                applications::save(tx, &applicant.application, now.utc())?;
                let mut published = rounds::find(tx, round)?.expect("a round");
                published.state = RoundState::Published;
                rounds::save(tx, &published, now.utc())?;
                notices::proposal(tx, &now, &Case { applicant, host, placement })?;
                outbox::release_held(tx, run, now.utc())?;
                Ok::<_, AppError>(())
            })
            .expect("proposed");
        id.to_string()
    }
}

/// The secret of the link in the one letter of a kind to a party.
pub fn secret_of(letters: &[Letter], kind: NoticeKind, party: Party) -> String {
    let mut found = letters.iter().filter(|letter| letter.kind == kind && letter.party == party);
    let letter = found.next().unwrap_or_else(|| panic!("no mail {kind} to the {party}"));
    assert!(found.next().is_none(), "one mail {kind} to the {party}");
    let link = letter.link.as_ref().expect("a link");
    link.rsplit('/').next().expect("a secret").to_owned()
}

/// A sentence of a letter, as an English reader has it; empty where there is none.
pub fn english(sentence: Option<&Told>) -> String {
    sentence.map(in_english).unwrap_or_default()
}
