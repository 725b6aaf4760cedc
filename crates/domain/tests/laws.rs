//! Properties of every ticket after any sequence of changes.

mod common;
#[path = "laws/timers.rs"]
mod timers;

use std::collections::{BTreeSet, HashSet};

use common::*;
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{FileFailurePersistence, TestRunner},
};
use ventanilla_domain::*;

#[derive(Debug, Clone)]
struct Step {
    by: Actor,
    ms: i64,
    change: Change,
    guard: Guard,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Guard {
    None,
    /// Made for the current version, or for this many after it.
    Version(u64),
    /// Made for the conversation as it is.
    Conversation,
    /// Made for the conversation as it was opened.
    Opening,
}

/// Time varies by a few days, so that ends of periods in days are met a millisecond before and
/// after.
fn times() -> impl Strategy<Value = i64> {
    (0..5_i64, -1..=1_i64).prop_map(|(day, ms)| day * DAY + ms)
}

fn actors() -> impl Strategy<Value = Actor> {
    let people = [customer("ana"), customer("ana"), customer("eva"), admin("luis"), admin("luis")];
    let others = [admin("luis"), admin("eva"), admin("ana"), Actor::Bot, Actor::Bot, Actor::System];
    prop::sample::select([&people[..], &others].concat())
}

fn changes() -> impl Strategy<Value = Change> {
    let texts = prop::sample::select(vec!["1", "ñandú", "demasiado largo"]);
    let keys = prop::option::of(prop::sample::select(vec!["k1", "k2"]));
    let messages = (texts, keys, files()).prop_map(|(value, name, files)| {
        let message = match name {
            Some(name) => keyed(value, name),
            None => NewMessage::from(text(value)),
        };
        message.with_attachments(files)
    });
    let statuses = prop::sample::select(Status::ALL.to_vec());
    let admins = prop::option::of(prop::sample::select(vec![id("luis"), id("eva")]));
    prop_oneof![
        3 => messages.clone().prop_map(Change::message),
        2 => (messages.clone(), statuses.clone()).prop_map(|(message, to)| Change::reply(message, to)),
        1 => messages.clone().prop_map(Change::note),
        3 => statuses.prop_map(Change::status),
        1 => prop::sample::select(Priority::ALL.to_vec()).prop_map(Change::priority),
        1 => admins.prop_map(Change::assign),
        1 => Just(Change::claim()),
        3 => waits().prop_map(Change::wait),
        1 => (messages.clone(), waits()).prop_map(|(message, wait)| Change::reply_and_wait(message, wait)),
        1 => Just(Change::end_wait()),
        1 => messages.clone().prop_map(Change::hand_over),
        1 => prop::sample::select(vec!["1", "ñandú"]).prop_map(|value| Change::draft(text(value))),
        1 => Just(Change::discard_draft()),
        4 => labels(),
    ]
}

/// Most messages have no files, some have too many, and some files are too large or of a type that isn't
/// allowed.
fn files() -> impl Strategy<Value = Vec<Attachment>> + Clone {
    let some = prop::collection::vec(0..8_u64, 1..4)
        .prop_map(|sizes| sizes.into_iter().map(|bytes| png(1, bytes)).collect());
    prop_oneof![8 => Just(Vec::new()), 6 => some, 1 => Just(vec![png(2, 1); 9]), 1 => Just(vec![zip()])]
}

/// The numbers of tags and of orders of which tickets have some: more than they may have.
const LABELS: usize = TicketHead::MAX_TAGS + 2;

fn labels() -> impl Strategy<Value = Change> {
    (0..LABELS, 0..4).prop_map(|(label, kind)| {
        let (tag, order) = (tag(&format!("t{label}")), order(&label.to_string()));
        match kind {
            0 => Change::add_tag(tag),
            1 => Change::remove_tag(tag),
            2 => Change::add_reference(order),
            _ => Change::remove_reference(order),
        }
    })
}

/// Labels of a ticket, often as many as it may have.
fn some_labels(most: usize) -> impl Strategy<Value = Vec<usize>> {
    let counts = prop::sample::select(vec![0, 1, most - 1, most, most]);
    counts.prop_flat_map(|count| prop::sample::subsequence((0..LABELS).collect::<Vec<_>>(), count))
}

/// Ana's ticket, as it was opened under any policy.
fn opened() -> impl Strategy<Value = Case> {
    let most = TicketHead::MAX_TAGS;
    (policies(), some_labels(most), some_labels(most))
        .prop_map(|(policy, about, names)| Case::labelled(orders(about), tags(names), policy))
}

/// Their ends are among the times of the steps.
fn waits() -> impl Strategy<Value = Wait> {
    let parties = prop::sample::select(WaitingFor::ALL.to_vec());
    (parties, prop::option::of(times())).prop_map(|(party, ms)| Wait::new(party).until(ms.map(at)))
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let guards = prop_oneof![
        7 => Just(Guard::None),
        1 => (0..=1_u64).prop_map(Guard::Version),
        1 => Just(Guard::Conversation),
        1 => Just(Guard::Opening),
    ];
    let step = (actors(), times(), changes(), guards).prop_map(|(by, ms, change, guard)| Step {
        by,
        ms,
        change,
        guard,
    });
    prop::collection::vec(step, 0..40)
}

/// The description, "No carga", is within all of them.
fn policies() -> impl Strategy<Value = Policy> {
    let days = || (0..3_u16).prop_map(Days);
    let reopen = prop_oneof![3 => days().prop_map(Reopen::Within), 1 => Just(Reopen::Always), 1 => Just(Reopen::Never)];
    let limits = (8..=15_u32, 1..12_u32, 8..60_u32, 1..4_u32, 1..6_u32).prop_map(
        |(text, messages, conversation, notes, history)| {
            Limits::default()
                .with_text_bytes(text)
                .and_then(|limits| limits.with_messages(messages))
                .and_then(|limits| limits.with_conversation_bytes(conversation))
                .and_then(|limits| limits.with_notes(notes))
                .and_then(|limits| limits.with_history(history))
                .expect("lower limits")
        },
    );
    let attachments = (4..8_u64, 4..20_u64).prop_map(|(file_bytes, ticket_bytes)| AttachmentPolicy {
        file_bytes,
        ticket_bytes,
        ..AttachmentPolicy::default()
    });
    (reopen, days(), limits, timers::slas(), bots(), attachments).prop_map(
        |(reopen, close_after, limits, sla, bot, attachments)| Policy {
            reopen,
            close_after,
            limits,
            sla,
            bot,
            attachments,
        },
    )
}

fn bots() -> impl Strategy<Value = BotPolicy> {
    let statuses = prop::collection::vec(prop::sample::select(Status::ALL.to_vec()), 0..4);
    let some = (statuses, any::<bool>()).prop_map(|(statuses, until_first_response)| BotPolicy {
        statuses: statuses.into_iter().collect(),
        until_first_response,
    });
    prop_oneof![Just(BotPolicy::default()), some]
}

fn asked(case: &Case, step: &Step) -> Change {
    let change = step.change.clone();
    match step.guard {
        Guard::None => change,
        Guard::Version(ahead) => change.expecting(case.head().version + ahead),
        Guard::Conversation => change.unless_overtaken(SeenConversation::of(&case.page())),
        Guard::Opening => {
            let opened = Case::new(case.policy.clone()).page();
            change.unless_overtaken(SeenConversation::of(&opened))
        }
    }
}

/// Takes a step. [`Case::does`] checks versions, changes that must not alter the ticket, and the
/// answers that details of the whole ticket predict.
fn take(case: &mut Case, step: &Step) -> Answer {
    case.does(&step.by, step.ms, asked(case, step))
}

/// Ana's ticket as another application may leave it: with messages, a status without a timestamp,
/// notes and events without a version, and perhaps too many tags and references; it has also been
/// changed by commands.
fn found(policy: Policy) -> impl Strategy<Value = Case> {
    let authors =
        vec![Author::Requester, Author::Admin(None), Author::Admin(Some(id("luis"))), Author::Bot];
    let messages = prop::collection::vec((prop::sample::select(authors), times()), 0..4);
    let versions = prop::sample::select(vec![0, 1, 7, u64::from(u32::MAX)]);
    let statuses = prop::sample::select(Status::ALL.to_vec());
    let more = (0..3_usize, 0..3_usize, some_labels(LABELS), some_labels(LABELS));
    (messages, versions, statuses, more).prop_map(move |(messages, version, status, more)| {
        let (notes, events, about, names) = more;
        let mut record = TicketRecord::from(Case::new(policy.clone()).ticket);
        let theirs = messages.into_iter().map(|(author, ms)| Message::new(author, text("1"), at(ms)));
        record.messages.extend(theirs);
        (record.version, record.status) = (version, status);
        let note = Note::new(id("eva"), text("Ojo"), at(0));
        record.notes = vec![note; notes];
        let event = Event { version: 0, ..record.history[0].clone() };
        record.history = vec![event; events];
        (record.about, record.tags) = (orders(about), tags(names));
        Case { ticket: record.into(), policy: policy.clone(), events: Vec::new() }
    })
}

/// Details of a part predict the answer too, apart from what they lack: a part lacks the keys and the
/// files of its other messages and some changes of a conflict, and those of the requester and the bot have
/// no versions, notes, hand-overs and drafts.
fn parts_foretell(before: &Case, step: &Step, answer: &Answer) -> Result<(), TestCaseError> {
    let rests_on_all = ["key_conflict", "attachments_full"];
    let is_hidden = match answer {
        Answer::Repeated(_) => true,
        Answer::Refused(refusal) => rests_on_all.contains(&refusal.code()),
        Answer::Applied(_) | Answer::Unchanged | Answer::NotFound => false,
    };
    if is_hidden {
        return Ok(());
    }
    let change = asked(before, step);
    let Ok(command) = Command::new(&step.by, at(step.ms), &before.policy, change) else { return Ok(()) };
    let theirs = match &step.by {
        Actor::Customer(id) => Some(Audience::Requester(id.clone())),
        Actor::Bot => Some(Audience::Bot),
        Actor::Admin(_) | Actor::System => None,
    };
    let is_handed_over = before.head().handoff_at.is_some();
    let hides = step.by == Actor::Bot && (is_handed_over || !is_message(&step.change));
    let scopes = [Some(Audience::Desk), theirs.filter(|_| step.guard == Guard::None && !hides)];
    let parts =
        [MessageRange::Last(0), MessageRange::Last(1), MessageRange::From { first: 1, count: 2 }];
    for (scope, part) in scopes.iter().flatten().flat_map(|scope| parts.map(|part| (scope, part))) {
        let Some(page) = before.ticket.details(scope, part) else {
            prop_assert_eq!(answer, &Answer::NotFound);
            continue;
        };
        prop_assert_eq!(command.would_apply(&page), matches!(answer, Answer::Applied(_)));
        match (command.refusal(&page), answer) {
            (Some(Refusal::VersionConflict { expected, found, changes }), Answer::Refused(real)) => {
                let Refusal::VersionConflict { expected: e, found: f, changes: all } = real else {
                    panic!("{real:?}");
                };
                prop_assert_eq!((expected, found), (*e, *f));
                prop_assert!(changes.iter().all(|change| all.contains(change)));
            }
            (Some(Refusal::ConversationChanged { status, added, .. }), Answer::Refused(real)) => {
                let Refusal::ConversationChanged { status: s, added: a, .. } = real else {
                    panic!("{real:?}");
                };
                prop_assert_eq!((status, added), (*s, *a));
            }
            (Some(said), real) => prop_assert_eq!(&Answer::Refused(said), real),
            (None, real) => prop_assert!(!matches!(real, Answer::Refused(_)), "{real:?}"),
        }
    }
    Ok(())
}

fn is_message(change: &Change) -> bool {
    *change == message("1") || *change == message("ñandú")
}

fn sound(case: &Case) -> Result<(), TestCaseError> {
    let (ticket, head, limits) = (&case.ticket, case.head(), &case.policy.limits);
    let messages = ticket.messages();
    let bytes: usize = messages.iter().map(|message| message.text.bytes()).sum();
    prop_assert_eq!(head.message_count.map(|count| count as usize), Some(messages.len()));
    prop_assert_eq!(ticket.conversation_bytes() as usize, bytes);
    prop_assert!(messages.len() <= limits.messages() as usize);
    let (files, allowed) =
        (|| messages.iter().flat_map(|message| &message.attachments), &case.policy.attachments);
    prop_assert!(messages.iter().all(|message| message.attachments.len() <= Attachment::MAX_OF_MESSAGE));
    prop_assert!(files().all(|file| file.bytes <= allowed.file_bytes));
    prop_assert!(files().map(|file| file.bytes).sum::<u64>() <= allowed.ticket_bytes);
    prop_assert!(ticket.conversation_bytes() <= limits.conversation_bytes());
    prop_assert!(ticket.notes().len() <= limits.notes() as usize);
    prop_assert!(ticket.history().len() <= limits.history() as usize);

    let stamps = (head.resolved_at.is_some(), head.closed_at.is_some());
    let expected = match head.status {
        Status::Open | Status::InProgress => (false, false),
        Status::Resolved => (true, false),
        Status::Closed => (true, true),
    };
    prop_assert_eq!(stamps, expected);

    let mut keys = HashSet::new();
    let used = messages.iter().filter(|message| message.key.is_some());
    prop_assert!(used.into_iter().all(|message| keys.insert((&message.author, &message.key))));
    let mut note_keys = HashSet::new();
    let mut keyed_notes = ticket.notes().iter().filter(|note| note.key.is_some());
    prop_assert!(keyed_notes.all(|note| note_keys.insert((&note.by, &note.key))));

    let json = serde_json::to_string(ticket).expect("a ticket is JSON");
    prop_assert_eq!(&serde_json::from_str::<Ticket>(&json).expect("as it was written"), ticket);

    let seen = ticket.details(&Audience::Requester(id("ana")), MessageRange::All).expect("it is hers");
    prop_assert!(seen.notes.is_empty() && seen.history.is_empty());
    prop_assert!(seen.messages.is_sorted_by_key(|message| message.created_at));
    prop_assert_eq!(seen.messages.len(), messages.len());
    prop_assert_eq!(&seen.head.about, &head.about);
    is_hidden(case, &seen)?;
    let for_bot = ticket.details(&Audience::Bot, MessageRange::All).expect("the bot sees every ticket");
    is_hidden(case, &for_bot)?;

    // Only a ticket in progress waits, only a live one waits for a human, and none is answered when
    // it is closed.
    prop_assert!(head.waiting.is_none() || head.status == Status::InProgress);
    prop_assert!(head.handoff_at.is_none() || head.status.is_live());
    prop_assert!(ticket.draft().is_none() || head.status != Status::Closed);
    timers::sound(case)
}

fn is_hidden(case: &Case, seen: &TicketDetails) -> Result<(), TestCaseError> {
    let row = case.ticket.summary().for_requester();
    for head in [&seen.head, &row.head] {
        prop_assert_eq!((head.waiting, head.handoff_at, head.version), (None, None, 0));
        prop_assert_eq!((&head.sla, &head.tags), (&None, &Vec::new()));
    }
    prop_assert_eq!((&seen.draft, seen.notes.len(), seen.history.len()), (&None, 0, 0));
    prop_assert!(seen.messages.iter().all(|message| message.version == 0));
    Ok(())
}

/// Checks waits, hand-overs and drafts after an applied change against its events.
fn desk_state_follows(
    before: &Ticket,
    after: &Ticket,
    step: &Step,
    events: &[EventKind],
) -> Result<(), TestCaseError> {
    let (old, new, now) = (before.head(), after.head(), at(step.ms));
    let is = |test: fn(&EventKind) -> bool| events.iter().any(test);
    let wrote = is(|kind| matches!(kind, EventKind::MessageAdded { .. }));
    let moved = is(|kind| matches!(kind, EventKind::StatusChanged { .. }));
    let begun = is(|kind| matches!(kind, EventKind::WaitingStarted { .. }));
    let asked = wrote && step.by.kind() == ActorKind::Customer;
    let answered = wrote && matches!(&step.by, Actor::Admin(name) if *name != id("ana"));

    let was_on = old.wait_at(now).copied();
    let ends = moved || asked || is(|kind| *kind == EventKind::WaitingEnded);
    prop_assert_eq!(is(|kind| *kind == EventKind::WaitingEnded), was_on.is_some() && ends);
    prop_assert_eq!(new.waiting.is_some(), begun || was_on.is_some() && !ends, "{:?}", new.waiting);
    if let Some(waiting) = new.waiting {
        prop_assert!(waiting.is_on(now), "an ended wait is removed");
        prop_assert_eq!(waiting.since, was_on.map_or(now, |waiting| waiting.since));
        prop_assert!(begun || Some(waiting) == was_on);
    }

    let handed_over = is(|kind| *kind == EventKind::HandedOver);
    let taken = is(|kind| matches!(kind, EventKind::AssigneeChanged { to: Some(_), .. }));
    let cleared = answered || taken || !new.status.is_live();
    let expected = if handed_over { old.handoff_at.or(Some(now)) } else { old.handoff_at };
    prop_assert_eq!(new.handoff_at, expected.filter(|_| !cleared));
    prop_assert!(!(wrote && step.by == Actor::Bot && old.handoff_at.is_some()), "a human is waited for");

    let proposed = is(|kind| *kind == EventKind::DraftAdded);
    let dropped = wrote || moved || is(|kind| *kind == EventKind::DraftDiscarded);
    match after.draft() {
        Some(draft) if proposed => {
            prop_assert_eq!((draft.created_at, draft.version), (now, new.version))
        }
        draft => prop_assert_eq!(draft, before.draft().filter(|_| !dropped)),
    }
    Ok(())
}

/// Checks tags and references after a change, or after none, against its events.
fn labels_follow(
    before: &Ticket,
    after: &Ticket,
    step: &Step,
    events: &[EventKind],
) -> Result<(), TestCaseError> {
    let (old, new) = (before.head(), after.head());
    let (mut tags, mut about) = (old.tags.clone(), old.about.clone());
    let (mut tagging, mut referring) = (0, 0);
    for event in events {
        match event {
            EventKind::TagAdded { tag } => tags.push(tag.clone()),
            EventKind::TagRemoved { tag } => tags.retain(|other| other != tag),
            EventKind::ReferenceAdded { about: added } => about.push(added.clone()),
            EventKind::ReferenceRemoved { about: removed } => about.retain(|other| other != removed),
            _ => continue,
        }
        let is_of_tag = matches!(event, EventKind::TagAdded { .. } | EventKind::TagRemoved { .. });
        tagging += usize::from(is_of_tag);
        referring += usize::from(!is_of_tag);
    }
    prop_assert_eq!((&tags, &about), (&new.tags, &new.about));
    prop_assert_eq!(new.tags.len().abs_diff(old.tags.len()), tagging, "each event changes something");
    prop_assert_eq!(new.about.len().abs_diff(old.about.len()), referring);
    are_distinct(&new.tags)?;
    are_distinct(&new.about)?;
    let most = |count: usize| count.max(TicketHead::MAX_TAGS);
    prop_assert!(new.tags.len() <= most(old.tags.len()), "{:?}", new.tags);
    prop_assert!(new.about.len() <= most(old.about.len()), "{:?}", new.about);

    if tagging + referring > 0 {
        prop_assert!(events.len() == 1 && matches!(step.by, Actor::Admin(_)));
        prop_assert!(old.status != Status::Closed);
        // Requesters see what a ticket is about, and no tags.
        let updated = if referring > 0 { old.updated_at.max(at(step.ms)) } else { old.updated_at };
        prop_assert_eq!(new.updated_at, updated);
        let mut rest = new.clone();
        (rest.version, rest.updated_at) = (old.version, old.updated_at);
        (rest.about, rest.tags) = (old.about.clone(), old.tags.clone());
        // A wait that has ended by itself goes with any change, and its pause with it.
        if old.waiting.is_none() || new.waiting == old.waiting {
            prop_assert_eq!(&rest, old);
        }
        prop_assert_eq!(before.draft(), after.draft());
    }
    Ok(())
}

fn are_distinct<T: PartialEq + std::fmt::Debug>(items: &[T]) -> Result<(), TestCaseError> {
    for (place, item) in items.iter().enumerate() {
        prop_assert!(!items[..place].contains(item), "{:?}", items);
    }
    Ok(())
}

fn follows(before: &Ticket, after: &Ticket) -> Result<(), TestCaseError> {
    let (old, new) = (before.head(), after.head());
    prop_assert!(new.updated_at >= old.updated_at);
    prop_assert!(after.messages().starts_with(before.messages()));
    prop_assert!(after.notes().starts_with(before.notes()));
    if old.first_response_at.is_some() {
        prop_assert_eq!(new.first_response_at, old.first_response_at);
    }
    if old.status == Status::Closed {
        let mut same = old.clone();
        same.version = new.version;
        prop_assert_eq!(&same, new);
        prop_assert_eq!(before.messages(), after.messages());
    }
    Ok(())
}

/// `writable` predicts the answers to the shortest and the longest message.
fn writable_predicts_the_answers(case: &Case, ms: i64) -> Result<(), TestCaseError> {
    for by in ActorKind::ALL {
        let said = case.policy.writable(&case.page(), by, at(ms));
        match case.clone().does(&actor(by), ms, message("1")) {
            Answer::Applied(_) => {
                let longest = said.expect("it was written") as usize;
                let fits = |bytes| case.clone().does(&actor(by), ms, message(&"x".repeat(bytes)));
                prop_assert!(matches!(fits(longest), Answer::Applied(_)));
                prop_assert!(matches!(fits(longest + 1), Answer::Refused(_)));
            }
            answer => prop_assert_eq!(said.map_err(Answer::Refused), Err(answer)),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_sequence_of_changes_breaks_a_law(mut case in opened(), steps in steps()) {
        let (mut applied, mut latest) = (0, 0);
        sound(&case)?;
        for step in &steps {
            writable_predicts_the_answers(&case, step.ms)?;
            let before = case.ticket.clone();
            let events = match take(&mut case, step) {
                Answer::Applied(events) => events,
                _ => Vec::new(),
            };
            applied += u64::from(!events.is_empty());
            prop_assert_eq!(case.head().version, applied);
            sound(&case)?;
            follows(&before, &case.ticket)?;
            labels_follow(&before, &case.ticket, step, &events)?;
            if !events.is_empty() {
                desk_state_follows(&before, &case.ticket, step, &events)?;
            }
            timers::follows(&before, &case.ticket, &events)?;
            if let Some(sla) = case.policy.sla.as_ref().filter(|_| step.ms >= latest) {
                timers::breaches_stay(&before, &case.ticket, sla.business_time_at(at(step.ms)))?;
            }
            latest = latest.max(step.ms);
        }
    }

    #[test]
    fn a_change_adds_one_version_or_nothing_and_details_predict_it(
        (mut case, steps) in (policies().prop_flat_map(found), steps()),
    ) {
        for step in &steps {
            let before = case.clone();
            let answer = take(&mut case, step);
            let raised = u64::from(matches!(answer, Answer::Applied(_)));
            prop_assert_eq!(case.head().version, before.head().version + raised);
            prop_assert!(raised == 1 || case.ticket == before.ticket);
            let events = if let Answer::Applied(events) = &answer { events.as_slice() } else { &[] };
            labels_follow(&before.ticket, &case.ticket, step, events)?;
            parts_foretell(&before, step, &answer)?;
        }
    }

    #[test]
    fn no_time_is_too_early_or_too_late(mut case in opened(), steps in steps(), ends in prop::collection::vec(0..4_usize, 40)) {
        let offset = |end: Timestamp| end.as_millis() - at(0).as_millis();
        let ends_of_time = [offset(Timestamp::MIN), offset(Timestamp::MAX)];
        for (step, end) in steps.into_iter().zip(ends) {
            let before = case.ticket.clone();
            let step = Step { ms: ends_of_time.get(end).copied().unwrap_or(step.ms), ..step };
            let Answer::Applied(events) = take(&mut case, &step) else { continue };
            sound(&case)?;
            follows(&before, &case.ticket)?;
            labels_follow(&before, &case.ticket, &step, &events)?;
            timers::follows(&before, &case.ticket, &events)?;
        }
    }

    #[test]
    fn a_guard_refuses_exactly_what_was_overtaken(mut case in opened(), steps in steps()) {
        let mut seen = vec![reading(&case)];
        for step in &steps {
            take(&mut case, step);
            for reading in &seen {
                is_guarded(&case, reading)?;
            }
            seen.push(reading(&case));
        }
    }

    #[test]
    fn a_conflict_has_the_events_since_the_version(mut case in opened(), mut steps in steps()) {
        // Times differ from server to server, and no two changes have the same time.
        let times = (0..).map(|n| n * 23 % 41);
        steps.iter_mut().zip(times).for_each(|(step, ms)| step.ms = ms);
        for step in &steps {
            take(&mut case, step);
            conflicts_tell(&case)?;
        }
    }
}

/// A conversation as the desk and the bot read it, and the number of events until then.
struct Reading {
    desk: SeenConversation,
    bot: SeenConversation,
    version: u64,
    messages: usize,
    status: Status,
    events: usize,
}

fn reading(case: &Case) -> Reading {
    let by = |audience| {
        SeenConversation::of(
            &case.ticket.details(&audience, MessageRange::Last(1)).expect("both see it"),
        )
    };
    Reading {
        desk: by(Audience::Desk),
        bot: by(Audience::Bot),
        version: case.head().version,
        messages: case.ticket.messages().len(),
        status: case.head().status,
        events: case.events.len(),
    }
}

/// A guarded note is refused after a message or a change of the status, and where the history may have
/// dropped one.
fn is_guarded(case: &Case, seen: &Reading) -> Result<(), TestCaseError> {
    let overtakes = |event: &&Event| {
        matches!(event.kind, EventKind::MessageAdded { .. } | EventKind::StatusChanged { .. })
    };
    let overtaken: Vec<Event> = case.events[seen.events..].iter().filter(overtakes).cloned().collect();
    let stays = |event: &&Event| {
        matches!(event.kind, EventKind::MessageAdded { .. }) || case.ticket.history().contains(event)
    };
    let kept: Vec<Event> = overtaken.iter().filter(stays).cloned().collect();
    let dropped = case.ticket.history().len() == case.policy.limits.history() as usize
        && case.ticket.history().iter().all(|event| event.version > seen.version);

    let mut policy = case.policy.clone();
    policy.limits = Limits::default().with_history(policy.limits.history()).expect("as before");
    let free = Case { policy, ..case.clone() };
    let answer =
        |guard| free.clone().does(&admin("eva"), 0, Change::note(text("1")).unless_overtaken(guard));
    let added = (case.ticket.messages().len() - seen.messages) as u32;
    let refused = |changes| {
        Answer::Refused(Refusal::ConversationChanged { status: case.head().status, added, changes })
    };
    match answer(seen.desk) {
        Answer::Applied(_) => prop_assert!(overtaken.is_empty() && !dropped),
        answer => {
            prop_assert!(!overtaken.is_empty() || dropped);
            prop_assert_eq!(answer, refused(kept));
        }
    }
    // Without a version, a status that changed and changed back isn't noticed.
    let noticed = added > 0 || case.head().status != seen.status;
    let answer = answer(seen.bot);
    prop_assert_eq!(matches!(answer, Answer::Applied(_)), !noticed, "{:?}", answer);
    Ok(())
}

/// A conflict has the events since the expected version, apart from those that the history dropped.
fn conflicts_tell(case: &Case) -> Result<(), TestCaseError> {
    let found = case.head().version;
    let stays = |event: &Event| {
        matches!(event.kind, EventKind::MessageAdded { .. } | EventKind::NoteAdded)
            || case.ticket.history().contains(event)
    };
    for expected in 0..found {
        let changes = case.events.iter().filter(|event| event.version > expected && stays(event));
        let conflict = Refusal::VersionConflict { expected, found, changes: changes.cloned().collect() };
        let late = Change::note(text("1")).expecting(expected);
        prop_assert_eq!(case.clone().does(&admin("eva"), 0, late), Answer::Refused(conflict));
    }
    Ok(())
}

/// The other tests prove nothing about situations that never occur.
#[test]
fn the_walks_reach_every_answer() {
    let mut met = BTreeSet::new();
    let mut runner = TestRunner::deterministic();
    for _ in 0..3000 {
        let (mut case, steps) = (opened(), steps()).new_tree(&mut runner).unwrap().current();
        for step in &steps {
            met.insert(match take(&mut case, step) {
                Answer::Applied(events) if events.contains(&moved(Status::Resolved, Status::Open)) => {
                    "reopened"
                }
                Answer::Applied(_) => "applied",
                Answer::Unchanged => "unchanged",
                Answer::Repeated(_) => "repeated",
                Answer::NotFound => "not_found",
                Answer::Refused(refusal) => refusal.code(),
            });
        }
    }
    let expected = [
        "already_assigned",
        "applied",
        "attachments_full",
        "bot_not_allowed",
        "conversation_changed",
        "conversation_full",
        "file_too_large",
        "key_conflict",
        "media_type_not_allowed",
        "not_found",
        "not_permitted",
        "notes_full",
        "reopen_over",
        "reopened",
        "repeated",
        "text_over_limit",
        "ticket_closed",
        "too_early_to_close",
        "too_many_attachments",
        "too_many_references",
        "too_many_tags",
        "transition_refused",
        "unchanged",
        "version_conflict",
        "wait_over",
    ];
    assert_eq!(met, BTreeSet::from(expected));
}
