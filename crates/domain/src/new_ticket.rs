//! Tickets to be opened, and follow-ups.

use crate::{
    Actor, Attachment, Author, Category, CreationKey, Event, EventKind, IdempotencyKey, Message,
    MessageText, Policy, Priority, Reference, Refusal, Status, Tag, Ticket, TicketDetails, TicketHead,
    TicketNumber, Timestamp, UserId, rules, util::distinct,
};

/// A ticket to be opened, before it has a number. Every ticket is opened from one.
///
/// ```
/// use ventanilla_domain::{Actor, Category, MessageText, NewTicket, Policy, TicketNumber, UserId};
///
/// let ana = UserId::parse("ana")?;
/// let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// let ticket = new_ticket.open(
///     TicketNumber::parse("TKT-ABC123")?,
///     &ana,
///     &Actor::Customer(ana.clone()),
///     "2026-03-02T12:00:00Z".parse()?,
///     &Policy::default(),
/// )?;
/// assert_eq!(ticket.messages()[0].text.as_str(), "Me cobraron dos veces");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTicket {
    category: Category,
    description: MessageText,
    key: Option<IdempotencyKey>,
    follows: Option<FollowUp>,
    about: Vec<Reference>,
    tags: Vec<Tag>,
    attachments: Vec<Attachment>,
}

impl NewTicket {
    /// Creates a ticket of this category, without a key.
    #[must_use]
    pub const fn new(category: Category, description: MessageText) -> Self {
        Self {
            category,
            description,
            key: None,
            follows: None,
            about: Vec::new(),
            tags: Vec::new(),
            attachments: Vec::new(),
        }
    }

    /// Returns the ticket with a key, so that sending it twice opens one ticket. A [`FollowUp`] has a key
    /// of its own, in place of this one.
    ///
    /// ```
    /// use ventanilla_domain::{Category, IdempotencyKey, MessageText, NewTicket};
    ///
    /// let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("La página no carga")?)
    ///     .with_key(IdempotencyKey::parse("formulario-42")?);
    /// assert!(new_ticket.key().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_key(mut self, key: impl Into<Option<IdempotencyKey>>) -> Self {
        self.key = key.into();
        self
    }

    /// Returns the ticket with what it is about, in place of what was set before. Repetitions are
    /// dropped.
    ///
    /// The requester sees it. A reference that a customer names must be checked to be theirs first.
    ///
    /// ```
    /// use ventanilla_domain::{Category, MessageText, NewTicket, Reference, Tag};
    ///
    /// let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?)
    ///     .with_references([Reference::new("order", "1001")?])
    ///     .with_tags([Tag::parse("vip")?]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_references(mut self, about: impl IntoIterator<Item = Reference>) -> Self {
        self.about = distinct(about);
        self
    }

    /// Returns the ticket with tags, which only the desk sees, in place of those set before. Repetitions
    /// are dropped.
    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = Tag>) -> Self {
        self.tags = distinct(tags);
        self
    }

    /// Returns the ticket with files attached to its first message, at most
    /// [`Attachment::MAX_OF_MESSAGE`].
    #[must_use]
    pub fn with_attachments(mut self, attachments: Vec<Attachment>) -> Self {
        self.attachments = attachments;
        self
    }

    /// Returns the category.
    #[must_use]
    pub const fn category(&self) -> &Category {
        &self.category
    }

    /// Returns whether it follows up an old ticket.
    #[must_use]
    pub const fn is_follow_up(&self) -> bool {
        self.follows.is_some()
    }

    /// Returns the idempotency key that it was given, if any.
    #[must_use]
    pub const fn key(&self) -> Option<&IdempotencyKey> {
        self.key.as_ref()
    }

    /// Returns the key under which this author opens it for this requester, if it has one. Tickets with
    /// equal creation keys are one request or a conflict, so at most one of them is stored.
    #[must_use]
    pub fn creation_key(&self, requester: &UserId, by: &Actor) -> Option<CreationKey> {
        if let Some(offer) = &self.follows {
            return Some(CreationKey { by: requester.clone(), key: offer.key() });
        }
        let key = self.key.clone().zip(by.user().cloned());
        key.map(|(key, by)| CreationKey { by, key })
    }

    /// Returns the refusal of this ticket because another request has its creation key.
    #[must_use]
    pub fn key_refusal(&self, key: IdempotencyKey) -> Refusal {
        if self.is_follow_up() { Refusal::FollowUpExists } else { Refusal::KeyConflict { key } }
    }

    /// Returns the files attached to its first message.
    #[must_use]
    pub fn attachments(&self) -> &[Attachment] {
        &self.attachments
    }

    /// Opens the ticket with a number.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotPermitted`] unless `by` is the requester or an administrator, or if it follows
    /// up another requester's ticket; [`Refusal::TextTooLong`] if the description exceeds the
    /// policy's limit; [`Refusal::TooManyReferences`] and [`Refusal::TooManyTags`] for more than
    /// [`TicketHead::MAX_REFERENCES`] and [`TicketHead::MAX_TAGS`]; [`Refusal::TooManyAttachments`],
    /// [`Refusal::FileTooLarge`], [`Refusal::MediaTypeNotAllowed`] and [`Refusal::AttachmentsFull`].
    pub fn open(
        &self,
        number: TicketNumber,
        requester: &UserId,
        by: &Actor,
        at: Timestamp,
        policy: &Policy,
    ) -> Result<Ticket, Refusal> {
        rules::may_open(by, requester, self.follows.as_ref().map(FollowUp::requester))?;
        rules::check_length(&self.description, policy)?;
        rules::check_references(self.about.len())?;
        rules::check_tags(self.tags.len())?;
        policy.attachments.check_files(&self.attachments)?;
        policy.attachments.check_room(&self.attachments, 0)?;
        let head = TicketHead {
            ticket_number: number,
            requester: requester.clone(),
            category: self.category.clone(),
            status: Status::default(),
            priority: Priority::default(),
            assignee: None,
            created_at: at,
            updated_at: at,
            first_response_at: None,
            resolved_at: None,
            closed_at: None,
            follow_up_of: self.follows.as_ref().map(|offer| offer.follows.clone()),
            about: self.about.clone(),
            tags: self.tags.clone(),
            waiting: None,
            handoff_at: None,
            version: 0,
            message_count: Some(1),
            sla: policy.sla.as_ref().map(|sla| sla.open(&self.category, at)),
        };
        Ok(Ticket::from_parts(
            head,
            self.description.clone(),
            vec![
                Message::new(Author::Requester, self.description.clone(), at)
                    .with_attachments(self.attachments.clone()),
            ],
            vec![Event { at, by: by.clone(), version: 0, kind: EventKind::Created }],
            self.creation_key(requester, by),
        ))
    }
}

/// Offer to open a new ticket that continues one in which its requester can no longer write.
///
/// It comes from the old ticket (see [`Policy::follow_up`]), and only that ticket's requester can
/// open the new one, or an administrator for them.
///
/// A ticket has one follow-up, whoever opens it and however many requests are sent at once: the creation
/// key of a follow-up is derived from the number of the old ticket, and any key that the host sets is
/// ignored. The same request of the same person again is a repeated one and gives the first ticket, with
/// the host's key or without it; any other is refused as [`Refusal::FollowUpExists`]. Follow-ups that were
/// stored with other keys, by an earlier version or another application, are not found in this way: a page
/// that offers a follow-up looks for those among the requester's tickets.
///
/// ```
/// # use ventanilla_domain::*;
/// # let ana = UserId::parse("ana")?;
/// # let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # let number = TicketNumber::parse("TKT-ABC123")?;
/// # let (policy, now) = (Policy::default(), "2026-03-02T12:00:00Z".parse()?);
/// # let mut ticket = new_ticket.open(number, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
/// # let luis = Actor::Admin(UserId::parse("luis")?);
/// # let details = |ticket: &Ticket| ticket.details(&Audience::Bot, MessageRange::Last(0)).expect("visible");
/// # assert_eq!(policy.follow_up(&details(&ticket), now), None);
/// Command::new(&luis, now, &policy, Change::status(Status::Closed))?.apply(&mut ticket);
///
/// let offer = policy.follow_up(&details(&ticket), now).expect("the ticket is closed");
/// assert_eq!(offer.follows().as_str(), "TKT-ABC123");
/// let new_ticket = offer.ticket(MessageText::parse("Me lo han vuelto a cobrar")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    follows: TicketNumber,
    requester: UserId,
    category: Category,
    about: Vec<Reference>,
}

impl FollowUp {
    fn of(head: &TicketHead) -> Self {
        Self {
            follows: head.ticket_number.clone(),
            requester: head.requester.clone(),
            category: head.category.clone(),
            about: head.about.iter().take(TicketHead::MAX_REFERENCES).cloned().collect(),
        }
    }

    /// Returns the number of the ticket to follow up.
    #[must_use]
    pub const fn follows(&self) -> &TicketNumber {
        &self.follows
    }

    /// Returns the requester of that ticket, who alone may open the follow-up.
    #[must_use]
    pub const fn requester(&self) -> &UserId {
        &self.requester
    }

    /// Returns the key that all follow-ups of the old ticket share.
    fn key(&self) -> IdempotencyKey {
        IdempotencyKey::derived("follow-up", self.follows.as_str())
    }

    /// Creates a new ticket of the same category, about the same, that follows up the old one.
    #[must_use]
    pub fn ticket(&self, description: MessageText) -> NewTicket {
        let (follows, about) = (Some(self.clone()), self.about.clone());
        NewTicket { follows, about, ..NewTicket::new(self.category.clone(), description) }
    }
}

impl Policy {
    /// Returns the follow-up that is offered to the requester if writing is refused at that time: the ticket
    /// is closed or can no longer be reopened, or its conversation has no room for a message of any allowed
    /// length.
    #[must_use]
    pub fn follow_up(&self, ticket: &TicketDetails, at: Timestamp) -> Option<FollowUp> {
        rules::check_any_message(ticket, at, self)
            .err()
            .filter(Refusal::offers_follow_up)
            .map(|_| FollowUp::of(&ticket.head))
    }
}
