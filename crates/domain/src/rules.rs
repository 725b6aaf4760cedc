//! The rules, stated once: what each change comes down to, by whose hand it may be made.

use arrayvec::ArrayVec;
use enumset::{EnumSet, enum_set};

use crate::{
    Actor, ActorKind, Author, Change, ClockStep, Effect, Facts, Field, FollowUp, Go, Guard, Message,
    MessageText, Miss, Note, Plan, Policy, Refusal, Reopen, SlaMetric, Stamp, Status, Timestamp, UserId,
    When,
    change::{NewMessage, What},
    ticket::count,
    transitions::NOT_CLOSED,
};

/// The clocks that wait for an answer.
const RESPONSES: EnumSet<SlaMetric> = enum_set!(SlaMetric::FirstResponse | SlaMetric::NextResponse);

impl Change {
    /// Works the change out, without reading the ticket.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotPermitted`] where this kind of actor never makes such a change, and
    /// [`Refusal::TextTooLong`] where its text is over the desk's limit: what is wrong with any
    /// ticket.
    ///
    /// ```
    /// use ventanilla_domain::{Actor, Change, Explain, Policy, Priority, Timestamp};
    ///
    /// let raise = Change::priority(Priority::Urgent);
    /// let refusal = raise.plan(&Actor::Bot, Timestamp::MIN, &Policy::default()).unwrap_err();
    /// assert_eq!(refusal.code(), "not_permitted");
    /// ```
    pub fn plan(self, by: &Actor, at: Timestamp, policy: &Policy) -> Result<Plan, Refusal> {
        let mut rule = Rule::new(by, at, policy, self.expected);
        match self.what {
            What::Message { message, status } => rule.message(message, status)?,
            What::Note(text) => rule.note(text)?,
            What::Status(to) => rule.status(to)?,
            What::Priority(to) => rule.set(Field::Priority(to), None)?,
            What::Assign(to) => rule.set(Field::Assignee(to), None)?,
            What::Claim => {
                let to = by.user().cloned();
                rule.set(Field::Assignee(to), Some(Guard::Unassigned))?;
            }
        }
        Ok(rule.plan)
    }
}

impl Policy {
    /// How many bytes a message of such an actor may have at that time.
    ///
    /// # Errors
    ///
    /// The refusal that even the shortest would meet.
    ///
    /// ```
    /// # use ventanilla_domain::*;
    /// # let ana = UserId::parse("ana")?;
    /// # let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
    /// # let (number, now) = (TicketNumber::from_entropy(b"example"), Timestamp::MIN);
    /// # let policy = Policy::default();
    /// # let ticket = draft.open(number, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
    /// assert_eq!(policy.writable(&ticket.facts(), ActorKind::Customer, now), Ok(16 * 1024));
    /// assert!(policy.writable(&ticket.facts(), ActorKind::System, now).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn writable(&self, facts: &Facts<'_>, by: ActorKind, at: Timestamp) -> Result<u32, Refusal> {
        if by == ActorKind::System {
            return Err(Refusal::NotPermitted { by });
        }
        let conditions = conversation(by, at, self).into_iter().flatten().chain([room(self, 1)]);
        for guard in conditions {
            if let Err(Miss::Refused(refusal)) = guard.check(facts, by) {
                return Err(refusal);
            }
        }
        let left = self.limits.conversation_bytes().saturating_sub(facts.conversation_bytes);
        Ok(longest_text(self).min(left))
    }
}

/// Whether this actor may open a ticket of that requester: the requester, or an administrator; and a
/// follow-up only of the requester's own ticket.
pub(crate) fn may_open(
    by: &Actor,
    requester: &UserId,
    follows: Option<&FollowUp>,
) -> Result<(), Refusal> {
    let theirs = follows.is_none_or(|offer| offer.requester() == requester);
    let permitted = match by {
        Actor::Customer(id) => id == requester,
        Actor::Admin(_) => true,
        Actor::Bot | Actor::System => false,
    };
    if theirs && permitted { Ok(()) } else { Err(Refusal::NotPermitted { by: by.kind() }) }
}

/// Whether a message of this author is a first response: an administrator's who isn't the
/// requester. A plan, which doesn't know the requester, says the second half by
/// [`When::NotRequester`].
pub(crate) fn is_response(author: &Author, requester: &UserId) -> bool {
    may_respond(author) && author.user(requester) != Some(requester)
}

fn may_respond(author: &Author) -> bool {
    matches!(author, Author::Admin(_))
}

/// Whether a text is within this desk's limit.
pub(crate) fn fits(text: &MessageText, policy: &Policy) -> Result<(), Refusal> {
    let (bytes, limit) = (count(text.bytes()), longest_text(policy));
    if bytes > limit { Err(Refusal::TextTooLong { bytes, limit }) } else { Ok(()) }
}

fn longest_text(policy: &Policy) -> u32 {
    policy.limits.text_bytes().min(policy.limits.conversation_bytes())
}

/// Under which statuses, and until when, such an actor may write.
fn conversation(by: ActorKind, at: Timestamp, policy: &Policy) -> [Option<Guard>; 2] {
    match (by, policy.reopen) {
        (ActorKind::Customer, Reopen::Never) => {
            [Some(Guard::Accepts(enum_set!(Status::Open | Status::InProgress))), None]
        }
        (ActorKind::Customer, Reopen::Within(days)) => {
            let earliest = at.minus(days.duration());
            [
                Some(Guard::Accepts(NOT_CLOSED)),
                Some(Guard::ResolvedSince { earliest, policy: policy.reopen }),
            ]
        }
        _ => [Some(Guard::Accepts(NOT_CLOSED)), None],
    }
}

fn room(policy: &Policy, adding: u32) -> Guard {
    let limits = &policy.limits;
    Guard::Room { messages: limits.messages(), bytes: limits.conversation_bytes(), adding }
}

/// A plan in the making. Its guards go in the order owner, key, already so, status, window,
/// version, room.
struct Rule<'a> {
    policy: &'a Policy,
    expected: Option<u64>,
    plan: Plan,
}

impl<'a> Rule<'a> {
    fn new(by: &Actor, at: Timestamp, policy: &'a Policy, expected: Option<u64>) -> Self {
        let mut guards = ArrayVec::new();
        if let Actor::Customer(id) = by {
            guards.push(Guard::Owner(id.clone()));
        }
        let plan = Plan {
            by: by.clone(),
            at,
            reading: policy.sla.as_ref().map(|sla| sla.reading(at)),
            history_limit: policy.limits.history(),
            guards,
            effects: ArrayVec::new(),
            go: None,
        };
        Self { policy, expected, plan }
    }

    fn message(&mut self, message: NewMessage, status: Option<Status>) -> Result<(), Refusal> {
        let by = self.plan.by.kind();
        let author = self.plan.by.author().ok_or(Refusal::NotPermitted { by })?;
        if status.is_some() && by != ActorKind::Admin {
            return Err(Refusal::NotPermitted { by });
        }
        fits(&message.text, self.policy)?;
        let adding = count(message.text.bytes());
        let responds = may_respond(&author);
        let message = Message::new(author, message.text, self.plan.at).with_key(message.key);

        if message.key.is_some() {
            self.guard(Guard::KeyUnused(message.clone()));
        }
        let conditions = conversation(by, self.plan.at, self.policy);
        conditions.into_iter().flatten().for_each(|guard| self.guard(guard));
        if let Some(to) = status {
            // A status that is already so is no obstacle to the message.
            self.guard(Guard::MayGo { from: to.reachable_from(by) | to, to });
        }
        self.version();
        self.guard(room(self.policy, adding));

        self.effect(Effect::Append(message));
        if responds {
            self.effect(Effect::StampOnce(Stamp::FirstResponse, When::NotRequester));
            self.clock(ClockStep::Stop, RESPONSES, When::NotRequester);
        }
        if by == ActorKind::Customer {
            // Until the first response that clock is the one of the oldest message.
            let unless = SlaMetric::FirstResponse.into();
            self.clock(ClockStep::Start { unless }, SlaMetric::NextResponse.into(), When::Always);
        }
        match status {
            Some(to) => self.go(to.reachable_from(by), to),
            None if by == ActorKind::Customer => self.go(Status::Resolved.into(), Status::Open),
            None => {}
        }
        self.effect(Effect::Touch);
        Ok(())
    }

    /// A note, which doesn't touch the ticket: the requester must not learn of it.
    fn note(&mut self, text: MessageText) -> Result<(), Refusal> {
        let by = self.admin()?;
        fits(&text, self.policy)?;
        self.version();
        self.guard(Guard::NoteRoom { notes: self.policy.limits.notes() });
        self.effect(Effect::AddNote(Note { text, by, created_at: self.plan.at }));
        Ok(())
    }

    fn status(&mut self, to: Status) -> Result<(), Refusal> {
        let by = self.plan.by.kind();
        let from = to.reachable_from(by);
        if from.is_empty() {
            return Err(Refusal::NotPermitted { by });
        }
        self.guard(Guard::StatusIsNot(to));
        self.guard(Guard::MayGo { from, to });
        if by == ActorKind::System {
            let wait = self.policy.close_after;
            self.guard(Guard::ResolvedUntil { latest: self.plan.at.minus(wait.duration()), wait });
        }
        self.version();
        self.go(from, to);
        self.effect(Effect::Touch);
        Ok(())
    }

    fn set(&mut self, field: Field, only_if: Option<Guard>) -> Result<(), Refusal> {
        self.admin()?;
        self.guard(Guard::Differs(field.clone()));
        self.guard(Guard::Accepts(NOT_CLOSED));
        self.version();
        only_if.into_iter().for_each(|guard| self.guard(guard));
        let priority = match field {
            Field::Priority(to) => Some(to),
            Field::Assignee(_) => None,
        };
        self.effect(Effect::Set(field));
        if let Some(to) = priority {
            self.clock(ClockStep::Retarget(to), EnumSet::all(), When::Always);
        }
        self.effect(Effect::Touch);
        Ok(())
    }

    /// The move to a status, and the stamps and clocks that go with it: a closed ticket was resolved
    /// at some time, a live one isn't; nobody waits for an answer where it is, and its resolution
    /// clock stands still.
    fn go(&mut self, from: EnumSet<Status>, to: Status) {
        match to {
            Status::Open | Status::InProgress => {
                self.effect(Effect::Clear(Stamp::Resolved, When::Moves));
            }
            Status::Resolved => self.effect(Effect::Stamp(Stamp::Resolved, When::Moves)),
            Status::Closed => {
                self.effect(Effect::StampOnce(Stamp::Resolved, When::Moves));
                self.effect(Effect::Stamp(Stamp::Closed, When::Moves));
            }
        }
        if to.is_live() {
            self.clock(ClockStep::Resume, SlaMetric::Resolution.into(), When::Moves);
        } else {
            self.clock(ClockStep::Cancel, RESPONSES, When::Moves);
            self.clock(ClockStep::Stop, SlaMetric::Resolution.into(), When::Moves);
        }
        self.plan.go = Some(Go { from, to });
    }

    fn clock(&mut self, step: ClockStep, clocks: EnumSet<SlaMetric>, when: When) {
        if self.plan.reading.is_some() {
            self.effect(Effect::Clock(step, clocks, when));
        }
    }

    fn admin(&self) -> Result<UserId, Refusal> {
        match &self.plan.by {
            Actor::Admin(id) => Ok(id.clone()),
            other => Err(Refusal::NotPermitted { by: other.kind() }),
        }
    }

    fn version(&mut self) {
        if let Some(expected) = self.expected {
            self.guard(Guard::Version(expected));
        }
    }

    fn guard(&mut self, guard: Guard) {
        self.plan.guards.push(guard);
    }

    fn effect(&mut self, effect: Effect) {
        self.plan.effects.push(effect);
    }
}
