//! Stores that can be measured.

use std::{fs, sync::Arc};

use indicatif::{ProgressBar, ProgressStyle};
use ventanilla_service::{HelpDesk, MemoryStore, Policy, store::TicketStore, testing};

use super::{
    Failure,
    crowd::{self, Templates},
};

#[cfg(feature = "mongodb")]
mod mongo;
#[cfg(feature = "sqlite")]
mod sqlite;

pub(crate) enum Backend {
    Memory {
        store: Arc<MemoryStore>,
        templates: Templates,
        /// Number of tickets that the store was filled with.
        filled: u64,
        /// Memory of this process before the first ticket, in bytes.
        bytes: u64,
    },
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Sqlite),
    #[cfg(feature = "mongodb")]
    Mongo(Box<mongo::Mongo>),
}

impl Backend {
    pub(crate) async fn open(name: &str) -> Result<Self, Failure> {
        let templates = Templates::new();
        match name {
            "memory" => {
                let store = Arc::new(MemoryStore::new());
                Ok(Self::Memory { store, templates, filled: 0, bytes: resident()? })
            }
            #[cfg(feature = "sqlite")]
            "sqlite" => Ok(Self::Sqlite(sqlite::Sqlite::open(templates).await?)),
            #[cfg(feature = "mongodb")]
            "mongodb" => Ok(Self::Mongo(Box::new(mongo::Mongo::open(templates).await?))),
            _ => Err(format!("{name} is no store that this program was built with").into()),
        }
    }

    /// Returns a desk with SLA targets over the store.
    pub(crate) fn desk(&self) -> HelpDesk {
        let builder = match self {
            Self::Memory { store, .. } => HelpDesk::builder(Arc::clone(store)),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(sqlite) => HelpDesk::builder(sqlite.store()),
            #[cfg(feature = "mongodb")]
            Self::Mongo(mongo) => HelpDesk::builder(mongo.store()),
        };
        let policy = Policy { sla: Some(testing::sla()), ..Policy::default() };
        builder.policy(policy).clock(crowd::now).build()
    }

    /// Adds tickets up to this number, not counting those that measurements created.
    pub(crate) async fn fill(&mut self, tickets: u64) -> Result<(), Failure> {
        let bar = ProgressBar::new(tickets);
        let style = "{bar:40} {pos} of {len} tickets, {per_sec}, {eta} left";
        bar.set_style(ProgressStyle::with_template(style)?);
        match self {
            Self::Memory { store, templates, filled, .. } => {
                for place in *filled..tickets {
                    store.insert(&crowd::ticket(templates, place)).await?;
                    bar.inc(1);
                }
                *filled = tickets;
            }
            #[cfg(feature = "sqlite")]
            Self::Sqlite(sqlite) => sqlite.fill(tickets, &bar).await?,
            #[cfg(feature = "mongodb")]
            Self::Mongo(mongo) => mongo.fill(tickets, &bar).await?,
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Returns the size of the tickets in bytes.
    pub(crate) async fn bytes(&self) -> Result<u64, Failure> {
        match self {
            Self::Memory { bytes, .. } => Ok(resident()? - bytes),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(sqlite) => sqlite.bytes(),
            #[cfg(feature = "mongodb")]
            Self::Mongo(mongo) => mongo.bytes().await,
        }
    }

    /// Returns the numbers of keys and documents that the server has examined so far.
    pub(crate) async fn examined(&self) -> Result<Option<(u64, u64)>, Failure> {
        match self {
            Self::Memory { .. } => Ok(None),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(None),
            #[cfg(feature = "mongodb")]
            Self::Mongo(mongo) => mongo.examined().await.map(Some),
        }
    }
}

/// Returns the resident memory of this process in bytes, or zero if the system doesn't report it.
fn resident() -> Result<u64, Failure> {
    const PAGE: u64 = 4_096;
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split_whitespace().nth(1).map_or(Ok(0), |pages| Ok(pages.parse::<u64>()? * PAGE))
}
