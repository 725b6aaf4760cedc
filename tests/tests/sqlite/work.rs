//! Changes to tickets that are each identified by their text.

use std::{collections::BTreeMap, path::Path};

use ventanilla_service::{
    Category, HelpDesk, IdempotencyKey, MessageText, NewTicket, ServiceError, TicketNumber, UserId,
    sqlite::SqliteStore,
};

/// Acknowledged texts, by ticket.
pub(crate) type Acknowledged = BTreeMap<TicketNumber, Vec<String>>;

pub(crate) async fn desk(file: &Path) -> HelpDesk {
    HelpDesk::new(SqliteStore::open(file).await.unwrap())
}

pub(crate) fn person(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

/// Opens a ticket with a text, which is its idempotency key too.
pub(crate) async fn open(desk: &HelpDesk, text: &str) -> Result<TicketNumber, ServiceError> {
    let draft = NewTicket::new(Category::BUG, MessageText::parse(text).unwrap());
    let draft = draft.with_key(IdempotencyKey::parse(text).unwrap());
    Ok(desk.customer(person("ana")).create(draft).await?.head.ticket_number)
}

/// Asserts that each acknowledged text is stored once, on tickets that had so many changes beside
/// their messages.
///
/// A text that was never acknowledged may be stored, at most once.
pub(crate) async fn check(desk: &HelpDesk, acknowledged: &Acknowledged, others: u64) {
    let admin = desk.admin(person("luis"));
    for (number, texts) in acknowledged {
        let ticket = admin.get(number).await.unwrap();
        let mut stored: Vec<&str> =
            ticket.messages.iter().map(|message| message.text.as_str()).collect();
        assert_eq!(ticket.head.version, stored.len() as u64 - 1 + others, "{number}");
        stored.sort_unstable();
        assert!(stored.windows(2).all(|two| two[0] != two[1]), "{number}: {stored:?}");
        let missing = texts.iter().find(|text| stored.binary_search(&text.as_str()).is_err());
        assert_eq!(missing, None, "{number}: {stored:?}");
    }
}
