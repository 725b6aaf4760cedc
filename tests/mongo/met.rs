//! Which situations of a clock were met: a comparison proves nothing of those that never came.

use std::collections::BTreeMap;

use ventanilla_service::*;

/// How often each step of a plan met a clock in each state, by its condition.
#[derive(Debug, Default)]
pub(crate) struct Met(BTreeMap<String, u32>);

impl Met {
    /// Adds what a plan meets that is carried out on a ticket.
    pub(crate) fn add(&mut self, plan: &Plan, ticket: &Ticket) {
        let head = ticket.head();
        let (Some(clocks), Some(now)) = (head.sla.as_deref(), plan.reading()) else { return };
        let mut moved = EnumSet::empty();
        for effect in plan.effects() {
            let Effect::Clock(step, metrics, when) = effect else { continue };
            let (holds, condition) = match when {
                When::Always => (true, "always"),
                When::Moves if plan.go().is_some_and(|go| go.from.contains(head.status)) => {
                    (true, "moves")
                }
                When::Moves => (false, "stays"),
                When::NotRequester if plan.by().user() == Some(&head.requester) => (false, "requester"),
                When::NotRequester => (true, "another"),
            };
            // What a step before has moved isn't what the ticket shows.
            for metric in *metrics - moved {
                let state = state(*step, clocks, metric, now);
                *self.0.entry(format!("{} {condition} {state}", name(*step))).or_default() += 1;
                if holds && moves(*step, state) {
                    moved |= metric;
                }
            }
        }
    }

    /// Every situation was met.
    pub(crate) fn is_all(&self) {
        let conditions = [
            ("start always", "held,runs,new,again"),
            ("stop another", "none,runs,stopped"),
            ("stop requester", "none,runs,stopped"),
            ("stop moves", "runs,stopped"),
            ("stop stays", "runs,stopped"),
            ("cancel moves", "none,runs,stopped"),
            ("cancel stays", "stopped"),
            ("resume moves", "runs,stopped early,stopped just in time,stopped late"),
            ("resume stays", "runs,stopped early"),
            ("retarget always", "none,stopped,in time,late"),
        ];
        for (condition, states) in conditions {
            for state in states.split(',') {
                let situation = format!("{condition} {state}");
                let times = self.0.get(&situation).copied().unwrap_or_default();
                println!("{times:>6} {situation}");
                assert!(times > 0, "never met: {situation}");
            }
        }
    }
}

fn name(step: ClockStep) -> &'static str {
    match step {
        ClockStep::Start { .. } => "start",
        ClockStep::Stop => "stop",
        ClockStep::Cancel => "cancel",
        ClockStep::Resume => "resume",
        ClockStep::Retarget(_) => "retarget",
    }
}

/// Whether a step acts on a clock in this state.
fn moves(step: ClockStep, state: &str) -> bool {
    match step {
        ClockStep::Start { .. } => ["new", "again"].contains(&state),
        ClockStep::Stop | ClockStep::Cancel => state == "runs",
        ClockStep::Resume => state != "runs",
        ClockStep::Retarget(_) => ["in time", "just in time"].contains(&state),
    }
}

fn state(step: ClockStep, clocks: &SlaClocks, metric: SlaMetric, now: BusinessTime) -> &'static str {
    let clock = clocks.of(metric);
    let runs = |clock: &SlaClock| clock.is_running();
    let by_due = |at: BusinessTime, due: BusinessTime, names: [&'static str; 3]| {
        names[match at.cmp(&due) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => 1,
            std::cmp::Ordering::Greater => 2,
        }]
    };
    match (step, clock) {
        (ClockStep::Start { .. }, Some(clock)) if runs(clock) => "runs",
        (ClockStep::Start { unless }, _)
            if unless.iter().filter_map(|held| clocks.of(held)).any(runs) =>
        {
            "held"
        }
        (ClockStep::Start { .. }, None) => "new",
        (ClockStep::Start { .. }, Some(_)) => "again",
        (_, None) => "none",
        (ClockStep::Retarget(_), Some(clock)) if runs(clock) => {
            by_due(now, clock.due, ["in time", "just in time", "late"])
        }
        (_, Some(SlaClock { stop: None, .. })) => "runs",
        (ClockStep::Resume, Some(SlaClock { due, stop: Some(stop), .. })) => {
            by_due(stop.reading, *due, ["stopped early", "stopped just in time", "stopped late"])
        }
        (_, Some(_)) => "stopped",
    }
}
