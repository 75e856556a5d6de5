//! Mails that come in: answers from calendars, forged, late and twice; holiday notices; mails that came back.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use library_swap::domain::letter::{Invitation, Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::return_path::return_path;
use library_swap::domain::told::Told;
use serde_json::{Value, json};

use crate::hostile_mails::{self, Fate};
use crate::support::{Client, Reply, Service, for_each_service, row_counts};
use crate::world::{World, secret_of};

/// A programme with one proposed placement, and a mail server.
struct Desk<'a> {
    world: World<'a>,
    placement: String,
    mails: Vec<Letter>,
    server: Client,
}

/// A calendar's answer, to be changed.
struct Answer {
    method: &'static str,
    said: &'static str,
    from: String,
    attendee: String,
    uid: String,
    sequence: i64,
    stamp: &'static str,
    id: String,
    head: String,
    /// More lines of the event.
    more: &'static str,
}

impl Answer {
    fn to(invitation: &Invitation, said: &'static str) -> Self {
        let domain = invitation.attendee_address.split('@').nth(1).expect("a domain");
        Self {
            method: "REPLY",
            said,
            from: invitation.attendee_address.clone(),
            attendee: invitation.attendee_address.clone(),
            uid: invitation.uid.clone(),
            sequence: invitation.sequence,
            stamp: "20270104T090000Z",
            id: "1@mail.example".to_owned(),
            head: format!("Authentication-Results: mx.exchange.example; dkim=pass header.d={domain}\r\n"),
            more: "",
        }
    }

    fn mail(&self) -> String {
        let Self { method, said, from, attendee, uid, sequence, stamp, id, head, more } = self;
        format!(
            "{head}From: {from}\r\nTo: exchange@exchange.example\r\nMessage-ID: <{id}>\r\nSubject: An answer\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\
             Content-Type: text/plain\r\n\r\nAnswered.\r\n--b\r\n\
             Content-Type: text/calendar; method={method}; charset=UTF-8\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\n\
             PRODID:-//x//EN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:{stamp}\r\nSEQUENCE:{sequence}\r\n\
             ATTENDEE;PARTSTAT={said}:mailto:{attendee}\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n--b--\r\n"
        )
    }
}

impl<'a> Desk<'a> {
    fn new(service: &'a Service) -> Self {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let mails = world.mails();
        let server = world.token("mail_server", None);
        Self { world, placement, mails, server }
    }

    fn invited(&self, party: Party) -> &Invitation {
        let mut to_party = self.mails.iter().filter(|letter| letter.party == party);
        to_party.find_map(|letter| letter.invitation.as_ref()).expect("an invitation")
    }

    fn send(&self, mail: &str) -> Reply {
        self.server.send("POST", "/v1/inbound", &[("content-type", "message/rfc822")], mail.as_bytes())
    }

    /// Brings a mail in; says what came of it.
    fn bring(&self, mail: &str) -> String {
        let taken = self.send(mail).expect(200);
        assert_eq!(taken["is_repeated"], false, "{taken}");
        format!(
            "{}: {}",
            taken["kind"].as_str().expect("a kind"),
            taken["outcome"].as_str().expect("an outcome")
        )
    }

    fn seen(&self) -> Value {
        self.world.organiser.get(&format!("/v1/placements/{}", self.placement)).expect(200)
    }

    fn consent(&self, party: &str) -> String {
        let seen = self.seen();
        let consents = seen["consents"].as_array().expect("consents").clone();
        let own = consents.iter().find(|consent| consent["party"] == party).expect("asked").clone();
        format!("{} {}", own["answer"].as_str().expect("an answer"), own["channel"].as_str().unwrap_or("-"))
    }

    /// What is mailed, as kind and address.
    fn mailed(&self) -> Vec<String> {
        let mut mailed: Vec<String> = self
            .world
            .mails()
            .iter()
            .map(|letter| format!("{} {}", letter.kind, letter.to_address))
            .collect();
        mailed.sort();
        mailed
    }
}

#[test]
fn an_answer_from_a_calendar_counts_like_one_on_the_page_and_once() {
    for_each_service(|service| {
        let desk = Desk::new(service);
        let yes = Answer::to(desk.invited(Party::Participant), "ACCEPTED");
        assert_eq!(desk.bring(&yes.mail()), "accepted: answered");
        assert_eq!(desk.consent("participant"), "yes mail");
        assert_eq!(desk.seen()["state"], "proposed");
        let rows = row_counts(&service.app);
        // The same mail, and the same by another way.
        for again in [yes.mail(), format!("Received: from elsewhere\r\n{}", yes.mail())] {
            let taken = desk.send(&again).expect(200);
            assert_eq!((&taken["is_repeated"], &taken["outcome"]), (&json!(true), &json!("answered")));
        }
        assert_eq!(row_counts(&service.app), rows);
        // Pressed once more: another mail, the same answer.
        assert_eq!(
            desk.bring(&Answer { id: "2@mail.example".to_owned(), ..yes }.mail()),
            "accepted: repeated"
        );
        let host = Answer::to(desk.invited(Party::Host), "ACCEPTED");
        assert_eq!(desk.bring(&host.mail()), "accepted: answered");
        assert_eq!(desk.seen()["state"], "confirmed");
        assert_eq!(
            desk.mailed(),
            [
                "confirmed ann@council.example",
                "confirmed desk@campus.example",
                "confirmed head@council.example"
            ]
        );
        let trace = desk.world.organiser.get(&format!("/v1/placements/{}/trace", desk.placement)).expect(200);
        assert!(!trace.to_string().contains("\"ok\":false"), "{trace}");
    });
}

#[test]
fn a_no_after_the_yes_of_an_earlier_sequence_counts_while_the_day_is_the_same() {
    for_each_service(|service| {
        let desk = Desk::new(service);
        for (party, id) in [(Party::Participant, "1@mail.example"), (Party::Host, "2@mail.example")] {
            let yes = Answer { id: id.to_owned(), ..Answer::to(desk.invited(party), "ACCEPTED") };
            assert_eq!(desk.bring(&yes.mail()), "accepted: answered");
        }
        desk.world.mails();
        // The confirmation has raised SEQUENCE; the day is the one of the proposal.
        let no = Answer {
            id: "3@mail.example".to_owned(),
            stamp: "20270104T090001Z",
            ..Answer::to(desk.invited(Party::Participant), "DECLINED")
        };
        assert_eq!(desk.bring(&no.mail()), "declined: answered");
        assert_eq!(desk.seen()["state"], "declined");
        assert!(desk.mailed().contains(&"cancelled desk@campus.example".to_owned()));
        // Nothing stands any more: neither an answer nor a link.
        let yes = Answer { said: "ACCEPTED", id: "4@mail.example".to_owned(), ..no };
        assert_eq!(desk.bring(&yes.mail()), "accepted: refused");
        assert_eq!(desk.mailed(), Vec::<String>::new());
    });
}

#[test]
fn an_answer_to_times_that_have_changed_gets_the_page() {
    for_each_service(|service| {
        let desk = Desk::new(service);
        let times = json!({ "starts": "10:00", "ends": "16:00" });
        desk.world.organiser.put(&format!("/v1/placements/{}/times", desk.placement), &times).expect(200);
        let changed = desk.world.mails();
        let yes = Answer::to(desk.invited(Party::Participant), "ACCEPTED");
        assert_eq!(desk.bring(&yes.mail()), "accepted: out_of_date");
        assert_eq!(desk.consent("participant"), "pending -");
        let mails = desk.world.mails();
        let secret = secret_of(&mails, NoticeKind::ConfirmReply, Party::Participant);
        assert_eq!(mails.len(), 1);
        let page = service.anyone().get(&format!("/v1/links/{secret}")).expect(200);
        assert!(page["deeds"].to_string().contains("accept"), "{page}");
        // The one that was sent since counts; one from the future does not.
        let newest = changed.iter().find(|letter| letter.party == Party::Participant).expect("a mail");
        let invitation = newest.invitation.as_ref().expect("an invitation");
        let yes = Answer { id: "2@mail.example".to_owned(), ..Answer::to(invitation, "ACCEPTED") };
        let ahead = Answer {
            id: "3@mail.example".to_owned(),
            sequence: invitation.sequence + 1,
            ..Answer::to(invitation, "ACCEPTED")
        };
        assert_eq!(desk.bring(&ahead.mail()), "accepted: out_of_date");
        assert_eq!(desk.bring(&yes.mail()), "accepted: answered");
    });
}

#[test]
fn a_forged_answer_changes_nothing_and_only_the_invited_hears_of_it_once_a_day() {
    for_each_service(|service| {
        let desk = Desk::new(service);
        let own = || Answer::to(desk.invited(Party::Participant), "DECLINED");
        let head = |text: &str| format!("{text}\r\n");
        let forged = [
            (Answer { head: String::new(), ..own() }, "unproven"),
            (
                Answer {
                    head: head("Authentication-Results: mx.evil.example; dkim=pass header.d=council.example"),
                    ..own()
                },
                "unproven",
            ),
            (
                Answer {
                    head: head(
                        "Authentication-Results: mx.exchange.example; dkim=pass header.d=evil.example",
                    ),
                    ..own()
                },
                "unproven",
            ),
            (
                Answer {
                    head: head(
                        "Authentication-Results: mx.exchange.example; dkim=fail header.d=council.example",
                    ),
                    ..own()
                },
                "unproven",
            ),
            (Answer { from: "eve@council.example".to_owned(), ..own() }, "wrong_address"),
            (Answer { attendee: "eve@council.example".to_owned(), ..own() }, "wrong_address"),
        ];
        for (n, (answer, outcome)) in forged.into_iter().enumerate() {
            let answer = Answer { id: format!("forged-{n}@mail.example"), ..answer };
            assert_eq!(desk.bring(&answer.mail()), format!("declined: {outcome}"));
        }
        assert_eq!(desk.consent("participant"), "pending -");
        assert_eq!(desk.mailed(), ["confirm_reply ann@council.example"]);
        // Six days of it: five mails in all, and then no more.
        for day in 5..12 {
            service.set_clock(&format!("2027-01-{day:02}T10:00:00Z"));
            let id = format!("{day}@mail.example");
            assert_eq!(desk.bring(&Answer { id, head: String::new(), ..own() }.mail()), "declined: unproven");
        }
        let sent = desk.world.organiser.get("/v1/deliveries?limit=200").expect(200);
        let sent = sent["data"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|one| one["kind"] == "confirm_reply")
            .count();
        assert_eq!(sent, 5);
        // The true one is not locked out by a forged one with its Message-ID.
        assert_eq!(desk.bring(&own().mail()), "declined: answered");
    });
}

#[test]
fn what_is_neither_yes_nor_no_gets_the_page_and_a_program_gets_nothing() {
    for_each_service(|service| {
        let desk = Desk::new(service);
        let own = |said| Answer::to(desk.invited(Party::Host), said);
        let away =
            Answer { head: format!("Auto-Submitted: auto-replied\r\n{}", own("x").head), ..own("TENTATIVE") };
        assert_eq!(desk.bring(&away.mail()), "tentative: undecided");
        assert_eq!(desk.mailed(), Vec::<String>::new());
        assert_eq!(
            desk.bring(&Answer { id: "2@mail.example".to_owned(), ..own("TENTATIVE") }.mail()),
            "tentative: undecided"
        );
        assert_eq!(desk.mailed(), ["confirm_reply desk@campus.example"]);
        service.set_clock("2027-01-06T09:00:00Z");
        let counter = Answer { id: "3@mail.example".to_owned(), method: "COUNTER", ..own("TENTATIVE") };
        assert_eq!(desk.bring(&counter.mail()), "counter: passed_on");
        let mails = desk.world.mails();
        let letter = mails.iter().find(|letter| letter.kind == NoticeKind::ConfirmReply).expect("a mail");
        assert_eq!(letter.reason, Some(Told::CalendarProposesTime));
        // A holiday notice in answer to any of ours.
        let id = &desk.mails[0].message_id;
        let notice = |head: &str| {
            format!(
                "{head}From: {}\r\nIn-Reply-To: {id}\r\nMessage-ID: <4@mail.example>\r\n\r\nI am away.\r\n",
                desk.mails[0].to_address
            )
        };
        service.set_clock("2027-01-08T09:00:00Z");
        assert_eq!(desk.bring(&notice("Auto-Submitted: auto-replied\r\n")), "auto_reply: ignored");
        assert_eq!(desk.mailed(), Vec::<String>::new());
        assert_eq!(desk.bring(&notice("")), "words: not_understood");
        assert_eq!(desk.mailed(), [format!("confirm_reply {}", desk.mails[0].to_address)]);
        assert_eq!(desk.bring("From: a@x.example\r\n\r\nbuy\r\n"), "words: unknown");
        assert_eq!(
            desk.bring(&Answer { uid: "foreign".to_owned(), ..own("ACCEPTED") }.mail()),
            "accepted: unknown"
        );
        assert_eq!(desk.consent("host"), "pending -");
    });
}

#[test]
fn an_older_answer_never_overtakes_a_newer_one() {
    for_each_service(|service| {
        let desk = Desk::new(service);
        let secret = secret_of(&desk.mails, NoticeKind::Proposal, Party::Participant);
        service.set_clock("2027-01-04T12:00:00Z");
        let yes = json!({ "deed": "accept", "version": 0 });
        service.anyone().post(&format!("/v1/links/{secret}"), &yes).expect(200);
        // Pressed in the morning, and on its way for hours.
        let no = || Answer::to(desk.invited(Party::Participant), "DECLINED");
        assert_eq!(desk.bring(&Answer { stamp: "20270104T110000Z", ..no() }.mail()), "declined: late");
        assert_eq!(desk.consent("participant"), "yes link");
        assert_eq!(desk.mailed(), ["confirm_reply ann@council.example"]);
        // A clock that goes wrong does not lock out what is said next.
        let yes =
            Answer { stamp: "20990101T000000Z", said: "ACCEPTED", id: "2@mail.example".to_owned(), ..no() };
        assert_eq!(desk.bring(&yes.mail()), "accepted: repeated");
        let earlier = Answer { stamp: "20270104T115959Z", id: "3@mail.example".to_owned(), ..no() };
        assert_eq!(desk.bring(&earlier.mail()), "declined: late");
        service.set_clock("2027-01-04T12:30:00Z");
        let later = Answer { stamp: "20270104T121000Z", id: "4@mail.example".to_owned(), ..no() };
        assert_eq!(desk.bring(&later.mail()), "declined: answered");
    });
}

/// A report of a mail server about a mail.
fn report(action: &str, status: &str, message_id: &str, id: &str) -> String {
    format!(
        "From: MAILER-DAEMON@x.example\r\nReturn-Path: <>\r\nMessage-ID: <{id}>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNot delivered.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x.example\r\n\r\n\
         Final-Recipient: rfc822; ann@council.example\r\nAction: {action}\r\nStatus: {status}\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\nSubject: x\r\n\r\n--b--\r\n"
    )
}

#[test]
fn a_mail_that_came_back_is_marked_and_the_organisers_are_told() {
    for_each_service(|service| {
        let desk = Desk::new(service);
        let to_participant =
            desk.mails.iter().find(|letter| letter.party == Party::Participant).expect("a mail");
        let id = &to_participant.message_id;
        assert_eq!(desk.bring(&report("delayed", "4.4.7", id, "1@x")), "delay: noted");
        let looks = || {
            let tasks = desk.world.organiser.get("/v1/me/tasks?limit=200").expect(200);
            tasks["data"]
                .as_array()
                .expect("a list")
                .iter()
                .filter(|task| task["kind"] == "look_at_mail")
                .count()
        };
        assert_eq!(looks(), 0);
        assert_eq!(desk.bring(&report("failed", "5.1.1", id, "2@x")), "bounce: bounced");
        assert_eq!(desk.bring(&report("failed", "5.1.1", "<nobody@x.example>", "3@x")), "bounce: unknown");
        assert_eq!(looks(), 1);
        let counts = desk.world.organiser.get("/v1/deliveries/counts").expect(200);
        assert_eq!(counts["bounced"], 1, "{counts}");
        let all = desk.world.organiser.get("/v1/inbound").expect(200);
        let mut told: Vec<&str> = all["data"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|mail| mail["detail"].as_str())
            .collect();
        told.sort_unstable();
        assert_eq!(told, ["4.4.7", "5.1.1"]);
        assert!(!all.to_string().contains("council.example"), "{all}");
        assert_eq!(desk.mailed(), Vec::<String>::new());
    });
}

/// The return path of a mail: the organisers' mailbox, with the mail's id.
fn path_of(letter: &Letter) -> String {
    let id = letter.message_id.trim_start_matches('<').split('@').next().expect("an id");
    return_path("exchange@exchange.example", id.parse().expect("an id"))
}

#[test]
fn what_comes_to_a_return_path_is_about_its_mail_even_if_it_quotes_nothing() {
    for_each_service(|service| {
        let desk = Desk::new(service);
        let times = json!({ "starts": "10:00", "ends": "16:00" });
        desk.world.organiser.put(&format!("/v1/placements/{}/times", desk.placement), &times).expect(200);
        let changed = desk.world.mails();
        let (one, other, third) = (&desk.mails[0], &desk.mails[1], &changed[0]);
        // A report without the header of the mail.
        let bare = |path: &str, id: &str| {
            report("failed", "5.1.1", "", id)
                .replace("Return-Path: <>", &format!("Return-Path: <>\r\nTo: <{path}>"))
        };
        let state_of = |letter: &Letter| {
            let sent = desk.world.organiser.get("/v1/deliveries?limit=200").expect(200);
            let sent = sent["data"].as_array().expect("a list").clone();
            let own =
                sent.iter().find(|mail| letter.message_id.contains(mail["id"].as_str().expect("an id")));
            own.expect("sent")["state"].as_str().expect("a state").to_owned()
        };
        assert_eq!(desk.bring(&bare(&path_of(one), "1@x")), "bounce: bounced");
        assert_eq!((state_of(one).as_str(), state_of(other).as_str()), ("bounced", "sent"));
        // In words only, as mail servers wrote before RFC 3464, and some still do; brought by the envelope, in capitals.
        let words = |head: &str, path: &str, id: &str| {
            format!(
                "Envelope-To: {path}\r\nReturn-path: <>\r\nFrom: Mail Delivery System <Mailer-Daemon@mx.example>\r\n\
                 {head}To: somebody@else.example\r\nMessage-ID: <{id}>\r\nAuto-Submitted: auto-replied\r\n\r\n\
                 The following address failed:\r\n\r\n  ann@council.example\r\n    550 5.2.2 mailbox is full\r\n"
            )
        };
        let late = "Subject: Warning: message 1abc delayed 24 hours\r\n";
        let failed = "X-Failed-Recipients: ann@council.example\r\nSubject: Mail delivery failed\r\n";
        let path = path_of(other).to_uppercase();
        assert_eq!(desk.bring(&words(late, &path, "2@x")), "delay: noted");
        assert_eq!(state_of(other), "sent");
        assert_eq!(desk.bring(&words(failed, &path, "3@x")), "bounce: bounced");
        assert_eq!(state_of(other), "bounced");
        // The envelope's word counts before what a report quotes.
        let quoting = report("failed", "5.1.1", &one.message_id, "4@x");
        let quoting = quoting
            .replace("Return-Path: <>", &format!("Delivered-To: {}\r\nReturn-Path: <>", path_of(third)));
        assert_eq!(desk.bring(&quoting), "bounce: bounced");
        assert_eq!(state_of(third), "bounced");
        // A holiday notice to the return path is no bounce, and neither is what is sent to a return path of nothing.
        for head in ["Auto-Submitted: auto-replied\r\n", ""] {
            let away = format!(
                "{head}From: {}\r\nTo: {}\r\nMessage-ID: <away{}@x>\r\n\r\nI am away.\r\n",
                one.to_address,
                path_of(one),
                head.len()
            );
            assert!(desk.bring(&away).ends_with(": ignored"), "{away}");
        }
        let nobodys = "exchange+bounce-00000000000070008000000000000000@exchange.example";
        assert_eq!(desk.bring(&bare(nobodys, "5@x")), "bounce: unknown");
        let foreign = path_of(one).replace("exchange.example", "else.example");
        assert_eq!(desk.bring(&words(failed, &foreign, "6@x")), "bounce: unknown");
        let all = desk.world.organiser.get("/v1/inbound?limit=200").expect(200);
        let mut details: Vec<&str> = all["data"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|mail| mail["detail"].as_str())
            .collect();
        details.sort_unstable();
        assert_eq!(details, ["5.1.1", "5.1.1", "5.2.2", "5.2.2"]);
        assert_eq!(desk.mailed(), Vec::<String>::new());
    });
}

#[test]
fn another_time_that_a_calendar_proposes_is_a_task_until_it_is_answered() {
    for_each_service(|service| {
        let desk = Desk::new(service);
        let tasks = |client: &Client| {
            let tasks =
                client.get("/v1/me/tasks?limit=200").expect(200)["data"].as_array().expect("a list").clone();
            let times = tasks.into_iter().filter(|task| task["kind"] == "consider_times");
            times.collect::<Vec<Value>>()
        };
        let own =
            || Answer { method: "COUNTER", ..Answer::to(desk.invited(Party::Participant), "TENTATIVE") };
        let more = "DTSTART;TZID=Europe/London:20270302T100000\r\nDTEND;TZID=Europe/London:20270302T153000\r\n\
                    COMMENT:secret words\r\n";
        // Whoever forges one gives nobody work.
        let forged = Answer { head: String::new(), id: "0@mail.example".to_owned(), more, ..own() };
        assert_eq!(desk.bring(&forged.mail()), "counter: unproven");
        assert_eq!(tasks(&desk.world.organiser), Vec::<Value>::new());
        desk.world.mails();
        service.set_clock("2027-01-06T09:00:00Z");
        assert_eq!(desk.bring(&Answer { more, ..own() }.mail()), "counter: passed_on");
        assert_eq!(desk.consent("participant"), "pending -");
        let owed = tasks(&desk.world.organiser);
        assert_eq!(owed.len(), 1, "{owed:?}");
        let what = owed[0]["what"].as_str().expect("words");
        let times = "The participant's calendar proposes 2027-03-02 10:00 to 15:30 (Europe/London) instead of 09:00 to 17:00.";
        assert!(what.starts_with(times), "{what}");
        assert_eq!(owed[0]["url"], format!("/v1/placements/{}/times", desk.placement), "{owed:?}");
        // Whoever may change the times, and nobody else.
        for employer in [&desk.world.council, &desk.world.university] {
            assert_eq!(tasks(&desk.world.token("library_administrator", Some(employer))).len(), 1);
        }
        let other =
            json!({ "name": "Elsewhere", "domains": ["else.example"], "managers": ["head@else.example"] });
        let other = desk.world.organiser.post("/v1/employers", &other).expect(201);
        let other = desk.world.token("library_administrator", other["id"].as_str());
        assert_eq!(tasks(&other), Vec::<Value>::new());
        let mails = desk.world.mails();
        let letter = mails.iter().find(|letter| letter.kind == NoticeKind::ConfirmReply).expect("a mail");
        assert_eq!(letter.reason, Some(Told::CalendarProposesTime), "{letter:?}");
        let listed = desk.world.organiser.get("/v1/inbound").expect(200);
        assert_eq!(listed["data"][1]["proposed_starts_at"], "2027-03-02T10:00:00Z", "{listed}");
        assert!(!listed.to_string().contains("secret words"));
        // A later one takes its place; one without times says so.
        service.set_clock("2027-01-06T10:00:00Z");
        let later = Answer { id: "2@mail.example".to_owned(), ..own() };
        assert_eq!(desk.bring(&later.mail()), "counter: passed_on");
        let owed = tasks(&desk.world.organiser);
        assert_eq!(owed.len(), 1);
        assert!(owed[0]["what"].as_str().expect("words").contains("without saying which"), "{owed:?}");
        // An answer ends it.
        service.set_clock("2027-01-07T09:00:00Z");
        let yes = Answer {
            id: "3@mail.example".to_owned(),
            stamp: "20270107T080000Z",
            ..Answer::to(desk.invited(Party::Participant), "ACCEPTED")
        };
        assert_eq!(desk.bring(&yes.mail()), "accepted: answered");
        assert_eq!(tasks(&desk.world.organiser), Vec::<Value>::new());
        // So do other times: here the host's, whose proposal was of the old ones.
        let host = Answer {
            method: "COUNTER",
            id: "4@mail.example".to_owned(),
            more,
            ..Answer::to(desk.invited(Party::Host), "TENTATIVE")
        };
        assert_eq!(desk.bring(&host.mail()), "counter: passed_on");
        assert!(tasks(&desk.world.organiser)[0]["what"].as_str().expect("words").starts_with("The host's"));
        let times = json!({ "starts": "10:00", "ends": "15:30" });
        desk.world.organiser.put(&format!("/v1/placements/{}/times", desk.placement), &times).expect(200);
        assert_eq!(tasks(&desk.world.organiser), Vec::<Value>::new());
    });
}

#[test]
fn only_a_mail_server_brings_mails_and_it_does_nothing_else() {
    for_each_service(|service| {
        let desk = Desk::new(service);
        let yes = Answer::to(desk.invited(Party::Participant), "ACCEPTED").mail();
        let bring = |client: &Client, kind: &str| {
            client.send("POST", "/v1/inbound", &[("content-type", kind)], yes.as_bytes())
        };
        assert_eq!(bring(&desk.world.organiser, "message/rfc822").code(), "forbidden");
        assert_eq!(bring(&service.anyone(), "message/rfc822").code(), "unauthenticated");
        assert_eq!(bring(&desk.server, "application/json").code(), "unsupported-media-type");
        for path in ["/v1/inbound", "/v1/deliveries", "/v1/employers", "/v1/me/tasks"] {
            assert_eq!(desk.server.get(path).code(), "forbidden", "{path}");
        }
        assert_eq!(desk.send("no mail at all").code(), "invalid-fields");
        assert_eq!(desk.send(&"x".repeat(1_100_000)).code(), "too-large");
        let deep = "From: a@x.example\r\nContent-Type: message/rfc822\r\n\r\n".repeat(15_000);
        let refused = desk.send(&deep);
        assert_eq!(refused.code(), "invalid-fields");
        assert!(refused.text().contains("deep"), "{}", refused.text());
        assert_eq!(desk.consent("participant"), "pending -");
    });
}

/// Pipes a mail into the command; gives its exit code and what it said.
fn pipe(service: &Service, mail: &[u8], more: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_library-swap"));
    command.arg("inbound").env("LIBRARY_SWAP__DATABASE__URL", service.database_url());
    command.env("LIBRARY_SWAP__MAIL__AUTHSERV_ID", "mx.exchange.example").envs(more.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command");
    child.stdin.take().expect("a pipe").write_all(mail).expect("read to the end");
    let output = child.wait_with_output().expect("an end");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_mail_server_pipes_a_mail_in_and_reads_the_exit_code() {
    for_each_service(|service| {
        let desk = Desk::new(service);
        let yes = Answer::to(desk.invited(Party::Host), "ACCEPTED").mail();
        assert_eq!(pipe(service, yes.as_bytes(), &[]), (Some(0), "accepted: answered\n".to_owned()));
        assert_eq!(desk.consent("host"), "yes mail");
        assert_eq!(pipe(service, yes.as_bytes(), &[]).1, "accepted: answered (had come before)\n");
        let (code, said) = pipe(service, &vec![b'x'; 30_000_000], &[]);
        assert_eq!(code, Some(65), "{said}");
        assert!(said.contains("more than"), "{said}");
        let (code, said) = pipe(service, yes.as_bytes(), &[("LIBRARY_SWAP__MAIL__DOMAIN", "no domain")]);
        assert_eq!(code, Some(75), "{said}");
        let (code, said) =
            pipe(service, yes.as_bytes(), &[("LIBRARY_SWAP__DATABASE__URL", "sqlite:/nowhere/at/all.db")]);
        assert_eq!(code, Some(75), "{said}");
    });
}

/// The most memory that a process has had, in kB, as Linux counts it.
fn peak_of(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process that lives");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("its peak");
    line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("a number")
}

#[test]
fn mails_that_are_made_to_hurt_come_through_both_doors_and_leave_the_service_well() {
    for_each_service(|service| {
        let desk = Desk::new(service);
        for (name, mail, fate) in hostile_mails::all() {
            let answer =
                desk.server.send("POST", "/v1/inbound", &[("content-type", "message/rfc822")], &mail);
            match fate {
                Fate::Refused("bytes") => assert_eq!(answer.code(), "too-large", "{name}"),
                Fate::Refused(words) => {
                    assert_eq!(answer.code(), "invalid-fields", "{name}");
                    assert!(answer.text().contains(words), "{name}: {}", answer.text());
                }
                Fate::Read(kind) => assert_eq!(answer.expect(200)["kind"], kind, "{name}"),
            }
        }
        assert_eq!(desk.consent("participant"), "pending -");
        assert_eq!(desk.mailed(), Vec::<String>::new());
        // The pipe has one limit more: it is read to its end, and held up to a megabyte.
        for name in ["250,000 header lines", "10,000 parts in each other", "a UID with NULs", "gzip"] {
            let (_, mail, fate) =
                hostile_mails::all().into_iter().find(|(own, _, _)| *own == name).expect(name);
            let (code, said) = pipe(service, &mail, &[]);
            match fate {
                Fate::Refused(words) => assert!(code == Some(65) && said.contains(words), "{name}: {said}"),
                Fate::Read(kind) => assert!(code == Some(0) && said.starts_with(kind), "{name}: {said}"),
            }
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn the_pipe_holds_no_more_of_a_mail_than_it_would_read() {
    for_each_service(|service| {
        // What the command takes while it waits for a mail, and after 300 MB of one.
        let peak = |megabytes: usize| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_library-swap"));
            command.arg("inbound").env("LIBRARY_SWAP__DATABASE__URL", service.database_url());
            let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the command");
            let mut input = child.stdin.take().expect("a pipe");
            let megabyte = vec![b'x'; 1_000_000];
            for _ in 0..megabytes {
                input.write_all(&megabyte).expect("read to the end");
            }
            let peak = peak_of(child.id());
            drop(input);
            assert_eq!(child.wait().expect("an end").code(), Some(65));
            peak
        };
        let (little, much) = (peak(2), peak(300));
        assert!(much < little + 4_000, "{little} kB for 2 MB, {much} kB for 300 MB");
    });
}

#[test]
fn answers_of_a_real_thunderbird_count() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/fixtures/mail/thunderbird153-reply-accepted-1.eml");
    let Ok(golden) = std::fs::read_to_string(&path) else {
        skip!("an answer of a real Thunderbird (there is no {})", path.display());
        return;
    };
    for_each_service(|service| {
        let desk = Desk::new(service);
        let uid = &desk.invited(Party::Participant).uid;
        let own = golden
            .replace("placement-018f6d3a@swap.example.org", uid)
            .replace("angela@example.ac.uk", "ann@council.example");
        let results = "Authentication-Results: mx.exchange.example; dmarc=pass header.from=council.example";
        let newline = if golden.contains("\r\n") { "\r\n" } else { "\n" };
        assert_eq!(desk.bring(&own), "accepted: unproven");
        assert_eq!(desk.bring(&format!("{results}{newline}{own}")), "accepted: answered");
        assert_eq!(desk.consent("participant"), "yes mail");
    });
}
