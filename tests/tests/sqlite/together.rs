//! Two processes that change the same tickets concurrently.

use std::{collections::BTreeMap, path::Path};

use futures::future::join_all;
use tempfile::tempdir;
use ventanilla_service::{Explain, HelpDesk, ListQuery, TicketNumber};
use ventanilla_tests::Process;

use super::work::{Acknowledged, check, desk, open, person};

const TASKS: usize = 16;
const STEPS: usize = 25;

/// Checks that nothing is lost or doubled, that one claim of each ticket wins, and that neither
/// process starves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_change_the_same_tickets() {
    if let Some(file) = Process::given_path() {
        let desk = desk(&file).await;
        Process::wait_for_go();
        let made = work(&desk, "hijo").await;
        return made.iter().for_each(|made| Process::say(made));
    }
    let folder = tempdir().unwrap();
    let file = folder.path().join("tickets.db");
    let desk = desk(&file).await;
    let opened = join_all((0..TASKS).map(async |task| open(&desk, &format!("abre-{task}")).await));
    let opened: Vec<TicketNumber> = opened.await.into_iter().map(Result::unwrap).collect();

    let made = both_work(&desk, &file).await;

    let (mut acknowledged, mut claims) = (Acknowledged::new(), BTreeMap::<_, usize>::new());
    for made in made {
        match made.split(' ').collect::<Vec<_>>()[..] {
            [number, "reclama"] => *claims.entry(number.to_owned()).or_default() += 1,
            [number, text] => acknowledged.entry(number.parse().unwrap()).or_default().push(text.into()),
            _ => panic!("{made}"),
        }
    }
    assert_eq!(acknowledged.values().map(Vec::len).sum::<usize>(), 2 * TASKS * STEPS);
    assert_eq!(claims.len(), opened.len());
    assert!(claims.values().all(|winners| *winners == 1), "{claims:?}");
    check(&desk, &acknowledged, 1).await;
}

async fn both_work(desk: &HelpDesk, file: &Path) -> Vec<String> {
    let name = "together::two_processes_change_the_same_tickets";
    let mut process = Process::start(name, file);
    process.go();
    let mut made = work(desk, "padre").await;
    made.extend(std::iter::from_fn(|| process.next_line()));
    made
}

/// Claims every ticket and writes on all of them, in many tasks, and reports the applied changes.
async fn work(desk: &HelpDesk, who: &str) -> Vec<String> {
    let tickets = desk.admin(person("luis")).list(ListQuery::new()).await.unwrap().rows;
    let numbers: Vec<TicketNumber> = tickets.into_iter().map(|row| row.head.ticket_number).collect();
    let tasks = (0..TASKS).map(|task| {
        let (desk, numbers, who) = (desk.clone(), numbers.clone(), who.to_owned());
        tokio::spawn(async move { write(&desk, &numbers, &who, task).await })
    });
    join_all(tasks).await.into_iter().flat_map(Result::unwrap).collect()
}

async fn write(desk: &HelpDesk, numbers: &[TicketNumber], who: &str, task: usize) -> Vec<String> {
    let mut made = Vec::new();
    let (admin, customer) = (desk.admin(person(&format!("{who}-{task}"))), desk.customer(person("ana")));
    match admin.claim(&numbers[task]).await {
        Ok(_) => made.push(format!("{} reclama", numbers[task])),
        Err(error) => assert_eq!(error.code(), "already_assigned"),
    }
    for step in 0..STEPS {
        let number = &numbers[(task + step) % numbers.len()];
        let text = format!("{who}-{task}-{step}");
        customer.reply(number, text.as_str()).await.unwrap();
        made.push(format!("{number} {text}"));
    }
    made
}
