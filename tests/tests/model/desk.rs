//! The help desk under test: takes the model's requests and gives its answers.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use ventanilla_service::{
    Admin, BotTurn, Change, HelpDesk, MessageText, NewTicket, Policy, Receipt, ServiceError, Status,
    TicketNumber, Timestamp, UserId,
    attachments::AttachmentStore,
    error::InvalidText,
    list::PageSize,
    settings::{Clock, ManualClock, NumberSource},
    store::{Command, TicketStore},
    ticket::{Actor, Attachment, MessageRange, NewMessage, SeenConversation},
};

use super::{
    answer::Answer,
    convert::typed,
    desk_files::{Sent, message},
    step::{Action, Files, Guard, Label, Opening, Query, Read, Request, Step, Then, What, Words},
    traversal::Traversal,
};

pub(crate) struct Desk {
    pub(super) desk: HelpDesk,
    clock: ManualClock,
    /// Numbers of the tickets, in order of arrival.
    pub(super) numbers: Vec<TicketNumber>,
    /// Accepted uploads, in order of arrival.
    pub(super) files: Vec<Attachment>,
    traversal: Option<Traversal>,
    /// The last turn of each ticket.
    turns: BTreeMap<usize, Turn>,
}

/// Turn of the bot, and the conversation as it was then for the desk and for its requester.
struct Turn {
    turn: BotTurn,
    for_desk: SeenConversation,
    for_requester: SeenConversation,
}

impl Desk {
    pub(crate) fn new(store: Arc<dyn TicketStore>, files: AttachmentStore, policy: &Policy) -> Self {
        let clock = ManualClock::new(Timestamp::MIN);
        let desk = HelpDesk::builder(store)
            .policy(policy.clone())
            .categories(super::people::categories())
            .clock(clock.clone())
            .numbers(Pairs::default())
            .attachments(files)
            .build();
        Self {
            desk,
            clock,
            numbers: Vec::new(),
            files: Vec::new(),
            traversal: None,
            turns: BTreeMap::new(),
        }
    }

    pub(crate) async fn take(&mut self, step: &Step) -> Answer {
        self.clock.set(step.at);
        match &step.action {
            Action::Open(opening) => self.open(opening).await,
            Action::FollowUp { ticket, by, words } => self.follow_up(*ticket, by, words).await,
            Action::Change(request) => self.change(request).await,
            Action::Turn { ticket } => self.turn(*ticket).await,
            Action::ChangeEach(bulk) => self.change_each(bulk).await,
            Action::CloseResolved { batch } => self.close_resolved(*batch).await,
            Action::Upload { by, sample } => self.upload(by, sample).await,
            Action::Sweep => self.sweep().await,
            Action::Read(read) => self.read(read).await,
            Action::List { query, rows } => self.list(query, *rows).await,
            Action::NextPage { rows } => self.turn_the_page(*rows).await,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the traversal whose last page was just shown.
    pub(crate) fn traversed(&self) -> Option<&Traversal> {
        self.traversal.as_ref().filter(|traversal| traversal.is_over())
    }

    async fn open(&mut self, opening: &Opening) -> Answer {
        let files = match self.handed(&opening.by, &opening.words.files).await {
            Ok(files) => files,
            Err(error) => return self.failed(error),
        };
        let draft = NewTicket::new(opening.category.clone(), opening.words.text.text());
        let draft = draft
            .with_key(opening.words.key.clone())
            .with_references(opening.about.iter().map(|about| about.parse().unwrap()))
            .with_tags(opening.tags.iter().map(|tag| tag.parse().unwrap()))
            .with_attachments(files);
        let receipt = match &opening.by {
            Actor::Admin(id) => self.desk.admin(id.clone()).create_for(&opening.requester, draft).await,
            _ => self.desk.customer(opening.requester.clone()).create(draft).await,
        };
        self.opened(receipt)
    }

    async fn follow_up(&mut self, ticket: usize, by: &UserId, words: &Words) -> Answer {
        let customer = self.desk.customer(by.clone());
        let old = match customer.get(&self.number(ticket)).await {
            Ok(old) => old,
            Err(error) => return self.failed(error),
        };
        let Some(offer) = customer.follow_up_offer(&old) else { return Answer::NoFollowUp };
        let draft = match MessageText::parse(words.text.raw) {
            Ok(text) => offer.ticket(text).with_key(words.key.clone()),
            Err(error) => return self.failed(error.into()),
        };
        let files = match self.handed(&Actor::Customer(by.clone()), &words.files).await {
            Ok(files) => files,
            Err(error) => return self.failed(error),
        };
        let receipt = customer.create(draft.with_attachments(files)).await;
        self.opened(receipt)
    }

    async fn change(&self, request: &Request) -> Answer {
        let number = &self.number(request.ticket);
        let turn = || &self.turns[&request.ticket];
        let no_files = Files::default();
        let files = self.handed(&request.by, request.what.files().unwrap_or(&no_files)).await;
        let files = match files {
            Ok(files) => files,
            Err(error) => return self.failed(error),
        };
        let files = files.as_slice();
        let sent = |words| Sent { words, files };
        let receipt = match (&request.by, &request.what, request.guard) {
            (Actor::Customer(id), What::Write(words, Then::Nothing), _) => {
                self.desk.customer(id.clone()).reply(number, sent(words)).await
            }
            (Actor::Customer(id), What::Status(Status::Closed), _) => {
                self.desk.customer(id.clone()).confirm(number).await
            }
            (Actor::Bot, What::Write(words, Then::Nothing), Guard::Turn) => {
                turn().turn.reply(sent(words)).await
            }
            (Actor::Bot, What::HandOver(words), Guard::Turn) => turn().turn.hand_over(sent(words)).await,
            (Actor::Bot, What::Draft(text), Guard::Turn) => turn().turn.draft(text.raw).await,
            (Actor::Bot, What::Write(words, Then::Nothing), _) => {
                self.desk.bot().reply(number, sent(words)).await
            }
            (Actor::System, What::Status(Status::Closed), _) => self.desk.system().close(number).await,
            (Actor::Admin(id), what, guard) => {
                let admin = self.desk.admin(id.clone());
                match guard {
                    Guard::Nothing => by_admin(&admin, number, what, files).await,
                    Guard::Version(version) => {
                        guarded(&admin, number, what, files, |change| change.expecting(version)).await
                    }
                    Guard::Turn => {
                        guarded(&admin, number, what, files, |change| {
                            change.unless_overtaken(turn().for_desk)
                        })
                        .await
                    }
                    Guard::Unversioned => {
                        guarded(&admin, number, what, files, |change| {
                            change.unless_overtaken(turn().for_requester)
                        })
                        .await
                    }
                }
            }
            (by, what, _) => return self.not_permitted(request.ticket, by, what, files),
        };
        self.done(receipt)
    }

    /// Requests a change that no handle of the actor offers.
    fn not_permitted(&self, ticket: usize, by: &Actor, what: &What, files: &[Attachment]) -> Answer {
        let change = match change(what, files) {
            Ok(change) => change,
            Err(error) => return self.failed(error.into()),
        };
        match Command::new(by, self.now(), self.desk.policy(), change) {
            Ok(command) => panic!("it is permitted: {command:?}"),
            Err(refusal) => Answer::Refused { ticket, refusal },
        }
    }

    async fn turn(&mut self, ticket: usize) -> Answer {
        let number = self.number(ticket);
        let turn = match self.desk.bot().turn(&number).await {
            Ok(turn) => turn,
            Err(error) => return self.failed(error),
        };
        let for_desk = self.desk.admin(super::people::person(4)).get(&number).await.unwrap();
        let read = Read::View { ticket, by: Actor::Bot, window: MessageRange::All };
        let answer =
            Answer::Turn(Box::new(self.seen(turn.ticket().clone(), &read).await), turn.writable());
        let for_requester = SeenConversation::of(&self.desk.bot().get(&number).await.unwrap());
        let for_desk = SeenConversation::of(&for_desk);
        self.turns.insert(ticket, Turn { turn, for_desk, for_requester });
        answer
    }

    pub(crate) async fn read(&self, read: &Read) -> Answer {
        let seen = match read {
            Read::Download { ticket, by, file, range } => {
                return self.download(*ticket, by, *file, range.as_ref()).await;
            }
            Read::Counts(admin) => return self.counts(admin).await,
            Read::Report { from, before } => return self.report(*from, *before).await,
            Read::View { ticket, by, window } => {
                let number = &self.number(*ticket);
                match by {
                    Actor::Customer(id) => {
                        self.desk.customer(id.clone()).get_range(number, *window).await
                    }
                    Actor::Admin(id) => self.desk.admin(id.clone()).get_range(number, *window).await,
                    Actor::Bot | Actor::System => self.desk.bot().get(number).await,
                }
            }
            Read::Find { ticket, by, hand } => {
                let typed = typed(&self.number(*ticket), *hand);
                match by {
                    Actor::Customer(id) => self.desk.customer(id.clone()).find(&typed).await,
                    Actor::Admin(id) => self.desk.admin(id.clone()).find(&typed).await,
                    Actor::Bot | Actor::System => unreachable!("they find nothing"),
                }
            }
        };
        match seen {
            Ok(view) => Answer::Seen(Box::new(self.seen(view, read).await)),
            Err(error) => self.failed(error),
        }
    }

    async fn list(&mut self, query: &Query, rows: u32) -> Answer {
        self.traversal = Some(Traversal::new(query.clone()));
        self.turn_the_page(rows).await
    }

    async fn turn_the_page(&mut self, rows: u32) -> Answer {
        let mut traversal = self.traversal.take().expect("a list was begun");
        let page = match traversal.turn(&self.desk, PageSize::new(rows).unwrap()).await {
            Ok(page) => page,
            Err(error) => return self.failed(error),
        };
        assert!(page.unreadable.is_empty());
        let rows = page.rows.iter().map(|row| (self.head(&row.head), row.excerpt.clone()));
        let rows: Vec<_> = rows.collect();
        traversal.visited.extend(rows.iter().map(|(head, _)| head.ticket));
        self.traversal = Some(traversal);
        Answer::Page { rows, more: page.next.is_some() }
    }
}

async fn by_admin(
    admin: &Admin,
    number: &TicketNumber,
    what: &What,
    files: &[Attachment],
) -> Result<Receipt, ServiceError> {
    let sent = |words| Sent { words, files };
    match what {
        What::Write(words, Then::Nothing) => admin.reply(number, sent(words)).await,
        What::Write(words, Then::Status(to)) => admin.reply(number, sent(words)).status(*to).await,
        What::Write(words, Then::Wait(wait)) => admin.reply(number, sent(words)).wait(*wait).await,
        What::Note(text, _) => admin.add_note(number, message(text, files)?).await,
        What::Status(to) => admin.set_status(number, *to).await,
        What::Priority(to) => admin.set_priority(number, *to).await,
        What::Assign(Some(to)) => admin.assign(number, to).await,
        What::Assign(None) => admin.unassign(number).await,
        What::Claim => admin.claim(number).await,
        What::Wait(wait) => admin.wait(number, *wait).await,
        What::EndWait => admin.end_wait(number).await,
        What::DiscardDraft => admin.discard_draft(number).await,
        // No handle of theirs has such a method.
        What::Add(_) | What::Remove(_) | What::HandOver(_) | What::Draft(_) => {
            admin.change(number, change(what, files)?).await
        }
    }
}

async fn guarded(
    admin: &Admin,
    number: &TicketNumber,
    what: &What,
    files: &[Attachment],
    guard: impl FnOnce(Change) -> Change,
) -> Result<Receipt, ServiceError> {
    admin.change(number, guard(change(what, files)?)).await
}

/// Converts a change to the desk's type.
pub(super) fn change(what: &What, files: &[Attachment]) -> Result<Change, InvalidText> {
    let sent = |words| NewMessage::try_from(Sent { words, files });
    Ok(match what {
        What::Write(words, then) => {
            let message = sent(words)?;
            match then {
                Then::Nothing => Change::message(message),
                Then::Status(to) => Change::reply(message, *to),
                Then::Wait(wait) => Change::reply_and_wait(message, *wait),
            }
        }
        What::HandOver(words) => Change::hand_over(sent(words)?),
        What::Draft(text) => Change::draft(MessageText::parse(text.raw)?),
        What::DiscardDraft => Change::discard_draft(),
        What::Note(text, _) => Change::note(message(text, files)?),
        What::Status(to) => Change::status(*to),
        What::Priority(to) => Change::priority(*to),
        What::Assign(to) => Change::assign(to.clone()),
        What::Claim => Change::claim(),
        What::Wait(wait) => Change::wait(*wait),
        What::EndWait => Change::end_wait(),
        What::Add(Label::Tag(tag)) => Change::add_tag(tag.parse().unwrap()),
        What::Remove(Label::Tag(tag)) => Change::remove_tag(tag.parse().unwrap()),
        What::Add(Label::About(about)) => Change::add_reference(about.parse().unwrap()),
        What::Remove(Label::About(about)) => Change::remove_reference(about.parse().unwrap()),
    })
}

/// Source of numbers that gives each number twice, so that every second one is taken.
#[derive(Default)]
struct Pairs(AtomicUsize);

impl NumberSource for Pairs {
    fn random_bytes(&self, bytes: &mut [u8]) {
        let mut rest = self.0.fetch_add(1, Ordering::Relaxed) / 2;
        for byte in bytes.iter_mut().rev() {
            *byte = (rest % 32) as u8;
            rest /= 32;
        }
    }
}
