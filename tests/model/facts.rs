//! The small model: nothing but facts of who did what, and what follows from them by docs/states.md, docs/deadlines.md and
//! docs/mail.md. It shares no code with the service but the names of things.

#[path = "facts_pace.rs"]
mod pace;
#[path = "facts_refills.rs"]
mod refills;
#[path = "facts_repairs.rs"]
mod repairs;
#[path = "facts_swaps.rs"]
mod swaps;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use library_swap::domain::alternative::AlternativeKind;
use library_swap::domain::attendance::{Attendance, AttendanceKind};
use library_swap::domain::letter::NoticeKind;
use library_swap::domain::link::Purpose;
use library_swap::domain::notice::NoticeState;
use library_swap::domain::packs::PackField;
use library_swap::domain::party::Party;
use library_swap::domain::sector::Sector;
use library_swap::domain::states::{
    AlternativeState, Answer, ApplicationState, ManagerTrust, PlacementState, RoundState, RunState,
};

use crate::evidence::Dump;

pub use pace::{Pace, Said};
pub use refills::{Refill, ReserveOffer};
pub use repairs::{Asked, Change, Repair, Way};
pub use swaps::{Swap, is_blind};

pub const PARTIES: [Party; 3] = [Party::Participant, Party::Host, Party::Manager];
/// How long before its first day a publication can be taken back.
const WITHDRAWAL_DAYS: u64 = 14;
/// The working days of whoever is asked late.
const LATE_WORKING_DAYS: usize = 3;
/// How long a mark can be corrected, and a day told about.
const DAYS_TO_CORRECT: u64 = 7;
const DAYS_TO_REVIEW: u64 = 30;
/// How the keys of mails about the joining pack go on, and of those to a host's deputy.
const PACK: &str = ":pack";
const DEPUTY: &str = ":deputy";
/// And of those to a contact who has handed the visitor over.
const FORMER: &str = ":former";
const RETRY_MINUTES: [i64; 6] = [1, 5, 30, 120, 480, 1440];
const ZONE: chrono_tz::Tz = chrono_tz::Europe::London;

/// A number for dates.
pub type Numbers = BTreeMap<NaiveDate, u32>;

/// What a joining pack says, by field.
pub type Fields = BTreeMap<PackField, String>;

/// An application, a library, a day.
pub type Goes = (usize, usize, NaiveDate);

/// A refusal's code, or none.
pub type Verdict = Result<(), &'static str>;

#[derive(Debug, Clone)]
pub struct Library {
    pub id: String,
    pub reference: &'static str,
    pub sectors: Vec<Sector>,
    pub employers: Vec<usize>,
    pub contact: String,
    pub deputy: Option<String>,
    /// What it says to every visitor.
    pub standing: Option<Fields>,
}

#[derive(Debug, Clone)]
pub struct Person {
    pub email: String,
    pub manager: String,
    pub trust: ManagerTrust,
    pub home: usize,
    pub employer: usize,
}

#[derive(Debug, Clone)]
pub struct Round {
    pub id: String,
    pub state: RoundState,
    pub sign_up_until: NaiveDate,
    pub answer_until: NaiveDate,
    pub dates: Vec<NaiveDate>,
    pub release_required: bool,
    /// By how much visitors and leavers of a library may differ on a day.
    pub balance: Option<i64>,
    /// By library: visitors taken, and staff released.
    pub offers: BTreeMap<usize, (Numbers, Numbers)>,
}

#[derive(Debug, Clone)]
pub struct Application {
    pub id: String,
    pub round: usize,
    pub person: usize,
    pub state: ApplicationState,
    pub dates: Vec<NaiveDate>,
    pub released: Vec<NaiveDate>,
    pub trust: ManagerTrust,
    pub refused_for: Option<u32>,
}

#[derive(Debug, Clone)]
pub struct Run {
    pub id: String,
    pub round: usize,
    pub state: RunState,
    /// What it froze.
    pub input: Input,
    /// Who goes where, and who does not.
    pub schedule: Vec<Goes>,
    pub left_out: Vec<usize>,
}

/// All that bears on a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    people: BTreeMap<usize, (Vec<NaiveDate>, BTreeSet<usize>, usize)>,
    libraries: BTreeMap<usize, [Numbers; 2]>,
}

#[derive(Debug, Clone)]
pub struct Consent {
    pub answer: Answer,
    pub reminded: bool,
    /// When it was given.
    pub at: Option<DateTime<Utc>>,
}

/// What a host offers instead of a no.
#[derive(Debug, Clone)]
pub struct Other {
    pub kind: AlternativeKind,
    pub date: NaiveDate,
    pub times: (NaiveTime, NaiveTime),
    /// The colleague's address.
    pub contact: Option<String>,
    pub state: AlternativeState,
    pub at: DateTime<Utc>,
}

/// What somebody said of a day: three marks.
pub type Marks = [i64; 3];

/// What a participant brought home.
#[derive(Debug, Clone)]
pub struct Idea {
    pub words: String,
    pub is_hidden: bool,
    /// Who says to have tried it, as often as told apart.
    pub tried: BTreeSet<String>,
}

#[derive(Debug, Clone)]
pub struct Placement {
    pub id: String,
    pub run: usize,
    pub application: usize,
    pub host: usize,
    pub date: NaiveDate,
    pub times: (NaiveTime, NaiveTime),
    pub state: PlacementState,
    /// The last day for answers, where that is not the round's.
    pub answer_until: Option<NaiveDate>,
    pub revision: i64,
    /// Of what is agreed to.
    pub version: i64,
    /// What came of the day, and when that was first marked.
    pub came: Option<(Attendance, DateTime<Utc>)>,
    pub consents: BTreeMap<Party, Consent>,
    pub deputy_asked: bool,
    /// What the host has offered instead, oldest first.
    pub others: Vec<Other>,
    /// The colleague who receives the visitor.
    pub contact: Option<String>,
    pub is_virtual: bool,
    /// The joining pack: revision and words by version; 0 is the half-written one.
    pub pack: BTreeMap<i64, (i64, Fields)>,
    pub feedback: BTreeMap<Party, Marks>,
    pub idea: Option<Idea>,
    /// A repair, a swap or the end of its publication has ended it although its participant would have gone.
    pub was_taken_away: bool,
    /// The placement whose place it takes, for those who hear of both by its first mail.
    pub instead_of: BTreeMap<Party, usize>,
}

/// The parties' threads are about placements or applications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Application(usize),
    Placement(usize),
    /// The offer of a place to a reserve.
    Reserve(usize),
    /// A swap, told to the parties of one placement.
    Swap(usize, usize),
    /// What is new on a day, filed under the application of what it tells first.
    Digest(usize, NaiveDate),
}

#[derive(Debug, Clone)]
pub struct Notice {
    pub kind: NoticeKind,
    pub about: About,
    pub party: Party,
    /// Of a thread beside the main one: how its key goes on.
    pub beside: &'static str,
    pub version: i64,
    pub to: String,
    pub run: Option<usize>,
    pub state: NoticeState,
    /// Rendered: it may have gone out.
    pub begun: bool,
    pub attempts: usize,
    pub next_at: DateTime<Utc>,
    pub created: DateTime<Utc>,
    pub told_at: Option<DateTime<Utc>>,
    /// Which version of the joining pack it tells.
    pub pack: Option<i64>,
    /// What its reader knows of the day since.
    pub said: Option<Said>,
    /// Whether it says what the participant took instead of what was proposed.
    pub taken: bool,
}

#[derive(Debug, Clone)]
pub struct Link {
    pub secret: String,
    pub purpose: Purpose,
    pub application: usize,
    pub placement: Option<usize>,
    /// The offer of a place.
    pub offer: Option<usize>,
    pub party: Party,
    pub expires: DateTime<Utc>,
    pub used: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Model {
    pub now: DateTime<Utc>,
    pub pace: Pace,
    pub libraries: Vec<Library>,
    pub persons: Vec<Person>,
    pub rounds: Vec<Round>,
    pub applications: Vec<Application>,
    pub runs: Vec<Run>,
    pub placements: Vec<Placement>,
    pub notices: Vec<Notice>,
    pub links: Vec<Link>,
    pub closed: BTreeSet<(usize, NaiveDate)>,
    pub repairs: Vec<Repair>,
    pub refills: Vec<Refill>,
    pub reserve_offers: Vec<ReserveOffer>,
    pub swaps: Vec<Swap>,
}

impl Placement {
    /// A proposal that nobody is asked about yet.
    fn new(
        (id, run): (String, usize),
        application: usize,
        (host, date, times): (usize, NaiveDate, (NaiveTime, NaiveTime)),
    ) -> Self {
        Self {
            id,
            run,
            application,
            host,
            date,
            times,
            state: PlacementState::Proposed,
            answer_until: None,
            revision: 0,
            version: 0,
            came: None,
            consents: BTreeMap::new(),
            deputy_asked: false,
            others: Vec::new(),
            contact: None,
            is_virtual: false,
            pack: BTreeMap::new(),
            feedback: BTreeMap::new(),
            idea: None,
            was_taken_away: false,
            instead_of: BTreeMap::new(),
        }
    }

    pub fn is_live(&self) -> bool {
        matches!(self.state, PlacementState::Proposed | PlacementState::Confirmed | PlacementState::Completed)
    }

    pub fn can_end(&self) -> bool {
        matches!(self.state, PlacementState::Proposed | PlacementState::Confirmed)
    }

    /// The offer that waits for the participant.
    pub fn open_offer(&self) -> Option<&Other> {
        self.others.last().filter(|other| other.state == AlternativeState::Offered)
    }

    /// The newest version of the joining pack; 0 as long as something is missing.
    pub fn pack_version(&self) -> i64 {
        self.pack.keys().last().copied().unwrap_or_default()
    }

    /// Raised by every save of it.
    pub fn pack_revision(&self) -> i64 {
        self.pack.values().last().map_or(0, |(revision, _)| *revision)
    }
}

impl Library {
    /// Of the addresses of its staff.
    pub fn domain(&self) -> &str {
        self.contact.rsplit('@').next().expect("a domain")
    }
}

impl Application {
    pub fn is_manager_known(&self) -> bool {
        matches!(self.trust, ManagerTrust::Believed | ManagerTrust::Confirmed)
    }

    /// What it was before a publication.
    pub fn before_publication(&self) -> ApplicationState {
        match self.state {
            ApplicationState::Placed | ApplicationState::Unplaced if self.released.is_empty() => {
                ApplicationState::Verified
            }
            ApplicationState::Placed | ApplicationState::Unplaced => ApplicationState::Released,
            other => other,
        }
    }
}

// What is true.
impl Model {
    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&ZONE).date_naive()
    }

    pub fn round_of(&self, application: usize) -> &Round {
        &self.rounds[self.applications[application].round]
    }

    pub fn person_of(&self, application: usize) -> &Person {
        &self.persons[self.applications[application].person]
    }

    /// A publication brought something that nobody but organisers may know yet.
    pub fn is_untold(&self, application: usize) -> bool {
        self.notices.iter().any(|notice| {
            notice.state == NoticeState::Held && self.application_of(notice.about) == application
        })
    }

    fn application_of(&self, about: About) -> usize {
        match about {
            About::Application(application) | About::Digest(application, _) => application,
            About::Reserve(offer) => self.reserve_offers[offer].application,
            About::Placement(placement) | About::Swap(_, placement) => self.placements[placement].application,
        }
    }

    pub fn live_of(&self, application: usize) -> Option<usize> {
        self.placements.iter().position(|one| one.application == application && one.is_live())
    }

    /// What a run of the round would rest on now.
    pub fn input(&self, round: usize) -> Input {
        self.input_of(round, |_, one| self.matched_days(one.state, one))
    }

    /// The days on which somebody is matched who is in a state.
    fn matched_days(&self, state: ApplicationState, one: &Application) -> Vec<NaiveDate> {
        match state {
            ApplicationState::Released => one.released.clone(),
            ApplicationState::Verified
                if !self.rounds[one.round].release_required && one.is_manager_known() =>
            {
                one.dates.clone()
            }
            _ => Vec::new(),
        }
    }

    fn input_of(&self, round: usize, days_of: impl Fn(usize, &Application) -> Vec<NaiveDate>) -> Input {
        let elsewhere = || {
            self.placements
                .iter()
                .filter(move |one| one.is_live() && self.applications[one.application].round != round)
        };
        let mut people = BTreeMap::new();
        for (n, one) in self.applications.iter().enumerate().filter(|(_, one)| one.round == round) {
            let own =
                || elsewhere().filter(|place| self.applications[place.application].person == one.person);
            let days: Vec<NaiveDate> =
                days_of(n, one).into_iter().filter(|day| own().all(|place| place.date != *day)).collect();
            if !days.is_empty() {
                let visited = own().map(|place| place.host).collect();
                people.insert(n, (days, visited, self.waited(one.person, round)));
            }
        }
        let homes = people.keys().map(|n| self.person_of(*n).home);
        let libraries: BTreeSet<usize> = self.rounds[round].offers.keys().copied().chain(homes).collect();
        let of_library = |library: usize| {
            let (hosting, release) = self.rounds[round].offers.get(&library).cloned().unwrap_or_default();
            let left = |offered: Numbers, is_side: &dyn Fn(&Placement) -> bool| {
                let left = offered.into_iter().map(|(day, number)| {
                    let taken = elsewhere().filter(|place| place.date == day && is_side(place)).count();
                    (day, number.saturating_sub(u32::try_from(taken).expect("few")))
                });
                left.filter(|(day, number)| *number > 0 && !self.closed.contains(&(library, *day))).collect()
            };
            let visitors = left(hosting, &|place| place.host == library);
            [visitors, left(release, &|place| self.person_of(place.application).home == library)]
        };
        let libraries = libraries.into_iter().map(|library| (library, of_library(library))).collect();
        Input { people, libraries }
    }

    /// Rounds in a row without a place, the latest first, as docs/rounds.md has it.
    fn waited(&self, person: usize, round: usize) -> usize {
        let mut past: Vec<(NaiveDate, bool)> = Vec::new();
        for (n, one) in self.applications.iter().enumerate() {
            if one.person != person || one.round == round {
                continue;
            }
            let own = self.placements.iter().filter(|place| place.application == n);
            let said_no = own.clone().any(|place| place.consents[&Party::Participant].answer == Answer::No);
            // Whoever did not come had a place and did not use it.
            let came = |place: &Placement| place.came.map(|(came, _)| came.kind);
            let stayed_away = own.clone().any(|place| came(place) == Some(AttendanceKind::DidNotCome));
            let last = *self.rounds[one.round].dates.last().expect("days");
            match one.state {
                ApplicationState::Placed if !said_no => past.push((last, true)),
                ApplicationState::Unplaced if !said_no && !stayed_away => past.push((last, false)),
                _ => {}
            }
            past.extend(own.filter(|place| place.is_live()).map(|place| (place.date, true)));
        }
        past.sort_unstable();
        past.iter().rev().take_while(|(_, is_placed)| !is_placed).count()
    }

    pub fn withdrawable_until(&self, round: usize) -> NaiveDate {
        self.rounds[round].dates[0] - Days::new(WITHDRAWAL_DAYS)
    }

    pub fn admits_sign_up(&self, round: usize) -> Verdict {
        let round = &self.rounds[round];
        if round.state != RoundState::Open {
            Err("round-state")
        } else if self.today() > round.sign_up_until {
            Err("too-late")
        } else {
            Ok(())
        }
    }

    fn key(&self, notice: &Notice) -> String {
        let thread = match notice.about {
            About::Application(n) => format!("application:{}", self.applications[n].id),
            About::Placement(n) => format!("placement:{}", self.placements[n].id),
            About::Digest(_, day) => return pace::key(&notice.to, day),
            About::Swap(swap, n) => {
                let (place, swap) = (&self.placements[n].id, &self.swaps[swap].id);
                let Notice { party, kind, version, .. } = notice;
                return format!("placement:{place}:{party}:swap:{swap}:{kind}:{version}");
            }
            About::Reserve(n) => {
                return format!("offer:{}:{}:{}", self.reserve_offers[n].id, notice.kind, notice.version);
            }
        };
        format!("{thread}:{}{}:{}:{}", notice.party, notice.beside, notice.kind, notice.version)
    }

    pub fn notice(&self, key: &str) -> Option<usize> {
        self.notices.iter().position(|notice| self.key(notice) == key)
    }

    pub fn is_due(&self, notice: &Notice) -> bool {
        notice.state == NoticeState::Queued && notice.next_at <= self.now
    }
}

// What is told to whom.
impl Model {
    fn thread(&mut self, about: About, party: Party) -> impl Iterator<Item = &mut Notice> {
        self.all_of(about, party).filter(|notice| notice.beside.is_empty())
    }

    fn all_of(&mut self, about: About, party: Party) -> impl Iterator<Item = &mut Notice> {
        self.notices.iter_mut().filter(move |notice| notice.about == about && notice.party == party)
    }

    /// Drops what nobody has begun to send.
    pub fn supersede(&mut self, about: About, party: Party) {
        for notice in self.thread(about, party) {
            let waits =
                matches!(notice.state, NoticeState::Held | NoticeState::Collected | NoticeState::Queued);
            if waits && !notice.begun {
                notice.state = NoticeState::Superseded;
            }
        }
    }

    pub fn enqueue(
        &mut self,
        kind: NoticeKind,
        about: About,
        party: Party,
        version: i64,
        run: Option<usize>,
    ) {
        self.enqueue_as(kind, about, party, version, (run, false));
    }

    /// As [`Model::enqueue`]; `taken` where it says what was taken instead of what was proposed.
    fn enqueue_as(
        &mut self,
        kind: NoticeKind,
        about: About,
        party: Party,
        version: i64,
        (run, taken): (Option<usize>, bool),
    ) {
        if self.thread(about, party).any(|one| (one.kind, one.version) == (kind, version)) {
            return;
        }
        let since = self.waiting_since(about, party, "");
        if run.is_none() && !is_reminder(kind) {
            self.supersede(about, party);
        }
        self.push(kind, (about, party, ""), version, run);
        self.depart(since, taken);
    }

    /// A mail in a thread, whatever else waits there.
    fn push(
        &mut self,
        kind: NoticeKind,
        (about, party, beside): (About, Party, &'static str),
        version: i64,
        run: Option<usize>,
    ) {
        let application = self.application_of(about);
        let to = match (party, about) {
            (Party::Participant, _) => self.person_of(application).email.clone(),
            (Party::Manager, _) => self.person_of(application).manager.clone(),
            (Party::Host, About::Swap(_, place)) => self.receives(place),
            (Party::Host, About::Placement(place)) => {
                let host = &self.libraries[self.placements[place].host];
                let deputy =
                    host.deputy.clone().filter(|_| kind == NoticeKind::DeputyRequest || beside == DEPUTY);
                deputy.unwrap_or_else(|| self.receives(place))
            }
            (Party::Host, _) => panic!("hosts hear of placements only"),
        };
        let state = if run.is_some() { NoticeState::Held } else { NoticeState::Queued };
        let (now, begun) = (self.now, false);
        self.notices.push(Notice {
            kind,
            about,
            party,
            beside,
            version,
            to,
            run,
            state,
            begun,
            attempts: 0,
            next_at: now,
            created: now,
            told_at: None,
            pack: None,
            said: None,
            taken: false,
        });
    }

    /// The address of whoever receives the visitor.
    pub fn receives(&self, place: usize) -> String {
        let place = &self.placements[place];
        place.contact.clone().unwrap_or_else(|| self.libraries[place.host].contact.clone())
    }

    /// Of the day, or of the one whose place it takes.
    fn has_heard(&mut self, place: usize, party: Party) -> bool {
        let former = self.placements[place].instead_of.get(&party).copied();
        self.thread(About::Placement(place), party).any(|one| one.has_told())
            || former.is_some_and(|former| self.has_heard(former, party))
    }

    /// Drops what reminds a party and has not left.
    fn stop_reminding(&mut self, place: usize, party: Party) {
        for notice in self.thread(About::Placement(place), party) {
            if is_reminder(notice.kind) && notice.state == NoticeState::Queued && !notice.begun {
                notice.state = NoticeState::Superseded;
            }
        }
    }

    /// Everybody hears of a change; only those who had heard hear that it is off.
    fn tell(&mut self, place: usize, kind: NoticeKind) {
        self.tell_but(place, kind, None);
    }

    fn tell_but(&mut self, place: usize, kind: NoticeKind, but: Option<Party>) {
        let Placement { application, revision, state, ref consents, .. } = self.placements[place];
        let asked: Vec<Party> = consents.keys().copied().collect();
        let is_news = matches!(kind, NoticeKind::Confirmed | NoticeKind::Changed);
        if is_news && self.is_untold(application) {
            return;
        }
        let about = About::Placement(place);
        for party in PARTIES {
            if kind == NoticeKind::Changed && state == PlacementState::Proposed && !asked.contains(&party) {
                // Who released before hears of it once it is certain.
                continue;
            }
            if kind == NoticeKind::Cancelled && (but == Some(party) || !self.has_heard(place, party)) {
                self.supersede(about, party);
                continue;
            }
            if !is_news {
                self.enqueue(kind, about, party, revision, None);
            } else if let Some((kind, taken)) = self.coalesced(place, party, kind, false) {
                self.enqueue_as(kind, about, party, revision, (None, taken));
            } else {
                self.supersede(about, party);
            }
        }
    }

    fn ask_manager(&mut self, application: usize) {
        let one = &self.applications[application];
        let asks = self.round_of(application).release_required
            && one.state == ApplicationState::Verified
            && one.is_manager_known();
        if asks {
            self.enqueue(
                NoticeKind::ReleaseRequest,
                About::Application(application),
                Party::Manager,
                0,
                None,
            );
        }
    }

    /// How often somebody was told of no place for nothing.
    fn void_unplaced(&mut self, application: usize) -> i64 {
        let own = self.thread(About::Application(application), Party::Participant);
        let void = own.filter(|one| match one.kind {
            NoticeKind::MatchedAgain => true,
            NoticeKind::Unplaced => matches!(one.state, NoticeState::Discarded | NoticeState::Superseded),
            _ => false,
        });
        i64::try_from(void.count()).expect("few")
    }

    fn unplaced(&mut self, application: usize, run: Option<usize>) {
        let version = self.void_unplaced(application);
        self.enqueue(NoticeKind::Unplaced, About::Application(application), Party::Participant, version, run);
    }

    /// An attempt to send: taken, or to be tried later, after a wait that is drawn.
    pub fn attempt(&mut self, notice: usize, is_taken: bool, wait: Option<Duration>) -> Result<(), String> {
        let said = self.says(notice);
        let (now, one) = (self.now, &mut self.notices[notice]);
        one.attempts += 1;
        if !one.begun {
            one.said = said;
        }
        one.begun = true;
        match (is_taken, RETRY_MINUTES.get(one.attempts - 1), wait) {
            (true, _, _) => {
                one.state = NoticeState::Sent;
                one.told_at = Some(now);
            }
            (false, Some(minutes), Some(wait)) => {
                if (wait - Duration::minutes(*minutes)).abs() > Duration::seconds(minutes * 12) {
                    return Err(format!("a wait of {wait} is not {minutes} minutes, a fifth less or more"));
                }
                one.next_at = now + wait;
            }
            (false, None, None) => one.state = NoticeState::GaveUp,
            (false, minutes, wait) => return Err(format!("{minutes:?} minutes, and {wait:?}")),
        }
        Ok(())
    }
}

// What happens.
impl Model {
    pub fn signed_up(&mut self, round: usize, person: usize, dates: Vec<NaiveDate>, id: Option<String>) {
        let live = self.applications.iter().position(|one| {
            (one.round, one.person) == (round, person) && one.state != ApplicationState::Withdrawn
        });
        let Person { trust, .. } = self.persons[person];
        let application = match live {
            None => {
                let id = id.expect("a new application");
                let state = ApplicationState::Submitted;
                let released = Vec::new();
                self.applications.push(Application {
                    id,
                    round,
                    person,
                    state,
                    dates,
                    released,
                    trust,
                    refused_for: None,
                });
                self.applications.len() - 1
            }
            Some(live) if self.applications[live].state == ApplicationState::Submitted => {
                if self.verify_mails(live, Some(self.now - Duration::hours(24))) >= 5 {
                    return;
                }
                self.applications[live].dates = dates;
                let now = self.now;
                for link in self.links.iter_mut().filter(|link| link.application == live) {
                    if link.purpose == Purpose::Verify && link.expires > now {
                        link.expires = now;
                    }
                }
                live
            }
            Some(live) => {
                let hour = self.now.timestamp() / 3600;
                let about = About::Application(live);
                self.enqueue(NoticeKind::AlreadySignedUp, about, Party::Participant, hour, None);
                return;
            }
        };
        let version = self.verify_mails(application, None);
        let about = About::Application(application);
        self.enqueue(NoticeKind::VerifyAddress, about, Party::Participant, version, None);
    }

    fn verify_mails(&self, application: usize, since: Option<DateTime<Utc>>) -> i64 {
        let own = self.notices.iter().filter(|one| {
            one.about == About::Application(application) && one.kind == NoticeKind::VerifyAddress
        });
        let count = own.filter(|one| since.is_none_or(|since| one.created > since)).count();
        i64::try_from(count).expect("few")
    }

    pub fn verified(&mut self, application: usize) {
        self.applications[application].state = ApplicationState::Verified;
        self.ask_manager(application);
    }

    pub fn judged(&mut self, application: usize, trust: ManagerTrust) {
        self.applications[application].trust = trust;
        self.ask_manager(application);
    }

    pub fn decided(&mut self, application: usize, days: Result<Vec<NaiveDate>, u32>) {
        self.supersede(About::Application(application), Party::Manager);
        match days {
            Ok(days) => {
                self.applications[application].released = days;
                self.applications[application].state = ApplicationState::Released;
            }
            Err(reason) => {
                self.applications[application].refused_for = Some(reason);
                self.applications[application].state = ApplicationState::Refused;
                self.unplaced(application, None);
            }
        }
    }

    pub fn withdrawn(&mut self, application: usize) {
        self.applications[application].state = ApplicationState::Withdrawn;
        for party in [Party::Participant, Party::Manager] {
            self.supersede(About::Application(application), party);
        }
        self.forget_reserve(application);
        if let Some(place) = self.live_of(application) {
            self.end(place, PlacementState::Cancelled);
        }
    }

    pub fn published(&mut self, run: usize, ids: &BTreeMap<String, String>, times: (NaiveTime, NaiveTime)) {
        let Run { round, schedule, left_out, .. } = self.runs[run].clone();
        self.runs[run].state = RunState::Published;
        self.rounds[round].state = RoundState::Published;
        let before: Vec<ApplicationState> = self.applications.iter().map(|one| one.state).collect();
        for (application, host, date) in schedule {
            let mut parties = vec![Party::Participant, Party::Host];
            if before[application] != ApplicationState::Released {
                parties.push(Party::Manager);
            }
            let id = ids.get(&self.applications[application].id).cloned().unwrap_or_default();
            self.propose((id, run), application, (host, date, times), &parties, Some(run));
        }
        for application in left_out {
            self.applications[application].state = ApplicationState::Unplaced;
            self.unplaced(application, Some(run));
        }
        for application in 0..self.applications.len() {
            let one = &self.applications[application];
            let is_left = matches!(
                one.state,
                ApplicationState::Verified | ApplicationState::Refused | ApplicationState::Released
            );
            if one.round == round && is_left {
                self.unplaced(application, Some(run));
            }
        }
    }

    /// A placement of a run is proposed to those who are asked; held with the mails of a publication, or told at once.
    fn propose(
        &mut self,
        (id, run): (String, usize),
        application: usize,
        to: (usize, NaiveDate, (NaiveTime, NaiveTime)),
        parties: &[Party],
        held: Option<usize>,
    ) {
        let pending = Consent { answer: Answer::Pending, reminded: false, at: None };
        self.placements.push(Placement {
            consents: parties.iter().map(|party| (*party, pending.clone())).collect(),
            ..Placement::new((id, run), application, to)
        });
        self.applications[application].state = ApplicationState::Placed;
        for party in parties {
            let about = About::Placement(self.placements.len() - 1);
            self.enqueue(NoticeKind::Proposal, about, *party, 0, held);
        }
    }

    pub fn let_go(&mut self, run: usize) {
        let now = self.now;
        for one in self.notices.iter_mut().filter(|one| one.run == Some(run)) {
            if one.state == NoticeState::Held {
                one.state = NoticeState::Queued;
                one.next_at = now;
            }
        }
    }

    /// Throws away what is held of the publications of a round.
    pub fn discard_held(&mut self, round: usize) {
        let of_round: Vec<usize> =
            (0..self.runs.len()).filter(|run| self.runs[*run].round == round).collect();
        for one in self.notices.iter_mut().filter(|one| one.run.is_some_and(|run| of_round.contains(&run))) {
            if one.state == NoticeState::Held {
                one.state = NoticeState::Discarded;
            }
        }
    }

    pub fn taken_back(&mut self, run: usize) {
        let round = self.runs[run].round;
        // With what repairs have published since.
        let out =
            |run: &usize| self.runs[*run].round == round && self.runs[*run].state == RunState::Published;
        let runs: Vec<usize> = (0..self.runs.len()).filter(out).collect();
        for run in &runs {
            self.runs[*run].state = RunState::Finished;
        }
        self.rounds[round].state = RoundState::Matched;
        let is_of = |one: &Notice| one.run.is_some_and(|run| runs.contains(&run));
        for one in self.notices.iter_mut().filter(|one| is_of(one)) {
            if one.state == NoticeState::Held {
                one.state = NoticeState::Discarded;
            }
        }
        self.end_refills_of(round);
        for place in self.all_off(round) {
            self.placements[place].was_taken_away = true;
        }
        for application in 0..self.applications.len() {
            if self.applications[application].round != round {
                continue;
            }
            self.applications[application].state = self.applications[application].before_publication();
            let about = About::Application(application);
            let told = self.notices.iter().rposition(|one| {
                let is_stopped =
                    matches!(one.state, NoticeState::Held | NoticeState::Discarded | NoticeState::Superseded);
                is_of(one) && one.kind == NoticeKind::Unplaced && one.about == about && !is_stopped
            });
            let Some(told) = told else { continue };
            if self.applications[application].state == ApplicationState::Withdrawn {
                continue;
            }
            if self.notices[told].state == NoticeState::Queued && !self.notices[told].begun {
                self.supersede(about, Party::Participant);
            } else {
                let version = self.void_unplaced(application);
                self.enqueue(NoticeKind::MatchedAgain, about, Party::Participant, version, None);
            }
        }
    }

    /// Calls off every placement of a round that stands, but for those that have been; gives which.
    pub fn all_off(&mut self, round: usize) -> Vec<usize> {
        let is_off = |one: &Placement| self.is_of(round, one) && one.can_end() && !self.has_been(one);
        let mut off: Vec<usize> =
            (0..self.placements.len()).filter(|place| is_off(&self.placements[*place])).collect();
        // In the service's order: of two who were to exchange, the first to end tells the other one that it comes to nothing.
        off.sort_by(|a, b| self.placements[*a].id.cmp(&self.placements[*b].id));
        for place in &off {
            self.end(*place, PlacementState::Cancelled);
        }
        off
    }

    /// A placement ends before its day.
    pub fn end(&mut self, place: usize, state: PlacementState) {
        self.end_but(place, state, None);
    }

    /// As `end`, but for a party who hears of it by what takes its place.
    pub(super) fn end_but(&mut self, place: usize, state: PlacementState, but: Option<Party>) {
        let one = &mut self.placements[place];
        one.state = state;
        one.revision += 1;
        for other in one.others.iter_mut().filter(|other| other.state == AlternativeState::Offered) {
            other.state = AlternativeState::Lapsed;
        }
        let application = one.application;
        if self.applications[application].state == ApplicationState::Placed {
            self.applications[application].state = ApplicationState::Unplaced;
        }
        self.overtake_swap(place);
        self.drop_pack(place);
        self.tell_but(place, NoticeKind::Cancelled, but);
    }

    fn drop_pack(&mut self, place: usize) {
        for party in [Party::Participant, Party::Host] {
            self.drop_pack_of(place, party);
        }
    }

    fn drop_pack_of(&mut self, place: usize, party: Party) {
        for notice in self.all_of(About::Placement(place), party).filter(|one| one.beside == PACK) {
            if notice.state == NoticeState::Queued && !notice.begun {
                notice.state = NoticeState::Superseded;
            }
        }
    }

    fn agree(&mut self, place: usize, party: Party, answer: Answer, at: DateTime<Utc>) {
        let consent = self.placements[place].consents.get_mut(&party).expect("asked");
        (consent.answer, consent.at) = (answer, Some(at));
    }

    pub fn answered(&mut self, place: usize, party: Party, answer: Answer) {
        let now = self.now;
        if self.placements[place].consents[&party].answer == answer {
            return;
        }
        self.agree(place, party, answer, now);
        self.stop_reminding(place, party);
        if answer == Answer::No {
            if party == Party::Participant && self.placements[place].open_offer().is_some() {
                // Refused, the offer was the host's no.
                let other = self.placements[place].others.last_mut().expect("an offer");
                other.state = AlternativeState::Refused;
                let at = other.at;
                self.agree(place, Party::Host, Answer::No, at);
            }
            self.end(place, PlacementState::Declined);
            return;
        }
        self.placements[place].revision += 1;
        if self.confirm_if_all_agree(place) {
            self.tell(place, NoticeKind::Confirmed);
            self.tell_pack(place);
        }
    }

    fn confirm_if_all_agree(&mut self, place: usize) -> bool {
        let one = &mut self.placements[place];
        let is_certain = one.consents.values().all(|consent| consent.answer == Answer::Yes);
        if is_certain {
            one.state = PlacementState::Confirmed;
        }
        is_certain
    }

    pub fn moved(&mut self, place: usize, times: (NaiveTime, NaiveTime)) {
        let one = &mut self.placements[place];
        let former = one.times.0;
        one.times = times;
        one.revision += 1;
        one.version += 1;
        self.tell(place, NoticeKind::Changed);
        self.overtake_swap(place);
        self.move_pack(place, former);
    }

    /// Does what the days bring; gives how much.
    pub fn keep_deadlines(&mut self) -> usize {
        let visits = self.visits_due();
        let packs = self.packs_due();
        let (today, mut done) = (self.today(), visits.len() + packs.len());
        let is_out = |round: &Round| matches!(round.state, RoundState::Published | RoundState::Running);
        // In the service's order, as in `all_off`.
        let mut places: Vec<usize> = (0..self.placements.len()).collect();
        places.sort_by(|a, b| self.placements[*a].id.cmp(&self.placements[*b].id));
        for place in places {
            let (application, state) = (self.placements[place].application, self.placements[place].state);
            if !is_out(self.round_of(application)) || state != PlacementState::Proposed {
                continue;
            }
            if today > self.last_answers(place) {
                self.end(place, PlacementState::Expired);
                done += 1;
                continue;
            }
            for party in PARTIES {
                done += self.warn(place, party);
            }
        }
        for (place, kind, party, version) in visits {
            match kind {
                Some(kind) => self.enqueue(kind, About::Placement(place), party, version, None),
                None => self.assumed(place),
            }
        }
        for place in packs {
            self.push(NoticeKind::PackMissing, (About::Placement(place), Party::Host, PACK), 0, None);
        }
        done += self.expire_swaps();
        done += self.end_offers();
        done += self.digest();
        for round in &mut self.rounds {
            if round.state == RoundState::Published && today >= round.dates[0] {
                round.state = RoundState::Running;
                done += 1;
            }
            if round.state == RoundState::Running && today > *round.dates.last().expect("days") {
                round.state = RoundState::Completed;
                done += 1;
            }
        }
        done
    }

    fn last_answers(&self, place: usize) -> NaiveDate {
        let place = &self.placements[place];
        place.answer_until.unwrap_or(self.round_of(place.application).answer_until)
    }

    /// The last day for answers to a proposal that is made now, where it is not the round's; none where nobody could answer.
    fn late_answers(
        &self,
        round: usize,
        visit: NaiveDate,
        libraries: [usize; 2],
    ) -> Option<Option<NaiveDate>> {
        let (today, until) = (self.today(), self.rounds[round].answer_until);
        let or_all =
            |working: Vec<NaiveDate>, all: Vec<NaiveDate>| if working.is_empty() { all } else { working };
        let days_until = |library: usize| {
            let all: Vec<NaiveDate> = today.iter_days().skip(1).take_while(|day| *day <= until).collect();
            or_all(all.iter().copied().filter(|day| self.is_working(library, *day)).collect(), all)
        };
        if libraries.into_iter().all(|library| days_until(library).len() >= LATE_WORKING_DAYS) {
            return Some(None);
        }
        let third = |library: usize| {
            let all: Vec<NaiveDate> = today.iter_days().skip(1).take(30).collect();
            let days = or_all(self.working_after(library, today), all);
            days[days.len().min(LATE_WORKING_DAYS) - 1]
        };
        let latest =
            libraries.map(|library| self.last_working_before(library, visit))[..].iter().min().copied();
        let day = libraries.map(third)[..].iter().max().copied().min(latest)?;
        (day >= today).then_some(Some(day).filter(|day| *day > until))
    }

    /// The last working day of a library before a visit; the very day before where there is none in two weeks.
    fn last_working_before(&self, library: usize, visit: NaiveDate) -> NaiveDate {
        let before = |days: u64| visit - Days::new(days);
        (1..=14).map(before).find(|day| self.is_working(library, *day)).unwrap_or(before(1))
    }

    fn warn(&mut self, place: usize, party: Party) -> usize {
        let about = About::Placement(place);
        let one = &self.placements[place];
        let Some(consent) = one.consents.get(&party).filter(|one| one.answer == Answer::Pending) else {
            return 0;
        };
        let is_reminded = consent.reminded;
        let library = if party == Party::Host { one.host } else { self.person_of(one.application).home };
        let until = self.last_answers(place);
        let has_deputy = party == Party::Host && self.libraries[one.host].deputy.is_some();
        let is_deputy_asked = one.deputy_asked;
        let version = one.version;
        if party == Party::Host && one.open_offer().is_some() {
            return 0;
        }
        // Whoever heard of it by a change that overtook the proposal has heard of it; asked anew, by the newer proposal.
        let told = |kind| {
            let own = self.notices.iter().filter(move |one| one.about == about && one.party == party);
            own.filter(move |one| one.kind == kind).filter_map(|one| one.told_at)
        };
        let told = told(NoticeKind::Proposal).max().or_else(|| told(NoticeKind::Changed).min());
        let Some(told) = told else { return 0 };
        let all = told.with_timezone(&ZONE).date_naive().iter_days().skip(1).take_while(|day| *day <= until);
        let all: Vec<NaiveDate> = all.collect();
        let is_open = |day: &&NaiveDate| {
            day.weekday().num_days_from_monday() < 5 && !self.closed.contains(&(library, **day))
        };
        let working: Vec<NaiveDate> = all.iter().filter(is_open).copied().collect();
        let days = if working.is_empty() { all } else { working };
        let wall = self.now.with_timezone(&ZONE).naive_local();
        let has_come = |day: Option<&NaiveDate>| {
            day.is_some_and(|day| wall.date() > *day || (wall.date() == *day && wall.hour() >= 8))
        };
        let (half, most) = (has_come(days.get(days.len() / 2)), has_come(days.get(days.len() * 4 / 5)));
        let mut done = 0;
        if half && !is_reminded {
            self.placements[place].consents.get_mut(&party).expect("asked").reminded = true;
            self.enqueue(NoticeKind::AnswerReminder, about, party, version, None);
            done += 1;
        }
        if most && has_deputy && !is_deputy_asked {
            self.placements[place].deputy_asked = true;
            self.enqueue(NoticeKind::DeputyRequest, about, party, 0, None);
            done += 1;
        }
        done
    }
}

// The day itself.
impl Model {
    fn wall(&self) -> NaiveDateTime {
        self.now.with_timezone(&ZONE).naive_local()
    }

    /// Nobody can say any more that it is not possible.
    pub fn has_been(&self, place: &Placement) -> bool {
        place.state == PlacementState::Confirmed && self.today() > place.date
    }

    pub fn admits_illness(&self, place: &Placement) -> Verdict {
        let noon = NaiveTime::from_hms_opt(12, 0, 0).expect("noon");
        first(&[
            (place.state != PlacementState::Confirmed, "placement-state"),
            (self.wall() < (place.date - Days::new(1)).and_time(noon), "too-early"),
            (self.wall() > place.date.and_time(place.times.1), "too-late"),
        ])
    }

    pub fn admits_mark(&self, at: usize, mark: Attendance) -> Verdict {
        let place = &self.placements[at];
        let kind = place.came.map(|(came, _)| came.kind);
        let has_stood = place.state == PlacementState::DidNotTakePlace
            || matches!(place.state, PlacementState::Confirmed | PlacementState::Completed);
        let is_late = place.came.is_some_and(|(came, first)| {
            let last = first.with_timezone(&ZONE).date_naive() + Days::new(DAYS_TO_CORRECT);
            came.kind != AttendanceKind::NotRecorded && self.today() > last
        });
        let is_inside = mark.left_at.is_none_or(|at| place.times.0 < at && at < place.times.1);
        let person = self.applications[place.application].person;
        let is_rival = |other: &Placement| {
            let is_double = self.applications[other.application].person == person && other.date == place.date;
            other.is_live() && (is_double || other.application == place.application)
        };
        let comes_back = !place.is_live() && mark.kind != AttendanceKind::DidNotCome;
        first(&[
            (!has_stood, "placement-state"),
            (kind == Some(AttendanceKind::Ill), "placement-state"),
            (self.wall() < place.date.and_time(place.times.0), "too-early"),
            (is_late, "too-late"),
            (!is_inside, "invalid-fields"),
            (comes_back && self.placements.iter().any(is_rival), "placement-state"),
        ])
    }

    /// A day that stands or not, by what came of it.
    fn follow(&mut self, place: usize, state: PlacementState) {
        let one = &mut self.placements[place];
        if one.state == state {
            return;
        }
        let stood = one.is_live();
        one.state = state;
        one.revision += 1;
        let (stands, application) = (one.is_live(), one.application);
        let of_person = &mut self.applications[application].state;
        *of_person = match (stands, *of_person) {
            (true, ApplicationState::Unplaced) => ApplicationState::Placed,
            (false, ApplicationState::Placed) => ApplicationState::Unplaced,
            (_, other) => other,
        };
        if stood && !stands {
            self.overtake_swap(place);
        }
    }

    pub fn ill(&mut self, place: usize) {
        self.drop_pack(place);
        self.follow(place, PlacementState::DidNotTakePlace);
        self.placements[place].came = Some((Attendance::of(AttendanceKind::Ill), self.now));
        let (about, version) = (About::Placement(place), self.placements[place].revision);
        for party in PARTIES {
            self.enqueue(NoticeKind::Ill, about, party, version, None);
        }
        if self.libraries[self.placements[place].host].deputy.is_some() {
            self.push(NoticeKind::Ill, (about, Party::Host, DEPUTY), version, None);
        }
    }

    pub fn marked(&mut self, place: usize, mark: Attendance) {
        let state = match mark.kind {
            AttendanceKind::DidNotCome => PlacementState::DidNotTakePlace,
            _ => PlacementState::Completed,
        };
        self.follow(place, state);
        let known = self.placements[place].came.filter(|(came, _)| came.kind != AttendanceKind::NotRecorded);
        let first = known.map_or(self.now, |(_, first)| first);
        self.placements[place].came = Some((mark, first));
        for party in [Party::Participant, Party::Host] {
            self.stop_reminding(place, party);
        }
    }

    fn assumed(&mut self, place: usize) {
        self.follow(place, PlacementState::Completed);
        self.placements[place].came = Some((Attendance::of(AttendanceKind::NotRecorded), self.now));
    }

    fn is_working(&self, library: usize, day: NaiveDate) -> bool {
        day.weekday().num_days_from_monday() < 5 && !self.closed.contains(&(library, day))
    }

    /// The working days after a day, the next thirty at most.
    fn working_after(&self, library: usize, day: NaiveDate) -> Vec<NaiveDate> {
        day.iter_days().skip(1).take(30).filter(|day| self.is_working(library, *day)).collect()
    }

    /// Reminders of a visit, then questions how it was, then (no kind) what is taken for granted.
    fn visits_due(&self) -> Vec<(usize, Option<NoticeKind>, Party, i64)> {
        let wall = self.wall();
        let has_come = |day: NaiveDate| wall >= day.and_hms_opt(8, 0, 0).expect("eight");
        let told = |place, party, kind, version| {
            self.notices.iter().find(|one| {
                (one.about, one.party, one.kind, one.version)
                    == (About::Placement(place), party, kind, version)
            })
        };
        let (mut reminders, mut questions, mut assumed) = (Vec::new(), Vec::new(), Vec::new());
        for (at, place) in self.placements.iter().enumerate() {
            let is_certain = place.state == PlacementState::Confirmed;
            if !is_certain && place.state != PlacementState::Completed {
                continue;
            }
            let asks_at = |library: usize| {
                let day = self.working_after(library, place.date).first().copied();
                day.is_some_and(has_come) && wall.date() <= place.date + Days::new(DAYS_TO_REVIEW)
            };
            for party in [Party::Participant, Party::Host] {
                let library =
                    if party == Party::Host { place.host } else { self.person_of(place.application).home };
                let last = self.last_working_before(library, place.date);
                let mut days = [place.date - Days::new(7), last];
                days.sort_unstable();
                let due = days.into_iter().rev().find(|day| has_come(*day));
                let agreed = place.consents.values().filter_map(|consent| consent.at).max();
                let agreed = agreed.map(|at| at.with_timezone(&ZONE).date_naive());
                let due = due.filter(|day| agreed.is_none_or(|agreed| agreed < *day));
                let is_near = is_certain && wall < place.date.and_time(place.times.0);
                match due.filter(|_| is_near) {
                    Some(day) => {
                        let version = i64::from(day.num_days_from_ce());
                        reminders.push((at, Some(NoticeKind::Reminder), party, version));
                    }
                    None if asks_at(library) => {
                        questions.push((at, Some(NoticeKind::FeedbackRequest), party, 0));
                    }
                    None => {}
                }
            }
            let asked = told(at, Party::Host, NoticeKind::FeedbackRequest, 0);
            let asked = asked.map(|one| one.created.with_timezone(&ZONE).date_naive()).or_else(|| {
                self.working_after(place.host, place.date).first().copied().filter(|_| !asks_at(place.host))
            });
            let last = asked.and_then(|day| self.working_after(place.host, day).get(4).copied());
            if is_certain && last.is_some_and(|last| wall.date() > last) {
                assumed.push((at, None, Party::Host, 0));
            }
        }
        let is_new = |(place, kind, party, version): &(usize, Option<NoticeKind>, Party, i64)| {
            kind.is_none_or(|kind| told(*place, *party, kind, *version).is_none())
        };
        reminders.into_iter().chain(questions).chain(assumed).filter(is_new).collect()
    }

    /// Hosts that owe a joining pack and were not asked for it.
    fn packs_due(&self) -> Vec<usize> {
        let wall = self.wall();
        let is_due = |at: &usize| {
            let place = &self.placements[*at];
            let is_out =
                matches!(self.round_of(place.application).state, RoundState::Published | RoundState::Running);
            let from = (place.date - Days::new(10)).and_hms_opt(8, 0, 0).expect("eight");
            let is_asked = self
                .notices
                .iter()
                .any(|one| one.about == About::Placement(*at) && one.kind == NoticeKind::PackMissing);
            let is_near = wall >= from && wall.date() < place.date;
            let is_missing = place.pack_version() == 0;
            is_out && place.state == PlacementState::Confirmed && is_near && !is_asked && is_missing
        };
        (0..self.placements.len()).filter(is_due).collect()
    }
}

// What a host offers instead of a no.
impl Model {
    /// What forbids to offer something else, by what is looked at after who may; `seen` is the version that was.
    pub fn admits_offer(&self, at: usize, seen: i64, other: &Other) -> Verdict {
        let place = &self.placements[at];
        let round = self.round_of(place.application);
        let until = self.last_answers(at);
        let is_same = match other.kind {
            AlternativeKind::Date => {
                let is_too_soon = other.date <= self.today() || other.date <= until;
                other.date == place.date || !round.dates.contains(&other.date) || is_too_soon
            }
            AlternativeKind::Colleague => {
                let library = &self.libraries[place.host];
                let is_foreign = other.contact.as_ref().is_some_and(|one| !one.ends_with(library.domain()));
                is_foreign || place.contact.is_some() && place.contact == other.contact
            }
            AlternativeKind::Virtual => place.is_virtual,
        };
        first(&[
            (place.open_offer().is_some(), "offer-open"),
            (self.is_untold(place.application), "too-early"),
            (place.version != seen, "stale-page"),
            (place.state != PlacementState::Proposed, "placement-state"),
            (self.today() > until, "too-late"),
            (is_same, "invalid-fields"),
            (
                !self.fits(at, other),
                if other.kind == AlternativeKind::Date { "breaks-rules" } else { "invalid-fields" },
            ),
        ])
    }

    /// Whether the rules of the round allow it now.
    fn fits(&self, at: usize, other: &Other) -> bool {
        let place = &self.placements[at];
        match other.kind {
            AlternativeKind::Virtual => true,
            AlternativeKind::Colleague => {
                place.is_virtual || !self.closed.contains(&(place.host, place.date))
            }
            AlternativeKind::Date => self.is_free(at, other.date),
        }
    }

    /// Whether host, home and person have room for the placement on another day of the round.
    fn is_free(&self, at: usize, day: NaiveDate) -> bool {
        let place = &self.placements[at];
        let application = &self.applications[place.application];
        let home = self.person_of(place.application).home;
        let (no_visitors, no_leavers) = (Numbers::new(), Numbers::new());
        let offers = &self.rounds[application.round].offers;
        let hosting = offers.get(&place.host).map_or(&no_visitors, |offer| &offer.0);
        let release = offers.get(&home).map_or(&no_leavers, |offer| &offer.1);
        let others = || {
            let live = self.placements.iter().enumerate().filter(|(n, one)| *n != at && one.is_live());
            live.map(|(_, one)| one).filter(|one| one.date == day)
        };
        let visitors = others().filter(|one| one.host == place.host).count();
        let leavers = others().filter(|one| self.person_of(one.application).home == home).count();
        let is_elsewhere =
            others().any(|one| self.applications[one.application].person == application.person);
        let is_room = |numbers: &Numbers, taken: usize| {
            numbers.get(&day).is_some_and(|most| usize::try_from(*most).expect("few") > taken)
        };
        let is_open = |library: usize| !self.closed.contains(&(library, day));
        let held = self.held(application.round, None);
        let held = held.iter().filter(|(_, host, date)| (*host, *date) == (place.host, day)).count();
        // What is held is not taken, as long as those who stand have their place.
        let visitors = visitors + held;
        application.dates.contains(&day)
            && !is_elsewhere
            && is_open(place.host)
            && is_open(home)
            && is_room(hosting, visitors)
            && is_room(release, leavers)
    }

    pub fn offered(&mut self, place: usize, other: Other) {
        let one = &mut self.placements[place];
        for party in [Party::Participant, Party::Host] {
            let consent = one.consents.get_mut(&party).expect("asked");
            (consent.answer, consent.at) = (Answer::Pending, None);
        }
        one.version += 1;
        one.revision += 1;
        let revision = one.revision;
        one.others.push(other);
        self.stop_reminding(place, Party::Host);
        self.enqueue(NoticeKind::Alternative, About::Placement(place), Party::Participant, revision, None);
        self.overtake_swap(place);
    }

    /// What forbids to take what is offered, by what is looked at after who may.
    pub fn admits_taking(&self, at: usize, seen: i64) -> Verdict {
        let place = &self.placements[at];
        let Some(other) = place.open_offer() else { return Err("no-offer") };
        first(&[
            (place.version != seen, "stale-page"),
            (self.today() > other.date, "too-late"),
            (!self.fits(at, other), "breaks-rules"),
        ])
    }

    pub fn taken(&mut self, place: usize) {
        let now = self.now;
        let Some(other) = self.placements[place].open_offer().cloned() else { return };
        let before = self.placements[place].clone();
        let released = self.applications[before.application].released.contains(&other.date);
        let asks_anew =
            other.date != before.date && (before.consents.contains_key(&Party::Manager) || !released);
        let former = self.receives(place);
        let one = &mut self.placements[place];
        one.others.last_mut().expect("an offer").state = AlternativeState::Taken;
        (one.date, one.times) = (other.date, other.times);
        one.version += 1;
        one.revision += 1;
        let revision = one.revision;
        if asks_anew {
            let pending = Consent { answer: Answer::Pending, reminded: false, at: None };
            one.consents.insert(Party::Manager, pending);
        }
        match other.kind {
            AlternativeKind::Date => {}
            AlternativeKind::Colleague => one.contact.clone_from(&other.contact),
            AlternativeKind::Virtual => one.is_virtual = true,
        }
        self.agree(place, Party::Host, Answer::Yes, other.at);
        self.agree(place, Party::Participant, Answer::Yes, now);
        let is_certain = self.confirm_if_all_agree(place);
        self.stop_reminding(place, Party::Participant);
        let about = About::Placement(place);
        if other.kind == AlternativeKind::Colleague && self.has_heard(place, Party::Host) {
            self.push(NoticeKind::HandedOver, (about, Party::Host, FORMER), revision, None);
            self.notices.last_mut().expect("a mail").to = former;
        }
        for party in PARTIES {
            let has_heard = self.has_heard(place, party);
            let kind = if party == Party::Manager && asks_anew {
                NoticeKind::Proposal
            } else if party != Party::Manager || has_heard {
                NoticeKind::Changed
            } else if is_certain {
                NoticeKind::Confirmed
            } else {
                continue;
            };
            if kind == NoticeKind::Proposal {
                self.enqueue(kind, about, party, revision, None);
            } else if let Some((kind, taken)) = self.coalesced(place, party, kind, true) {
                self.enqueue_as(kind, about, party, revision, (None, taken));
            } else {
                self.supersede(about, party);
            }
        }
        self.move_pack(place, before.times.0);
        if is_certain {
            self.tell_pack(place);
        }
    }
}

// The joining pack.
impl Model {
    /// What a pack says where the host has written nothing.
    fn proposed_pack(&self, at: usize) -> Fields {
        let place = &self.placements[at];
        let mut fields = Fields::from([(PackField::ArrivalTime, clock(place.times.0))]);
        fields.extend(self.libraries[place.host].standing.clone().unwrap_or_default());
        fields
    }

    /// What it says now.
    fn current_pack(&self, at: usize) -> Fields {
        let place = &self.placements[at];
        let mut fields = if place.pack_version() == 0 { self.proposed_pack(at) } else { Fields::new() };
        fields.extend(place.pack.values().last().map(|(_, written)| written.clone()).unwrap_or_default());
        fields
    }

    /// What forbids to write it, by what is looked at after who may; nothing new is never refused for what was seen.
    pub fn admits_pack(&self, at: usize, seen: i64, edit: &Fields) -> Verdict {
        let place = &self.placements[at];
        let whole = self.whole_pack(at, edit);
        first(&[
            (!place.can_end(), "placement-state"),
            (self.today() > place.date, "too-late"),
            (place.open_offer().is_some(), "offer-open"),
            (self.is_new_pack(at, edit) && seen != place.pack_revision(), "stale-page"),
            (place.pack_version() > 0 && whole.len() < PackField::ALL.len(), "invalid-fields"),
        ])
    }

    fn whole_pack(&self, at: usize, edit: &Fields) -> Fields {
        let mut whole = self.proposed_pack(at);
        whole.extend(edit.clone());
        whole
    }

    fn is_new_pack(&self, at: usize, edit: &Fields) -> bool {
        let (place, whole) = (&self.placements[at], self.whole_pack(at, edit));
        let is_whole = whole.len() == PackField::ALL.len();
        match place.pack.get(&0) {
            _ if place.pack_version() > 0 => whole != self.current_pack(at),
            Some((_, written)) => is_whole || written != edit,
            None => true,
        }
    }

    pub fn wrote_pack(&mut self, at: usize, edit: &Fields, for_later_visitors: bool) {
        let whole = self.whole_pack(at, edit);
        if self.is_new_pack(at, edit) {
            let is_whole = whole.len() == PackField::ALL.len();
            let (version, kept) = if is_whole {
                (self.placements[at].pack_version() + 1, whole.clone())
            } else {
                (0, edit.clone())
            };
            self.keep_pack(at, version, kept);
        }
        let standing: Fields = whole.into_iter().filter(|(field, _)| is_for_everybody(*field)).collect();
        let known = &mut self.libraries[self.placements[at].host].standing;
        if for_later_visitors && *known.as_ref().unwrap_or(&Fields::new()) != standing {
            *known = Some(standing);
        }
    }

    fn keep_pack(&mut self, at: usize, version: i64, fields: Fields) {
        let place = &mut self.placements[at];
        let revision = place.pack_revision() + 1;
        place.pack.insert(version, (revision, fields));
        self.tell_pack(at);
    }

    /// Once the day is certain both sides hear of the newest version, as a difference to what they know.
    fn tell_pack(&mut self, at: usize) {
        let place = &self.placements[at];
        let version = place.pack_version();
        if place.state != PlacementState::Confirmed || version == 0 {
            return;
        }
        let about = About::Placement(at);
        for party in [Party::Participant, Party::Host] {
            let told = self.all_of(about, party).filter(|one| one.begun && one.state != NoticeState::GaveUp);
            let known = told.filter_map(|one| one.pack).max();
            let packs = &self.placements[at].pack;
            let is_same = known.is_some_and(|known| packs[&known].1 == packs[&version].1);
            let kind = if known.is_none() { NoticeKind::JoiningPack } else { NoticeKind::PackChanged };
            if !is_same && self.all_of(about, party).any(|one| (one.kind, one.pack) == (kind, Some(version)))
            {
                continue;
            }
            let since = self.waiting_since(about, party, PACK);
            self.drop_pack_of(at, party);
            if is_same {
                continue;
            }
            self.push(kind, (about, party, PACK), version, None);
            self.notices.last_mut().expect("a mail").pack = Some(version);
            self.depart(since, false);
        }
    }

    /// The time of arrival follows the beginning of the visit.
    fn move_pack(&mut self, at: usize, former: NaiveTime) {
        let place = &self.placements[at];
        let Some((_, written)) = place.pack.values().last() else { return };
        let Some(arrival) = written.get(&PackField::ArrivalTime) else { return };
        let later = arrival.parse::<NaiveTime>().expect("a time") + (place.times.0 - former);
        if clock(later) == *arrival {
            return;
        }
        let (version, mut fields) = (place.pack_version(), written.clone());
        fields.insert(PackField::ArrivalTime, clock(later));
        self.keep_pack(at, if version > 0 { version + 1 } else { 0 }, fields);
    }
}

/// What a library says to all its visitors.
fn is_for_everybody(field: PackField) -> bool {
    !matches!(field, PackField::ArrivalTime | PackField::Objectives | PackField::AccessConfirmed)
}

// What is said after the day.
impl Model {
    pub fn admits_review(&self, place: &Placement) -> Verdict {
        let stands = matches!(place.state, PlacementState::Confirmed | PlacementState::Completed);
        first(&[
            (!stands, "placement-state"),
            (self.wall() < place.date.and_time(place.times.1), "too-early"),
            (self.today() > place.date + Days::new(DAYS_TO_REVIEW), "too-late"),
        ])
    }
}

/// The first code whose condition is true.
fn first(refusals: &[(bool, &'static str)]) -> Verdict {
    refusals.iter().find(|(is_so, _)| *is_so).map_or(Ok(()), |(_, code)| Err(*code))
}

/// Whatever overtakes nothing, and is dropped once there is nothing to remind of.
fn is_reminder(kind: NoticeKind) -> bool {
    matches!(
        kind,
        NoticeKind::AnswerReminder
            | NoticeKind::DeputyRequest
            | NoticeKind::Reminder
            | NoticeKind::Alternative
            | NoticeKind::HandedOver
    )
}

// What the database must say.
impl Model {
    fn lines(&self) -> BTreeSet<String> {
        let mut lines = BTreeSet::new();
        lines.extend(self.rounds.iter().map(|one| format!("round {} {}", one.id, one.state)));
        lines.extend(self.runs.iter().map(|one| format!("run {} {}", one.id, one.state)));
        lines.extend(self.refill_lines());
        lines.extend(self.swap_lines());
        lines.extend(self.repairs.iter().map(|one| one.line(&self.rounds[one.round].id)));
        for one in &self.applications {
            lines.insert(format!("application {} {} {:?}", one.id, one.state, texts(&one.released)));
        }
        for one in &self.placements {
            let run = &self.runs[one.run].id;
            lines.insert(format!(
                "placement {} {} of {run} on {} at {} {}-{}",
                one.id,
                one.state,
                one.date,
                self.libraries[one.host].id,
                one.times.0.format("%H:%M"),
                one.times.1.format("%H:%M")
            ));
            if let Some((came, _)) = one.came {
                lines.insert(format!("came {} {} {:?}", one.id, came.kind, came.left_at.map(clock)));
            }
            let (id, named) = (&one.id, one.contact.as_deref());
            lines.insert(format!(
                "terms {id} {} {named:?} virtual {} revision {} until {:?}",
                one.version,
                one.is_virtual,
                one.revision,
                one.answer_until.map(|day| day.to_string())
            ));
            for other in &one.others {
                let (Other { kind, date, contact, state, .. }, times) = (other, other.times);
                lines.insert(format!(
                    "offer {id} {kind} {date} {}-{} {contact:?} {state}",
                    clock(times.0),
                    clock(times.1)
                ));
            }
            for (version, (revision, fields)) in &one.pack {
                lines.insert(format!("pack {id} {version} {revision} {}", written(fields)));
            }
            for (party, marks) in &one.feedback {
                lines.insert(format!("feedback {id} {party} {marks:?}"));
            }
            if let Some(Idea { words, is_hidden, tried }) = &one.idea {
                lines.insert(format!("idea {id} {words} hidden {is_hidden} tried {}", tried.len()));
            }
            for (party, consent) in &one.consents {
                lines.insert(format!("consent {} {party} {}", one.id, consent.answer));
            }
        }
        for one in &self.libraries {
            lines
                .extend(one.standing.iter().map(|fields| format!("standing {} {}", one.id, written(fields))));
        }
        for one in &self.notices {
            lines.insert(format!("mail {} to {} {} begun {}", self.key(one), one.to, one.state, one.begun));
        }
        lines
    }

    /// Where the database and the facts differ.
    pub fn differences(&self, dump: &Dump) -> Vec<String> {
        let mut lines = BTreeSet::new();
        for (table, name) in [("rounds", "round"), ("runs", "run")] {
            let rows = dump.rows(table);
            lines.extend(rows.iter().map(|row| format!("{name} {} {}", row.text("id"), row.text("state"))));
        }
        for row in dump.rows("repairs") {
            let (id, round, option) = (row.text("id"), row.text("round_id"), row.get("applied_option"));
            lines.insert(format!("repair {id} of {round} applied {option:?}"));
        }
        for row in dump.rows("refills") {
            let (id, placement, waits) = (row.text("id"), row.text("placement_id"), row.get("waits_for"));
            lines.insert(format!("refill {id} of {placement} {} waits {waits:?}", row.text("state")));
        }
        for row in dump.rows("reserve_offers") {
            let (id, refill, to) = (row.text("id"), row.text("refill_id"), row.text("application_id"));
            let (until, state) = (row.text("answer_until"), row.text("state"));
            lines.insert(format!("reserve {id} of {refill} to {to} until {until} {state}"));
        }
        for row in dump.rows("swaps") {
            let (id, round, until) = (row.text("id"), row.text("round_id"), row.text("answer_until"));
            lines.insert(format!("swap {id} of {round} {} until {until}", row.text("state")));
        }
        for row in dump.rows("swap_members") {
            let (id, n, named) = (row.text("swap_id"), row.number("place"), row.get("named"));
            let (own, became) = (row.get("placement_id"), row.get("became_id"));
            lines.insert(format!("member {id} {n} named {named:?} {own:?} became {became:?}"));
        }
        for row in dump.rows("swap_consents") {
            let (id, n, party) = (row.text("swap_id"), row.number("place"), row.text("party"));
            lines.insert(format!("said {id} {n} {party} {}", row.text("answer")));
        }
        for row in dump.rows("applications") {
            let released: Vec<String> = serde_json::from_str(row.text("released_dates")).expect("dates");
            lines.insert(format!("application {} {} {released:?}", row.text("id"), row.text("state")));
        }
        for row in dump.rows("placements") {
            let time = |column: &str| row.text(column)[..5].to_owned();
            lines.insert(format!(
                "placement {} {} of {} on {} at {} {}-{}",
                row.text("id"),
                row.text("state"),
                row.text("run_id"),
                row.text("date"),
                row.text("host_library_id"),
                time("starts"),
                time("ends")
            ));
        }
        for row in dump.rows("placements") {
            let (id, contact, version) = (row.text("id"), row.get("contact_email"), row.number("version"));
            let (is_virtual, revision) = (row.is("is_virtual"), row.number("revision"));
            lines.insert(format!(
                "terms {id} {version} {contact:?} virtual {is_virtual} revision {revision} until {:?}",
                row.get("answer_until")
            ));
        }
        for row in dump.rows("alternatives") {
            let (id, kind, date) = (row.text("placement_id"), row.text("kind"), row.text("date"));
            let (starts, ends, contact) = (row.text("starts"), row.text("ends"), row.get("contact_email"));
            lines.insert(format!(
                "offer {id} {kind} {date} {starts}-{ends} {contact:?} {}",
                row.text("state")
            ));
        }
        for row in dump.rows("joining_packs") {
            let (id, version, revision) =
                (row.text("placement_id"), row.number("version"), row.number("revision"));
            lines.insert(format!("pack {id} {version} {revision} {}", row.json("fields")));
        }
        for row in dump.rows("library_packs") {
            lines.insert(format!("standing {} {}", row.text("library_id"), row.json("fields")));
        }
        for row in dump.rows("feedback") {
            let marks = ["preparation", "welcome", "learning"].map(|column| row.number(column));
            lines.insert(format!("feedback {} {} {marks:?}", row.text("placement_id"), row.text("party")));
        }
        let trials = dump.rows("idea_trials");
        for row in dump.rows("ideas") {
            let tried = trials.iter().filter(|trial| trial.text("idea_id") == row.text("id")).count();
            let (id, words, is_hidden) =
                (row.text("placement_id"), row.text("words"), row.get("hidden_reason").is_some());
            lines.insert(format!("idea {id} {words} hidden {is_hidden} tried {tried}"));
        }
        for row in dump.rows("attendances") {
            let (id, kind) = (row.text("placement_id"), row.text("kind"));
            lines.insert(format!("came {id} {kind} {:?}", row.get("left_at").map(str::to_owned)));
        }
        for row in dump.rows("consents") {
            let (id, party) = (row.text("placement_id"), row.text("party"));
            lines.insert(format!("consent {id} {party} {}", row.text("answer")));
        }
        for row in dump.rows("outbox") {
            let (key, to, state) = (row.text("dedupe_key"), row.text("recipient_address"), row.text("state"));
            let begun = row.get("message_id").is_some();
            lines.insert(format!("mail {key} to {to} {state} begun {begun}"));
        }
        let expected = self.lines();
        let missing = expected.difference(&lines).map(|line| format!("the facts say:        {line}"));
        missing
            .chain(lines.difference(&expected).map(|line| format!("the database says:    {line}")))
            .collect()
    }
}

/// A pack as the tables hold it.
fn written(fields: &Fields) -> serde_json::Value {
    serde_json::json!(fields.iter().map(|(field, value)| (field.as_str(), value)).collect::<BTreeMap<_, _>>())
}

pub fn texts(dates: &[NaiveDate]) -> Vec<String> {
    dates.iter().map(ToString::to_string).collect()
}

fn clock(time: NaiveTime) -> String {
    time.format("%H:%M").to_string()
}
