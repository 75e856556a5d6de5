//! The rules of a round: what is allowed, and what counts how much.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::canonical::to_rfc8785;
use crate::domain::json::{At, Kind};

/// Which sectors a person may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SectorRule {
    /// The host has a sector that the home library has not.
    Cross,
    /// Any.
    Any,
    /// From a sector of the home library to allowed sectors of the host.
    Table(BTreeMap<String, Vec<String>>),
}

/// What one placement counts before its score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlacementWeight {
    /// This much.
    Fixed(i64),
    /// So much that no sum of scores outweighs one placement.
    Strict,
}

/// Weights of the score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights {
    /// By the rank of the wanted sector; beyond the list 0.
    pub sector: Vec<i64>,
    /// For each shared topic.
    pub topic: i64,
    /// Topics that count at most.
    pub topics_max: i64,
    /// For a host next door, falling to 0 at the person's limit.
    pub nearness: i64,
    /// For partners.
    pub partner: i64,
}

/// The `rules` object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Which sectors a person may go to.
    pub sectors: SectorRule,
    /// Whether a host may have the home library's employer.
    pub same_employer: bool,
    /// Whether a person may go to a host visited before.
    pub repeat_hosts: bool,
    /// Whether only partners exchange.
    pub partners_only: bool,
    /// Whether an unknown distance is allowed.
    pub unknown_distance: bool,
    /// Minutes that the person's and the host's hours must overlap; 0 switches the rule off.
    pub min_minutes: i64,
    /// |visitors − leavers| at most, at every library on every date; none means off.
    pub balance: Option<i64>,
    /// Libraries in a ring at most; none means no limit.
    pub max_ring: Option<i64>,
    /// What one placement counts.
    pub placement_weight: PlacementWeight,
    /// The score's weights.
    pub weights: Weights,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            sectors: SectorRule::Cross,
            same_employer: false,
            repeat_hosts: false,
            partners_only: false,
            unknown_distance: false,
            min_minutes: 0,
            balance: Some(1),
            max_ring: None,
            placement_weight: PlacementWeight::Fixed(1000),
            weights: Weights::default(),
        }
    }
}

impl Default for Weights {
    fn default() -> Self {
        Self { sector: vec![40, 25, 10], topic: 10, topics_max: 4, nearness: 20, partner: 0 }
    }
}

const MOST_WEIGHT: i64 = 1_000_000;

impl Rules {
    /// The largest score that the weights allow.
    pub fn largest_score(&self) -> i64 {
        let weights = &self.weights;
        let sector = weights.sector.iter().copied().max().unwrap_or(0);
        sector + weights.topic * weights.topics_max + weights.nearness + weights.partner
    }

    /// W: what one placement counts in a round with so many people.
    pub fn placement_weight(&self, people: usize) -> i64 {
        match self.placement_weight {
            PlacementWeight::Fixed(weight) => weight,
            PlacementWeight::Strict => i64::try_from(people)
                .unwrap_or(i64::MAX)
                .saturating_mul(self.largest_score())
                .saturating_add(1),
        }
    }

    /// Reads a `rules` object; absent fields have their defaults. Reports every fault.
    pub fn read(at: &At<'_>) -> Option<Self> {
        let object = at.object(&[
            "sectors",
            "same_employer",
            "repeat_hosts",
            "partners_only",
            "unknown_distance",
            "min_minutes",
            "balance",
            "max_ring",
            "placement_weight",
            "weights",
        ])?;
        let mut rules = Self::default();
        let flag = |key: &str| object.optional(key).map_or(Some(false), |at| at.boolean());
        let sectors = object.optional("sectors").map_or(Some(SectorRule::Cross), |at| read_sectors(&at));
        let flags =
            (flag("same_employer"), flag("repeat_hosts"), flag("partners_only"), flag("unknown_distance"));
        let min_minutes = object.optional("min_minutes").map_or(Some(0), |at| at.integer(0..=1440));
        // Here alone null is a value: no balance is required.
        let balance = match (object.present("balance"), object.optional("balance")) {
            (Some(_), None) => Some(None),
            (Some(_), Some(at)) => at.integer(0..=MOST_WEIGHT).map(Some),
            (None, _) => Some(rules.balance),
        };
        let max_ring = object.optional("max_ring").map(|at| (at.integer(2..=MOST_WEIGHT), at));
        if let (Some((Some(_), at)), Some(balance)) = (&max_ring, balance)
            && balance != Some(0)
        {
            at.fault("a limit of rings needs balance 0");
        }
        let weight = object.optional("placement_weight").map_or(Some(rules.placement_weight), |at| {
            if at.json().kind() == Kind::Text && at.text()? == "strict" {
                return Some(PlacementWeight::Strict);
            }
            at.integer(0..=1_000_000_000).map(PlacementWeight::Fixed)
        });
        let weights = object.optional("weights").map_or(Some(Weights::default()), |at| read_weights(&at));
        rules.sectors = sectors?;
        rules.same_employer = flags.0?;
        rules.repeat_hosts = flags.1?;
        rules.partners_only = flags.2?;
        rules.unknown_distance = flags.3?;
        rules.min_minutes = min_minutes?;
        rules.balance = balance?;
        rules.max_ring = match max_ring {
            Some((limit, _)) => Some(limit?),
            None => None,
        };
        rules.placement_weight = weight?;
        rules.weights = weights?;
        Some(rules)
    }

    /// The canonical object, defaults filled in.
    pub(super) fn to_value(&self) -> Value {
        let mut value = json!({
            "sectors": match &self.sectors {
                SectorRule::Cross => json!("cross"),
                SectorRule::Any => json!("any"),
                SectorRule::Table(table) => json!(table.iter().map(|(from, to)| {
                    let mut to = to.clone();
                    to.sort();
                    (from.clone(), to)
                }).collect::<BTreeMap<_, _>>()),
            },
            "same_employer": self.same_employer,
            "repeat_hosts": self.repeat_hosts,
            "partners_only": self.partners_only,
            "unknown_distance": self.unknown_distance,
            "min_minutes": self.min_minutes,
            "balance": self.balance,
            "placement_weight": match self.placement_weight {
                PlacementWeight::Fixed(weight) => json!(weight),
                PlacementWeight::Strict => json!("strict"),
            },
            "weights": {
                "sector": self.weights.sector,
                "topic": self.weights.topic,
                "topics_max": self.weights.topics_max,
                "nearness": self.weights.nearness,
                "partner": self.weights.partner,
            },
        });
        if let (Some(limit), Value::Object(object)) = (self.max_ring, &mut value) {
            object.insert("max_ring".to_owned(), json!(limit));
        }
        value
    }

    /// The canonical JSON text (RFC 8785), defaults filled in.
    pub fn canonical(&self) -> String {
        to_rfc8785(&self.to_value())
    }
}

fn read_sectors(at: &At<'_>) -> Option<SectorRule> {
    let named = match at.json().kind() {
        Kind::Object => {
            return at
                .table_of(|from, to| Some((from.to_owned(), super::read::unique_texts(to)?)))
                .map(SectorRule::Table);
        }
        Kind::Text => at.text()?,
        Kind::Null | Kind::Bool | Kind::Number | Kind::List => "".into(),
    };
    match named.as_ref() {
        "cross" => Some(SectorRule::Cross),
        "any" => Some(SectorRule::Any),
        _ => {
            at.fault("must be \"cross\", \"any\" or a table of sectors");
            None
        }
    }
}

fn read_weights(at: &At<'_>) -> Option<Weights> {
    let object = at.object(&["sector", "topic", "topics_max", "nearness", "partner"])?;
    let defaults = Weights::default();
    let number = |key: &str, default: i64, most: i64| {
        object.optional(key).map_or(Some(default), |at| at.integer(0..=most))
    };
    let sector = object
        .optional("sector")
        .map_or(Some(defaults.sector), |at| at.list_of(|weight| weight.integer(0..=MOST_WEIGHT)));
    let topic = number("topic", defaults.topic, MOST_WEIGHT);
    let topics_max = number("topics_max", defaults.topics_max, 1_000);
    let nearness = number("nearness", defaults.nearness, MOST_WEIGHT);
    let partner = number("partner", defaults.partner, MOST_WEIGHT);
    Some(Weights {
        sector: sector?,
        topic: topic?,
        topics_max: topics_max?,
        nearness: nearness?,
        partner: partner?,
    })
}
