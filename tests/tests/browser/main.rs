//! The help centre, used in a real browser.
//!
//! Needs `chromium` and `chromedriver` on the PATH. Without them a run in CI fails, and any other says
//! loudly that these tests were skipped.

mod admin;
mod axe;
mod centre;
mod chat;
mod customer;
mod dashboard;
mod looks;
mod once;
mod steps;
