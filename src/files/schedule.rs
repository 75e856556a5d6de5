//! The schedule file: who goes where, what it is worth, and the certificate that nothing better exists.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::canonical::to_file;
use crate::domain::fault::Fault;
use crate::domain::json::read_document;

/// A schedule. Lists are sorted by id and date.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Schedule {
    /// SHA-256 of the round's canonical form.
    pub round_sha256: String,
    /// Who goes where, by staff id.
    pub placements: Vec<Placement>,
    /// Who does not, by staff id.
    pub unplaced: Vec<Unplaced>,
    /// Rules that a repair waived.
    pub waived: Vec<Waiver>,
    /// Counts for people.
    pub outcomes: Outcomes,
    /// What it is worth and what is proven.
    pub objective: Objective,
    /// Dual values: the certificate.
    pub prices: Prices,
    /// How it was found; says nothing about what is right.
    pub run: Run,
}

/// One person's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placement {
    /// Who.
    pub staff: String,
    /// Where.
    pub host: String,
    /// When.
    pub date: NaiveDate,
    /// The score, without the placement's weight.
    pub score: i64,
    /// The ring it belongs to; none for a part of an open chain.
    pub ring: Option<i64>,
}

/// One person without a place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unplaced {
    /// Who.
    pub staff: String,
    /// Why.
    pub reason: Reason,
    /// Libraries that host on some date, the own one aside.
    pub hosts_considered: i64,
    /// For how many of them a rule took the last date away.
    pub excluded: BTreeMap<String, i64>,
    /// The least change that would place the person.
    pub change: Option<Change>,
    /// Why no change is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_reason: Option<String>,
}

/// Why somebody has no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nowhere to go under the rules.
    NotFeasible,
    /// Somewhere to go, but every best schedule needs the place for others.
    Outweighed,
    /// Dropped out after publication.
    DroppedOut,
}

impl Reason {
    /// The name in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::NotFeasible => "not_feasible",
            Reason::Outweighed => "outweighed",
            Reason::DroppedOut => "dropped_out",
        }
    }
}

/// A change of one thing that would place a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// What to change.
    pub field: String,
    /// To what: a number or a text.
    pub to: ChangeTo,
    /// At which host.
    pub host: Option<String>,
    /// On which date.
    pub date: Option<NaiveDate>,
    /// How many others would lose their place.
    pub displaces: i64,
}

/// The new value of a change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ChangeTo {
    /// Kilometres, places.
    Number(f64),
    /// A date or a library.
    Text(String),
}

/// A rule that a repair waived.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Waiver {
    /// `host_full`, `cover`, `balance`, `host_limit`.
    pub code: String,
    /// At which library.
    pub library: String,
    /// On which date; none for `host_limit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// Why.
    pub reason: String,
}

/// Counts for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcomes {
    /// People with a place.
    pub placed: i64,
    /// People without.
    pub unplaced: i64,
    /// The placed by the rank of the sector used in their score, the last element those beyond the list.
    pub sector_rank: Vec<i64>,
    /// The placed among those left out before.
    pub placed_after_waiting: i64,
    /// The unplaced among those left out before.
    pub unplaced_after_waiting: i64,
}

/// What is proven.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Objective {
    /// Sum over placements of W × (1 + priority) + score.
    pub value: i64,
    /// No schedule has more.
    pub bound: i64,
    /// What the prices alone prove.
    pub bound_prices: i64,
    /// (bound − value) / max(1, bound).
    pub gap: f64,
    /// value = bound.
    pub optimal: bool,
    /// Whether the prices prove the bound, or branching claims more.
    pub proof: Proof,
}

/// What proves the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The prices: anybody can add them up.
    Prices,
    /// The solver's search.
    Search,
}

impl Proof {
    /// The name in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Proof::Prices => "prices",
            Proof::Search => "search",
        }
    }
}

/// Dual values in whole thousandths of a point; what is not listed is 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Prices {
    /// Per person.
    pub staff: BTreeMap<String, i64>,
    /// Per host-day.
    pub hosting: Vec<(String, NaiveDate, i64)>,
    /// Per host.
    pub hosting_limit: Vec<(String, i64)>,
    /// Per home-day.
    pub release: Vec<(String, NaiveDate, i64)>,
    /// Per library-day where balance is required; may be negative.
    pub balance: Vec<(String, NaiveDate, i64)>,
}

/// How a schedule was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// The program and its version.
    pub engine: String,
    /// Decides among equal optima.
    pub seed: i64,
    /// Search effort in work units.
    pub work: i64,
    /// Why it ended: `proved`, `gap`, `work`, `time`, `cancelled`.
    pub stopped: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Threads used.
    pub threads: i64,
}

/// How the placements of a schedule fall into rings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rings {
    /// Rings in all.
    pub count: usize,
    /// Libraries in the longest.
    pub longest: usize,
    /// Libraries in a ring, on average; 0 without any.
    pub mean: f64,
    /// Placements in no ring: parts of open chains.
    pub open: usize,
}

impl Schedule {
    /// How the placements fall into rings, as they are numbered.
    pub fn rings(&self) -> Rings {
        let mut lengths: BTreeMap<i64, u32> = BTreeMap::new();
        for ring in self.placements.iter().filter_map(|placement| placement.ring) {
            *lengths.entry(ring).or_default() += 1;
        }
        let longest = lengths.values().max().and_then(|longest| usize::try_from(*longest).ok()).unwrap_or(0);
        let sum = |values: &mut dyn Iterator<Item = u32>| values.map(f64::from).sum::<f64>();
        let people = sum(&mut lengths.values().copied());
        let mean = people / sum(&mut lengths.values().map(|_| 1)).max(1.0);
        let open = self.placements.iter().filter(|placement| placement.ring.is_none()).count();
        Rings { count: lengths.len(), longest, mean, open }
    }

    /// Reads a schedule file.
    ///
    /// # Errors
    /// Every fault of the file, each with its JSON pointer.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        read_document(bytes, super::read::schedule::read)
    }

    /// The file's text: keys in a fixed order, lists as they are.
    pub fn to_json(&self) -> String {
        to_file("library-swap/schedule", self)
    }
}
