//! What came of the rounds of a rehearsal, for people: counts only, nobody's name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{NaiveDate, NaiveTime};

use crate::cli::Failure;
use crate::domain::fault::Fault;
use crate::domain::ids::{ApplicationId, LibraryId, PersonId};
use crate::domain::opening::{Opening, OpeningDay, Span};
use crate::domain::party::Party;
use crate::domain::pattern::Pattern;
use crate::domain::placement::Placement;
use crate::domain::states::{Answer, ApplicationState, PlacementState};
use crate::files::schedule::Reason;
use crate::files::{Round, Schedule};
use crate::services::applications::Applicant;

/// What came of one round.
pub(super) struct Told {
    round: Round,
    schedule: Schedule,
    applicants: Vec<Applicant>,
    placements: Vec<Placement>,
    /// Days that stand outside of opening hours or of the visitor's working hours: a fault of the program.
    outside: usize,
}

impl Told {
    /// From the files of its run and what the tables hold at its end.
    pub(super) fn new(
        (round, schedule): &(String, String),
        applicants: Vec<Applicant>,
        placements: Vec<Placement>,
        openings: &BTreeMap<LibraryId, Opening>,
    ) -> Result<Self, Failure> {
        let unreadable =
            |faults: Vec<Fault>| Failure::unable(format!("{} faults in a file of a run", faults.len()));
        let patterns: HashMap<ApplicationId, &Pattern> = applicants
            .iter()
            .filter_map(|applicant| Some((applicant.application.id, applicant.application.pattern.as_ref()?)))
            .collect();
        let is_outside = |placement: &&Placement| {
            let worked = patterns.get(&placement.application).map(|pattern| pattern.on(placement.date));
            let day = openings.get(&placement.host).map(|opening| opening.on(placement.date));
            placement.state.is_live() && !(is_worked(placement, worked) && is_open(placement, day.as_ref()))
        };
        let outside = placements.iter().filter(is_outside).count();
        Ok(Self {
            outside,
            round: Round::read(round.as_bytes()).map_err(unreadable)?,
            schedule: Schedule::read(schedule.as_bytes()).map_err(unreadable)?,
            applicants,
            placements,
        })
    }

    fn applications_in(&self, state: ApplicationState) -> usize {
        self.applicants.iter().filter(|applicant| applicant.application.state == state).count()
    }

    fn in_state(&self, state: PlacementState) -> impl Iterator<Item = &Placement> {
        self.placements.iter().filter(move |placement| placement.state == state)
    }

    /// Why people were left out: the commonest rules that took hosts away from those whom no host fits.
    fn reasons(&self) -> String {
        let left_out = &self.schedule.unplaced;
        let count = |reason: Reason| left_out.iter().filter(|person| person.reason == reason).count();
        let mut excluded: BTreeMap<&str, i64> = BTreeMap::new();
        for person in left_out.iter().filter(|person| person.reason == Reason::NotFeasible) {
            for (code, hosts) in &person.excluded {
                *excluded.entry(code.as_str()).or_default() += *hosts;
            }
        }
        let mut excluded: Vec<(&str, i64)> = excluded.into_iter().collect();
        excluded.sort_by_key(|(code, hosts)| (std::cmp::Reverse(*hosts), *code));
        let codes: Vec<String> =
            excluded.iter().take(3).map(|(code, hosts)| format!("{code} {hosts}")).collect();
        let codes =
            if codes.is_empty() { String::new() } else { format!(" (hosts by {})", codes.join(", ")) };
        format!(
            "{} not_feasible{codes}, {} outweighed",
            count(Reason::NotFeasible),
            count(Reason::Outweighed)
        )
    }

    pub(super) fn print(&self) {
        let declined_by = |party: Party| {
            self.in_state(PlacementState::Declined)
                .filter(|placement| placement.answer_of(party) == Some(Answer::No))
                .count()
        };
        let released = self.schedule.placements.len() + self.schedule.unplaced.len();
        let refused = self.applications_in(ApplicationState::Refused);
        let silent = self.applications_in(ApplicationState::Verified);
        let objective = &self.schedule.objective;
        let outcomes = &self.schedule.outcomes;
        let day = |date: Option<&NaiveDate>| date.map(ToString::to_string).unwrap_or_default();
        let (first, last) = (day(self.round.dates.first()), day(self.round.dates.last()));
        say!("\n{}: days from {first} to {last}", self.round.name);
        say!("  signed up    {}", self.applicants.len());
        say!("  managers     {released} yes, {refused} no, {silent} silent");
        say!(
            "  placed       {} of {released}, value {} of at most {} (by {}); {} of {} who had waited",
            outcomes.placed,
            objective.value,
            objective.bound,
            objective.proof.as_str(),
            outcomes.placed_after_waiting,
            outcomes.placed_after_waiting + outcomes.unplaced_after_waiting
        );
        say!("  left out     {}", self.reasons());
        say!(
            "  answers      {} confirmed, {} declined by participants, {} by hosts, {} open",
            self.in_state(PlacementState::Confirmed).count()
                + self.in_state(PlacementState::Cancelled).count(),
            declined_by(Party::Participant),
            declined_by(Party::Host),
            self.in_state(PlacementState::Proposed).count()
        );
        say!(
            "  drop-outs    {}; {} days stand",
            self.in_state(PlacementState::Cancelled).count(),
            self.in_state(PlacementState::Confirmed).count()
        );
        say!("  kept         {} days outside opening hours or working patterns", self.outside);
    }
}

/// Whether a visitor works at the times of a placement; who has no pattern always does.
fn is_worked(placement: &Placement, worked: Option<Option<(NaiveTime, NaiveTime)>>) -> bool {
    worked.is_none_or(|hours| {
        hours.is_some_and(|(from, until)| from <= placement.starts && placement.ends <= until)
    })
}

/// Whether the host takes visitors at the times of a placement; unknown hours are no closed ones.
fn is_open(placement: &Placement, day: Option<&OpeningDay>) -> bool {
    let within = |span: &Span| span.starts_at() <= placement.starts && placement.ends <= span.ends_at();
    day.is_none_or(|day| day.takes_visitors() && (day.spans().is_empty() || day.spans().iter().any(within)))
}

/// What came of all rounds.
#[derive(Default)]
pub(super) struct Year {
    rounds: Vec<Told>,
}

impl Year {
    pub(super) fn add(&mut self, told: Told) {
        self.rounds.push(told);
    }

    pub(super) fn print(&self, mails: usize) {
        let mut days: BTreeMap<PersonId, Vec<LibraryId>> = BTreeMap::new();
        let mut longest_wait = 0;
        for told in &self.rounds {
            for applicant in &told.applicants {
                days.entry(applicant.application.person).or_default();
            }
            let waits = told.round.staff.iter().map(|person| person.priority);
            longest_wait = waits.max().unwrap_or_default().max(longest_wait);
            for placement in told.in_state(PlacementState::Confirmed) {
                days.entry(placement.person).or_default().push(placement.host);
            }
        }
        let mut by_count: BTreeMap<usize, usize> = BTreeMap::new();
        for hosts in days.values() {
            *by_count.entry(hosts.len()).or_default() += 1;
        }
        let twice =
            days.values().filter(|hosts| hosts.iter().collect::<BTreeSet<_>>().len() < hosts.len()).count();
        let counts: Vec<String> =
            by_count.iter().map(|(count, people)| format!("{people} with {count}")).collect();
        say!("\nAll rounds");
        say!("  people       {} took part; days that stand: {}", days.len(), counts.join(", "));
        say!("  waiting      at most {longest_wait} rounds in a row without a place before one");
        say!("  same host    {twice} people twice");
        say!("  mails        {mails} written, none sent");
    }
}
