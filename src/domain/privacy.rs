//! What people are told and agree to at sign-up, how long things are kept, and the pseudonym that stays of somebody.

use chrono::{DateTime, Days, Duration, NaiveDate, NaiveDateTime, Utc};

use super::states::named;

/// Who is responsible for the data of a round, what for, and what is agreed to. Once said, a version never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivacyNotice {
    /// From 1; each change is a new one.
    pub version: i64,
    /// Who decides about the data, and how to reach them.
    pub controller: String,
    /// What the data are for, and on what ground.
    pub purpose: String,
    /// What somebody agrees to who signs up.
    pub consent: String,
    /// Since when, in UTC.
    pub created_at: NaiveDateTime,
}

/// The domain of the addresses of those who were erased: no mail goes there (RFC 6761, section 6.4).
pub const ERASED_DOMAIN: &str = "erased.invalid";

named! {
    /// A kind of data that is not kept for good.
    Kept {
        /// Applications whose address was never proven.
        Unproven = "unproven_applications",
        /// Access needs, their ledger, and the tags in files of runs and repairs.
        AccessNeeds = "access_needs",
        /// Links in mails, links to sign in, sessions, grants and deputyships, once they have ended; that a day of a schedule was
        /// called off.
        Links = "links",
        /// What employers' lists say of those who have left.
        Lists = "employers_lists",
        /// What is noted of mails that came in.
        Inbound = "inbound_mails",
        /// What people have written: comments on days, reasons of refusals.
        Words = "words",
        /// Who somebody was: a pseudonym stays.
        Persons = "persons",
    }
}

/// For how many days each kind is kept; 0: for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// After the sign-up.
    pub unproven_days: u32,
    /// After the last day of the round.
    pub access_needs_days: u32,
    /// After they expired.
    pub links_days: u32,
    /// After they left.
    pub lists_days: u32,
    /// After they came in.
    pub inbound_days: u32,
    /// After the last day of the round.
    pub words_days: u32,
    /// After the last day of the last round that somebody signed up for, or of their last day before this service.
    pub persons_days: u32,
}

impl Retention {
    /// What holds where nothing else is configured.
    pub const USUAL: Self = Self {
        unproven_days: 30,
        access_needs_days: 7,
        links_days: 90,
        lists_days: 365,
        inbound_days: 365,
        words_days: 365,
        persons_days: 730,
    };

    /// For how many days a kind is kept; none: for good.
    pub fn days(&self, kind: Kept) -> Option<u32> {
        let days = match kind {
            Kept::Unproven => self.unproven_days,
            Kept::AccessNeeds => self.access_needs_days,
            Kept::Links => self.links_days,
            Kept::Lists => self.lists_days,
            Kept::Inbound => self.inbound_days,
            Kept::Words => self.words_days,
            Kept::Persons => self.persons_days,
        };
        (days > 0).then_some(days)
    }

    /// What is older than this instant is not kept any more.
    pub fn before(&self, kind: Kept, now: DateTime<Utc>) -> Option<NaiveDateTime> {
        let days = self.days(kind)?;
        now.naive_utc().checked_sub_signed(Duration::days(days.into()))
    }

    /// What was over before this day is not kept any more. A day ends last in the west: hence one more.
    pub fn over_before(&self, kind: Kept, now: DateTime<Utc>) -> Option<NaiveDate> {
        let days = self.days(kind)?;
        now.date_naive().checked_sub_days(Days::new(u64::from(days) + 1))
    }
}
