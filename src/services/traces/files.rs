//! What the two files of a run say, as far as a trace asks them.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::super::AppError;
use super::super::app::sha256_hex;
use super::super::runs::{read_round, read_schedule};
use super::super::solving::result_of;
use crate::domain::ids::RunId;
use crate::domain::run::RunResult;
use crate::files::audit::AuditFile;
use crate::store::{Db, retention, runs};

/// Where a schedule sends somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) date: NaiveDate,
    pub(super) score: i64,
    pub(super) ring: Option<i64>,
}

/// A schedule file.
#[derive(Debug)]
pub(super) struct ScheduleFile {
    /// The SHA-256 of the round file that it says it is of.
    pub(super) round_sha256: String,
    pub(super) result: RunResult,
    /// By application.
    pub(super) places: HashMap<String, Place>,
}

/// The files of a run.
#[derive(Debug)]
pub(super) struct RunFiles {
    pub(super) run: RunId,
    /// SHA-256 of the stored round file; none where there is no file.
    pub(super) round_sha256: Option<String>,
    /// Its rules, canonical; none where it cannot be read.
    pub(super) rules: Option<String>,
    /// None where there is none that can be read.
    pub(super) schedule: Option<ScheduleFile>,
}

impl RunFiles {
    /// Reads the files of a run. What is damaged is absent, and found by the checks.
    ///
    /// # Errors
    /// The database's.
    pub(super) fn load(db: &mut Db, run: RunId) -> Result<Self, AppError> {
        let (round, schedule) = runs::find_intact_files(db, run)?;
        let proof = if retention::is_reduced(db, run)? { runs::proof(db, run)? } else { None };
        let frozen = round.as_ref().and_then(|round| read_round(run, round).ok());
        Ok(Self {
            run,
            round_sha256: match proof {
                // Access needs were taken out of the file: what is left of it proves the schedule.
                Some((audit, _)) => AuditFile::read(audit.as_bytes()).ok().map(|audit| audit.round_sha256),
                None => round.as_ref().map(|round| sha256_hex(round)),
            },
            rules: frozen.map(|frozen| frozen.rules.canonical()),
            schedule: schedule.and_then(|schedule| Self::schedule(run, &schedule)),
        })
    }

    fn schedule(run: RunId, file: &str) -> Option<ScheduleFile> {
        let schedule = read_schedule(run, file).ok()?;
        let result = result_of(&schedule);
        let places = schedule.placements.into_iter().map(|placed| {
            let place =
                Place { host: placed.host, date: placed.date, score: placed.score, ring: placed.ring };
            (placed.staff, place)
        });
        Some(ScheduleFile { round_sha256: schedule.round_sha256, result, places: places.collect() })
    }
}
