//! iCalendar text (RFC 5545, 5546): invitations and subscribed calendars as bytes. Never sends, never stores, never reads a clock.
//!
//! Written by a small emitter of our own. `calcard` 0.3.14 was tried first: its output is byte-stable, but it writes
//! `\"` into quoted parameters and `\,` into URIs, which RFC 5545 does not know, keeps control characters, and puts an
//! undated extra observance into every VTIMEZONE, which confuses Outlook. The `icalendar` crate writes
//! UID and DTSTAMP into VTIMEZONE and VALARM, with a random UID at every call.
//!
//! The same invitation always gives the same bytes; there is never a floating time and never an access need.

mod event;
mod invitation;
mod text;
mod timetable;
mod zone;

pub use invitation::write;
pub use timetable::write_timetable;
