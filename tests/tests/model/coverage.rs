//! Coverage of a run: the answers of each step, and the states of each timer.
//!
//! A kind that is never generated would be compared with nothing.

use std::collections::BTreeSet;

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use proptest_state_machine::ReferenceStateMachine;
use ventanilla_service::{
    Event, EventKind, Explain, Status, Timestamp,
    error::Refusal,
    list::{DueFilter, Sort, WaitingFilter},
    sla::SlaState,
    ticket::{Actor, Waiting},
};

use super::{
    answer::{Answer, Head, Timer},
    files::{Fate, Upload, id_of},
    generators::Focus,
    machine::Reference,
    reference::{Ticket, World},
    rules::sees_inside,
    step::{Action, Altered, Files, Guard, Handing, Label, Query, Read, Request, Step, Then, What},
};

/// Kinds of answers and timers that occurred.
#[derive(Default)]
pub(crate) struct Coverage(BTreeSet<String>);

impl Coverage {
    /// Runs the reference so many times, with the same steps each time.
    pub(crate) fn collect<F: Focus>(&mut self, runs: u32) {
        let mut runner = TestRunner::deterministic();
        for _ in 0..runs {
            let run = Reference::<F>::sequential_strategy(20..=30).new_tree(&mut runner).unwrap();
            let (mut world, steps, _) = run.current();
            for step in &steps {
                let before: Vec<Desk> = world.tickets.iter().map(Desk::of).collect();
                world.take(step);
                self.add_step(step, &world);
                if let Action::Change(request) = &step.action {
                    let ticket = before.get(request.ticket).zip(world.tickets.get(request.ticket));
                    ticket.into_iter().for_each(|(was, is)| self.endings(request, was, is, world.now));
                }
            }
        }
    }

    /// Returns the wanted kinds that never occurred.
    ///
    /// Each line has steps and their answers, as in "a|b c|d".
    pub(crate) fn that_never_occurred(&self, wanted: &[&str]) -> Vec<String> {
        let kinds = wanted.iter().flat_map(|line| spread(line));
        kinds.filter(|kind| !self.0.contains(kind)).collect()
    }

    fn add_step(&mut self, step: &Step, world: &World) {
        let answer = world.answer.as_ref().unwrap();
        self.add(step_name(&step.action), answer);
        self.files(&step.action, answer, world);
        match answer {
            Answer::Each(each) => {
                each.iter().for_each(|(_, answer)| self.add("each", answer));
                let Action::ChangeEach(bulk) = &step.action else { unreachable!("it was another step") };
                self.tell_if(each.len() < bulk.tickets.len(), "each", "named-twice");
            }
            Answer::Closed { closed, batches } => {
                self.tell("closed", if closed.is_empty() { "none" } else { "some" });
                self.tell("batches", if *batches > 1 { "many" } else { "one" });
                closed.iter().for_each(|answer| self.add("closed", answer));
            }
            Answer::Page { rows, .. } => {
                rows.iter().for_each(|(head, _)| self.head(head));
                self.filters(&step.action, rows.is_empty());
            }
            Answer::Seen(seen) => {
                self.head(&seen.head);
                let over = seen.head.waiting.is_some() && !seen.head.waits_at(world.now);
                self.tell_if(over, "view", "wait-over");
                let Action::Read(Read::View { by, .. } | Read::Find { by, .. }) = &step.action else {
                    unreachable!("it was another step")
                };
                let audience = if sees_inside(by) { "desk" } else { by.kind().as_str() };
                let ticket = &world.tickets[seen.head.ticket].head;
                self.tell_if(!ticket.tags.is_empty(), "has-tags-seen-by", audience);
                self.tell_if(!seen.head.about.is_empty(), "is-about-seen-by", audience);
            }
            Answer::Reported(rows) => rows.values().for_each(|row| {
                self.tell_if(row.count > 0, "report", "count");
                self.tell_if(row.met > 0, "report", "met");
                self.tell_if(row.breached > 0, "report", "late");
            }),
            Answer::Turn(seen, writable) => {
                self.head(&seen.head);
                self.tell("writable", writable.as_ref().err().map_or("some", Explain::code));
            }
            Answer::Counted { overdue, at_risk, waiting, handed_over, .. } => {
                self.tell_if(*waiting > 0, "counts", "waiting");
                self.tell_if(*handed_over > 0, "counts", "handed-over");
                self.tell_if(*overdue > 0, "counts", "overdue");
                self.tell_if(*at_risk > 0, "counts", "at-risk");
            }
            _ => {}
        }
    }

    /// Adds the combination of filters and order by which a list shows tickets.
    fn filters(&mut self, action: &Action, is_empty: bool) {
        let Action::List { query: Query::All(filter, sort), .. } = action else { return };
        let waiting = filter.waiting.map_or("any", WaitingFilter::as_str);
        let handed_over = if filter.handed_over { "handed-over" } else { "all" };
        let filters = format!("{waiting}-{handed_over}");
        self.tell_if(!is_empty, &filters, sort.as_str());
        self.tell_if(!is_empty, &filters, filter.due.map_or("any", DueFilter::as_str));
        let labels = match (filter.about, filter.tag) {
            (None, None) => return,
            (Some(_), None) => "about",
            (None, Some(_)) => "tag",
            (Some(_), Some(_)) => "about-and-tag",
        };
        self.tell(labels, if is_empty { "empty" } else { sort.as_str() });
        let narrowed = filter.due.is_some() || filter.waiting.is_some() || filter.requester.is_some();
        self.tell_if(narrowed && !is_empty, labels, "with-other-filters");
    }

    fn add(&mut self, step: &str, answer: &Answer) {
        self.tell(step, answer_name(answer));
        if let Answer::Refused { refusal: Refusal::VersionConflict { changes, .. }, .. } = answer {
            self.tell("conflict", if changes.is_empty() { "unknown" } else { "known" });
        }
        if let Answer::Refused { refusal: Refusal::ConversationChanged { added, changes, .. }, .. } =
            answer
        {
            let is_message = |event: &Event| matches!(event.kind, EventKind::MessageAdded { .. });
            self.tell_if(*added > 0, "overtaken", "by-message");
            self.tell_if(!changes.iter().all(is_message), "overtaken", "by-status");
            self.tell_if(changes.is_empty(), "overtaken", "unknown");
        }
        if let Answer::Done { head, .. } = answer {
            self.head(head);
            self.tell_if(!head.about.is_empty(), step, "about-something");
        }
    }

    fn head(&mut self, head: &Head) {
        for timer in head.timers.iter().flatten() {
            self.timer(timer);
        }
    }

    fn timer(&mut self, timer: &Timer) {
        let (metric, left) = (timer.metric.as_str(), timer.left);
        self.tell(metric, timer.state.as_str());
        self.tell_if(left == 0 && timer.state == SlaState::AtRisk, metric, "just-due");
        self.tell_if(left == 0 && timer.state == SlaState::Met, metric, "just-met");
        self.tell_if(left == -1, metric, "just-late");
        let running = timer.stop.is_none() && left > 0;
        self.tell_if(running && timer.spent.0 == 3 * left, metric, "three-quarters");
    }

    fn tell_if(&mut self, so: bool, step: &str, answer: &str) {
        if so {
            self.tell(step, answer);
        }
    }

    fn tell(&mut self, step: &str, answer: &str) {
        self.0.insert(format!("{step} {answer}"));
    }
}

impl Coverage {
    /// Adds what became of the files of a step.
    fn files(&mut self, action: &Action, answer: &Answer, world: &World) {
        match (action, answer) {
            (Action::Upload { by, .. }, Answer::Uploaded(_)) => {
                self.tell("uploaded-by", by.kind().as_str());
            }
            (Action::Sweep, Answer::Swept { deleted, attached }) => {
                self.tell_if(*deleted > 0, "sweep", "deleted");
                self.tell_if(*attached > 0, "sweep", "attached");
                self.tell_if(deleted + attached == 0, "sweep", "nothing");
            }
            (
                Action::Read(Read::Download { by, file, range, .. }),
                Answer::Downloaded(attachment, bytes),
            ) => {
                self.tell("downloaded-by", by.kind().as_str());
                let all = attachment.bytes == bytes.len() as u64;
                let part = if bytes.is_empty() { "no-part" } else { "part" };
                self.tell_if(range.is_none(), "downloaded", "whole");
                self.tell_if(!all, "downloaded", part);
                let is_kept = world.uploads[*file].fate == Fate::Kept;
                self.tell_if(is_kept, "downloaded", "after-a-sweep");
            }
            _ => {}
        }
        let (by, files) = match action {
            Action::Open(opening) => (opening.by.clone(), Some(&opening.words.files)),
            Action::FollowUp { by, words, .. } => (Actor::Customer(by.clone()), Some(&words.files)),
            Action::Change(request) => (request.by.clone(), request.what.files()),
            Action::ChangeEach(bulk) => (Actor::Admin(bulk.by.clone()), bulk.what.files()),
            _ => return,
        };
        let Some(files) = files.filter(|files| !files.places.is_empty()) else { return };
        self.tell(&format!("{}-with-files", step_name(action)), answer_name(answer));
        let handing = match files.handing {
            Handing::LookedUp => "looked-up",
            Handing::PassedOn => "passed-on",
            Handing::Altered(Altered::Smaller) => "said-smaller",
            Handing::Altered(Altered::Larger) => "said-larger",
            Handing::Altered(Altered::OtherType) => "said-of-another-type",
            Handing::Altered(Altered::OtherKnownType) => "said-of-another-known-type",
        };
        self.tell(handing, answer_name(answer));
        match answer {
            Answer::FileNotFound(place) => self.tell("file-not-found", why(world, *place, &by)),
            Answer::Each(each) => each.iter().for_each(|(_, answer)| {
                self.tell("each-with-files", answer_name(answer));
            }),
            Answer::Done { head, repeated, .. } => self.attached(files, head.ticket, *repeated, world),
            _ => {}
        }
    }

    fn attached(&mut self, files: &Files, ticket: usize, repeated: bool, world: &World) {
        let ticket = &world.tickets[ticket];
        for (at, place) in files.places.iter().enumerate() {
            let upload = &world.uploads[*place];
            let names = |ticket: &&Ticket| ticket.names(id_of(*place));
            self.tell_if(files.places[..at].contains(place), "attached", "twice-at-once");
            self.tell_if(world.tickets.iter().filter(names).count() > 1, "attached", "in-two-tickets");
            let is_old = upload.fate == Fate::Pending && !upload.is_fresh(world.now);
            self.tell_if(is_old, "attached", "again-when-old");
            self.tell_if(upload.fate == Fate::Kept, "attached", "again-after-a-sweep");
            let is_first = ticket.messages[0].attachments.iter().any(|file| file.id == id_of(*place));
            let by_admin = matches!(upload.by, Actor::Admin(_)) && !upload.is_fresh(world.now);
            self.tell_if(is_first && by_admin, "attached", "again-by-who-opened-it");
            let is_new = repeated && !ticket.names(id_of(*place));
            self.tell_if(is_new, "repeated", "uploaded-once-more");
        }
        self.tell_if(files.places.len() == 8, "attached", "eight-at-once");
        let bytes: u64 = ticket.files().map(|file| file.bytes).sum();
        self.tell_if(bytes == world.policy.attachments.ticket_bytes, "attached", "to-the-limit");
    }
}

/// Returns why somebody can't attach a file.
fn why(world: &World, place: usize, by: &Actor) -> &'static str {
    match world.uploads.get(place) {
        None => "forged",
        Some(upload) if upload.by != *by => "of-another-person",
        Some(upload) if upload.is_fresh(world.now) => "altered",
        Some(Upload { fate, .. }) => match fate {
            Fate::Pending => "too-old",
            Fate::Kept => "kept",
            Fate::Deleted => "deleted",
        },
    }
}

/// Parts of a ticket that only the desk sees.
struct Desk {
    status: Status,
    waiting: Option<Waiting>,
    is_handed_over: bool,
    has_draft: bool,
}

impl Desk {
    fn of(ticket: &Ticket) -> Self {
        let Head { status, waiting, handoff_at, .. } = ticket.head;
        let (is_handed_over, has_draft) = (handoff_at.is_some(), ticket.draft.is_some());
        Self { status, waiting, is_handed_over, has_draft }
    }
}

impl Coverage {
    /// Adds how a change ended a wait, a hand-over and a draft.
    fn endings(&mut self, request: &Request, was: &Desk, ticket: &Ticket, now: Timestamp) {
        let is = Desk::of(ticket);
        let how = match (&request.by, &request.what) {
            (Actor::Customer(_), What::Write(..)) => "by-customer",
            (Actor::Bot, What::Write(..)) => "by-bot",
            (_, What::Write(..)) => "by-response",
            (_, What::Status(_)) => "by-status",
            (_, What::Assign(_)) => "by-assignment",
            (_, What::Claim) => "by-claim",
            (_, What::Wait(_)) => "by-wait",
            (_, What::EndWait | What::DiscardDraft) => "by-request",
            (_, What::Note(..) | What::HandOver(_) | What::Draft(_) | What::Priority(_)) => "by-others",
            (_, What::Add(_) | What::Remove(_)) => "by-label",
        };
        if was.waiting.is_some() && was.waiting != is.waiting {
            let lasted = was.waiting.is_some_and(|on| on.until.is_none_or(|until| now < until));
            let changed = lasted && is.waiting.is_some();
            let step = if changed { "wait-changed" } else { "wait-ended" };
            self.tell(step, if lasted { how } else { "by-itself" });
        }
        let asked = request.what.wait().and_then(|wait| wait.end());
        let end = is.waiting.and_then(|on| Some((on.since, on.until?)));
        let is_short =
            asked.zip(end).is_some_and(|(asked, (since, until))| asked < since && until == since);
        self.tell_if(is_short && was.waiting != is.waiting, "wait-changed", "to-end-with-its-beginning");
        self.tell_if(is_short && was.waiting == is.waiting, "wait-kept", "to-end-with-its-beginning");
        self.tell_if(was.is_handed_over && !is.is_handed_over, "hand-over-cleared", how);
        self.tell_if(was.has_draft && !is.has_draft, "draft-dropped", how);
        self.tell_if(was.waiting.is_none() && is.waiting.is_some(), "wait-begun", was.status.as_str());
    }
}

/// Combines steps and answers: "a|b c|d" is "a c", "a d", "b c" and "b d".
fn spread(line: &str) -> Vec<String> {
    let (steps, answers) = line.split_once(' ').unwrap();
    let answers = || answers.split('|');
    steps.split('|').flat_map(|step| answers().map(move |answer| format!("{step} {answer}"))).collect()
}

fn step_name(action: &Action) -> &'static str {
    match action {
        Action::Open(_) => "open",
        Action::FollowUp { .. } => "follow-up",
        Action::Change(request) => change_name(request),
        Action::Turn { .. } => "turn",
        Action::ChangeEach(_) => "change-each",
        Action::CloseResolved { .. } => "close-resolved",
        Action::Read(Read::View { .. }) => "view",
        Action::Read(Read::Find { .. }) => "find",
        Action::Upload { .. } => "upload",
        Action::Sweep => "sweep",
        Action::Read(Read::Download { .. }) => "download",
        Action::Read(Read::Counts(_)) => "counts",
        Action::Read(Read::Report { .. }) => "report",
        Action::List { query, .. } => match query {
            Query::Mine { .. } => "mine",
            Query::All(filter, sort) => match filter.due {
                Some(DueFilter::AtRisk) => "at-risk",
                Some(DueFilter::Overdue) => "overdue",
                None if *sort == Sort::Due => "due",
                None => "list",
            },
        },
        Action::NextPage { .. } => "next-page",
    }
}

fn change_name(request: &Request) -> &'static str {
    match (&request.by, &request.what) {
        _ if matches!(request.guard, Guard::Turn | Guard::Unversioned) => guarded_name(request),
        (Actor::Bot, What::Write(_, Then::Nothing)) => "bot-write",
        (_, What::Write(_, Then::Nothing)) => "write",
        (_, What::Write(_, Then::Status(_))) => "reply",
        (_, What::Write(_, Then::Wait(_))) => "ask",
        (_, What::HandOver(_)) => "hand-over",
        (_, What::Draft(_)) => "draft",
        (_, What::DiscardDraft) => "discard",
        (_, What::Wait(_)) => "wait",
        (_, What::EndWait) => "end-wait",
        (_, What::Note(..)) => "note",
        (Actor::Customer(_), What::Status(_)) => "confirm",
        (Actor::System, What::Status(_)) => "close",
        (_, What::Status(_)) => "status",
        (_, What::Priority(_)) => "priority",
        (_, What::Assign(_)) => "assign",
        (_, What::Claim) => "claim",
        (_, What::Add(Label::Tag(_))) => "tag",
        (_, What::Remove(Label::Tag(_))) => "untag",
        (_, What::Add(Label::About(_))) => "refer",
        (_, What::Remove(Label::About(_))) => "unrefer",
    }
}

fn guarded_name(request: &Request) -> &'static str {
    match (&request.by, &request.what) {
        (Actor::Bot, What::HandOver(_)) => "turn-hand-over",
        (Actor::Bot, What::Draft(_)) => "turn-draft",
        (Actor::Bot, _) => "turn-write",
        _ if request.guard == Guard::Turn => "guarded",
        _ => "unversioned",
    }
}

fn answer_name(answer: &Answer) -> &'static str {
    match answer {
        Answer::Done { repeated: true, .. } => "repeated",
        Answer::Done { events, .. } if events.is_empty() => "so-already",
        Answer::Done { .. } => "done",
        Answer::Refused { refusal, .. } | Answer::NotOpened(refusal) => refusal.code(),
        Answer::NotUploaded(refusal) => refusal.code(),
        Answer::NotFound(_) => "not_found",
        Answer::FileNotFound(_) => "attachment_not_found",
        Answer::Uploaded(_) => "uploaded",
        Answer::Downloaded(..) => "downloaded",
        Answer::Swept { .. } => "swept",
        Answer::Invalid(code) => code,
        Answer::NoFollowUp => "no-follow-up",
        Answer::Seen(_) => "seen",
        Answer::Turn(..) => "begun",
        Answer::Page { rows, .. } if rows.is_empty() => "empty",
        Answer::Page { more: true, .. } => "more",
        Answer::Page { .. } => "last",
        Answer::Counted { .. } => "counted",
        Answer::Reported(rows) if rows.is_empty() => "nothing",
        Answer::Reported(_) => "reported",
        Answer::Each(_) => "each",
        Answer::Closed { .. } => "closed",
    }
}
