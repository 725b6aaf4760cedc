//! One ticket, as a reader may see it.

use std::sync::Arc;

use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use futures::TryStreamExt;
use ventanilla_domain::{Scope, SlaClocks, TicketLookup, TicketNumber, TicketView, Window};

use super::{
    Inner,
    decode::{Malformed, read_count, required},
    expr, unreadable,
};
use crate::StoreError;

impl Inner {
    pub(super) async fn get(
        self: &Arc<Self>,
        lookup: &TicketLookup,
        scope: &Scope,
        window: Window,
    ) -> Result<Option<TicketView>, StoreError> {
        let numbers: Vec<&str> = lookup.candidates().iter().map(TicketNumber::as_str).collect();
        let mut filter = doc! { "ticketNumber": { "$in": &numbers } };
        if let Scope::Owner(id) = scope {
            filter.insert("userId", self.ids.write(id)?);
        }
        let (tickets, fields) = (self.tickets.clone(), fields(scope, window));
        let found = self.read(self.deadline(), async move {
            tickets.find(filter).projection(fields).await?.try_collect::<Vec<RawDocumentBuf>>().await
        });
        let found = found.await?;
        let place = |document: &&RawDocumentBuf| {
            let number = document.get_str("ticketNumber").unwrap_or_default();
            numbers.iter().position(|candidate| *candidate == number)
        };
        let Some(document) = found.iter().min_by_key(place) else {
            return Ok(None);
        };
        let number = document.get_str("ticketNumber").unwrap_or_default();
        self.view(document, scope, window).map_err(|problem| unreadable(number, problem))
    }

    fn view(
        &self,
        document: &RawDocument,
        scope: &Scope,
        window: Window,
    ) -> Result<Option<TicketView>, Malformed> {
        let empty = document.get_array("messages").is_ok_and(bson::RawArray::is_empty);
        let Some(mut view) = self.ids.whole(document)?.view(scope, Window::All) else {
            return Ok(None);
        };
        if empty {
            view.messages.clear();
        }
        if window != Window::All {
            view.head.sla = view.head.sla.as_deref().map(SlaClocks::latest).map(Box::new);
        }
        view.head.message_count = required(document, "messageCount", read_count)?;
        view.earlier_messages = required(document, "earlierMessages", read_count)?;
        view.conversation_bytes = required(document, "conversationBytes", read_count)?;
        Ok(Some(view))
    }
}

/// What is read of a ticket: no more messages than the window shows, no more than the scope may see.
fn fields(scope: &Scope, window: Window) -> Document {
    let mut fields = expr::head();
    fields.insert("description", 1);
    fields.insert("conversationBytes", expr::conversation_bytes());
    let (messages, earlier) = shown(window);
    fields.insert("messages", messages);
    fields.insert("earlierMessages", earlier);
    if *scope == Scope::All {
        fields.insert("notes", 1);
        fields.insert("history", 1);
        if window == Window::All {
            fields.insert("sla", 1);
        }
    } else {
        fields.remove("sla");
    }
    fields
}

/// The messages of a window, and how many come before them.
fn shown(window: Window) -> (Bson, Bson) {
    let count = expr::message_count();
    match window {
        Window::All => (expr::conversation(), doc! { "$literal": 0 }.into()),
        Window::Last(0) => (doc! { "$literal": [] }.into(), count),
        Window::Last(last) => (
            doc! { "$slice": [expr::conversation(), -whole(last)] }.into(),
            doc! { "$max": [0, { "$subtract": [count, i64::from(last)] }] }.into(),
        ),
        Window::From { first, count: 0 } => {
            (doc! { "$literal": [] }.into(), doc! { "$min": [count, i64::from(first)] }.into())
        }
        Window::From { first, count: most } => (
            doc! { "$slice": [expr::conversation(), whole(first), whole(most)] }.into(),
            doc! { "$min": [count, i64::from(first)] }.into(),
        ),
    }
}

/// The server takes 32-bit integers for places in an array, and no array is longer.
fn whole(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
