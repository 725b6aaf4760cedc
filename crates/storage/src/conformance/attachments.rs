//! Files attached to messages.

use ventanilla_domain::{
    Attachment, AttachmentPolicy, Audience, Change, Explain, FileName, MediaType, MessageRange,
    NewMessage, Outcome, Policy, Refusal,
};

use super::{
    cases,
    support::{
        Mirror, admin, ana, answer, command_under, customer, fill, head, hour, number, parsed, view,
    },
};
use crate::{TicketStore, testing};

cases![
    files_are_read_back_with_their_messages,
    a_requester_sees_files_and_a_part_has_its_own,
    a_key_stands_for_the_files_too,
    racing_files_stay_within_the_room_of_a_ticket,
];

fn with_files(text: &str, files: impl IntoIterator<Item = u8>) -> NewMessage {
    parsed::<NewMessage>(text).with_attachments(files.into_iter().map(testing::attachment).collect())
}

async fn files_are_read_back_with_their_messages(store: &dyn TicketStore) {
    let opened = testing::ticket("TKT-ABC123").attach(testing::attachment(1)).build();
    let mut mirror = Mirror::of(store, opened).await;
    mirror.change(Change::message(with_files("Mira", 2..=9)), &customer(), hour(1)).await;
    let unusual = Attachment::new(
        testing::attachment(10).id,
        FileName::clean("$set.ñandú {\u{1f4a5}} \'x\'", &parsed("application/x-raro")),
        parsed::<MediaType>("application/x-raro"),
        u64::from(u32::MAX) + 1,
        testing::attachment(10).sha256,
    );
    let attachments =
        AttachmentPolicy { file_bytes: u64::MAX, ticket_bytes: u64::MAX, ..Default::default() };
    let attachments = attachments.allowing([unusual.media_type.clone()]);
    let policy = Policy { attachments, ..Policy::default() };
    let message = parsed::<NewMessage>("Raro").with_attachments(vec![unusual]);
    mirror.update(&number(), &command_under(&policy, Change::message(message), &admin(), hour(2))).await;
    mirror.change(Change::message(with_files("Nada", [])), &admin(), hour(3)).await;
    let stored = view(store, &number()).await.expect("the ticket is stored");
    let counts: Vec<usize> = stored.messages.iter().map(|message| message.attachments.len()).collect();
    assert_eq!(counts, [1, 8, 1, 0]);
}

async fn a_requester_sees_files_and_a_part_has_its_own(store: &dyn TicketStore) {
    let ticket = testing::ticket("TKT-ABC123").requester(ana()).attach(testing::attachment(1));
    fill(store, &[ticket.message(with_files("Mira", [2])).build()]).await;
    let audience = Audience::Requester(ana());
    for (range, files) in [(MessageRange::All, vec![1, 2]), (MessageRange::Last(1), vec![2])] {
        let seen = answer(store.get(&number().into(), &audience, range).await).expect("it is hers");
        let found: Vec<Attachment> =
            seen.messages.into_iter().flat_map(|message| message.attachments).collect();
        assert_eq!(found, files.into_iter().map(testing::attachment).collect::<Vec<_>>());
    }
}

async fn a_key_stands_for_the_files_too(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    let change = |files: &[u8]| {
        let message = with_files("Mira", files.iter().copied()).with_key(parsed("k"));
        Change::message(message)
    };
    let first = mirror.change(change(&[1, 2]), &customer(), hour(1)).await;
    assert!(matches!(first, Outcome::Applied { .. }), "{first:?}");
    let again = mirror.change(change(&[1, 2]), &customer(), hour(2)).await;
    assert!(matches!(again, Outcome::Repeated { .. }), "{again:?}");
    let other = mirror.change(change(&[1, 3]), &customer(), hour(2)).await;
    assert!(matches!(other, Outcome::Refused(Refusal::KeyConflict { .. })), "{other:?}");
}

async fn racing_files_stay_within_the_room_of_a_ticket(store: &dyn TicketStore) {
    fill(store, &[testing::ticket("TKT-ABC123").build()]).await;
    let attachments = AttachmentPolicy { ticket_bytes: 5_500, ..AttachmentPolicy::default() };
    let policy = Policy { attachments, ..Policy::default() };
    let commands = (0..16).map(|at| {
        let change = Change::message(with_files(&format!("Archivo {at}"), [0]));
        command_under(&policy, change, &customer(), hour(1))
    });
    let number = &number();
    let updates = commands.map(|command| async move { answer(store.update(number, &command).await) });
    let outcomes = futures::future::join_all(updates).await;
    let refused = |outcome: &&Outcome| matches!(outcome, Outcome::Refused(refusal) if refusal.code() == "attachments_full");
    assert_eq!(outcomes.iter().filter(refused).count(), 11, "{outcomes:?}");
    assert_eq!(head(store, number).await.message_count, Some(6));
}
