//! People on each page, for whom the directory is asked before the page is built.

use std::collections::BTreeSet;

use ventanilla_domain::{Event, EventKind, Refusal, TicketDetails, TicketHead, TicketSummary, UserId};
use ventanilla_storage::Report;

use super::{error::refusal, history::is_public};
use crate::{Receipt, ServiceError};

pub(crate) fn chat(ticket: &TicketDetails) -> BTreeSet<&UserId> {
    let requester = &ticket.head.requester;
    ticket.messages.iter().filter_map(|message| message.author.user(requester)).collect()
}

pub(crate) fn desk(ticket: &TicketDetails) -> BTreeSet<&UserId> {
    let mut people = chat(ticket);
    people.extend(head(&ticket.head));
    people.extend(ticket.notes.iter().filter_map(|note| note.by.as_ref()));
    people.extend(events(&ticket.history));
    people
}

pub(crate) fn rows(tickets: &[TicketSummary]) -> BTreeSet<&UserId> {
    tickets.iter().flat_map(|ticket| head(&ticket.head)).collect()
}

pub(crate) fn receipt(receipt: &Receipt) -> BTreeSet<&UserId> {
    events(&receipt.events).chain(&receipt.head.assignee).collect()
}

pub(crate) fn receipt_for_requester(receipt: &Receipt) -> BTreeSet<&UserId> {
    events(receipt.events.iter().filter(|event| is_public(event))).collect()
}

pub(crate) fn report(report: &Report) -> BTreeSet<&UserId> {
    report.by_admin.keys().collect()
}

pub(crate) fn error(error: &ServiceError) -> BTreeSet<&UserId> {
    match refusal(error) {
        Some(Refusal::AlreadyAssigned { to }) => BTreeSet::from([to]),
        Some(Refusal::VersionConflict { changes, .. }) => events(changes).collect(),
        _ => BTreeSet::new(),
    }
}

fn head(head: &TicketHead) -> impl Iterator<Item = &UserId> {
    std::iter::once(&head.requester).chain(&head.assignee)
}

fn events<'a>(events: impl IntoIterator<Item = &'a Event>) -> impl Iterator<Item = &'a UserId> {
    events.into_iter().flat_map(|event| {
        let assignees = match &event.kind {
            EventKind::AssigneeChanged { from, to } => [from.as_ref(), to.as_ref()],
            _ => [None, None],
        };
        event.by.user().into_iter().chain(assignees.into_iter().flatten())
    })
}
