//! The help centre, used in a real browser.
//!
//! Needs `chromium` and `chromedriver` on the PATH. Without them every test here fails;
//! `VENTANILLA_SKIP_BROWSER=1` skips them instead, outside CI, and each says so.

mod admin;
mod attachments;
mod axe;
mod centre;
mod chat;
mod customer;
mod dashboard;
mod desk_at_work;
mod keys;
mod labels;
mod live;
mod looks;
mod once;
mod steps;
mod windows;
