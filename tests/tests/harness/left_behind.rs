//! Checks that servers whose tests ended leave nothing behind.

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use ventanilla_tests::ReplicaSet;

/// Variable that marks the process to be killed.
const VICTIM: &str = "VENTANILLA_VICTIM";

#[test]
fn nothing_stays_behind_when_the_tests_are_killed() {
    if env::var_os(VICTIM).is_some() {
        return wait_with_servers();
    }
    let temporary = tempfile::tempdir().unwrap();
    let name = "left_behind::nothing_stays_behind_when_the_tests_are_killed";
    let mut victim = Command::new(env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(VICTIM, "yes")
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok);
    let servers = lines.find_map(|line| line.strip_prefix("servers:").map(str::to_owned)).unwrap();
    let servers: Vec<&str> = servers.split_whitespace().collect();
    assert_eq!(servers.len(), 3);
    assert!(servers.iter().all(|server| runs(server)));

    victim.kill().unwrap();
    victim.wait().unwrap();

    let killed = Instant::now();
    while servers.iter().any(|server| runs(server)) || !is_empty(temporary.path()) {
        assert!(killed.elapsed() < Duration::from_secs(60), "{servers:?} are left behind");
        thread::sleep(Duration::from_millis(10));
    }
    println!("gone after {:?}", killed.elapsed());
}

#[tokio::main(flavor = "current_thread")]
async fn wait_with_servers() {
    let set = ReplicaSet::start().await;
    let servers: Vec<String> = set.process_ids().iter().map(u32::to_string).collect();
    println!("\nservers: {}", servers.join(" "));
    thread::sleep(Duration::from_secs(120));
}

#[tokio::test]
async fn nothing_stays_behind_when_a_set_is_dropped() {
    let set = ReplicaSet::start().await;
    set.pause(1);
    set.kill(2);
    let servers: Vec<String> = set.process_ids().iter().map(u32::to_string).collect();

    drop(set);

    assert!(!servers.iter().any(|server| runs(server)));
}

fn runs(process: &str) -> bool {
    Command::new("kill").args(["-0", process]).stderr(Stdio::null()).status().unwrap().success()
}

fn is_empty(folder: &Path) -> bool {
    folder.read_dir().unwrap().next().is_none()
}
