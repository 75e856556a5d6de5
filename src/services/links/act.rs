//! What a POST to a link asks for.

use super::Deed;
use crate::domain::alternative::Wanted;
use crate::domain::attendance::Attendance;
use crate::domain::feedback::Feedback;
use crate::domain::idea::NewIdea;
use crate::domain::ids::SwapId;
use crate::domain::release::Answered;
use crate::domain::swap::Named;
use crate::services::feeds::Choose;
use crate::services::packs::PackEdit;

/// What a POST asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Prove the address.
    Verify,
    /// Answer requests for release: all in one transaction.
    Decide(Vec<Answered>),
    /// Say yes to what was looked at: the placement's `version`.
    Accept(i64),
    /// Say no to it, with a reason where given.
    Decline(i64, Option<String>),
    /// As the host, offer something else instead of it.
    Offer(i64, Wanted),
    /// As the participant, take what the host offers.
    Take(i64),
    /// Ask those named to exchange placements.
    AskSwap(Vec<Named>),
    /// Say yes to a swap.
    AgreeSwap(SwapId),
    /// Say no to it, with a reason where given.
    RefuseSwap(SwapId, Option<String>),
    /// Take the application back.
    Withdraw,
    /// Say that one is ill today.
    Ill,
    /// Mark who came.
    Attendance(Attendance),
    /// Say how the day was.
    Feedback(Feedback),
    /// Say what one will try.
    Idea(NewIdea),
    /// See the visitor's access needs.
    ReadNeeds,
    /// Write the joining pack.
    WritePack(PackEdit),
    /// Choose how one has one's days in a calendar.
    Calendar(Choose),
}

impl Act {
    /// The deed that it is.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Act::Verify => Deed::Verify.as_str(),
            Act::Decide(_) => Deed::Decide.as_str(),
            Act::Accept(_) => Deed::Accept.as_str(),
            Act::Decline(..) => Deed::Decline.as_str(),
            Act::Offer(..) => Deed::Offer.as_str(),
            Act::Take(_) => Deed::Take.as_str(),
            Act::AskSwap(_) => Deed::AskSwap.as_str(),
            Act::AgreeSwap(_) => Deed::AgreeSwap.as_str(),
            Act::RefuseSwap(..) => Deed::RefuseSwap.as_str(),
            Act::Withdraw => Deed::Withdraw.as_str(),
            Act::Ill => Deed::Ill.as_str(),
            Act::Attendance(_) => Deed::Attendance.as_str(),
            Act::Feedback(_) => Deed::Feedback.as_str(),
            Act::Idea(_) => Deed::Idea.as_str(),
            Act::ReadNeeds => Deed::ReadNeeds.as_str(),
            Act::WritePack(_) => Deed::WritePack.as_str(),
            Act::Calendar(Choose::Feed) => Deed::Subscribe.as_str(),
            Act::Calendar(Choose::NewAddress) => Deed::NewAddress.as_str(),
            Act::Calendar(Choose::Invitations) => Deed::Unsubscribe.as_str(),
        }
    }
}
