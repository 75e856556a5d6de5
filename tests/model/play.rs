//! Steps on the real services, each beside what the small model says of it.

#[path = "calendars.rs"]
mod calendars;
#[path = "play_refills.rs"]
mod refills;
#[path = "play_repairs.rs"]
mod repairs;
#[path = "play_swaps.rs"]
mod swaps;

use std::collections::BTreeMap;
use std::fmt::Debug;

use chrono::{Datelike, Days, Duration, NaiveDate, NaiveTime};
use library_swap::domain::access_needs::AccessNeeds;
use library_swap::domain::alternative::{AlternativeKind, Instead, Wanted};
use library_swap::domain::application::ReleaseRule;
use library_swap::domain::attendance::{Attendance, AttendanceKind};
use library_swap::domain::feedback::Feedback;
use library_swap::domain::idea::{NewIdea, ShownAs};
use library_swap::domain::ids::{ApplicationId, EmployerId, LibraryId, SwapId};
use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::link::Purpose;
use library_swap::domain::notice::NoticeState;
use library_swap::domain::offer::Offer;
use library_swap::domain::opening::Exception;
use library_swap::domain::organisation::Contact;
use library_swap::domain::packs::{Pack, PackField, PackKind};
use library_swap::domain::party::Party;
use library_swap::domain::permissions::{Actor, Role};
use library_swap::domain::release::{Answered, Decision, RefusalReason, ReleaseRefusal};
use library_swap::domain::sector::Sector;
use library_swap::domain::states::{
    AlternativeState, Answer, ApplicationState, ManagerTrust, PlacementState, RefillState, ReserveOfferState,
    RoundState, RunState,
};
use library_swap::services::links::{self, Act};
use library_swap::services::outbox::{Attempt, Ready, claim, prepare, settle, wait_after};
use library_swap::services::packs::{self, PackEdit};
use library_swap::services::placements::{self, Reply};
use library_swap::services::rounds::{self, NewRound};
use library_swap::services::seen::Seen;
use library_swap::services::sign_up::{SignUp, SignedUp, sign_up};
use library_swap::services::traces::check_all;
use library_swap::services::{
    App, AppError, alternatives, applications, attendance, employers, feedback, held_mails, ideas, libraries,
    offers, opening, publication, runs, withdrawal,
};
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use library_swap::worker::runs::{Solved, solve_next};

use crate::evidence::{Dump, Dumper, breaches};
use crate::facts::{
    About, Fields, Goes, Idea, Library, Link, Model, Other, Pace, Person, Round, Run, Verdict,
};
use crate::random::Random;
use crate::steps;

use calendars::Calendars;

/// How often everything is traced that placements rest on, beside after each repair.
const STEPS_PER_TRACE: usize = 50;
/// An id of nothing.
const NOBODY: &str = "01900000-0000-7000-8000-000000000000";
const NINE: NaiveTime = NaiveTime::from_hms_opt(9, 0, 0).unwrap();
const ARRIVED: Attendance = Attendance::of(AttendanceKind::Arrived);
const FIVE: NaiveTime = NaiveTime::from_hms_opt(17, 0, 0).unwrap();
const OFFICE_DAY: (NaiveTime, NaiveTime) = (NINE, FIVE);

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
    LetGo, Discard, TakeBack, Answer, Instead, Move, Pack, CallOff, Repair, Apply, Refill, Stop, AskSwap, AnswerSwap, CancelSwap, Ill, Mark, Say, Idea, Ideas, Deadlines,
    CancelRound,
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
    /// What of the tables of states was seen.
    pub seen: steps::Seen,
    /// What the mails that went out have left in people's calendars.
    calendars: Calendars,
    played: usize,
    /// Traces tell by the instants what came first: once a clock has gone back, they cannot.
    went_back: bool,
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
        let pace = Pace::of(app.settings.pace.coalesce, app.settings.pace.digests);
        let mut model = Model { now: app.clock.now(), pace, ..Model::default() };
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
            let email = |address: &String| Contact {
                name: None,
                email: parsed(address),
                telephone: None,
                language: None,
            };
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
            let (id, sectors, employers) = (made.id.to_string(), sectors.to_vec(), owners.to_vec());
            let standing = None;
            model.libraries.push(Library { id, reference, sectors, employers, contact, deputy, standing });
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
        let (seen, calendars) = (steps::Seen::new(), Calendars::default());
        Self { app, model, employers, dumper, dump, seen, calendars, played: 0, went_back: false }
    }

    /// Plays a step and checks everything after it.
    pub fn step(&mut self, step: Step) -> Told<Became> {
        // No two things happen at the same instant.
        self.model.now += Duration::seconds(1);
        self.app.clock.set(self.model.now);
        let became = self.act(step)?;
        let after = self.dumper.take(self.app);
        if became == Became::Refused && after != self.dump {
            return Err(format!("refused, and yet something was written:\n{}", self.dump.difference(&after)));
        }
        let mut wrong = steps::check(&self.dump, &after, &mut self.seen);
        self.dump = after;
        wrong.extend(breaches(&self.dump));
        wrong.extend(self.model.differences(&self.dump));
        wrong.extend(self.calendars.differences(&self.model));
        self.played += 1;
        let mends = matches!(step.kind, Kind::Apply | Kind::AnswerSwap) && became == Became::Accepted;
        if (mends || self.played.is_multiple_of(STEPS_PER_TRACE)) && !self.went_back {
            wrong.extend(self.broken_traces()?);
        }
        if wrong.is_empty() { Ok(became) } else { Err(wrong.join("\n")) }
    }

    /// The links that do not hold of what placements rest on.
    fn broken_traces(&self) -> Told<Vec<String>> {
        let found = check_all(self.app, &organiser(), 3).map_err(|error| error.to_string())?;
        Ok(found.first.iter().map(|(id, broken)| format!("trace of {id}: {broken:?}")).collect())
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
            Kind::Instead => self.offer_instead(n),
            Kind::Pack => self.write_pack(n),
            Kind::Say => self.say(n),
            Kind::Idea => self.bring_idea(n),
            Kind::Ideas => self.handle_idea(n),
            Kind::Move => self.move_times(n),
            Kind::CallOff => self.call_off(n),
            Kind::Repair => self.plan_repair(n),
            Kind::Apply => self.apply_repair(n),
            Kind::Refill => self.refill(n),
            Kind::Stop => self.stop_refill(n),
            Kind::AskSwap => self.ask_for_swap(n),
            Kind::AnswerSwap => self.answer_swap(n),
            Kind::CancelSwap => self.cancel_swap(n),
            Kind::Ill => self.ill(n),
            Kind::Mark => self.mark(n),
            Kind::Deadlines => self.deadlines(),
            Kind::CancelRound => self.cancel_round(n),
        }
    }

    /// A step that is likely to move things on, or in one of eight any at all. Until the first publication nothing else
    /// comes in between, so that there are days to speak of.
    pub fn propose(&self, random: &mut Random) -> Step {
        let n = [random.below(10_000), random.below(10_000), random.below(10_000), random.below(10_000)];
        let straight = self.model.placements.is_empty();
        if random.below(8) == 0 && !straight {
            return Step { kind: Kind::ALL[random.below(Kind::ALL.len())], n };
        }
        let mut weights = self.weights();
        let hinders = [Kind::Clock, Kind::Day, Kind::Withdraw, Kind::Discard, Kind::TakeBack];
        for (_, weight) in weights.iter_mut().filter(|(kind, _)| straight && hinders.contains(kind)) {
            *weight = 0;
        }
        let mut at = random.below(weights.iter().map(|(_, weight)| weight).sum());
        for (kind, weight) in weights {
            if at < weight {
                return Step { kind, n };
            }
            at -= weight;
        }
        Step { kind: Kind::Clock, n }
    }

    fn weights(&self) -> [(Kind, usize); 37] {
        let model = &self.model;
        let (today, is_timely) = (model.today(), |round: &Round| self.is_timely(round));
        let count =
            |state| model.rounds.iter().filter(|round| round.state == state && is_timely(round)).count();
        let released = |at: usize| {
            let own = model.applications.iter().filter(|one| one.round == at);
            let is_asked = model.rounds[at].release_required;
            own.filter(|one| {
                one.state == ApplicationState::Released
                    || (one.state == ApplicationState::Verified && !is_asked && one.is_manager_known())
            })
            .count()
        };
        let full = (0..model.rounds.len()).any(|at| {
            let round = &model.rounds[at];
            let is_full = released(at) >= if is_timely(round) { 5 } else { 2 };
            round.state == RoundState::Open && is_full && today <= round.answer_until
        });
        let bare = model
            .rounds
            .iter()
            .any(|one| is_unpublished(one.state) && is_timely(one) && one.offers.len() < 5);
        let (open, out) = (count(RoundState::Open), count(RoundState::Published));
        let ready = count(RoundState::Closed) + count(RoundState::Matched);
        let queued = model.runs.iter().any(|run| run.state == RunState::Queued);
        let fresh = !those(&model.runs, |run| self.is_fresh(run)).is_empty();
        let held = model.notices.iter().any(|one| one.state == NoticeState::Held);
        let due = model.notices.iter().filter(|one| model.is_due(one)).count();
        let standing = model.placements.iter().filter(|one| one.can_end()).count();
        let unjudged = model
            .applications
            .iter()
            .any(|one| one.trust == ManagerTrust::ToConfirm && one.state == ApplicationState::Verified);
        let certain = self.next_visit().is_some();
        let is_planned = model.repairs.iter().any(|one| model.is_fresh_repair(one));
        let proposed = model.placements.iter().filter(|one| one.state == PlacementState::Proposed).count();
        let reviewed = self.at_their_day(|at| model.admits_review(&model.placements[at])).len();
        let links = those(&model.links, |link| self.is_useful(link)).len();
        let overdue = model.clone().keep_deadlines() > 0 || !model.refills_to_go_on().is_empty();
        let running = model.refills.iter().filter(|one| one.state == RefillState::Running).count();
        let empty = (0..model.placements.len()).filter(|at| model.is_offerable(*at)).count();
        let swapping = model.swaps.iter().filter(|one| one.is_open() && one.placements().len() > 1).count();
        let going = open + ready + count(RoundState::Draft);
        let is_new = |at: usize, person: usize| {
            model.applications.iter().all(|one| (one.round, one.person) != (at, person))
        };
        let new = |at: usize| (0..model.persons.len()).filter(|person| is_new(at, *person)).count();
        let is_open = |one: &Round| one.state == RoundState::Open && is_timely(one);
        let new: usize = those(&model.rounds, is_open).into_iter().map(new).sum();
        [
            (Kind::Clock, 4 + 2 * standing.min(4) + if certain { 28 } else { 0 }),
            (Kind::NewRound, if going == 0 { if standing > 0 { 3 } else { 30 } } else { 0 }),
            (Kind::Open, 40 * count(RoundState::Draft)),
            (Kind::Offer, if bare { 16 } else { 1 }),
            (Kind::Day, 1 + standing.min(1)),
            (Kind::SignUp, open.min(1) + 4 * new.min(8)),
            (Kind::Program, 2 * open.min(1)),
            (Kind::Deliver, 3 * due.min(8)),
            (Kind::Press, 2 + 4 * links.min(8)),
            (Kind::Judge, if unjudged { 6 } else { 1 }),
            (Kind::Withdraw, 1),
            (Kind::Close, if full { 40 } else { 0 }),
            (Kind::Start, if fresh || queued { 1 } else { 20 * ready }),
            (Kind::Solve, if queued { 40 } else { 0 }),
            (Kind::Publish, if fresh { 30 } else { 1 }),
            (Kind::LetGo, if held { 12 } else { 1 }),
            (Kind::Discard, 2 * usize::from(held)),
            (Kind::TakeBack, out),
            (Kind::Answer, 4 * standing.min(6)),
            (Kind::Instead, 2 * proposed.min(4)),
            (Kind::Pack, 2 * standing.min(4)),
            (Kind::Say, 6 * reviewed.min(3)),
            (Kind::Idea, 4 * reviewed.min(3)),
            (Kind::Ideas, 4 * usize::from(model.placements.iter().any(|one| one.idea.is_some()))),
            (Kind::Move, standing.min(6)),
            (Kind::CallOff, standing.min(1)),
            (Kind::Repair, if self.mendable().is_empty() { 1 } else { 2 + 2 * standing.min(3) }),
            (Kind::Apply, if is_planned { 16 } else { model.repairs.len().min(1) }),
            (Kind::Refill, if empty > 0 { 25 } else { 1 }),
            (Kind::Stop, 2 * running.min(1)),
            (Kind::AskSwap, if self.exchangeable().len() > 1 { 12 } else { 1 }),
            (Kind::AnswerSwap, if swapping > 0 { 45 } else { 1 }),
            (Kind::CancelSwap, swapping.min(1)),
            (
                Kind::Ill,
                25 * self.at_their_day(|at| model.admits_illness(&model.placements[at])).len().min(2),
            ),
            (Kind::Mark, 4 * self.at_their_day(|at| model.admits_mark(at, ARRIVED)).len().min(4)),
            (Kind::Deadlines, if overdue { 15 } else { 1 }),
            // Seldom: it ends everything.
            (Kind::CancelRound, usize::from(standing > 2)),
        ]
    }

    /// Rounds that were slept through lead nowhere any more.
    fn is_timely(&self, round: &Round) -> bool {
        match round.state {
            RoundState::Draft | RoundState::Open => self.model.today() <= round.sign_up_until,
            RoundState::Closed | RoundState::Matched => self.model.today() <= round.answer_until,
            _ => true,
        }
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
        let has_a_day = |place| has_a_day(place) || self.swap_to_answer(link).is_some();
        let does = match link.purpose {
            Purpose::Verify => state == ApplicationState::Submitted,
            Purpose::Release => state == ApplicationState::Verified,
            Purpose::Answer => link.placement.is_some_and(|place| is_asked(place) || has_a_day(place)),
            Purpose::Offer => link.offer.is_some_and(|offer| self.model.reserve_offers[offer].is_open()),
            Purpose::Application => false,
        };
        does && !link.used && link.expires > self.model.now
    }

    fn who(&self, n: usize) -> Who {
        let none = Who { actor: Actor::anyone(), employer: None, application: None };
        let of_employer = |role: Role, employer: usize| {
            let actor = Actor { employers: vec![self.employers[employer]], ..Actor::named("token:e", role) };
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
        let hours = [1, 1, 5, 20, 24, 24, 47, 49, 72, 120, 24, 26];
        let goes_back = n[0].is_multiple_of(60);
        self.went_back |= goes_back;
        // Now and then the afternoon before a visit, its forenoon or its evening: else most of them are slept through.
        match self.next_visit().filter(|_| n[1].is_multiple_of(2)) {
            _ if goes_back => self.model.now -= Duration::hours(3),
            Some(then) => self.model.now = then,
            None => self.model.now += Duration::hours(hours[n[0] % hours.len()]),
        }
        self.app.clock.set(self.model.now);
        Became::Accepted
    }

    /// The next instant of a certain day at which something can be said of it, if it is near.
    fn next_visit(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        let (now, certain) = (self.model.now, self.model.placements.iter());
        let certain = certain.filter(|place| place.state == PlacementState::Confirmed);
        let instants = certain.flat_map(|place| {
            let day = place.date.and_time(NaiveTime::MIN).and_utc();
            [-11, 10, 19].map(|hour| day + Duration::hours(hour))
        });
        instants.filter(|then| *then > now && *then < now + Duration::days(21)).min()
    }

    fn new_round(&mut self, n: [usize; 4]) -> Became {
        let today = self.model.today();
        let soon = today + Days::new(28);
        let monday = soon + Days::new(u64::from((7 - soon.weekday().num_days_from_monday()) % 7));
        let dates: Vec<NaiveDate> = (0..3).map(|day| monday + Days::new(day)).collect();
        let (sign_up_until, answer_until) = (today + Days::new(10), monday - Days::new(5));
        let release_required = !n[0].is_multiple_of(3);
        let balance = [Some(0), Some(1), None][n[1] % 3];
        let rule = balance.map_or("null".to_owned(), |most: i64| most.to_string());
        let wanted = NewRound {
            name: parsed(&format!("Round {}", self.model.rounds.len())),
            time_zone: chrono_tz::Europe::London,
            sign_up_until,
            answer_until,
            dates: dates.clone(),
            rules: Some(format!("{{\"balance\": {rule}}}")),
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
            balance,
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
        let fitting = those(&self.model.rounds, |round| is_unpublished(round.state) && self.is_timely(round));
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
        // Fewer places than people, so that there are reserves.
        let places = |day: usize| u32::try_from(1 + (n[3] + day) % 4 / 3).expect("small");
        let days = || round.dates.iter().copied().enumerate();
        let hosting: BTreeMap<NaiveDate, u32> =
            days().filter(|(day, _)| n[3] % 7 != *day).map(|(day, date)| (date, places(day))).collect();
        let release: BTreeMap<NaiveDate, u32> = days().map(|(day, date)| (date, number(day, 7))).collect();
        let wanted = Offer { hosting: hosting.clone(), release: release.clone(), ..Offer::default() };
        let id: LibraryId = parsed(&self.model.libraries[library].id);
        let done = judge(
            offers::offer(self.app, &who.actor, parsed(&round.id), id, &wanted, &Seen::regardless()),
            verdict,
        )?;
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
        let standing = self.model.placements.iter().filter(|place| place.can_end());
        let standing: Vec<(usize, NaiveDate)> = standing.map(|place| (place.host, place.date)).collect();
        let (library, date) = match standing.get(n[1] / 3 % standing.len().max(1)) {
            Some(day) if !n[1].is_multiple_of(3) => *day,
            _ => (n[1] % self.model.libraries.len(), days[n[0] % days.len()]),
        };
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
            let done = judge(
                opening::delete_exception(self.app, &who.actor, id, date, &Seen::regardless()),
                verdict,
            )?;
            if done.is_some() {
                self.model.closed.remove(&(library, date));
            }
            return Ok(became(done.as_ref()));
        }
        let closed = Exception { date, opens: vec![], label: parsed("Burst pipe") };
        let done =
            judge(opening::set_exception(self.app, &who.actor, id, &closed, &Seen::regardless()), verdict)?;
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
            needs: AccessNeeds::default(),
            avoid: vec![],
            hours: BTreeMap::new(),
            pattern: None,
            assured_until: None,
            role_title: None,
            objectives: None,
            language: None,
            privacy_version: None,
        }
    }

    fn sign_up(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting =
            those(&self.model.rounds, |round| round.state == RoundState::Open && self.is_timely(round));
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
        let fitting =
            those(&self.model.rounds, |round| round.state == RoundState::Open && self.is_timely(round));
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
        let claimed = claim(self.app, "test", i64::try_from(most).expect("few"), &[])
            .map_err(|error| error.to_string())?;
        if claimed.len() != due.min(most) {
            return Err(format!("{} mails of {due} due were claimed", claimed.len()));
        }
        for (at, one) in claimed.iter().enumerate() {
            let notice = one.notice();
            let own = self.model.notice(&notice.dedupe_key).ok_or("a mail that no fact explains")?;
            if !self.model.is_due(&self.model.notices[own]) {
                return Err(format!("{} is not due", notice.dedupe_key));
            }
            let write = |_: &Letter| Ok(b"a mail".to_vec());
            let written = prepare(self.app, std::slice::from_ref(one), "test", write);
            let (mut ready, settled) = written.map_err(|error| error.to_string())?;
            let Some(Ready { letter, .. }) = ready.pop() else {
                return Err(format!("{} was not written: {settled:?}", notice.dedupe_key));
            };
            if let Some(letter) = letter {
                if let Some(link) = &letter.link {
                    self.keep_link(own, link);
                }
                self.calendars.prepared(&notice.dedupe_key, &letter);
            }
            let is_taken = !(n[1].is_multiple_of(6) && at == 0);
            let attempt =
                if is_taken { Attempt::Sent("250".to_owned()) } else { Attempt::Later("451".to_owned()) };
            settle(self.app, "test", &[(one.clone(), attempt)]).expect("settled");
            self.model.attempt(own, is_taken, wait_after(notice.id.uuid(), notice.attempts))?;
            if is_taken {
                self.calendars.arrived(&notice.dedupe_key);
            }
        }
        Ok(if claimed.is_empty() { Became::Void } else { Became::Accepted })
    }

    fn keep_link(&mut self, notice: usize, link: &str) {
        let notice = &self.model.notices[notice];
        let (application, placement) = match notice.about {
            About::Application(application) | About::Digest(application, _) => (application, None),
            About::Placement(place) | About::Swap(_, place) => {
                (self.model.placements[place].application, Some(place))
            }
            About::Reserve(offer) => (self.model.reserve_offers[offer].application, None),
        };
        let offer = match notice.about {
            About::Reserve(offer) if notice.kind == NoticeKind::Offer => Some(offer),
            _ => None,
        };
        let purpose = match notice.kind {
            NoticeKind::VerifyAddress => Purpose::Verify,
            NoticeKind::ReleaseRequest => Purpose::Release,
            NoticeKind::Offer => Purpose::Offer,
            NoticeKind::Proposal | NoticeKind::AnswerReminder | NoticeKind::DeputyRequest => Purpose::Answer,
            NoticeKind::Reminder
            | NoticeKind::FeedbackRequest
            | NoticeKind::PackMissing
            | NoticeKind::JoiningPack
            | NoticeKind::PackChanged
            | NoticeKind::Alternative
            | NoticeKind::Confirmed
            | NoticeKind::Changed
            | NoticeKind::SwapRequest
            | NoticeKind::SwapEnded
            | NoticeKind::Ill => Purpose::Answer,
            _ => Purpose::Application,
        };
        let round = self.model.round_of(application);
        let last = match purpose {
            Purpose::Verify => round.sign_up_until,
            Purpose::Release => round.answer_until,
            Purpose::Application | Purpose::Offer => *round.dates.last().expect("days"),
            // As long as the day can be told about.
            Purpose::Answer => *round.dates.last().expect("days") + Days::new(40),
        };
        let secret = link.rsplit('/').next().expect("a secret").to_owned();
        self.model.links.push(Link {
            secret,
            purpose,
            application,
            placement: placement.filter(|_| purpose == Purpose::Answer),
            offer,
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
        let of_reserves: Vec<usize> =
            fitting.iter().copied().filter(|at| self.model.links[*at].offer.is_some()).collect();
        if n[3].is_multiple_of(2) && !of_reserves.is_empty() {
            fitting = of_reserves;
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
            Purpose::Offer if n[1].is_multiple_of(4) => Act::Decline(0, None),
            Purpose::Offer => Act::Accept(0),
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
                Act::Take(version),
                Act::Feedback(some_marks(n[2])),
                Act::Idea(an_idea(n[2])),
                Act::AgreeSwap(self.some_swap(n[2])),
                Act::RefuseSwap(self.some_swap(n[2]), None),
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
            Act::Accept(_) if link.offer.is_some() => self.follow_yes(link.offer.expect("one"))?,
            Act::Decline(..) if link.offer.is_some() => {
                self.model.declined_place(link.offer.expect("one"));
            }
            Act::Accept(_) => self.model.answered(link.placement.expect("one"), link.party, Answer::Yes),
            Act::Decline(..) => self.model.answered(link.placement.expect("one"), link.party, Answer::No),
            Act::Withdraw => self.model.withdrawn(link.application),
            Act::Ill => self.model.ill(link.placement.expect("one")),
            Act::Attendance(marked) => self.model.marked(link.placement.expect("one"), *marked),
            Act::Offer(_, wanted) => {
                let place = link.placement.expect("one");
                self.model.offered(place, self.an_other(place, wanted));
            }
            Act::Take(_) => self.model.taken(link.placement.expect("one")),
            Act::Feedback(said) => self.keep_marks(link.placement.expect("one"), link.party, said),
            Act::Idea(new) => self.keep_idea(link.placement.expect("one"), new),
            Act::WritePack(edit) => {
                self.model.wrote_pack(link.placement.expect("one"), &edit.pack.0, edit.for_later_visitors);
            }
            Act::Calendar(wanted) => panic!("{wanted:?} is played in tests/api/feeds.rs"),
            Act::ReadNeeds => panic!("needs are read in tests/privacy.rs"),
            Act::AskSwap(_) => return Err("nobody is asked by this step".to_owned()),
            Act::AgreeSwap(id) => self.follow_swap_press(&link, id, Answer::Yes)?,
            Act::RefuseSwap(id, _) => self.follow_swap_press(&link, id, Answer::No)?,
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
        let of_reserve = link.offer.map(|offer| model.reserve_offers[offer].state);
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
            (Purpose::Offer, Act::Accept(_)) => of_reserve == Some(ReserveOfferState::Accepted),
            (Purpose::Offer, Act::Decline(..)) => of_reserve == Some(ReserveOfferState::Declined),
            (Purpose::Answer, Act::Offer(_, wanted)) => {
                link.party == Party::Host && link.placement.is_some_and(|at| self.is_offered(at, wanted))
            }
            (Purpose::Answer, Act::Take(_)) => {
                let is_taken = |other: &Other| other.state == AlternativeState::Taken;
                link.party == Party::Participant
                    && place.and_then(|place| place.others.last()).is_some_and(is_taken)
            }
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
            (Purpose::Offer, Act::Accept(_) | Act::Decline(_, None), _) => {
                first([(of_reserve != Some(ReserveOfferState::Open), "no-offer")])
            }
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
                    .and_then(|()| admits_beside_offer(place, link.party, answer))
            }
            (Purpose::Answer, Act::Offer(..) | Act::Take(_), Some(_))
                if link.party
                    != if matches!(act, Act::Take(_)) { Party::Participant } else { Party::Host } =>
            {
                Err("invalid-fields")
            }
            (Purpose::Answer, Act::Offer(seen, wanted), Some(_)) => {
                let at = link.placement.expect("one");
                first([(model.is_untold(link.application), "not-found")])
                    .and_then(|()| model.admits_offer(at, *seen, &self.an_other(at, wanted)))
            }
            (Purpose::Answer, Act::Take(seen), Some(_)) => {
                first([(model.is_untold(link.application), "not-found")])
                    .and_then(|()| model.admits_taking(link.placement.expect("one"), *seen))
            }
            (Purpose::Answer, Act::Feedback(said), Some(place)) => {
                let verdict = first([
                    (link.party == Party::Manager, "forbidden"),
                    (model.is_untold(link.application), "not-found"),
                ]);
                let is_new = place.feedback.get(&link.party) != Some(&marks_of(said));
                return (
                    verdict.and_then(|()| if is_new { model.admits_review(place) } else { Ok(()) }),
                    is_new,
                );
            }
            (Purpose::Answer, Act::Idea(new), Some(place)) => {
                let verdict = first([
                    (link.party != Party::Participant, "forbidden"),
                    (model.is_untold(link.application), "not-found"),
                ]);
                let is_new = is_new_idea(place, new);
                return (
                    verdict.and_then(|()| if is_new { model.admits_review(place) } else { Ok(()) }),
                    is_new,
                );
            }
            (Purpose::Answer, Act::WritePack(edit), Some(_)) => {
                let at = link.placement.expect("one");
                first([
                    (link.party != Party::Host, "forbidden"),
                    (model.is_untold(link.application), "not-found"),
                ])
                .and_then(|()| model.admits_pack(at, edit.revision, &edit.pack.0))
            }
            (Purpose::Answer, Act::AgreeSwap(_) | Act::RefuseSwap(..), Some(_)) => {
                return self.verdict_of_swap(link, act);
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
        let live = self.model.live_of(application).map(|place| &self.model.placements[place]);
        live.map_or(Ok(()), |place| self.admits_end(place))
    }

    fn admits_end(&self, place: &crate::facts::Placement) -> Verdict {
        first([(!place.can_end(), "placement-state"), (self.model.has_been(place), "too-late")])
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

    /// A swap, or none that is known.
    fn some_swap(&self, n: usize) -> SwapId {
        let known = self.model.swaps.get(n % self.model.swaps.len().max(1));
        parsed(known.map_or(NOBODY, |swap| swap.id.as_str()))
    }

    /// What somebody does on the page of a placement.
    fn usual_answer(&self, link: &Link, n: [usize; 4], version: i64) -> Act {
        let at = link.placement.expect("a placement");
        let place = &self.model.placements[at];
        if let Some(swap) = self.swap_to_answer(link).filter(|_| !n[1].is_multiple_of(4)) {
            let id = parsed(&self.model.swaps[swap].id);
            return if n[1] % 32 == 1 { Act::RefuseSwap(id, None) } else { Act::AgreeSwap(id) };
        }
        match link.party {
            Party::Participant if n[1].is_multiple_of(3) && self.model.admits_illness(place).is_ok() => {
                Act::Ill
            }
            Party::Participant if place.open_offer().is_some() && !n[1].is_multiple_of(5) => {
                Act::Take(version)
            }
            Party::Participant if n[1].is_multiple_of(2) && self.model.admits_review(place).is_ok() => {
                Act::Idea(an_idea(n[2]))
            }
            Party::Host if n[1].is_multiple_of(2) && self.model.admits_mark(at, ARRIVED).is_ok() => {
                Act::Attendance(a_mark(place, n[2]))
            }
            Party::Participant | Party::Host if self.model.admits_review(place).is_ok() => {
                Act::Feedback(some_marks(n[2]))
            }
            Party::Host if n[1].is_multiple_of(4) && place.state == PlacementState::Proposed => {
                Act::Offer(version, self.something_else(at, n))
            }
            Party::Host if n[1].is_multiple_of(3) => Act::WritePack(self.an_edit(at, n)),
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

    /// What a host of a placement may offer: another day, a colleague (now and then a stranger), a virtual visit.
    fn something_else(&self, at: usize, n: [usize; 4]) -> Wanted {
        let place = &self.model.placements[at];
        let round = self.model.round_of(place.application);
        let instead = match n[2] % 4 {
            0 | 1 => Instead::Date(round.dates[n[2] / 4 % round.dates.len()], None),
            2 => {
                let domain = if n[2].is_multiple_of(7) {
                    "elsewhere.example"
                } else {
                    self.model.libraries[place.host].domain()
                };
                let email = parsed(&format!("colleague{}@{domain}", n[2] / 4 % 2));
                Instead::Colleague(Contact {
                    name: Some(parsed("A Colleague")),
                    email,
                    telephone: None,
                    language: None,
                })
            }
            _ => Instead::Virtual(None),
        };
        Wanted { instead, words: None }
    }

    /// An offer as it would be kept.
    fn an_other(&self, at: usize, wanted: &Wanted) -> Other {
        let place = &self.model.placements[at];
        let (date, times, contact) = match &wanted.instead {
            Instead::Date(date, _) => (*date, OFFICE_DAY, None),
            Instead::Colleague(contact) => (place.date, place.times, Some(contact.email.to_string())),
            Instead::Virtual(_) => (place.date, place.times, None),
        };
        let (kind, state, at) = (wanted.instead.kind(), AlternativeState::Offered, self.model.now);
        Other { kind, date, times, contact, state, at }
    }

    /// Whether it is what was offered last, whatever became of it.
    fn is_offered(&self, at: usize, wanted: &Wanted) -> bool {
        let other = self.an_other(at, wanted);
        self.model.placements[at].others.last().is_some_and(|last| {
            last.kind == other.kind
                && last.contact == other.contact
                && (last.date == other.date || other.kind != AlternativeKind::Date)
        })
    }

    /// The host offers something else, through the API.
    fn offer_instead(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = those(&self.model.placements, |one| {
            one.state == PlacementState::Proposed && one.open_offer().is_none()
        });
        let Some(at) = pick(n[0], &fitting, self.model.placements.len()) else { return Ok(Became::Void) };
        let place = &self.model.placements[at];
        let (who, permitted) = self.of_host(at, n[1], Ok(()));
        let version = place.version - i64::from(n[3].is_multiple_of(11));
        let wanted = self.something_else(at, n);
        let (other, is_new) = (self.an_other(at, &wanted), !self.is_offered(at, &wanted));
        let verdict = permitted
            .and_then(|()| if is_new { self.model.admits_offer(at, version, &other) } else { Ok(()) });
        let done =
            judge(alternatives::offer(self.app, &who.actor, parsed(&place.id), version, &wanted), verdict)?;
        if done.is_some() && is_new {
            self.model.offered(at, other);
        }
        Ok(became(done.as_ref()))
    }

    /// Somebody who would act for the host of a placement, mostly its administrator, and whether they may.
    fn of_host(&self, at: usize, n: usize, organiser: Verdict) -> (Who, Verdict) {
        let place = &self.model.placements[at];
        let owners = &self.model.libraries[place.host].employers;
        let usual = 2 + 6 * owners[n % owners.len()];
        let who = self.who(if n.is_multiple_of(4) { n / 4 } else { usual });
        let permitted = match who.actor.role {
            Role::Organiser => organiser,
            Role::LibraryAdministrator => {
                let is_own = who.employer.is_some_and(|own| owners.contains(&own));
                first([(!is_own || self.model.is_untold(place.application), "not-found")])
            }
            Role::Anyone => Err("unauthenticated"),
            _ => Err("forbidden"),
        };
        (who, permitted)
    }

    /// A joining pack: whole, or with something missing; now and then from a page that is out of date.
    fn an_edit(&self, at: usize, n: [usize; 4]) -> PackEdit {
        let value = |field: PackField| match field.kind() {
            PackKind::Time => "08:50".to_owned(),
            PackKind::Telephone => "01905 822866".to_owned(),
            PackKind::Yes => "yes".to_owned(),
            PackKind::Line | PackKind::Words => format!("Menu {}", n[2] % 3),
        };
        let is_written = |field: &PackField| match n[3] % 5 {
            0 => *field == PackField::Lunch,
            1 => *field != PackField::ArrivalTime,
            _ => true,
        };
        let fields: Fields =
            PackField::ALL.iter().copied().filter(is_written).map(|field| (field, value(field))).collect();
        PackEdit {
            revision: self.model.placements[at].pack_revision() + i64::from(n[3].is_multiple_of(13)),
            pack: Pack(fields),
            for_later_visitors: n[3].is_multiple_of(4),
        }
    }

    /// The host writes the joining pack, through the API.
    fn write_pack(&mut self, n: [usize; 4]) -> Told<Became> {
        let Some(at) = self.some_placement(n[0]) else { return Ok(Became::Void) };
        let (who, permitted) = self.of_host(at, n[1], Ok(()));
        let edit = self.an_edit(at, n);
        let verdict = permitted.and_then(|()| self.model.admits_pack(at, edit.revision, &edit.pack.0));
        let id = parsed(&self.model.placements[at].id);
        let done = judge(packs::write(self.app, &who.actor, id, &edit), verdict)?;
        if done.is_some() {
            self.model.wrote_pack(at, &edit.pack.0, edit.for_later_visitors);
        }
        Ok(became(done.as_ref()))
    }

    /// How the day was, through the API: by the host's administrator or by the participant.
    fn say(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = self.at_their_day(|at| self.model.admits_review(&self.model.placements[at]));
        let Some(at) = pick(n[0], &fitting, self.model.placements.len()) else { return Ok(Became::Void) };
        let place = &self.model.placements[at];
        let (who, party, permitted) = if n[2].is_multiple_of(3) {
            let who = self.participant_of(place.application);
            let is_untold = self.model.is_untold(place.application);
            (who, Party::Participant, first([(is_untold, "not-found")]))
        } else {
            let (who, permitted) = self.of_host(at, n[1], Err("forbidden"));
            match who.application {
                // A participant who is drawn speaks for the other side, and of the own day only.
                Some(own) => {
                    let is_hidden = own != place.application || self.model.is_untold(own);
                    (who, Party::Participant, first([(is_hidden, "not-found")]))
                }
                None => (who, Party::Host, permitted),
            }
        };
        let said = some_marks(n[3]);
        let is_new = place.feedback.get(&party) != Some(&marks_of(&said));
        let verdict = permitted.and_then(|()| if is_new { self.model.admits_review(place) } else { Ok(()) });
        let done = judge(feedback::give(self.app, &who.actor, parsed(&place.id), &said), verdict)?;
        if done.is_some() && is_new {
            self.keep_marks(at, party, &said);
        }
        Ok(became(done.as_ref()))
    }

    fn keep_marks(&mut self, at: usize, party: Party, said: &Feedback) {
        self.model.placements[at].feedback.insert(party, marks_of(said));
    }

    fn participant_of(&self, application: usize) -> Who {
        let id: ApplicationId = parsed(&self.model.applications[application].id);
        let actor = Actor { application: Some(id), ..Actor::named("link:l", Role::Participant) };
        Who { actor, employer: None, application: Some(application) }
    }

    /// What a participant brings home, through the API; now and then somebody else would.
    fn bring_idea(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = self.at_their_day(|at| self.model.admits_review(&self.model.placements[at]));
        let Some(at) = pick(n[0], &fitting, self.model.placements.len()) else { return Ok(Became::Void) };
        let place = &self.model.placements[at];
        let own = self.participant_of(place.application);
        let who = if n[1].is_multiple_of(4) { self.who(n[1] / 4) } else { own };
        let is_untold = self.model.is_untold(place.application);
        let permitted = match who.actor.role {
            Role::Participant => {
                first([(who.application != Some(place.application) || is_untold, "not-found")])
            }
            Role::Anyone => Err("unauthenticated"),
            _ => Err("forbidden"),
        };
        let new = an_idea(n[2]);
        let is_new = is_new_idea(place, &new);
        let verdict = permitted.and_then(|()| if is_new { self.model.admits_review(place) } else { Ok(()) });
        let done = judge(ideas::give(self.app, &who.actor, parsed(&place.id), &new), verdict)?;
        if done.is_some() && is_new {
            self.keep_idea(at, &new);
        }
        Ok(became(done.as_ref()))
    }

    fn keep_idea(&mut self, at: usize, new: &NewIdea) {
        let known = self.model.placements[at].idea.take();
        let idea = known.unwrap_or(Idea { words: String::new(), is_hidden: false, tried: [].into() });
        self.model.placements[at].idea = Some(Idea { words: new.words.to_string(), ..idea });
    }

    /// Somebody has tried an idea, or an organiser hides it or shows it again.
    fn handle_idea(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = those(&self.model.placements, |place| place.idea.is_some());
        if fitting.is_empty() {
            return Ok(Became::Void);
        }
        let at = fitting[n[0] % fitting.len()];
        let place = &self.model.placements[at];
        let idea = place.idea.clone().expect("one");
        let rows = self.dump.rows("ideas");
        let row = rows.iter().find(|row| row.text("placement_id") == place.id).ok_or("the idea is gone")?;
        let id = parsed(row.text("id"));
        if n[1].is_multiple_of(3) {
            let who = self.mostly_organiser(n[2]);
            let reason = (!n[3].is_multiple_of(3)).then_some("names a visitor");
            let done = judge(ideas::hide(self.app, &who.actor, id, reason), only_organiser(&who))?;
            if done.is_some() {
                self.model.placements[at].idea = Some(Idea { is_hidden: reason.is_some(), ..idea });
            }
            return Ok(became(done.as_ref()));
        }
        let who = self.who(n[2]);
        let permitted = match who.actor.role {
            Role::LibraryAdministrator | Role::Participant => Ok(()),
            Role::Anyone => Err("unauthenticated"),
            _ => Err("forbidden"),
        };
        let verdict = permitted.and_then(|()| first([(idea.is_hidden, "not-found")]));
        let done = judge(ideas::mark_tried(self.app, &who.actor, id), verdict)?;
        if done.is_some() {
            let person = who.application.map(|one| self.model.applications[one].person);
            let tried = &mut self.model.placements[at].idea.as_mut().expect("one").tried;
            tried.insert(format!("{person:?} {:?}", who.employer));
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
        let done = judge(runs::start(self.app, &who.actor, parsed(&round.id), &wanted), verdict)?;
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
        let (schedule, left_out) = self.schedule_of(&self.model.runs[at].id)?;
        let run = &mut self.model.runs[at];
        (run.state, run.schedule, run.left_out) = (RunState::Finished, schedule, left_out);
        let round = &mut self.model.rounds[self.model.runs[at].round];
        if takes_runs(round.state) {
            round.state = RoundState::Matched;
        }
        Ok(Became::Accepted)
    }

    /// Who goes where by the schedule of a run, and who does not.
    fn schedule_of(&self, run: &str) -> Told<(Vec<Goes>, Vec<usize>)> {
        let file =
            runs::schedule_file(self.app, &organiser(), parsed(run)).map_err(|error| error.to_string())?;
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
        Ok((
            list("placements").iter().map(placed).collect(),
            list("unplaced").iter().map(application).collect(),
        ))
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
            let ids = self.proposed_by(&run.id);
            self.model.published(at, &ids, OFFICE_DAY);
        }
        Ok(became(done.as_ref()))
    }

    /// The placements that a run has proposed, by application.
    fn proposed_by(&self, run: &str) -> BTreeMap<String, String> {
        let rows = self.dumper.take(self.app).rows("placements");
        let own = rows.iter().filter(|row| row.text("run_id") == run && row.text("state") == "proposed");
        own.map(|row| (row.text("application_id").to_owned(), row.text("id").to_owned())).collect()
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
            first([(is_hidden, "not-found")])
                .and_then(|()| self.admits_answer(place, party, answer))
                .and_then(|()| admits_beside_offer(place, party, answer))
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
        let who = self.who(if n[1].is_multiple_of(3) { n[1] / 3 } else { 2 + 6 * owners[0] });
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
                // Nobody stands before the door of a virtual visit.
                (
                    !place.is_virtual && self.model.closed.contains(&(place.host, place.date)),
                    "invalid-fields",
                ),
                (place.times != (starts, ends) && !place.can_end(), "placement-state"),
            ])
        });
        let times = (starts, ends);
        let moved =
            placements::reschedule(self.app, &who.actor, parsed(&place.id), times, &Seen::regardless());
        let done = judge(moved, verdict)?;
        if done.is_some() && place.times != (starts, ends) {
            self.model.moved(at, (starts, ends));
        }
        Ok(became(done.as_ref()))
    }

    fn call_off(&mut self, n: [usize; 4]) -> Told<Became> {
        let Some(at) = self.some_placement(n[0]) else { return Ok(Became::Void) };
        let (who, place) = (self.mostly_organiser(n[1]), &self.model.placements[at]);
        let verdict = only_organiser(&who).and_then(|()| self.admits_end(place));
        let done = judge(placements::cancel(self.app, &who.actor, parsed(&place.id), "Snow."), verdict)?;
        if done.is_some() {
            self.model.end(at, PlacementState::Cancelled);
        }
        Ok(became(done.as_ref()))
    }

    fn deadlines(&mut self) -> Told<Became> {
        let go_on = self.model.refills_to_go_on();
        let mut expected = self.model.keep_deadlines();
        let done = act_on_due(self.app, "test", &Stop::new()).map_err(|error| error.to_string())?;
        expected += self.follow_refills(&go_on)?;
        if done != expected {
            let wrong = self.model.differences(&self.dumper.take(self.app)).join("\n");
            return Err(format!("{done} deadlines were kept, and the facts say {expected}\n{wrong}"));
        }
        Ok(if done == 0 { Became::Void } else { Became::Accepted })
    }

    fn cancel_round(&mut self, n: [usize; 4]) -> Told<Became> {
        let Some(at) = pick(n[0], &[], self.model.rounds.len()) else { return Ok(Became::Void) };
        let (who, round) = (self.mostly_organiser(n[1]), &self.model.rounds[at]);
        let is_over = matches!(round.state, RoundState::Completed | RoundState::Cancelled);
        let verdict = only_organiser(&who).and_then(|()| first([(is_over, "round-state")]));
        let done = judge(rounds::cancel(self.app, &who.actor, parsed(&round.id)), verdict)?;
        if done.is_some() {
            self.model.rounds[at].state = RoundState::Cancelled;
            self.model.discard_held(at);
            self.model.end_refills_of(at);
            self.model.all_off(at);
        }
        Ok(became(done.as_ref()))
    }
}

fn organiser() -> Actor {
    Actor::named("token:organiser", Role::Organiser)
}

/// While something else is offered, what was proposed cannot be agreed to; the manager's word stands beside it. The same
/// answer again is none.
fn admits_beside_offer(place: &crate::facts::Placement, party: Party, answer: Answer) -> Verdict {
    let is_said = place.consents.get(&party).is_some_and(|consent| consent.answer == answer);
    let is_off = place.open_offer().is_some() && answer == Answer::Yes && party != Party::Manager;
    first([(is_off && !is_said, "offer-open")])
}

/// Three marks.
fn some_marks(n: usize) -> Feedback {
    let mark = |n: usize| i64::try_from(1 + n % 5).expect("small");
    Feedback { preparation: mark(n), welcome: mark(n / 5), learning: mark(n / 25), comments: None }
}

fn marks_of(said: &Feedback) -> [i64; 3] {
    [said.preparation, said.welcome, said.learning]
}

fn an_idea(n: usize) -> NewIdea {
    let words = parsed(&format!("A trolley with new books {}.", n % 4));
    NewIdea { words, topics: vec![parsed("displays")], shown_as: ShownAs::Nobody }
}

fn is_new_idea(place: &crate::facts::Placement, new: &NewIdea) -> bool {
    place.idea.as_ref().is_none_or(|known| known.words != new.words.to_string())
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
