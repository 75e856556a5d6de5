//! A round: one pass from sign-up to evaluation, and the steps it can take.

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;

use super::fault::Rule;
use super::ids::RoundId;
use super::refusal::{Refusal, RefusalCode};
use super::states::RoundState;
use super::steps::{self, Deed};
use super::text::Name;

/// A round. Dates are in its time zone; a deadline is the last day on which the step is possible.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// Its identity.
    pub id: RoundId,
    /// What people call it.
    pub name: Name,
    /// Where it is in its life.
    pub state: RoundState,
    /// IANA zone of every date and deadline.
    pub time_zone: Tz,
    /// Last day of sign-up.
    pub sign_up_until: NaiveDate,
    /// Last day for answers to proposals.
    pub answer_until: NaiveDate,
    /// The placement days, sorted, at least one.
    pub dates: Vec<NaiveDate>,
    /// The rules object of the round file (docs/files.md), canonical JSON.
    pub rules: String,
    /// Whether only people whose manager said yes are matched.
    pub release_required: bool,
    /// SHA-256 of the rules, once they are frozen.
    pub rules_sha256: Option<String>,
    /// Raised by every change that alters what would be matched.
    pub revision: i64,
}

impl Round {
    /// Checks the order of a round's dates: sign-up, answers, first day; days sorted and unique.
    ///
    /// # Errors
    /// The rule that is broken, with the field it is about.
    pub fn check_dates(
        sign_up_until: NaiveDate,
        answer_until: NaiveDate,
        dates: &[NaiveDate],
    ) -> Result<(), (&'static str, Rule)> {
        let Some(first) = dates.iter().min() else {
            return Err(("dates", Rule::of("must name at least one placement day")));
        };
        if answer_until < sign_up_until {
            return Err((
                "answer_until",
                Rule::new(format!("must not lie before the end of sign-up, {sign_up_until}")),
            ));
        }
        if *first <= answer_until {
            return Err((
                "dates",
                Rule::new(format!(
                    "the first placement day, {first}, must lie after the answer deadline, {answer_until}"
                )),
            ));
        }
        Ok(())
    }

    /// Where a deed leads; `word` is what the round would be by it.
    fn next(&self, deed: Deed, word: &str) -> Result<RoundState, Refusal> {
        steps::next(steps::ROUND, self.state, deed).ok_or_else(|| {
            let words = format!("the round “{}” is {}: it cannot be {word}", self.name, self.state);
            Refusal::new(RefusalCode::RoundState, words)
        })
    }

    /// What helps where a deadline has passed.
    fn way_out(&self) -> String {
        format!("move the deadline first (PUT /v1/rounds/{}/dates)", self.id)
    }

    /// Sets another last day of sign-up; whether it fits the other dates is for [`Round::check_dates`].
    ///
    /// # Errors
    /// `round-state` once sign-up has ended.
    pub fn move_sign_up(&mut self, until: NaiveDate) -> Result<(), Refusal> {
        self.next(Deed::MoveSignUp, "given another last day of sign-up")?;
        self.sign_up_until = until;
        Ok(())
    }

    /// Sets another last day for answers; as for [`Round::move_sign_up`].
    ///
    /// # Errors
    /// `round-state` once the placement days have begun, and when it is called off.
    pub fn move_answers(&mut self, until: NaiveDate) -> Result<(), Refusal> {
        self.next(Deed::MoveAnswers, "given another last day for answers")?;
        self.answer_until = until;
        Ok(())
    }

    /// Opens sign-up.
    ///
    /// # Errors
    /// `round-state` unless it is a draft; `too-late` when the sign-up deadline has passed.
    pub fn open(&mut self, today: NaiveDate) -> Result<(), Refusal> {
        let next = self.next(Deed::Open, "opened")?;
        if today > self.sign_up_until {
            return Err(Refusal::new(
                RefusalCode::TooLate,
                format!("sign-up would have ended on {}: {}", self.sign_up_until, self.way_out()),
            ));
        }
        self.state = next;
        Ok(())
    }

    /// Ends sign-up and freezes the rules under their hash.
    ///
    /// # Errors
    /// `round-state` unless it is open; `too-early` before the deadline has passed, unless a reason is given.
    pub fn close(
        &mut self,
        today: NaiveDate,
        early_reason: Option<&str>,
        rules_sha256: String,
    ) -> Result<(), Refusal> {
        let next = self.next(Deed::Close, "closed")?;
        if today <= self.sign_up_until && early_reason.is_none() {
            return Err(Refusal::new(
                RefusalCode::TooEarly,
                format!(
                    "people may sign up until {}: close after that day, or give an `early_reason`",
                    self.sign_up_until
                ),
            ));
        }
        self.state = next;
        self.rules_sha256 = Some(rules_sha256);
        Ok(())
    }

    /// A verified schedule exists.
    ///
    /// # Errors
    /// `round-state` unless it is closed or matched already.
    pub fn mark_matched(&mut self) -> Result<(), Refusal> {
        self.state = self.next(Deed::Match, "matched")?;
        Ok(())
    }

    /// Turns a schedule into proposals.
    ///
    /// # Errors
    /// `round-state` unless it is matched; `too-late` once the answer deadline has passed: every proposal would expire at once.
    pub fn publish(&mut self, today: NaiveDate) -> Result<(), Refusal> {
        let next = self.next(Deed::Publish, "published")?;
        if self.is_answering_over(today) {
            return Err(Refusal::new(
                RefusalCode::TooLate,
                format!(
                    "answers were possible until {}, so nobody could answer in time: {}",
                    self.answer_until,
                    self.way_out()
                ),
            ));
        }
        self.state = next;
        Ok(())
    }

    /// Whether the time for answers to proposals is over.
    pub fn is_answering_over(&self, today: NaiveDate) -> bool {
        today > self.answer_until
    }

    /// The first placement day has come.
    ///
    /// # Errors
    /// `round-state` unless it is published; `too-early` before that day.
    pub fn begin(&mut self, today: NaiveDate) -> Result<(), Refusal> {
        let next = self.next(Deed::Begin, "begun")?;
        if let Some(first) = self.dates.first().filter(|first| today < **first) {
            return Err(Refusal::new(RefusalCode::TooEarly, format!("the first placement day is {first}")));
        }
        self.state = next;
        Ok(())
    }

    /// The last placement day is over.
    ///
    /// # Errors
    /// `round-state` unless it is running; `too-early` until that day has passed.
    pub fn complete(&mut self, today: NaiveDate) -> Result<(), Refusal> {
        let next = self.next(Deed::Complete, "completed")?;
        if let Some(last) = self.dates.last().filter(|last| today <= **last) {
            return Err(Refusal::new(RefusalCode::TooEarly, format!("the last placement day is {last}")));
        }
        self.state = next;
        Ok(())
    }

    /// Takes its publication back, so that it can be matched again: on the last day that lies `days` before the first
    /// placement day, not later.
    ///
    /// # Errors
    /// `round-state` unless it is published; `too-late` with that last day.
    pub fn withdraw_publication(&mut self, today: NaiveDate, days: u16) -> Result<(), Refusal> {
        let next = self.next(Deed::TakeBack, "taken back")?;
        if let Some(first) = self.dates.first() {
            let last = *first - Days::new(u64::from(days));
            if today > last {
                let words = format!(
                    "a publication can be taken back until {last}, {days} days before the first placement day, {first}: \
                     call single placements or the whole round off"
                );
                return Err(Refusal::new(RefusalCode::TooLate, words));
            }
        }
        self.state = next;
        // What happened since publication did not raise it.
        self.revision += 1;
        Ok(())
    }

    /// Calls the round off.
    ///
    /// # Errors
    /// `round-state` when it is over or called off already.
    pub fn cancel(&mut self) -> Result<(), Refusal> {
        self.state = self.next(Deed::Cancel, "cancelled")?;
        Ok(())
    }

    /// Whether people may sign up today.
    ///
    /// # Errors
    /// `round-state` unless it is open; `too-late` after the deadline.
    pub fn admit_sign_up(&self, today: NaiveDate) -> Result<(), Refusal> {
        self.next(Deed::SignUp, "signed up for")?;
        if today > self.sign_up_until {
            return Err(Refusal::new(
                RefusalCode::TooLate,
                format!("sign-up ended on {}", self.sign_up_until),
            ));
        }
        Ok(())
    }

    /// Whether a run may be started.
    ///
    /// # Errors
    /// `round-state` unless sign-up has ended and nothing is published.
    pub fn admit_run(&self) -> Result<(), Refusal> {
        self.next(Deed::Run, "matched").map(drop)
    }

    /// Whether what is published may be mended.
    ///
    /// # Errors
    /// `round-state` unless it is published and not over.
    pub fn admit_repair(&self) -> Result<(), Refusal> {
        self.next(Deed::Repair, "repaired").map(drop)
    }

    /// Whether participants may ask for swaps.
    ///
    /// # Errors
    /// `round-state` unless it is published and not over.
    pub fn admit_swap(&self) -> Result<(), Refusal> {
        self.next(Deed::AskSwap, "changed by swaps").map(drop)
    }

    /// Whether a manager's decision still changes what is matched.
    pub fn takes_releases(&self) -> bool {
        self.next(Deed::Release, "released for").is_ok()
    }

    /// Whether libraries may still change what they offer.
    ///
    /// # Errors
    /// `round-state` once the round is published or over.
    pub fn admit_offer(&self) -> Result<(), Refusal> {
        self.next(Deed::Offer, "changed by offers").map(drop)
    }

    /// Whether placements may still be locked or forbidden.
    ///
    /// # Errors
    /// As for [`Round::admit_offer`].
    pub fn admit_lock(&self) -> Result<(), Refusal> {
        self.next(Deed::Fix, "changed by locks or forbidden pairs").map(drop)
    }

    /// Whether the round can be written as a file of what would be matched.
    ///
    /// # Errors
    /// As for [`Round::admit_offer`].
    pub fn admit_export(&self) -> Result<(), Refusal> {
        self.next(Deed::Export, "exported any more: take the file of one of its runs").map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn draft() -> Round {
        Round {
            id: RoundId::new(Uuid::from_u128(1)),
            name: "Spring".parse().expect("a name"),
            state: RoundState::Draft,
            time_zone: chrono_tz::Europe::London,
            sign_up_until: day("2027-01-31"),
            answer_until: day("2027-02-14"),
            dates: vec![day("2027-03-01"), day("2027-03-02")],
            rules: "{}".to_owned(),
            release_required: true,
            rules_sha256: None,
            revision: 0,
        }
    }

    #[test]
    fn a_round_walks_from_draft_to_published() {
        let mut round = draft();
        round.open(day("2027-01-01")).expect("opens");
        round.admit_sign_up(day("2027-01-31")).expect("the last day counts");
        assert_eq!(round.admit_sign_up(day("2027-02-01")).expect_err("late").code, RefusalCode::TooLate);
        round.close(day("2027-02-01"), None, "x".to_owned()).expect("closes");
        round.mark_matched().expect("matched");
        round.publish(day("2027-02-02")).expect("published");
        assert_eq!(round.publish(day("2027-02-02")).expect_err("once").code, RefusalCode::RoundState);
    }

    #[test]
    fn closing_before_the_deadline_needs_a_reason_and_names_the_date() {
        let mut round = draft();
        round.open(day("2027-01-01")).expect("opens");
        let refusal = round.close(day("2027-01-31"), None, String::new()).expect_err("early");
        assert_eq!(refusal.code, RefusalCode::TooEarly);
        assert!(refusal.words.contains("2027-01-31"));
        round
            .close(day("2027-01-31"), Some("everybody has signed up"), String::new())
            .expect("with a reason");
    }

    #[test]
    fn a_publication_is_taken_back_in_time_and_makes_runs_look_again() {
        let mut round = Round { state: RoundState::Published, ..draft() };
        let late = round.withdraw_publication(day("2027-02-16"), 14).expect_err("13 days before");
        assert_eq!(late.code, RefusalCode::TooLate);
        assert!(late.words.contains("2027-02-15"), "{}", late.words);
        round.withdraw_publication(day("2027-02-15"), 14).expect("in time");
        assert_eq!((round.state, round.revision), (RoundState::Matched, 1));
        let again = round.withdraw_publication(day("2027-02-15"), 14).expect_err("once");
        assert_eq!(again.code, RefusalCode::RoundState);
    }

    #[test]
    fn a_refused_step_changes_nothing() {
        let mut round = draft();
        let before = round.clone();
        assert!(round.publish(day("2027-01-01")).is_err());
        assert!(round.close(day("2027-03-01"), None, String::new()).is_err());
        assert_eq!(round, before);
    }

    #[test]
    fn deadlines_lie_in_order() {
        let check = |a, b, dates: &[NaiveDate]| Round::check_dates(day(a), day(b), dates);
        assert!(check("2027-01-31", "2027-02-14", &[day("2027-03-01")]).is_ok());
        assert_eq!(
            check("2027-01-31", "2027-01-01", &[day("2027-03-01")]).expect_err("order").0,
            "answer_until"
        );
        assert_eq!(check("2027-01-31", "2027-03-01", &[day("2027-03-01")]).expect_err("order").0, "dates");
        assert_eq!(check("2027-01-31", "2027-03-01", &[]).expect_err("none").0, "dates");
    }
}
