//! Files of messages: upload with a form or by the page's script, and download.

use std::ops::{Bound, RangeBounds};

use axum::{
    Json, Router,
    body::Body,
    extract::{FromRequest, Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use axum_extra::headers::{self, HeaderMapExt};
use multer::{Constraints, Multipart, SizeLimit};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use ventanilla_service::{
    Admin, Customer, Explain, Locale, ServiceError, TicketNumber,
    attachments::{Download, FileBody},
    ticket::{Attachment, AttachmentId, NewMessage},
    view::FileInput,
};

use crate::{
    App, MAX_BODY, Part,
    error::{Answer, Failure, status},
    fields::{Asked, Posted, Written},
    session::{self, Me, signed_in},
};

/// Size limit of a form with files: as many as a message may have, with room for the text.
const MAX_FORM: u64 = 100 * 1024 * 1024;

/// Name of the file input, and of the fields with the ids of uploads.
const FILES: &str = "archivos";
pub(crate) const UPLOADED: &str = "archivo";

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/archivos", post(upload))
        .route("/tickets/{number}/archivos/{id}", get(download_for_customer))
        .route("/admin/tickets/{number}/archivos/{id}", get(download_for_admin))
}

/// Person who uploads.
pub(crate) enum Uploader {
    Customer(Customer),
    Admin(Admin),
}

impl Uploader {
    fn of(headers: &HeaderMap, app: &App) -> Result<Self, Failure> {
        let someone = signed_in(headers, app).ok_or(Failure::SignIn)?;
        Ok(match someone.part {
            Part::Customer => Self::Customer(app.desk.customer(someone.id)),
            Part::Admin => Self::Admin(app.desk.admin(someone.id)),
        })
    }

    async fn upload(&self, name: &str, body: FileBody) -> Result<Attachment, ServiceError> {
        match self {
            Self::Customer(customer) => customer.upload(name, body).await,
            Self::Admin(admin) => admin.upload(name, body).await,
        }
    }

    async fn uploads(&self, ids: &[AttachmentId]) -> Result<Vec<Attachment>, ServiceError> {
        match self {
            Self::Customer(customer) => customer.uploads(ids).await,
            Self::Admin(admin) => admin.uploads(ids).await,
        }
    }
}

/// Form with files. Those that came with it have been uploaded.
pub(crate) struct WithFiles<T> {
    pub(crate) form: T,
    pub(crate) uploads: Uploads,
}

/// Uploads of a form.
pub(crate) struct Uploads {
    /// Ids of those that came with the form or before it.
    pub(crate) ids: Vec<AttachmentId>,
    /// Reason for which a file wasn't accepted. The others were.
    refused: Option<ServiceError>,
}

impl Uploads {
    /// Returns the ids, or once the reason for which a file wasn't accepted.
    pub(crate) fn all(&mut self) -> Result<&[AttachmentId], ServiceError> {
        self.refused.take().map_or(Ok(&self.ids), Err)
    }
}

impl<T: DeserializeOwned> FromRequest<App> for WithFiles<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let unreadable = || Failure::Unreadable(StatusCode::BAD_REQUEST);
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let (fields, files, refused) = match kind.and_then(|kind| multer::parse_boundary(kind).ok()) {
            Some(boundary) => read_multipart(request, boundary, app).await?,
            None => {
                let Posted(fields) = Posted::from_request(request, app).await?;
                (fields, Vec::new(), None)
            }
        };
        let fields: Vec<(String, String)> = fields;
        let (uploaded, fields): (Vec<_>, Vec<_>) =
            fields.into_iter().partition(|(name, _)| name == UPLOADED);
        let earlier = uploaded.iter().filter_map(|(_, id)| id.parse().ok());
        let typed = serde_html_form::to_string(&fields).map_err(|_| unreadable())?;
        let form = serde_html_form::from_str(&typed)
            .map_err(|_| Failure::Unreadable(StatusCode::UNPROCESSABLE_ENTITY))?;
        Ok(Self { form, uploads: Uploads { ids: earlier.chain(files).collect(), refused } })
    }
}

impl WithFiles<Written> {
    /// Returns what was typed with the ids of the uploads, and these.
    pub(crate) fn written(self) -> (Written, Uploads) {
        (Written { files: self.uploads.ids.clone(), ..self.form }, self.uploads)
    }
}

type Fields = (Vec<(String, String)>, Vec<AttachmentId>, Option<ServiceError>);

/// Reads a form and uploads its files as they come.
async fn read_multipart(request: Request, boundary: String, app: &App) -> Result<Fields, Failure> {
    let uploader = Uploader::of(request.headers(), app)?;
    let unreadable = |error: multer::Error| {
        Failure::Unreadable(match error {
            multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            _ => StatusCode::BAD_REQUEST,
        })
    };
    let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(MAX_FORM));
    let body = request.into_body().into_data_stream();
    let mut parts = Multipart::with_constraints(body, boundary, limits);
    let (mut fields, mut files, mut refused, mut room) = (Vec::new(), Vec::new(), None, MAX_BODY);
    while let Some(mut part) = parts.next_field().await.map_err(unreadable)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name == FILES {
            // An input without a file sends an empty one without a name.
            let Some(file) = part.file_name().filter(|name| !name.is_empty()).map(str::to_owned) else {
                continue;
            };
            match uploader.upload(&file, FileBody::from_stream(part)).await {
                Ok(uploaded) => files.push(uploaded.id),
                Err(error) => refused = refused.or(Some(error)),
            }
            continue;
        }
        let mut value = Vec::new();
        while let Some(chunk) = part.chunk().await.map_err(unreadable)? {
            room = room
                .checked_sub(chunk.len())
                .ok_or(Failure::Unreadable(StatusCode::PAYLOAD_TOO_LARGE))?;
            value.extend_from_slice(&chunk);
        }
        fields.push((name, String::from_utf8_lossy(&value).into_owned()));
    }
    Ok((fields, files, refused))
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "nombre", default)]
    name: String,
}

/// Stores one file, which is the body of the request, for a form that is sent later.
async fn upload(State(app): State<App>, Asked(named): Asked<Named>, request: Request) -> Answer {
    let uploader = Uploader::of(request.headers(), &app)?;
    let body = FileBody::from_stream(request.into_body().into_data_stream());
    Ok(match uploader.upload(&named.name, body).await {
        Ok(file) => Json(json!(Chip::of(&file))).into_response(),
        Err(error) => {
            let text = error.explain(Locale::Es);
            (status(&error), Json(json!({ "text": text }))).into_response()
        }
    })
}

/// Files of a form: the input, and the uploads that go with it.
pub(crate) struct FileField {
    pub(crate) input: FileInput,
    pub(crate) chips: Vec<Chip>,
}

/// Upload that goes with a form, unless its box is cleared.
#[derive(serde::Serialize)]
pub(crate) struct Chip {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) size: String,
}

impl Chip {
    fn of(file: &Attachment) -> Self {
        Self { id: file.id.to_string(), name: file.name.to_string(), size: Locale::Es.size(file.bytes) }
    }
}

impl FileField {
    /// Creates the field with the uploads that are still there.
    pub(crate) async fn new(
        input: Option<FileInput>,
        ids: &[AttachmentId],
        uploader: &Uploader,
    ) -> Option<Self> {
        let (input, mut chips) = (input?, Vec::new());
        for id in ids {
            // One that was swept is left out.
            chips.extend(uploader.uploads(&[*id]).await.iter().flatten().map(Chip::of));
        }
        Some(Self { input, chips })
    }
}

/// Makes a message of a text and files. Without a text it has their names, which another application shows.
pub(crate) fn message(text: &str, files: Vec<Attachment>) -> Result<NewMessage, ServiceError> {
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let message = if text.trim().is_empty() && !files.is_empty() {
        NewMessage::parse(&format!("Adjunto: {}", names.join(", ")))?
    } else {
        NewMessage::parse(text)?
    };
    Ok(message.with_attachments(files))
}

/// Returns the address of tickets for a person.
pub(crate) fn folder(me: &Option<Me>) -> &'static str {
    if me.as_ref().is_some_and(|me| me.admin) { "/admin/tickets" } else { "/tickets" }
}

type Address = Path<(String, String)>;

async fn download_for_customer(
    customer: session::Customer,
    Path((number, id)): Address,
    headers: HeaderMap,
) -> Answer {
    let (number, id) = parsed(&number, &id)?;
    serve(customer.desk.download(&number, id).await?, &headers).await
}

async fn download_for_admin(
    admin: session::Administrator,
    Path((number, id)): Address,
    headers: HeaderMap,
) -> Answer {
    let (number, id) = parsed(&number, &id)?;
    serve(admin.desk.download(&number, id).await?, &headers).await
}

fn parsed(number: &str, id: &str) -> Result<(TicketNumber, AttachmentId), Failure> {
    let number = TicketNumber::parse(number).map_err(|_| Failure::NotFound)?;
    Ok((number, AttachmentId::parse(id).map_err(|_| Failure::NotFound)?))
}

/// Sends a file as an attachment: it is saved and never opened as a page of this site. An image of the page
/// is shown all the same.
async fn serve(download: Download, request: &HeaderMap) -> Answer {
    let file = &download.attachment;
    let etag = format!("\"{}\"", file.sha256);
    let known = request.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    // Asked for each time, so that nobody reads it from the browser after signing out.
    let always = [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, "private, no-cache".into())];
    if known.is_some_and(|tags| tags.contains(&etag)) {
        return Ok((StatusCode::NOT_MODIFIED, always).into_response());
    }
    let name = utf8_percent_encode(file.name.as_str(), NON_ALPHANUMERIC);
    let mut headers = HeaderMap::new();
    let mut set = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, file.media_type.to_string());
    set(header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}"));
    set(header::ACCEPT_RANGES, "bytes".into());
    // A range that can't be read is ignored, as one in other units is.
    let range = request.typed_get::<headers::Range>();
    let part = match range.map(|range| one_of(&range, file.bytes)) {
        None | Some(Asking::Whole) => 0..file.bytes,
        Some(Asking::Nothing) => {
            set(header::CONTENT_RANGE, format!("bytes */{}", file.bytes));
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
        Some(Asking::Part(from, last)) => {
            set(header::CONTENT_RANGE, format!("bytes {from}-{last}/{}", file.bytes));
            from..last + 1
        }
    };
    set(header::CONTENT_LENGTH, (part.end - part.start).to_string());
    let is_part = headers.contains_key(header::CONTENT_RANGE);
    let status = if is_part { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let body = Body::from_stream(download.read_range(part).await?);
    Ok((status, always, headers, body).into_response())
}

/// Part of a file for which a `Range` header asks.
enum Asking {
    /// The whole file, which also answers a request for several parts.
    Whole,
    /// The bytes from one to another, both included.
    Part(u64, u64),
    /// Nothing that the file has.
    Nothing,
}

fn one_of(range: &headers::Range, bytes: u64) -> Asking {
    let mut asked = range.satisfiable_ranges(bytes);
    let (first, second) = (asked.next(), asked.next());
    let Some(first) = first else { return Asking::Nothing };
    if second.is_some() {
        return Asking::Whole;
    }
    let from = match first.start_bound() {
        Bound::Included(from) => *from,
        Bound::Excluded(_) | Bound::Unbounded => 0,
    };
    let last = match first.end_bound() {
        Bound::Included(last) => (*last).min(bytes.saturating_sub(1)),
        Bound::Excluded(_) | Bound::Unbounded => bytes.saturating_sub(1),
    };
    if from > last || from >= bytes { Asking::Nothing } else { Asking::Part(from, last) }
}
