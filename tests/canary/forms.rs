//! Forms that a text can have: as it is, with other case, in base64, quoted-printable, percent, HTML and hexadecimal
//! codes, in a part of a mail, in a packed file.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use mail_parser::{MessageParser, PartType};

/// What is searched: the bytes in every form, in lower case.
pub struct Haystack(String);

impl Haystack {
    pub fn of(bytes: &[u8]) -> Self {
        let mut all = decoded(bytes);
        for packed in unpacked(bytes) {
            all.extend(decoded(&packed));
        }
        Self(String::from_utf8_lossy(&all).to_ascii_lowercase())
    }

    pub fn has(&self, mark: &str) -> bool {
        self.0.contains(&mark.to_ascii_lowercase())
    }
}

/// What reads the codes that begin with a sign.
type Reader = fn(&[u8]) -> Vec<u8>;
const FORMS: [(u8, Reader); 3] = [(b'=', without_soft_breaks), (b'%', percent), (b'&', entities)];

/// The bytes, and what they are when codes in them are read, one after the other.
fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut forms = bytes.to_vec();
    let mut add = |form: Vec<u8>| {
        forms.push(b'\n');
        forms.extend(form);
    };
    // Most texts have no such codes.
    for (code, read) in FORMS {
        if bytes.contains(&code) {
            add(read(bytes));
        }
    }
    let is_code = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'-' | b'_');
    // Folded base64 is read over its line ends, too.
    let unfolded: Vec<u8> = bytes.iter().copied().filter(|c| !matches!(c, b'\r' | b'\n')).collect();
    for text in [bytes, unfolded.as_slice()] {
        for run in text.split(|c| !is_code(c)).filter(|run| run.len() >= 16) {
            // A code may begin anywhere in a run of letters.
            for start in 0..4 {
                let end = start + (run.len() - start) / 4 * 4;
                for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                    if let Ok(form) = engine.decode(&run[start..end]) {
                        add(form);
                    }
                }
            }
            if let Some(form) = hexadecimal(run) {
                add(form);
            }
        }
    }
    forms
}

/// Quoted-printable (RFC 2045), near enough to find something in it.
fn without_soft_breaks(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes).replace("=\r\n", "").replace("=\n", "");
    coded(text.as_bytes(), b'=')
}

fn percent(bytes: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = bytes.iter().map(|c| if *c == b'+' { b' ' } else { *c }).collect();
    coded(&spaced, b'%')
}

/// A mark and two hexadecimal digits are a byte.
fn coded(bytes: &[u8], mark: u8) -> Vec<u8> {
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let byte = (bytes[at] == mark).then(|| bytes.get(at + 1..at + 3).and_then(hex_byte)).flatten();
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    out
}

fn hex_byte(pair: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
}

fn hexadecimal(run: &[u8]) -> Option<Vec<u8>> {
    run.chunks_exact(2).map(hex_byte).collect()
}

/// `&#x41;` and `&#65;`.
fn entities(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::new();
    let mut rest = text.as_ref();
    while let Some((before, after)) = rest.split_once("&#") {
        out.push_str(before);
        let Some((code, behind)) = after.split_once(';') else { break };
        let number = match code.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => code.parse().ok(),
        };
        out.extend(number.and_then(char::from_u32));
        rest = behind;
    }
    out.push_str(rest);
    out.into_bytes()
}

/// The files in a packed one.
fn unpacked(bytes: &[u8]) -> Vec<Vec<u8>> {
    let Ok(mut packed) = zip::ZipArchive::new(std::io::Cursor::new(bytes)) else { return Vec::new() };
    let mut files = Vec::new();
    for n in 0..packed.len() {
        let mut bytes = Vec::new();
        if packed.by_index(n).is_ok_and(|mut file| file.read_to_end(&mut bytes).is_ok()) {
            files.push(bytes);
        }
    }
    files
}

/// The parts of a mail, decoded.
pub fn parts_of_mail(message: &[u8]) -> Vec<Vec<u8>> {
    let message = MessageParser::default().parse(message).expect("a mail");
    let part = |body: &PartType<'_>| match body {
        PartType::Text(text) | PartType::Html(text) => Some(text.as_bytes().to_vec()),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => Some(bytes.to_vec()),
        PartType::Message(_) | PartType::Multipart(_) => None,
    };
    message.parts.iter().filter_map(|found| part(&found.body)).collect()
}

#[test]
fn a_mark_is_found_in_every_form() {
    const MARK: &str = "zq-need-met-qz";
    let text = format!("a {MARK} b");
    let hex: String = text.bytes().map(|byte| format!("{byte:02X}")).collect();
    let base64 = base64::engine::general_purpose::STANDARD.encode(format!("more words: {text}"));
    let folded: String =
        base64.as_bytes().chunks(16).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect();
    for form in [
        text.clone(),
        text.to_uppercase(),
        hex,
        base64.clone(),
        format!("Subject: =?utf-8?B?{base64}?="),
        folded,
        "zq-ne=\r\ned-met=2Dqz".to_owned(),
        "q=zq%2Dneed%2dmet-qz".to_owned(),
        "zq&#x2d;need&#45;met-qz".to_owned(),
    ] {
        assert!(Haystack::of(form.as_bytes()).has(MARK), "{form}");
    }
    assert!(!Haystack::of(b"zq-need-mat-qz").has(MARK));
}
