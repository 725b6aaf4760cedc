//! Dashboard: all tickets with counts, filters and pages.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use ventanilla_service::{
    Category, Locale, Priority, ServiceError, Status, UserId,
    list::{Counted, Counts, Page, PageQuery, PageSize, Unreadable, WaitingFilter},
    view::{BulkView, PersonRef, TicketRow, TotalView, Viewer},
};

use super::filters::{EVERY, Filters, NEWEST, NOBODY, ORDERS, YES};
use crate::{
    App, COUNTED, Part, about,
    error::{Answer, Failure, Problem, page},
    fields::{Asked, path},
    refused::{After, Refused, refuse},
    session::{Administrator, Me, done_cookie, list_cookie},
};

#[derive(Template)]
#[template(path = "admin/tablero.html")]
struct DashboardPage {
    me: Option<Me>,
    tiles: Vec<Tile>,
    fields: Vec<Field>,
    filters: Filters,
    problems: Vec<Problem>,
    rows: Vec<TicketRow>,
    unreadable: Vec<Unreadable>,
    next: Option<String>,
    previous: Option<String>,
    first: Option<String>,
    /// Places of the rows in the list if they are known, and its length.
    range: Option<String>,
    query: String,
    /// Link to the same list with the tickets that have no timer that runs, unless it has them.
    newest: Option<String>,
    actions: Vec<Group>,
    bulk: Option<BulkView>,
}

/// Count with a link to its list.
struct Tile {
    code: &'static str,
    text: &'static str,
    count: u64,
    link: String,
    /// True if its list is shown.
    current: bool,
}

/// Choice field of the form.
struct Field {
    name: &'static str,
    text: &'static str,
    choices: Vec<Pick>,
}

pub(super) struct Pick {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) selected: bool,
}

/// Options of one kind.
pub(super) struct Group {
    pub(super) text: &'static str,
    pub(super) choices: Vec<Pick>,
}

impl DashboardPage {
    fn problem(&self, field: &str) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.field == field)
    }

    /// Returns the name of what the listed tickets are about.
    fn about(&self) -> String {
        about::parse(&self.filters.about)
            .map_or_else(|| self.filters.about.clone(), |it| about::name(&it))
    }
}

pub(super) async fn dashboard(
    State(app): State<App>,
    admin: Administrator,
    Asked(filters): Asked<Filters>,
    Asked(after): Asked<After>,
) -> Answer {
    let refused = after.refused(&app, &admin.session, PAGE).pop();
    show(&app, admin, filters, None, refused.map_or_else(Vec::new, |refused| refused.problems)).await
}

/// Page to which the refused forms of the dashboard are redirected.
pub(super) const PAGE: &str = "/admin";

/// Renders the dashboard, after a bulk change with its results, or with the reasons why a form was refused.
pub(super) async fn show(
    app: &App,
    admin: Administrator,
    filters: Filters,
    bulk: Option<BulkView>,
    refused: Vec<Problem>,
) -> Answer {
    let counts = admin.desk.counts().await?;
    let tiles = tiles(&counts, &admin, &filters);
    let (status, found, total, mut problems) = match query(app, &admin.me.reader, &filters) {
        Ok(page) => {
            let found = admin.desk.list(page.clone()).await?;
            let counted = match tiles.iter().find(|tile| tile.current) {
                Some(tile) => Counted::Exactly(tile.count),
                None => admin.desk.count(page, COUNTED).await?,
            };
            (StatusCode::OK, found, Some(admin.pages(app).total(counted)), Vec::new())
        }
        Err(problems) => {
            let nothing = Page { rows: Vec::new(), next: None, unreadable: Vec::new() };
            (StatusCode::UNPROCESSABLE_ENTITY, nothing, None, problems)
        }
    };
    problems.extend(refused);
    let rows = admin.pages(app).rows(&found.rows).await;
    let list = filters.query();
    let shown = DashboardPage {
        range: total.map(|total| range(&filters, rows.len(), total)),
        tiles,
        fields: fields(app, &filters),
        rows,
        unreadable: found.unreadable,
        next: found.next.map(|cursor| filters.next_page(cursor.to_string()).address()),
        previous: filters.previous_page().map(|page| page.address()),
        first: (!filters.after.is_empty()).then(|| filters.first().address()),
        newest: filters
            .is_by_due()
            .then(|| Filters { order: NEWEST.into(), ..filters.first() }.address()),
        query: list.clone(),
        actions: super::bulk::actions(),
        me: Some(admin.me),
        problems,
        filters,
        bulk,
    };
    Ok((CookieJar::new().add(list_cookie(&list)), page(status, &shown)).into_response())
}

/// Returns the page that the filters ask for, or their problems. A value that no list offers is one, or it
/// would filter unseen; also, no store is asked for an id that it can't hold.
fn query(app: &App, reader: &Viewer, filters: &Filters) -> Result<PageQuery, Vec<Problem>> {
    let page = filters.page(reader)?;
    let fields = fields(app, filters).into_iter();
    let unseen = fields.filter(|field| !field.choices.iter().any(|pick| pick.selected));
    let problems: Vec<_> =
        unseen.map(|field| Problem::new(field.name, "Elige una opción de la lista.")).collect();
    if problems.is_empty() { Ok(page) } else { Err(problems) }
}

/// Returns the length of the list, with the places of a page's rows where they are known.
fn range(filters: &Filters, rows: usize, total: TotalView) -> String {
    match filters.skipped() {
        Some(pages) if rows > 0 => {
            let before = pages * PageSize::default().get();
            format!("Tickets {} a {} de {}", before + 1, before + rows, total.number)
        }
        _ => total.text,
    }
}

fn tiles(counts: &Counts, admin: &Administrator, filters: &Filters) -> Vec<Tile> {
    let shown = Filters { status: filters.status().into(), ..filters.first() }.address();
    let tile = |code, text, count, filters: Filters| {
        let link = filters.address();
        Tile { code, text, count, current: link == shown, link }
    };
    // Those that wait may have no timer that runs, and are counted all the same.
    let newest = || Filters { order: NEWEST.into(), ..Filters::default() };
    let of = |status: &str| Filters { status: status.into(), ..newest() };
    let by = |order: &str| Filters { order: order.into(), ..Filters::default() };
    let handed_over = Filters { handoff: YES.into(), ..newest() };
    let waiting = |filter: WaitingFilter| Filters { waiting: filter.to_string(), ..Filters::default() };
    let with = |assignee: &str| Filters { assignee: assignee.into(), ..newest() };
    vec![
        tile("overdue", "Vencidos", counts.overdue, by("vencidos")),
        tile("risk", "En riesgo", counts.at_risk, by("riesgo")),
        tile("unassigned", "Sin asignar", counts.unassigned, with(NOBODY)),
        tile("mine", "Míos", counts.mine, with(admin.id.as_str())),
        tile("handoff", "Necesitan una persona", counts.handed_over, handed_over),
        tile("waiting", "En espera", counts.waiting, waiting(WaitingFilter::Waiting)),
        tile("open", "Abiertos", counts.with_status(Status::Open), of("OPEN")),
        tile("progress", "En progreso", counts.with_status(Status::InProgress), of("IN_PROGRESS")),
        tile("resolved", "Resueltos", counts.with_status(Status::Resolved), of("RESOLVED")),
        tile("all", "Todos", counts.total(), of(EVERY)),
    ]
}

fn fields(app: &App, filters: &Filters) -> Vec<Field> {
    let field = |name, text, present: &str, choices: Vec<(String, String)>| {
        let pick = |(value, text): (String, String)| Pick { selected: value == present, value, text };
        Field { name, text, choices: choices.into_iter().map(pick).collect() }
    };
    let any = |text: &str| vec![(String::new(), text.to_owned())];
    let pair = |code: &str, text: &str| (code.to_owned(), text.to_owned());

    let mut statuses = any("Activos");
    statuses.push(pair(EVERY, "Todos"));
    statuses.extend(Status::ALL.map(|it| pair(it.as_str(), it.label(Locale::Es))));
    let mut priorities = any("Todas");
    priorities.extend(Priority::ALL.map(|it| pair(it.as_str(), it.label(Locale::Es))));
    let mut categories = any("Todas");
    categories.extend(Category::KNOWN.iter().map(|it| pair(it.as_str(), it.label(Locale::Es))));
    let mut assignees = any("Cualquiera");
    assignees.push(pair(NOBODY, "Sin asignar"));
    let admins = app.people.choices(Part::Admin).into_iter();
    assignees.extend(admins.map(|it| (it.id, it.person.name)));
    // Not every customer: they are many. Whoever is wanted is searched for, and is then the choice.
    let requester = UserId::parse(&filters.requester).ok().and_then(|id| app.people.get(&id));
    let requester = requester.filter(|someone| someone.part == Part::Customer);
    let mut requesters = any("Cualquiera");
    requesters.extend(requester.map(|someone| (someone.id.to_string(), someone.shown().name)));
    let mut waits = any("Todos");
    waits.push(pair(WaitingFilter::Waiting.as_str(), "En espera"));
    waits.push(pair(WaitingFilter::NotWaiting.as_str(), "Sin los que esperan"));
    let mut handoffs = any("Todos");
    handoffs.push(pair(YES, "Necesitan una persona"));
    let mut orders = any("Predeterminado");
    orders.extend(ORDERS.map(|(word, text, ..)| pair(word, text)));
    let mut fields = vec![
        field("estado", "Estado", filters.status(), statuses),
        field("prioridad", "Prioridad", &filters.priority, priorities),
        field("categoria", "Categoría", &filters.category, categories),
        field("asignado", "Asignado a", &filters.assignee, assignees),
        field("solicitante", "Solicitante", &filters.requester, requesters),
        field("espera", "Espera", &filters.waiting, waits),
        field("traspaso", "Asistente", &filters.handoff, handoffs),
        field("orden", "Orden", &filters.order, orders),
    ];
    fields.retain(|field| field.name != "solicitante" || !filters.requester.is_empty());
    fields
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(rename = "numero", default)]
    number: String,
}

/// Redirects to the ticket whose number was typed, or to the tickets of the customer whose name was.
pub(super) async fn find(
    State(app): State<App>,
    admin: Administrator,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    // The name of a customer, unless a ticket has this number.
    let people = named(&app, &wanted.number);
    match admin.desk.find(&wanted.number).await {
        Ok(ticket) => {
            Ok(Redirect::to(&path("/admin/tickets", &ticket.head.ticket_number)).into_response())
        }
        Err(ServiceError::InvalidNumber(_) | ServiceError::NotFound { .. }) => match &people[..] {
            [] => Err(Failure::NotFound),
            [one] => Ok(Redirect::to(&of_requester(&one.id).address()).into_response()),
            _ => Ok(page(StatusCode::OK, &PeoplePage { me: Some(admin.me), people })),
        },
        Err(error) => Err(error.into()),
    }
}

/// Customers whose names have what was searched for.
#[derive(Template)]
#[template(path = "admin/clientes.html")]
struct PeoplePage {
    me: Option<Me>,
    people: Vec<PersonRef>,
}

impl PeoplePage {
    fn address(&self, person: &PersonRef) -> String {
        of_requester(&person.id).address()
    }
}

/// Returns the filters for all tickets of a customer.
fn of_requester(id: &str) -> Filters {
    Filters { requester: id.to_owned(), status: EVERY.into(), ..Filters::default() }
}

/// Returns the customers whose names have this text, in upper or lower case, with or without accents.
fn named(app: &App, typed: &str) -> Vec<PersonRef> {
    let typed = plain(typed.trim());
    let mut people = app.people.choices(Part::Customer);
    people.retain(|it| !typed.is_empty() && plain(&it.person.name).contains(&typed));
    people
}

/// Returns a text in lower case and without the accents of Spanish.
fn plain(text: &str) -> String {
    let letter = |letter| match letter {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        'ñ' => 'n',
        other => other,
    };
    text.to_lowercase().chars().map(letter).collect()
}

/// Assigns the first unassigned ticket of the list and opens it.
pub(super) async fn claim_next(
    State(app): State<App>,
    admin: Administrator,
    Asked(filters): Asked<Filters>,
) -> Answer {
    let queue = match query(&app, &admin.me.reader, &filters.first()) {
        Ok(page) => page.query().clone(),
        // The page says what is wrong with the filters.
        Err(_) => return Ok(Redirect::to(&filters.address()).into_response()),
    };
    match admin.desk.claim_next(&queue).await? {
        Some(next) => {
            let jar = CookieJar::new().add(done_cookie("persona"));
            Ok((jar, Redirect::to(&path("/admin/tickets", &next.head.ticket_number))).into_response())
        }
        None => {
            let nothing = Problem::new("", "No queda ningún ticket sin asignar con estos filtros.");
            let refused = Refused::new("siguiente", vec![nothing]);
            Ok(refuse(&app, &admin.session, &filters.address(), refused))
        }
    }
}

/// Returns an option that isn't selected.
pub(super) fn pick(value: String, text: &str) -> Pick {
    Pick { value, text: text.to_owned(), selected: false }
}
