//! Facts of repairs: what may be asked, what an option may say, what follows from applying it, and when it is stale.
//!
//! Nothing is solved here: which option the service finds is its own affair. What it shows must be possible by
//! docs/repairs.md, and what it does must be what it has shown.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use library_swap::domain::letter::NoticeKind;
use library_swap::domain::notice::NoticeState;
use library_swap::domain::party::Party;
use library_swap::domain::states::{AlternativeState, Answer, ApplicationState, PlacementState, RoundState};
pub use library_swap::services::repairs::Why;

use super::{About, Input, Model, PARTIES, Placement, Verdict, first};

/// An office day, which is when nobody says when they are open.
const OFFICE_DAY: (NaiveTime, NaiveTime) =
    (NaiveTime::from_hms_opt(9, 0, 0).unwrap(), NaiveTime::from_hms_opt(17, 0, 0).unwrap());
/// So many days before a day the gap is the default, and people are rung.
const NEAR_DAYS: u64 = 2;

/// What has happened, by applications and libraries.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub drop: BTreeSet<usize>,
    pub add: BTreeSet<usize>,
    pub freeze: BTreeSet<usize>,
    pub close: BTreeSet<(usize, NaiveDate)>,
    pub freeze_confirmed: bool,
    pub from: NaiveDate,
    pub balance: Option<i64>,
    /// Somebody of whom nobody knows drops out as well.
    pub stranger: bool,
}

/// All that a repair rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    pub(super) input: Input,
    /// Who stands, where, and as what.
    standing: BTreeMap<usize, (usize, PlacementState, i64)>,
    /// The placements of those who drop out that have ended already.
    ended: BTreeMap<usize, usize>,
    /// Who else had a place and has none.
    lost: BTreeSet<usize>,
}

#[derive(Debug, Clone)]
pub struct Repair {
    pub id: String,
    pub round: usize,
    pub asked: Asked,
    pub basis: Basis,
    pub ways: Vec<Way>,
    /// Which option was applied.
    pub applied: Option<usize>,
    /// When it was looked at.
    pub at: DateTime<Utc>,
}

/// An option as it was shown.
#[derive(Debug, Clone)]
pub struct Way {
    pub id: String,
    pub kind: String,
    pub placed: i64,
    pub touched: i64,
    pub changes: Vec<Change>,
    /// By kind and party.
    pub mails: BTreeMap<(NoticeKind, Party), i64>,
    /// Visitors and leavers before and after, and whether that is out of balance.
    pub days: BTreeMap<(usize, NaiveDate), (Counts, Counts, bool)>,
}

/// Visitors and leavers of a library on a day.
pub type Counts = (i64, i64);
type Traffic = BTreeMap<(usize, NaiveDate), Counts>;

#[derive(Debug, Clone)]
pub struct Change {
    pub application: usize,
    pub why: Why,
    /// The placement, and whether it had ended before.
    pub from: Option<(usize, bool)>,
    pub to: Option<(usize, NaiveDate, (NaiveTime, NaiveTime))>,
}

impl Repair {
    pub fn line(&self, round: &str) -> String {
        let option = self.applied.map(|way| self.ways[way].id.as_str());
        format!("repair {} of {round} applied {option:?}", self.id)
    }
}

impl Basis {
    /// The placements that are looked at: those that stand, and those of who drops out.
    fn before(&self) -> impl Iterator<Item = (usize, usize)> {
        let standing = self.standing.iter().map(|(application, (place, ..))| (*application, *place));
        standing.chain(self.ended.iter().map(|(application, place)| (*application, *place)))
    }
}

// What may be asked.
impl Model {
    pub(super) fn is_of(&self, round: usize, place: &Placement) -> bool {
        self.applications[place.application].round == round
    }

    /// How a published round stands, seen by somebody who says that people drop out.
    pub fn basis(&self, round: usize, drop: &BTreeSet<usize>) -> Basis {
        self.basis_but(round, drop, None)
    }

    /// The same without what one open offer of a place holds.
    pub(super) fn basis_but(&self, round: usize, drop: &BTreeSet<usize>, but: Option<usize>) -> Basis {
        let (mut standing, mut over) = (BTreeMap::new(), BTreeMap::new());
        for (at, place) in self.placements.iter().enumerate().filter(|(_, one)| self.is_of(round, one)) {
            if place.is_live() {
                standing.insert(place.application, (at, place.state, place.revision));
            } else {
                over.insert(place.application, at);
            }
        }
        over.retain(|application, _| !standing.contains_key(application));
        let (ended, lost): (BTreeMap<_, _>, BTreeMap<_, _>) =
            over.into_iter().partition(|(application, _)| drop.contains(application));
        let day_of = |application: usize| {
            let place = standing.get(&application).map(|(place, ..)| place).or(ended.get(&application));
            place.map(|place| self.placements[*place].date)
        };
        let mut input = self.input_of(round, |n, one| {
            let day = day_of(n);
            let was_matched = matches!(one.state, ApplicationState::Placed | ApplicationState::Unplaced);
            if !was_matched && day.is_none() {
                return Vec::new();
            }
            let days = self.matched_days(one.before_publication(), one);
            // Whoever has a day is free on it, whatever was released.
            day.filter(|day| !days.contains(day)).map_or(days, |day| vec![day])
        });
        for refused in self.placements.iter().filter(|one| self.is_of(round, one) && has_refused(one)) {
            let stays = standing.values().map(|(place, ..)| &self.placements[*place]);
            let stays = stays.filter(|one| (one.host, one.date) == (refused.host, refused.date)).count();
            let hosting = input.libraries.get_mut(&refused.host).map(|library| &mut library[0]);
            if let Some(places) = hosting.and_then(|hosting| hosting.get_mut(&refused.date)) {
                *places = (*places).min(u32::try_from(stays).expect("few"));
            }
        }
        let mut lost: BTreeSet<usize> = lost.into_keys().collect();
        for (application, host, date) in self.held(round, but) {
            lost.insert(application);
            let stays = standing.values().map(|(place, ..)| &self.placements[*place]);
            let stays = stays.filter(|one| (one.host, one.date) == (host, date)).count();
            let hosting = input.libraries.get_mut(&host).map(|library| &mut library[0]);
            if let Some(places) = hosting.and_then(|hosting| hosting.get_mut(&date)) {
                *places = places.saturating_sub(1).max(u32::try_from(stays).expect("few")).min(*places);
            }
        }
        Basis { input, standing, ended, lost }
    }

    /// Who must stay where they are.
    fn frozen(&self, asked: &Asked, basis: &Basis) -> BTreeSet<usize> {
        let mut frozen = asked.freeze.clone();
        for (application, (place, state, _)) in &basis.standing {
            let place = &self.placements[*place];
            let happened =
                asked.drop.contains(application) || asked.close.contains(&(place.host, place.date));
            let stays = asked.freeze_confirmed && *state == PlacementState::Confirmed && !happened;
            if stays || *state == PlacementState::Completed {
                frozen.insert(*application);
            }
        }
        frozen
    }

    pub fn admits_repair(&self, round: usize, asked: &Asked) -> Verdict {
        let own = &self.rounds[round];
        let is_untold =
            (0..self.applications.len()).any(|n| self.applications[n].round == round && self.is_untold(n));
        let basis = self.basis(round, &asked.drop);
        first(&[
            (!matches!(own.state, RoundState::Published | RoundState::Running), "round-state"),
            (is_untold, "round-state"),
            (self.is_wrong(round, asked, &basis), "invalid-fields"),
        ])
    }

    fn is_wrong(&self, round: usize, asked: &Asked, basis: &Basis) -> bool {
        let own = &self.rounds[round];
        let before: BTreeMap<usize, usize> = basis.before().collect();
        let has_place = |application: &usize| before.contains_key(application);
        let is_unknown = |application: &usize| !basis.input.people.contains_key(application);
        let frozen = self.frozen(asked, basis);
        let everybody = || asked.drop.iter().chain(&asked.add).chain(&asked.freeze);
        let loses_host = |(application, place): (&usize, &usize)| {
            let place = &self.placements[*place];
            let is_closed = asked.close.contains(&(place.host, place.date)) && place.date >= asked.from;
            is_closed && !asked.drop.contains(application)
        };
        let is_nothing = asked.drop.is_empty() && asked.close.is_empty() && asked.add.is_empty();
        let is_no_day = |(library, date): &(usize, NaiveDate)| {
            let is_known = basis.input.libraries.contains_key(library) && own.dates.contains(date);
            !is_known || *date < asked.from
        };
        asked.stranger
            || is_nothing
            || everybody().any(is_unknown)
            || asked.add.iter().any(has_place)
            || asked.add.iter().any(|one| self.is_asked(*one))
            || !asked.drop.iter().chain(&asked.freeze).all(has_place)
            || asked.drop.iter().any(|one| frozen.contains(one))
            || asked
                .drop
                .iter()
                .any(|one| before.get(one).is_some_and(|at| self.placements[*at].date < asked.from))
            || asked.close.iter().any(is_no_day)
            || before
                .iter()
                .filter(|one| loses_host(*one))
                .any(|(application, _)| frozen.contains(application))
            || asked.balance.is_some_and(|wanted| own.balance.is_none_or(|own| wanted < own))
    }
}

// What an option may say.
impl Model {
    fn traffic(&self, places: &BTreeMap<usize, (usize, NaiveDate)>) -> Traffic {
        let mut traffic = Traffic::new();
        for (application, (host, date)) in places {
            traffic.entry((*host, *date)).or_default().0 += 1;
            traffic.entry((self.person_of(*application).home, *date)).or_default().1 += 1;
        }
        traffic
    }

    /// What of the options shown cannot be, in words.
    pub fn doubts(&self, round: usize, asked: &Asked, ways: &[Way]) -> Vec<String> {
        let basis = self.basis(round, &asked.drop);
        let mut doubts = Vec::new();
        for way in ways {
            let mut found = self.doubts_of(round, asked, &basis, way);
            let mails = self.mails_of(way);
            if way.mails != mails {
                found.push(format!("mails {:?} are shown, and {mails:?} would go", way.mails));
            }
            doubts.extend(found.into_iter().map(|words| format!("{}: {words}", way.kind)));
        }
        let kinds: Vec<&str> = ways.iter().map(|way| way.kind.as_str()).collect();
        match ways {
            [_] if kinds == ["leave_the_gap"] => {}
            [gap, fewest, most] if kinds == ["leave_the_gap", "fewest_touched", "keep_most_placed"] => {
                let is_worse = fewest.touched > most.touched
                    || fewest.placed > most.placed
                    || (fewest.touched == 0 && fewest.placed < gap.placed);
                if is_worse {
                    doubts.push(format!("the ways are not what they are called: {ways:?}"));
                }
            }
            _ => doubts.push(format!("the ways are {kinds:?}")),
        }
        doubts
    }

    fn doubts_of(&self, round: usize, asked: &Asked, basis: &Basis, way: &Way) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut require = |holds: bool, words: &dyn Fn() -> String| {
            if !holds {
                wrong.push(words());
            }
        };
        let place_of = |at: usize| (self.placements[at].host, self.placements[at].date);
        let before: BTreeMap<usize, (usize, NaiveDate)> =
            basis.before().map(|(application, at)| (application, place_of(at))).collect();
        let frozen = self.frozen(asked, basis);
        let is_closing = |(host, date): (usize, NaiveDate)| asked.close.contains(&(host, date));
        let stands_at = |application: usize| basis.standing.get(&application).map(|(at, ..)| place_of(*at));
        let displaced = |application: usize| {
            let is_hit = |place: (usize, NaiveDate)| is_closing(place) && place.1 >= asked.from;
            stands_at(application).is_some_and(is_hit) && !asked.drop.contains(&application)
        };
        let displaced: BTreeSet<usize> =
            basis.standing.keys().copied().filter(|one| displaced(*one)).collect();
        let first: BTreeSet<usize> = displaced.union(&asked.add).copied().collect();
        let left: BTreeSet<(usize, NaiveDate)> = before
            .iter()
            .filter(|(application, place)| asked.drop.contains(application) && !is_closing(**place))
            .map(|(_, place)| *place)
            .collect();
        let mut after = before.clone();
        for change in &way.changes {
            let application = change.application;
            let known = basis.standing.get(&application).map(|(at, ..)| (*at, false));
            let known = known.or(basis.ended.get(&application).map(|at| (*at, true)));
            require(change.from == known, &|| format!("{change:?} begins at {known:?}"));
            let fits = match change.why {
                Why::DroppedOut => asked.drop.contains(&application) && change.to.is_none(),
                Why::HostCloses => displaced.contains(&application),
                Why::Touched => {
                    let stands = stands_at(application).filter(|(_, date)| *date >= asked.from);
                    stands.is_some() && !first.contains(&application) && !frozen.contains(&application)
                }
                Why::ComesIn => {
                    let is_out = basis.lost.contains(&application) && !asked.add.contains(&application);
                    let is_admitted = first.is_empty()
                        || first.contains(&application)
                        || change.to.is_some_and(|(host, date, _)| left.contains(&(host, date)));
                    !before.contains_key(&application) && !is_out && change.to.is_some() && is_admitted
                }
            };
            let is_quiet = matches!(change.why, Why::DroppedOut | Why::HostCloses) && change.to.is_none();
            require(fits, &|| format!("{change:?} cannot be"));
            require(way.kind != "leave_the_gap" || is_quiet, &|| format!("{change:?} is no gap"));
            after.remove(&application);
            if let Some((host, date, times)) = change.to {
                after.insert(application, (host, date));
                let person = self.person_of(application);
                let (days, visited, _) = &basis.input.people[&application];
                let is_possible = days.contains(&date)
                    && date >= asked.from
                    && !visited.contains(&host)
                    && host != person.home
                    && !self.libraries[host].employers.contains(&person.employer)
                    && !is_closing((host, date))
                    && times == OFFICE_DAY;
                require(is_possible, &|| format!("{change:?} breaks a rule"));
                let refused = self.placements.iter().any(|one| {
                    self.is_of(round, one) && has_refused(one) && (one.host, one.date) == (host, date)
                });
                let is_there = before.get(&application) == Some(&(host, date));
                require(!refused || is_there, &|| format!("{change:?} is at a host that has said no"));
            }
        }
        let changed: BTreeSet<usize> = way.changes.iter().map(|change| change.application).collect();
        require(changed.len() == way.changes.len(), &|| "somebody changes twice".to_owned());
        let concerned: BTreeSet<usize> = asked.drop.union(&displaced).copied().collect();
        require(concerned.is_subset(&changed), &|| format!("{concerned:?} happen, and {changed:?} change"));
        let touched = way.changes.iter().filter(|change| change.why == Why::Touched).count();
        let counted = |n: usize| i64::try_from(n).expect("few");
        let sums = (counted(after.len()), counted(touched));
        require((way.placed, way.touched) == sums, &|| format!("{sums:?} are placed and touched"));

        let (then, now) = (self.traffic(&before), self.traffic(&after));
        let balance = self.rounds[round].balance;
        // Where somebody stands who could not be matched so by now, balance is lifted.
        let is_lifted = basis.standing.keys().any(|application| {
            let (host, date) = stands_at(*application).expect("standing");
            let home = self.person_of(*application).home;
            let is_closed = self.closed.contains(&(host, date)) || self.closed.contains(&(home, date));
            is_closed && !asked.drop.contains(application) && !displaced.contains(application)
        });
        let counts =
            |traffic: &Traffic, day: &(usize, NaiveDate)| traffic.get(day).copied().unwrap_or_default();
        let differs = |day: &&(usize, NaiveDate)| counts(&then, day) != counts(&now, day);
        let days: BTreeSet<(usize, NaiveDate)> =
            then.keys().chain(now.keys()).filter(differs).copied().collect();
        require(way.days.keys().copied().collect::<BTreeSet<_>>() == days, &|| {
            format!("days {:?} are shown, and {days:?} change", way.days)
        });
        let (mut more_visitors, mut more_leavers) = (false, false);
        for day in &days {
            let (was, is) = (counts(&then, day), counts(&now, day));
            let offered = &basis.input.libraries[&day.0];
            let most = |side: usize| i64::from(offered[side].get(&day.1).copied().unwrap_or_default());
            require(is.0 <= was.0 || is.0 <= most(0), &|| format!("{day:?} takes {} of {}", is.0, most(0)));
            require(is.1 <= was.1 || is.1 <= most(1), &|| format!("{day:?} lacks {} of {}", is.1, most(1)));
            more_visitors |= is.0 > was.0;
            more_leavers |= is.1 > was.1;
            let Some((shown_before, shown_after, is_out)) = way.days.get(day).copied() else { continue };
            require((shown_before, shown_after) == (was, is), &|| format!("{day:?}: {was:?} to {is:?}"));
            let gap = (is.0 - is.1).abs();
            let is_over = balance.is_some_and(|most| gap > most);
            require(is_lifted || is_out == is_over, &|| format!("{day:?} is out of balance: {is_over}"));
            let most = balance
                .map(|own| asked.balance.unwrap_or(own + 1))
                .map(|most| most.max((was.0 - was.1).abs()));
            let is_free = is_lifted || way.kind == "leave_the_gap" || is_closing(*day) || day.1 < asked.from;
            require(is_free || most.is_none_or(|most| gap <= most), &|| {
                format!("{day:?}: {gap} of {most:?}")
            });
        }
        let is_local = !first.is_empty() || !more_visitors || !more_leavers;
        require(is_local, &|| "a drop-out gives more than it leaves".to_owned());
        wrong
    }

    /// Which option is proposed.
    pub fn default_way(&self, ways: &[Way]) -> Option<usize> {
        let until = self.today() + Days::new(NEAR_DAYS);
        let is_near = ways.iter().flat_map(|way| &way.changes).any(|change| self.is_rung(change, until));
        let of = |kind: &str| ways.iter().position(|way| way.kind == kind);
        let wanted = of(if is_near { "leave_the_gap" } else { "fewest_touched" });
        wanted.or(of("leave_the_gap"))
    }

    fn is_rung(&self, change: &Change, until: NaiveDate) -> bool {
        let happened = matches!(change.why, Why::DroppedOut | Why::HostCloses);
        happened && change.from.is_some_and(|(at, _)| self.placements[at].date <= until)
    }

    /// Whom to ring about what has happened, in order: whose day, and which address.
    pub fn calls(&self, gap: &Way) -> Vec<(String, NaiveDate, String)> {
        let until = self.today() + Days::new(NEAR_DAYS);
        let mut calls = Vec::new();
        for change in gap.changes.iter().filter(|change| self.is_rung(change, until)) {
            let (at, _) = change.from.expect("a placement");
            let place = &self.placements[at];
            let manager = self.person_of(place.application).manager.clone();
            let deputy = self.libraries[place.host].deputy.clone();
            for address in [Some(self.receives(at)), deputy, Some(manager)].into_iter().flatten() {
                calls.push((self.applications[place.application].id.clone(), place.date, address));
            }
        }
        calls
    }
}

// What follows from an option.
impl Model {
    /// The mails that an option would send now.
    fn mails_of(&self, way: &Way) -> BTreeMap<(NoticeKind, Party), i64> {
        let mut then = self.clone();
        then.carry(way, self.runs.len(), &BTreeMap::new());
        let mut mails = BTreeMap::new();
        let is_concerned = |about| {
            let application = then.application_of(about);
            way.changes.iter().any(|change| change.application == application)
        };
        // Those who were to exchange days with them hear that it comes to nothing; that is no part of the repair.
        let new = then.notices.iter().skip(self.notices.len());
        for one in new.filter(|one| {
            matches!(one.state, NoticeState::Queued | NoticeState::Collected) && is_concerned(one.about)
        }) {
            *mails.entry((one.kind, one.party)).or_default() += 1;
        }
        mails
    }

    /// Nothing that a repair rests on has changed.
    pub fn is_fresh_repair(&self, repair: &Repair) -> bool {
        let way_holds = |way: &Way| self.mails_of(way) == way.mails;
        repair.applied.is_none()
            && self.basis(repair.round, &repair.asked.drop) == repair.basis
            && repair.ways.iter().all(way_holds)
    }

    /// What forbids to apply an option of a repair that is open and was looked at.
    pub fn admits_applying(&self, repair: &Repair, way: &Way) -> Verdict {
        let round = &self.rounds[repair.round];
        let nobody_could_answer = |change: &Change| {
            let libraries = |host| [self.person_of(change.application).home, host];
            change.to.is_some_and(|(host, date, _)| {
                self.late_answers(repair.round, date, libraries(host)).is_none()
            })
        };
        let ending = || way.changes.iter().filter_map(|change| change.from).filter(|(_, ended)| !ended);
        let has_been = ending().any(|(at, _)| self.has_been(&self.placements[at]));
        first(&[
            (!matches!(round.state, RoundState::Published | RoundState::Running), "round-state"),
            (self.basis(repair.round, &repair.asked.drop) != repair.basis, "stale-repair"),
            (way.changes.iter().any(nobody_could_answer), "too-late"),
            (has_been, "too-late"),
            (self.mails_of(way) != way.mails, "stale-repair"),
        ])
    }

    /// An option is applied: its proposals are of a run, and have ids by application.
    pub fn mended(&mut self, repair: usize, way: usize, run: usize, ids: &BTreeMap<String, String>) {
        self.repairs[repair].applied = Some(way);
        let Repair { asked, ways, .. } = self.repairs[repair].clone();
        self.carry(&ways[way], run, ids);
        self.closed.extend(asked.close);
    }

    fn carry(&mut self, way: &Way, run: usize, ids: &BTreeMap<String, String>) {
        let until: Vec<Option<NaiveDate>> = way.changes.iter().map(|change| self.until(change)).collect();
        let instead = self.visitors_instead(way);
        let mut left: BTreeMap<usize, BTreeMap<Party, usize>> = BTreeMap::new();
        for change in &way.changes {
            let Some((place, false)) = change.from else { continue };
            let comer = instead.get(&place).copied();
            match change.to {
                None => self.end_but(place, PlacementState::Cancelled, comer.map(|_| Party::Host)),
                Some((host, date, _)) => {
                    let told = self.give_way(place, host, date, comer.is_some());
                    let own = told.into_iter().map(|party| (party, place));
                    left.entry(change.application).or_default().extend(own);
                }
            }
            if let Some(comer) = comer {
                left.entry(comer).or_default().insert(Party::Host, place);
            }
            if let Some((place, false)) = change.from {
                self.placements[place].was_taken_away = change.why != Why::DroppedOut;
            }
        }
        for (change, until) in way.changes.iter().zip(until) {
            let Some(to) = change.to else { continue };
            let mut parties = vec![Party::Participant, Party::Host];
            if self.is_asked_about(change.application, to.1) {
                parties.push(Party::Manager);
            }
            let id = ids.get(&self.applications[change.application].id).cloned().unwrap_or_default();
            self.propose((id, run), change.application, to, &parties, None);
            let placed = self.placements.last_mut().expect("it");
            let former = left.remove(&change.application).unwrap_or_default();
            (placed.instead_of, placed.answer_until) = (former, until);
        }
    }

    /// Until when a proposal is to be answered, where that is not the round's day.
    fn until(&self, change: &Change) -> Option<NaiveDate> {
        let (host, date, _) = change.to?;
        let application = &self.applications[change.application];
        let home = self.persons[application.person].home;
        self.late_answers(application.round, date, [home, host]).flatten()
    }

    /// A manager is asked about a day that was not released before.
    pub(super) fn is_asked_about(&self, application: usize, date: NaiveDate) -> bool {
        !self.applications[application].released.contains(&date)
    }

    /// A placement is off because another one takes its place: whoever is asked about that hears of both by one mail.
    fn give_way(&mut self, place: usize, host: usize, date: NaiveDate, has_comer: bool) -> Vec<Party> {
        let one = &mut self.placements[place];
        one.state = PlacementState::Cancelled;
        one.revision += 1;
        for other in one.others.iter_mut().filter(|other| other.state == AlternativeState::Offered) {
            other.state = AlternativeState::Lapsed;
        }
        let (application, revision) = (one.application, one.revision);
        let same_desk = one.host == host && one.contact.is_none();
        self.overtake_swap(place);
        self.drop_pack(place);
        let about = About::Placement(place);
        let mut told = PARTIES.to_vec();
        told.retain(|party| match party {
            Party::Participant => true,
            Party::Host => same_desk,
            Party::Manager => self.is_asked_about(application, date),
        });
        for party in PARTIES {
            let hears_otherwise = told.contains(&party) || (has_comer && party == Party::Host);
            if hears_otherwise || !self.has_heard(place, party) {
                self.supersede(about, party);
            } else {
                self.enqueue(NoticeKind::Cancelled, about, party, revision, None);
            }
        }
        told
    }

    /// Who comes to a desk instead of whom: placement that ends to application that comes. Whoever comes on the day of
    /// one who leaves takes that one's place at the desk, then anybody. A colleague who was to receive reads for themselves.
    fn visitors_instead(&self, way: &Way) -> BTreeMap<usize, usize> {
        let leaves = |change: &Change| {
            let (place, ended) = change.from?;
            let desk = (self.placements[place].host, self.placements[place].date);
            (!ended && self.placements[place].contact.is_none()).then_some((place, desk))
        };
        let stays =
            |change: &&Change| leaves(change).zip(change.to).is_some_and(|((_, (host, _)), to)| host == to.0);
        let moves: Vec<&Change> = way.changes.iter().filter(|change| !stays(change)).collect();
        let mut instead: BTreeMap<usize, usize> = BTreeMap::new();
        for on_same_day in [true, false] {
            for (comer, (host, date, _)) in moves.iter().filter_map(|one| Some((one.application, one.to?))) {
                if instead.values().any(|known| *known == comer) {
                    continue;
                }
                let gap = moves.iter().filter_map(|one| leaves(one)).find(|(place, desk)| {
                    !instead.contains_key(place) && desk.0 == host && (!on_same_day || desk.1 == date)
                });
                instead.extend(gap.map(|(place, _)| (place, comer)));
            }
        }
        instead
    }
}

fn has_refused(place: &Placement) -> bool {
    place.consents.get(&Party::Host).is_some_and(|consent| consent.answer == Answer::No)
}
