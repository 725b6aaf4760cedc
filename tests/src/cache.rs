//! Cache of fetched files below the target directory.

use std::{
    env,
    error::Error,
    fs::{self, File},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// Returns the path of a cached file; if there is none yet, `fetch` makes it at the path that it is
/// given, in an empty folder.
pub(crate) fn cached(
    folder: &str,
    name: &str,
    fetch: impl FnOnce(&Path) -> Result<(), Box<dyn Error>>,
) -> Result<PathBuf, Box<dyn Error>> {
    let folder = target().join(folder);
    let file = folder.join(name);
    if file.exists() {
        return Ok(file);
    }
    fs::create_dir_all(&folder)?;
    // The other test binaries wait for the one that fetches. By its path, since `File` has a `lock`
    // of its own only from Rust 1.89 on.
    let lock = File::create(folder.join("lock"))?;
    fs4::FileExt::lock(&lock)?;
    if !file.exists() {
        let aside = tempfile::tempdir_in(&folder)?;
        let fetched = aside.path().join(name);
        fetch(&fetched)?;
        fs::rename(fetched, &file)?;
    }
    Ok(file)
}

/// Returns the directory that Cargo builds into, which has a file of the compiler's version.
// `CACHEDIR.TAG` is missing if the directory was there before Cargo.
pub(crate) fn target() -> PathBuf {
    let test = env::current_exe().unwrap_or_default();
    let marked = test.ancestors().find(|folder| folder.join(".rustc_info.json").exists());
    marked.map_or_else(env::temp_dir, Path::to_path_buf)
}

/// Fails if the archive doesn't have the expected SHA-256.
pub(crate) fn verify(archive: &Path, expected: &str) -> Result<(), Box<dyn Error>> {
    let sum: String =
        Sha256::digest(fs::read(archive)?).iter().map(|byte| format!("{byte:02x}")).collect();
    if sum != expected {
        return Err(format!("{} has SHA-256 {sum} instead of {expected}", archive.display()).into());
    }
    Ok(())
}

/// Returns the file in a folder with this extension.
pub(crate) fn ending(folder: &Path, extension: &str) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    files.into_iter().find(|path| path.extension().is_some_and(|found| found == extension))
}
