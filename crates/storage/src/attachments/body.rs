//! Bytes of a file that come or go as a stream.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};

use crate::{BoxError, StoreError};

/// Bytes of a file as a stream, such as the body of an HTTP request or response.
///
/// ```
/// use bytes::Bytes;
/// use futures::stream;
/// use ventanilla_storage::attachments::FileBody;
///
/// let whole = FileBody::from(b"hola".to_vec());
/// let chunks = [Ok::<_, std::io::Error>(Bytes::from("ho")), Ok(Bytes::from("la"))];
/// let streamed = FileBody::from_stream(stream::iter(chunks));
/// ```
pub struct FileBody(BoxStream<'static, Result<Bytes, BoxError>>);

impl FileBody {
    /// Takes the bytes from a stream.
    #[must_use]
    pub fn from_stream<E: Into<BoxError> + 'static>(
        chunks: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Self {
        Self(chunks.map_err(Into::into).boxed())
    }

    /// Reads all bytes into memory.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] with the error of the stream.
    pub async fn into_bytes(mut self) -> Result<Vec<u8>, StoreError> {
        let mut all = Vec::new();
        while let Some(chunk) = self.0.next().await {
            all.extend_from_slice(&chunk.map_err(|source| StoreError::Unavailable { source })?);
        }
        Ok(all)
    }
}

impl From<Vec<u8>> for FileBody {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<Bytes> for FileBody {
    fn from(bytes: Bytes) -> Self {
        Self(futures::stream::iter([Ok(bytes)]).boxed())
    }
}

impl Stream for FileBody {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl fmt::Debug for FileBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileBody").finish_non_exhaustive()
    }
}
