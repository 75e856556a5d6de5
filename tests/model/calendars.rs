//! People's calendars, as the invitations in the mails that went out leave them.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime};
use library_swap::domain::letter::{Invitation, Letter, Method};
use library_swap::domain::notice::NoticeState;

use crate::facts::Model;

type Day = (NaiveDate, NaiveTime, NaiveTime);

#[derive(Debug, Default)]
pub struct Calendars {
    /// Rendered invitations, by the key of their mail: every attempt takes the same one.
    rendered: BTreeMap<String, Invitation>,
    /// By address and UID: SEQUENCE, and the day, unless it is off.
    events: BTreeMap<(String, String), (i64, Option<Day>)>,
}

impl Calendars {
    pub fn prepared(&mut self, key: &str, letter: &Letter) {
        if let Some(invitation) = letter.invitation.clone() {
            assert_eq!(
                invitation.attendee_address, letter.to_address,
                "an invitation of somebody else: {key}"
            );
            self.rendered.insert(key.to_owned(), invitation);
        }
    }

    /// A mail arrives: what is older than what the calendar knows changes nothing.
    pub fn arrived(&mut self, key: &str) {
        let Some(invitation) = self.rendered.get(key) else { return };
        let name = (invitation.attendee_address.clone(), invitation.uid.clone());
        if self.events.get(&name).is_some_and(|(known, _)| *known >= invitation.sequence) {
            return;
        }
        let day = (invitation.date, invitation.starts, invitation.ends);
        let day = (invitation.status.method() == Method::Request).then_some(day);
        self.events.insert(name, (invitation.sequence, day));
    }

    /// Where a calendar has not exactly the days to come that stand, of those to whom no mail is on its way. What a question
    /// how it was has overtaken is past.
    pub fn differences(&self, model: &Model) -> Vec<String> {
        let today = model.today();
        let mut expected: BTreeMap<String, Vec<Day>> = BTreeMap::new();
        for (at, place) in
            model.placements.iter().enumerate().filter(|(_, place)| place.is_live() && place.date > today)
        {
            let day = (place.date, place.times.0, place.times.1);
            for address in [model.person_of(place.application).email.clone(), model.receives(at)] {
                expected.entry(address).or_default().push(day);
            }
        }
        let mut found: BTreeMap<String, Vec<Day>> = BTreeMap::new();
        for ((address, _), (_, day)) in &self.events {
            found.entry(address.clone()).or_default().extend(day.filter(|day| day.0 > today));
        }
        // What was thrown away or could not be delivered is in no calendar.
        for one in &model.notices {
            if !matches!(one.state, NoticeState::Sent | NoticeState::Digested | NoticeState::Superseded) {
                expected.remove(&one.to);
                found.remove(&one.to);
            }
        }
        let mut wrong = Vec::new();
        for address in expected.keys().chain(found.keys().filter(|address| !expected.contains_key(*address)))
        {
            let sorted = |days: &BTreeMap<String, Vec<Day>>| {
                let mut days = days.get(address).cloned().unwrap_or_default();
                days.sort_unstable();
                days
            };
            let (is, should) = (sorted(&found), sorted(&expected));
            if is != should {
                wrong.push(format!("calendar of {address}: {is:?}, and what stands is {should:?}"));
            }
        }
        wrong
    }
}
