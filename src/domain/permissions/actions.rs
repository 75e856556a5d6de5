//! What is done: one list for use cases, table, audit and scopes of tokens.

use crate::domain::states::named;

named! {
    /// What is done. Every use case asks for one; [`Action::effect`] tells whether it changes anything.
    Action {
        /// Make or revoke API tokens.
        ManageTokens = "manage_tokens",
        /// See which tokens there are.
        ReadTokens = "read_tokens",
        /// Let an address sign in and act, or take that back.
        ManageGrants = "manage_grants",
        /// See as what addresses may sign in.
        ReadGrants = "read_grants",
        /// Sign in, choose as what one acts, sign out.
        SignIn = "sign_in",
        /// Let somebody else do one's work for a while.
        NameDeputy = "name_deputy",
        /// Make an employer or change its domains and directory.
        EditEmployer = "edit_employer",
        /// See employers.
        ReadEmployers = "read_employers",
        /// See where an employer's HR gets its digest.
        ReadHrDigest = "read_hr_digest",
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
        /// See a round in preparation.
        ReadDraft = "read_draft",
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
        /// See what a line manager is asked, and what a release would do to cover.
        ReadRelease = "read_release",
        /// Say yes or no to being away.
        DecideRelease = "decide_release",
        /// Set or take away locks and forbidden pairs of a round.
        FixPlacements = "fix_placements",
        /// See locks and forbidden pairs of a round.
        ReadLocks = "read_locks",
        /// Start or cancel a matching run, and store what it finds.
        Match = "match",
        /// See runs and their certificates, and compare two.
        ReadRuns = "read_runs",
        /// Take the frozen round and the schedule of a run as files, with what people asked for.
        ReadRunFiles = "read_run_files",
        /// Re-prove a run, and take what that needs: its audit file and hashes, without people.
        VerifyRun = "verify_run",
        /// See how a round would be matched as it stands.
        ReadOutlook = "read_outlook",
        /// See why somebody has this place in a run, or none.
        ReadExplanation = "read_explanation",
        /// Change the schedule of a run by hand.
        EditSchedule = "edit_schedule",
        /// Mend a published round: ask for the ways, apply one.
        Repair = "repair",
        /// See the repairs of a round.
        ReadRepairs = "read_repairs",
        /// Ask others to exchange placements.
        AskForSwap = "ask_for_swap",
        /// Carry a swap out to which everybody has said yes.
        Exchange = "exchange",
        /// See the swaps of a round.
        ReadSwaps = "read_swaps",
        /// Call a swap off.
        CallOffSwap = "call_off_swap",
        /// Offer a place that fell empty to reserves, or stop that.
        Refill = "refill",
        /// See who could take such a place, and what came of the offers.
        ReadRefills = "read_refills",
        /// Answer the offer of such a place.
        AnswerOffer = "answer_offer",
        /// Turn a run into proposals.
        Publish = "publish",
        /// See what a publication would do.
        PreviewPublication = "preview_publication",
        /// Take a publication back.
        WithdrawPublication = "withdraw_publication",
        /// Word, discard or let go the mails of a publication.
        EditMails = "edit_mails",
        /// See the held mails of a publication, and what they begin with.
        ReadHeldMails = "read_held_mails",
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
        /// Issue a certificate of attendance.
        IssueCertificate = "issue_certificate",
        /// See whether a certificate is valid.
        CheckCertificate = "check_certificate",
        /// Say how a day was.
        GiveFeedback = "give_feedback",
        /// Read what was said of the days of a round.
        ReadFeedback = "read_feedback",
        /// Bring an idea home.
        GiveIdea = "give_idea",
        /// Look for ideas.
        ReadIdeas = "read_ideas",
        /// Make what a round came to public, once it is over.
        ReportImpact = "report_impact",
        /// Say that one tried an idea.
        TryIdea = "try_idea",
        /// Ask the host of an idea for more.
        AskHost = "ask_host",
        /// Hide an idea, or show it again.
        HideIdea = "hide_idea",
        /// Write the joining pack of a placement, or a library's standing text for all of them.
        EditJoiningPack = "edit_joining_pack",
        /// See the joining pack of a placement.
        ReadJoiningPack = "read_joining_pack",
        /// See a library's standing text, the versions of a pack, and which packs are not complete.
        OverseeJoiningPacks = "oversee_joining_packs",
        /// Read the access needs of a visitor who comes.
        ReadAccessNeeds = "read_access_needs",
        /// See one's own access needs, and who has read them.
        ReadOwnNeeds = "read_own_needs",
        /// Take what is known of a person.
        ReadPersonalData = "read_personal_data",
        /// See all of one's own days, for professional registration.
        ReadRecord = "read_record",
        /// Make a person a pseudonym.
        ErasePerson = "erase_person",
        /// Take away what is over its time.
        ApplyRetention = "apply_retention",
        /// Seal anew what another key has sealed.
        Reseal = "reseal",
        /// Take everything out of the database, or into an empty one.
        MoveInstallation = "move_installation",
        /// Take the schedule of staff.
        ExportSchedule = "export_schedule",
        /// See which mails went, and which did not.
        ReadOutbox = "read_outbox",
        /// Send a mail again.
        ResendMail = "resend_mail",
        /// See who did what, and prove the chain of hashes over it.
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
        /// Make, renew or take back the calendars of a library or an employer.
        ManageFeeds = "manage_feeds",
        /// See which calendars of libraries and employers there are.
        ReadFeeds = "read_feeds",
        /// Register, renew, switch on or take away an employer's webhooks, and send a message again.
        ManageWebhooks = "manage_webhooks",
        /// See which webhooks an employer has, and what came of their messages.
        ReadWebhooks = "read_webhooks",
        /// Say what of an employer's schedule is delivered, when and whereto, take that back, and have it delivered now.
        ManageScheduleDeliveries = "manage_schedule_deliveries",
        /// See what is delivered of an employer's schedule, and what came of each dispatch.
        ReadScheduleDeliveries = "read_schedule_deliveries",
        /// Deliver schedules that are due.
        DispatchSchedule = "dispatch_schedule",
        /// Send webhooks that are due, and switch those off that fail.
        SendWebhooks = "send_webhooks",
        /// Render and send what is due.
        SendMail = "send_mail",
        /// Remind, ask deputies and for feedback, let proposals expire, take days as having been, and begin and complete
        /// rounds, each on its day.
        KeepDeadlines = "keep_deadlines",
        /// Chain the entries of the audit by their hashes.
        ChainAudit = "chain_audit",
        /// Make what anybody can re-prove a published run by.
        ProveRun = "prove_run",
    }
}

/// What an action does to what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing but who has read: of access needs, of what is known of a person and of files with people in them the audit
    /// has an entry, of other readings none.
    Reads,
    /// Something: whatever it changes, it leaves an audit entry.
    Changes,
    /// What an entry tells already is carried on, without another one: a mail leaves, an entry is chained.
    CarriesOn,
}

impl Action {
    /// Whether somebody's deputy does it as well: not what would outlast the deputyship, hand it on, or choose for the person.
    pub const fn is_done_by_deputies(self) -> bool {
        !matches!(
            self,
            Self::ManageTokens
                | Self::ManageGrants
                | Self::ManageFeeds
                | Self::ManageWebhooks
                | Self::ManageScheduleDeliveries
                | Self::NameDeputy
                | Self::ChooseCalendar
                | Self::ChooseMails
        )
    }

    /// What it does to what is stored.
    pub const fn effect(self) -> Effect {
        match self {
            Self::ReadTokens
            | Self::ReadGrants
            | Self::ReadEmployers
            | Self::ReadHrDigest
            | Self::ReadLibraries
            | Self::ReadCalendars
            | Self::ReadRound
            | Self::ReadDraft
            | Self::ReadHosting
            | Self::ReadCover
            | Self::ReadApplication
            | Self::ReadRelease
            | Self::ReadLocks
            | Self::ReadRuns
            | Self::ReadRunFiles
            | Self::VerifyRun
            | Self::ReadOutlook
            | Self::ReadExplanation
            | Self::ReadRepairs
            | Self::ReadSwaps
            | Self::ReadRefills
            | Self::PreviewPublication
            | Self::ReadHeldMails
            | Self::ReadPlacement
            | Self::CheckCertificate
            | Self::ReadFeedback
            | Self::ReadIdeas
            | Self::ReadJoiningPack
            | Self::OverseeJoiningPacks
            | Self::ReadAccessNeeds
            | Self::ReadOwnNeeds
            | Self::ReadPersonalData
            | Self::ReadRecord
            | Self::ExportSchedule
            | Self::ReadOutbox
            | Self::ReadAudit
            | Self::ReadTasks
            | Self::ReadTrace
            | Self::OpenLink
            | Self::ReadFeeds
            | Self::ReadWebhooks
            | Self::ReadScheduleDeliveries => Effect::Reads,
            Self::ManageTokens
            | Self::ManageGrants
            | Self::SignIn
            | Self::NameDeputy
            | Self::EditEmployer
            | Self::EditLibrary
            | Self::EditStaff
            | Self::EditHistory
            | Self::MapColumns
            | Self::EditCalendar
            | Self::CreateRound
            | Self::SteerRound
            | Self::OfferHosting
            | Self::SignUp
            | Self::VerifyAddress
            | Self::WithdrawApplication
            | Self::ConfirmManager
            | Self::DecideRelease
            | Self::FixPlacements
            | Self::Match
            | Self::EditSchedule
            | Self::Repair
            | Self::AskForSwap
            | Self::Exchange
            | Self::CallOffSwap
            | Self::Refill
            | Self::AnswerOffer
            | Self::Publish
            | Self::WithdrawPublication
            | Self::EditMails
            | Self::AnswerAsParticipant
            | Self::AnswerAsHost
            | Self::AnswerAsManager
            | Self::ReschedulePlacement
            | Self::CancelPlacement
            | Self::CallInIll
            | Self::RecordAttendance
            | Self::IssueCertificate
            | Self::GiveFeedback
            | Self::GiveIdea
            | Self::TryIdea
            | Self::AskHost
            | Self::ReportImpact
            | Self::HideIdea
            | Self::EditJoiningPack
            | Self::ResendMail
            | Self::TakeMail
            | Self::ChooseCalendar
            | Self::ChooseMails
            | Self::ManageFeeds
            | Self::ManageWebhooks
            | Self::SendWebhooks
            | Self::ManageScheduleDeliveries
            | Self::DispatchSchedule
            | Self::ErasePerson
            | Self::ApplyRetention
            | Self::Reseal
            | Self::KeepDeadlines
            | Self::ProveRun => Effect::Changes,
            Self::SendMail | Self::ChainAudit | Self::MoveInstallation => Effect::CarriesOn,
        }
    }
}
