//! Lists of what libraries offer for a round: hosting and cover. A list speaks for its columns; the rest of an offer
//! stays as the library made it.

use std::collections::BTreeMap;

use super::references::References;
use super::{Importer, Target, Telling};
use crate::domain::fault::{Faults, Rule};
use crate::domain::ids::{LibraryId, RoundId};
use crate::domain::offer::{CoverDay, CoverRule, HostingRule, Offer, Rostered};
use crate::domain::permissions::Actor;
use crate::domain::round::Round;
use crate::import::{CoverRow, HostingRow, Line, ListedCover};
use crate::services::app::Now;
use crate::services::{AppError, rounds};
use crate::store::{Db, organisations, rounds as table};

/// The offers for a round, as they are and as the list wants them.
pub(super) struct Offers<'a> {
    now: &'a Now,
    round: Round,
    libraries: References,
    before: BTreeMap<LibraryId, Offer>,
    wanted: BTreeMap<LibraryId, (u64, Offer)>,
}

impl<'a> Offers<'a> {
    pub(super) fn new(
        db: &mut Db,
        now: &'a Now,
        actor: &Actor,
        round: Option<RoundId>,
    ) -> Result<Self, AppError> {
        let round = round.ok_or_else(|| AppError::field("/round", "", "must say for which round"))?;
        let round = rounds::load(db, actor, round)?;
        round.admit_offer()?;
        let before =
            table::offers(db, round.id)?.into_iter().map(|found| (found.library, found.offer)).collect();
        Ok(Self { now, round, libraries: References::default(), before, wanted: BTreeMap::new() })
    }

    /// The offer of a row's library, to be changed.
    fn offer(&mut self, line: u64, reference: &str, telling: &mut Telling<'_>) -> Option<&mut Offer> {
        let library = self.libraries.find(line, reference, telling)?.id;
        let before = self.before.get(&library).cloned().unwrap_or_default();
        Some(&mut self.wanted.entry(library).or_insert((line, before)).1)
    }

    fn finish(&mut self, target: &mut Target<'_, '_>, telling: &mut Telling<'_>) -> Result<(), AppError> {
        let ids: Vec<LibraryId> = self.wanted.keys().copied().collect();
        let mut changed = false;
        for library in organisations::list_libraries_by_ids(target.db(), &ids)? {
            let Some((line, offer)) = self.wanted.remove(&library.id) else { continue };
            let faults = Faults::none();
            offer.check(&self.round, &library, &faults);
            if let Err(found) = faults.into_result(Some(())) {
                for fault in found {
                    telling.leave_out(line, column_of(&fault.pointer), &fault.value, Rule::new(fault.rule));
                }
                continue;
            }
            let after = offer.without_zeros();
            match self.before.get(&library.id) {
                Some(before) if *before == after => telling.outcome.unchanged += 1,
                None if after.is_empty() => telling.outcome.unchanged += 1,
                before => {
                    match before {
                        Some(_) => telling.outcome.changed += 1,
                        None => telling.outcome.added += 1,
                    }
                    changed = true;
                    if let Some(tx) = target.tx() {
                        if after.is_empty() {
                            table::delete_offer(tx, self.round.id, library.id)?;
                        } else {
                            table::replace_offer(tx, self.round.id, library.id, &after, self.now.utc())?;
                        }
                    }
                }
            }
        }
        if changed && let Some(tx) = target.tx() {
            table::bump_revision(tx, self.round.id)?;
        }
        Ok(())
    }
}

/// The column that a part of an offer comes from.
fn column_of(pointer: &str) -> &'static str {
    let columns = [
        ("/hosting_rule/dates", "dates"),
        ("/hosting_limit", "limit"),
        ("/year_limit", "year_limit"),
        ("/rest_days", "rest_days"),
        ("/hosting", "visitors"),
        ("/cover_rule/minimum", "minimum"),
        ("/cover_rule/dates", "date"),
        ("/cover_rule", "rostered"),
    ];
    let found = columns.into_iter().find(|(begin, _)| pointer.starts_with(begin));
    found.map_or("library", |(_, column)| column)
}

/// Places for visitors.
pub(super) struct HostingRules<'a>(pub(super) Offers<'a>);

impl Importer for HostingRules<'_> {
    type Row = HostingRow;

    fn take(
        &mut self,
        target: &mut Target<'_, '_>,
        rows: Vec<Line<HostingRow>>,
        telling: &mut Telling<'_>,
    ) -> Result<(), AppError> {
        self.0.libraries.load(target.db(), rows.iter().map(|line| line.row.library.as_str()))?;
        for Line { line, row } in rows {
            let list = telling.list;
            let Some(offer) = self.0.offer(line, &row.library, telling) else { continue };
            offer.hosting_rule = Some(HostingRule {
                weekdays: row.weekdays.into_iter().collect(),
                dates: row.dates.into_iter().collect(),
                visitors: row.visitors,
            });
            for (column, listed, place) in [
                ("rest_days", row.rest_days, &mut offer.rest_days),
                ("limit", row.limit, &mut offer.hosting_limit),
                ("year_limit", row.year_limit, &mut offer.year_limit),
            ] {
                if list.has(column) {
                    *place = listed;
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, target: &mut Target<'_, '_>, telling: &mut Telling<'_>) -> Result<(), AppError> {
        self.0.finish(target, telling)
    }
}

/// Staff who work, and who must remain.
pub(super) struct CoverRules<'a>(pub(super) Offers<'a>);

impl Importer for CoverRules<'_> {
    type Row = CoverRow;

    fn take(
        &mut self,
        target: &mut Target<'_, '_>,
        rows: Vec<Line<CoverRow>>,
        telling: &mut Telling<'_>,
    ) -> Result<(), AppError> {
        self.0.libraries.load(target.db(), rows.iter().map(|line| line.row.library.as_str()))?;
        for Line { line, row } in rows {
            let Some(offer) = self.0.offer(line, &row.library, telling) else { continue };
            match row.cover {
                ListedCover::Usual { rostered, minimum } => {
                    let dates = offer.cover_rule.take().map(|rule| rule.dates).unwrap_or_default();
                    offer.cover_rule = Some(CoverRule { rostered, minimum, dates });
                }
                ListedCover::Day { date, rostered, minimum } => {
                    let rule = offer.cover_rule.get_or_insert(CoverRule {
                        rostered: Rostered::Daily(0),
                        minimum: 0,
                        dates: BTreeMap::new(),
                    });
                    rule.dates.insert(date, CoverDay { rostered, minimum });
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, target: &mut Target<'_, '_>, telling: &mut Telling<'_>) -> Result<(), AppError> {
        self.0.finish(target, telling)
    }
}
