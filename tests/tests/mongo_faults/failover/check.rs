//! Compares the stored tickets with the acknowledged changes.

use ventanilla_service::{EventKind, HelpDesk, Status, UserId, ticket::Actor};

use super::life::Life;

pub(crate) async fn is_as_acknowledged(life: &Life, desk: &HelpDesk) {
    let number = &life.number;
    let reader = desk.admin(UserId::parse("65a1f0c2c11e47e000000000").unwrap());
    let ticket = reader.get(number).await.unwrap();

    let mut there: Vec<String> =
        ticket.messages.iter().map(|message| message.text.to_string()).collect();
    let mut acknowledged = life.texts.clone();
    there.sort();
    acknowledged.sort();
    assert_eq!(there, acknowledged, "{number}");
    assert_eq!(ticket.head.version, life.changes, "{number}: {:?}", ticket.history);

    let mut status = Status::Open;
    for event in &ticket.history {
        if let EventKind::StatusChanged { from, to } = event.kind {
            let reopened =
                matches!(event.by, Actor::Customer(_)) && (from, to) == (Status::Resolved, Status::Open);
            let is_legal = reopened || to.reachable_from(event.by.kind()).contains(from);
            assert!(is_legal && from == status, "{number}: {:?}", ticket.history);
            status = to;
        }
    }
    assert_eq!(ticket.head.status, status, "{number}");
}
