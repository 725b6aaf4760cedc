//! Checks that tests which use one browser, one after the other, don't see one another's traces.

use serde_json::json;
use ventanilla_tests::{Setup, Window, is_there};

use crate::{centre::Centre, steps::sign_in};

/// Setup of no other test, so that none takes the window over in between.
const SETUP: Setup = Setup { size: (1000, 700), scripts: true, dark: false };

#[tokio::test(flavor = "multi_thread")]
async fn a_window_keeps_nothing_of_the_test_before() {
    if !is_there("a_window_keeps_nothing_of_the_test_before") {
        return;
    }
    let centre = Centre::start().await;
    let state = "return [history.length, innerWidth, matchMedia('(prefers-color-scheme: dark)').matches, \
                 localStorage.getItem('kept'), location.pathname]";

    let window = Window::open(SETUP).await;
    window.go(&centre.at("/tickets")).await;
    let fresh = window.run(state, vec![]).await;
    assert_eq!(fresh[4], "/entrar", "nobody is signed in");
    sign_in(&centre, &window, "Ana").await;
    window.resize(390, 844).await;
    window.prefer_dark(true).await;
    window.run("localStorage.setItem('kept', 'yes')", vec![]).await;
    window.go(&centre.at("/tickets")).await;
    let used = window.run(state, vec![]).await;
    assert_eq!(
        (&used[1], &used[2], &used[3], &used[4]),
        (&json!(390), &json!(true), &json!("yes"), &json!("/tickets"))
    );
    window.close().await;

    let window = Window::open(SETUP).await;
    window.go(&centre.at("/tickets")).await;
    assert_eq!(window.run(state, vec![]).await, fresh);
    window.close().await;
}
