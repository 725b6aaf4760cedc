//! A morning at the administrators' desk: what is overdue, who takes it, and how the week went.
//!
//! `cargo run --example admin_desk`

use std::{collections::HashMap, error::Error, time::Duration};

use serde::Deserialize;
use ventanilla_service::{
    Admin, Change, Explain, HelpDesk, ListQuery, Locale, MemoryStore, NewTicket, Policy, Priority,
    Receipt, ServiceError, Status, TicketNumber, TicketSummary, TimeZone, Timestamp, UserId,
    error::Refusal,
    list::{Direction, Page, Sort},
    settings::ManualClock,
    sla::{BusinessCalendar, Period, Sla, SlaPolicy, SlaTargets, Week},
    ticket::{Wait, WaitingFor},
    view::{DurationTexts, Person, ReportCell, ReportColumns, ReportView, SlaView, Viewer},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let script: Script = serde_json::from_str(include_str!("admin_desk.json"))?;
    let people = &script.people;
    let reader = Viewer::new(TimeZone::named("America/Argentina/Buenos_Aires")?);

    let clock = ManualClock::new("2026-03-06T12:00:00Z".parse()?);
    let policy = Policy { sla: Some(sla()?), ..Policy::default() };
    let desk = HelpDesk::builder(MemoryStore::new()).policy(policy).clock(clock.clone()).build();
    let [lucia, martin] = script.admins.clone().map(|id| desk.admin(id));

    for arrival in &script.arrivals {
        clock.set(arrival.at);
        let new_ticket = NewTicket::new(arrival.category.parse()?, arrival.description.parse()?);
        let number =
            desk.customer(arrival.customer.clone()).create(new_ticket).await?.head.ticket_number;
        lucia.set_priority(&number, arrival.priority).await?;
    }

    clock.set("2026-03-09T13:05:00Z".parse()?);
    heading("Lunes, 10:05: así está la mesa");
    let counts = lucia.counts().await?;
    println!("Abiertos {}", counts.with_status(Status::Open));
    println!("Sin asignar {}", counts.unassigned);
    println!("Vencidos {}, en riesgo {}", counts.overdue, counts.at_risk);

    heading("Lo vencido");
    let overdue = lucia.list(ListQuery::new().overdue()).await?;
    show(&lucia, &overdue, &reader, people).await;

    heading("La cola: lo urgente primero");
    let queue = ListQuery::new()
        .with_statuses(Status::Open)
        .unassigned()
        .with_sort(Sort::UrgentFirst(Direction::OldestFirst));
    let queue = lucia.list(queue).await?;
    show(&lucia, &queue, &reader, people).await;
    let [urgent, high, medium, low] = numbers(&queue)?;

    heading("Las dos quieren el mismo");
    let seen = martin.get(&urgent).await?.head.version;
    tell(lucia.claim(&urgent).await?, people);
    if let Err(ServiceError::Refused { refusal: Refusal::AlreadyAssigned { to }, .. }) =
        martin.claim(&urgent).await
    {
        println!("Martín Ríos: ya lo tiene {}", name(people)(&to));
    }
    let late = Change::priority(Priority::High).expecting(seen);
    if let Err(error) = martin.change(&urgent, late).await {
        println!("[{}] {}", error.code(), error.explain(Locale::Es));
    }

    heading("Lucía lo resuelve; Martín pregunta");
    clock.advance(minutes(20));
    tell(lucia.add_note(&urgent, script.note.as_str()).await?, people);
    tell(lucia.reply(&urgent, script.solved.as_str()).status(Status::Resolved).await?, people);
    tell(martin.claim(&high).await?, people);
    let wait = Wait::new(WaitingFor::Customer);
    tell(martin.reply(&high, script.asked.as_str()).wait(wait).await?, people);
    clock.advance(minutes(50));
    let carla = desk.customer(script.arrivals[2].customer.clone());
    tell(carla.reply(&high, script.answered.as_str()).await?, people);
    clock.advance(minutes(90));
    tell(martin.reply(&high, script.fixed.as_str()).status(Status::Resolved).await?, people);

    heading("El ticket de Ana frente a los plazos");
    let page = lucia.pages(reader, people).ticket(&lucia.get(&urgent).await?).await;
    for sla in &page.sla {
        let SlaView { metric, state, due, text, .. } = sla;
        let due = due.as_ref().map_or("", |due| &due.text);
        println!("{:20} {:9} vencía el {due}. {text}", metric.text, state.text);
    }

    heading("Varios de una vez, uno mal escrito");
    let chosen = [medium.as_str(), "TKT-????", low.as_str()];
    let changes = martin.change_each(chosen, &Change::claim()).await;
    let changes = martin.pages(reader, people).bulk(&changes);
    for row in &changes.rows {
        println!("{:10}  {}", row.input, row.outcome.text);
    }
    println!("{}", changes.text);

    heading("La semana en cifras");
    let week = Period::days("2026-03-06".parse()?, "2026-03-12".parse()?, reader.time_zone)?;
    clock.set(week.before());
    let report = lucia.report(week).await?;
    show_report(&lucia.pages(reader, people).report(&report).await);

    heading("Dos semanas después, el sistema cierra lo resuelto");
    clock.advance(minutes(14 * 24 * 60));
    for receipt in desk.system().close_resolved(100).await?.closed {
        println!("{}", receipt.head.ticket_number);
        tell(receipt, people);
    }
    Ok(())
}

/// Returns the SLA of an office that works Monday to Friday from 9 to 18, except on Carnival's
/// Monday.
fn sla() -> Result<Sla, Box<dyn Error>> {
    let week = Week::weekdays("09:00-18:00".parse()?);
    let zone = TimeZone::named("America/Argentina/Buenos_Aires")?;
    let office = BusinessCalendar::with_holidays(zone, week, ["2026-02-16".parse()?])?;
    let targets = SlaPolicy::new([
        (Priority::Urgent, SlaTargets::hours(1, 2, 4)?),
        (Priority::High, SlaTargets::hours(2, 4, 9)?),
        (Priority::Medium, SlaTargets::hours(4, 9, 27)?),
        (Priority::Low, SlaTargets::hours(9, 18, 90)?),
    ])?;
    Ok(Sla::new(targets, office))
}

async fn show(
    admin: &Admin,
    page: &Page<TicketSummary>,
    reader: &Viewer,
    people: &HashMap<UserId, Person>,
) {
    for row in admin.pages(*reader, people).rows(&page.rows).await {
        let sla = row.sla.map(|sla| format!("{}. {}", sla.metric.text, sla.text));
        println!(
            "{}  {:8} {:12} {:11} {}",
            row.ticket_number,
            row.priority.text,
            row.requester.name,
            row.assignee_text,
            sla.unwrap_or_default(),
        );
    }
}

fn show_report(report: &ReportView) {
    let ReportColumns { count, median, p90, compliance, business, .. } = &report.columns;
    println!("({business})");
    println!("{:16} {:20} {count:>7} {median:>11} {p90:>13} {compliance:>13}", "", "");
    for row in std::iter::once(&report.overall).chain(&report.admins) {
        let mut who = row.who.name.as_str();
        for cell in &row.cells {
            let ReportCell {
                metric,
                count,
                business: DurationTexts { median, p90, .. },
                compliance,
                ..
            } = cell;
            println!("{who:16} {:20} {count:>7} {median:>11} {p90:>13} {compliance:>13}", metric.text);
            who = "";
        }
    }
}

/// Prints the text that a host would send by e-mail or webhook for each event.
fn tell(receipt: Receipt, people: &HashMap<UserId, Person>) {
    for event in receipt.events {
        let part = || event.by.kind().label(Locale::Es).to_owned();
        let who = event.by.user().map_or_else(part, name(people));
        println!("{who}: {}", event.describe(Locale::Es, name(people)));
    }
}

fn name(people: &HashMap<UserId, Person>) -> impl Fn(&UserId) -> String {
    |id| people.get(id).map_or_else(|| id.to_string(), |person| person.name.clone())
}

fn numbers<const N: usize>(page: &Page<TicketSummary>) -> Result<[TicketNumber; N], Box<dyn Error>> {
    let numbers: Vec<_> = page.rows.iter().map(|row| row.head.ticket_number.clone()).collect();
    numbers.try_into().map_err(|found: Vec<_>| format!("{} tickets", found.len()).into())
}

fn heading(text: &str) {
    println!("\n── {text} ──\n");
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

#[derive(Deserialize)]
struct Script {
    #[serde(deserialize_with = "named")]
    people: HashMap<UserId, Person>,
    admins: [UserId; 2],
    arrivals: Vec<Arrival>,
    note: String,
    solved: String,
    asked: String,
    answered: String,
    fixed: String,
}

#[derive(Deserialize)]
struct Arrival {
    at: Timestamp,
    customer: UserId,
    category: String,
    priority: Priority,
    description: String,
}

fn named<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<HashMap<UserId, Person>, D::Error> {
    let names = HashMap::<UserId, String>::deserialize(deserializer)?;
    Ok(names.into_iter().map(|(id, name)| (id, Person::named(name))).collect())
}
