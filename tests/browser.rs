//! The help centre, used in a real browser.
//!
//! Needs `chromium` and `chromedriver` on the PATH. Without them a run in CI fails, and any other says
//! loudly that these tests were skipped.

#[path = "browser/admin.rs"]
mod admin;
#[path = "browser/axe.rs"]
mod axe;
#[path = "browser/centre.rs"]
mod centre;
#[path = "browser/chat.rs"]
mod chat;
#[path = "browser/customer.rs"]
mod customer;
#[path = "browser/dashboard.rs"]
mod dashboard;
#[path = "browser/looks.rs"]
mod looks;
#[path = "browser/once.rs"]
mod once;
#[path = "browser/steps.rs"]
mod steps;
