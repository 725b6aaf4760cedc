//! Finds the `mongod` to run.

use std::{path::PathBuf, process::Command, sync::OnceLock};

use super::mongod_download;

/// Oldest major version that the library supports.
const OLDEST: u32 = 6;

/// Returns the path of the server to start, which is searched for once.
///
/// # Panics
/// If no server is available; the message says what to install.
pub(crate) fn mongod() -> PathBuf {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FOUND.get_or_init(find).clone().unwrap_or_else(|why| panic!("{why}"))
}

fn find() -> Result<PathBuf, String> {
    let installed = usable("mongod".into());
    installed.or_else(|installed| {
        mongod_download::mongod().and_then(usable).map_err(|fetched| {
            format!(
                "no mongod for the tests: install version {OLDEST} or newer. (MONGODB_URI, naming a \
                 replica set, does for those tests only that leave its servers alone.)\n\
                 - on the PATH: {installed}\n- fetched: {fetched}"
            )
        })
    })
}

/// Returns the same path if that server runs on this machine and is recent enough.
fn usable(mongod: PathBuf) -> Result<PathBuf, String> {
    let name = mongod.display();
    let output =
        Command::new(&mongod).arg("--version").output().map_err(|error| format!("{name}: {error}"))?;
    if !output.status.success() {
        // The loader names the library that is missing.
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name} doesn't start (it needs libcurl4 and libssl3): {}", why.trim()));
    }
    match major(&String::from_utf8_lossy(&output.stdout)) {
        Some(major) if major >= OLDEST => Ok(mongod),
        Some(major) => Err(format!("{name} is version {major}")),
        None => Err(format!("{name} doesn't tell its version")),
    }
}

/// Parses the major version: `db version v6.0.5` gives 6.
fn major(version: &str) -> Option<u32> {
    version.split_once("db version v")?.1.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_what_the_server_prints() {
        assert_eq!(major("db version v6.0.5\nBuild Info: {"), Some(6));
        assert_eq!(major("db version v10.1.0-rc0"), Some(10));
        assert_eq!(major("mongod"), None);
    }

    #[test]
    fn a_program_that_is_no_server_and_a_missing_one_give_different_errors() {
        assert!(usable("no-such-mongod".into()).unwrap_err().starts_with("no-such-mongod: "));
        assert!(usable("true".into()).unwrap_err().contains("doesn't tell its version"));
        assert!(usable("false".into()).unwrap_err().contains("doesn't start"));
    }
}
