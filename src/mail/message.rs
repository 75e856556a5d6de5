//! The RFC 5322 message around the texts: headers and MIME parts (docs/mail.md, "Shape").

use std::time::SystemTime;

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use sha2::{Digest, Sha256};

use super::render::{RenderError, Sender, Texts, flat};
use crate::calendar;
use crate::domain::letter::Letter;
use crate::domain::schedule_delivery::FileNews;

/// Puts a message together.
pub(super) fn compose(letter: &Letter, sender: &Sender, texts: &Texts) -> Result<Message, RenderError> {
    let mut builder = Message::builder()
        .from(mailbox(Some(&sender.name), &sender.address, "sender")?)
        .to(mailbox(letter.to_name.as_deref(), &letter.to_address, "recipient")?)
        .subject(texts.subject.clone())
        .date(SystemTime::from(letter.sent_at))
        .message_id(Some(message_id(&letter.message_id)?))
        .raw_header(raw("Content-Language", texts.language.as_str()))
        // So that neither holiday replies nor mailing lists answer a program (RFC 3834; the second one is Exchange's).
        .raw_header(raw("Auto-Submitted", "auto-generated"))
        .raw_header(raw("X-Auto-Response-Suppress", "OOF, AutoReply"));
    if let Some(root) = letter.thread_root.as_ref().filter(|root| **root != letter.message_id) {
        let root = message_id(root)?;
        builder = builder.in_reply_to(root.clone()).references(root);
    }
    if let Some(question) = &letter.question {
        let asker = mailbox(Some(question.name.as_str()), question.address.as_str(), "asker")?;
        builder = builder.reply_to(asker);
    }
    if let Some(address) = &letter.opt_out {
        // RFC 8058: the second header says that a POST alone does it, so that nobody stops mails by looking.
        builder = builder
            .raw_header(raw("List-Unsubscribe", &format!("<{}>", in_header(address)?)))
            .raw_header(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    let body = body(letter, texts)?;
    builder.multipart(body).map_err(|error| RenderError::Message(error.to_string()))
}

fn body(letter: &Letter, texts: &Texts) -> Result<MultiPart, RenderError> {
    let alternative = MultiPart::alternative()
        .boundary(boundary(letter, "alternative"))
        .singlepart(quoted_printable("text/plain; charset=utf-8", &texts.plain)?)
        .singlepart(quoted_printable("text/html; charset=utf-8", &texts.html)?);
    if let Some(FileNews { file, .. }) = &letter.schedule_file {
        // Base64, so that not a byte of it is another one: its hash is on record.
        let bytes = Body::new_with_encoding(file.bytes.clone(), ContentTransferEncoding::Base64)
            .map_err(|_| RenderError::Message("a file cannot be encoded".to_owned()))?;
        let attachment = Attachment::new(file.name.clone()).body(bytes, content_type(file.media_type())?);
        let mixed = MultiPart::mixed().boundary(boundary(letter, "mixed"));
        return Ok(mixed.multipart(alternative).singlepart(attachment));
    }
    let Some(invitation) = &letter.invitation else {
        return Ok(alternative);
    };
    let ics = calendar::write(invitation);
    // The calendar is the last alternative, without a disposition, or programs show no buttons; the attachment is for
    // those that do not look into alternatives. An event that asks nobody is an attachment only: Outlook refuses an
    // alternative without a method.
    let alternative = match invitation.method() {
        Some(method) => {
            let method = method.as_str();
            let kind = format!("text/calendar; charset=utf-8; method={method}; component=VEVENT");
            alternative.singlepart(quoted_printable(&kind, &ics)?)
        }
        None => alternative,
    };
    let attachment =
        Attachment::new("invite.ics".to_owned()).body(ics.into_bytes(), content_type("application/ics")?);
    Ok(MultiPart::mixed().boundary(boundary(letter, "mixed")).multipart(alternative).singlepart(attachment))
}

/// Never base64, which spam filters and some calendar programs dislike in text parts.
fn quoted_printable(kind: &str, text: &str) -> Result<SinglePart, RenderError> {
    Ok(SinglePart::builder()
        .header(content_type(kind)?)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(text.to_owned()))
}

fn content_type(kind: &str) -> Result<ContentType, RenderError> {
    ContentType::parse(kind).map_err(|error| RenderError::Message(error.to_string()))
}

fn mailbox(name: Option<&str>, address: &str, whose: &'static str) -> Result<Mailbox, RenderError> {
    let address: Address = address.parse().map_err(|_| RenderError::Address(whose))?;
    Ok(Mailbox::new(name.map(flat).filter(|name| !name.is_empty()), address))
}

/// A Message-ID as it is, if it can stand in a header.
fn message_id(id: &str) -> Result<String, RenderError> {
    let inner = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
    let fits = |inner: &str| {
        inner.len() <= 240
            && inner.split_once('@').is_some_and(|(left, right)| !left.is_empty() && !right.is_empty())
            && inner.chars().all(|c| c.is_ascii_graphic() && c != '<' && c != '>')
    };
    match inner {
        Some(inner) if fits(inner) => Ok(id.to_owned()),
        Some(_) | None => Err(RenderError::MessageId(id.to_owned())),
    }
}

/// An address of a page as it is, if it can stand in a header.
fn in_header(url: &str) -> Result<&str, RenderError> {
    if url.chars().all(|c| c.is_ascii_graphic() && c != '<' && c != '>') {
        Ok(url)
    } else {
        Err(RenderError::Message("the address to stop mails at is no URL".to_owned()))
    }
}

fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// A boundary that depends on the letter only, so that the same letter gives the same bytes.
fn boundary(letter: &Letter, part: &str) -> String {
    let hash = Sha256::new().chain_update(&letter.message_id).chain_update(part).finalize();
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
