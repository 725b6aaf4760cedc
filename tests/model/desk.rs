//! The help desk under test: takes the model's requests and gives its answers.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use ventanilla_service::*;

use super::{
    answer::{Answer, Head, Seen},
    step::{Action, Hand, Opening, Query, Read, Request, Step, What, Words},
    walk::Walk,
};

pub(crate) struct Desk {
    desk: HelpDesk,
    clock: Arc<AtomicI64>,
    /// The tickets' numbers, in order of arrival.
    numbers: Vec<TicketNumber>,
    walk: Option<Walk>,
}

impl Desk {
    pub(crate) fn new(store: Arc<dyn TicketStore>, house: &Policy) -> Self {
        let clock = Arc::new(AtomicI64::new(0));
        let time = clock.clone();
        let desk = HelpDesk::builder(store)
            .policy(house.clone())
            .clock(move || Timestamp::from_millis(time.load(Ordering::Relaxed)).unwrap())
            .numbers(Pairs::default())
            .build();
        Self { desk, clock, numbers: Vec::new(), walk: None }
    }

    pub(crate) async fn take(&mut self, step: &Step) -> Answer {
        self.clock.store(step.at.as_millis(), Ordering::Relaxed);
        match &step.action {
            Action::Open(opening) => self.open(opening).await,
            Action::FollowUp { ticket, by, words } => self.follow_up(*ticket, by, words).await,
            Action::Change(request) => self.change(request).await,
            Action::Read(read) => self.read(read).await,
            Action::List { query, rows } => self.list(query, *rows).await,
            Action::NextPage { rows } => self.turn_the_page(*rows).await,
        }
    }

    /// The walk of which the last page was shown just now.
    pub(crate) fn walked(&self) -> Option<&Walk> {
        self.walk.as_ref().filter(|walk| walk.is_over())
    }

    async fn open(&mut self, opening: &Opening) -> Answer {
        let draft = NewTicket::new(opening.category.clone(), opening.words.text.text());
        let draft = match &opening.words.key {
            Some(key) => draft.with_key(key.clone()),
            None => draft,
        };
        let receipt = match &opening.by {
            Actor::Admin(id) => self.desk.admin(id.clone()).create_for(&opening.requester, draft).await,
            _ => self.desk.customer(opening.requester.clone()).create(draft).await,
        };
        self.opened(receipt)
    }

    async fn follow_up(&mut self, ticket: usize, by: &UserId, words: &Words) -> Answer {
        let customer = self.desk.customer(by.clone());
        let old = match customer.view(&self.number(ticket)).await {
            Ok(old) => old,
            Err(error) => return self.failed(error),
        };
        let Some(offer) = customer.follow_up_offer(&old) else { return Answer::NoFollowUp };
        let receipt = customer.follow_up(&offer, words.clone()).await;
        self.opened(receipt)
    }

    async fn change(&self, request: &Request) -> Answer {
        let number = &self.number(request.ticket);
        let receipt = match (&request.by, &request.what) {
            (Actor::Customer(id), What::Write(words, _)) => {
                self.desk.customer(id.clone()).add_message(number, words.clone()).await
            }
            (Actor::Customer(id), _) => self.desk.customer(id.clone()).confirm(number).await,
            (Actor::Bot, What::Write(words, _)) => {
                self.desk.bot().add_message(number, words.clone()).await
            }
            (Actor::Bot | Actor::System, _) => self.desk.system().close(number).await,
            (Actor::Admin(id), what) => {
                let admin = self.desk.admin(id.clone());
                match request.expecting {
                    Some(version) => expecting(&admin, number, what, version).await,
                    None => by_admin(&admin, number, what).await,
                }
            }
        };
        self.done(receipt)
    }

    pub(crate) async fn read(&self, read: &Read) -> Answer {
        let seen = match read {
            Read::Counts(admin) => return self.counts(admin).await,
            Read::View { ticket, by, window } => {
                let number = &self.number(*ticket);
                match by {
                    Actor::Customer(id) => {
                        self.desk.customer(id.clone()).view_part(number, *window).await
                    }
                    Actor::Admin(id) => self.desk.admin(id.clone()).view_part(number, *window).await,
                    Actor::Bot | Actor::System => self.desk.bot().view(number).await,
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
            Ok(view) => self.seen(view),
            Err(error) => self.failed(error),
        }
    }

    async fn counts(&self, admin: &UserId) -> Answer {
        let counts = self.desk.admin(admin.clone()).counts().await.unwrap();
        let cells = Status::ALL.into_iter().flat_map(|status| {
            let counts = &counts;
            Priority::ALL.into_iter().map(move |priority| counts.of(status, priority))
        });
        Answer::Counted { cells: cells.collect(), unassigned: counts.unassigned, mine: counts.mine }
    }

    async fn list(&mut self, query: &Query, rows: u32) -> Answer {
        self.walk = Some(Walk::new(query.clone()));
        self.turn_the_page(rows).await
    }

    async fn turn_the_page(&mut self, rows: u32) -> Answer {
        let mut walk = self.walk.take().expect("a list was begun");
        let page = walk.turn(&self.desk, PageSize::new(rows).unwrap()).await.unwrap();
        assert!(page.unreadable.is_empty());
        let rows = page.rows.iter().map(|row| (self.head(&row.head), row.excerpt.clone()));
        let rows: Vec<_> = rows.collect();
        walk.visited.extend(rows.iter().map(|(head, _)| head.ticket));
        self.walk = Some(walk);
        Answer::Page { rows, more: page.next.is_some() }
    }
}

/// From the desk's words to the model's.
impl Desk {
    fn opened(&mut self, receipt: Result<Receipt, ServiceError>) -> Answer {
        if let Ok(Receipt { head, repeated: false, .. }) = &receipt {
            assert!(!self.numbers.contains(&head.ticket_number), "one number, two tickets");
            self.numbers.push(head.ticket_number.clone());
        }
        self.done(receipt)
    }

    fn done(&self, receipt: Result<Receipt, ServiceError>) -> Answer {
        match receipt {
            Ok(Receipt { head, events, repeated, .. }) => {
                Answer::Done { head: self.head(&head), events, repeated }
            }
            Err(error) => self.failed(error),
        }
    }

    fn failed(&self, error: ServiceError) -> Answer {
        match error {
            ServiceError::NotFound { number } => Answer::NotFound(self.meant(&number)),
            ServiceError::Refused { number, refusal } => {
                Answer::Refused { ticket: self.ticket(&number), refusal }
            }
            ServiceError::NotOpened { refusal } => Answer::NotOpened(refusal),
            other => Answer::Invalid(other.code()),
        }
    }

    fn seen(&self, view: TicketView) -> Answer {
        Answer::Seen(Box::new(Seen {
            head: self.head(&view.head),
            description: view.description,
            messages: view.messages,
            earlier: view.earlier_messages as usize,
            bytes: view.conversation_bytes as usize,
            notes: view.notes,
            history: view.history,
        }))
    }

    fn head(&self, head: &TicketHead) -> Head {
        Head {
            ticket: self.ticket(&head.ticket_number),
            requester: head.requester.clone(),
            category: head.category.clone(),
            status: head.status,
            priority: head.priority,
            assignee: head.assignee.clone(),
            created_at: head.created_at,
            updated_at: head.updated_at,
            first_response_at: head.first_response_at,
            resolved_at: head.resolved_at,
            closed_at: head.closed_at,
            follows: head.follow_up_of.as_ref().map(|number| self.ticket(number)),
            version: head.version,
            messages: head.message_count as usize,
        }
    }

    fn ticket(&self, number: &TicketNumber) -> usize {
        let place = self.numbers.iter().position(|known| known == number);
        place.unwrap_or_else(|| {
            assert_eq!(*number, nobodys(), "a number that was never given");
            self.numbers.len()
        })
    }

    /// The ticket of a number that is named as it was asked for.
    fn meant(&self, asked: &TicketNumber) -> usize {
        let lookup = TicketLookup::typed(asked.as_str()).unwrap();
        let known = |number: &&TicketNumber| **number == nobodys() || self.numbers.contains(number);
        self.ticket(lookup.candidates().iter().find(known).unwrap_or(asked))
    }

    fn number(&self, ticket: usize) -> TicketNumber {
        self.numbers.get(ticket).cloned().unwrap_or_else(nobodys)
    }
}

async fn by_admin(admin: &Admin, number: &TicketNumber, what: &What) -> Result<Receipt, ServiceError> {
    match what {
        What::Write(words, None) => admin.add_message(number, words.clone()).await,
        What::Write(words, Some(status)) => admin.reply(number, words.clone(), *status).await,
        What::Note(text) => admin.add_note(number, text.raw).await,
        What::Status(to) => admin.set_status(number, *to).await,
        What::Priority(to) => admin.set_priority(number, *to).await,
        What::Assign(Some(to)) => admin.assign(number, to).await,
        What::Assign(None) => admin.unassign(number).await,
        What::Claim => admin.claim(number).await,
    }
}

async fn expecting(
    admin: &Admin,
    number: &TicketNumber,
    what: &What,
    version: u64,
) -> Result<Receipt, ServiceError> {
    let change = match what {
        What::Write(words, None) => Change::message(NewMessage::try_from(words.clone())?),
        What::Write(words, Some(to)) => Change::reply(NewMessage::try_from(words.clone())?, *to),
        What::Note(text) => Change::note(MessageText::parse(text.raw)?),
        What::Status(to) => Change::status(*to),
        What::Priority(to) => Change::priority(*to),
        What::Assign(to) => Change::assign(to.clone()),
        What::Claim => Change::claim(),
    };
    admin.change(number, change.expecting(version)).await
}

impl TryFrom<Words> for NewMessage {
    type Error = InvalidText;

    fn try_from(words: Words) -> Result<Self, InvalidText> {
        let message = NewMessage::parse(words.text.raw)?;
        Ok(match words.key {
            Some(key) => message.with_key(key),
            None => message,
        })
    }
}

/// The number of no ticket.
fn nobodys() -> TicketNumber {
    TicketNumber::parse("TKT-ZZZZZZ").unwrap()
}

/// A number as somebody types it.
fn typed(number: &TicketNumber, hand: Hand) -> String {
    let number = number.as_str();
    match hand {
        Hand::Exact => number.into(),
        Hand::Lower => number.to_lowercase(),
        Hand::Hash => format!(" #{number} "),
        Hand::NoPrefix => number.replace("TKT-", ""),
        Hand::Letters => number.replace("TKT-", "tkt ").replace('0', "o").replace('1', "l"),
        Hand::Blank => "  ".into(),
    }
}

/// Gives each number twice, so that every second one is taken.
#[derive(Default)]
struct Pairs(AtomicUsize);

impl NumberSource for Pairs {
    fn fill(&self, bytes: &mut [u8]) {
        let mut rest = self.0.fetch_add(1, Ordering::Relaxed) / 2;
        for byte in bytes.iter_mut().rev() {
            *byte = (rest % 32) as u8;
            rest /= 32;
        }
    }
}
