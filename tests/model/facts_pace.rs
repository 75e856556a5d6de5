//! When mails leave, as docs/mail.md has it: at once, after a while in which they are overtaken, or once a day.

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, TimeZone, Utc};
use library_swap::domain::letter::NoticeKind;
use library_swap::domain::notice::NoticeState;
use library_swap::domain::party::Party;
use library_swap::domain::states::PlacementState;
use sha2::{Digest, Sha256};

use super::{About, Model, Notice, ZONE, is_reminder};

/// How long mails are gathered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pace {
    window: Duration,
    digests: bool,
}

impl Pace {
    pub fn of(window: Duration, digests: bool) -> Self {
        Self { window, digests }
    }
}

/// What somebody has read of a day: when it is, and whether it is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    day: (NaiveDate, (NaiveTime, NaiveTime)),
    is_certain: bool,
}

/// So near a visit nothing waits.
const NEAR_HOURS: i64 = 48;

/// The key of an address's digest of a day.
pub fn key(to: &str, day: NaiveDate) -> String {
    let hash: String = Sha256::digest(to).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("digest:{}:{day}", &hash[..16])
}

impl Notice {
    /// Whether its recipient may have read it, in itself or in a digest.
    pub fn has_told(&self) -> bool {
        self.begun || self.state == NoticeState::Digested
    }

    fn waits(&self) -> bool {
        matches!(self.state, NoticeState::Collected | NoticeState::Queued)
            && !self.begun
            && !is_reminder(self.kind)
            && !matches!(self.kind, NoticeKind::DeadlineMoved | NoticeKind::ConfirmReply)
    }
}

impl Model {
    fn waiting(&self, about: About, party: Party, beside: &str) -> Option<&Notice> {
        let own = |one: &&Notice| (one.about, one.party, one.beside) == (about, party, beside);
        self.notices.iter().rev().filter(own).find(|one| one.waits())
    }

    /// When what a thread is about to tell leaves.
    pub fn waiting_since(&self, about: About, party: Party, beside: &str) -> Option<DateTime<Utc>> {
        let waiting = self.waiting(about, party, beside)?;
        (waiting.state == NoticeState::Queued).then_some(waiting.next_at)
    }

    /// What a mail says of its day if it is written now.
    pub fn says(&self, notice: usize) -> Option<Said> {
        let notice = &self.notices[notice];
        let About::Placement(place) = notice.about else { return None };
        let place = &self.placements[place];
        let is_certain = match notice.kind {
            NoticeKind::Proposal => false,
            NoticeKind::Confirmed => true,
            NoticeKind::Changed => place.state == PlacementState::Confirmed,
            _ => return None,
        };
        Some(Said { day: (place.date, place.times), is_certain })
    }

    /// What is told of a day that stands: what its recipient does not know yet, in one mail.
    pub fn coalesced(
        &self,
        at: usize,
        party: Party,
        kind: NoticeKind,
        taken: bool,
    ) -> Option<(NoticeKind, bool)> {
        let (about, place) = (About::Placement(at), &self.placements[at]);
        let stands = [NoticeKind::Proposal, NoticeKind::Confirmed, NoticeKind::Changed];
        let Some(waiting) = self.waiting(about, party, "").filter(|one| stands.contains(&one.kind)) else {
            return Some((kind, taken));
        };
        let is_certain = place.state == PlacementState::Confirmed;
        let own = self.notices.iter().filter(|one| (one.about, one.party) == (about, party));
        let told = own.rev().find(|one| one.beside.is_empty() && one.has_told() && one.said.is_some());
        let known = told.and_then(|one| one.said).filter(|_| waiting.kind != NoticeKind::Proposal);
        let Some(known) = known else {
            return Some((if is_certain { NoticeKind::Confirmed } else { NoticeKind::Proposal }, false));
        };
        let taken = taken || waiting.taken;
        let differs = known.day != (place.date, place.times);
        match (is_certain && !known.is_certain, taken, differs) {
            (true, false, _) => Some((NoticeKind::Confirmed, false)),
            (_, true, _) | (_, _, true) => Some((NoticeKind::Changed, taken)),
            (false, false, false) => None,
        }
    }

    /// When the mail that was written last leaves; `since` is when one would have that it overtakes.
    pub fn depart(&mut self, since: Option<DateTime<Utc>>, taken: bool) {
        let (now, pace) = (self.now, self.pace);
        let wall = now.with_timezone(&ZONE).naive_local();
        let Some(one) = self.notices.last_mut() else { return };
        one.taken = taken;
        let About::Placement(place) = one.about else { return };
        let place = &self.placements[place];
        let is_near = place.date.and_time(place.times.0) - wall < Duration::hours(NEAR_HOURS);
        let is_news = matches!(one.kind, NoticeKind::Confirmed | NoticeKind::Changed | NoticeKind::Cancelled);
        let is_pack = matches!(one.kind, NoticeKind::JoiningPack | NoticeKind::PackChanged);
        if one.run.is_some() || is_near || !(is_news || is_pack || one.kind == NoticeKind::Proposal) {
            return;
        }
        let is_open = one.kind == NoticeKind::Changed && place.state != PlacementState::Confirmed;
        if pace.digests && is_news && !is_open && !taken && one.party == Party::Manager {
            one.state = NoticeState::Collected;
            one.next_at = next_morning(now);
        } else {
            one.next_at = (now + pace.window).min(since.unwrap_or(DateTime::<Utc>::MAX_UTC)).max(now);
        }
    }

    /// Tells each address what is due of its news; gives how many digests that makes.
    pub fn digest(&mut self) -> usize {
        let due = |one: &Notice, now| one.state == NoticeState::Collected && one.next_at <= now;
        let (now, today) = (self.now, self.today());
        let mut addresses: Vec<String> =
            self.notices.iter().filter(|one| due(one, now)).map(|one| one.to.clone()).collect();
        addresses.sort();
        addresses.dedup();
        let mut done = 0;
        for to in addresses {
            let known = self.notice(&key(&to, today)).is_some();
            let own: Vec<usize> = (0..self.notices.len())
                .filter(|at| due(&self.notices[*at], now) && self.notices[*at].to == to)
                .collect();
            for at in &own {
                if known {
                    self.notices[*at].next_at = next_morning(now);
                } else {
                    self.notices[*at].said = self.says(*at);
                    self.notices[*at].state = NoticeState::Digested;
                }
            }
            if known {
                continue;
            }
            let (application, party) = self.case_of(own[0]);
            self.push(NoticeKind::Digest, (About::Digest(application, today), party, ""), 0, None);
            self.notices.last_mut().expect("a mail").to = to;
            done += 1;
        }
        done
    }

    fn case_of(&self, notice: usize) -> (usize, Party) {
        let one = &self.notices[notice];
        (self.application_of(one.about), one.party)
    }
}

/// Eight o'clock of the next morning.
fn next_morning(now: DateTime<Utc>) -> DateTime<Utc> {
    let wall = now.with_timezone(&ZONE).naive_local();
    let eight = NaiveTime::from_hms_opt(8, 0, 0).expect("eight");
    let day = if wall.time() < eight { wall.date() } else { wall.date().succ_opt().expect("a day") };
    ZONE.from_local_datetime(&day.and_time(eight)).earliest().expect("eight in London").to_utc()
}
