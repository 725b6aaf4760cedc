//! Generates uploads, downloads, and the files of messages and new tickets.

use proptest::{
    option,
    prelude::*,
    sample::{self, Index},
    strategy::Union,
};
use ventanilla_service::{
    MessageText,
    ticket::{Actor, Attachment, Author},
};

use super::{
    files::{Fate, SAMPLES, id_of},
    generators::admins,
    people::{self, TEXTS, Typed},
    reference::{Key, Ticket, World},
    step::{
        Action, Altered, Bulk, Files, Guard, Hand, Handing, Opening, Read, Request, Then, What, Words,
    },
};

/// Files that somebody attaches, before it is known who does.
#[derive(Debug, Clone)]
pub(super) struct Pick {
    indices: Vec<Index>,
    origin: Origin,
    handing: Handing,
}

#[derive(Debug, Clone, Copy)]
enum Origin {
    /// Uploads that the actor can attach.
    Own,
    Any,
    Forged,
}

/// Uploads of a world: their uploaders, and whether they can be attached.
pub(super) type Uploads = Vec<(Actor, bool)>;

pub(super) fn uploads_of(world: &World) -> Uploads {
    world.uploads.iter().map(|upload| (upload.by.clone(), upload.is_fresh(world.now))).collect()
}

/// Generates an upload, mostly by the requester of a ticket, sometimes once more.
pub(super) fn uploads(world: &World) -> BoxedStrategy<Action> {
    let requesters = world.tickets.iter().map(|ticket| ticket.head.requester.clone());
    let requesters: Vec<_> = requesters.chain(people::customers()).collect();
    let by = prop_oneof![
        3 => sample::select(requesters).prop_map(Actor::Customer),
        2 => admins().prop_map(Actor::Admin),
    ];
    let samples = prop_oneof![4 => 0..2_usize, 6 => 2..5_usize, 1 => 5..SAMPLES.len()];
    let new = (by, samples).prop_map(|(by, sample)| (by, &SAMPLES[sample]));
    let earlier = world.uploads.iter().map(|upload| (upload.by.clone(), upload.sample));
    let earlier: Vec<_> = earlier.collect();
    let mut kinds = vec![(4, new.boxed())];
    if !earlier.is_empty() {
        kinds.push((1, sample::select(earlier).boxed()));
    }
    Union::new_weighted(kinds).prop_map(|(by, sample)| Action::Upload { by, sample }).boxed()
}

/// Generates a download, mostly of a file that its ticket has.
pub(super) fn downloads(world: &World) -> BoxedStrategy<Action> {
    let named = world.tickets.iter().flat_map(|ticket| {
        let files = ticket.files().map(|file| place_of(world, file));
        files.map(|file| (ticket.head.ticket, file))
    });
    let (tickets, files) = (world.tickets.len(), world.uploads.len());
    let named: Vec<_> = named.chain([(tickets, files)]).collect();
    let pairs = prop_oneof![3 => sample::select(named), 1 => (0..=tickets, 0..=files)];
    let readers = prop_oneof![
        4 => sample::select(people::customers()).prop_map(Actor::Customer),
        1 => admins().prop_map(Actor::Admin),
        1 => Just(Actor::Bot),
    ];
    let ends = || sample::select(vec![0, 1, 4, 12, 23, 24, 25, u64::MAX]);
    let ranges = (ends(), ends()).prop_map(|(start, end)| start.min(end)..start.max(end));
    (pairs, readers, option::of(ranges))
        .prop_map(|((ticket, file), by, range)| Action::Read(Read::Download { ticket, by, file, range }))
        .boxed()
}

/// Generates the files of a message or a new ticket: mostly none, and then mostly uploads that can be
/// attached. Some are attached twice at once.
pub(super) fn picks(world: &World) -> BoxedStrategy<Pick> {
    let some = if world.uploads.is_empty() { 1 } else { 40 };
    let counts = prop_oneof![
        40 => Just(0),
        some => prop_oneof![6 => Just(1), 4 => Just(2), 2 => Just(3), 1 => 8..=9_usize],
    ];
    let indices = counts.prop_flat_map(|count| {
        let each = prop::collection::vec(any::<Index>(), count).boxed();
        let same = any::<Index>().prop_map(move |index| vec![index; count]).boxed();
        if count < 8 { prop_oneof![4 => each, 1 => same].boxed() } else { same }
    });
    let origins =
        prop_oneof![12 => Just(Origin::Own), 2 => Just(Origin::Any), 1 => Just(Origin::Forged)];
    (indices, origins, handings())
        .prop_map(|(indices, origin, handing)| Pick { indices, origin, handing })
        .boxed()
}

fn handings() -> impl Strategy<Value = Handing> {
    let altered = vec![Altered::Smaller, Altered::Larger, Altered::OtherType, Altered::OtherKnownType];
    prop_oneof![
        6 => Just(Handing::LookedUp),
        6 => Just(Handing::PassedOn),
        1 => sample::select(altered).prop_map(Handing::Altered),
    ]
}

impl Pick {
    /// Returns the files that the actor attaches.
    pub(super) fn by(self, by: &Actor, uploads: &Uploads) -> Files {
        let all = uploads.len();
        let places: Vec<usize> = match self.origin {
            Origin::Own => (0..all).filter(|place| uploads[*place] == (by.clone(), true)).collect(),
            Origin::Any => (0..=all).collect(),
            Origin::Forged => vec![all],
        };
        if places.is_empty() {
            return Files::default();
        }
        let places = self.indices.iter().map(|index| places[index.index(places.len())]).collect();
        Files { places, handing: self.handing }
    }
}

/// Returns true if the files of a change are refused whatever the ticket is.
pub(super) fn no_ticket_takes_files_of(what: &What) -> bool {
    what.files().filter(|files| !files.places.is_empty()).is_some_and(|files| {
        let is_message = matches!(what, What::Write(..));
        let altered = Handing::Altered;
        let is_refused = [Altered::Larger, Altered::OtherType].map(altered).contains(&files.handing);
        !is_message || is_refused || files.places.len() > 8
    })
}

/// Generates a request with a key and files that was carried out before, perhaps with files uploaded once
/// more; `None` if there was none.
pub(super) fn again(world: &World) -> Option<BoxedStrategy<Action>> {
    let messages = world.tickets.iter().flat_map(|ticket| messages_again(world, ticket));
    let openings = world.tickets.iter().filter_map(|ticket| opening_again(world, ticket));
    let requests: Vec<(Action, Actor)> = messages.chain(openings).collect();
    if requests.is_empty() {
        return None;
    }
    let uploads: Vec<_> = uploads_of(world)
        .into_iter()
        .zip(&world.uploads)
        .map(|((by, is_fresh), upload)| (by, is_fresh, upload.sample.name))
        .collect();
    let renewed = move |mut files: Files, by: &Actor| {
        for place in &mut files.places {
            let name = uploads[*place].2;
            let newest = uploads.iter().rposition(|upload| *upload == (by.clone(), true, name));
            *place = newest.unwrap_or(*place);
        }
        files
    };
    let again = (sample::select(requests), any::<bool>(), handings());
    let again = again.prop_map(move |((mut action, by), renews, handing)| {
        let words = match &mut action {
            Action::Open(Opening { words, .. }) | Action::FollowUp { words, .. } => words,
            Action::Change(Request { what: What::Write(words, _), .. })
            | Action::ChangeEach(Bulk { what: What::Write(words, _), .. }) => words,
            other => unreachable!("{other:?} has no files"),
        };
        words.files.handing = handing;
        if renews {
            words.files = renewed(words.files.clone(), &by);
        }
        action
    });
    Some(again.boxed())
}

fn messages_again<'a>(
    world: &'a World,
    ticket: &'a Ticket,
) -> impl Iterator<Item = (Action, Actor)> + 'a {
    let with_both = ticket
        .messages
        .iter()
        .filter(|message| message.key.is_some() && !message.attachments.is_empty());
    with_both.flat_map(move |message| {
        let by = match &message.author {
            Author::Requester => Actor::Customer(ticket.head.requester.clone()),
            Author::Admin(Some(id)) => Actor::Admin(id.clone()),
            Author::Admin(None) | Author::Bot => return Vec::new(),
        };
        let files = files_again(world, &message.attachments);
        let words = Words { text: typed(&message.text), key: message.key.clone(), files };
        let what = What::Write(words, Then::Nothing);
        let ticket = ticket.head.ticket;
        let bulk = by.user().filter(|_| matches!(by, Actor::Admin(_))).map(|id| {
            let tickets = vec![(ticket, Hand::NoPrefix)];
            let bulk = Bulk { by: id.clone(), tickets, what: what.clone(), expecting: None };
            (Action::ChangeEach(bulk), by.clone())
        });
        let alone = Request { ticket, by: by.clone(), what, guard: Guard::Nothing };
        bulk.into_iter().chain([(Action::Change(alone), by)]).collect::<Vec<_>>()
    })
}

fn opening_again(world: &World, ticket: &Ticket) -> Option<(Action, Actor)> {
    let (opener, key) = ticket.key.clone()?;
    let key = if let Key::Sent(key) = key { Some(key) } else { None };
    let first = &ticket.messages[0].attachments;
    if first.is_empty() {
        return None;
    }
    let requester = ticket.head.requester.clone();
    let is_requester = opener == requester;
    let by = if is_requester { Actor::Customer(opener) } else { Actor::Admin(opener) };
    let words = Words { text: typed(&ticket.description), key, files: files_again(world, first) };
    if let Some(ticket) = ticket.head.follows {
        return Some((Action::FollowUp { ticket, by: requester, words }, by));
    }
    let (category, about, tags) = (ticket.head.category.clone(), Vec::new(), Vec::new());
    let opening = Opening { by: by.clone(), requester, category, words, about, tags };
    Some((Action::Open(opening), by))
}

fn files_again(world: &World, attached: &[Attachment]) -> Files {
    let places = attached.iter().map(|file| place_of(world, file)).collect();
    Files { places, handing: Handing::PassedOn }
}

fn place_of(world: &World, file: &Attachment) -> usize {
    (0..world.uploads.len()).find(|place| id_of(*place) == file.id).expect("it was uploaded")
}

fn typed(text: &MessageText) -> &'static Typed {
    TEXTS.iter().find(|typed| typed.clean == Ok(text.as_str())).expect("all texts are among them")
}

/// Returns the times at which uploads can no longer be attached, and at which they are swept.
pub(super) fn ages(world: &World) -> impl Iterator<Item = i64> {
    const HOURS: [i64; 2] = [23, 24];
    let pending = world.uploads.iter().filter(|upload| upload.fate == Fate::Pending);
    pending.flat_map(|upload| {
        HOURS.map(|hours| upload.at.as_millis() + hours * super::naive_calendar::HOUR)
    })
}
