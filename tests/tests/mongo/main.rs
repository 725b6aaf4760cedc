//! The store over MongoDB, on real servers.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod bad_input;
mod bad_texts;
mod bad_timers;
mod bulk_data;
mod command_log;
mod command_monitor;
mod commands;
mod commands_of_timers;
mod conform;
mod copy;
mod explain;
mod explain_stats;
mod explain_timers;
mod foreign;
mod foreign_timers;
mod generators;
mod half_readable;
mod help_center;
mod known;
mod list_shapes;
mod prisma_queries;
mod raw;
mod reconcile;
mod report;
mod stored;
mod timer_generators;
mod writes;
