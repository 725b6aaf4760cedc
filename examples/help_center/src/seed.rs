//! Sample tickets, opened and answered by the desk's own use cases under a manual clock.

use std::{collections::HashMap, error::Error, sync::Arc, time::Duration};

use serde::Deserialize;
use ventanilla_service::{
    HelpDesk, ListQuery, MessageText, NewTicket, Priority, Status, TicketNumber, Timestamp, UserId,
    settings::ManualClock,
    store::TicketStore,
    ticket::{Reference, Tag, Wait, WaitingFor},
};

use crate::about::ORDER;

/// Fills an empty store with tickets of the days before `now`, and returns their number. A store that
/// isn't empty is left as it is.
///
/// # Errors
///
/// The store's.
pub async fn seed(store: &Arc<dyn TicketStore>, now: Timestamp) -> Result<usize, Box<dyn Error>> {
    let present = store.list(&ListQuery::new().first_page()).await?;
    if !present.rows.is_empty() || !present.unreadable.is_empty() {
        return Ok(0);
    }
    let script: Script = serde_json::from_str(include_str!("seed.json"))?;
    let clock = ManualClock::new(now);
    let desk = crate::desk(Arc::clone(store))?.clock(clock.clone()).build();
    let seeder = Seeder { desk, clock, now, people: &script.people };
    let mut seeded = 0;
    for story in &script.tickets {
        seeded += seeder.open(story).await?;
    }
    Ok(seeded)
}

struct Seeder<'a> {
    desk: HelpDesk,
    clock: ManualClock,
    now: Timestamp,
    people: &'a HashMap<String, UserId>,
}

impl Seeder<'_> {
    /// Opens the tickets of a story and returns their number: a follow-up is one more.
    async fn open(&self, story: &Story) -> Result<usize, Box<dyn Error>> {
        self.clock.set(self.before(&story.ago)?);
        let customer = self.desk.customer(self.id(&story.who)?);
        let new_ticket = NewTicket::new(story.about.parse()?, MessageText::parse(&story.text)?)
            .with_references(story.order.as_deref().map(|id| Reference::new(ORDER, id)).transpose()?);
        let mut number = customer.create(new_ticket).await?.head.ticket_number;
        if story.greeted {
            let greeting =
                "¡Hola! Hemos recibido tu consulta. Una persona del equipo te responderá pronto.";
            self.desk.bot().reply(&number, greeting).await?;
        }
        let mut tickets = 1;
        for step in &story.then {
            self.clock.set(self.before(&step.ago)?);
            if step.follow_up {
                let old = customer.get(&number).await?;
                let offer = customer.follow_up_offer(&old).ok_or("no follow-up was offered")?;
                number = customer
                    .create(offer.ticket(MessageText::parse(&step.say)?))
                    .await?
                    .head
                    .ticket_number;
                tickets += 1;
            } else if step.who == story.who {
                match step.status {
                    Some(_) => customer.confirm(&number).await?,
                    None => customer.reply(&number, step.say.as_str()).await?,
                };
            } else if step.who == "bot" {
                self.assist(&number, step).await?;
            } else {
                self.work(&number, step).await?;
            }
        }
        Ok(tickets)
    }

    /// Runs a turn of the bot: a reply, a hand-over with its reason, or a draft.
    async fn assist(&self, number: &TicketNumber, step: &Step) -> Result<(), Box<dyn Error>> {
        let turn = self.desk.bot().turn(number).await?;
        match step {
            Step { hand_over, .. } if !hand_over.is_empty() => turn.hand_over(hand_over).await?,
            Step { draft, .. } if !draft.is_empty() => turn.draft(draft).await?,
            Step { say, .. } => turn.reply(say).await?,
        };
        Ok(())
    }

    /// Runs all changes of one administrator's step.
    async fn work(&self, number: &TicketNumber, step: &Step) -> Result<(), Box<dyn Error>> {
        let admin = self.desk.admin(self.id(&step.who)?);
        if step.claim {
            admin.claim(number).await?;
        }
        for tag in &step.tags {
            admin.add_tag(number, &Tag::parse(tag)?).await?;
        }
        if let Some(priority) = step.priority {
            admin.set_priority(number, priority).await?;
        }
        if !step.note.is_empty() {
            admin.add_note(number, step.note.as_str()).await?;
        }
        if let Some(party) = step.wait {
            admin.reply(number, step.say.as_str()).wait(Wait::new(party)).await?;
            return Ok(());
        }
        match (step.say.as_str(), step.status) {
            ("", None) => {}
            ("", Some(status)) => drop(admin.set_status(number, status).await?),
            (text, None) => drop(admin.reply(number, text).await?),
            (text, Some(status)) => drop(admin.reply(number, text).status(status).await?),
        }
        Ok(())
    }

    fn id(&self, who: &str) -> Result<UserId, Box<dyn Error>> {
        self.people.get(who).cloned().ok_or_else(|| format!("who is {who}?").into())
    }

    /// Returns the time before now, given as `3d` or `5h 20m`.
    fn before(&self, ago: &str) -> Result<Timestamp, Box<dyn Error>> {
        let mut minutes = 0;
        for part in ago.split_whitespace() {
            let (figure, unit) = part.split_at(part.len() - 1);
            let of = HashMap::from([("d", 24 * 60), ("h", 60), ("m", 1)]);
            minutes += figure.parse::<u64>()? * of.get(unit).ok_or("days, hours and minutes")?;
        }
        Ok(self.now.minus(Duration::from_secs(60 * minutes)))
    }
}

#[derive(Deserialize)]
struct Script {
    people: HashMap<String, UserId>,
    tickets: Vec<Story>,
}

/// A ticket's life.
#[derive(Deserialize)]
struct Story {
    ago: String,
    who: String,
    about: String,
    text: String,
    /// Number of the requester's order that the ticket is about.
    #[serde(default)]
    order: Option<String>,
    #[serde(default)]
    greeted: bool,
    #[serde(default)]
    then: Vec<Step>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Step {
    ago: String,
    who: String,
    say: String,
    note: String,
    status: Option<Status>,
    priority: Option<Priority>,
    wait: Option<WaitingFor>,
    hand_over: String,
    draft: String,
    claim: bool,
    tags: Vec<String>,
    follow_up: bool,
}
