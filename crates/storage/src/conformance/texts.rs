//! Texts that could be read as commands, paths or patterns are stored literally.

use ventanilla_domain::{Category, Change, MessageText, NewMessage, Outcome, TicketNumber};

use super::{
    cases,
    support::{
        Mirror, admin, answer, command, counts_query, customer, fill, hour, luis, note, number, parsed,
        view,
    },
};
use crate::{ListQuery, TicketStore, testing};

cases![
    messages_descriptions_and_notes_are_literal,
    the_longest_texts_come_back_whole,
    categories_are_literal,
    numbers_are_literal,
    keys_are_literal,
];

const TEXTS: [&str; 20] = [
    "$userId",
    "$",
    "$$ROOT",
    "$set",
    "a.b",
    "a.$[].b",
    "{\"$gt\": \"\"}",
    "'; DROP TABLE tickets; --",
    "%s %n {} {0} \\1",
    "\\u0000 \\n \\",
    ".*",
    "null",
    "1",
    "true",
    "<script>alert('¡hola!')</script> &amp;",
    "😀👩‍👩‍👧‍👦🇪🇸",
    "e\u{301} no es é",
    "\u{202e}al revés\u{202c} \u{200f}עברית العربية",
    "\u{feff}con marca \u{2028} y separador",
    "línea\n\n\tsangrada",
];

async fn messages_descriptions_and_notes_are_literal(store: &dyn TicketStore) {
    for (at, text) in TEXTS.into_iter().enumerate() {
        let number = TicketNumber::from_entropy(&[0, 0, 0, 0, 0, at as u8]);
        let mut mirror =
            Mirror::of(store, testing::ticket(number.clone()).description(text).build()).await;
        let message = Change::message(parsed::<NewMessage>(text));
        mirror.update(&number, &command(message.clone(), &customer(), hour(1))).await;
        mirror.update(&number, &command(message, &admin(), hour(2))).await;
        mirror.update(&number, &command(note(text), &admin(), hour(3))).await;
        let stored = view(store, &number).await.expect("the ticket is stored");
        assert_eq!(stored.description.as_str(), text);
        assert!(stored.messages.len() == 3 && stored.notes.len() == 1, "{stored:?}");
        assert!(stored.messages.iter().all(|message| message.text.as_str() == text), "{stored:?}");
        assert_eq!(stored.notes[0].text.as_str(), text);
    }
    let rows = answer(store.list(&ListQuery::new().into()).await).rows;
    assert!(rows.iter().any(|row| row.excerpt == "línea   sangrada"), "{rows:?}");
}

async fn the_longest_texts_come_back_whole(store: &dyn TicketStore) {
    let longest = ["a", "ñ", "€", "😀"].map(|unit| unit.repeat(MessageText::MAX_BYTES / unit.len()));
    let mut mirror =
        Mirror::of(store, testing::ticket("TKT-ABC123").description(longest[0].clone()).build()).await;
    for text in longest {
        let message = Change::message(parsed::<NewMessage>(text.clone()));
        mirror.change(message, &customer(), hour(1)).await;
        mirror.change(note(&text), &admin(), hour(1)).await;
        let stored = view(store, &number()).await.expect("the ticket is stored");
        assert!(stored.messages.last().is_some_and(|message| message.text.as_str() == text));
    }
}

async fn categories_are_literal(store: &dyn TicketStore) {
    for (at, text) in short_texts().enumerate() {
        let number = TicketNumber::from_entropy(&[0, 0, 0, 0, 0, at as u8]);
        fill(store, &[testing::ticket(number.clone()).category(text).build()]).await;
    }
    for text in short_texts() {
        let query = ListQuery::new().with_category(parsed::<Category>(text));
        let rows = answer(store.list(&query.into()).await).rows;
        assert!(rows.len() == 1 && rows[0].head.category.as_str() == text, "{text:?}: {rows:?}");
    }
}

async fn numbers_are_literal(store: &dyn TicketStore) {
    let numbers = || short_texts().filter_map(|text| TicketNumber::parse(text).ok());
    for number in numbers() {
        fill(store, &[testing::ticket(number).build()]).await;
    }
    for number in numbers() {
        let change = command(note(number.as_str()), &admin(), hour(1));
        let outcome = answer(store.update(&number, &change).await);
        assert!(matches!(outcome, Outcome::Applied { .. }), "{number}: {outcome:?}");
        let notes = view(store, &number).await.expect("the ticket is stored").notes;
        assert!(notes.len() == 1 && notes[0].text.as_str() == number.as_str(), "{number}: {notes:?}");
    }
    assert_eq!(
        answer(store.counts(&counts_query(&luis(), None)).await).total(),
        numbers().count() as u64
    );
}

async fn keys_are_literal(store: &dyn TicketStore) {
    let keys = ["$userId", "$", "a.b", "$$ROOT", "null", "😀", ".*"];
    let number = |at: usize| TicketNumber::from_entropy(&[0, 0, 0, 0, 0, at as u8]);
    let tickets = keys.iter().enumerate().map(|(at, key)| testing::ticket(number(at)).key(*key).build());
    fill(store, &tickets.collect::<Vec<_>>()).await;
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    for key in keys {
        let message = Change::message(parsed::<NewMessage>(key).with_key(parsed(key)));
        let first = mirror.change(message.clone(), &customer(), hour(1)).await;
        assert!(matches!(first, Outcome::Applied { .. }), "{key}: {first:?}");
        let again = mirror.change(message, &customer(), hour(2)).await;
        assert!(matches!(again, Outcome::Repeated { .. }), "{key}: {again:?}");
    }
}

/// Returns the texts that can be a category.
fn short_texts() -> impl Iterator<Item = &'static str> {
    TEXTS.into_iter().filter(|text| Category::parse(text).is_ok())
}
