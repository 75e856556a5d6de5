//! How a published round stands: its round file as it is now, everybody who stands in it as a schedule, and the
//! fingerprint of both.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::Asked;
use crate::domain::application::ReleaseRule;
use crate::domain::ids::{ApplicationId, LibraryId, ReserveOfferId};
use crate::domain::party::Party;
use crate::domain::placement::Placement;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::states::{Answer, ApplicationState, PlacementState};
use crate::files;
use crate::files::round::Lock;
use crate::files::schedule::{Prices, Schedule, Waiver};
use crate::services::AppError;
use crate::services::app::sha256_hex;
use crate::services::locks::by_hand;
use crate::services::round_file::{Known, round_file};
use crate::services::snapshot;
use crate::store::placements::{Publicity, Visible};
use crate::store::{Db, organisations, outbox, placements, refills};
use crate::verify::{self, Code, Draft, Rule, Subject};

/// Why something that is against the rules by now stands.
const STANDS: &str = "it was published so";

/// How things stand.
pub(in crate::services) struct Base {
    pub(in crate::services) file: files::Round,
    pub(in crate::services) schedule: Schedule,
    pub(in crate::services) standing: BTreeMap<String, Placement>,
    /// The placements of those who drop out that have ended already.
    pub(super) ended: BTreeMap<String, Placement>,
    /// The library-days whose host has said no to somebody: nobody else comes there.
    pub(super) refused: BTreeSet<(String, NaiveDate)>,
    pub(in crate::services) fingerprint: String,
}

/// A round that some people have not heard of yet is not mended: their mails would be of another round.
pub(in crate::services) fn refuse_untold(db: &mut Db, round: &Round) -> Result<(), AppError> {
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
    ended: BTreeMap<String, Placement>,
    refused: BTreeSet<(String, NaiveDate)>,
    /// Who had a place in this round and has none any more.
    lost: BTreeSet<String>,
    /// What libraries are now.
    hosts: BTreeMap<LibraryId, LibraryId>,
}

/// What stands and what is free, but for what open offers to reserves hold; `but` is one that holds nothing here. `anew`
/// are those whose managers are asked anew: they are free on every day that they asked for.
fn find(
    db: &mut Db,
    round: &Round,
    asked: &Asked,
    anew: &BTreeSet<String>,
    but: Option<ReserveOfferId>,
) -> Result<Found, AppError> {
    let mut known = snapshot::load(db, round)?;
    let all = placements::list(db, round.id, (&Visible::All, Publicity::AlsoUntold), None, None, i64::MAX)?;
    let standing: BTreeMap<String, Placement> = all
        .iter()
        .filter(|placement| placement.state.is_live())
        .map(|placement| (placement.application.to_string(), placement.clone()))
        .collect();
    // Who said no, or was refused, has left a place as well; the latest one counts.
    let over = all.iter().map(|placement| (placement.application.to_string(), placement));
    let over: BTreeMap<String, &Placement> = over.filter(|(id, _)| !standing.contains_key(id)).collect();
    let (ended, lost): (Vec<_>, Vec<_>) = over.into_iter().partition(|(id, _)| asked.drop.contains(id));
    let ended: BTreeMap<String, Placement> =
        ended.into_iter().map(|(id, placement)| (id, placement.clone())).collect();
    let mut lost: BTreeSet<String> = lost.into_iter().map(|(id, _)| id).collect();
    let hosts: BTreeMap<LibraryId, LibraryId> = all
        .iter()
        .map(|placement| (placement.host, known.libraries_became.current(placement.host)))
        .collect();
    let free = standing.iter().chain(&ended).map(|(id, placement)| (id.clone(), placement.date)).collect();
    let own = standing.values().chain(ended.values()).filter_map(|placement| hosts.get(&placement.host));
    let own = own.copied().collect();
    let mut file = as_if_matched_now(db, &mut known, (&free, anew), &own)?;
    let mut refused_days = BTreeSet::new();
    for refused in all.iter().filter(|placement| placement.answer_of(Party::Host) == Some(Answer::No)) {
        let stays =
            standing.values().filter(|other| (other.host, other.date) == (refused.host, refused.date));
        let host = hosts.get(&refused.host).unwrap_or(&refused.host);
        take_no_more(&mut file, *host, refused.date, stays.count());
        refused_days.insert((host.to_string(), refused.date));
    }
    for held in refills::list_held(db, round.id)?.into_iter().filter(|held| Some(held.offer) != but) {
        // Who is asked has neither a place nor another offer, and the place is nobody else's.
        lost.insert(held.application.to_string());
        let host = known.libraries_became.current(held.host);
        let stays = standing
            .values()
            .filter(|other| (hosts.get(&other.host), other.date) == (Some(&host), held.date));
        hold(&mut file, host, held.date, stays.count());
    }
    Ok(Found { file, standing, ended, refused: refused_days, lost, hosts })
}

/// The round file of a published round: everybody who was matched, as if nothing had been decided.
///
/// # Errors
/// The database's; `invalid-fields` where the file's own limits are exceeded.
pub(in crate::services) fn as_published(db: &mut Db, round: &Round) -> Result<files::Round, AppError> {
    Ok(find(db, round, &Asked::default(), &BTreeSet::new(), None)?.file)
}

/// A place less on a day, but none of those who stand.
pub(in crate::services) fn hold(file: &mut files::Round, host: LibraryId, date: NaiveDate, standing: usize) {
    let id = host.to_string();
    let library = file.libraries.iter_mut().find(|library| library.id == id);
    if let Some(places) = library.and_then(|library| library.hosting.get_mut(&date)) {
        *places = (*places - 1).max(i64::try_from(standing).unwrap_or(i64::MAX)).min(*places);
    }
}

/// A host that has said no takes nobody on that day but those who stand.
fn take_no_more(file: &mut files::Round, host: LibraryId, date: NaiveDate, standing: usize) {
    let id = host.to_string();
    let library = file.libraries.iter_mut().find(|library| library.id == id);
    if let Some(places) = library.and_then(|library| library.hosting.get_mut(&date)) {
        *places = (*places).min(i64::try_from(standing).unwrap_or(i64::MAX));
    }
}

/// The round file of everybody who was matched, as if it were matched now: who stands is free on their day at least.
fn as_if_matched_now(
    db: &mut Db,
    known: &mut Known,
    (free, anew): (&BTreeMap<String, NaiveDate>, &BTreeSet<String>),
    hosts: &BTreeSet<LibraryId>,
) -> Result<files::Round, AppError> {
    known.locks.clear();
    known.applications.retain(|application| {
        matches!(application.state, ApplicationState::Placed | ApplicationState::Unplaced)
            || free.contains_key(&application.id.to_string())
    });
    let rule = if known.round.release_required { ReleaseRule::Required } else { ReleaseRule::Waived };
    for application in &mut known.applications {
        application.undo_publication();
        if anew.contains(&application.id.to_string()) {
            application.released_dates.clone_from(&application.dates);
            application.state = ApplicationState::Released;
            if !application.matched_dates(rule).is_empty() {
                continue;
            }
        }
        if let Some(date) = free.get(&application.id.to_string())
            && !application.matched_dates(rule).contains(date)
        {
            // A manager agreed to another day than was released, the pattern has changed since, or who drops out has
            // taken the application back.
            application.pattern = None;
            application.dates = vec![*date];
            application.released_dates = vec![*date];
            application.state = ApplicationState::Released;
        }
    }
    let missing: Vec<LibraryId> =
        hosts.iter().copied().filter(|host| !known.libraries.contains_key(host)).collect();
    for library in organisations::list_libraries_by_ids(db, &missing)? {
        known.libraries.insert(library.id, library);
    }
    for host in hosts {
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
        let ended: Vec<_> = self.ended.values().map(|placement| placement.id).collect();
        text.push_str(&format!("{:?} {ended:?} {asked:?}", self.lost));
        sha256_hex(&text)
    }

    fn placements(&self, of: &BTreeMap<String, Placement>) -> Vec<files::schedule::Placement> {
        let placed = |(application, placement): (&String, &Placement)| files::schedule::Placement {
            staff: application.clone(),
            host: self.hosts.get(&placement.host).unwrap_or(&placement.host).to_string(),
            date: placement.date,
            score: placement.score,
            ring: placement.ring,
        };
        of.iter().map(placed).collect()
    }
}

/// The fingerprint of what a repair would rest on now.
///
/// # Errors
/// The database's.
pub(super) fn fingerprint(db: &mut Db, round: &Round, asked: &Asked) -> Result<String, AppError> {
    Ok(find(db, round, asked, &BTreeSet::new(), None)?.fingerprint(asked))
}

impl Base {
    /// Loads how things stand. What is against the rules by now, and stays, stands by a lock or a waiver.
    ///
    /// # Errors
    /// The database's; `invalid-fields` where the file's own limits are exceeded.
    pub(in crate::services) fn load(
        db: &mut Db,
        round: &Round,
        asked: &Asked,
        own: Option<ReserveOfferId>,
    ) -> Result<Self, AppError> {
        Self::find(db, round, asked, &BTreeSet::new(), own)
    }

    /// As [`Base::load`]; managers of `anew` are asked anew, so that what they released is no bar.
    ///
    /// # Errors
    /// As for [`Base::load`].
    pub(super) fn load_anew(
        db: &mut Db,
        round: &Round,
        asked: &Asked,
        anew: &BTreeSet<String>,
    ) -> Result<Self, AppError> {
        Self::find(db, round, asked, anew, None)
    }

    fn find(
        db: &mut Db,
        round: &Round,
        asked: &Asked,
        anew: &BTreeSet<String>,
        own: Option<ReserveOfferId>,
    ) -> Result<Self, AppError> {
        let found = find(db, round, asked, anew, own)?;
        let fingerprint = found.fingerprint(asked);
        let placements = found.placements(&found.standing);
        let with_ended: Vec<_> = placements.iter().cloned().chain(found.placements(&found.ended)).collect();
        let mut file = found.file;
        let complete =
            |file: &files::Round, placements: &[files::schedule::Placement], waived: Vec<Waiver>| {
                let draft = Draft {
                    placements: placements.to_vec(),
                    dropped_out: found.lost.clone(),
                    waived,
                    prices: Prices::default(),
                    bound: None,
                    run: by_hand(0),
                };
                verify::complete(file, draft)
            };
        let judge = |file: &files::Round| {
            let schedule = complete(file, &placements, Vec::new());
            verify::verify(&Subject::Round(file), &schedule).breaches
        };
        let mut breaches = judge(&file);
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
            breaches = judge(&file);
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
        let schedule = complete(&file, &with_ended, waived);
        let (standing, ended, refused) = (found.standing, found.ended, found.refused);
        Ok(Self { file, schedule, standing, ended, refused, fingerprint })
    }

    /// Whose placement is in a state.
    pub(super) fn in_state(&self, state: PlacementState) -> impl Iterator<Item = String> + '_ {
        let is_it = move |(_, placement): &(&String, &Placement)| placement.state == state;
        self.standing.iter().filter(is_it).map(|(application, _)| application.clone())
    }

    /// Whether somebody's host closes on their day.
    pub(super) fn is_closed(&self, application: &str, close: &[(String, NaiveDate)]) -> bool {
        let mut placed = self.schedule.placements.iter().filter(|placed| placed.staff == application);
        placed.any(|placed| close.contains(&(placed.host.clone(), placed.date)))
    }
}
