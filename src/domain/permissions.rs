//! Who may do what: one table of role, action and reach. Every use case asks it before it does anything.
//!
//! A role without a row for an action may not do it. Reach says on what: [`Reach::Everywhere`] or only on what is the
//! actor's own. Queries that list things put the same reach into their filter, so that foreign rows never leave the
//! database.

use std::fmt;

use super::ids::{ApplicationId, EmployerId, PlacementId};
use super::states::named;

named! {
    /// In what capacity somebody acts.
    Role {
        /// Runs the installation: makes tokens, sees that it works.
        Operator = "operator",
        /// Runs the rounds of the programme.
        Organiser = "organiser",
        /// Looks after the libraries of one employer.
        LibraryAdministrator = "library_administrator",
        /// Takes the schedule of one employer's staff.
        Hr = "hr",
        /// Brings mails in, and may do nothing else.
        MailServer = "mail_server",
        /// The line manager of a participant, by a link.
        Manager = "manager",
        /// Receives visitors, by a link.
        HostContact = "host_contact",
        /// Goes, by a link.
        Participant = "participant",
        /// Nobody known: the open sign-up.
        Anyone = "anyone",
        /// The service itself, acting later on what somebody decided.
        System = "system",
    }
}

named! {
    /// What is done. One action for each use case that reads or changes something.
    Action {
        /// Make, list or revoke API tokens.
        ManageTokens = "manage_tokens",
        /// Make an employer or change its domains and directory.
        EditEmployer = "edit_employer",
        /// See employers.
        ReadEmployers = "read_employers",
        /// Make or change a library, or import a list of them.
        EditLibrary = "edit_library",
        /// Say who works for an employer.
        EditStaff = "edit_staff",
        /// Say who was where before this service.
        EditHistory = "edit_history",
        /// Keep or use a mapping of the columns of lists.
        MapColumns = "map_columns",
        /// See libraries.
        ReadLibraries = "read_libraries",
        /// Make, change or take away a calendar that libraries share.
        EditCalendar = "edit_calendar",
        /// See calendars, and when a library is open and why.
        ReadCalendars = "read_calendars",
        /// Make a round.
        CreateRound = "create_round",
        /// Open, close or cancel a round.
        SteerRound = "steer_round",
        /// See a round.
        ReadRound = "read_round",
        /// Opt a library in: hosting and release per date.
        OfferHosting = "offer_hosting",
        /// See what libraries offer for a round.
        ReadHosting = "read_hosting",
        /// See what the offers for a round come to: who may leave, who may come, and why not.
        ReadCover = "read_cover",
        /// Ask to join a round.
        SignUp = "sign_up",
        /// Prove the e-mail address of an application.
        VerifyAddress = "verify_address",
        /// See an application.
        ReadApplication = "read_application",
        /// Take an application back.
        WithdrawApplication = "withdraw_application",
        /// Say that a manager's address is the manager's.
        ConfirmManager = "confirm_manager",
        /// Say yes or no to being away.
        DecideRelease = "decide_release",
        /// See, set or take away locks and forbidden pairs of a round.
        FixPlacements = "fix_placements",
        /// Start or cancel a matching run, read it and its files, compare two, or see how a round would be matched.
        Match = "match",
        /// See why somebody has this place in a run, or none.
        ReadExplanation = "read_explanation",
        /// Change the schedule of a run by hand.
        EditSchedule = "edit_schedule",
        /// Mend a published round: see the ways, read them, apply one.
        Repair = "repair",
        /// Ask others to exchange placements.
        AskForSwap = "ask_for_swap",
        /// Carry a swap out to which everybody has said yes.
        Exchange = "exchange",
        /// See the swaps of a round, or call one off.
        OverseeSwaps = "oversee_swaps",
        /// Offer a place that fell empty to reserves: see them, begin, look, stop.
        Refill = "refill",
        /// Answer the offer of such a place.
        AnswerOffer = "answer_offer",
        /// Turn a run into proposals.
        Publish = "publish",
        /// Take a publication back.
        WithdrawPublication = "withdraw_publication",
        /// Read, word, discard or let go the mails of a publication.
        EditMails = "edit_mails",
        /// See a placement.
        ReadPlacement = "read_placement",
        /// Answer a proposal as the participant.
        AnswerAsParticipant = "answer_as_participant",
        /// Answer a proposal as the host library.
        AnswerAsHost = "answer_as_host",
        /// Answer a proposal as the line manager.
        AnswerAsManager = "answer_as_manager",
        /// Change the times of a placement.
        ReschedulePlacement = "reschedule_placement",
        /// Call a placement off.
        CancelPlacement = "cancel_placement",
        /// Say that the participant is ill today.
        CallInIll = "call_in_ill",
        /// Mark whether the visitor came.
        RecordAttendance = "record_attendance",
        /// Say how a day was.
        GiveFeedback = "give_feedback",
        /// Read what was said of the days of a round.
        ReadFeedback = "read_feedback",
        /// Bring an idea home.
        GiveIdea = "give_idea",
        /// Look for ideas.
        ReadIdeas = "read_ideas",
        /// Say that one tried an idea.
        TryIdea = "try_idea",
        /// Hide an idea, or show it again.
        HideIdea = "hide_idea",
        /// Write the joining pack of a placement, or a library's standing text for all of them.
        EditJoiningPack = "edit_joining_pack",
        /// See the joining pack of a placement.
        ReadJoiningPack = "read_joining_pack",
        /// Take the schedule of staff.
        ExportSchedule = "export_schedule",
        /// See which mails went, and which did not.
        ReadOutbox = "read_outbox",
        /// Send a mail again.
        ResendMail = "resend_mail",
        /// See who did what.
        ReadAudit = "read_audit",
        /// See what one owes.
        ReadTasks = "read_tasks",
        /// See what a placement rests on, and whether each link of it holds.
        ReadTrace = "read_trace",
        /// See what a link from a mail is for.
        OpenLink = "open_link",
        /// Bring a mail in that was sent to the service.
        TakeMail = "take_mail",
        /// Have one's days as a calendar that a program subscribes to, or as invitations in mails.
        ChooseCalendar = "choose_calendar",
        /// Say whether one takes mails of optional kinds.
        ChooseMails = "choose_mails",
        /// Make, see, renew or take back the calendars of a library or an employer.
        ManageFeeds = "manage_feeds",
        /// Render and send what is due.
        SendMail = "send_mail",
        /// Remind, ask deputies and for feedback, let proposals expire, take days as having been, and begin and complete
        /// rounds, each on its day.
        KeepDeadlines = "keep_deadlines",
    }
}

/// On what a role may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// On all of its kind.
    Everywhere,
    /// On what belongs to the actor's employer.
    OwnEmployer,
    /// On the application or placement that the actor's link is for.
    OwnCase,
}

/// The table. Read a row as: this role may do this, there.
pub const TABLE: &[(Role, Action, Reach)] = &[
    (Role::Operator, Action::ManageTokens, Reach::Everywhere),
    (Role::Operator, Action::ReadEmployers, Reach::Everywhere),
    (Role::Operator, Action::ReadLibraries, Reach::Everywhere),
    (Role::Operator, Action::EditLibrary, Reach::Everywhere),
    (Role::Operator, Action::EditCalendar, Reach::Everywhere),
    (Role::Operator, Action::ReadCalendars, Reach::Everywhere),
    (Role::Operator, Action::ReadRound, Reach::Everywhere),
    (Role::Operator, Action::ReadOutbox, Reach::Everywhere),
    (Role::Operator, Action::ReadAudit, Reach::Everywhere),
    (Role::Organiser, Action::ManageTokens, Reach::Everywhere),
    (Role::Organiser, Action::EditEmployer, Reach::Everywhere),
    (Role::Organiser, Action::ReadEmployers, Reach::Everywhere),
    (Role::Organiser, Action::EditLibrary, Reach::Everywhere),
    (Role::Organiser, Action::ReadLibraries, Reach::Everywhere),
    (Role::Organiser, Action::EditCalendar, Reach::Everywhere),
    (Role::Organiser, Action::ReadCalendars, Reach::Everywhere),
    (Role::Organiser, Action::EditStaff, Reach::Everywhere),
    (Role::Organiser, Action::EditHistory, Reach::Everywhere),
    (Role::Organiser, Action::MapColumns, Reach::Everywhere),
    (Role::Organiser, Action::CreateRound, Reach::Everywhere),
    (Role::Organiser, Action::SteerRound, Reach::Everywhere),
    (Role::Organiser, Action::ReadRound, Reach::Everywhere),
    (Role::Organiser, Action::OfferHosting, Reach::Everywhere),
    (Role::Organiser, Action::ReadHosting, Reach::Everywhere),
    (Role::Organiser, Action::ReadCover, Reach::Everywhere),
    (Role::Organiser, Action::ReadApplication, Reach::Everywhere),
    (Role::Organiser, Action::WithdrawApplication, Reach::Everywhere),
    (Role::Organiser, Action::FixPlacements, Reach::Everywhere),
    (Role::Organiser, Action::Match, Reach::Everywhere),
    (Role::Organiser, Action::ReadExplanation, Reach::Everywhere),
    (Role::Organiser, Action::EditSchedule, Reach::Everywhere),
    (Role::Organiser, Action::Repair, Reach::Everywhere),
    (Role::Organiser, Action::OverseeSwaps, Reach::Everywhere),
    (Role::Organiser, Action::Exchange, Reach::Everywhere),
    (Role::Organiser, Action::Refill, Reach::Everywhere),
    (Role::Organiser, Action::Publish, Reach::Everywhere),
    (Role::Organiser, Action::WithdrawPublication, Reach::Everywhere),
    (Role::Organiser, Action::EditMails, Reach::Everywhere),
    (Role::Organiser, Action::ReadPlacement, Reach::Everywhere),
    (Role::Organiser, Action::AnswerAsHost, Reach::Everywhere),
    (Role::Organiser, Action::ReschedulePlacement, Reach::Everywhere),
    (Role::Organiser, Action::CancelPlacement, Reach::Everywhere),
    (Role::Organiser, Action::ReadOutbox, Reach::Everywhere),
    (Role::Organiser, Action::ResendMail, Reach::Everywhere),
    (Role::Organiser, Action::ReadAudit, Reach::Everywhere),
    (Role::LibraryAdministrator, Action::ReadEmployers, Reach::OwnEmployer),
    (Role::LibraryAdministrator, Action::EditEmployer, Reach::OwnEmployer),
    (Role::LibraryAdministrator, Action::ReadLibraries, Reach::Everywhere),
    (Role::LibraryAdministrator, Action::EditLibrary, Reach::OwnEmployer),
    (Role::LibraryAdministrator, Action::EditCalendar, Reach::OwnEmployer),
    (Role::LibraryAdministrator, Action::ReadCalendars, Reach::Everywhere),
    (Role::LibraryAdministrator, Action::ReadRound, Reach::Everywhere),
    (Role::LibraryAdministrator, Action::OfferHosting, Reach::OwnEmployer),
    (Role::LibraryAdministrator, Action::ReadHosting, Reach::OwnEmployer),
    (Role::LibraryAdministrator, Action::ReadCover, Reach::OwnEmployer),
    (Role::LibraryAdministrator, Action::SignUp, Reach::OwnEmployer),
    (Role::LibraryAdministrator, Action::ReadApplication, Reach::OwnEmployer),
    (Role::LibraryAdministrator, Action::ConfirmManager, Reach::OwnEmployer),
    (Role::LibraryAdministrator, Action::ReschedulePlacement, Reach::OwnEmployer),
    (Role::LibraryAdministrator, Action::ReadPlacement, Reach::OwnEmployer),
    (Role::LibraryAdministrator, Action::AnswerAsHost, Reach::OwnEmployer),
    (Role::LibraryAdministrator, Action::Exchange, Reach::OwnEmployer),
    (Role::Hr, Action::ReadEmployers, Reach::OwnEmployer),
    (Role::Hr, Action::ReadLibraries, Reach::Everywhere),
    (Role::Hr, Action::ReadCalendars, Reach::Everywhere),
    (Role::Hr, Action::ReadRound, Reach::Everywhere),
    (Role::Hr, Action::ReadCover, Reach::OwnEmployer),
    (Role::Hr, Action::ReadPlacement, Reach::OwnEmployer),
    (Role::Hr, Action::ExportSchedule, Reach::OwnEmployer),
    (Role::Manager, Action::DecideRelease, Reach::OwnCase),
    (Role::Manager, Action::AnswerAsManager, Reach::OwnCase),
    (Role::Manager, Action::Exchange, Reach::OwnCase),
    (Role::HostContact, Action::AnswerAsHost, Reach::OwnCase),
    (Role::HostContact, Action::Exchange, Reach::OwnCase),
    (Role::Participant, Action::AskForSwap, Reach::OwnCase),
    (Role::Participant, Action::Exchange, Reach::OwnCase),
    (Role::Participant, Action::VerifyAddress, Reach::OwnCase),
    (Role::Participant, Action::ReadApplication, Reach::OwnCase),
    (Role::Participant, Action::ReadExplanation, Reach::OwnCase),
    (Role::Participant, Action::WithdrawApplication, Reach::OwnCase),
    (Role::Participant, Action::AnswerAsParticipant, Reach::OwnCase),
    (Role::Participant, Action::AnswerOffer, Reach::OwnCase),
    (Role::Participant, Action::ReadPlacement, Reach::OwnCase),
    (Role::HostContact, Action::ReadPlacement, Reach::OwnCase),
    (Role::Manager, Action::ReadPlacement, Reach::OwnCase),
    (Role::Participant, Action::OpenLink, Reach::OwnCase),
    (Role::HostContact, Action::OpenLink, Reach::OwnCase),
    (Role::Manager, Action::OpenLink, Reach::OwnCase),
    (Role::Operator, Action::ReadTasks, Reach::Everywhere),
    (Role::Organiser, Action::ReadTasks, Reach::Everywhere),
    (Role::LibraryAdministrator, Action::ReadTasks, Reach::OwnEmployer),
    (Role::Hr, Action::ReadTasks, Reach::OwnEmployer),
    (Role::Participant, Action::ReadTasks, Reach::OwnCase),
    (Role::HostContact, Action::ReadTasks, Reach::OwnCase),
    (Role::Manager, Action::ReadTasks, Reach::OwnCase),
    (Role::Organiser, Action::ReadTrace, Reach::Everywhere),
    (Role::System, Action::ReadTrace, Reach::Everywhere),
    (Role::Organiser, Action::CallInIll, Reach::Everywhere),
    (Role::LibraryAdministrator, Action::CallInIll, Reach::OwnEmployer),
    (Role::Participant, Action::CallInIll, Reach::OwnCase),
    (Role::LibraryAdministrator, Action::RecordAttendance, Reach::OwnEmployer),
    (Role::HostContact, Action::RecordAttendance, Reach::OwnCase),
    (Role::LibraryAdministrator, Action::GiveFeedback, Reach::OwnEmployer),
    (Role::Participant, Action::GiveFeedback, Reach::OwnCase),
    (Role::HostContact, Action::GiveFeedback, Reach::OwnCase),
    (Role::Organiser, Action::ReadFeedback, Reach::Everywhere),
    (Role::Participant, Action::GiveIdea, Reach::OwnCase),
    (Role::Operator, Action::ReadIdeas, Reach::Everywhere),
    (Role::Organiser, Action::ReadIdeas, Reach::Everywhere),
    (Role::LibraryAdministrator, Action::ReadIdeas, Reach::Everywhere),
    (Role::Hr, Action::ReadIdeas, Reach::Everywhere),
    (Role::Participant, Action::ReadIdeas, Reach::Everywhere),
    (Role::HostContact, Action::ReadIdeas, Reach::Everywhere),
    (Role::Manager, Action::ReadIdeas, Reach::Everywhere),
    (Role::LibraryAdministrator, Action::TryIdea, Reach::Everywhere),
    (Role::Participant, Action::TryIdea, Reach::Everywhere),
    (Role::HostContact, Action::TryIdea, Reach::Everywhere),
    (Role::Manager, Action::TryIdea, Reach::Everywhere),
    (Role::Organiser, Action::HideIdea, Reach::Everywhere),
    (Role::Organiser, Action::EditJoiningPack, Reach::Everywhere),
    (Role::Organiser, Action::ReadJoiningPack, Reach::Everywhere),
    (Role::LibraryAdministrator, Action::EditJoiningPack, Reach::OwnEmployer),
    (Role::LibraryAdministrator, Action::ReadJoiningPack, Reach::OwnEmployer),
    (Role::HostContact, Action::EditJoiningPack, Reach::OwnCase),
    (Role::HostContact, Action::ReadJoiningPack, Reach::OwnCase),
    (Role::Participant, Action::ReadJoiningPack, Reach::OwnCase),
    (Role::Participant, Action::ChooseCalendar, Reach::OwnCase),
    (Role::HostContact, Action::ChooseCalendar, Reach::OwnCase),
    (Role::Manager, Action::ChooseCalendar, Reach::OwnCase),
    (Role::Participant, Action::ChooseMails, Reach::OwnCase),
    (Role::HostContact, Action::ChooseMails, Reach::OwnCase),
    (Role::Manager, Action::ChooseMails, Reach::OwnCase),
    (Role::Organiser, Action::ManageFeeds, Reach::Everywhere),
    (Role::LibraryAdministrator, Action::ManageFeeds, Reach::OwnEmployer),
    (Role::Hr, Action::ManageFeeds, Reach::OwnEmployer),
    (Role::System, Action::Match, Reach::Everywhere),
    (Role::System, Action::SendMail, Reach::Everywhere),
    (Role::MailServer, Action::TakeMail, Reach::Everywhere),
    (Role::System, Action::TakeMail, Reach::Everywhere),
    (Role::System, Action::KeepDeadlines, Reach::Everywhere),
    (Role::Anyone, Action::SignUp, Reach::Everywhere),
    (Role::Anyone, Action::ReadRound, Reach::Everywhere),
    (Role::Anyone, Action::ReadLibraries, Reach::Everywhere),
];

/// Who acts, in what role, on what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Stable name for the audit: `token:<id>`, `link:<id>`, `worker`, `anyone`. Never an address.
    pub name: String,
    /// In what capacity.
    pub role: Role,
    /// The employer of a token that is bound to one.
    pub employer: Option<EmployerId>,
    /// The application of a link.
    pub application: Option<ApplicationId>,
    /// The placement of a link.
    pub placement: Option<PlacementId>,
    /// For whom a deputy acts.
    pub on_behalf_of: Option<String>,
}

impl Actor {
    /// Somebody unknown at the open door.
    pub fn anyone() -> Self {
        Self::named("anyone", Role::Anyone)
    }

    /// A worker of the service, by its name.
    pub fn worker(name: &str) -> Self {
        Self::named(format!("worker:{name}"), Role::System)
    }

    /// An actor without employer or case.
    pub fn named(name: impl Into<String>, role: Role) -> Self {
        Self {
            name: name.into(),
            role,
            employer: None,
            application: None,
            placement: None,
            on_behalf_of: None,
        }
    }

    /// How far this actor's role reaches for an action, if it may do it at all.
    pub fn reach(&self, action: Action) -> Option<Reach> {
        TABLE.iter().find(|(role, what, _)| *role == self.role && *what == action).map(|(_, _, reach)| *reach)
    }

    /// Asks the table.
    ///
    /// # Errors
    /// [`Denied`] where the role has no row for the action, or the subject is not the actor's own.
    pub fn may(&self, action: Action, on: &Subject) -> Result<(), Denied> {
        let denied = |foreign| Denied { role: self.role, action, foreign };
        match self.reach(action) {
            None => Err(denied(false)),
            Some(Reach::Everywhere) => Ok(()),
            Some(Reach::OwnEmployer) => match self.employer {
                Some(own) if on.employers.contains(&own) => Ok(()),
                Some(_) | None => Err(denied(true)),
            },
            Some(Reach::OwnCase) => {
                let own_application = self.application.is_some() && self.application == on.application;
                let own_placement = self.placement.is_some() && self.placement == on.placement;
                if own_application || own_placement { Ok(()) } else { Err(denied(true)) }
            }
        }
    }
}

/// What an action is done to, as far as the table needs to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The employers it belongs to.
    pub employers: Vec<EmployerId>,
    /// The application it is or belongs to.
    pub application: Option<ApplicationId>,
    /// The placement it is.
    pub placement: Option<PlacementId>,
}

impl Subject {
    /// Something that belongs to the installation as a whole.
    pub fn installation() -> Self {
        Self::default()
    }

    /// Something that belongs to employers.
    pub fn of_employers(employers: &[EmployerId]) -> Self {
        Self { employers: employers.to_vec(), ..Self::default() }
    }
}

/// The table says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied {
    /// In what capacity it was tried.
    pub role: Role,
    /// What was tried.
    pub action: Action,
    /// The role may do it elsewhere: the thing belongs to others, and its existence may be private.
    pub foreign: bool,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the role {} may not {}", self.role, self.action.as_str().replace('_', " "))?;
        if self.foreign { f.write_str(" here") } else { Ok(()) }
    }
}

impl std::error::Error for Denied {}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn no_pair_of_role_and_action_stands_twice() {
        for (n, (role, action, _)) in TABLE.iter().enumerate() {
            assert!(!TABLE[..n].iter().any(|(r, a, _)| r == role && a == action), "{role} {action}");
        }
    }

    #[test]
    fn every_action_can_be_done_by_somebody() {
        for action in Action::ALL {
            assert!(TABLE.iter().any(|(_, what, _)| what == action), "{action}");
        }
    }

    #[test]
    fn hr_exports_its_own_employer_only() {
        let own = EmployerId::new(Uuid::from_u128(1));
        let foreign = EmployerId::new(Uuid::from_u128(2));
        let hr = Actor { employer: Some(own), ..Actor::named("token:x", Role::Hr) };
        assert!(hr.may(Action::ExportSchedule, &Subject::of_employers(&[own])).is_ok());
        let denied = hr.may(Action::ExportSchedule, &Subject::of_employers(&[foreign])).expect_err("denied");
        assert!(denied.foreign);
    }

    #[test]
    fn a_link_reaches_its_own_case_only() {
        let own = ApplicationId::new(Uuid::from_u128(1));
        let person = Actor { application: Some(own), ..Actor::named("link:x", Role::Participant) };
        let on = |id| Subject { application: Some(id), ..Subject::default() };
        assert!(person.may(Action::WithdrawApplication, &on(own)).is_ok());
        assert!(
            person.may(Action::WithdrawApplication, &on(ApplicationId::new(Uuid::from_u128(2)))).is_err()
        );
        assert!(person.may(Action::WithdrawApplication, &Subject::installation()).is_err());
    }
}
