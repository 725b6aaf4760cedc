//! Runs Mongoose in a Node process that receives requests as lines of JSON.

use std::{
    env,
    error::Error,
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use ventanilla_service::{TicketNumber, UserId};

use super::Case;

/// Running process with Mongoose.
pub(crate) struct Mongoose {
    process: Child,
    work: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Mongoose {
    /// Installs and starts Mongoose. Without Node, prints a warning and leaves its columns empty.
    pub(crate) fn start(uri: &str, database: &str) -> Option<Self> {
        match Self::try_start(uri, database) {
            Ok(mongoose) => Some(mongoose),
            Err(error) => {
                eprintln!("MONGOOSE IS MISSING, and so are its columns: {error}");
                None
            }
        }
    }

    fn try_start(uri: &str, database: &str) -> Result<Self, Box<dyn Error>> {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("mongoose");
        let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mongoose");
        fs::create_dir_all(&installed)?;
        fs::copy(sources.join("package.json"), installed.join("package.json"))?;
        let npm = Command::new("npm").args(["install", "--silent"]).current_dir(&installed).status()?;
        if !npm.success() {
            return Err("npm installed nothing".into());
        }
        fs::copy(sources.join("bench.mjs"), installed.join("bench.mjs"))?;
        let mut process = Command::new("node")
            .arg(installed.join("bench.mjs"))
            .args([uri, database])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let work = process.stdin.take().ok_or("no standard input")?;
        let answers = BufReader::new(process.stdout.take().ok_or("no standard output")?);
        Ok(Self { process, work, answers })
    }

    /// Runs a use case on these tickets with this number of concurrent tasks; returns the milliseconds.
    pub(crate) fn run(
        &mut self,
        case: Case,
        tasks: usize,
        tickets: &[(TicketNumber, UserId)],
    ) -> Result<f64, Box<dyn Error>> {
        let tickets: Vec<Value> =
            tickets.iter().map(|(number, owner)| json!([number.as_str(), owner.as_str()])).collect();
        // Mongoose reads every ticket, so it has no known ones.
        let case = format!("{case:?}").replace("Known", "");
        let work = json!({ "useCase": case, "tasks": tasks, "tickets": tickets });
        writeln!(self.work, "{work}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let answer: Value = serde_json::from_str(&answer)?;
        answer["millis"].as_f64().ok_or_else(|| format!("Mongoose failed: {answer}").into())
    }
}

impl Drop for Mongoose {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
