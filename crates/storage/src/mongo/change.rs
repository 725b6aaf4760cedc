//! A plan, carried out in one guarded command.

use bson::{Document, doc};
use mongodb::{error::Error, options::ReturnDocument};
use ventanilla_domain::{Guard, Outcome, Plan, TicketNumber};

use super::{Inner, effect, expr, fault, guard, primary};
use crate::StoreError;

/// How often a command is sent that misses although its guards would pass.
const ATTEMPTS: u32 = 8;

impl Inner {
    pub(super) async fn change(
        &self,
        number: &TicketNumber,
        plan: &Plan,
    ) -> Result<Outcome, StoreError> {
        let filter = self.filter(number, plan)?;
        let pipeline = effect::pipeline(plan, self.ids)?;
        for _ in 0..ATTEMPTS {
            let unsafe_miss = match self.send(&filter, &pipeline).await {
                Ok(Some(changed)) => return self.applied(number, plan, &changed),
                Ok(None) => None,
                Err(error) if fault::is_miss(&error) => Some(error),
                Err(error) => return Err(fault::write(error, number)),
            };
            // The command missed. What the ticket is like tells why.
            let Some(document) = self.by_number(number, plan).await? else {
                return Ok(Outcome::NotFound);
            };
            let ticket = self.ids.whole(&document).map_err(|problem| unreadable(number, problem))?;
            if let Err(miss) = plan.check(&ticket.facts()) {
                return match (plan.missed(miss, &ticket), unsafe_miss) {
                    // It is there already, and may be lost again.
                    (Outcome::Repeated { .. } | Outcome::Unchanged { .. }, Some(error)) => {
                        Err(fault::write(error, number))
                    }
                    (outcome, _) => Ok(outcome),
                };
            }
        }
        // Either the ticket is fought over, or the translation and the domain disagree.
        tracing::warn!(%number, attempts = ATTEMPTS, "a change misses although the rules would pass it");
        Err(StoreError::Contention { number: number.clone(), attempts: ATTEMPTS })
    }

    fn filter(&self, number: &TicketNumber, plan: &Plan) -> Result<Document, StoreError> {
        let mut conditions = expr::readable(self.ids);
        for guard in plan.guards() {
            conditions.push(guard::condition(guard, self.ids)?);
        }
        Ok(doc! { "ticketNumber": number.as_str(), "$and": conditions })
    }

    async fn send(&self, filter: &Document, pipeline: &[Document]) -> Result<Option<Document>, Error> {
        let mut answer = expr::head();
        // Under a name of its own: the answer needs no more of the history than what was written now.
        answer.insert("recorded", doc! { "$slice": [expr::array("$history"), -2] });
        self.tickets
            .find_one_and_update(filter.clone(), pipeline.to_vec())
            .projection(answer)
            .return_document(ReturnDocument::After)
            .write_concern(self.write_concern.clone())
            .await
    }

    fn applied(
        &self,
        number: &TicketNumber,
        plan: &Plan,
        changed: &Document,
    ) -> Result<Outcome, StoreError> {
        // It was made: an answer that can't be read must not pass for a refusal.
        let unknown =
            |problem| StoreError::OutcomeUnknown { number: number.clone(), source: Box::new(problem) };
        let head = self.ids.head(changed).map_err(unknown)?;
        let version = head.version;
        let touches = plan.effects().contains(&ventanilla_domain::Effect::Touch);
        let recorded =
            if touches { self.ids.recorded(changed, version).map_err(unknown)? } else { Vec::new() };
        Ok(Outcome::Applied { head, events: plan.events(version, recorded) })
    }

    /// The ticket, unless it is somebody else's.
    async fn by_number(
        &self,
        number: &TicketNumber,
        plan: &Plan,
    ) -> Result<Option<Document>, StoreError> {
        let mut filter = doc! { "ticketNumber": number.as_str() };
        if let Some(owner @ Guard::Owner(_)) = plan.guards().first() {
            filter.extend(guard::condition(owner, self.ids)?);
        }
        self.tickets.find_one(filter).selection_criteria(primary()).await.map_err(fault::read)
    }
}

pub(super) fn unreadable(
    number: &(impl ToString + ?Sized),
    problem: impl std::error::Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::Unreadable { number: number.to_string(), source: Box::new(problem) }
}
