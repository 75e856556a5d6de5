//! iCalendar text (RFC 5545, 5546): invitations as bytes. Never sends, never stores, never reads a clock.
