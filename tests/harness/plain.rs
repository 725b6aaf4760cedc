//! Documents as the JSON of another application shows them.

use bson::{Bson, Document};

/// Returns a value without BSON's own types: ids and times as texts, whole numbers as integers.
#[must_use]
pub fn plain(value: &Bson) -> Bson {
    match value {
        Bson::Document(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect::<Document>().into()
        }
        Bson::Array(items) => items.iter().map(plain).collect::<Vec<_>>().into(),
        Bson::ObjectId(id) => id.to_hex().into(),
        Bson::DateTime(time) => time.try_to_rfc3339_string().unwrap().into(),
        Bson::Double(number) => (*number as i64).into(),
        other => other.clone(),
    }
}
