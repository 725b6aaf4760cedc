//! Stored tickets at the end, with which a log of items is compared.

use std::collections::{BTreeMap, HashMap, HashSet};

use bson::{Document, doc};
use futures::TryStreamExt;
use ventanilla_service::TicketNumber;

use super::{
    crowd::THEIRS,
    place::{Place, person},
    worker::Line,
};

/// Stored tickets, by number.
#[derive(Debug)]
pub(crate) struct Stored(BTreeMap<String, Ticket>);

/// Changes of a ticket that an application without versions makes too.
#[derive(Debug, Default)]
struct Ticket {
    version: u64,
    writes_of_others: usize,
    texts_of_others: Vec<String>,
}

impl Stored {
    /// Reads the tickets: all of a collection, or those that were opened in a file.
    pub(crate) async fn read(place: &Place, opened: &[TicketNumber]) -> Self {
        if let Some(raw) = place.raw().await {
            let all: Vec<Document> = raw.find(doc! {}).await.unwrap().try_collect().await.unwrap();
            assert!(all.len() >= opened.len());
            return Self(all.iter().map(Ticket::of_document).collect());
        }
        let admin = place.desk().await.admin(person(0));
        let mut tickets = BTreeMap::new();
        for number in opened {
            let version = admin.get(number).await.unwrap().head.version;
            tickets.insert(number.to_string(), Ticket { version, ..Ticket::default() });
        }
        Self(tickets)
    }

    pub(crate) fn changes(&self) -> usize {
        self.0.values().map(|ticket| ticket.version as usize + 1 + ticket.writes_of_others).sum()
    }

    pub(crate) fn writes_of_others(&self) -> usize {
        self.0.values().map(|ticket| ticket.writes_of_others).sum()
    }

    /// Returns a ticket that has more changes than the log has ids of it.
    pub(crate) fn missing(&self, log: &[Line]) -> Option<&str> {
        let mut ids = HashMap::<&str, HashSet<&str>>::new();
        for line in log {
            ids.entry(line.number()).or_default().insert(&line.id);
        }
        let has = |number: &str| ids.get(number).map_or(0, HashSet::len);
        let is_missing = |(number, ticket): &(&String, &Ticket)| {
            has(number) < ticket.version as usize + 1 + ticket.writes_of_others
        };
        self.0.iter().find(is_missing).map(|(number, _)| number.as_str())
    }

    /// Asserts that the log has every change of every ticket, in order, and knows what it has seen by its
    /// id; returns the number of repeated lines.
    pub(crate) fn check(&self, log: &[Line]) -> usize {
        let mut first = HashMap::new();
        let mut tickets: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
        for line in log {
            let known = *first.entry(line.id.as_str()).or_insert(line);
            assert_eq!(known, line, "an id is of one change");
            if std::ptr::eq(known, line) {
                tickets.entry(line.number()).or_default().push(line);
            }
        }
        assert!(tickets.keys().eq(self.0.keys()), "{} tickets, {} stored", tickets.len(), self.0.len());
        for (lines, (number, stored)) in tickets.values().zip(&self.0) {
            let versions: Vec<u64> = lines.iter().filter_map(|line| line.version).collect();
            assert!(
                versions.iter().copied().eq(0..=stored.version),
                "{number}: {versions:?}, {stored:?}"
            );
            let of_version = |line: &&&Line| line.version.is_some();
            for line in lines.iter().filter(of_version) {
                assert_eq!(line.id, format!("{number}/{}", line.version.unwrap()));
            }
            let theirs: Vec<&Line> =
                lines.iter().filter(|line| line.version.is_none()).copied().collect();
            assert_eq!(theirs.len(), stored.writes_of_others, "{number}: {theirs:?}");
            let texts: Vec<&String> = theirs.iter().flat_map(|line| &line.texts).collect();
            assert!(
                texts.iter().copied().eq(&stored.texts_of_others),
                "{number}: {texts:?}, {stored:?}"
            );
        }
        log.len() - first.len()
    }
}

impl Ticket {
    fn of_document(document: &Document) -> (String, Self) {
        let whole = |field: &str| {
            let value =
                document.get(field).and_then(|value| value.as_i64().or(value.as_i32().map(i64::from)));
            value.unwrap_or_default().unsigned_abs()
        };
        let texts = document
            .get_array("messages")
            .unwrap()
            .iter()
            .map(|message| message.as_document().unwrap().get_str("content").unwrap().to_owned());
        let ticket = Self {
            version: whole("version"),
            writes_of_others: whole("writesOfOthers") as usize,
            texts_of_others: texts.filter(|text| text.starts_with(THEIRS)).collect(),
        };
        (document.get_str("ticketNumber").unwrap().to_owned(), ticket)
    }
}
