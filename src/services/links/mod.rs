//! Links in mails: what their holder sees, and what one POST does.
//!
//! Looking never changes anything, however often and by whomever (mail scanners follow links). A spent link shows the
//! present state and what can be done now.

mod act;
mod holder;
mod new;
mod possible;

use chrono::NaiveDate;

pub use self::act::Act;
pub use self::holder::authenticate;
pub(super) use self::holder::holder;
pub(super) use self::new::{NewLink, mint};
use self::possible::{deeds, receives};
use super::access_needs::{self, AccessNeeds, NeedsOnPage};
use super::alternatives::{offer_in, take_in};
use super::app::{Now, permit, sha256_hex};
use super::applications;
use super::attendance::{call_in_ill_in, mark_in};
use super::certificates;
use super::explanations::{self, Explanation};
use super::feedback::give_in as give_feedback_in;
use super::feeds::{self, CalendarChoice, Choose, FeedUrl};
use super::ideas::give_in as give_idea_in;
use super::load::{get_applicant, get_library, get_round};
use super::notices::Case;
use super::packs::{self, SeenPack};
use super::placements::{Reply, answer_in};
use super::refills::{self, OfferedPlace};
use super::releases::{self, CoverOnDay};
use super::swaps::{self, SeenSwap, SwapReply};
use super::{App, AppError};
use crate::domain::alternative::Alternative;
use crate::domain::attendance::Recorded;
use crate::domain::feedback::Feedback;
use crate::domain::idea::Idea;
use crate::domain::ids::SwapId;
use crate::domain::link::{Link, Purpose};
use crate::domain::organisation::Library;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor, Subject};
use crate::domain::placement::Placement;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::states::{AlternativeState, Answer, ApplicationState, ReserveOfferState, named};
use crate::store::applications::Applicant;
use crate::store::{Db, Tx, alternatives, attendance, feedback, ideas, links, placements};

/// What the holder of a link sees.
#[derive(Debug, Clone)]
pub struct LinkView {
    /// The link.
    pub link: Link,
    /// What a POST can do now.
    pub deeds: Vec<Deed>,
    /// Whether it can act no more, by its time or because it was used.
    pub is_spent: bool,
    /// The round.
    pub round: Round,
    /// The application and its person.
    pub applicant: Applicant,
    /// The home library.
    pub home: Library,
    /// The placement that the link is about, or that the application has.
    pub placement: Option<(Placement, Library)>,
    /// What is known of the day of the placement that the link is about.
    pub day: OfTheDay,
    /// What the host has offered last instead of the placement, whatever became of it.
    pub other: Option<Alternative>,
    /// The open swap of the placement, where this party is asked about it.
    pub swap: Option<SeenSwap>,
    /// For a release: the applications of the same library with the same manager, the link's own first, whatever became
    /// of them.
    pub team: Vec<Applicant>,
    /// What a release would do to the library on the days of the round; only where it is looked at and asked for.
    pub cover: Vec<CoverOnDay>,
    /// What is offered to a reserve by the link.
    pub reserve_offer: Option<OfferedPlace>,
    /// The joining pack, for the host and, once it was sent, for the participant; only where it is looked at.
    pub pack: Option<SeenPack>,
    /// Why there is this place or none, for the participant; only where it is looked at.
    pub explanation: Option<Explanation>,
    /// How the holder has their days in a calendar, where they can choose.
    pub calendar: Option<CalendarChoice>,
    /// What the page tells of access needs.
    pub needs: NeedsOnPage,
    /// Whether its holder can have a certificate of attendance.
    pub has_certificate: bool,
}

impl LinkView {
    /// What the host offers, where that waits for the participant.
    pub fn open_offer(&self) -> Option<&Alternative> {
        self.other.as_ref().filter(|other| other.is_open())
    }

    /// The last day for answers to the placement, or to the proposals of the round.
    pub fn last_answers(&self) -> NaiveDate {
        let until = self.round.answer_until;
        self.placement.as_ref().map_or(until, |(placement, _)| placement.last_answers(until))
    }

    /// The requests that wait for the manager, the link's own first.
    pub fn requests(&self) -> impl Iterator<Item = &Applicant> {
        self.team.iter().filter(|one| one.application.may_ask_manager())
    }
}

/// What is known of the day of a placement, as far as a party may know it.
#[derive(Debug, Clone, Default)]
pub struct OfTheDay {
    /// What came of it.
    pub attendance: Option<Recorded>,
    /// What this party has said of it.
    pub feedback: Option<Feedback>,
    /// The idea that the participant brought home; for nobody else.
    pub idea: Option<Idea>,
}

fn load_day(db: &mut Db, link: &Link) -> Result<OfTheDay, AppError> {
    let (Purpose::Answer, Some(id)) = (link.purpose, link.placement) else { return Ok(OfTheDay::default()) };
    let idea = match link.party {
        Party::Participant => ideas::find_of_placement(db, id)?.map(|found| found.idea),
        Party::Host | Party::Manager => None,
    };
    let feedback = feedback::find(db, id, link.party)?.map(|given| given.feedback);
    Ok(OfTheDay { attendance: attendance::find(db, id)?, feedback, idea })
}

named! {
    /// What a POST on a link can do.
    Deed {
        /// Prove the address.
        Verify = "verify",
        /// Answer requests for release, several at once.
        Decide = "decide",
        /// Release the participant of the mail.
        Release = "release",
        /// Do not release the participant of the mail.
        RefuseRelease = "refuse",
        /// Say yes to the proposal.
        Accept = "accept",
        /// Say no to it.
        Decline = "decline",
        /// Offer something else instead of a no.
        Offer = "offer",
        /// Take what the host offers instead.
        Take = "take",
        /// Ask others to exchange placements.
        AskSwap = "ask_swap",
        /// Say yes to a swap.
        AgreeSwap = "agree_swap",
        /// Say no to it, or take back that one has asked for it.
        RefuseSwap = "refuse_swap",
        /// Take the application back.
        Withdraw = "withdraw",
        /// Say that one is ill today.
        Ill = "ill",
        /// Mark who came.
        Attendance = "attendance",
        /// Say how the day was.
        Feedback = "feedback",
        /// Say what one will try.
        Idea = "idea",
        /// See the visitor's access needs; the visitor sees who did.
        ReadNeeds = "read_needs",
        /// Write the joining pack.
        WritePack = "write_pack",
        /// Have one's days as a calendar that a program subscribes to, in the place of invitations.
        Subscribe = "subscribe",
        /// Give that calendar another address.
        NewAddress = "new_address",
        /// Have invitations again.
        Unsubscribe = "unsubscribe",
    }
}

fn get_link(db: &mut Db, secret: &str) -> Result<Link, AppError> {
    links::find_by_secret(db, &sha256_hex(secret))?.ok_or_else(|| {
        AppError::not_found("link", "with this address: it may have been cut by a mail program")
    })
}

/// What the holder of a link sees, but for what is only looked at.
pub(super) fn load(db: &mut Db, link: Link, now: &Now) -> Result<LinkView, AppError> {
    let subject =
        Subject { application: Some(link.application), placement: link.placement, ..Subject::default() };
    permit(&link.actor(), Action::OpenLink, &subject, ("link", &link.id))?;
    let mut applicant = get_applicant(db, link.application)?;
    applications::veil(db, &link.actor(), std::slice::from_mut(&mut applicant))?;
    let round = get_round(db, applicant.application.round)?;
    let home = get_library(db, applicant.application.home)?;
    let placement = match link.placement {
        Some(id) => placements::find(db, id)?,
        None if applications::is_untold(db, &link.actor(), (round.id, link.application))? => None,
        None => placements::find_live_of_application(db, link.application)?,
    };
    let placement = match placement {
        Some(placement) => {
            let host = get_library(db, placement.host)?;
            Some((placement, host))
        }
        None => None,
    };
    let other = match link.placement {
        Some(id) => alternatives::find_latest(db, id)?,
        None => None,
    };
    let swap = match (link.purpose, link.placement) {
        (Purpose::Answer, Some(id)) => swaps::seen(db, id, link.party)?,
        (_, _) => None,
    };
    let team = match link.purpose {
        Purpose::Release => releases::list_team(db, &round, &applicant.application)?,
        Purpose::Verify | Purpose::Answer | Purpose::Application | Purpose::Offer => Vec::new(),
    };
    let reserve_offer = match link.reserve_offer {
        Some(id) => Some(refills::get_offered(db, id)?),
        None => None,
    };
    let (none, cover) = (Vec::new(), Vec::new());
    let day = load_day(db, &link)?;
    let shown = feeds::shown_to(&link, &applicant, placement.as_ref());
    let is_over = |(placement, _): &(Placement, Library)| {
        placement.state.has_ended() || placement.date < now.today(placement.time_zone)
    };
    let is_over = placement.as_ref().is_some_and(is_over);
    let calendar = feeds::choice(db, shown.filter(|_| link.is_live(now.utc())), is_over)?;
    let needs = access_needs::on_page(db, &link)?;
    let mut view = LinkView {
        is_spent: !link.is_live(now.utc()),
        link,
        deeds: none,
        round,
        applicant,
        home,
        placement,
        other,
        swap,
        day,
        team,
        cover,
        reserve_offer,
        pack: None,
        explanation: None,
        calendar,
        needs,
        has_certificate: false,
    };
    view.deeds = deeds(&view, now);
    view.has_certificate = certificates::is_there(&view, now);
    Ok(view)
}

/// What the holder of a link sees. Changes nothing.
///
/// # Errors
/// `not-found` for an unknown link.
pub fn view(app: &App, secret: &str) -> Result<LinkView, AppError> {
    let now = app.now()?;
    app.store.read(|db| {
        let link = get_link(db, secret)?;
        let mut view = load(db, link, &now)?;
        if view.deeds.contains(&Deed::Decide) {
            view.cover = releases::cover(db, &view.round, view.home.id)?;
        }
        if let Some((placement, host)) = view.placement.clone().filter(|_| view.link.party != Party::Manager)
        {
            let case = Case { applicant: view.applicant.clone(), host, placement };
            view.pack = packs::seen(db, &view.link.actor(), &case)?;
        }
        view.explanation = explanations::of_link(db, &view)?;
        Ok(view)
    })
}

/// Does what a POST on a link asks for. The same POST again, also fifty at once, does it once and answers the same.
///
/// # Errors
/// `not-found`; `link-spent` with what is true now; the refusals of the deed itself.
pub fn act(app: &App, secret: &str, act: &Act) -> Result<LinkView, AppError> {
    let now = app.now()?;
    let brought = app.store.write(|tx| -> Result<Brought, AppError> {
        let link = get_link(tx, secret)?;
        let view = load(tx, link, &now)?;
        if is_done(&view, act) {
            return Ok(Brought::Nothing);
        }
        if view.is_spent {
            return Err(spent(&view).into());
        }
        let actor = view.link.actor();
        if let Act::Calendar(wanted) = act {
            let address = feeds::choose_in(tx, &now, &actor, &view, *wanted)?;
            return Ok(address.map_or(Brought::Nothing, Brought::Address));
        }
        if matches!(act, Act::ReadNeeds) {
            if !receives(&view) {
                let words = "the visitor is received by somebody else now: they have a link of their own";
                return Err(Refusal::new(RefusalCode::LinkSpent, words).into());
            }
            return access_needs::read_in(tx, &now, &actor, &case_of(&view)?).map(Brought::Needs);
        }
        perform(tx, &now, &actor, &view, act)?;
        // The others act as often as what they are about allows.
        if view.link.purpose == Purpose::Verify {
            links::mark_used(tx, view.link.id, now.utc())?;
        }
        Ok(Brought::Nothing)
    })?;
    // Apart from the transaction: what is shown rests on much more than what was decided.
    let mut view = self::view(app, secret)?;
    match brought {
        Brought::Nothing => {}
        Brought::Address(secret) => {
            if let Some(choice) = view.calendar.as_mut() {
                choice.url = Some(FeedUrl::new(app, &choice.shown, &secret));
            }
        }
        Brought::Needs(needs) => view.needs.shown = Some(needs),
    }
    Ok(view)
}

/// What a POST brings that the page shows this once.
enum Brought {
    Nothing,
    /// The secret of a calendar's address.
    Address(String),
    Needs(AccessNeeds),
}

/// Whether what is asked for is true already, so that a repeated click gets the same page.
fn is_done(view: &LinkView, act: &Act) -> bool {
    let application = &view.applicant.application;
    let answered = |answer| {
        view.link.purpose == Purpose::Answer
            && view
                .placement
                .as_ref()
                .is_some_and(|(placement, _)| placement.answer_of(view.link.party) == Some(answer))
    };
    let offer = view.reserve_offer.as_ref().map(|offered| offered.offer.state);
    match act {
        Act::Accept(_) if offer.is_some() => offer == Some(ReserveOfferState::Accepted),
        Act::Decline(..) if offer.is_some() => offer == Some(ReserveOfferState::Declined),
        Act::Verify => {
            view.link.purpose == Purpose::Verify && application.state != ApplicationState::Submitted
        }
        Act::Decide(answers) => releases::are_decided(application.id, &view.team, answers),
        Act::Accept(version) => {
            let is_same = |(placement, _): &(Placement, Library)| placement.admit_version(*version).is_ok();
            answered(Answer::Yes) && view.placement.as_ref().is_some_and(is_same)
        }
        Act::Decline(..) => answered(Answer::No),
        Act::Offer(_, wanted) => {
            view.link.party == Party::Host && view.other.as_ref().is_some_and(|other| other.is(wanted))
        }
        Act::Take(_) => {
            let is_taken = |other: &Alternative| other.state == AlternativeState::Taken;
            view.link.party == Party::Participant && view.other.as_ref().is_some_and(is_taken)
        }
        Act::Withdraw => {
            view.link.purpose == Purpose::Application && application.state == ApplicationState::Withdrawn
        }
        Act::Calendar(wanted) => view.calendar.as_ref().is_some_and(|choice| match wanted {
            Choose::Feed => choice.feed.is_some(),
            Choose::NewAddress => false,
            Choose::Invitations => choice.feed.is_none(),
        }),
        // Said again, these change nothing by themselves.
        Act::AskSwap(_)
        | Act::AgreeSwap(_)
        | Act::RefuseSwap(..)
        | Act::Ill
        | Act::Attendance(_)
        | Act::Feedback(_)
        | Act::Idea(_)
        | Act::ReadNeeds
        | Act::WritePack(_) => false,
    }
}

fn spent(view: &LinkView) -> Refusal {
    let now_true = match &view.placement {
        Some((placement, _)) => format!("the placement is {}", placement.state),
        None => format!("the application is {}", view.applicant.application.state),
    };
    Refusal::new(
        RefusalCode::LinkSpent,
        format!("this link was used or has expired: {now_true}. The newest mail about it has a working link"),
    )
}

fn perform(tx: &mut Tx<'_>, now: &Now, actor: &Actor, view: &LinkView, act: &Act) -> Result<(), AppError> {
    let applicant = view.applicant.clone();
    match (view.link.purpose, act) {
        (Purpose::Verify, Act::Verify) => applications::verify(tx, now, actor, applicant).map(|_| ()),
        (Purpose::Release, Act::Decide(answers)) => {
            releases::decide(tx, now, actor, applicant.application.id, &view.team, answers)
        }
        (Purpose::Answer, Act::Accept(_) | Act::Decline(..) | Act::Offer(..) | Act::Take(_)) => {
            answer_by_link(tx, now, actor, view.link.party, case_of(view)?, act)
        }
        (Purpose::Answer, Act::AskSwap(with)) => {
            swaps::ask_in(tx, now, actor, &case_of(view)?, (with, "link")).map(|_| ())
        }
        (Purpose::Answer, Act::AgreeSwap(id)) => answer_swap(tx, now, actor, view, (*id, Answer::Yes, None)),
        (Purpose::Answer, Act::RefuseSwap(id, reason)) => {
            answer_swap(tx, now, actor, view, (*id, Answer::No, reason.clone()))
        }
        (Purpose::Answer, Act::Ill) => call_in_ill_in(tx, now, actor, case_of(view)?),
        (Purpose::Answer, Act::Attendance(marked)) => mark_in(tx, now, actor, case_of(view)?, *marked),
        (Purpose::Answer, Act::Feedback(said)) => {
            give_feedback_in(tx, now, actor, &case_of(view)?, said).map(|_| ())
        }
        (Purpose::Answer, Act::Idea(new)) => give_idea_in(tx, now, actor, &case_of(view)?, new),
        (Purpose::Answer, Act::WritePack(edit)) => packs::write_in(tx, now, actor, &case_of(view)?, edit),
        (Purpose::Application, Act::Withdraw) => {
            applications::withdraw_in(tx, now, actor, applicant).map(|_| ())
        }
        (Purpose::Offer, Act::Accept(_) | Act::Decline(_, None)) => match view.link.reserve_offer {
            Some(id) => refills::answer_in(tx, now, actor, id, matches!(act, Act::Accept(_))),
            None => Err(AppError::Internal(format!("link {} answers no offer", view.link.id))),
        },
        (Purpose::Offer, Act::Decline(..)) => Err(AppError::field(
            "/reason",
            "",
            "is not asked for: nobody has to say why they do not take a place",
        )),
        (purpose, _) => {
            Err(AppError::field("/deed", act.name(), format!("this link is for another purpose ({purpose})")))
        }
    }
}

fn case_of(view: &LinkView) -> Result<Case, AppError> {
    match view.placement.clone() {
        Some((placement, host)) => Ok(Case { applicant: view.applicant.clone(), host, placement }),
        None => Err(AppError::Internal(format!("link {} answers no placement", view.link.id))),
    }
}

/// What a party says to a swap by its link.
fn answer_swap(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    view: &LinkView,
    (id, answer, reason): (SwapId, Answer, Option<String>),
) -> Result<(), AppError> {
    let (party, placement) = (view.link.party, case_of(view)?.placement.id);
    let reply = SwapReply { placement, party, answer, reason, channel: "link" };
    swaps::answer_in(tx, now, actor, id, &reply).map(|_| ())
}

/// What a party says to a placement by its link.
fn answer_by_link(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    party: Party,
    case: Case,
    act: &Act,
) -> Result<(), AppError> {
    let reply = |answer, version: i64, reason: Option<&String>| Reply {
        party,
        answer,
        reason: reason.cloned(),
        channel: "link",
        version: Some(version),
    };
    match (act, party) {
        (Act::Accept(version), _) => answer_in(tx, now, actor, case, &reply(Answer::Yes, *version, None)),
        (Act::Decline(version, reason), _) => {
            answer_in(tx, now, actor, case, &reply(Answer::No, *version, reason.as_ref()))
        }
        (Act::Offer(version, wanted), Party::Host) => {
            offer_in(tx, now, actor, case, (*version, wanted, "link"))
        }
        (Act::Take(version), Party::Participant) => take_in(tx, now, actor, case, (*version, "link")),
        (_, _) => {
            return Err(AppError::field("/deed", act.name(), format!("this link is the {party}'s")));
        }
    }
    .map(|_| ())
}
