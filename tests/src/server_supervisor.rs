//! Shell between the tests and a server, which ends the server with the tests.
//!
//! Nothing in a test process can do that: it may be killed, and statics are never dropped. But its
//! end of a pipe closes in any case.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// Supervisor of one server, which ends the server and removes its directory when it is dropped.
#[derive(Debug)]
pub(crate) struct ServerSupervisor {
    shell: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// Command to a supervisor for its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Start,
    /// `kill -9`, until it is gone.
    Kill,
    Pause,
    Resume,
}

impl ServerSupervisor {
    /// Starts a supervisor of the server that a command will start.
    ///
    /// The server's output goes to `log` in that directory.
    pub(crate) fn new(directory: &Path, server: &[impl AsRef<OsStr>]) -> Self {
        let mut command = Command::new("sh");
        command
            .args(["-c", include_str!("server_supervisor.sh"), "supervisor"])
            .arg(directory)
            .args(server);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Ctrl-C and time-outs go to the tests' process group, and the supervisor must outlive that.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut shell = command.spawn().expect("a server's supervisor is a shell, `sh`");
        let (orders, answers) = (shell.stdin.take(), shell.stdout.take().unwrap());
        Self { shell, orders, answers: BufReader::new(answers) }
    }

    /// Carries out an order, and returns the server's process id.
    pub(crate) fn order(&mut self, order: Order) -> u32 {
        let name = match order {
            Order::Start => "START",
            Order::Kill => "KILL",
            Order::Pause => "STOP",
            Order::Resume => "CONT",
        };
        let mut answer = String::new();
        writeln!(self.orders.as_ref().unwrap(), "{name}").expect("the supervisor runs");
        self.answers.read_line(&mut answer).expect("the supervisor answers");
        answer.trim().parse().expect("a process id")
    }
}

impl Drop for ServerSupervisor {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.shell.wait();
    }
}
