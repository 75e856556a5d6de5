//! The table: which role may do what, and on what.
//!
//! What is not a row is forbidden; but what anyone may do everybody may do, unless a row of their own says on what. In
//! which states of a round, an application or a placement something can be done is told by `domain/steps.rs`;
//! `docs/permissions.md` is written from both, and `tests/matrix.rs` asks every endpoint as everybody.

use super::{Action, Role};

/// On what a role may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// On all of its kind.
    Everywhere,
    /// On what belongs to one of the actor's employers.
    OwnEmployer,
    /// On the actor's round and what belongs to it.
    OwnRound,
    /// On the application or placement that the actor's link is for.
    OwnCase,
}

/// A role's rows of one reach.
const fn rows(role: Role, reach: Reach, actions: &'static [Action]) -> Rows {
    Rows { role, reach, actions }
}

/// Several rows of the table: this role may do these, there.
#[derive(Debug)]
pub struct Rows {
    /// Who.
    pub role: Role,
    /// On what.
    pub reach: Reach,
    /// What.
    pub actions: &'static [Action],
}

/// The table. Read an entry as: this role may do these, there. A role and an action stand here once.
#[rustfmt::skip]
pub const TABLE: &[Rows] = {
    use Action::*;
    use Reach::{Everywhere, OwnCase, OwnEmployer, OwnRound};
    &[
        rows(Role::Operator, Everywhere, &[
            ManageTokens, ReadTokens, ManageGrants, ReadGrants, ReadEmployers, EditLibrary, EditCalendar, ReadCalendars,
            ReadIdeas, ReadOutbox, ReadAudit, ReadTasks,
        ]),
        rows(Role::Organiser, Everywhere, &[
            ManageTokens, ReadTokens, ManageGrants, ReadGrants, NameDeputy, EditEmployer, ReadEmployers, ReadHrDigest, EditLibrary, EditStaff,
            EditHistory, MapColumns, EditCalendar, ReadCalendars, CreateRound, SteerRound, ReadDraft,
            OfferHosting, ReadHosting, ReadCover, ReadApplication,
            WithdrawApplication, FixPlacements, ReadLocks, Match, ReadRuns, ReadRunFiles, VerifyRun,
            ReadOutlook, ReadExplanation, EditSchedule, Repair, ReadRepairs, Exchange, ReadSwaps,
            CallOffSwap, Refill, ReadRefills, Publish, PreviewPublication, WithdrawPublication,
            EditMails, ReadHeldMails, ReadPlacement, AnswerAsHost, ReschedulePlacement, CancelPlacement,
            CallInIll, ReadFeedback, ReportImpact, ReadIdeas, HideIdea, EditJoiningPack, ReadJoiningPack,
            OverseeJoiningPacks, ReadOutbox, ResendMail, ReadAudit, ReadTasks, ReadTrace, ManageFeeds,
            ReadFeeds, ManageWebhooks, ReadWebhooks, ManageScheduleDeliveries, ReadScheduleDeliveries, ReadAccessNeeds,
            ReadPersonalData, ErasePerson, IssueCertificate,
        ]),
        rows(Role::RoundOrganiser, Everywhere, &[NameDeputy, ReadCalendars, ReadIdeas]),
        rows(Role::RoundOrganiser, OwnRound, &[
            SteerRound, ReadDraft, OfferHosting, ReadHosting, ReadCover, ReadApplication, WithdrawApplication,
            FixPlacements, ReadLocks, Match, ReadRuns, ReadRunFiles, VerifyRun, ReadOutlook,
            ReadExplanation, EditSchedule, Repair, ReadRepairs, Exchange, ReadSwaps, CallOffSwap,
            Refill, ReadRefills, Publish, PreviewPublication, WithdrawPublication, EditMails,
            ReadHeldMails, ReadPlacement, AnswerAsHost, ReschedulePlacement, CancelPlacement, CallInIll,
            ReadFeedback, ReportImpact, EditJoiningPack, ReadJoiningPack, OverseeJoiningPacks, ReadOutbox, ResendMail,
            ReadTasks, ReadTrace, ReadAccessNeeds, IssueCertificate,
        ]),
        rows(Role::LibraryAdministrator, Everywhere, &[NameDeputy, ReadCalendars, ReadIdeas, TryIdea]),
        rows(Role::LibraryAdministrator, OwnEmployer, &[
            EditEmployer, ReadEmployers, ReadHrDigest, EditLibrary, EditCalendar, OfferHosting,
            ReadHosting, ReadCover, SignUp, ReadApplication, ConfirmManager, Exchange, ReadPlacement,
            AnswerAsHost, ReschedulePlacement, CallInIll, RecordAttendance, GiveFeedback,
            EditJoiningPack, ReadJoiningPack, OverseeJoiningPacks, ReadTasks, ManageFeeds, ReadFeeds,
        ]),
        rows(Role::Hr, Everywhere, &[NameDeputy, ReadCalendars, ReadIdeas]),
        rows(Role::Hr, OwnEmployer, &[
            ReadEmployers, ReadHrDigest, ReadCover, ReadPlacement, ExportSchedule, ReadTasks,
            ManageFeeds, ReadFeeds, ManageWebhooks, ReadWebhooks, ManageScheduleDeliveries, ReadScheduleDeliveries,
            IssueCertificate,
        ]),
        rows(Role::Auditor, Everywhere, &[
            ReadCalendars, ReadHosting, ReadCover, ReadRuns, VerifyRun, ReadPlacement, ReadAudit, ReadTrace,
        ]),
        rows(Role::MailServer, Everywhere, &[TakeMail]),
        rows(Role::Manager, Everywhere, &[NameDeputy, ReadIdeas, TryIdea]),
        rows(Role::Manager, OwnCase, &[
            ReadRelease, DecideRelease, Exchange, ReadPlacement, AnswerAsManager, ReadTasks, OpenLink,
            ChooseCalendar, ChooseMails,
        ]),
        rows(Role::HostContact, Everywhere, &[ReadIdeas, TryIdea]),
        rows(Role::HostContact, OwnCase, &[
            Exchange, ReadPlacement, AnswerAsHost, RecordAttendance, GiveFeedback, EditJoiningPack,
            ReadJoiningPack, OverseeJoiningPacks, ReadTasks, OpenLink, ChooseCalendar, ChooseMails,
            ReadAccessNeeds,
        ]),
        rows(Role::Participant, Everywhere, &[ReadIdeas, TryIdea, AskHost]),
        rows(Role::Participant, OwnCase, &[
            VerifyAddress, ReadApplication, WithdrawApplication, ReadExplanation, AskForSwap, Exchange,
            AnswerOffer, ReadPlacement, AnswerAsParticipant, CallInIll, GiveFeedback, GiveIdea,
            ReadJoiningPack, ReadTasks, OpenLink, ChooseCalendar, ChooseMails, ReadOwnNeeds,
            ReadPersonalData, ReadRecord, IssueCertificate,
        ]),
        rows(Role::Anyone, Everywhere, &[ReadLibraries, ReadRound, SignUp, SignIn, CheckCertificate]),
        rows(Role::System, Everywhere, &[
            Match, ReadTrace, TakeMail, SendMail, SendWebhooks, ExportSchedule, DispatchSchedule, KeepDeadlines, ChainAudit, ProveRun, ApplyRetention, Reseal,
            MoveInstallation,
        ]),
    ]
};

/// The table row by row.
pub fn table() -> impl Iterator<Item = (Role, Action, Reach)> {
    TABLE.iter().flat_map(|rows| rows.actions.iter().map(|action| (rows.role, *action, rows.reach)))
}

/// How far a role reaches for an action; none: it may not do it at all. Whoever has said who they are may do what anyone may.
pub fn reach_of(role: Role, action: Action) -> Option<Reach> {
    let own = |role| TABLE.iter().find(|rows| rows.role == role && rows.actions.contains(&action));
    own(role).or_else(|| own(Role::Anyone)).map(|rows| rows.reach)
}
