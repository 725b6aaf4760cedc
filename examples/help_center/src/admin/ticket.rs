//! The desk's page of a ticket.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::IntoResponse};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use ventanilla_service::{
    ListQuery, ServiceError, Status, TicketNumber,
    list::PageSize,
    ticket::{MessageRange, Reference, TicketHead},
    view::{ChatView, DeskView, HistoryEntry, InputState, Label, MessageSide, NoteView, PersonRef},
};

use super::{change::done_text, filters::Filters};
use crate::{
    App, Part,
    attachments::{FileField, Uploader},
    error::{Answer, Draft, Failure, Problem, page},
    fields::{Asked, Number, SHOWN, follow_up_of, messages, path},
    refused::{After, Refused},
    replies::CannedReply,
    session::{Administrator, Me, done_cookie},
    typing::Typists,
};

#[derive(Template)]
#[template(path = "admin/ticket.html")]
struct TicketPage {
    me: Option<Me>,
    desk: DeskView,
    chat: ChatView,
    /// For each message, the number of notes that were written before it.
    notes_until: Vec<usize>,
    /// Number of messages before the first bubble.
    earlier: usize,
    /// Number of messages that were there when the refused form was made.
    seen: usize,
    /// The changes since then.
    since: Vec<HistoryEntry>,
    /// The ticket that continues this one, once it is closed.
    continued_in: Option<TicketNumber>,
    /// Link to the list that was shown last.
    back: String,
    /// Text about the change that was made last.
    done: Option<&'static str>,
    admins: Vec<PersonRef>,
    /// Colleagues who are writing a reply.
    typists: Typists,
    canned: Arc<[CannedReply]>,
    /// The requester's orders that the ticket isn't about.
    orders: Vec<Reference>,
    typed: Typed,
    files: Option<FileField>,
    problem: Option<Problem>,
}

/// Texts that were typed and have not been saved.
struct Typed {
    reply: Draft,
    /// The status that was chosen with the reply.
    status: String,
    note: Draft,
}

impl Typed {
    fn of(refused: Vec<Refused>) -> Self {
        let mut typed = Self { reply: Draft::fresh(), status: String::new(), note: Draft::fresh() };
        for form in refused {
            match form.form {
                "texto" => (typed.status, typed.reply) = (form.chosen("estado"), form.draft),
                "nota" => typed.note = form.draft,
                _ => {}
            }
        }
        typed
    }
}

impl TicketPage {
    /// Returns the notes between a message of the page and the one before it. Those of messages that aren't
    /// shown are left out with them.
    fn notes_before(&self, message: usize) -> &[NoteView] {
        let until = self.notes_until.get(message).copied().unwrap_or(self.desk.notes.len());
        let from = match message.checked_sub(1).and_then(|before| self.notes_until.get(before)) {
            Some(from) => *from,
            None if self.earlier > 0 => until,
            None => 0,
        };
        self.desk.notes.get(from..until).unwrap_or_default()
    }

    fn problem(&self, field: &str) -> Option<&Problem> {
        self.problem.as_ref().filter(|problem| problem.field == field)
    }

    /// Returns true for the states of a timer whose due time is still to come.
    fn comes_due(&self, state: &Label) -> bool {
        matches!(state.code.as_str(), "RUNNING" | "AT_RISK" | "PAUSED")
    }

    /// Returns true if this administrator is the assignee.
    fn has(&self, admin: &PersonRef) -> bool {
        self.desk.assignment.assignee.as_ref().is_some_and(|assignee| assignee.id == admin.id)
    }
}

#[derive(Deserialize)]
pub(super) struct Shown {
    /// Not empty if the bot's draft is put into the input of the reply.
    #[serde(rename = "borrador", default)]
    draft: String,
    /// Number of the canned reply that is put there, from 1.
    #[serde(rename = "respuesta", default)]
    canned: Option<usize>,
    #[serde(rename = "desde", default)]
    from: Option<u32>,
}

pub(super) async fn ticket(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    Asked(Shown { draft, canned, from }): Asked<Shown>,
    Asked(after): Asked<After>,
) -> Answer {
    let done = done_text(&admin.done);
    let refused = after.refused(&app, &admin.session, &path("/admin/tickets", &number));
    let problem = Refused::problem(&refused);
    let shown = read(&app, admin, &number, messages(from), refused).await;
    let mut shown = shown.map_err(|error| Failure::after(error, problem))?;
    shown.done = done;
    if let Some(draft) = shown.desk.draft.as_ref().filter(|_| !draft.is_empty()) {
        shown.typed.reply.text.clone_from(&draft.text);
    }
    let canned = canned.and_then(|number| shown.canned.get(number.checked_sub(1)?));
    if let Some(reply) = canned {
        shown.typed.reply.text.clone_from(&reply.text);
    }
    let seen = CookieJar::new().add(done_cookie(""));
    Ok((done.map(|_| seen), page(StatusCode::OK, &shown)).into_response())
}

async fn read(
    app: &App,
    admin: Administrator,
    number: &TicketNumber,
    range: MessageRange,
    refused: Vec<Refused>,
) -> Result<TicketPage, ServiceError> {
    let ticket = admin.desk.get_range(number, range).await?;
    let desk = admin.pages(app).ticket(&ticket).await;
    let continued_in = match ticket.head.status {
        Status::Closed => continued_in(&admin, &ticket.head).await?,
        Status::Open | Status::InProgress | Status::Resolved => None,
    };
    let written_before = |at| ticket.notes.iter().filter(|note| note.created_at < at).count();
    // Clocks that were set back must not move a note twice.
    let latest = ticket.messages.iter().scan(0, |before, it| {
        *before = written_before(it.created_at).max(*before);
        Some(*before)
    });
    let notes_until = latest.collect();
    let mut orders = app.people.orders(&ticket.head.requester);
    orders.retain(|order| !ticket.head.about.contains(order));
    let (last, problem) = (refused.last().cloned(), Refused::problem(&refused));
    let typed = Typed::of(refused);
    let input = desk.chat.file_input.clone();
    let ids = &typed.reply.files;
    let files = FileField::new(input, ids, &Uploader::Admin(admin.desk.clone())).await;
    Ok(TicketPage {
        back: Filters::parse(&admin.list).address(),
        done: None,
        typists: Typists::beside(&admin.id, number, app),
        continued_in,
        notes_until,
        orders,
        me: Some(admin.me),
        chat: desk.chat.clone(),
        earlier: ticket.earlier_messages as usize,
        seen: last.as_ref().and_then(|refused| refused.seen).unwrap_or(usize::MAX),
        since: last.as_ref().map_or_else(Vec::new, |refused| refused.since.clone()),
        admins: app.people.choices(Part::Admin),
        canned: Arc::clone(&app.canned),
        desk,
        typed,
        files,
        problem,
    })
}

/// Returns the newest follow-up of a ticket, among the requester's newest hundred tickets.
async fn continued_in(
    admin: &Administrator,
    head: &TicketHead,
) -> Result<Option<TicketNumber>, ServiceError> {
    let theirs = ListQuery::new().with_requester(head.requester.clone());
    let newest = admin.desk.list(theirs.with_page_size(PageSize::LARGEST)).await?;
    Ok(follow_up_of(&head.ticket_number, newest))
}
