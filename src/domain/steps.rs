//! What each state of a round, an application, a placement and a consent allows: who may do what, and where it leads.
//!
//! The methods of these things ask the tables; `docs/states.md` and its diagrams are written from them. Dates and other
//! conditions are in words here and checked by the methods. Who an action's roles are: `permissions::TABLE`.

use super::permissions::Action;
use super::states::{
    AlternativeState, Answer, ApplicationState, PlacementState, RefillState, ReserveOfferState, RoundState,
    SwapState, named,
};

named! {
    /// What is done to a round, an application, a placement or a consent.
    Deed {
        /// Open sign-up.
        Open = "open",
        /// End sign-up.
        Close = "close",
        /// Ask to join.
        SignUp = "sign_up",
        /// Say what a library offers.
        Offer = "offer",
        /// Lock or forbid placements.
        Fix = "fix",
        /// Write the round as a file.
        Export = "export",
        /// Start a run or edit one.
        Run = "run",
        /// Store a verified schedule.
        Match = "match",
        /// Turn a schedule into proposals.
        Publish = "publish",
        /// Mend what is published.
        Repair = "repair",
        /// Begin the placement days.
        Begin = "begin",
        /// End them.
        Complete = "complete",
        /// Call off.
        Cancel = "cancel",
        /// Set another last day of sign-up.
        MoveSignUp = "move_sign_up",
        /// Set another last day for answers.
        MoveAnswers = "move_answers",
        /// Prove the address.
        Verify = "verify",
        /// Say whether somebody is the manager.
        JudgeManager = "judge_manager",
        /// Release from work.
        Release = "release",
        /// Do not release.
        RefuseRelease = "refuse_release",
        /// Give a place.
        Place = "place",
        /// Give none.
        LeaveOut = "leave_out",
        /// Lose the place.
        LosePlace = "lose_place",
        /// Take back.
        Withdraw = "withdraw",
        /// Take a publication back.
        TakeBack = "take_back",
        /// Say yes or no.
        Answer = "answer",
        /// Make certain.
        Confirm = "confirm",
        /// End by a no.
        Decline = "decline",
        /// End without an answer.
        Expire = "expire",
        /// Offer something else instead of a no.
        OfferOther = "offer_other",
        /// Take what is offered instead.
        TakeOther = "take_other",
        /// Be asked anew.
        AskAnew = "ask_anew",
        /// Change the times.
        Reschedule = "reschedule",
        /// Say that one is ill today.
        CallInIll = "call_in_ill",
        /// Mark that the visitor came.
        Attend = "attend",
        /// Mark that the visitor did not come.
        StayAway = "stay_away",
        /// Take it that the day has been.
        Assume = "assume",
        /// Say how the day was, or what one will try.
        Review = "review",
        /// Issue a certificate of attendance.
        Certify = "certify",
        /// Get the place back that was lost.
        RegainPlace = "regain_place",
        /// Write the joining pack.
        Prepare = "prepare",
        /// Give an empty place to a reserve.
        Fill = "fill",
        /// Find nobody who is left.
        RunOut = "run_out",
        /// Find that the day is too near.
        ComeTooLate = "come_too_late",
        /// End what is going on.
        Stop = "stop",
        /// Find that something else has come in between.
        Overtake = "overtake",
        /// Say yes.
        Agree = "agree",
        /// Say no.
        Refuse = "refuse",
        /// Ask others to exchange placements.
        AskSwap = "ask_swap",
        /// Exchange placements.
        Exchange = "exchange",
    }
}

/// A row: in these states, this can be done by whoever may do one of these actions.
#[derive(Debug)]
pub struct Step<S: 'static> {
    /// What is done.
    pub deed: Deed,
    /// In which states.
    pub from: &'static [S],
    /// The state it leads to; none: it stays.
    pub to: Option<S>,
    /// The actions of which it is a part.
    pub by: &'static [Action],
    /// What else must be true, in words; empty: nothing.
    pub when: &'static str,
}

const fn step<S: Copy>(
    deed: Deed,
    from: &'static [S],
    to: Option<S>,
    by: &'static [Action],
    when: &'static str,
) -> Step<S> {
    Step { deed, from, to, by, when }
}

/// Where a deed leads; none where the state does not allow it.
pub fn next<S: Copy + PartialEq>(table: &[Step<S>], from: S, deed: Deed) -> Option<S> {
    let step = table.iter().find(|step| step.deed == deed && step.from.contains(&from))?;
    Some(step.to.unwrap_or(from))
}

/// States in which what is matched can still change.
const UNPUBLISHED: &[RoundState] =
    &[RoundState::Draft, RoundState::Open, RoundState::Closed, RoundState::Matched];

/// Rounds.
#[rustfmt::skip]
pub const ROUND: &[Step<RoundState>] = {
    use RoundState::{Cancelled, Closed, Completed, Draft, Matched, Open, Published, Running};
    &[
        step(Deed::Open, &[Draft], Some(Open), &[Action::SteerRound], "until the sign-up deadline"),
        step(Deed::SignUp, &[Open], None, &[Action::SignUp], "until the sign-up deadline"),
        step(Deed::Offer, UNPUBLISHED, None, &[Action::OfferHosting], ""),
        step(Deed::Release, &[Open, Closed, Matched], None, &[Action::DecideRelease], ""),
        step(Deed::Fix, UNPUBLISHED, None, &[Action::FixPlacements], ""),
        step(Deed::Export, UNPUBLISHED, None, &[Action::Match], ""),
        step(Deed::Close, &[Open], Some(Closed), &[Action::SteerRound], "after the sign-up deadline, or with a reason"),
        step(Deed::Run, &[Closed, Matched], None, &[Action::Match, Action::EditSchedule], ""),
        step(Deed::Match, &[Closed, Matched], Some(Matched), &[Action::Match], "the checker has proved the schedule"),
        step(Deed::Publish, &[Matched], Some(Published), &[Action::Publish], "until the answer deadline, and nothing has changed since the run began"),
        step(Deed::TakeBack, &[Published], Some(Matched), &[Action::WithdrawPublication], "some days before the first placement day"),
        step(Deed::Repair, &[Published, Running], None, &[Action::Repair], "the mails of the publication have gone"),
        step(Deed::AskSwap, &[Published, Running], None, &[Action::AskForSwap], ""),
        step(Deed::Begin, &[Published], Some(Running), &[Action::KeepDeadlines], "from the first placement day"),
        step(Deed::Complete, &[Running], Some(Completed), &[Action::KeepDeadlines], "after the last placement day"),
        step(Deed::Cancel, &[Draft, Open, Closed, Matched, Published, Running], Some(Cancelled), &[Action::SteerRound], ""),
        step(Deed::MoveSignUp, &[Draft, Open], None, &[Action::SteerRound], "to today or later, not beyond the answer deadline"),
        step(Deed::MoveAnswers, &[Draft, Open, Closed, Matched, Published], None, &[Action::SteerRound], "to today or later, before the first placement day"),
    ]
};

/// Applications.
#[rustfmt::skip]
pub const APPLICATION: &[Step<ApplicationState>] = {
    use ApplicationState::{Placed, Refused, Released, Submitted, Unplaced, Verified, Withdrawn};
    &[
        step(Deed::Verify, &[Submitted], Some(Verified), &[Action::VerifyAddress], ""),
        step(Deed::JudgeManager, &[Verified, Released, Refused, Placed, Unplaced, Withdrawn], None, &[Action::ConfirmManager], "nothing vouches for the manager's address"),
        step(Deed::Release, &[Verified], Some(Released), &[Action::DecideRelease], "somebody vouches for the manager's address"),
        step(Deed::RefuseRelease, &[Verified], Some(Refused), &[Action::DecideRelease], "somebody vouches for the manager's address"),
        step(Deed::Place, &[Verified, Released], Some(Placed), &[Action::Publish], "the schedule places the person"),
        step(Deed::LeaveOut, &[Verified, Released], Some(Unplaced), &[Action::Publish], "the schedule does not"),
        step(Deed::LosePlace, &[Placed], Some(Unplaced), &[Action::AnswerAsParticipant, Action::AnswerAsHost, Action::AnswerAsManager, Action::CancelPlacement, Action::SteerRound, Action::KeepDeadlines, Action::CallInIll, Action::RecordAttendance, Action::Repair], "the placement has ended without its day"),
        step(Deed::RegainPlace, &[Unplaced], Some(Placed), &[Action::RecordAttendance, Action::Repair, Action::AnswerOffer], "the host corrects that the visitor did not come, a repair gives a place, or a reserve takes one"),
        step(Deed::TakeBack, &[Placed, Unplaced], Some(Released), &[Action::WithdrawPublication], "verified again where it was not released before"),
        step(Deed::Withdraw, &[Submitted, Verified, Released, Refused, Placed, Unplaced], Some(Withdrawn), &[Action::WithdrawApplication], "the day of a confirmed placement has not passed"),
    ]
};

/// Whoever may answer a proposal.
const ANSWER: &[Action] = &[Action::AnswerAsParticipant, Action::AnswerAsHost, Action::AnswerAsManager];

/// Placements.
#[rustfmt::skip]
pub const PLACEMENT: &[Step<PlacementState>] = {
    use PlacementState::{Cancelled, Completed, Confirmed, Declined, DidNotTakePlace, Expired, Proposed};
    &[
        step(Deed::Answer, &[Proposed, Confirmed], None, ANSWER, "the party is asked"),
        step(Deed::Confirm, &[Proposed], Some(Confirmed), ANSWER, "everybody who is asked has said yes"),
        step(Deed::Decline, &[Proposed, Confirmed], Some(Declined), ANSWER, "somebody has said no"),
        step(Deed::Reschedule, &[Proposed, Confirmed], None, &[Action::ReschedulePlacement], "within the hours of both"),
        step(Deed::Prepare, &[Proposed, Confirmed], None, &[Action::EditJoiningPack], "until the day has passed, and while no offer of the host is open"),
        step(Deed::OfferOther, &[Proposed], None, &[Action::AnswerAsHost], "until the answer deadline; the host has not said no, no other offer is open, and the rules allow it"),
        step(Deed::TakeOther, &[Proposed], None, &[Action::AnswerAsParticipant], "an offer is open, and the rules allow it still"),
        step(Deed::Expire, &[Proposed], Some(Expired), &[Action::KeepDeadlines], "after the answer deadline"),
        step(Deed::Cancel, &[Proposed, Confirmed], Some(Cancelled), &[Action::CancelPlacement, Action::SteerRound, Action::WithdrawApplication, Action::WithdrawPublication, Action::Repair], "the day of a confirmed one has not passed"),
        step(Deed::AskSwap, &[Proposed, Confirmed], None, &[Action::AskForSwap], "until the answer deadline; no offer of the host and no other swap is open, and the rules allow it"),
        step(Deed::Exchange, &[Proposed, Confirmed], Some(Cancelled), ANSWER, "everybody of a swap has said yes, and the rules allow it still"),
        step(Deed::CallInIll, &[Confirmed], Some(DidNotTakePlace), &[Action::CallInIll], "from noon of the day before to the end of the visit"),
        step(Deed::Attend, &[Confirmed, Completed, DidNotTakePlace], Some(Completed), &[Action::RecordAttendance], "from the start of the visit, also otherwise than before within 7 days; not after *I am ill today*"),
        step(Deed::StayAway, &[Confirmed, Completed, DidNotTakePlace], Some(DidNotTakePlace), &[Action::RecordAttendance], "as attend"),
        step(Deed::Assume, &[Confirmed], Some(Completed), &[Action::KeepDeadlines], "nobody has marked anything 5 working days after the host was asked"),
        step(Deed::Review, &[Confirmed, Completed], None, &[Action::GiveFeedback, Action::GiveIdea], "from the end of the visit until 30 days after"),
        step(Deed::Certify, &[Completed], None, &[Action::IssueCertificate], "after the visit, and the host has marked that the visitor came"),
    ]
};

/// Consents.
#[rustfmt::skip]
pub const CONSENT: &[Step<Answer>] = {
    use Answer::{No, Pending, Yes};
    &[
        step(Deed::Agree, &[Pending], Some(Yes), ANSWER, "the placement can be answered, and its day has not passed"),
        step(Deed::Refuse, &[Pending, Yes], Some(No), ANSWER, "the placement can be answered, and the day of a confirmed one has not passed"),
        step(Deed::AskAnew, &[Pending, Yes], Some(Pending), &[Action::AnswerAsHost, Action::AnswerAsParticipant], "the host offers something else (participant and host), or another day is taken for which there is no release (manager)"),
    ]
};

/// What hosts offer instead of a no.
#[rustfmt::skip]
pub const ALTERNATIVE: &[Step<AlternativeState>] = {
    use AlternativeState::{Lapsed, Offered, Refused, Taken};
    &[
        step(Deed::TakeOther, &[Offered], Some(Taken), &[Action::AnswerAsParticipant], "the rules allow it still"),
        step(Deed::Refuse, &[Offered], Some(Refused), &[Action::AnswerAsParticipant], "the placement ends as declined"),
        step(Deed::Expire, &[Offered], Some(Lapsed), &[Action::AnswerAsHost, Action::AnswerAsManager, Action::CancelPlacement, Action::SteerRound, Action::WithdrawApplication, Action::WithdrawPublication, Action::KeepDeadlines, Action::Repair], "the placement has ended"),
    ]
};

/// Swaps that participants ask for.
#[rustfmt::skip]
pub const SWAP: &[Step<SwapState>] = {
    use SwapState::{Agreed, Asked, Cancelled, Done, Expired, Overtaken, Refused};
    &[
        step(Deed::Agree, &[Asked, Agreed], None, ANSWER, "the party is asked"),
        step(Deed::Confirm, &[Asked], Some(Agreed), &[Action::AnswerAsParticipant], "every participant has said yes"),
        step(Deed::Exchange, &[Agreed], Some(Done), ANSWER, "everybody has said yes, and the rules allow it still"),
        step(Deed::Refuse, &[Asked, Agreed], Some(Refused), ANSWER, "the party is asked; also whoever asked for it"),
        step(Deed::Expire, &[Asked, Agreed], Some(Expired), &[Action::KeepDeadlines], "after its last day for answers"),
        step(Deed::Overtake, &[Asked, Agreed], Some(Overtaken), &[Action::AnswerAsParticipant, Action::AnswerAsHost, Action::AnswerAsManager, Action::CancelPlacement, Action::ReschedulePlacement, Action::SteerRound, Action::WithdrawApplication, Action::WithdrawPublication, Action::KeepDeadlines, Action::CallInIll, Action::RecordAttendance, Action::Repair], "one of its placements has ended or changed, or the rules do not allow it any more"),
        step(Deed::Cancel, &[Asked, Agreed], Some(Cancelled), &[Action::CallOffSwap], ""),
    ]
};

/// What ends the offer of a place because there is no such place or reserve any more.
const OVERTAKEN_BY: &[Action] =
    &[Action::SteerRound, Action::WithdrawPublication, Action::KeepDeadlines, Action::AnswerOffer];

/// Places that are offered to reserves.
#[rustfmt::skip]
pub const REFILL: &[Step<RefillState>] = {
    use RefillState::{Filled, NobodyLeft, OutOfTime, Overtaken, Running, Stopped};
    &[
        step(Deed::Fill, &[Running], Some(Filled), &[Action::AnswerOffer], "a reserve takes it, and the rules allow it still"),
        step(Deed::RunOut, &[Running], Some(NobodyLeft), &[Action::KeepDeadlines], "nobody is left who could take it"),
        step(Deed::ComeTooLate, &[Running], Some(OutOfTime), &[Action::KeepDeadlines], "less than the configured days are left before the day"),
        step(Deed::Stop, &[Running], Some(Stopped), &[Action::Refill], ""),
        step(Deed::Overtake, &[Running], Some(Overtaken), OVERTAKEN_BY, "the round is called off or over, its publication is taken back, or the host takes nobody on the day"),
    ]
};

/// Offers of places to reserves.
#[rustfmt::skip]
pub const RESERVE_OFFER: &[Step<ReserveOfferState>] = {
    use ReserveOfferState::{Accepted, Declined, Expired, Open, Overtaken};
    &[
        step(Deed::Agree, &[Open], Some(Accepted), &[Action::AnswerOffer], "the rules allow it still"),
        step(Deed::Refuse, &[Open], Some(Declined), &[Action::AnswerOffer], ""),
        step(Deed::Expire, &[Open], Some(Expired), &[Action::KeepDeadlines], "after its last day for an answer"),
        step(Deed::Overtake, &[Open], Some(Overtaken), &[Action::SteerRound, Action::WithdrawPublication, Action::KeepDeadlines, Action::AnswerOffer, Action::Refill, Action::WithdrawApplication], "the refill has ended, the application is taken back, or the rules forbid it by now"),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    fn check<S: Copy + PartialEq + std::fmt::Debug>(table: &[Step<S>], used: &mut Vec<Deed>) {
        for (n, row) in table.iter().enumerate() {
            for state in row.from {
                let again =
                    table[n + 1..].iter().any(|other| other.deed == row.deed && other.from.contains(state));
                assert!(!again, "{} in {state:?} leads two ways", row.deed);
            }
            assert!(!row.from.is_empty() && !row.by.is_empty(), "{}", row.deed);
            used.push(row.deed);
        }
    }

    #[test]
    fn a_deed_leads_one_way_and_every_deed_is_somewhere() {
        let mut used = Vec::new();
        check(ROUND, &mut used);
        check(APPLICATION, &mut used);
        check(PLACEMENT, &mut used);
        check(CONSENT, &mut used);
        check(ALTERNATIVE, &mut used);
        check(SWAP, &mut used);
        check(REFILL, &mut used);
        check(RESERVE_OFFER, &mut used);
        for deed in Deed::ALL {
            assert!(used.contains(deed), "{deed}");
        }
    }
}
