//! What is to be written for a round file: pure, all faults at once.
//!
//! A library is known by its id or its reference, an employer by its id or its name. What is not known is made, under the
//! file's id where that is one of this service's. People are always new: a file tells nobody's name or address, and the
//! history of those who are here must not mix with what the file says. Addresses are made up under `.invalid`, which
//! no mail ever reaches (RFC 2606).

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;

use chrono::NaiveDate;

use super::Deadlines;
use super::values::{all_parsed, parsed, sorted, times};
use crate::domain::access_needs::AccessNeeds;
use crate::domain::application::{Application, Person};
use crate::domain::email::Email;
use crate::domain::fault::{Fault, Faults};
use crate::domain::history::GivenHistory;
use crate::domain::ids::{ApplicationId, EmployerId, ForbiddenId, LibraryId, PersonId, RoundId};
use crate::domain::language::Language;
use crate::domain::lock::{Forbidden, Lock};
use crate::domain::offer::{LibraryOffer, Offer};
use crate::domain::organisation::{Contact, Employer, Library};
use crate::domain::place::Point;
use crate::domain::round::Round;
use crate::domain::states::{ApplicationState, LibraryStatus, ManagerTrust, RoundState};
use crate::domain::text::Name;
use crate::files;
use crate::services::app::Now;
use crate::services::libraries::check_reference;

/// What is to be written.
pub(super) struct Plan {
    /// The round.
    pub(super) round: Round,
    /// Employers to be made.
    pub(super) employers: Vec<Employer>,
    /// Libraries to be made.
    pub(super) libraries: Vec<Library>,
    /// What each library of the file offers.
    pub(super) offers: Vec<LibraryOffer>,
    /// The people.
    pub(super) people: Vec<Entrant>,
    /// Placements that stand.
    pub(super) locks: Vec<Lock>,
    /// Pairs that must not be.
    pub(super) forbidden: Vec<Forbidden>,
    /// From ids of this service to the file's.
    pub(super) names: HashMap<String, String>,
}

/// Somebody of the file.
pub(super) struct Entrant {
    /// The person.
    pub(super) person: Person,
    /// The application.
    pub(super) application: Application,
    /// Access needs.
    pub(super) needs: AccessNeeds,
    /// What the file says of the past.
    pub(super) history: GivenHistory,
}

/// What is here already.
pub(super) struct Known {
    libraries: HashMap<LibraryId, Library>,
    references: HashMap<String, LibraryId>,
    employers: HashMap<EmployerId, Employer>,
    employer_names: HashMap<String, EmployerId>,
}

impl Known {
    /// From everything that the tables hold.
    pub(super) fn new(libraries: Vec<Library>, employers: Vec<Employer>) -> Self {
        let names = employers.iter().map(|employer| (employer.name.to_string(), employer.id));
        let references = libraries.iter().map(|library| (library.reference.clone(), library.id));
        Self {
            employer_names: names.collect(),
            references: references.collect(),
            libraries: libraries.into_iter().map(|library| (library.id, library)).collect(),
            employers: employers.into_iter().map(|employer| (employer.id, employer)).collect(),
        }
    }

    fn library(&self, text: &str) -> Option<&Library> {
        let id = text.parse().ok().or_else(|| self.references.get(text).copied())?;
        self.libraries.get(&id)
    }

    fn employer(&self, text: &str) -> Option<&Employer> {
        let id = text.parse().ok().or_else(|| self.employer_names.get(text).copied())?;
        self.employers.get(&id)
    }
}

/// Works out what is to be written.
///
/// # Errors
/// Every fault.
pub(super) fn plan(
    file: &files::Round,
    deadlines: Deadlines,
    known: &Known,
    now: &Now,
) -> Result<Plan, Vec<Fault>> {
    let faults = Faults::none();
    let round = round_of(file, deadlines, now, &faults);
    let mut drafter = Drafter {
        file,
        known,
        now,
        faults: &faults,
        employers: BTreeMap::new(),
        libraries: BTreeMap::new(),
        names: HashMap::new(),
    };
    if !file.partners.is_empty() && (file.rules.partners_only || file.rules.weights.partner > 0) {
        let rule = "partners count by the rules of this round, and this service keeps none: leave them out and set \
                    rules.partners_only to false and rules.weights.partner to 0";
        faults.add("/partners", file.partners.len(), rule);
    }
    drafter.add_employers();
    drafter.add_libraries();
    let plan = round.and_then(|round| {
        let offers = drafter.offers(&round);
        let people = drafter.people(&round);
        let (locks, forbidden) = drafter.fixed(&people);
        Some(Plan {
            employers: drafter.new_employers(),
            libraries: drafter.new_libraries(),
            offers: offers?,
            people: people.into_values().collect(),
            locks: locks?,
            forbidden: forbidden?,
            names: drafter.names,
            round,
        })
    });
    faults.into_result(plan)
}

/// The round itself. It may lie in the past: an old round can be matched again, though not published.
fn round_of(file: &files::Round, deadlines: Deadlines, now: &Now, faults: &Faults) -> Option<Round> {
    let mut dates = file.dates.clone();
    dates.sort_unstable();
    let Some(first) = dates.first().copied() else {
        faults.add("/dates", "", "must name at least one placement day");
        return None;
    };
    let last_before = first.pred_opt().unwrap_or(first);
    let round = Round {
        id: RoundId::new(now.id("round")),
        name: if file.name.is_empty() {
            parsed("Imported round", "/name", faults)?
        } else {
            parsed(&file.name, "/name", faults)?
        },
        state: RoundState::Open,
        time_zone: file.time_zone,
        sign_up_until: deadlines.sign_up_until.unwrap_or(now.today(file.time_zone).min(last_before)),
        answer_until: deadlines.answer_until.unwrap_or(last_before),
        dates,
        rules: file.rules.canonical(),
        release_required: true,
        rules_sha256: None,
        revision: 0,
    };
    match Round::check_dates(round.sign_up_until, round.answer_until, &round.dates) {
        Ok(()) => Some(round),
        Err((field, rule)) => {
            faults.add(format!("/{field}"), "", rule);
            None
        }
    }
}

/// An address that no mail ever reaches.
fn nobody(local: impl Display, now: &Now) -> Option<Email> {
    format!("{local}@{}.invalid", now.id("round").simple()).parse().ok()
}

/// Something of the file: here already, or to be made.
enum Found<T> {
    Here(T),
    New(T),
}

impl<T> Found<T> {
    const fn get(&self) -> &T {
        match self {
            Found::Here(thing) | Found::New(thing) => thing,
        }
    }
}

struct Drafter<'a> {
    file: &'a files::Round,
    known: &'a Known,
    now: &'a Now,
    faults: &'a Faults,
    /// By the file's text.
    employers: BTreeMap<&'a str, Found<Employer>>,
    /// By the file's id.
    libraries: BTreeMap<&'a str, Found<Library>>,
    names: HashMap<String, String>,
}

impl<'a> Drafter<'a> {
    /// Notes what the file calls a thing; two names of one thing are a fault.
    fn name(&mut self, id: String, text: &str, pointer: &str) {
        if let Some(other) = self.names.insert(id, text.to_owned()) {
            self.faults.add(pointer, text, format!("is the same here as {other}"));
        }
    }

    fn add_employers(&mut self) {
        for (n, library) in self.file.libraries.iter().enumerate() {
            for (m, text) in library.employers.iter().enumerate() {
                if self.employers.contains_key(text.as_str()) {
                    continue;
                }
                let pointer = format!("/libraries/{n}/employers/{m}");
                let found = match self.known.employer(text) {
                    Some(employer) => Found::Here(employer.clone()),
                    None => match self.new_employer(text, &pointer) {
                        Some(employer) => Found::New(employer),
                        None => continue,
                    },
                };
                self.name(found.get().id.to_string(), text, &pointer);
                self.employers.insert(text, found);
            }
        }
    }

    fn new_employer(&self, text: &str, pointer: &str) -> Option<Employer> {
        let (id, name) = match text.parse() {
            Ok(id) => (id, format!("Employer {text}")),
            Err(_) => (EmployerId::new(self.now.id(&format!("employer {text}"))), text.to_owned()),
        };
        let name: Name = parsed(&name, pointer, self.faults)?;
        let group = self.group_of(text, pointer)?;
        Some(Employer { id, name, group, language: None, successor: None, domains: vec![], managers: vec![] })
    }

    /// The group that a new employer joins: that of a member which is here, or a new one called like the first member.
    fn group_of(&self, text: &str, pointer: &str) -> Option<Option<Name>> {
        let group = self.file.employer_groups.iter().find(|group| group.iter().any(|member| member == text));
        let Some(group) = group.filter(|group| group.len() > 1) else { return Some(None) };
        let here = group.iter().filter_map(|member| self.known.employer(member));
        if let Some(name) = here.filter_map(|employer| employer.group.clone()).next() {
            return Some(Some(name));
        }
        let name: Name = parsed(&group[0], pointer, self.faults)?;
        if self.known.employers.values().any(|employer| employer.group.as_ref() == Some(&name)) {
            let rule =
                format!("its group would be called “{name}” as one that is here: give that another name");
            self.faults.add(pointer, text, rule);
            return None;
        }
        Some(Some(name))
    }

    fn add_libraries(&mut self) {
        for (n, library) in self.file.libraries.iter().enumerate() {
            let pointer = format!("/libraries/{n}");
            let found = match self.known.library(&library.id) {
                Some(here) => Found::Here(here.clone()),
                None => match self.new_library(n, library, &pointer) {
                    Some(new) => Found::New(new),
                    None => continue,
                },
            };
            self.name(found.get().id.to_string(), &library.id, &format!("{pointer}/id"));
            self.libraries.insert(&library.id, found);
        }
    }

    fn new_library(&self, n: usize, library: &files::round::Library, pointer: &str) -> Option<Library> {
        let at = |field: &str| format!("{pointer}/{field}");
        let reference = match library.id.parse::<LibraryId>() {
            Ok(_) => format!("round-file/{}", library.id),
            Err(_) => library.id.clone(),
        };
        if let Err(rule) = check_reference(&reference) {
            self.faults.add(at("id"), &library.id, rule);
        }
        let name = if library.name.is_empty() { &library.id } else { &library.name };
        let name = parsed(name, &at("name"), self.faults);
        let sectors = all_parsed(&library.sectors, &at("sectors"), self.faults);
        let topics = all_parsed(&library.topics, &at("topics"), self.faults);
        let access = all_parsed(&library.access, &at("access"), self.faults);
        let point = library.point.map(|(latitude, longitude)| Point::new(latitude, longitude)).transpose();
        let point = point.map_err(|rule| self.faults.add(at("latitude"), "", rule)).ok();
        let employers: Option<Vec<EmployerId>> = library
            .employers
            .iter()
            .map(|text| self.employers.get(text.as_str()).map(|found| found.get().id))
            .collect();
        let id = library.id.parse();
        Some(Library {
            id: id.unwrap_or_else(|_| LibraryId::new(self.now.id(&format!("library {}", library.id)))),
            reference,
            name: name?,
            sectors: sorted(sectors?),
            employers: sorted(employers?),
            address: None,
            postcode: None,
            country: None,
            point: point?,
            time_zone: self.file.time_zone,
            status: LibraryStatus::Open,
            // The file says by hosting and hours when visitors can come: nothing else must close a day.
            opening_hours: "24/7".parse().ok(),
            contact: Some(Contact {
                name: None,
                email: nobody(format!("host-{n}"), self.now)?,
                telephone: None,
                language: None,
            }),
            deputy: None,
            topics: sorted(topics?),
            access: sorted(access?),
            vetting_required: library.vetting_required,
            escorts_visitors: library.escorts_visitors,
            successor: None,
        })
    }

    fn new_employers(&self) -> Vec<Employer> {
        self.employers.values().filter_map(new).cloned().collect()
    }

    fn new_libraries(&self) -> Vec<Library> {
        self.libraries.values().filter_map(new).cloned().collect()
    }

    fn offers(&self, round: &Round) -> Option<Vec<LibraryOffer>> {
        let mut offers = Vec::new();
        let mut is_whole = true;
        for (n, library) in self.file.libraries.iter().enumerate() {
            let Some(here) = self.libraries.get(library.id.as_str()) else { continue };
            match self.offer(&format!("/libraries/{n}"), library, round, here.get()) {
                Some(offer) => offers.push(LibraryOffer { library: here.get().id, offer }),
                None => is_whole = false,
            }
        }
        is_whole.then_some(offers)
    }

    fn offer(
        &self,
        pointer: &str,
        library: &files::round::Library,
        round: &Round,
        here: &Library,
    ) -> Option<Offer> {
        // More than 32 bits hold is beyond what an offer may say anyway.
        let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
        let counts = |table: &BTreeMap<NaiveDate, i64>| {
            table.iter().map(|(date, number)| (*date, count(*number))).collect()
        };
        let offer = Offer {
            hosting: counts(&library.hosting),
            hosting_limit: library.hosting_limit.map(count),
            release: counts(&library.release),
            hours: times(&library.hours, &format!("{pointer}/hours"), self.faults)?,
            ..Offer::default()
        };
        let own = Faults::none();
        offer.check(round, here, &own);
        for fault in own.into_result(Some(())).err().into_iter().flatten() {
            self.faults.add(format!("{pointer}{}", fault.pointer), fault.value, fault.rule);
        }
        Some(offer.without_zeros())
    }

    /// The people of the file, by its ids.
    fn people(&mut self, round: &Round) -> BTreeMap<&'a str, Entrant> {
        let mut people = BTreeMap::new();
        for (n, person) in self.file.staff.iter().enumerate() {
            if let Some(entrant) = self.entrant(n, person, round) {
                self.names.insert(entrant.application.id.to_string(), person.id.clone());
                people.insert(person.id.as_str(), entrant);
            }
        }
        people
    }

    fn entrant(&self, n: usize, staff: &files::round::Staff, round: &Round) -> Option<Entrant> {
        let at = |field: &str| format!("/staff/{n}/{field}");
        if staff.dates.is_empty() {
            self.faults.add(at("dates"), "", "must name at least one day: nobody signs up for none");
        }
        let home = self.libraries.get(staff.home.as_str()).map(Found::get);
        if let Some(origin) = staff.origin.filter(|_| staff.origin != self.point_of(&staff.home)) {
            let rule = "this service measures from the home library: leave the origin out";
            self.faults.add(at("origin"), format!("{}, {}", origin.0, origin.1), rule);
        }
        let name: Option<Name> = parsed(&format!("Staff {}", staff.id), &at("id"), self.faults);
        let sectors = all_parsed(&staff.sectors, &at("sectors"), self.faults);
        let topics = all_parsed(&staff.topics, &at("topics"), self.faults);
        let needs = all_parsed(&staff.needs, &at("needs"), self.faults);
        let hours = times(&staff.hours, &at("hours"), self.faults);
        // A library that is nowhere cannot be met, so it need be neither avoided nor remembered.
        let known = |id: &String| {
            let inside = self.libraries.get(id.as_str()).map(|found| found.get().id);
            inside.or_else(|| self.known.library(id).map(|library| library.id))
        };
        let those = |ids: &[String]| -> Vec<LibraryId> { sorted(ids.iter().filter_map(known).collect()) };
        let history = GivenHistory { waited: staff.priority, visited: those(&staff.visited) };
        let mut dates = staff.dates.clone();
        dates.sort_unstable();
        let (home, name) = (home?, name?);
        let email = nobody(format!("staff-{n}"), self.now)?;
        let person =
            Person { id: PersonId::new(self.now.id(&format!("person {n}"))), name: name.clone(), email };
        let application = Application {
            id: ApplicationId::new(self.now.id(&format!("application {n}"))),
            round: round.id,
            person: person.id,
            employer: home.employers.first().copied()?,
            home: home.id,
            name,
            state: ApplicationState::Released,
            released_dates: dates.clone(),
            dates,
            hours: hours?,
            pattern: None,
            max_km: staff.max_km,
            sectors: sectors?,
            topics: topics?,
            avoid: those(&staff.avoid),
            manager: nobody("manager", self.now)?,
            manager_trust: ManagerTrust::Confirmed,
            refusal: None,
            assured_until: staff.assured_until,
            role_title: None,
            objectives: None,
            language: Language::English,
            revision: 0,
        };
        Some(Entrant { person, application, needs: AccessNeeds { tags: needs?, words: None }, history })
    }

    fn point_of(&self, library: &str) -> Option<(f64, f64)> {
        self.file.libraries.iter().find(|other| other.id == library).and_then(|library| library.point)
    }

    /// Locks and forbidden pairs; none where one of them names what could not be read.
    fn fixed(&self, people: &BTreeMap<&str, Entrant>) -> (Option<Vec<Lock>>, Option<Vec<Forbidden>>) {
        let both = |staff: &str, host: &str| {
            let application = people.get(staff)?.application.id;
            Some((application, self.libraries.get(host)?.get().id))
        };
        let locks = self.file.locks.iter().map(|lock| {
            let (application, host) = both(&lock.staff, &lock.host)?;
            let override_reason = lock.override_reason.clone();
            Some(Lock { application, host, date: lock.date, override_reason })
        });
        let forbidden = self.file.forbidden.iter().enumerate().map(|(n, pair)| {
            let (application, host) = both(&pair.staff, &pair.host)?;
            let id = ForbiddenId::new(self.now.id(&format!("forbidden {n}")));
            Some(Forbidden { id, application, host, date: pair.date })
        });
        (locks.collect(), forbidden.collect())
    }
}

fn new<T>(found: &Found<T>) -> Option<&T> {
    match found {
        Found::New(thing) => Some(thing),
        Found::Here(_) => None,
    }
}
