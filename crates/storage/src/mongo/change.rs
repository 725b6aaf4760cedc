//! A plan, carried out in one guarded command.

use bson::{Document, doc};
use mongodb::options::ReturnDocument;
use ventanilla_domain::{Outcome, Plan, TicketNumber};

use super::{Inner, effect, expr, fault, guard};
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
            if let Some(changed) = self.send(number, &filter, &pipeline).await? {
                return self.applied(number, plan, &changed);
            }
            // The command missed. What the ticket is like tells why.
            let Some(document) = self.by_number(number).await? else {
                return Ok(Outcome::NotFound);
            };
            let ticket = self.ids.whole(&document).map_err(|problem| unreadable(number, problem))?;
            if let Err(miss) = plan.check(&ticket.facts()) {
                return Ok(plan.missed(miss, &ticket));
            }
        }
        Err(StoreError::Contention { number: number.clone(), attempts: ATTEMPTS })
    }

    fn filter(&self, number: &TicketNumber, plan: &Plan) -> Result<Document, StoreError> {
        let mut conditions = expr::readable(self.ids);
        for guard in plan.guards() {
            conditions.push(guard::condition(guard, self.ids)?);
        }
        Ok(doc! { "ticketNumber": number.as_str(), "$and": conditions })
    }

    async fn send(
        &self,
        number: &TicketNumber,
        filter: &Document,
        pipeline: &[Document],
    ) -> Result<Option<Document>, StoreError> {
        let mut answer = expr::head();
        answer.insert("history", doc! { "$slice": [expr::array("$history"), -2] });
        let command = self
            .tickets
            .find_one_and_update(filter.clone(), pipeline.to_vec())
            .projection(answer)
            .return_document(ReturnDocument::After)
            .write_concern(self.write_concern.clone());
        command.await.map_err(|error| fault::write(error, number))
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
        let touches = plan.effects().contains(&ventanilla_domain::Effect::Touch);
        let recorded = if touches {
            self.ids.recorded(changed, head.version).map_err(unknown)?
        } else {
            Vec::new()
        };
        Ok(Outcome::Applied { head, events: plan.events(recorded) })
    }

    async fn by_number(&self, number: &TicketNumber) -> Result<Option<Document>, StoreError> {
        self.tickets.find_one(doc! { "ticketNumber": number.as_str() }).await.map_err(fault::read)
    }
}

pub(super) fn unreadable(
    number: &(impl ToString + ?Sized),
    problem: impl std::error::Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::Unreadable { number: number.to_string(), source: Box::new(problem) }
}
