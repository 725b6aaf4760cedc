//! An automatic check of a page's accessibility: axe-core, fetched once, kept below the target
//! directory.

use std::{
    error::Error,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    browser::{Window, skip},
    cache,
};

const PACKAGE: &str = "axe-core@4.14.1";
const SHA256: &str = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745";
const MEMBER: &str = "package/axe.min.js";
const CACHE: &str = "ventanilla-axe-core-4.14.1";

/// Accessibility check, ready to be run in windows.
#[derive(Debug, Clone)]
pub struct Axe {
    script: String,
}

impl Axe {
    /// Fetches axe-core unless it is cached. Returns `None` if npm is missing and the test may be
    /// skipped.
    ///
    /// # Panics
    ///
    /// If npm is missing and `VENTANILLA_SKIP_BROWSER` doesn't allow the test to be skipped; if npm
    /// can't fetch the package or fetches another one.
    #[must_use]
    pub fn fetch(test: &str) -> Option<Self> {
        match cache::cached(CACHE, "axe.min.js", fetch) {
            Ok(file) => Some(Self { script: fs::read_to_string(file).expect("it can be read") }),
            Err(error) if error.downcast_ref::<NoNpm>().is_some() => {
                skip(test, "npm is missing, which fetches axe-core");
                None
            }
            Err(error) => panic!("axe-core: {error}"),
        }
    }

    /// Returns the serious and critical violations on the page as it is shown now, with the elements.
    ///
    /// # Panics
    ///
    /// If the check itself fails, or checks nothing.
    pub async fn findings(&self, window: &Window) -> Vec<String> {
        if window.run("return typeof axe", vec![]).await == "undefined" {
            window.run(&self.script, vec![]).await;
        }
        let result = window.run_async(RUN).await;
        let list = |name: &str| {
            let texts = result[name].as_array().unwrap_or_else(|| panic!("axe-core: {result}"));
            texts.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect::<Vec<_>>()
        };
        assert!(list("passed").len() > 10, "hardly anything was checked: {result}");
        list("found")
    }
}

/// Calls back with the ids of the rules that passed, and a line for each element of those that
/// failed. Selectors of other elements aren't computed.
const RUN: &str = "
    const done = arguments[arguments.length - 1];
    const told = rule => rule.nodes.map(node =>
        `${rule.impact}: ${rule.help} (${rule.id}): ${node.target.join(' ')}: ${node.failureSummary}`);
    axe.run({ resultTypes: ['violations'] }).then(
        ({ violations, passes }) => done({
            found: violations.filter(rule => ['serious', 'critical'].includes(rule.impact)).flatMap(told),
            passed: passes.map(rule => rule.id),
        }),
        error => done(String(error)),
    );";

/// Error of a missing npm.
#[derive(Debug)]
struct NoNpm;

impl std::fmt::Display for NoNpm {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("there is no npm")
    }
}

impl Error for NoNpm {}

fn fetch(script: &Path) -> Result<(), Box<dyn Error>> {
    let folder = script.parent().ok_or("it stands in a folder")?;
    let archive = download(folder)?;
    cache::verify(&archive, SHA256)?;
    let unpacked = output(Command::new("tar").arg("-xOzf").arg(&archive).arg(MEMBER))?;
    Ok(fs::write(script, unpacked)?)
}

fn download(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    output(Command::new("npm").args(["pack", "--silent", PACKAGE]).current_dir(folder))?;
    Ok(cache::ending(folder, "tgz").ok_or("npm left no package")?)
}

fn output(command: &mut Command) -> Result<Vec<u8>, Box<dyn Error>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| match (error.kind(), program.as_str()) {
        (ErrorKind::NotFound, "npm") => Box::<dyn Error>::from(NoNpm),
        _ => format!("{program}: {error}").into(),
    })?;
    if !output.status.success() {
        return Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    Ok(output.stdout)
}
