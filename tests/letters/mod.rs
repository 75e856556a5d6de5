//! Letters as the service fills them, and what a mail program sees of a message.

pub mod documents;
pub mod hostile;
pub mod languages;
pub mod own;
pub mod pages;

use library_swap::domain::language::Language;
use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::templates::OwnTemplates;
use library_swap::mail::{Rendered, Sample, Sender, render, samples};
use mail_parser::{Message, MessageParser};

pub fn sender() -> Sender {
    Sender { name: "Library Exchange".to_owned(), address: "exchange@exchange.example".to_owned() }
}

/// The usual letter of a notice to a party that gets it, in English.
pub fn letter(kind: NoticeKind, party: Party) -> Letter {
    let found = samples(kind, Language::English).into_iter().find(|sample| sample.letter.party == party);
    found.unwrap_or_else(|| panic!("the {party} gets no {kind}")).letter
}

/// Every sample in every language.
pub fn every_sample() -> impl Iterator<Item = Sample> {
    let all = |language: &'static Language| NoticeKind::ALL.iter().flat_map(|kind| samples(*kind, *language));
    Language::ALL.iter().flat_map(all)
}

pub fn rendered(letter: &Letter) -> Rendered {
    render(letter, &sender(), &OwnTemplates::default())
        .unwrap_or_else(|error| panic!("{} to {}: {error:?}", letter.kind, letter.party))
}

pub fn parsed(rendered: &Rendered) -> Message<'_> {
    MessageParser::new().parse(&rendered.message).expect("a message")
}

pub fn plain(message: &Message<'_>) -> String {
    message.body_text(0).expect("a plain part").replace("\r\n", "\n")
}

pub fn html(message: &Message<'_>) -> String {
    message.body_html(0).expect("an HTML part").replace("\r\n", "\n")
}

/// The words of an HTML text as a reader hears them.
pub fn heard(html: &str) -> String {
    let body = html.split_once("<body").expect("a body").1;
    let mut text = String::new();
    for piece in body.split('<').skip(1) {
        let (tag, words) = piece.split_once('>').expect("a closed tag");
        // What stands within a line goes on in it.
        if !matches!(tag, "bdi" | "/bdi" | "/strong") {
            text.push(' ');
        }
        text.push_str(words);
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&#x27;", "'").replace("&quot;", "\"");
    words(&text.replace("&#x2f;", "/").replace("&amp;", "&"))
}

pub fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
