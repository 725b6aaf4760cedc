//! Runs this test binary as another process on the same file.

use std::{
    env,
    io::{BufRead, BufReader, Lines, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// Variable with the path of the file for the other process.
const FILE: &str = "VENTANILLA_SQLITE_FILE";

/// Prefix of each line of a process, among the output of the test harness.
const MARK: &str = "said: ";

/// Returns the file of this process, if it is another process's worker.
pub(crate) fn given_file() -> Option<PathBuf> {
    env::var_os(FILE).map(PathBuf::from)
}

/// Sends a line to the process that started this one.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{MARK}{line}").unwrap();
    out.flush().unwrap();
}

/// Waits for a line of the process that started this one.
pub(crate) fn wait_for_go() {
    std::io::stdin().lock().read_line(&mut String::new()).unwrap();
}

/// Worker process, which ends at the latest when this value is dropped.
pub(crate) struct Process {
    child: Child,
    orders: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Runs a test of this binary in a process of its own, as the worker on a file.
    pub(crate) fn start(test: &str, file: &Path) -> Self {
        Self::run(Command::new(env::current_exe().unwrap()), test, file)
    }

    /// Runs it where no file may grow beyond so many blocks of 512 bytes.
    pub(crate) fn start_within(blocks: u32, test: &str, file: &Path) -> Self {
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut shell = Command::new("sh");
        shell.args(["-c", &limited]).arg(env::current_exe().unwrap());
        Self::run(shell, test, file)
    }

    fn run(mut command: Command, test: &str, file: &Path) -> Self {
        let mut child = command
            .args([test, "--exact", "--nocapture"])
            .env(FILE, file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (orders, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, orders, lines: BufReader::new(answers).lines() }
    }

    pub(crate) fn go(&mut self) {
        writeln!(self.orders).unwrap();
    }

    /// Returns the next line of the process; `None` once it has ended.
    pub(crate) fn next(&mut self) -> Option<String> {
        let lines = self.lines.by_ref().map_while(Result::ok);
        lines.filter_map(|line| Some(line.split_once(MARK)?.1.to_owned())).next()
    }

    /// Kills the process with `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
