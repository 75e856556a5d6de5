//! One invitation as a whole VCALENDAR: the table of docs/mail.md, "Invitations", in code.

use super::event::{self, Event};
use super::text::{Lines, quoted, uri};
use super::zone;
use crate::domain::letter::{EventStatus, Invitation, InvitationForm, Method};

/// Writes an invitation (RFC 5546 REQUEST or CANCEL, or a plain event without METHOD) for its one recipient.
pub fn write(invitation: &Invitation) -> String {
    let mut lines = Lines::default();
    event::head(&mut lines, invitation.method());
    if event::needs_zone(invitation.time_zone, invitation.form.zone) {
        let starts = invitation.date.and_time(invitation.starts);
        zone::write(&mut lines, invitation.time_zone.name(), &invitation.time_zone, starts, starts);
    }
    event_of(invitation).begin(&mut lines);
    match invitation.form.invitations {
        InvitationForm::Request => people(&mut lines, invitation),
        InvitationForm::Publish => {}
    }
    alarm(&mut lines, invitation);
    lines.push("END", "VEVENT");
    lines.push("END", "VCALENDAR");
    lines.into_text()
}

fn event_of(invitation: &Invitation) -> Event<'_> {
    Event {
        uid: &invitation.uid,
        sequence: invitation.sequence,
        dtstamp: invitation.dtstamp,
        date: invitation.date,
        starts: invitation.starts,
        ends: invitation.ends,
        time_zone: invitation.time_zone,
        summary: &invitation.summary,
        description: &invitation.description,
        location: invitation.location.as_deref(),
        point: invitation.point,
        url: &invitation.url,
        status: invitation.status,
        is_busy: true,
        zone_form: invitation.form.zone,
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
