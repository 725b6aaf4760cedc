//! Reads of one ticket.

use std::sync::Arc;

use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use futures::TryStreamExt;
use mongodb::options::ReadConcern;
use ventanilla_domain::{Audience, MessageRange, Ticket, TicketDetails, TicketLookup, TicketNumber};

use super::{
    Inner,
    decode::{DecodeError, read_count, required},
    encode::EARLIER,
    expr, unreadable,
};
use crate::StoreError;

impl Inner {
    pub(super) async fn ticket(
        self: &Arc<Self>,
        number: &TicketNumber,
    ) -> Result<Option<Ticket>, StoreError> {
        let found = self.find_one(number, ReadConcern::majority(), self.deadline()).await?;
        let whole = |document: RawDocumentBuf| self.ids.decode_ticket(&document);
        found.map(whole).transpose().map_err(|problem| unreadable(number, problem))
    }

    pub(super) async fn get(
        self: &Arc<Self>,
        lookup: &TicketLookup,
        audience: &Audience,
        range: MessageRange,
    ) -> Result<Option<TicketDetails>, StoreError> {
        let numbers: Vec<&str> = lookup.candidates().iter().map(TicketNumber::as_str).collect();
        let mut filter = match numbers[..] {
            [number] => doc! { "ticketNumber": number },
            _ => doc! { "ticketNumber": { "$in": &numbers } },
        };
        if let Audience::Requester(id) = audience {
            filter.insert("userId", self.ids.write(id)?);
        }
        let (tickets, fields) = (self.tickets.clone(), fields(audience, range));
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
        self.view(document, audience, range).map_err(|problem| unreadable(number, problem))
    }

    fn view(
        &self,
        document: &RawDocument,
        audience: &Audience,
        range: MessageRange,
    ) -> Result<Option<TicketDetails>, DecodeError> {
        let Some(mut view) = self.ids.decode_ticket(document)?.details(audience, MessageRange::All)
        else {
            return Ok(None);
        };
        if range == MessageRange::All {
            return Ok(Some(view));
        }
        if document.get_array("messages").is_ok_and(bson::RawArray::is_empty) {
            view.messages.clear();
        }
        view.head.message_count = Some(required(document, "messageCount", read_count)?);
        view.earlier_messages = required(document, "earlierMessages", read_count)?;
        view.conversation_bytes = required(document, "conversationBytes", read_count)?;
        Ok(Some(view))
    }
}

/// Returns the projection for an audience, which reads no more than it may see. For a part of the
/// conversation the server derives fields from the whole.
fn fields(audience: &Audience, range: MessageRange) -> Document {
    let is_whole = range == MessageRange::All;
    let mut fields = if is_whole { expr::stored_head() } else { expr::head() };
    fields.extend(messages(range));
    fields.insert("description", 1);
    if *audience == Audience::Desk {
        fields.extend(doc! { "notes": 1, "history": 1, "draft": 1 });
        if is_whole {
            fields.insert(EARLIER, 1);
        }
    } else {
        expr::remove_desk_fields(&mut fields);
    }
    fields
}

/// Returns the projection of a range of messages; for a part with the number of earlier messages and the
/// length of the whole conversation.
fn messages(range: MessageRange) -> Document {
    let (conversation, count) = (expr::conversation(), expr::message_count());
    let none = || Bson::from(doc! { "$literal": [] });
    let (messages, earlier): (Bson, Bson) = match range {
        MessageRange::All => return doc! { "messages": 1 },
        MessageRange::Last(0) => (none(), count),
        MessageRange::Last(last) => (
            doc! { "$slice": [conversation, -whole(last)] }.into(),
            doc! { "$max": [0, { "$subtract": [count, i64::from(last)] }] }.into(),
        ),
        MessageRange::From { first, count: 0 } => {
            (none(), doc! { "$min": [count, i64::from(first)] }.into())
        }
        MessageRange::From { first, count: most } => (
            doc! { "$slice": [conversation, whole(first), whole(most)] }.into(),
            doc! { "$min": [count, i64::from(first)] }.into(),
        ),
    };
    doc! {
        "messages": messages,
        "messageCount": expr::message_count(),
        "earlierMessages": earlier,
        "conversationBytes": expr::conversation_bytes(),
    }
}

/// Converts an index in a list: the server accepts 32-bit integers, and no list is longer.
fn whole(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
