//! How a published round stands: its round file as it is now, everybody who stands in it as a schedule, and the
//! fingerprint of both.

use std::collections::{BTreeMap, BTreeSet};

use super::Asked;
use crate::domain::application::ReleaseRule;
use crate::domain::ids::{ApplicationId, LibraryId};
use crate::domain::placement::Placement;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::states::{ApplicationState, PlacementState};
use crate::files;
use crate::files::round::Lock;
use crate::files::schedule::{Prices, Schedule, Waiver};
use crate::services::AppError;
use crate::services::app::sha256_hex;
use crate::services::locks::by_hand;
use crate::services::round_file::{Known, round_file};
use crate::services::snapshot;
use crate::store::placements::Visible;
use crate::store::{Db, organisations, outbox, placements};
use crate::verify::{self, Code, Draft, Rule, Subject};

/// Why something that is against the rules by now stands.
const STANDS: &str = "it was published so";

/// How things stand.
pub(super) struct Base {
    pub(super) file: files::Round,
    pub(super) schedule: Schedule,
    pub(super) standing: BTreeMap<String, Placement>,
    pub(super) fingerprint: String,
}

/// A round that some people have not heard of yet is not mended: their mails would be of another round.
pub(super) fn refuse_untold(db: &mut Db, round: &Round) -> Result<(), AppError> {
    let known = crate::store::applications::list_of_round(db, round.id)?;
    let ids: Vec<ApplicationId> = known.iter().map(|applicant| applicant.application.id).collect();
    if outbox::list_untold(db, &ids)?.is_empty() {
        return Ok(());
    }
    let words = "the mails of the publication are held: let them go first, or take the publication back";
    Err(Refusal::new(RefusalCode::RoundState, words).into())
}

/// Everything that a repair rests on.
struct Found {
    file: files::Round,
    standing: BTreeMap<String, Placement>,
    /// Who had a place in this round and has none any more.
    lost: BTreeSet<String>,
    /// What libraries are now.
    hosts: BTreeMap<LibraryId, LibraryId>,
}

fn find(db: &mut Db, round: &Round) -> Result<Found, AppError> {
    let mut known = snapshot::load(db, round)?;
    let all = placements::list(db, round.id, Visible::All, None, None, i64::MAX)?;
    let standing: BTreeMap<String, Placement> = all
        .iter()
        .filter(|placement| placement.state.is_live())
        .map(|placement| (placement.application.to_string(), placement.clone()))
        .collect();
    let ended = all.iter().map(|placement| placement.application.to_string());
    let lost = ended.filter(|application| !standing.contains_key(application)).collect();
    let hosts: BTreeMap<LibraryId, LibraryId> = standing
        .values()
        .map(|placement| (placement.host, known.libraries_became.current(placement.host)))
        .collect();
    let file = as_if_matched_now(db, &mut known, &standing, &hosts)?;
    Ok(Found { file, standing, lost, hosts })
}

/// The round file of everybody who was matched, as if it were matched now: who stands is free on their day at least.
fn as_if_matched_now(
    db: &mut Db,
    known: &mut Known,
    standing: &BTreeMap<String, Placement>,
    hosts: &BTreeMap<LibraryId, LibraryId>,
) -> Result<files::Round, AppError> {
    known.locks.clear();
    known.applications.retain(|application| {
        matches!(application.state, ApplicationState::Placed | ApplicationState::Unplaced)
    });
    let rule = if known.round.release_required { ReleaseRule::Required } else { ReleaseRule::Waived };
    for application in &mut known.applications {
        application.undo_publication();
        if let Some(placement) = standing.get(&application.id.to_string())
            && !application.matched_dates(rule).contains(&placement.date)
        {
            // A manager agreed to another day than was released, or the pattern has changed since.
            application.pattern = None;
            application.dates = vec![placement.date];
            application.released_dates = vec![placement.date];
            application.state = ApplicationState::Released;
        }
    }
    let missing: Vec<LibraryId> =
        hosts.values().copied().filter(|host| !known.libraries.contains_key(host)).collect();
    for library in organisations::list_libraries_by_ids(db, &missing)? {
        known.libraries.insert(library.id, library);
    }
    for host in hosts.values() {
        // Where an override sent somebody, nothing was offered.
        known.offers.entry(*host).or_default();
    }
    round_file(known).map_err(AppError::Fields)
}

impl Found {
    fn fingerprint(&self, asked: &Asked) -> String {
        let mut text = self.file.canonical();
        for (application, placement) in &self.standing {
            text.push_str(&format!(
                "{application} {} {} {}\n",
                placement.id, placement.state, placement.revision
            ));
        }
        text.push_str(&format!("{:?} {asked:?}", self.lost));
        sha256_hex(&text)
    }

    fn placements(&self) -> Vec<files::schedule::Placement> {
        let placed = |(application, placement): (&String, &Placement)| files::schedule::Placement {
            staff: application.clone(),
            host: self.hosts.get(&placement.host).unwrap_or(&placement.host).to_string(),
            date: placement.date,
            score: placement.score,
            ring: placement.ring,
        };
        self.standing.iter().map(placed).collect()
    }
}

/// The fingerprint of what a repair would rest on now.
///
/// # Errors
/// The database's.
pub(super) fn fingerprint(db: &mut Db, round: &Round, asked: &Asked) -> Result<String, AppError> {
    Ok(find(db, round)?.fingerprint(asked))
}

impl Base {
    /// Loads how things stand. What is against the rules by now, and stays, stands by a lock or a waiver.
    ///
    /// # Errors
    /// The database's; `invalid-fields` where the file's own limits are exceeded.
    pub(super) fn load(db: &mut Db, round: &Round, asked: &Asked) -> Result<Self, AppError> {
        let found = find(db, round)?;
        let fingerprint = found.fingerprint(asked);
        let placements = found.placements();
        let mut file = found.file;
        let judge = |file: &files::Round, waived: Vec<Waiver>| {
            let draft = Draft {
                placements: placements.clone(),
                dropped_out: found.lost.clone(),
                waived,
                prices: Prices::default(),
                bound: None,
                run: by_hand(0),
            };
            let schedule = verify::complete(file, draft);
            let breaches = verify::verify(&Subject::Round(file), &schedule).breaches;
            (schedule, breaches)
        };
        let (mut schedule, mut breaches) = judge(&file, Vec::new());
        let moves = |staff: &str| {
            asked.drop.iter().any(|dropped| dropped == staff)
                || placements.iter().any(|placed| {
                    placed.staff == staff && asked.close.contains(&(placed.host.clone(), placed.date))
                })
        };
        let against: BTreeSet<String> = breaches
            .iter()
            .filter(|breach| matches!(breach.code, Code::Rule(rule) if rule != Rule::OwnLibrary))
            .filter_map(|breach| breach.about.staff.clone())
            .filter(|staff| !moves(staff))
            .collect();
        if !against.is_empty() {
            file.locks = placements
                .iter()
                .filter(|placed| against.contains(&placed.staff))
                .map(|placed| Lock {
                    staff: placed.staff.clone(),
                    host: placed.host.clone(),
                    date: placed.date,
                    override_reason: Some(STANDS.to_owned()),
                })
                .collect();
            (schedule, breaches) = judge(&file, Vec::new());
        }
        let waived: Vec<Waiver> = breaches
            .iter()
            .filter(|breach| {
                matches!(breach.code, Code::HostFull | Code::HostLimit | Code::Cover | Code::Balance)
            })
            .filter_map(|breach| {
                let (code, date) = (breach.code.as_str().to_owned(), breach.about.date);
                Some(Waiver { code, library: breach.about.library.clone()?, date, reason: STANDS.to_owned() })
            })
            .collect();
        if !waived.is_empty() {
            (schedule, _) = judge(&file, waived);
        }
        Ok(Self { file, schedule, standing: found.standing, fingerprint })
    }

    /// Who has a certain placement.
    pub(super) fn confirmed(&self) -> impl Iterator<Item = String> + '_ {
        let certain = |(_, placement): &(&String, &Placement)| placement.state == PlacementState::Confirmed;
        self.standing.iter().filter(certain).map(|(application, _)| application.clone())
    }

    /// Whether somebody's host closes on their day.
    pub(super) fn is_closed(&self, application: &str, close: &[(String, chrono::NaiveDate)]) -> bool {
        let mut placed = self.schedule.placements.iter().filter(|placed| placed.staff == application);
        placed.any(|placed| close.contains(&(placed.host.clone(), placed.date)))
    }
}
