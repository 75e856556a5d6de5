//! The states of rounds, applications, placements, runs and consents, and their stable names in tables and JSON.

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in the order of the life cycle.
            #[allow(dead_code, reason = "not every list is walked")]
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name in tables, JSON and mails' keys.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::fault::Rule;

            fn from_str(text: &str) -> Result<Self, $crate::domain::fault::Rule> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    other => Err($crate::domain::fault::Rule::new(format!(
                        "must be one of {}{}",
                        [$($text),+].join(", "),
                        $crate::domain::fault::maybe(other, [$($text),+]),
                    ))),
                }
            }
        }
    };
}
pub(crate) use named;

named! {
    /// A round, from draft to archive.
    RoundState {
        /// Being prepared; nobody but the organisers sees it.
        Draft = "draft",
        /// People sign up, managers release them, libraries offer places.
        Open = "open",
        /// Sign-up has ended and the rules are frozen.
        Closed = "closed",
        /// A verified schedule exists.
        Matched = "matched",
        /// Proposals are out.
        Published = "published",
        /// Placement days have begun.
        Running = "running",
        /// The last placement day is over.
        Completed = "completed",
        /// Put away.
        Archived = "archived",
        /// Called off.
        Cancelled = "cancelled",
    }
}

named! {
    /// An application, from sign-up to its place.
    ApplicationState {
        /// Received; the e-mail address is not proven.
        Submitted = "submitted",
        /// The address is proven; the manager has not answered.
        Verified = "verified",
        /// The manager said yes to some or all dates.
        Released = "released",
        /// The manager said no.
        Refused = "refused",
        /// Has a placement.
        Placed = "placed",
        /// Has none.
        Unplaced = "unplaced",
        /// Taken back by the participant.
        Withdrawn = "withdrawn",
    }
}

named! {
    /// Why the manager's address may be written to.
    ManagerTrust {
        /// In the employer's directory, under one of its domains, or named for this person by its list of staff.
        Believed = "believed",
        /// Nothing vouches for it; the library's administrator has to confirm it.
        ToConfirm = "to_confirm",
        /// Confirmed by the library's administrator.
        Confirmed = "confirmed",
        /// Rejected by the library's administrator.
        Rejected = "rejected",
    }
}

named! {
    /// A placement.
    PlacementState {
        /// Published; not everybody has said yes.
        Proposed = "proposed",
        /// Everybody has said yes.
        Confirmed = "confirmed",
        /// The day has been.
        Completed = "completed",
        /// Somebody said no.
        Declined = "declined",
        /// Called off after publication.
        Cancelled = "cancelled",
        /// Not answered in time.
        Expired = "expired",
        /// Confirmed, but the day did not happen.
        DidNotTakePlace = "did_not_take_place",
    }
}

impl PlacementState {
    /// The states of the days that employers book: agreed, or been.
    pub const IN_SCHEDULES: &'static [Self] = &[PlacementState::Confirmed, PlacementState::Completed];

    /// Whether the placement stands, so that it uses up places and days.
    pub const fn is_live(self) -> bool {
        match self {
            PlacementState::Proposed | PlacementState::Confirmed | PlacementState::Completed => true,
            PlacementState::Declined
            | PlacementState::Cancelled
            | PlacementState::Expired
            | PlacementState::DidNotTakePlace => false,
        }
    }

    /// Whether everybody had said yes and nothing undid it before its day.
    pub const fn is_agreed(self) -> bool {
        match self {
            PlacementState::Confirmed | PlacementState::Completed | PlacementState::DidNotTakePlace => true,
            PlacementState::Proposed
            | PlacementState::Declined
            | PlacementState::Cancelled
            | PlacementState::Expired => false,
        }
    }

    /// Whether it has ended before anything could come of its day.
    pub const fn has_ended(self) -> bool {
        match self {
            PlacementState::Declined | PlacementState::Cancelled | PlacementState::Expired => true,
            PlacementState::Proposed
            | PlacementState::Confirmed
            | PlacementState::Completed
            | PlacementState::DidNotTakePlace => false,
        }
    }
}

named! {
    /// One party's answer.
    Answer {
        /// Not given yet.
        Pending = "pending",
        /// Agreed.
        Yes = "yes",
        /// Refused.
        No = "no",
    }
}

named! {
    /// What a host offered instead of a no.
    AlternativeState {
        /// Waits for the participant.
        Offered = "offered",
        /// The participant took it.
        Taken = "taken",
        /// The participant did not.
        Refused = "refused",
        /// The placement ended before an answer.
        Lapsed = "lapsed",
    }
}

named! {
    /// A swap that participants ask for.
    SwapState {
        /// The other participants are asked.
        Asked = "asked",
        /// Every participant has said yes; hosts and managers are asked.
        Agreed = "agreed",
        /// The placements were exchanged.
        Done = "done",
        /// Somebody said no.
        Refused = "refused",
        /// Not everybody answered in time.
        Expired = "expired",
        /// A placement of it has ended or moved, or the rules do not allow it any more.
        Overtaken = "overtaken",
        /// The organisers called it off.
        Cancelled = "cancelled",
    }
}

named! {
    /// A place that fell empty and is offered to reserves, one after another.
    RefillState {
        /// Somebody is asked, or will be.
        Running = "running",
        /// Somebody took it.
        Filled = "filled",
        /// Nobody is left to be asked.
        NobodyLeft = "nobody_left",
        /// The day is too near.
        OutOfTime = "out_of_time",
        /// An organiser ended it.
        Stopped = "stopped",
        /// There is no such place any more.
        Overtaken = "overtaken",
    }
}

named! {
    /// The offer of a place to a reserve.
    ReserveOfferState {
        /// Waits for an answer; the place is held.
        Open = "open",
        /// The reserve took it.
        Accepted = "accepted",
        /// The reserve did not.
        Declined = "declined",
        /// Not answered in time.
        Expired = "expired",
        /// The place or the reserve was not to be had any more.
        Overtaken = "overtaken",
    }
}

named! {
    /// A matching run.
    RunState {
        /// Waits for a solver.
        Queued = "queued",
        /// Is being solved.
        Solving = "solving",
        /// Has a verified schedule.
        Finished = "finished",
        /// Ended without one.
        Failed = "failed",
        /// Called off before it had one.
        Cancelled = "cancelled",
        /// Its schedule was published.
        Published = "published",
    }
}

named! {
    /// How a run's schedule comes about.
    RunKind {
        /// By the solver.
        Solved = "solved",
        /// By the solver, under other rules than the round's: to be compared, never published.
        WhatIf = "what_if",
        /// By hand, from another run's.
        Edited = "edited",
        /// By a repair of what was published.
        Repaired = "repaired",
    }
}

named! {
    /// Whether a library takes part at all.
    LibraryStatus {
        /// In use.
        Open = "open",
        /// Closed for good.
        Closed = "closed",
    }
}
