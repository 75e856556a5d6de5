//! One history: a round of six people and four libraries, what happens to it, and its mails on their way.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Duration, NaiveDate, NaiveTime};
use library_swap::domain::access_needs::AccessNeeds;
use library_swap::domain::alternative::{Instead, Wanted};
use library_swap::domain::application::ReleaseRule;
use library_swap::domain::feed::Shown;
use library_swap::domain::ids::{ApplicationId, EmployerId, LibraryId, RoundId, RunId};
use library_swap::domain::language::Language;
use library_swap::domain::offer::Offer;
use library_swap::domain::organisation::{Contact, Library};
use library_swap::domain::party::Party;
use library_swap::domain::permissions::{Actor, Role};
use library_swap::domain::place::Point;
use library_swap::domain::placement::Placement;
use library_swap::domain::sector::Sector;
use library_swap::domain::states::{Answer, PlacementState};
use library_swap::domain::swap::Named;
use library_swap::import::{Kind, Table};
use library_swap::mail::{Memory, Transport};
use library_swap::services::feeds::{self, Choose};
use library_swap::services::imports::{ImportMode, Order, import};
use library_swap::services::links::{self, Act};
use library_swap::services::page::Page;
use library_swap::services::placements::{self, Reply};
use library_swap::services::rounds::{self, NewRound};
use library_swap::services::seen::Seen;
use library_swap::services::sign_up::{SignUp, sign_up};
use library_swap::services::swaps::{self, SwapReply};
use library_swap::services::{
    App, AppError, alternatives, applications, employers, held_mails, libraries, offers, publication,
    repairs, runs, withdrawal,
};
use library_swap::store;
use library_swap::worker::Stop;
use library_swap::worker::outbox::{Sent, send_due};
use library_swap::worker::runs::{Solved, solve_next};

use crate::clients::{Change, Client, Day, Message, Sight, events, invitation};
use crate::random::Random;

const SECTORS: [(&str, Sector); 4] = [
    ("town", Sector::Public),
    ("campus", Sector::Academic),
    ("grammar", Sector::School),
    ("clinic", Sector::Specialist),
];
const PEOPLE: usize = 6;
const DATES: [(u32, u32); 3] = [(3, 24), (3, 30), (3, 31)];

pub struct Life<'a> {
    app: &'a App,
    seed: usize,
    round: RoundId,
    employers: Vec<EmployerId>,
    libraries: Vec<LibraryId>,
    memory: Memory,
    transport: Transport,
    runtime: tokio::runtime::Runtime,
    /// The mailboxes and UIDs of every REQUEST.
    invited: BTreeSet<(String, String)>,
    /// Mails that have been read from the memory.
    read: usize,
    /// Invitations on their way, with the mailbox that they go to.
    wire: Vec<(String, Message)>,
    /// The secrets of the links that each mailbox has.
    links: BTreeMap<String, Vec<String>>,
    /// The secret of the feed that a link has made, by mailbox.
    feeds: BTreeMap<String, String>,
    pub clients: BTreeMap<String, Client>,
    pub mails: usize,
    /// What the clients did to their server.
    pub script: Vec<String>,
    /// What happened, in words for whoever looks for the fault.
    pub told: Vec<String>,
}

fn parsed<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("`{text}` cannot be read"))
}

fn organiser() -> Actor {
    Actor::named("token:organiser", Role::Organiser)
}

fn of_case(role: Role, application: ApplicationId) -> Actor {
    Actor { application: Some(application), ..Actor::named("link:l", role) }
}

fn hour(n: usize) -> NaiveTime {
    NaiveTime::from_hms_opt(u32::try_from(n).expect("an hour"), 0, 0).expect("a time")
}

fn dates() -> Vec<NaiveDate> {
    DATES.iter().map(|(month, day)| NaiveDate::from_ymd_opt(2027, *month, *day).expect("a date")).collect()
}

/// The host of a placement, as tables have it.
fn host_of(app: &App, id: LibraryId) -> Library {
    let found = app.store.read(|db| store::organisations::find_library(db, id)).expect("read");
    found.expect("a library")
}

impl<'a> Life<'a> {
    /// A round that is published, and its first mails on their way.
    pub fn begin(app: &'a App, seed: usize, random: &mut Random) -> Self {
        let organiser = organiser();
        let (mut own_employers, mut own_libraries) = (Vec::new(), Vec::new());
        for (n, (name, sector)) in SECTORS.into_iter().enumerate() {
            let domains = vec![format!("{name}.example")];
            let directory = employers::Directory { domains, ..Default::default() };
            let employer =
                employers::create(app, &organiser, &parsed(name), &directory).expect("an employer").id;
            let contact = Contact {
                name: None,
                email: parsed(&format!("desk@{name}.example")),
                telephone: None,
                language: None,
            };
            let library = libraries::NewLibrary {
                reference: name.to_owned(),
                name: parsed(&format!("The {name} library")),
                sectors: vec![sector],
                employers: vec![employer],
                address: None,
                postcode: None,
                country: None,
                point: Point::new(52.19, -2.22).ok(),
                time_zone: [chrono_tz::Europe::London, chrono_tz::Europe::Dublin][n % 2],
                opening_hours: None,
                welcome: libraries::Welcome { contact: Some(contact), ..Default::default() },
            };
            own_libraries.push(libraries::create(app, &organiser, &library).expect("a library").id);
            own_employers.push(employer);
        }
        let wanted = NewRound {
            name: parsed("Spring"),
            time_zone: chrono_tz::Europe::London,
            sign_up_until: parsed("2027-01-31"),
            answer_until: parsed("2027-03-10"),
            dates: dates(),
            rules: Some("{\"balance\": null}".to_owned()),
            release: ReleaseRule::Waived,
        };
        let round = rounds::create(app, &organiser, &wanted).expect("a round").id;
        rounds::open(app, &organiser, round).expect("open");
        for library in &own_libraries {
            let all = |n: u32| dates().into_iter().map(|date| (date, n)).collect::<BTreeMap<_, _>>();
            let offer = Offer { hosting: all(2), release: all(3), ..Offer::default() };
            offers::offer(app, &organiser, round, *library, &offer, &Seen::regardless()).expect("an offer");
        }
        let memory = Memory::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut life = Self {
            app,
            seed,
            round,
            employers: own_employers,
            libraries: own_libraries,
            transport: Transport::Memory(memory.clone()),
            memory,
            runtime,
            invited: BTreeSet::new(),
            read: 0,
            wire: Vec::new(),
            links: BTreeMap::new(),
            feeds: BTreeMap::new(),
            clients: BTreeMap::new(),
            mails: 0,
            script: Vec::new(),
            told: Vec::new(),
        };
        for n in 0..PEOPLE {
            life.sign_up(n);
        }
        life.post(random);
        rounds::close(app, &organiser, round, Some("everybody is here")).expect("closed");
        life.publish().expect("published");
        life.post(random);
        life
    }

    fn sign_up(&mut self, n: usize) {
        let home = SECTORS[n % SECTORS.len()].0;
        let email = format!("p{n}@{home}.example");
        let form = SignUp {
            name: parsed(&format!("Person {n}")),
            email: parsed(&email),
            home_library: home.to_owned(),
            employer: None,
            dates: dates(),
            max_km: 20.0,
            manager_email: parsed(&format!("boss@{home}.example")),
            sectors: vec![],
            topics: vec![],
            needs: AccessNeeds::default(),
            avoid: vec![],
            hours: BTreeMap::new(),
            pattern: None,
            assured_until: None,
            role_title: None,
            objectives: None,
            language: n.is_multiple_of(3).then_some(Language::Welsh),
            privacy_version: None,
        };
        sign_up(self.app, &Actor::anyone(), self.round, &form).expect("signed up");
        self.send();
        let secret = self.links[&email].last().expect("a link").clone();
        links::act(self.app, &secret, &Act::Verify).expect("verified");
    }

    /// Matches and publishes, and lets the mails go.
    fn publish(&mut self) -> Result<RunId, AppError> {
        let wanted = runs::NewRun { seed: 7, threads: Some(1), ..runs::NewRun::default() };
        let run = runs::start(self.app, &organiser(), self.round, &wanted)?.id;
        assert_eq!(solve_next(self.app, "test", &Stop::new())?, Solved::One);
        publication::publish(self.app, &organiser(), run)?;
        held_mails::release(self.app, &organiser(), run)?;
        Ok(run)
    }

    /// The outbox's worker sends what is due; what it sends is on its way from then on.
    fn send(&mut self) {
        loop {
            let sent = self.runtime.block_on(send_due(self.app, &self.transport, "test", &Stop::new()));
            if sent.expect("sent") == Sent::Nothing {
                break;
            }
        }
        for mail in self.memory.sent().into_iter().skip(self.read) {
            (self.read, self.mails) = (self.read + 1, self.mails + 1);
            let parsed = mail_parser::MessageParser::new().parse(&mail.message).expect("a mail");
            let text = parsed.body_text(0).expect("words").into_owned();
            if let Some((_, rest)) = text.split_once("/links/") {
                let secret: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
                self.links.entry(mail.to.clone()).or_default().push(secret);
            }
            if let Some(message) = invitation(&mail.message) {
                self.told.push(format!(
                    "    to {}: {} {} {:?} {:?}",
                    mail.to, mail.kind, message.method, message.version, message.day
                ));
                let name = (mail.to.clone(), message.uid.clone());
                if message.method == "REQUEST" {
                    self.invited.insert(name);
                } else {
                    assert!(self.invited.contains(&name), "a CANCEL of what nobody invited {} to", mail.to);
                }
                self.wire.push((mail.to.clone(), message));
            }
        }
    }

    fn arrive(&mut self, at: usize) {
        let (mailbox, message) = self.wire[at].clone();
        let client = self.clients.entry(mailbox.clone()).or_default();
        let path = format!("h{}/{mailbox}", self.seed);
        match client.take(&message) {
            Some(Change::Put(text)) => {
                let line = serde_json::json!({ "calendar": path, "uid": message.uid, "put": text });
                self.script.push(line.to_string());
            }
            Some(Change::Delete) => {
                let line = serde_json::json!({ "calendar": path, "uid": message.uid });
                self.script.push(line.to_string());
            }
            None => {}
        }
    }

    /// Mails are sent, and some of those on their way arrive, in any order, some of them twice.
    pub fn post(&mut self, random: &mut Random) {
        self.send();
        for _ in 0..random.below(self.wire.len() + 1) {
            let at = random.below(self.wire.len());
            self.arrive(at);
            if random.below(6) != 0 {
                self.wire.swap_remove(at);
            }
        }
    }

    /// Everything arrives.
    pub fn empty_the_wire(&mut self, random: &mut Random) {
        self.send();
        while !self.wire.is_empty() {
            let at = random.below(self.wire.len());
            self.arrive(at);
            self.wire.swap_remove(at);
        }
    }

    fn placements(&self) -> Vec<Placement> {
        placements::list(self.app, &organiser(), self.round, None, &Page::new(None, 200).expect("a page"))
            .expect("placements")
            .items
    }

    fn live(&self) -> Vec<Placement> {
        let is_live =
            |one: &Placement| matches!(one.state, PlacementState::Proposed | PlacementState::Confirmed);
        self.placements().into_iter().filter(is_live).collect()
    }

    /// Something happens; its name, and whether it was done.
    pub fn deed(&mut self, random: &mut Random) -> (&'static str, bool) {
        // No two things happen in the same second, which DTSTAMP cannot tell apart.
        let now = self.app.clock.now() + Duration::minutes(1);
        self.app.clock.set(now);
        let live = self.live();
        let some = |random: &mut Random| live.get(random.below(live.len().max(1))).cloned();
        let (name, done): (&'static str, Result<(), AppError>) = match (random.below(27), some(random)) {
            (0..=3, Some(one)) => ("agree", self.agree(&one)),
            (4, Some(one)) => ("decline", self.decline(&one, random)),
            (5..=7, Some(one)) => ("move", self.reschedule(&one, random)),
            (8, Some(one)) => {
                ("cancel", placements::cancel(self.app, &organiser(), one.id, "Snow.").map(drop))
            }
            (9..=10, Some(one)) => ("instead", self.instead(&one, random)),
            (11..=13, Some(one)) => ("exchange", self.exchange(&one, &live)),
            (14, Some(one)) => {
                let own = of_case(Role::Participant, one.application);
                ("withdraw", applications::withdraw(self.app, &own, one.application).map(drop))
            }
            (15, _) => ("take back", self.take_back(&live)),
            (16, Some(one)) => ("repair", self.repair(&one)),
            (17..=18, Some(one)) => ("rename", self.list_again(&one, random, false)),
            (19, Some(one)) => ("zone", self.list_again(&one, random, true)),
            (20, Some(one)) => ("contact", self.other_contact(&one, random)),
            (21..=23, _) if self.feeds.len() < 3 => ("subscribe", self.choose(random, Choose::Feed)),
            (21..=24, _) => ("unsubscribe", self.choose(random, Choose::Invitations)),
            (_, _) => ("new address", self.choose(random, Choose::NewAddress)),
        };
        let became = match &done {
            Ok(()) => "done".to_owned(),
            Err(AppError::Store(error)) => panic!("{error}"),
            Err(error) => format!("refused: {error}"),
        };
        self.told.push(format!("{} {name}: {became}", now.format("%H:%M")));
        (name, done.is_ok())
    }

    fn answer(&self, one: &Placement, party: Party, answer: Answer) -> Result<(), AppError> {
        let at = self.libraries.iter().position(|id| *id == one.host).expect("a library");
        let actor = match party {
            Party::Participant => of_case(Role::Participant, one.application),
            Party::Manager => of_case(Role::Manager, one.application),
            Party::Host => Actor {
                employers: vec![self.employers[at]],
                ..Actor::named("token:a", Role::LibraryAdministrator)
            },
        };
        let reply = Reply { party, answer, reason: None, channel: "api", version: None };
        placements::answer(self.app, &actor, one.id, &reply).map(drop)
    }

    /// Everybody who is asked says yes.
    fn agree(&self, one: &Placement) -> Result<(), AppError> {
        for party in Party::ALL.iter().copied() {
            if one.answer_of(party) == Some(Answer::Pending) {
                self.answer(one, party, Answer::Yes)?;
            }
        }
        Ok(())
    }

    fn decline(&self, one: &Placement, random: &mut Random) -> Result<(), AppError> {
        self.answer(one, [Party::Participant, Party::Host][random.below(2)], Answer::No)
    }

    fn reschedule(&self, one: &Placement, random: &mut Random) -> Result<(), AppError> {
        let (starts, ends) = (hour(9 + random.below(3)), hour(14 + random.below(3)));
        placements::reschedule(self.app, &organiser(), one.id, (starts, ends), &Seen::regardless()).map(drop)
    }

    /// The host offers something else, and the participant takes it.
    fn instead(&self, one: &Placement, random: &mut Random) -> Result<(), AppError> {
        let host = host_of(self.app, one.host);
        let instead = match random.below(3) {
            0 => Instead::Date(dates()[random.below(DATES.len())], None),
            1 => Instead::Colleague(Contact {
                name: Some(parsed("A Colleague")),
                email: parsed(&format!("colleague@{}.example", host.reference)),
                telephone: None,
                language: None,
            }),
            _ => Instead::Virtual(None),
        };
        let at = self.libraries.iter().position(|id| *id == one.host).expect("a library");
        let administrator = Actor {
            employers: vec![self.employers[at]],
            ..Actor::named("token:a", Role::LibraryAdministrator)
        };
        let version = one.terms.version;
        let wanted = Wanted { instead, words: None };
        alternatives::offer(self.app, &administrator, one.id, version, &wanted)?;
        let case = placements::get(self.app, &organiser(), one.id)?.case;
        let email = case.applicant.person.email.to_string();
        // The newest of the participant's links that is about this day.
        for secret in self.links[&email].iter().rev() {
            let view = links::view(self.app, secret)?;
            if view.link.placement == Some(one.id) {
                return links::act(self.app, secret, &Act::Take(case.placement.terms.version)).map(drop);
            }
        }
        Ok(())
    }

    /// Somebody asks another to exchange their days, and everybody who is asked says yes.
    fn exchange(&self, one: &Placement, live: &[Placement]) -> Result<(), AppError> {
        let own = of_case(Role::Participant, one.application);
        let others = live.iter().filter(|other| other.id != one.id && other.host != one.host);
        let mut last = AppError::not_found("placement", "to exchange");
        for other in others {
            self.agree(one)?;
            self.agree(other)?;
            if let Err(error) = swaps::ask(self.app, &own, one.id, &[Named::Code(other.id)]) {
                last = error;
                continue;
            }
            let all = swaps::list(
                self.app,
                &organiser(),
                self.round,
                None,
                &Page::new(None, 200).expect("a page"),
            )?;
            let swap = all.items.last().expect("a swap").clone();
            for party in [Party::Participant, Party::Host, Party::Manager] {
                for placement in [one, other] {
                    let actor = match party {
                        Party::Participant => of_case(Role::Participant, placement.application),
                        Party::Manager => of_case(Role::Manager, placement.application),
                        Party::Host => organiser(),
                    };
                    let (placement, answer) = (placement.id, Answer::Yes);
                    let reply = SwapReply { placement, party, answer, reason: None, channel: "api" };
                    // Not everybody is asked, and some have said so before.
                    drop(swaps::answer(self.app, &actor, swap.id, &reply));
                }
            }
            let state = swaps::get(self.app, &organiser(), swap.id)?.state;
            if state == library_swap::domain::states::SwapState::Done {
                return Ok(());
            }
            drop(swaps::call_off(self.app, &organiser(), swap.id, "The lab is rebuilt."));
        }
        Err(last)
    }

    /// The publication is taken back, and the round matched and published again.
    fn take_back(&mut self, live: &[Placement]) -> Result<(), AppError> {
        let Some(one) = live.first() else { return self.publish().map(drop) };
        withdrawal::withdraw(self.app, &organiser(), one.run)?;
        self.publish().map(drop)
    }

    /// Somebody drops out, and the round is mended.
    fn repair(&self, one: &Placement) -> Result<(), AppError> {
        let asked = repairs::Asked { drop: vec![one.application.to_string()], ..repairs::Asked::default() };
        let shown = repairs::create(self.app, &organiser(), self.round, &asked)?;
        // The way that touches most: somebody else moves.
        let (option, _) = shown.plans.iter().max_by_key(|(_, plan)| plan.changes.len()).expect("a way");
        let what = (self.round, shown.repair.id);
        repairs::apply(self.app, &organiser(), what, *option, &Seen::regardless()).map(drop)
    }

    /// The host is in a list again under another name, or in another zone.
    fn list_again(&self, one: &Placement, random: &mut Random, moves: bool) -> Result<(), AppError> {
        let host = host_of(self.app, one.host);
        let name = if moves { host.name.to_string() } else { format!("Library {}", random.below(1_000)) };
        let zones = ["Europe/London", "Europe/Dublin", "Europe/Paris"];
        let zone = if moves { zones[random.below(3)] } else { host.time_zone.name() };
        let list = format!(
            "id,name,sector,operator,time_zone\n{},{name},{},{},{zone}\n",
            host.reference, host.sectors[0], host.reference
        );
        let table = Table::read(list.into_bytes()).expect("a table");
        let order = Order::new(Kind::Libraries, &table, ImportMode::Apply);
        let outcome = import(self.app, &organiser(), &order)?;
        assert_eq!(outcome.changed + outcome.unchanged, 1, "{outcome:?}");
        Ok(())
    }

    /// Somebody else receives visitors at the host from now on.
    fn other_contact(&self, one: &Placement, random: &mut Random) -> Result<(), AppError> {
        let host = host_of(self.app, one.host);
        let email = parsed(&format!("desk{}@{}.example", random.below(3), host.reference));
        // Whoever it is reads the one language or the other.
        let language = Some(Language::ALL[random.below(Language::ALL.len())]);
        let contact = Some(Contact { name: None, email, telephone: None, language });
        let welcome = libraries::Welcome { contact, ..Default::default() };
        libraries::replace_welcome(self.app, &organiser(), host.id, &welcome, &Seen::regardless()).map(drop)
    }

    /// Somebody chooses by one of the links that they have.
    fn choose(&mut self, random: &mut Random, wanted: Choose) -> Result<(), AppError> {
        let has_feed = |mailbox: &&String| self.feeds.contains_key(*mailbox) == (wanted != Choose::Feed);
        let mailboxes: Vec<String> = self.links.keys().filter(has_feed).cloned().collect();
        let nobody = || AppError::not_found("mailbox", "that could choose");
        let mailbox = mailboxes.get(random.below(mailboxes.len().max(1))).ok_or_else(nobody)?.clone();
        for secret in self.links[&mailbox].iter().rev() {
            let view = links::view(self.app, secret)?;
            let Some(choice) = &view.calendar else { continue };
            if choice.feed.is_some() != (wanted != Choose::Feed) {
                continue;
            }
            let is_invited = matches!(choice.shown, Shown::Person(_) | Shown::Contact(..));
            let after = links::act(self.app, secret, &Act::Calendar(wanted))?;
            let url = after.calendar.and_then(|choice| choice.url);
            match url {
                Some(url) if is_invited => {
                    let secret = url.reveal().rsplit('/').next().expect("a secret").trim_end_matches(".ics");
                    self.feeds.insert(mailbox, secret.to_owned());
                }
                Some(_) | None => {
                    self.feeds.remove(&mailbox);
                }
            }
            return Ok(());
        }
        Err(nobody())
    }

    /// The days that stand, by the mailbox of whoever spends them.
    pub fn expected(&self) -> BTreeMap<String, Vec<Day>> {
        let mut days: BTreeMap<String, Vec<Day>> = BTreeMap::new();
        for one in self.live() {
            let case = placements::get(self.app, &organiser(), one.id).expect("a case").case;
            let (placement, host) = (&case.placement, &case.host);
            let at = |time: NaiveTime| format!("{} {time} {}", placement.date, placement.time_zone);
            let status = if placement.state == PlacementState::Confirmed { "CONFIRMED" } else { "TENTATIVE" };
            let location = |language: Option<Language>| match (placement.terms.is_virtual, language) {
                (true, Some(Language::Welsh)) => format!("Ar-lein: ymweliad rhithwir â {}", host.name),
                (true, Some(Language::English) | None) => format!("Online: virtual visit at {}", host.name),
                (false, _) => host.name.to_string(),
            };
            let contact = case.host_contact().expect("a contact");
            let guest = (&case.applicant.person.email, Some(case.applicant.application.language));
            for (mailbox, language) in [guest, (&contact.email, contact.language)] {
                let (mailbox, location) = (mailbox.to_string(), location(language));
                let sight = if self.feeds.contains_key(&mailbox) { Sight::Feed } else { Sight::Mail };
                let day = Day::of(sight, &at(placement.starts), &at(placement.ends), status, &location);
                days.entry(mailbox).or_default().push(day);
            }
        }
        days.values_mut().for_each(|days| days.sort());
        days
    }

    /// The days that programs show: what came by mail, and what a feed shows.
    pub fn found(&self) -> BTreeMap<String, Vec<Day>> {
        let mut days = self.by_mail();
        for (mailbox, secret) in &self.feeds {
            let served = feeds::serve(self.app, secret, |_| false).expect("a feed");
            let shown = events(&served.text.expect("a text"), Sight::Feed);
            let stands = shown.into_iter().filter(|event| event.day.status != "CANCELLED");
            days.entry(mailbox.clone()).or_default().extend(stands.map(|event| event.day));
        }
        days.retain(|_, days| !days.is_empty());
        days.values_mut().for_each(|days| days.sort());
        days
    }

    pub fn by_mail(&self) -> BTreeMap<String, Vec<Day>> {
        self.clients.iter().map(|(mailbox, client)| (mailbox.clone(), client.days())).collect()
    }
}
