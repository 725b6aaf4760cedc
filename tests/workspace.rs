//! What holds of the repository as a whole.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file without an entry would silently not be built.
#[test]
fn every_example_bench_and_test_has_its_entry() {
    for folder in ["examples", "benches", "tests"] {
        let manifest = read(&root().join(folder).join("Cargo.toml"));
        for file in files(&root().join(folder), "rs") {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            assert!(manifest.contains(&format!("path = \"{name}\"")), "{folder}/{name} is not built");
        }
    }
}

#[test]
fn what_the_readme_tells_a_newcomer_is_what_ci_runs() {
    let (readme, ci) = (read(&root().join("README.md")), read(&root().join(".ci/run")));
    for command in ["cargo run --example quickstart", "cargo test --workspace"] {
        assert!(readme.contains(&format!("```sh\n{command}\n```")), "README: {command}");
        assert!(ci.lines().any(|line| line == format!("run {command}")), "CI: {command}");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.flatten().map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}
