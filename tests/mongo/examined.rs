//! What a server examines for a command, by its own `explain`.

use std::collections::BTreeSet;

use bson::{Bson, Document, doc};
use mongodb::Database;

/// What was examined for a command, in all its parts.
#[derive(Debug, Default)]
pub(crate) struct Examined {
    pub(crate) keys: i64,
    pub(crate) documents: i64,
    /// What the plans of all parts returned, before they were put together.
    pub(crate) returned: i64,
    /// The stages of all plans (`IXSCAN`) and pipelines (`$sort`).
    pub(crate) stages: BTreeSet<String>,
}

impl Examined {
    /// Has a command that was sent explained.
    pub(crate) async fn by(database: &Database, mut command: Document) -> Self {
        for of_the_session in ["$db", "lsid", "$clusterTime", "txnNumber", "writeConcern"] {
            command.remove(of_the_session);
        }
        let explain = doc! { "explain": command, "verbosity": "executionStats" };
        let answer = database.run_command(explain).await.unwrap();
        let mut examined = Self::default();
        examined.read(&answer);
        assert!(!examined.stages.is_empty(), "{answer}");
        examined
    }

    fn read(&mut self, part: &Document) {
        let number = |name| part.get(name).map_or(0, |n: &Bson| n.as_i64().or_else(|| n.as_i32().map(i64::from)).unwrap());
        for (name, value) in part {
            match (name.as_str(), value) {
                // What it meant to do, and what the command was; only what it did counts.
                ("queryPlanner" | "command" | "serverParameters", _) => {}
                ("totalKeysExamined", _) => self.keys += number("totalKeysExamined"),
                ("totalDocsExamined", _) => {
                    self.documents += number("totalDocsExamined");
                    self.returned += number("nReturned");
                }
                ("stage", Bson::String(stage)) => drop(self.stages.insert(stage.clone())),
                (_, value) => {
                    if name.starts_with('$') && !name.starts_with("$clusterTime") {
                        self.stages.insert(name.clone());
                    }
                    self.read_value(value);
                }
            }
        }
    }

    fn read_value(&mut self, value: &Bson) {
        match value {
            Bson::Document(part) => self.read(part),
            Bson::Array(parts) => parts.iter().for_each(|part| self.read_value(part)),
            _ => {}
        }
    }
}
