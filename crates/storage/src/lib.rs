#![doc = include_str!("../README.md")]
//!
//! The obligations of a store are listed in the [contract](TicketStore#contract) of [`TicketStore`].

mod counts;
mod cursor;
mod error;
mod event_token;
mod events;
mod memory;
#[cfg(feature = "mongodb")]
mod mongo;
mod page;
mod page_query;
mod page_size;
mod query;
mod query_params;
#[cfg(test)]
mod random;
mod report;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
mod words;

#[cfg(feature = "attachments")]
pub mod attachments;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod copy;
#[cfg(feature = "testing")]
pub mod testing;

pub use counts::{Counted, Counts, CountsQuery};
pub use cursor::{Cursor, InvalidCursor, Position};
pub use error::{BoxError, StoreError, WriteOutcome};
pub use event_token::{EventToken, InvalidEventToken};
pub use events::{EventStep, EventStream};
pub use memory::MemoryStore;
#[cfg(feature = "mongodb")]
pub use mongo::{
    Checkpoint, ConnectError, InvalidCheckpoint, MongoOptions, MongoStore, Reconciled, UserIdEncoding,
};
pub use page::{Page, Unreadable};
pub use page_query::PageQuery;
pub use page_size::{InvalidPageSize, PageSize};
pub use query::{
    AssigneeFilter, Direction, DueFilter, ListQuery, Sort, UnknownDirection, UnknownDueFilter,
    UnknownSort, UnknownWaitingFilter, WaitingFilter,
};
pub use query_params::InvalidQuery;
pub use report::{
    Histogram, InvalidPeriod, MetricStats, Period, Quantiles, Report, ReportBuilder, ReportQuery,
    Sample, StatsByMetric,
};
#[cfg(feature = "sqlite")]
pub use sqlite::{OpenError, SqliteOptions, SqliteStore};
#[cfg(feature = "mock")]
pub use store::MockTicketStore;
pub use store::{InsertOutcome, TicketStore};
