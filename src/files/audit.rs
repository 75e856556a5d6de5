//! The audit file: a round without people, so that it can be public. Feasibility and scores are taken from it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::canonical::to_file;
use super::round::Lock;
use crate::domain::fault::Fault;
use crate::domain::json::read_document;

/// The matching problem with pseudonyms.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditFile {
    /// SHA-256 of the round it stands for.
    pub round_sha256: String,
    /// The placement days.
    pub dates: Vec<NaiveDate>,
    /// The required balance; none means off.
    pub balance: Option<i64>,
    /// Libraries in a ring at most.
    pub max_ring: Option<i64>,
    /// W: what one placement counts.
    pub weight: i64,
    /// Capacities.
    pub libraries: Vec<AuditLibrary>,
    /// People by pseudonym, with where they may go.
    pub staff: Vec<AuditStaff>,
    /// Placements that stand already, by pseudonym.
    pub locks: Vec<AuditLock>,
}

/// A library's capacities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditLibrary {
    /// Its id.
    pub id: String,
    /// Visitors taken on a date.
    pub hosting: BTreeMap<NaiveDate, i64>,
    /// Visitors in the whole round at most.
    pub hosting_limit: Option<i64>,
    /// Staff who may be away on a date.
    pub release: BTreeMap<NaiveDate, i64>,
}

/// A person by pseudonym.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditStaff {
    /// The pseudonym.
    pub id: String,
    /// The home library.
    pub home: String,
    /// Rounds in a row without a place.
    pub priority: i64,
    /// Host, dates, score.
    pub feasible: Vec<(String, Vec<NaiveDate>, i64)>,
}

/// A lock by pseudonym.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditLock {
    /// The pseudonym.
    pub staff: String,
    /// Where.
    pub host: String,
    /// When.
    pub date: NaiveDate,
    /// Its score, since it need not be feasible.
    pub score: i64,
    /// Why it may break rules.
    #[serde(rename = "override", skip_serializing_if = "Option::is_none")]
    pub override_reason: Option<String>,
}

impl AuditLock {
    /// A lock under a pseudonym.
    pub fn of(lock: &Lock, pseudonym: &str, score: i64) -> Self {
        Self {
            staff: pseudonym.to_owned(),
            host: lock.host.clone(),
            date: lock.date,
            score,
            // The reason may name people: that there is one is all that counts.
            override_reason: lock.override_reason.as_ref().map(|_| "override".to_owned()),
        }
    }
}

impl AuditFile {
    /// Reads an audit file.
    ///
    /// # Errors
    /// Every fault of the file, each with its JSON pointer.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        read_document(bytes, super::read::audit::read)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        to_file("library-swap/audit", self)
    }
}
