//! SQLite: a file in `TMPDIR`, or else in the system's folder for temporary files.

use std::fs;

use futures::future::try_join_all;
use indicatif::ProgressBar;
use tempfile::TempDir;
use ventanilla_service::{
    sqlite::SqliteStore,
    store::{Ticket, TicketStore},
};

use crate::{
    Failure,
    crowd::{self, Templates},
};

pub(crate) struct Sqlite {
    folder: TempDir,
    store: SqliteStore,
    templates: Templates,
    filled: u64,
}

impl Sqlite {
    pub(crate) async fn open(templates: Templates) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let store = SqliteStore::open(folder.path().join("tickets.db")).await?;
        Ok(Self { folder, store, templates, filled: 0 })
    }

    pub(crate) fn store(&self) -> SqliteStore {
        self.store.clone()
    }

    /// Inserts tickets concurrently, so that they share transactions.
    pub(crate) async fn fill(&mut self, tickets: u64, bar: &ProgressBar) -> Result<(), Failure> {
        const BATCH: usize = 1_000;
        bar.inc(self.filled);
        for first in (self.filled..tickets).step_by(BATCH) {
            let batch = (first..tickets).take(BATCH).map(|place| crowd::ticket(&self.templates, place));
            let batch: Vec<Ticket> = batch.collect();
            try_join_all(batch.iter().map(|ticket| self.store.insert(ticket))).await?;
            bar.inc(batch.len() as u64);
        }
        self.filled = tickets;
        Ok(())
    }

    /// Returns the size in bytes of the file and its log.
    pub(crate) fn bytes(&self) -> Result<u64, Failure> {
        let sizes = fs::read_dir(self.folder.path())?.map(|file| Ok(file?.metadata()?.len()));
        sizes.sum()
    }
}
