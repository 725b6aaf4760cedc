//! Measures the growth of each operation's duration with the number of tickets: fills a store step by
//! step and times the operations at each size.
//!
//! ```text
//! cargo run --release -p ventanilla-benches --example scale -- [OPTIONS]
//!
//!   --store memory|sqlite|mongodb  store (the last two need the feature of that name)
//!   --tickets 10000,100000,...     sizes in ascending order; 10^4, 10^5 and 10^6 by default
//!   --runs 2000                    maximum runs of an operation at each size
//!   --json                         prints JSON instead of tables
//! ```
//!
//! The first 2,000 tickets are live and half of them are overdue; all others are closed. Each requester
//! has 20 tickets.

mod backend;
mod crowd;
mod operations;

use std::{error::Error, time::Duration};

use backend::Backend;
use operations::{Elapsed, Operation};
use serde_json::json;

type Failure = Box<dyn Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse(std::env::args().skip(1))?;
    let mut backend = Backend::open(&options.store).await?;
    let mut sizes = Vec::new();
    for &tickets in &options.tickets {
        backend.fill(tickets).await?;
        let mut measured = Vec::new();
        for operation in Operation::ALL {
            measured.push(operation.measure(&backend, tickets, options.runs).await?);
        }
        let size = Size { tickets, bytes_per_ticket: backend.bytes().await? / tickets, measured };
        if !options.json {
            size.print(&options.store);
        }
        sizes.push(size);
    }
    if options.json {
        println!("{:#}", as_json(&options.store, &sizes));
    } else {
        print_growth(&sizes);
    }
    Ok(())
}

/// Measurements at one collection size.
struct Size {
    tickets: u64,
    bytes_per_ticket: u64,
    measured: Vec<Elapsed>,
}

impl Size {
    fn print(&self, store: &str) {
        let (tickets, bytes) = (self.tickets, self.bytes_per_ticket);
        println!("\n{store}, {tickets} tickets of {bytes} bytes");
        println!(
            "{:<22}{:>10}{:>12}{:>12}{:>10}{:>12}",
            "operation", "ops/s", "p50 us", "p99 us", "keys", "documents"
        );
        for (operation, measured) in Operation::ALL.iter().zip(&self.measured) {
            let examined = |count: Option<f64>| count.map_or("-".into(), |count| format!("{count:.0}"));
            println!(
                "{:<22}{:>10.0}{:>12.1}{:>12.1}{:>10}{:>12}",
                operation.name(),
                measured.per_second(),
                micros(measured.percentile(0.5)),
                micros(measured.percentile(0.99)),
                examined(measured.keys),
                examined(measured.documents),
            );
        }
    }
}

/// Prints the exponent of growth `e` of each operation: its median is proportional to the number of
/// tickets to the power of `e`. 0 means constant, 1 linear.
fn print_growth(sizes: &[Size]) {
    let [first, .., last] = sizes else { return };
    println!("\nfrom {} to {} tickets", first.tickets, last.tickets);
    println!("{:<22}{:>10}{:>12}", "operation", "times", "exponent");
    for (at, operation) in Operation::ALL.iter().enumerate() {
        let times = growth(first, last, at);
        println!("{:<22}{times:>10.2}{:>12.2}", operation.name(), exponent(first, last, times));
    }
}

fn growth(first: &Size, last: &Size, at: usize) -> f64 {
    let [first, last] = [first, last].map(|size| size.measured[at].percentile(0.5).as_secs_f64());
    last / first
}

fn exponent(first: &Size, last: &Size, times: f64) -> f64 {
    times.ln() / (last.tickets as f64 / first.tickets as f64).ln()
}

fn as_json(store: &str, sizes: &[Size]) -> serde_json::Value {
    let row = |(operation, measured): (&Operation, &Elapsed)| {
        json!({
            "operation": operation.name(),
            "opsPerSecond": measured.per_second(),
            "p50Micros": micros(measured.percentile(0.5)),
            "p99Micros": micros(measured.percentile(0.99)),
            "keysExamined": measured.keys,
            "documentsExamined": measured.documents,
        })
    };
    let size = |size: &Size| {
        json!({
            "tickets": size.tickets,
            "bytesPerTicket": size.bytes_per_ticket,
            "operations": Operation::ALL.iter().zip(&size.measured).map(row).collect::<Vec<_>>(),
        })
    };
    let exponents = match sizes {
        [first, .., last] => Operation::ALL
            .iter()
            .enumerate()
            .map(|(at, operation)| {
                (operation.name().into(), exponent(first, last, growth(first, last, at)).into())
            })
            .collect(),
        _ => serde_json::Map::new(),
    };
    json!({
        "store": store,
        "sizes": sizes.iter().map(size).collect::<Vec<_>>(),
        "exponents": exponents,
    })
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000_000.0
}

struct Options {
    store: String,
    tickets: Vec<u64>,
    runs: usize,
    json: bool,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut options = Self {
            store: "memory".into(),
            tickets: vec![10_000, 100_000, 1_000_000],
            runs: 2_000,
            json: false,
        };
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{option} needs a value"));
            match option.as_str() {
                "--store" => options.store = value()?,
                "--tickets" => {
                    let sizes = value()?;
                    options.tickets = sizes.split(',').map(str::parse).collect::<Result<_, _>>()?;
                }
                "--runs" => options.runs = value()?.parse()?,
                "--json" => options.json = true,
                _ => return Err(format!("{option} is no option of this program").into()),
            }
        }
        if options.tickets.is_empty() || !options.tickets.is_sorted() || options.tickets[0] < crowd::LIVE
        {
            return Err(format!("--tickets takes ascending sizes from {} on", crowd::LIVE).into());
        }
        Ok(options)
    }
}
