//! Input for files of a page.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{Attachment, AttachmentPolicy, Locale, MediaType, Policy};

use super::Viewer;

/// Input for the files of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FileInput {
    /// The label.
    pub label: String,
    /// The limits in a sentence.
    pub hint: String,
    /// The value of the attribute `accept` of an HTML input: media types and extensions.
    pub accept: String,
    /// The maximum number of files.
    pub max_files: u32,
    /// The maximum bytes of a file.
    pub max_bytes: u64,
}

impl FileInput {
    /// Returns the input for the limits of a policy; `None` if the desk keeps no files.
    pub(crate) fn new(keeps_files: bool, policy: &Policy, viewer: Viewer) -> Option<Self> {
        keeps_files.then(|| Self::of(&policy.attachments, viewer.locale))
    }

    fn of(policy: &AttachmentPolicy, locale: Locale) -> Self {
        let max_files = Attachment::MAX_OF_MESSAGE as u32;
        let (size, types) = (locale.size(policy.file_bytes), &policy.media_types);
        let names: Vec<&str> = types.iter().map(|media_type| media_type.label(locale)).collect();
        let names = names.join(", ");
        let extensions =
            types.iter().flat_map(MediaType::extensions).map(|extension| format!(".{extension}"));
        let accept: Vec<String> = types.iter().map(ToString::to_string).chain(extensions).collect();
        Self {
            label: locale.pick("Adjuntar archivos", "Attach files").into(),
            hint: match locale {
                Locale::Es => format!("Hasta {max_files} archivos de {size} cada uno: {names}."),
                Locale::En => format!("Up to {max_files} files of {size} each: {names}."),
            },
            accept: accept.join(","),
            max_files,
            max_bytes: policy.file_bytes,
        }
    }
}
