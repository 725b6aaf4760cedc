//! What a host sets up or reads from an address and can't be: each is an error of its own, which a
//! handler passes on with `?`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::error::Error as _;

use common::{NUMBER, anas_ticket, code, desk_over, id, number, storing};
use ventanilla_service::{
    Change, ErrorKind, Explain, HelpDesk, ListQuery, Locale, MemoryStore, Priority, Receipt,
    ServiceError, TimeZone, UserId,
    error::WriteOutcome,
    list::{PageSize, Sort},
    sla::{BusinessCalendar, Period, Report, Sla, SlaPolicy, SlaTargets, Week},
    testing,
};

/// What the settings of a desk are read from.
#[derive(Clone, Copy)]
struct Settings<'a> {
    zone: &'a str,
    hours: &'a str,
    targets: [u32; 3],
    priorities: &'a [Priority],
}

const GOOD: Settings<'_> = Settings {
    zone: "Europe/Madrid",
    hours: "09:00-14:00 16:00-19:00",
    targets: [1, 2, 8],
    priorities: &Priority::ALL,
};

/// A host's own code.
fn set_up(settings: Settings<'_>) -> Result<Sla, ServiceError> {
    let zone = TimeZone::named(settings.zone)?;
    let calendar = BusinessCalendar::new(zone, Week::weekdays(settings.hours.parse()?))?;
    let [first, next, resolution] = settings.targets;
    let targets = SlaTargets::hours(first, next, resolution)?;
    Ok(Sla::new(SlaPolicy::new(settings.priorities.iter().map(|of| (*of, targets)))?, calendar))
}

async fn report(desk: &HelpDesk, from: &str, before: &str) -> Result<Report, ServiceError> {
    desk.admin(id("luis")).report(Period::new(from.parse()?, before.parse()?)?).await
}

async fn assign(desk: &HelpDesk, to: &str) -> Result<Receipt, ServiceError> {
    desk.admin(id("luis")).assign(&number(NUMBER), &UserId::parse(to)?).await
}

async fn page(desk: &HelpDesk, query: ListQuery, after: &str) -> Result<usize, ServiceError> {
    let page = query.page_after(&after.parse()?)?;
    Ok(desk.admin(id("luis")).list(page).await?.rows.len())
}

/// The error's code and its text in Spanish. What is under it isn't told twice.
fn told<T: std::fmt::Debug>(result: Result<T, ServiceError>) -> (&'static str, String) {
    let error = result.unwrap_err();
    let [es, en] = Locale::ALL.map(|locale| error.explain(locale));
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Invalid, false));
    assert_eq!(error.write_outcome(), WriteOutcome::NotApplied);
    let cause = error.source().unwrap().to_string();
    assert!(es != en && !error.to_string().contains(&cause), "{error}: {cause}");
    (error.code(), es)
}

#[test]
fn what_cannot_be_promised_is_told_by_code_and_in_spanish() {
    assert!(set_up(GOOD).is_ok());
    let without = [Priority::Low, Priority::High, Priority::Urgent];
    let twice = [without.as_slice(), &[Priority::Low, Priority::Medium]].concat();
    for (settings, code, es) in [
        (
            Settings { targets: [0, 2, 8], ..GOOD },
            "sla_target_zero",
            "El plazo es cero: Primera respuesta.",
        ),
        (Settings { targets: [1, 2, 0], ..GOOD }, "sla_target_zero", "El plazo es cero: Resolución."),
        (
            Settings { targets: [1, 87_601, 8], ..GOOD },
            "sla_target_too_long",
            "El plazo supera 3650 días: Siguiente respuesta, más de 3650 días.",
        ),
        (
            Settings { priorities: &without, ..GOOD },
            "sla_target_missing",
            "Faltan los plazos de la prioridad Media.",
        ),
        (
            Settings { priorities: &twice, ..GOOD },
            "sla_target_repeated",
            "Los plazos de la prioridad Baja están dos veces.",
        ),
        (
            Settings { zone: "Madrid", ..GOOD },
            "unknown_time_zone",
            "No se conoce la zona horaria \"Madrid\".",
        ),
        (Settings { zone: "", ..GOOD }, "unknown_time_zone", "No se conoce la zona horaria \"\"."),
        (
            Settings { hours: "closed", ..GOOD },
            "calendar_empty",
            "La semana no tiene ningún horario de atención.",
        ),
        (
            Settings { hours: " ", ..GOOD },
            "hours_empty",
            "Falta el horario: por ejemplo, «09:00-13:00 15:00-19:00».",
        ),
        (
            Settings { hours: "9-18", ..GOOD },
            "hours_malformed",
            "No se entiende el horario \"9-18\": se escribe como «09:00-18:00».",
        ),
        (
            Settings { hours: "22:00-06:00", ..GOOD },
            "hours_backwards",
            "El horario 22:00-06:00 termina antes de empezar: uno nocturno se reparte en dos días.",
        ),
    ] {
        assert_eq!(told(set_up(settings)), (code, es.to_owned()));
    }
    let (code, es) = told(set_up(Settings { hours: "09:00-14:00 13:00-18:00", ..GOOD }));
    assert_eq!(code, "hours_overlap");
    assert!(es.contains("09:00-14:00") && es.contains("13:00-18:00"), "{es}");
}

#[test]
fn settings_in_json_are_read_through_the_same_checks() {
    for (json, problem) in [
        (r#"{ "timeZone": "Madrid", "weeks": [{ "hours": { "mon": "09:00-18:00" } }] }"#, "Madrid"),
        (r#"{ "timeZone": "Europe/Madrid", "weeks": [{ "hours": {} }] }"#, "no working hours"),
        (
            r#"{ "timeZone": "UTC", "weeks": [{ "hours": { "mon": "09:00-14:00 13:00-18:00" } }] }"#,
            "09:00-14:00",
        ),
    ] {
        let error = serde_json::from_str::<BusinessCalendar>(json).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

#[tokio::test]
async fn a_period_that_does_not_end_after_it_starts_is_no_period() {
    let desk = desk_over(MemoryStore::new());
    let (march, april) = ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z");
    assert!(report(&desk, march, april).await.is_ok());
    for (from, before) in [(april, march), (march, march)] {
        let [first, last] = [from, before].map(|text| text.replace('Z', ".000Z"));
        let es = format!("El periodo debe terminar después de empezar: de {first} a {last}.");
        assert_eq!(told(report(&desk, from, before).await), ("period_backwards", es));
    }
    assert_eq!(told(report(&desk, "ayer", april).await).0, "invalid_timestamp");
}

#[tokio::test]
async fn nobody_is_no_assignee() {
    let desk = desk_over(storing([anas_ticket()]).await);
    for (blank, code) in [("", "user_id_empty"), (" ", "user_id_blank"), ("\t", "user_id_blank")] {
        let (found, es) = told(assign(&desk, blank).await);
        assert_eq!(found, code);
        assert!(es.contains("identificador de usuario"), "{es}");
    }
    let view = desk.admin(id("luis")).get(&number(NUMBER)).await.unwrap();
    assert_eq!((view.head.assignee, view.head.version), (None, 2));
    assert!(assign(&desk, "marta").await.is_ok());
}

#[tokio::test]
async fn a_cursor_of_another_list_leads_nowhere_in_a_list_by_due_time() {
    let ticket = |number| testing::ticket(number).requester("ana").policy(common::policy()).build();
    let desk = desk_over(storing(["A", "B", "C"].map(ticket)).await);
    let luis = desk.admin(id("luis"));
    let one = |query: ListQuery| query.with_page_size(PageSize::new(1).unwrap());
    let lists = [
        ListQuery::new(),
        ListQuery::new().with_sort(Sort::Due),
        ListQuery::new().overdue().with_sort(Sort::default()),
        ListQuery::new().overdue(),
        ListQuery::new().overdue().unassigned(),
        ListQuery::new().overdue().with_priorities(Priority::Medium),
    ];
    for (from, list) in lists.iter().enumerate() {
        let cursor = luis.list(one(list.clone())).await.unwrap().next.unwrap().to_string();
        for (to, other) in lists.iter().enumerate() {
            let answer = page(&desk, one(other.clone()), &cursor).await;
            assert_eq!(code(&answer), if from == to { "ok" } else { "cursor_foreign" }, "{from} {to}");
        }
        let answer = page(&desk, ListQuery::new().at_risk(), &cursor).await;
        assert_eq!(told(answer).0, "cursor_foreign");
    }
    assert_eq!(told(page(&desk, ListQuery::new().overdue(), "página 2").await).0, "cursor_malformed");
}

#[tokio::test]
async fn one_bad_number_among_good_ones_keeps_no_ticket_from_a_change() {
    let desk = desk_over(storing([anas_ticket()]).await);
    let luis = desk.admin(id("luis"));
    let changes = luis.change_each(["\u{7}", NUMBER], &Change::assign(Some(id("marta")))).await;
    assert_eq!((changes.done(), changes.failed()), (1, 1));
    let (code, es) = told(changes.items.into_iter().next().unwrap().result);
    assert_eq!(code, "number_forbidden_character");
    assert!(es.starts_with("El número de ticket contiene un carácter"), "{es}");
    let head = luis.get(&number(NUMBER)).await.unwrap().head;
    assert_eq!(head.assignee, Some(id("marta")));
}
