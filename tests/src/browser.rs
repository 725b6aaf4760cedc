//! A real browser for tests: headless Chromium, driven through its `WebDriver`.

use std::{
    env,
    io::{self, Write},
    process::Command,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction},
    elements::Element,
    wd::WebDriverCompatibleCommand,
};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::server_supervisor::{Order, ServerSupervisor};

/// Settings of a browser window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// Its width and height in CSS pixels.
    pub size: (u32, u32),
    /// Whether scripts run.
    pub scripts: bool,
    /// Whether the reader prefers dark colours.
    pub dark: bool,
}

impl Setup {
    /// A desktop's window.
    pub const DESKTOP: Setup = Setup { size: (1280, 900), scripts: true, dark: false };
    /// A phone's.
    pub const PHONE: Setup = Setup { size: (390, 844), scripts: true, dark: false };

    /// The same without scripts.
    #[must_use]
    pub const fn without_scripts(self) -> Self {
        Self { scripts: false, ..self }
    }

    /// The same in the dark.
    #[must_use]
    pub const fn dark(self) -> Self {
        Self { dark: true, ..self }
    }
}

/// Returns whether there is a browser.
///
/// # Panics
///
/// If there is none and `VENTANILLA_SKIP_BROWSER` doesn't allow the test to be skipped.
#[must_use]
pub fn is_there(test: &str) -> bool {
    let missing = ["chromium", "chromedriver"].into_iter().find(|program| {
        !Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
    });
    let Some(missing) = missing else { return true };
    let what = format!(
        "{missing} is missing: install the Debian packages chromium and chromium-driver, or the like"
    );
    skip(test, &what);
    false
}

/// Reports that a test is skipped, or fails it: in CI, and where `VENTANILLA_SKIP_BROWSER` isn't set.
pub(crate) fn skip(test: &str, missing: &str) {
    let allowed = env::var("VENTANILLA_SKIP_BROWSER").is_ok_and(|value| !["", "0"].contains(&&*value));
    let in_ci = env::var_os("CI").is_some();
    assert!(
        allowed && !in_ci,
        "{missing}. Outside CI, VENTANILLA_SKIP_BROWSER=1 skips the tests that need it."
    );
    // `eprintln` would be captured, and a skipped test would show nothing but "ok".
    let _ = writeln!(io::stderr(), "\n*** SKIPPED, NOT PASSED: {test}. {missing}. ***");
}

/// Window of a browser that no other test uses meanwhile, with no cookies but its own.
///
/// Close it at the end: the next test that needs such a browser takes it over, without cookies, cache
/// and visited pages. One that a failing test leaves open ends with the test process.
#[derive(Debug, Clone)]
pub struct Window {
    client: Client,
    setup: Setup,
}

/// Browsers that no test uses at present, with the setups that they were started for.
///
/// To start one costs more than most tests do in it.
static IDLE: Mutex<Vec<Window>> = Mutex::new(Vec::new());

/// Runtime of all connections to browsers, which outlive the runtimes of the tests.
static CONNECTIONS: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
});

impl Window {
    /// Opens a window.
    ///
    /// # Panics
    ///
    /// If the browser doesn't start; ask [`is_there`] first.
    pub async fn open(setup: Setup) -> Self {
        let window = match Self::idle(setup) {
            Some(window) => window,
            None => Self { client: start_browser(setup).await, setup },
        };
        if setup.dark {
            window.prefer_dark(true).await;
        }
        window
    }

    /// Takes a browser that was started for an equal setup and isn't used any more.
    fn idle(setup: Setup) -> Option<Self> {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        let place = idle.iter().position(|window| window.setup == setup)?;
        Some(idle.swap_remove(place))
    }

    /// Sets the reader's preference for dark or light colours.
    pub async fn prefer_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.protocol("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Shows pages at another size, in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < NARROWEST_WINDOW });
        self.protocol("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Goes to a page.
    pub async fn go(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Loads the page again; a form that led to it would be sent again.
    pub async fn reload(&self) {
        self.client.refresh().await.expect("it is loaded again");
    }

    /// Goes back to the page before.
    pub async fn back(&self) {
        self.client.back().await.expect("there is a page before");
    }

    /// Returns the address of the page.
    pub async fn url(&self) -> String {
        self.client.current_url().await.expect("the address of the page").to_string()
    }

    /// Waits for the first element that matches a CSS selector, and returns it.
    pub async fn find(&self, css: &str) -> Element {
        let wait = self.client.wait().at_most(TIME_LIMIT).every(PERIOD);
        wait.for_element(Locator::Css(css)).await.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// Counts the elements that match a CSS selector now.
    pub async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.expect("a selector").len()
    }

    /// Returns the visible text of the first element.
    pub async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.expect("it has a text")
    }

    /// Clicks on the first element.
    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Clicks twice on the first element, faster than a person could.
    pub async fn double_click(&self, css: &str) {
        let element = self.find(css).await;
        let button = MOUSE_BUTTON_LEFT;
        let mut mouse = MouseActions::new("mouse".to_owned()).then(PointerAction::MoveToElement {
            element,
            duration: None,
            x: 0.0,
            y: 0.0,
        });
        for _ in 0..2 {
            mouse = mouse.then(PointerAction::Down { button }).then(PointerAction::Up { button });
        }
        self.client.perform_actions(mouse).await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Replaces the text of the first element by typing.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap_or_else(|error| panic!("{css}: {error}"));
        field.send_keys(text).await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Presses keys at the element that has the focus.
    ///
    /// Special keys go by their code points, such as `\u{E004}` for the tabulator.
    pub async fn press(&self, keys: &str) {
        let focused = self.client.active_element().await.expect("something has the focus");
        focused.send_keys(keys).await.expect("it takes keys");
    }

    /// Runs a script with these arguments in `arguments`, and returns its result.
    ///
    /// It runs even where the page's own scripts may not.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.expect("the script runs")
    }

    /// Runs a script that calls its last argument with the result, and returns that.
    pub async fn run_async(&self, script: &str) -> Value {
        self.client.execute_async(script, vec![]).await.expect("the script calls back")
    }

    /// Waits until a script returns `true`.
    ///
    /// # Panics
    ///
    /// After ten seconds.
    pub async fn until(&self, script: &str) {
        let end = tokio::time::Instant::now() + TIME_LIMIT;
        while self.run(script, vec![]).await != Value::Bool(true) {
            assert!(tokio::time::Instant::now() < end, "never: {script}");
            tokio::time::sleep(PERIOD).await;
        }
    }

    /// Waits until a text is visible on the page.
    ///
    /// # Panics
    ///
    /// After ten seconds.
    pub async fn sees(&self, text: &str) {
        self.until(&format!(
            "return !!document.body && document.body.innerText.includes({})",
            json!(text)
        ))
        .await;
    }

    /// Returns the names in the accessibility tree, which a screen reader announces.
    pub async fn announced(&self) -> Vec<String> {
        let tree = self.protocol("Accessibility.getFullAXTree", json!({})).await;
        let nodes = tree["nodes"].as_array().expect("a tree has nodes");
        let heard = nodes.iter().filter(|node| node["ignored"] == false);
        heard.filter_map(|node| node["name"]["value"].as_str().map(str::to_owned)).collect()
    }

    /// Takes a picture of the visible part, as PNG.
    pub async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.expect("a picture")
    }

    /// Ends the use of the window, and removes all that the browser keeps of it.
    pub async fn close(self) {
        let origin = self.client.current_url().await.expect("an address").origin().ascii_serialization();
        let stored = json!({ "origin": origin, "storageTypes": "all" });
        self.protocol("Storage.clearDataForOrigin", stored).await;
        self.go("about:blank").await;
        self.protocol("Page.resetNavigationHistory", json!({})).await;
        self.protocol("Network.clearBrowserCookies", json!({})).await;
        self.protocol("Network.clearBrowserCache", json!({})).await;
        self.protocol("Emulation.setEmulatedMedia", json!({ "features": [] })).await;
        let (width, height) = self.setup.size;
        if width >= NARROWEST_WINDOW {
            self.protocol("Emulation.clearDeviceMetricsOverride", json!({})).await;
        } else {
            self.resize(width, height).await;
        }
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(self);
    }

    /// Sends a command of the browser's own protocol.
    async fn protocol(&self, command: &str, parameters: Value) -> Value {
        let command = Protocol(json!({ "cmd": command, "params": parameters }));
        self.client.issue_cmd(command).await.expect("the browser knows the command")
    }
}

/// Starts a browser, and a task for its connection that outlives the test.
async fn start_browser(setup: Setup) -> Client {
    let start = async move {
        ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(setup))
            .connect(&driver())
            .await
    };
    CONNECTIONS.spawn(start).await.expect("it doesn't panic").expect("a browser opens")
}

/// Width in pixels below which no window can be made, but a phone be emulated.
const NARROWEST_WINDOW: u32 = 500;

/// Time limit for something to appear, long enough for a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Time between two looks whether it has.
const PERIOD: Duration = Duration::from_millis(50);

/// Returns the address of the driver, which all windows of a test process share.
fn driver() -> String {
    static RUNNING: Mutex<Option<(ServerSupervisor, u16)>> = Mutex::new(None);
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, port) = running.get_or_insert_with(start);
    format!("http://127.0.0.1:{port}")
}

/// Starts the driver, again where it gives up: it takes a free port of one protocol and fails if the
/// same port of the other isn't free.
fn start() -> (ServerSupervisor, u16) {
    let mut said = String::new();
    for _ in 0..5 {
        match try_to_start() {
            Ok(started) => return started,
            Err(printed) => said = printed,
        }
    }
    panic!("chromedriver doesn't start: {said}")
}

/// Tries to start the driver; the error holds its output.
fn try_to_start() -> Result<(ServerSupervisor, u16), String> {
    let directory = tempfile::Builder::new().prefix("ventanilla-browser-").tempdir().unwrap().keep();
    let temporary = format!("TMPDIR={}", directory.display());
    let mut supervisor =
        ServerSupervisor::new(&directory, &["env", &temporary, "chromedriver", "--port=0"]);
    supervisor.order(Order::Start);
    // It prints the port that it has taken.
    let log = directory.join("log");
    let mut printed = String::new();
    for _ in 0..200 {
        printed = std::fs::read_to_string(&log).unwrap_or_default();
        let port = printed.split_once("started successfully on port ").map(|(_, rest)| rest);
        if let Some(port) = port.and_then(|rest| rest.split('.').next()?.parse().ok()) {
            return Ok((supervisor, port));
        }
        if printed.contains("Exiting") {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(printed)
}

fn capabilities(setup: Setup) -> fantoccini::wd::Capabilities {
    let (width, height) = setup.size;
    let mut arguments = vec!["--headless=new".to_owned(), format!("--window-size={width},{height}")];
    // A container has no room for the browser's own sandbox, and little shared memory.
    arguments.extend(["--no-sandbox", "--disable-dev-shm-usage"].map(str::to_owned));
    // Elements that are to be clicked on must not move.
    arguments.push("--force-prefers-reduced-motion".to_owned());
    let mut options = json!({ "args": arguments });
    if width < NARROWEST_WINDOW {
        // No window is that narrow, but a phone is. Without scripts the driver never ends a touch.
        options["mobileEmulation"] = json!({ "deviceMetrics": { "width": width, "height": height, "pixelRatio": 1, "touch": setup.scripts } });
    }
    if !setup.scripts {
        options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
    }
    let Value::Object(capabilities) = json!({ "goog:chromeOptions": options }) else {
        unreachable!("it is an object")
    };
    capabilities
}

/// A command of the browser's own protocol.
#[derive(Debug)]
struct Protocol(Value);

impl WebDriverCompatibleCommand for Protocol {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.0.to_string()))
    }
}
