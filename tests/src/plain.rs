//! Documents in the JSON form of tickets.

use bson::{Bson, Document};

/// Returns what a document holds in the JSON form of a ticket: without BSON's own types, and with the
/// timers of earlier responses, which are stored apart, among the others.
#[must_use]
pub fn plain(document: &Document) -> Bson {
    let mut document = document.clone();
    let earlier = document.remove("earlierResponses");
    if let (Some(earlier), Ok(timers)) = (earlier, document.get_document_mut("sla")) {
        timers.insert("earlierResponses", earlier);
    }
    without_types(&document.into())
}

/// Converts ids and times to texts, and whole numbers to integers.
fn without_types(value: &Bson) -> Bson {
    match value {
        Bson::Document(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), without_types(value)))
            .collect::<Document>()
            .into(),
        Bson::Array(items) => items.iter().map(without_types).collect::<Vec<_>>().into(),
        Bson::ObjectId(id) => id.to_hex().into(),
        Bson::DateTime(time) => time.try_to_rfc3339_string().unwrap().into(),
        Bson::Double(number) => (*number as i64).into(),
        other => other.clone(),
    }
}
