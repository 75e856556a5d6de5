//! One invitation as a whole VCALENDAR: the table of docs/mail.md, "Invitations", in code.

use chrono::NaiveDateTime;

use super::text::{Lines, quoted, uri};
use super::zone;
use crate::domain::letter::{EventStatus, Invitation, Method};

/// Writes an invitation (RFC 5546 REQUEST or CANCEL) for its one recipient.
pub fn write(invitation: &Invitation) -> String {
    let mut lines = Lines::default();
    let starts = invitation.date.and_time(invitation.starts);
    let ends = invitation.date.and_time(invitation.ends);
    lines.push("BEGIN", "VCALENDAR");
    lines.push("VERSION", "2.0");
    lines.push("PRODID", "-//library-swap//library-swap//EN");
    lines.push("CALSCALE", "GREGORIAN");
    lines.push("METHOD", invitation.status.method().as_str());
    if !zone::is_utc(invitation.time_zone) {
        zone::write(&mut lines, invitation.time_zone, starts);
    }
    lines.push("BEGIN", "VEVENT");
    lines.text("UID", &invitation.uid);
    lines.push("SEQUENCE", &invitation.sequence.to_string());
    lines.push("DTSTAMP", &invitation.dtstamp.format("%Y%m%dT%H%M%SZ").to_string());
    moment(&mut lines, "DTSTART", invitation, starts);
    moment(&mut lines, "DTEND", invitation, ends);
    lines.text("SUMMARY", &invitation.summary);
    if !invitation.description.is_empty() {
        lines.text("DESCRIPTION", &invitation.description);
    }
    if let Some(location) = &invitation.location {
        lines.text("LOCATION", &location.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    if let Some((latitude, longitude)) = invitation.point {
        // Six decimals are a tenth of a metre, and as many as RFC 5545, 3.8.1.6 asks for.
        lines.push("GEO", &format!("{latitude:.6};{longitude:.6}"));
    }
    lines.push("URL", &uri(&invitation.url));
    lines.push("STATUS", invitation.status.as_str());
    lines.push("CLASS", "PRIVATE");
    lines.push("TRANSP", "OPAQUE");
    people(&mut lines, invitation);
    alarm(&mut lines, invitation);
    lines.push("END", "VEVENT");
    lines.push("END", "VCALENDAR");
    lines.into_text()
}

fn moment(lines: &mut Lines, name: &str, invitation: &Invitation, local: NaiveDateTime) {
    let digits = local.format("%Y%m%dT%H%M%S");
    if zone::is_utc(invitation.time_zone) {
        lines.push(name, &format!("{digits}Z"));
    } else {
        lines.push(&format!("{name};TZID={}", invitation.time_zone.name()), &digits.to_string());
    }
}

/// The service's mailbox as organiser and the one recipient as attendee: nobody's address is told to anybody else.
fn people(lines: &mut Lines, invitation: &Invitation) {
    let organiser = quoted(&invitation.organiser_name);
    lines.push(
        &format!("ORGANIZER;CN={organiser}"),
        &format!("mailto:{}", uri(&invitation.organiser_address)),
    );
    let answer = match invitation.status {
        EventStatus::Tentative => ";PARTSTAT=NEEDS-ACTION;RSVP=TRUE",
        // The answer was given on the service's own page: the calendar is told, not asked.
        EventStatus::Confirmed => ";PARTSTAT=ACCEPTED;RSVP=FALSE",
        EventStatus::Cancelled => "",
    };
    // Without a name programs show the CN they are given, so the address stands there.
    let name = quoted(invitation.attendee_name.as_deref().unwrap_or(&invitation.attendee_address));
    lines.push(
        &format!("ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT{answer};CN={name}"),
        &format!("mailto:{}", uri(&invitation.attendee_address)),
    );
}

/// A reminder on the afternoon before.
fn alarm(lines: &mut Lines, invitation: &Invitation) {
    match invitation.status.method() {
        Method::Request => {
            lines.push("BEGIN", "VALARM");
            lines.push("ACTION", "DISPLAY");
            lines.text("DESCRIPTION", &invitation.summary);
            lines.push("TRIGGER", "-PT18H");
            lines.push("END", "VALARM");
        }
        Method::Cancel => {}
    }
}
