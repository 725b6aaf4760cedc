//! Files of a directory that a killed process has left half written.
//!
//! The object store writes a file as `<name>#<number>` before it has its name, and doesn't list it.

use std::{
    fs, io,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use ventanilla_domain::{AttachmentId, Timestamp};

use crate::StoreError;

/// Removes what an upload of this id has left.
pub(super) async fn remove_unfinished(files: PathBuf, id: AttachmentId) -> Result<(), StoreError> {
    blocking(move || {
        for number in 1.. {
            if found(fs::remove_file(files.join(format!("{id}#{number}"))))?.is_none() {
                break;
            }
        }
        Ok(())
    })
    .await
}

/// Removes such files of a directory that were last written before a time.
pub(super) async fn remove_unfinished_before(
    directory: PathBuf,
    before: Timestamp,
) -> Result<(), StoreError> {
    let millis = u64::try_from(before.as_millis()).unwrap_or_default();
    let before = SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
    blocking(move || {
        for entry in found(fs::read_dir(directory))?.into_iter().flatten() {
            let path = entry?.path();
            // Others write and sweep meanwhile.
            let Some(about) = found(fs::symlink_metadata(&path))? else { continue };
            if path.to_string_lossy().contains('#') && about.modified()? < before {
                found(fs::remove_file(&path))?;
            }
        }
        Ok(())
    })
    .await
}

/// Returns `None` for what isn't there.
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn blocking(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<(), StoreError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(io::Error::other);
    done.and_then(|done| done).map_err(|error| StoreError::Unavailable { source: error.into() })
}
