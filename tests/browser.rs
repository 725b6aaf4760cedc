//! The help centre, used in a real browser.
//!
//! Needs `chromium` and `chromedriver` on the PATH. Without them a run in CI fails, and any other says
//! loudly that these tests were skipped.

#[path = "browser/centre.rs"]
mod centre;

use centre::Centre;
use ventanilla_tests::{Setup, is_there};

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in() {
    if !is_there("somebody_signs_in") {
        return;
    }
    let centre = Centre::start().await;
    for setup in [Setup::DESKTOP, Setup::PHONE, Setup::DESKTOP.without_scripts(), Setup::PHONE.dark()] {
        let window = centre.window(setup, "Ana").await;
        println!("{} {:?}", window.url().await, window.run("return [innerWidth, innerHeight, matchMedia('(prefers-color-scheme: dark)').matches]", vec![]).await);
        window.close().await;
    }
}
