//! Keys and documents that the server examines for a command, from its `explain`.

use std::collections::BTreeSet;

use bson::{Document, doc};
use mongodb::Database;

/// Execution statistics of a command, summed over all its parts.
#[derive(Debug, Default)]
pub(crate) struct ExplainStats {
    pub(crate) keys: i64,
    pub(crate) documents: i64,
    /// Number of documents that the parts returned, before they were merged.
    pub(crate) returned: i64,
    /// The stages of commands (`IXSCAN`) and pipelines (`$sort`).
    pub(crate) stages: BTreeSet<String>,
}

impl ExplainStats {
    /// Explains a command that was sent.
    pub(crate) async fn by(database: &Database, mut command: Document) -> Self {
        for of_the_session in ["$db", "lsid", "$clusterTime", "txnNumber", "writeConcern"] {
            command.remove(of_the_session);
        }
        let explain = doc! { "explain": command, "verbosity": "executionStats" };
        let answer = database.run_command(explain).await.unwrap();
        let mut examined = Self::default();
        examined.read(&answer);
        assert!(!examined.stages.is_empty(), "it can't be read: {answer}");
        examined
    }

    /// Returns true if there are no stages but these.
    pub(crate) fn has_only(&self, stages: &[&str]) -> bool {
        self.stages.iter().all(|stage| stages.contains(&stage.as_str()))
    }

    /// Adds the statistics of a command, or of a pipeline, each part of which may have a command of
    /// its own.
    fn read(&mut self, part: &Document) {
        if let Ok(command) = part.get_document("executionStats") {
            self.keys += number(command, "totalKeysExamined");
            self.documents += number(command, "totalDocsExamined");
            self.returned += number(command, "nReturned");
            self.read_plan(command.get_document("executionStages").unwrap());
        }
        let stages = ["stages", "pipeline"].into_iter().filter_map(|list| part.get_array(list).ok());
        for (name, stage) in stages.flatten().flat_map(|stage| stage.as_document().unwrap()) {
            if name.starts_with('$') {
                self.stages.insert(name.clone());
                stage.as_document().into_iter().for_each(|stage| self.read(stage));
            }
        }
    }

    fn read_plan(&mut self, stage: &Document) {
        self.stages.insert(stage.get_str("stage").unwrap().into());
        let one = stage.get("inputStage").into_iter();
        let many = stage.get_array("inputStages").into_iter().flatten();
        one.chain(many).for_each(|input| self.read_plan(input.as_document().unwrap()));
    }
}

fn number(of: &Document, name: &str) -> i64 {
    of.get_i32(name).map(i64::from).or_else(|_| of.get_i64(name)).unwrap()
}
