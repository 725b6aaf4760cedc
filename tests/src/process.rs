//! Worker processes of a test, which run the same binary.

use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader, Lines, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// Variable with the path that a worker is given.
const PATH: &str = "VENTANILLA_WORKER_PATH";

/// Prefix of each line of a process, among the output of the test harness.
const MARK: &str = "said: ";

/// Worker process, which ends at the latest when this value is dropped.
///
/// A test starts itself, and asks first whether it is the worker:
///
/// ```no_run
/// use ventanilla_tests::Process;
///
/// if let Some(file) = Process::given_path() {
///     return Process::say(&format!("works on {}", file.display()));
/// }
/// let mut process = Process::start("module::name_of_the_test", "tickets.db");
/// assert_eq!(process.next_line().unwrap(), "works on tickets.db");
/// ```
///
/// All methods panic if a process can't be started or reached.
#[derive(Debug)]
pub struct Process {
    child: Child,
    orders: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Runs a test of this binary in a process of its own, as the worker on a path.
    pub fn start(test: &str, path: impl AsRef<OsStr>) -> Self {
        Self::run(Command::new(env::current_exe().unwrap()), test, path.as_ref())
    }

    /// Runs it where no file may grow beyond so many blocks of 512 bytes.
    pub fn start_within(blocks: u32, test: &str, path: impl AsRef<OsStr>) -> Self {
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut shell = Command::new("sh");
        shell.args(["-c", &limited]).arg(env::current_exe().unwrap());
        Self::run(shell, test, path.as_ref())
    }

    fn run(mut command: Command, test: &str, path: &OsStr) -> Self {
        let mut child = command
            .args([test, "--exact", "--nocapture"])
            .env(PATH, path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (orders, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, orders, lines: BufReader::new(answers).lines() }
    }

    /// Lets the process go on after [`wait_for_go`](Self::wait_for_go).
    pub fn go(&mut self) {
        writeln!(self.orders).unwrap();
    }

    /// Returns the next line of the process; `None` once it has ended.
    pub fn next_line(&mut self) -> Option<String> {
        let lines = self.lines.by_ref().map_while(Result::ok);
        lines.filter_map(|line| Some(line.split_once(MARK)?.1.to_owned())).next()
    }

    /// Returns whether the process has ended, killed or not.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Kills the process with `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
    }
}

/// Methods for the worker.
impl Process {
    /// Returns the path of this process, if it is another process's worker.
    #[must_use]
    pub fn given_path() -> Option<PathBuf> {
        env::var_os(PATH).map(PathBuf::from)
    }

    /// Sends a line to the process that started this one.
    pub fn say(line: &str) {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{MARK}{line}").unwrap();
        out.flush().unwrap();
    }

    /// Waits until the process that started this one lets it [go](Self::go) on.
    pub fn wait_for_go() {
        std::io::stdin().lock().read_line(&mut String::new()).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
