//! Steps on the real services, each beside what the small model says of it.

use std::collections::BTreeMap;
use std::fmt::Debug;

use chrono::{Datelike, Days, Duration, NaiveDate, NaiveTime};
use library_swap::domain::application::ReleaseRule;
use library_swap::domain::attendance::{Attendance, AttendanceKind};
use library_swap::domain::ids::{ApplicationId, EmployerId, LibraryId};
use library_swap::domain::letter::NoticeKind;
use library_swap::domain::link::Purpose;
use library_swap::domain::notice::NoticeState;
use library_swap::domain::offer::Offer;
use library_swap::domain::opening::Exception;
use library_swap::domain::organisation::Contact;
use library_swap::domain::party::Party;
use library_swap::domain::permissions::{Actor, Role};
use library_swap::domain::release::{Answered, Decision, RefusalReason, ReleaseRefusal};
use library_swap::domain::sector::Sector;
use library_swap::domain::states::{
    Answer, ApplicationState, ManagerTrust, PlacementState, RoundState, RunState,
};
use library_swap::services::links::{self, Act};
use library_swap::services::outbox::{Attempt, Prepared, claim, message_id, prepare, settle, store_message};
use library_swap::services::placements::{self, Reply};
use library_swap::services::rounds::{self, NewRound};
use library_swap::services::sign_up::{SignUp, SignedUp, sign_up};
use library_swap::services::{
    App, AppError, applications, attendance, employers, held_mails, libraries, offers, opening, publication,
    runs, withdrawal,
};
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use library_swap::worker::runs::{Solved, solve_next};

use crate::evidence::{Dump, Dumper, breaches};
use crate::facts::{About, Library, Link, Model, Person, Round, Run, Verdict};
use crate::random::Random;

const NINE: NaiveTime = NaiveTime::from_hms_opt(9, 0, 0).unwrap();
const ARRIVED: Attendance = Attendance::of(AttendanceKind::Arrived);
const FIVE: NaiveTime = NaiveTime::from_hms_opt(17, 0, 0).unwrap();

/// A kind of step and the numbers that say which thing it is about: resolved when it is played, so that a step still
/// means something when steps before it are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub kind: Kind,
    pub n: [usize; 4],
}

macro_rules! kinds {
    ($($kind:ident),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind { $($kind),+ }
        impl Kind {
            pub const ALL: &'static [Kind] = &[$(Kind::$kind),+];
        }
    };
}
kinds! {
    Clock, NewRound, Open, Offer, Day, SignUp, Program, Deliver, Press, Judge, Withdraw, Close, Start, Solve, Publish,
    LetGo, Discard, TakeBack, Answer, Move, CallOff, Ill, Mark, Deadlines, CancelRound,
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Became {
    /// There was nothing that it could be about.
    Void,
    /// Taken, as the facts say it must be.
    Accepted,
    /// Refused, as the facts say it must be, and nothing was written.
    Refused,
}

/// Who acts.
#[derive(Debug, Clone)]
struct Who {
    actor: Actor,
    /// Of a token: the employer.
    employer: Option<usize>,
    /// Of a participant's link: the application.
    application: Option<usize>,
}

pub struct Play<'a> {
    app: &'a App,
    pub model: Model,
    employers: Vec<EmployerId>,
    dumper: Dumper,
    pub dump: Dump,
}

type Told<T> = Result<T, String>;

/// Compares an answer with the verdict of the facts.
fn judge<T: Debug>(got: Result<T, AppError>, verdict: Verdict) -> Told<Option<T>> {
    match (got, verdict) {
        (Ok(value), Ok(())) => Ok(Some(value)),
        (Err(error), Err(code)) if error.code() == code => Ok(None),
        (Ok(value), Err(code)) => Err(format!("accepted, and the facts say `{code}`: {value:?}")),
        (Err(error), verdict) => Err(format!("`{}` ({error}), and the facts say {verdict:?}", error.code())),
    }
}

fn became(done: Option<&impl Sized>) -> Became {
    if done.is_some() { Became::Accepted } else { Became::Refused }
}

fn parsed<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("`{text}` cannot be read"))
}

/// One of `fitting` four times in five, where there is one, else one of all.
fn pick(n: usize, fitting: &[usize], all: usize) -> Option<usize> {
    match (n.is_multiple_of(5) || fitting.is_empty(), all) {
        (true, 0) => None,
        (true, all) => Some(n / 5 % all),
        (false, _) => Some(fitting[n / 5 % fitting.len()]),
    }
}

/// The indices of what fits.
fn those<T>(all: &[T], fits: impl Fn(&T) -> bool) -> Vec<usize> {
    (0..all.len()).filter(|n| fits(&all[*n])).collect()
}

impl<'a> Play<'a> {
    /// Four employers, five libraries (one of them joint), eleven people; nothing else.
    pub fn new(app: &'a App) -> Self {
        let organiser = organiser();
        let mut model = Model { now: app.clock.now(), ..Model::default() };
        let names = ["council", "university", "school", "hospital"];
        let employers: Vec<EmployerId> = names
            .iter()
            .map(|name| {
                let directory =
                    employers::Directory { domains: vec![format!("{name}.example")], ..Default::default() };
                employers::create(app, &organiser, &parsed(name), &directory).expect("an employer").id
            })
            .collect();
        let shape: [(&'static str, &[Sector], &[usize]); 5] = [
            ("town", &[Sector::Public], &[0]),
            ("hive", &[Sector::Public, Sector::Academic], &[0, 1]),
            ("campus", &[Sector::Academic], &[1]),
            ("grammar", &[Sector::School], &[2]),
            ("clinic", &[Sector::Specialist], &[3]),
        ];
        for (reference, sectors, owners) in shape {
            let contact = format!("desk@{reference}.example");
            let deputy = (reference != "town").then(|| format!("deputy@{reference}.example"));
            let email = |address: &String| Contact { name: None, email: parsed(address), telephone: None };
            let welcome = libraries::Welcome {
                contact: Some(email(&contact)),
                deputy: deputy.as_ref().map(email),
                ..Default::default()
            };
            let library = libraries::NewLibrary {
                reference: reference.to_owned(),
                name: parsed(reference),
                sectors: sectors.to_vec(),
                employers: owners.iter().map(|n| employers[*n]).collect(),
                address: None,
                postcode: None,
                country: None,
                point: library_swap::domain::place::Point::new(52.19, -2.22).ok(),
                time_zone: chrono_tz::Europe::London,
                opening_hours: None,
                welcome,
            };
            let made = libraries::create(app, &organiser, &library).expect("a library");
            let (id, employers) = (made.id.to_string(), owners.to_vec());
            model.libraries.push(Library { id, reference, employers, contact, deputy });
        }
        for n in 0..11 {
            let home = n % 5;
            let employer = model.libraries[home].employers[0];
            let domain = names[employer];
            // One has a manager for whom nothing vouches.
            let (manager, trust) = if n == 10 {
                ("boss@elsewhere.example".to_owned(), ManagerTrust::ToConfirm)
            } else {
                (format!("boss{}@{domain}.example", n % 2), ManagerTrust::Believed)
            };
            let email = format!("p{n}@{domain}.example");
            model.persons.push(Person { email, manager, trust, home, employer });
        }
        let dumper = Dumper::new(app);
        let dump = dumper.take(app);
        Self { app, model, employers, dumper, dump }
    }

    /// Plays a step and checks everything after it.
    pub fn step(&mut self, step: Step) -> Told<Became> {
        let became = self.act(step)?;
        let after = self.dumper.take(self.app);
        if became == Became::Refused && after != self.dump {
            return Err(format!("refused, and yet something was written:\n{}", self.dump.difference(&after)));
        }
        self.dump = after;
        let mut wrong = breaches(&self.dump);
        wrong.extend(self.model.differences(&self.dump));
        if wrong.is_empty() { Ok(became) } else { Err(wrong.join("\n")) }
    }

    fn act(&mut self, Step { kind, n }: Step) -> Told<Became> {
        match kind {
            Kind::Clock => Ok(self.clock(n)),
            Kind::NewRound => Ok(self.new_round(n)),
            Kind::Open => self.open(n),
            Kind::Offer => self.offer(n),
            Kind::Day => self.day(n),
            Kind::SignUp => self.sign_up(n),
            Kind::Program => self.program(n),
            Kind::Deliver => self.deliver(n),
            Kind::Press => self.press(n),
            Kind::Judge => self.judge_manager(n),
            Kind::Withdraw => self.withdraw(n),
            Kind::Close => self.close(n),
            Kind::Start => self.start(n),
            Kind::Solve => self.solve(),
            Kind::Publish => self.publish(n),
            Kind::LetGo => self.let_go(n),
            Kind::Discard => self.discard(n),
            Kind::TakeBack => self.take_back(n),
            Kind::Answer => self.answer(n),
            Kind::Move => self.move_times(n),
            Kind::CallOff => self.call_off(n),
            Kind::Ill => self.ill(n),
            Kind::Mark => self.mark(n),
            Kind::Deadlines => self.deadlines(),
            Kind::CancelRound => self.cancel_round(n),
        }
    }

    /// A step that is likely to move things on, or in one of six any at all.
    pub fn propose(&self, random: &mut Random) -> Step {
        let n = [random.below(10_000), random.below(10_000), random.below(10_000), random.below(10_000)];
        if random.below(6) == 0 {
            return Step { kind: Kind::ALL[random.below(Kind::ALL.len())], n };
        }
        let weights = self.weights();
        let mut at = random.below(weights.iter().map(|(_, weight)| weight).sum());
        for (kind, weight) in weights {
            if at < weight {
                return Step { kind, n };
            }
            at -= weight;
        }
        Step { kind: Kind::Clock, n }
    }

    fn weights(&self) -> [(Kind, usize); 24] {
        let model = &self.model;
        let count = |state| model.rounds.iter().filter(|round| round.state == state).count();
        let released = |at: usize| {
            let own = model.applications.iter().filter(|one| one.round == at);
            own.filter(|one| one.state == ApplicationState::Released).count()
        };
        let full =
            (0..model.rounds.len()).any(|at| model.rounds[at].state == RoundState::Open && released(at) >= 6);
        let bare = model.rounds.iter().any(|one| is_unpublished(one.state) && one.offers.len() < 5);
        let (open, out) = (count(RoundState::Open), count(RoundState::Published));
        let ready = count(RoundState::Closed) + count(RoundState::Matched);
        let queued = model.runs.iter().any(|run| run.state == RunState::Queued);
        let fresh = !those(&model.runs, |run| self.is_fresh(run)).is_empty();
        let held = model.notices.iter().any(|one| one.state == NoticeState::Held);
        let due = model.notices.iter().filter(|one| model.is_due(one)).count();
        let standing = model.placements.iter().filter(|one| one.can_end()).count();
        let links = those(&model.links, |link| self.is_useful(link)).len();
        let overdue = model.clone().keep_deadlines() > 0;
        let going = open + ready + count(RoundState::Draft);
        let is_new = |at: usize, person: usize| {
            model.applications.iter().all(|one| (one.round, one.person) != (at, person))
        };
        let new = |at: usize| (0..model.persons.len()).filter(|person| is_new(at, *person)).count();
        let new: usize = those(&model.rounds, |one| one.state == RoundState::Open).into_iter().map(new).sum();
        [
            (Kind::Clock, 4 + 2 * standing.min(4)),
            (Kind::NewRound, [30, 1, 0][going.min(2)]),
            (Kind::Open, 40 * count(RoundState::Draft)),
            (Kind::Offer, if bare { 16 } else { 1 }),
            (Kind::Day, 1),
            (Kind::SignUp, open.min(1) + 4 * new.min(8)),
            (Kind::Program, 2 * open.min(1)),
            (Kind::Deliver, 3 * due.min(8)),
            (Kind::Press, 2 + 4 * links.min(8)),
            (Kind::Judge, 1),
            (Kind::Withdraw, 1),
            (Kind::Close, if full { 20 } else { 0 }),
            (Kind::Start, if fresh || queued { 1 } else { 20 * ready }),
            (Kind::Solve, if queued { 40 } else { 0 }),
            (Kind::Publish, if fresh { 30 } else { 1 }),
            (Kind::LetGo, if held { 12 } else { 1 }),
            (Kind::Discard, 2 * usize::from(held)),
            (Kind::TakeBack, out),
            (Kind::Answer, 2 * standing.min(6)),
            (Kind::Move, standing.min(6)),
            (Kind::CallOff, standing.min(1)),
            (Kind::Ill, 5 * self.at_their_day(|at| model.admits_illness(&model.placements[at])).len().min(2)),
            (Kind::Mark, 2 * self.at_their_day(|at| model.admits_mark(at, ARRIVED)).len().min(4)),
            (Kind::Deadlines, if overdue { 15 } else { 1 }),
        ]
    }

    /// A run that can be published.
    fn is_fresh(&self, run: &Run) -> bool {
        let round = &self.model.rounds[run.round];
        run.state == RunState::Finished
            && round.state == RoundState::Matched
            && self.model.today() <= round.answer_until
            && run.input == self.model.input(run.round)
    }

    /// A link whose button still does something.
    fn is_useful(&self, link: &Link) -> bool {
        let state = self.model.applications[link.application].state;
        let is_asked = |place: usize| {
            let place = &self.model.placements[place];
            place.can_end()
                && place.consents.get(&link.party).is_some_and(|one| one.answer == Answer::Pending)
        };
        let has_a_day = |place: usize| match link.party {
            Party::Participant => self.model.admits_illness(&self.model.placements[place]).is_ok(),
            Party::Host => self.model.admits_mark(place, ARRIVED).is_ok(),
            Party::Manager => false,
        };
        let does = match link.purpose {
            Purpose::Verify => state == ApplicationState::Submitted,
            Purpose::Release => state == ApplicationState::Verified,
            Purpose::Answer => link.placement.is_some_and(|place| is_asked(place) || has_a_day(place)),
            Purpose::Application => false,
        };
        does && !link.used && link.expires > self.model.now
    }

    fn who(&self, n: usize) -> Who {
        let none = Who { actor: Actor::anyone(), employer: None, application: None };
        let of_employer = |role: Role, employer: usize| {
            let actor = Actor { employer: Some(self.employers[employer]), ..Actor::named("token:e", role) };
            Who { actor, employer: Some(employer), application: None }
        };
        match n % 6 {
            0 | 1 => Who { actor: organiser(), ..none },
            2 | 3 => of_employer(Role::LibraryAdministrator, n / 6 % 4),
            4 => of_employer(Role::Hr, n / 6 % 4),
            _ if n % 4 == 1 || self.model.applications.is_empty() => none,
            _ => {
                let application = n / 6 % self.model.applications.len();
                let id: ApplicationId = parsed(&self.model.applications[application].id);
                let actor = Actor { application: Some(id), ..Actor::named("link:l", Role::Participant) };
                Who { actor, employer: None, application: Some(application) }
            }
        }
    }

    /// The organiser, or in one of six somebody who may not.
    fn mostly_organiser(&self, n: usize) -> Who {
        self.who(if n % 6 == 5 { n / 6 } else { 0 })
    }

    fn clock(&mut self, n: [usize; 4]) -> Became {
        let hours = [-3, 1, 5, 20, 24, 24, 47, 49, 72, 120, 24, 26];
        self.model.now += Duration::hours(hours[n[0] % hours.len()]);
        self.app.clock.set(self.model.now);
        Became::Accepted
    }

    fn new_round(&mut self, n: [usize; 4]) -> Became {
        let today = self.model.today();
        let soon = today + Days::new(28);
        let monday = soon + Days::new(u64::from((7 - soon.weekday().num_days_from_monday()) % 7));
        let dates: Vec<NaiveDate> = (0..3).map(|day| monday + Days::new(day)).collect();
        let (sign_up_until, answer_until) = (today + Days::new(10), monday - Days::new(5));
        let release_required = !n[0].is_multiple_of(3);
        let balance = ["0", "1", "null"][n[1] % 3];
        let wanted = NewRound {
            name: parsed(&format!("Round {}", self.model.rounds.len())),
            time_zone: chrono_tz::Europe::London,
            sign_up_until,
            answer_until,
            dates: dates.clone(),
            rules: Some(format!("{{\"balance\": {balance}}}")),
            release: if release_required { ReleaseRule::Required } else { ReleaseRule::Waived },
        };
        let id = rounds::create(self.app, &organiser(), &wanted).expect("a round").id.to_string();
        let (state, offers) = (RoundState::Draft, BTreeMap::new());
        self.model.rounds.push(Round {
            id,
            state,
            sign_up_until,
            answer_until,
            dates,
            release_required,
            offers,
        });
        Became::Accepted
    }

    fn open(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = those(&self.model.rounds, |round| round.state == RoundState::Draft);
        let Some(at) = pick(n[0], &fitting, self.model.rounds.len()) else { return Ok(Became::Void) };
        let (who, round) = (self.mostly_organiser(n[1]), &self.model.rounds[at]);
        let verdict = only_organiser(&who).and_then(|()| {
            let is_late = self.model.today() > round.sign_up_until;
            first([(round.state != RoundState::Draft, "round-state"), (is_late, "too-late")])
        });
        let done = judge(rounds::open(self.app, &who.actor, parsed(&round.id)), verdict)?;
        if done.is_some() {
            self.model.rounds[at].state = RoundState::Open;
        }
        Ok(became(done.as_ref()))
    }

    fn offer(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = those(&self.model.rounds, |round| is_unpublished(round.state));
        let Some(at) = pick(n[0], &fitting, self.model.rounds.len()) else { return Ok(Became::Void) };
        let round = &self.model.rounds[at];
        let bare: Vec<usize> =
            (0..self.model.libraries.len()).filter(|library| !round.offers.contains_key(library)).collect();
        let library = pick(n[1], &bare, self.model.libraries.len()).expect("libraries");
        let owners = &self.model.libraries[library].employers;
        let who = self.who(if n[2].is_multiple_of(5) { n[2] / 5 } else { 2 + 6 * owners[0] });
        let verdict = match who.actor.role {
            Role::Organiser => Ok(()),
            Role::LibraryAdministrator => first([
                (round.state == RoundState::Draft, "not-found"),
                (!who.employer.is_some_and(|own| owners.contains(&own)), "not-found"),
            ]),
            _ => only_organiser(&who),
        };
        let verdict = verdict.and_then(|()| first([(!is_unpublished(round.state), "round-state")]));
        let number = |day: usize, spread: usize| u32::try_from(1 + (n[3] / spread + day) % 3).expect("small");
        let days = || round.dates.iter().copied().enumerate();
        let hosting: BTreeMap<NaiveDate, u32> =
            days().filter(|(day, _)| n[3] % 7 != *day).map(|(day, date)| (date, number(day, 1))).collect();
        let release: BTreeMap<NaiveDate, u32> = days().map(|(day, date)| (date, number(day, 7))).collect();
        let wanted = Offer { hosting: hosting.clone(), release: release.clone(), ..Offer::default() };
        let id: LibraryId = parsed(&self.model.libraries[library].id);
        let done = judge(offers::offer(self.app, &who.actor, parsed(&round.id), id, &wanted), verdict)?;
        if done.is_some() {
            self.model.rounds[at].offers.insert(library, (hosting, release));
        }
        Ok(became(done.as_ref()))
    }

    /// A library closes a day at short notice, or opens it again.
    fn day(&mut self, n: [usize; 4]) -> Told<Became> {
        let days: Vec<NaiveDate> = self.model.rounds.iter().flat_map(|round| round.dates.clone()).collect();
        if days.is_empty() {
            return Ok(Became::Void);
        }
        let (date, library) = (days[n[0] % days.len()], n[1] % self.model.libraries.len());
        let found = &self.model.libraries[library];
        let who = self.who(if n[2].is_multiple_of(4) { n[2] / 4 } else { 2 + 6 * found.employers[0] });
        let verdict = match who.actor.role {
            Role::Organiser => Ok(()),
            Role::LibraryAdministrator => {
                let is_own = who.employer.is_some_and(|own| found.employers.contains(&own));
                first([(!is_own, "not-found")])
            }
            _ => only_organiser(&who),
        };
        let id: LibraryId = parsed(&found.id);
        if n[3].is_multiple_of(3) {
            let is_closed = self.model.closed.contains(&(library, date));
            let verdict = verdict.and_then(|()| first([(!is_closed, "not-found")]));
            let done = judge(opening::delete_exception(self.app, &who.actor, id, date), verdict)?;
            if done.is_some() {
                self.model.closed.remove(&(library, date));
            }
            return Ok(became(done.as_ref()));
        }
        let closed = Exception { date, opens: vec![], label: parsed("Burst pipe") };
        let done = judge(opening::set_exception(self.app, &who.actor, id, &closed), verdict)?;
        if done.is_some() {
            self.model.closed.insert((library, date));
        }
        Ok(became(done.as_ref()))
    }

    fn form(&self, round: usize, person: usize, n: usize) -> SignUp {
        let Person { email, manager, home, employer, .. } = &self.model.persons[person];
        let dates = &self.model.rounds[round].dates;
        let days = if n.is_multiple_of(3) { dates[1..].to_vec() } else { dates.clone() };
        let library = &self.model.libraries[*home];
        SignUp {
            name: parsed(&format!("Person {person}")),
            email: parsed(email),
            home_library: library.reference.to_owned(),
            employer: (library.employers.len() > 1)
                .then(|| parsed(["council", "university", "school", "hospital"][*employer])),
            dates: days,
            max_km: 20.0,
            manager_email: parsed(manager),
            sectors: vec![],
            topics: vec![],
            needs: vec![],
            avoid: vec![],
            hours: BTreeMap::new(),
            pattern: None,
            assured_until: None,
            role_title: None,
            objectives: None,
        }
    }

    fn sign_up(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = those(&self.model.rounds, |round| round.state == RoundState::Open);
        let Some(round) = pick(n[0], &fitting, self.model.rounds.len()) else { return Ok(Became::Void) };
        let new: Vec<usize> = (0..self.model.persons.len())
            .filter(|person| {
                self.model.applications.iter().all(|one| (one.round, one.person) != (round, *person))
            })
            .collect();
        let person = pick(n[1], &new, self.model.persons.len()).expect("people");
        let form = self.form(round, person, n[2]);
        let is_draft = self.model.rounds[round].state == RoundState::Draft;
        let verdict = first([(is_draft, "not-found")]).and_then(|()| self.model.admits_sign_up(round));
        let id = parsed(&self.model.rounds[round].id);
        let done = judge(sign_up(self.app, &Actor::anyone(), id, &form), verdict)?;
        if done.is_some() {
            let known: Vec<&String> = self.model.applications.iter().map(|one| &one.id).collect();
            let rows = self.dumper.take(self.app).rows("applications");
            let new = rows.iter().map(|row| row.text("id").to_owned()).find(|id| !known.contains(&id));
            self.model.signed_up(round, person, form.dates, new);
        }
        Ok(became(done.as_ref()))
    }

    /// A program of an employer signs somebody up, and is told what came of it.
    fn program(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = those(&self.model.rounds, |round| round.state == RoundState::Open);
        let Some(round) = pick(n[0], &fitting, self.model.rounds.len()) else { return Ok(Became::Void) };
        let person = n[1] % self.model.persons.len();
        let own = self.model.persons[person].employer;
        let who = self.who(if n[2].is_multiple_of(4) { 2 + 6 * (n[2] / 4) } else { 2 + 6 * own });
        let form = self.form(round, person, n[3]);
        let is_draft = self.model.rounds[round].state == RoundState::Draft;
        let is_live = self.model.applications.iter().any(|one| {
            (one.round, one.person) == (round, person) && one.state != ApplicationState::Withdrawn
        });
        let verdict = first([(is_draft, "not-found")])
            .and_then(|()| self.model.admits_sign_up(round))
            .and_then(|()| first([(who.employer != Some(own), "not-found"), (is_live, "already-exists")]));
        let id = parsed(&self.model.rounds[round].id);
        let done = judge(sign_up(self.app, &who.actor, id, &form), verdict)?;
        if let Some(SignedUp::Made(made)) = &done {
            self.model.signed_up(round, person, form.dates, Some(made.application.id.to_string()));
        }
        Ok(became(done.as_ref()))
    }

    /// The worker takes some mails; now and then the mail server wants one of them later.
    fn deliver(&mut self, n: [usize; 4]) -> Told<Became> {
        let most = if n[0].is_multiple_of(3) { 1 + n[0] / 3 % 4 } else { 100 };
        let due = self.model.notices.iter().filter(|one| self.model.is_due(one)).count();
        let claimed =
            claim(self.app, "test", i64::try_from(most).expect("few")).map_err(|error| error.to_string())?;
        if claimed.len() != due.min(most) {
            return Err(format!("{} mails of {due} due were claimed", claimed.len()));
        }
        for (at, notice) in claimed.iter().enumerate() {
            let own = self.model.notice(&notice.dedupe_key).ok_or("a mail that no fact explains")?;
            if !self.model.is_due(&self.model.notices[own]) {
                return Err(format!("{} is not due", notice.dedupe_key));
            }
            if let Prepared::Letter(letter) = prepare(self.app, notice).map_err(|error| error.to_string())? {
                if let Some(link) = &letter.link {
                    self.keep_link(own, link);
                }
                let id = message_id(self.app, notice);
                if !store_message(self.app, notice.id, "test", &id, b"a mail").expect("stored") {
                    return Err("the lease was lost".to_owned());
                }
            }
            let is_taken = !(n[1].is_multiple_of(6) && at == 0);
            let attempt =
                if is_taken { Attempt::Sent("250".to_owned()) } else { Attempt::Later("451".to_owned()) };
            settle(self.app, notice, "test", &attempt).expect("settled");
            self.model.attempt(own, is_taken);
        }
        Ok(if claimed.is_empty() { Became::Void } else { Became::Accepted })
    }

    fn keep_link(&mut self, notice: usize, link: &str) {
        let notice = &self.model.notices[notice];
        let (application, placement) = match notice.about {
            About::Application(application) => (application, None),
            About::Placement(place) => (self.model.placements[place].application, Some(place)),
        };
        let is_asked = placement.is_some_and(|place| {
            let place = &self.model.placements[place];
            place.consents.contains_key(&notice.party) && place.state == PlacementState::Proposed
        });
        let purpose = match notice.kind {
            NoticeKind::VerifyAddress => Purpose::Verify,
            NoticeKind::ReleaseRequest => Purpose::Release,
            NoticeKind::Proposal | NoticeKind::AnswerReminder | NoticeKind::DeputyRequest => Purpose::Answer,
            NoticeKind::Reminder
            | NoticeKind::FeedbackRequest
            | NoticeKind::PackMissing
            | NoticeKind::Ill => Purpose::Answer,
            NoticeKind::Confirmed | NoticeKind::Changed if notice.party != Party::Participant => {
                Purpose::Answer
            }
            // A change of what is not certain yet asks for the answer too.
            NoticeKind::Changed if is_asked => Purpose::Answer,
            _ => Purpose::Application,
        };
        let round = self.model.round_of(application);
        let last = match purpose {
            Purpose::Verify => round.sign_up_until,
            Purpose::Release => round.answer_until,
            Purpose::Application => *round.dates.last().expect("days"),
            // As long as the day can be told about.
            Purpose::Answer => *round.dates.last().expect("days") + Days::new(40),
        };
        let secret = link.rsplit('/').next().expect("a secret").to_owned();
        self.model.links.push(Link {
            secret,
            purpose,
            application,
            placement: placement.filter(|_| purpose == Purpose::Answer),
            party: notice.party,
            expires: (last + Days::new(2)).and_time(NaiveTime::MIN).and_utc(),
            used: false,
        });
    }

    /// Somebody presses a button of a mail, also an old one, also one that its page does not have.
    fn press(&mut self, n: [usize; 4]) -> Told<Became> {
        let mut fitting = those(&self.model.links, |link| self.is_useful(link));
        if n[3].is_multiple_of(6) {
            fitting = those(&self.model.links, |link| !link.used && link.expires > self.model.now);
        }
        let Some(at) = pick(n[0], &fitting, self.model.links.len()) else { return Ok(Became::Void) };
        let link = self.model.links[at].clone();
        let (days, reason) = self.some_days(&link, n[2]);
        let refusal = ReleaseRefusal { reason: RefusalReason::ALL[n[2] % 4], words: None };
        let decision = match &days {
            Some(days) => Decision::Release(days.clone()),
            None => Decision::Refuse(refusal),
        };
        let decided = vec![Answered { application: None, version: None, decision }];
        // What was looked at: now and then something older.
        let version = link.placement.map_or(0, |place| self.model.placements[place].version)
            - i64::from(n[2].is_multiple_of(11));
        let usual = match link.purpose {
            Purpose::Verify => Act::Verify,
            Purpose::Release => Act::Decide(decided.clone()),
            Purpose::Answer => self.usual_answer(&link, n, version),
            Purpose::Application if n[1].is_multiple_of(4) => Act::Withdraw,
            Purpose::Application => return Ok(Became::Void),
        };
        let act = if n[1] % 12 == 11 {
            let any = [
                Act::Verify,
                Act::Decide(decided),
                Act::Accept(version),
                Act::Decline(version, None),
                Act::Withdraw,
                Act::Ill,
                Act::Attendance(ARRIVED),
            ];
            any[n[1] / 12 % any.len()].clone()
        } else {
            usual
        };
        let (verdict, is_new) = self.verdict_of(&link, &act, days.as_deref(), reason);
        let done = judge(links::act(self.app, &link.secret, &act), verdict)?;
        if done.is_none() || !is_new {
            return Ok(became(done.as_ref()));
        }
        match &act {
            Act::Verify => {
                self.model.verified(link.application);
                self.model.links[at].used = true;
            }
            Act::Decide(_) => self.model.decided(link.application, days.ok_or(reason)),
            Act::Accept(_) => self.model.answered(link.placement.expect("one"), link.party, Answer::Yes),
            Act::Decline(..) => self.model.answered(link.placement.expect("one"), link.party, Answer::No),
            Act::Withdraw => self.model.withdrawn(link.application),
            Act::Ill => self.model.ill(link.placement.expect("one")),
            Act::Attendance(marked) => self.model.marked(link.placement.expect("one"), *marked),
            other => panic!("{other:?} is not played"),
        }
        Ok(Became::Accepted)
    }

    /// What a manager says: all days asked for, the last of them, or a no for a reason.
    fn some_days(&self, link: &Link, n: usize) -> (Option<Vec<NaiveDate>>, u32) {
        let asked = &self.model.applications[link.application].dates;
        let reason = u32::try_from(n % 4).expect("small");
        match n % 9 {
            0 => (None, reason),
            1 => (Some(vec![*asked.last().expect("days")]), reason),
            _ => (Some(asked.clone()), reason),
        }
    }

    /// What the facts say of a press: whether it is taken, and whether it is anything new.
    fn verdict_of(&self, link: &Link, act: &Act, days: Option<&[NaiveDate]>, reason: u32) -> (Verdict, bool) {
        let model = &self.model;
        let one = &model.applications[link.application];
        let round = &model.rounds[one.round];
        let place = link.placement.map(|place| &model.placements[place]);
        let answer_of = |place: Option<&crate::facts::Placement>| {
            place.and_then(|place| place.consents.get(&link.party)).map(|consent| consent.answer)
        };
        let is_done = match (link.purpose, act) {
            (Purpose::Verify, Act::Verify) => one.state != ApplicationState::Submitted,
            (Purpose::Release, Act::Decide(_)) => match days {
                Some(days) => one.state == ApplicationState::Released && one.released == days,
                None => one.state == ApplicationState::Refused && one.refused_for == Some(reason),
            },
            (Purpose::Answer, Act::Accept(seen)) => {
                answer_of(place) == Some(Answer::Yes) && place.is_some_and(|place| place.version == *seen)
            }
            (Purpose::Answer, Act::Decline(..)) => answer_of(place) == Some(Answer::No),
            (Purpose::Application, Act::Withdraw) => one.state == ApplicationState::Withdrawn,
            _ => false,
        };
        if is_done {
            return (Ok(()), false);
        }
        if link.used || link.expires <= model.now {
            return (Err("link-spent"), false);
        }
        let verdict = match (link.purpose, act, place) {
            (Purpose::Verify, Act::Verify, _) => model.admits_sign_up(one.round),
            (Purpose::Release, Act::Decide(_), _) => first([
                (!takes_releases(round.state), "too-late"),
                (one.state != ApplicationState::Verified, "application-state"),
                (!one.is_manager_known(), "manager-not-confirmed"),
            ]),
            (Purpose::Answer, Act::Accept(seen) | Act::Decline(seen, _), Some(place)) => {
                let answer = if matches!(act, Act::Accept(_)) { Answer::Yes } else { Answer::No };
                first([(model.is_untold(link.application), "not-found")])
                    .and_then(|()| self.admits_answer(place, link.party, answer))
                    .and_then(|()| first([(place.version != *seen, "stale-page")]))
            }
            (Purpose::Answer, Act::Ill, Some(place)) => {
                let verdict = first([
                    (link.party != Party::Participant, "forbidden"),
                    (model.is_untold(link.application), "not-found"),
                ]);
                return self.verdict_of_ill(verdict, place);
            }
            (Purpose::Answer, Act::Attendance(mark), Some(_)) => {
                let verdict = first([
                    (link.party != Party::Host, "forbidden"),
                    (model.is_untold(link.application), "not-found"),
                ]);
                return self.verdict_of_mark(verdict, link.placement.expect("one"), *mark);
            }
            (Purpose::Application, Act::Withdraw, _) => self.admits_withdrawal(link.application),
            _ => Err("invalid-fields"),
        };
        (verdict, true)
    }

    /// What has been is not undone.
    fn admits_withdrawal(&self, application: usize) -> Verdict {
        let live = self.model.live_of(application);
        let has_been = live.is_some_and(|place| !self.model.placements[place].can_end());
        first([(has_been, "placement-state")])
    }

    /// What the facts say of *I am ill today*, and whether it is news.
    fn verdict_of_ill(&self, permitted: Verdict, place: &crate::facts::Placement) -> (Verdict, bool) {
        if place.came.is_some_and(|(came, _)| came.kind == AttendanceKind::Ill) {
            return (permitted, false);
        }
        (permitted.and_then(|()| self.model.admits_illness(place)), true)
    }

    /// As [`Self::verdict_of_ill`], of a mark.
    fn verdict_of_mark(&self, permitted: Verdict, at: usize, mark: Attendance) -> (Verdict, bool) {
        if self.model.placements[at].came.is_some_and(|(came, _)| came == mark) {
            return (permitted, false);
        }
        (permitted.and_then(|()| self.model.admits_mark(at, mark)), true)
    }

    /// What somebody does on the page of a placement.
    fn usual_answer(&self, link: &Link, n: [usize; 4], version: i64) -> Act {
        let at = link.placement.expect("a placement");
        let place = &self.model.placements[at];
        match link.party {
            Party::Participant if n[1].is_multiple_of(3) && self.model.admits_illness(place).is_ok() => {
                Act::Ill
            }
            Party::Host if self.model.admits_mark(at, ARRIVED).is_ok() => {
                Act::Attendance(a_mark(place, n[2]))
            }
            _ if n[1].is_multiple_of(7) => Act::Decline(version, Some("An inspection.".to_owned())),
            _ => Act::Accept(version),
        }
    }

    /// The placements of which something can be said now.
    fn at_their_day(&self, admits: impl Fn(usize) -> Verdict) -> Vec<usize> {
        (0..self.model.placements.len()).filter(|at| admits(*at).is_ok()).collect()
    }

    /// *I am ill today* through the API: mostly by the participant's own administrator.
    fn ill(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = self.at_their_day(|at| self.model.admits_illness(&self.model.placements[at]));
        let Some(at) = pick(n[0], &fitting, self.model.placements.len()) else { return Ok(Became::Void) };
        let place = &self.model.placements[at];
        let own = self.model.person_of(place.application).employer;
        let who = self.who(if n[1].is_multiple_of(3) { n[1] / 3 } else { 2 + 6 * own });
        let is_untold = self.model.is_untold(place.application);
        let permitted = match who.actor.role {
            Role::Organiser => Ok(()),
            Role::LibraryAdministrator => first([(who.employer != Some(own) || is_untold, "not-found")]),
            Role::Participant => {
                first([(who.application != Some(place.application) || is_untold, "not-found")])
            }
            Role::Anyone => Err("unauthenticated"),
            _ => Err("forbidden"),
        };
        let (verdict, is_new) = self.verdict_of_ill(permitted, place);
        let done = judge(attendance::call_in_ill(self.app, &who.actor, parsed(&place.id)), verdict)?;
        if done.is_some() && is_new {
            self.model.ill(at);
        }
        Ok(became(done.as_ref()))
    }

    /// Who came, through the API: mostly by the host's administrator.
    fn mark(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = self.at_their_day(|at| self.model.admits_mark(at, ARRIVED));
        let Some(at) = pick(n[0], &fitting, self.model.placements.len()) else { return Ok(Became::Void) };
        let place = &self.model.placements[at];
        let owners = &self.model.libraries[place.host].employers;
        let who = self.who(if n[1].is_multiple_of(3) { n[1] / 3 } else { 2 + 6 * owners[0] });
        let permitted = match who.actor.role {
            Role::LibraryAdministrator => {
                let is_own = who.employer.is_some_and(|own| owners.contains(&own));
                first([(!is_own || self.model.is_untold(place.application), "not-found")])
            }
            Role::Anyone => Err("unauthenticated"),
            _ => Err("forbidden"),
        };
        let mark = a_mark(place, n[2]);
        let (verdict, is_new) = self.verdict_of_mark(permitted, at, mark);
        let done = judge(attendance::mark(self.app, &who.actor, parsed(&place.id), mark), verdict)?;
        if done.is_some() && is_new {
            self.model.marked(at, mark);
        }
        Ok(became(done.as_ref()))
    }

    fn admits_answer(&self, place: &crate::facts::Placement, party: Party, answer: Answer) -> Verdict {
        let said = place.consents.get(&party).map(|consent| consent.answer);
        first([
            (self.model.has_been(place), "too-late"),
            (answer == Answer::Yes && self.model.today() > place.date, "too-late"),
            (said.is_none(), "consent-not-asked"),
            (said != Some(answer) && !place.can_end(), "placement-state"),
        ])
    }

    fn judge_manager(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = those(&self.model.applications, |one| !one.is_manager_known());
        let Some(at) = pick(n[0], &fitting, self.model.applications.len()) else { return Ok(Became::Void) };
        let one = &self.model.applications[at];
        let own = self.model.persons[one.person].employer;
        let who = self.who(if n[1].is_multiple_of(4) { n[1] / 4 } else { 2 + 6 * own });
        let verdict = match who.actor.role {
            Role::LibraryAdministrator => first([
                (who.employer != Some(own), "not-found"),
                (one.state == ApplicationState::Submitted, "application-state"),
                (one.is_manager_known(), "application-state"),
            ]),
            Role::Anyone => Err("unauthenticated"),
            _ => Err("forbidden"),
        };
        let trust = if n[2].is_multiple_of(3) { ManagerTrust::Rejected } else { ManagerTrust::Confirmed };
        let done = judge(applications::judge_manager(self.app, &who.actor, parsed(&one.id), trust), verdict)?;
        if done.is_some() {
            self.model.judged(at, trust);
        }
        Ok(became(done.as_ref()))
    }

    fn withdraw(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = those(&self.model.applications, |one| one.state != ApplicationState::Withdrawn);
        let Some(at) = pick(n[0], &fitting, self.model.applications.len()) else { return Ok(Became::Void) };
        let (who, one) = (self.who(n[1]), &self.model.applications[at]);
        let verdict = match (who.actor.role, who.application) {
            (Role::Participant, own) => first([(own != Some(at), "not-found")]),
            _ => only_organiser(&who),
        };
        let is_back = one.state == ApplicationState::Withdrawn;
        let verdict = verdict
            .and_then(|()| first([(is_back, "application-state")]))
            .and_then(|()| self.admits_withdrawal(at));
        let done = judge(applications::withdraw(self.app, &who.actor, parsed(&one.id)), verdict)?;
        if done.is_some() {
            self.model.withdrawn(at);
        }
        Ok(became(done.as_ref()))
    }

    fn close(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = those(&self.model.rounds, |round| round.state == RoundState::Open);
        let Some(at) = pick(n[0], &fitting, self.model.rounds.len()) else { return Ok(Became::Void) };
        let (who, round) = (self.mostly_organiser(n[1]), &self.model.rounds[at]);
        let reason = (!n[2].is_multiple_of(3)).then_some("everybody is here");
        let is_early = self.model.today() <= round.sign_up_until && reason.is_none();
        let verdict = only_organiser(&who).and_then(|()| {
            first([(round.state != RoundState::Open, "round-state"), (is_early, "too-early")])
        });
        let done = judge(rounds::close(self.app, &who.actor, parsed(&round.id), reason), verdict)?;
        if done.is_some() {
            self.model.rounds[at].state = RoundState::Closed;
        }
        Ok(became(done.as_ref()))
    }

    fn start(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = those(&self.model.rounds, |round| takes_runs(round.state));
        let Some(at) = pick(n[0], &fitting, self.model.rounds.len()) else { return Ok(Became::Void) };
        let (who, round) = (self.mostly_organiser(n[1]), &self.model.rounds[at]);
        let verdict = only_organiser(&who).and_then(|()| first([(!takes_runs(round.state), "round-state")]));
        let wanted = runs::NewRun { seed: 7, threads: Some(1), ..runs::NewRun::default() };
        let done = judge(runs::start(self.app, &who.actor, parsed(&round.id), wanted), verdict)?;
        if let Some(run) = &done {
            let (id, state, input) = (run.id.to_string(), RunState::Queued, self.model.input(at));
            let (schedule, left_out) = (Vec::new(), Vec::new());
            self.model.runs.push(Run { id, round: at, state, input, schedule, left_out });
        }
        Ok(became(done.as_ref()))
    }

    fn solve(&mut self) -> Told<Became> {
        let queued = those(&self.model.runs, |run| run.state == RunState::Queued);
        let solved = solve_next(self.app, "test", &Stop::new()).map_err(|error| error.to_string())?;
        if (solved == Solved::Nothing) != queued.is_empty() {
            return Err(format!("{solved:?} of {} queued runs", queued.len()));
        }
        let rows = self.dumper.take(self.app).rows("runs");
        let finished = queued.into_iter().find(|run| {
            rows.iter()
                .any(|row| row.text("id") == self.model.runs[*run].id && row.text("state") == "finished")
        });
        let Some(at) = finished else { return Ok(Became::Void) };
        let id = parsed(&self.model.runs[at].id);
        let file = runs::schedule_file(self.app, &organiser(), id).map_err(|error| error.to_string())?;
        let file: serde_json::Value = serde_json::from_str(&file).expect("a schedule");
        let application = |one: &serde_json::Value| {
            let found = self.model.applications.iter().position(|known| one["staff"] == known.id.as_str());
            found.expect("an application")
        };
        let placed = |one: &serde_json::Value| {
            let host = self.model.libraries.iter().position(|known| one["host"] == known.id.as_str());
            (application(one), host.expect("a library"), parsed(one["date"].as_str().expect("a date")))
        };
        let list = |name: &str| file[name].as_array().cloned().unwrap_or_default();
        let schedule = list("placements").iter().map(placed).collect();
        let left_out = list("unplaced").iter().map(application).collect();
        let run = &mut self.model.runs[at];
        (run.state, run.schedule, run.left_out) = (RunState::Finished, schedule, left_out);
        let round = &mut self.model.rounds[self.model.runs[at].round];
        if takes_runs(round.state) {
            round.state = RoundState::Matched;
        }
        Ok(Became::Accepted)
    }

    fn publish(&mut self, n: [usize; 4]) -> Told<Became> {
        let model = &self.model;
        let fitting = those(&model.runs, |run| self.is_fresh(run));
        let Some(at) = pick(n[0], &fitting, model.runs.len()) else { return Ok(Became::Void) };
        let (who, run) = (self.mostly_organiser(n[1]), &model.runs[at]);
        let round = &model.rounds[run.round];
        let verdict = only_organiser(&who).and_then(|()| {
            first([
                (run.state != RunState::Finished, "run-state"),
                (round.state != RoundState::Matched, "round-state"),
                (model.today() > round.answer_until, "too-late"),
                (run.input != model.input(run.round), "stale-run"),
            ])
        });
        let done = judge(publication::publish(self.app, &who.actor, parsed(&run.id)), verdict)?;
        if done.is_some() {
            let rows = self.dumper.take(self.app).rows("placements");
            let own =
                rows.iter().filter(|row| row.text("run_id") == run.id && row.text("state") == "proposed");
            let ids: BTreeMap<String, String> =
                own.map(|row| (row.text("application_id").to_owned(), row.text("id").to_owned())).collect();
            self.model.published(at, &ids, (NINE, FIVE));
        }
        Ok(became(done.as_ref()))
    }

    /// A run whose publication stands, or any.
    fn published_run(&self, n: usize) -> Option<usize> {
        let fitting = those(&self.model.runs, |run| run.state == RunState::Published);
        pick(n, &fitting, self.model.runs.len())
    }

    fn let_go(&mut self, n: [usize; 4]) -> Told<Became> {
        let Some(at) = self.published_run(n[0]) else { return Ok(Became::Void) };
        let (who, run) = (self.mostly_organiser(n[1]), &self.model.runs[at]);
        let verdict =
            only_organiser(&who).and_then(|()| first([(run.state != RunState::Published, "run-state")]));
        let done = judge(held_mails::release(self.app, &who.actor, parsed(&run.id)), verdict)?;
        if done.is_some() {
            self.model.let_go(at);
        }
        Ok(became(done.as_ref()))
    }

    fn discard(&mut self, n: [usize; 4]) -> Told<Became> {
        let rows = self.dump.rows("outbox");
        let (fitting, all) = (those(&rows, |row| row.text("state") == "held"), rows.len());
        let Some(at) = pick(n[0], &fitting, all) else { return Ok(Became::Void) };
        let (who, row) = (self.mostly_organiser(n[1]), &rows[at]);
        let is_held = row.text("state") == "held";
        let verdict = only_organiser(&who).and_then(|()| first([(!is_held, "not-found")]));
        let done = judge(held_mails::discard(self.app, &who.actor, parsed(row.text("id"))), verdict)?;
        if done.is_some() {
            let own = self.model.notice(row.text("dedupe_key")).ok_or("a mail that no fact explains")?;
            self.model.notices[own].state = NoticeState::Discarded;
        }
        Ok(became(done.as_ref()))
    }

    fn take_back(&mut self, n: [usize; 4]) -> Told<Became> {
        let Some(at) = self.published_run(n[0]) else { return Ok(Became::Void) };
        let (who, run) = (self.mostly_organiser(n[1]), &self.model.runs[at]);
        let state = self.model.rounds[run.round].state;
        let verdict = only_organiser(&who).and_then(|()| {
            let is_late = self.model.today() > self.model.withdrawable_until(run.round);
            first([
                (run.state != RunState::Published, "run-state"),
                (state != RoundState::Published, "round-state"),
                (is_late, "too-late"),
            ])
        });
        let done = judge(withdrawal::withdraw(self.app, &who.actor, parsed(&run.id)), verdict)?;
        if done.is_some() {
            self.model.taken_back(at);
        }
        Ok(became(done.as_ref()))
    }

    fn some_placement(&self, n: usize) -> Option<usize> {
        let fitting = those(&self.model.placements, crate::facts::Placement::can_end);
        pick(n, &fitting, self.model.placements.len())
    }

    /// An answer through the API, mostly by the host's administrator.
    fn answer(&mut self, n: [usize; 4]) -> Told<Became> {
        let Some(at) = self.some_placement(n[0]) else { return Ok(Became::Void) };
        let place = &self.model.placements[at];
        let owners = &self.model.libraries[place.host].employers;
        let usual = 2 + 6 * owners[n[1] % owners.len()];
        let who = self.who(if n[1].is_multiple_of(4) { n[1] / 4 } else { usual });
        let party = if n[2].is_multiple_of(4) { crate::facts::PARTIES[n[2] / 4 % 3] } else { Party::Host };
        let answer = if n[3].is_multiple_of(5) { Answer::No } else { Answer::Yes };
        let permitted = match (who.actor.role, party) {
            (Role::LibraryAdministrator, Party::Host) => {
                first([(!who.employer.is_some_and(|own| owners.contains(&own)), "not-found")])
            }
            // On behalf of the host.
            (Role::Organiser, Party::Host) => Ok(()),
            (Role::Participant, Party::Participant) => {
                first([(who.application != Some(place.application), "not-found")])
            }
            (Role::Anyone, _) => Err("unauthenticated"),
            _ => Err("forbidden"),
        };
        let verdict = permitted.and_then(|()| {
            let is_hidden = who.actor.role != Role::Organiser && self.model.is_untold(place.application);
            first([(is_hidden, "not-found")]).and_then(|()| self.admits_answer(place, party, answer))
        });
        let reply = Reply { party, answer, reason: None, channel: "api", version: None };
        let done = judge(placements::answer(self.app, &who.actor, parsed(&place.id), &reply), verdict)?;
        if done.is_some() {
            self.model.answered(at, party, answer);
        }
        Ok(became(done.as_ref()))
    }

    fn move_times(&mut self, n: [usize; 4]) -> Told<Became> {
        let Some(at) = self.some_placement(n[0]) else { return Ok(Became::Void) };
        let place = &self.model.placements[at];
        let owners = &self.model.libraries[place.host].employers;
        let who = self.who(n[1]);
        let permitted = match who.actor.role {
            Role::LibraryAdministrator => first([
                (!who.employer.is_some_and(|own| owners.contains(&own)), "not-found"),
                (self.model.is_untold(place.application), "not-found"),
            ]),
            _ => only_organiser(&who),
        };
        let hour =
            |n: usize| NaiveTime::from_hms_opt(u32::try_from(n).expect("an hour"), 0, 0).expect("a time");
        let (starts, ends) = (hour(9 + n[2] % 3), hour(11 + n[2] / 3 % 4));
        let verdict = permitted.and_then(|()| {
            first([
                (ends <= starts, "invalid-fields"),
                (self.model.closed.contains(&(place.host, place.date)), "invalid-fields"),
                (place.times != (starts, ends) && !place.can_end(), "placement-state"),
            ])
        });
        let moved = placements::reschedule(self.app, &who.actor, parsed(&place.id), starts, ends);
        let done = judge(moved, verdict)?;
        if done.is_some() && place.times != (starts, ends) {
            self.model.moved(at, (starts, ends));
        }
        Ok(became(done.as_ref()))
    }

    fn call_off(&mut self, n: [usize; 4]) -> Told<Became> {
        let Some(at) = self.some_placement(n[0]) else { return Ok(Became::Void) };
        let (who, place) = (self.mostly_organiser(n[1]), &self.model.placements[at]);
        let verdict = only_organiser(&who).and_then(|()| first([(!place.can_end(), "placement-state")]));
        let done = judge(placements::cancel(self.app, &who.actor, parsed(&place.id), "Snow."), verdict)?;
        if done.is_some() {
            self.model.end(at, PlacementState::Cancelled);
        }
        Ok(became(done.as_ref()))
    }

    fn deadlines(&mut self) -> Told<Became> {
        let expected = self.model.keep_deadlines();
        let done = act_on_due(self.app, "test", &Stop::new()).map_err(|error| error.to_string())?;
        if done != expected {
            return Err(format!("{done} deadlines were kept, and the facts say {expected}"));
        }
        Ok(if done == 0 { Became::Void } else { Became::Accepted })
    }

    fn cancel_round(&mut self, n: [usize; 4]) -> Told<Became> {
        // Seldom: it ends everything.
        if !n[3].is_multiple_of(8) {
            return Ok(Became::Void);
        }
        let Some(at) = pick(n[0], &[], self.model.rounds.len()) else { return Ok(Became::Void) };
        let (who, round) = (self.mostly_organiser(n[1]), &self.model.rounds[at]);
        let is_over = matches!(round.state, RoundState::Completed | RoundState::Cancelled);
        let verdict = only_organiser(&who).and_then(|()| first([(is_over, "round-state")]));
        let done = judge(rounds::cancel(self.app, &who.actor, parsed(&round.id)), verdict)?;
        if done.is_some() {
            self.model.rounds[at].state = RoundState::Cancelled;
            self.model.all_off(at);
        }
        Ok(became(done.as_ref()))
    }
}

fn organiser() -> Actor {
    Actor::named("token:organiser", Role::Organiser)
}

/// A mark: arrived, left early (now and then after the end), did not come.
fn a_mark(place: &crate::facts::Placement, n: usize) -> Attendance {
    let left_at = if n.is_multiple_of(5) { place.times.1 } else { place.times.0 + Duration::minutes(30) };
    match n % 4 {
        0 => Attendance { kind: AttendanceKind::LeftEarly, left_at: Some(left_at) },
        1 => Attendance::of(AttendanceKind::DidNotCome),
        _ => ARRIVED,
    }
}

fn only_organiser(who: &Who) -> Verdict {
    match who.actor.role {
        Role::Organiser => Ok(()),
        Role::Anyone => Err("unauthenticated"),
        _ => Err("forbidden"),
    }
}

/// The first code whose condition is true.
fn first<const N: usize>(refusals: [(bool, &'static str); N]) -> Verdict {
    refusals.into_iter().find(|(is_so, _)| *is_so).map_or(Ok(()), |(_, code)| Err(code))
}

fn is_unpublished(state: RoundState) -> bool {
    matches!(state, RoundState::Draft | RoundState::Open | RoundState::Closed | RoundState::Matched)
}

fn takes_releases(state: RoundState) -> bool {
    matches!(state, RoundState::Open | RoundState::Closed | RoundState::Matched)
}

fn takes_runs(state: RoundState) -> bool {
    matches!(state, RoundState::Closed | RoundState::Matched)
}
