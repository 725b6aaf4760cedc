//! The documentation and the CI script agree.

use std::{fs, path::Path};

#[test]
fn the_commands_of_the_readme_run_in_ci() {
    let (readme, ci) = (read("README.md"), read(".ci/run"));
    for command in ["cargo run --example quickstart", "cargo test --workspace"] {
        assert!(readme.contains(&format!("```sh\n{command}\n```")), "README: {command}");
        assert!(ci.lines().any(|line| line == format!("run {command}")), "CI: {command}");
    }
}

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
