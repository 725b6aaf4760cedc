//! Bulk changes of the reference: one ticket after the other.

use ventanilla_service::{Status, ticket::Actor};

use super::{
    answer::Answer,
    reference::World,
    step::{Bulk, Guard, Hand, Request, What},
};

impl World {
    pub(crate) fn change_each(&mut self, bulk: &Bulk) -> Answer {
        let by = Actor::Admin(bulk.by.clone());
        if let Some(missing) = bulk.what.files().and_then(|files| self.look_up(&by, files)) {
            return missing;
        }
        let (mut met, mut each) = (Vec::new(), Vec::new());
        for (asked, (ticket, hand)) in bulk.tickets.iter().enumerate() {
            if met.contains(ticket) && !matches!(hand, Hand::Blank) {
                continue;
            }
            let answer = match hand {
                Hand::Blank => Answer::Invalid("number_blank"),
                _ => self.change(&Request {
                    ticket: *ticket,
                    by: by.clone(),
                    what: bulk.what.clone(),
                    guard: bulk.expecting.map_or(Guard::Nothing, Guard::Version),
                }),
            };
            // A number that may be mistyped is looked for before the files.
            let answer = match answer {
                Answer::FileNotFound(_) if *ticket >= self.tickets.len() => self.not_found(*ticket),
                answer => answer,
            };
            if !matches!(answer, Answer::NotFound(_) | Answer::Invalid(_)) {
                met.push(*ticket);
            }
            each.push((asked, answer));
        }
        Answer::Each(each)
    }

    /// Closes all resolved tickets, in batches of any size.
    pub(crate) fn close_resolved(&mut self, batch: u32) -> Answer {
        let mut closed = Vec::new();
        for ticket in 0..self.tickets.len() {
            let by = Actor::System;
            let what = What::Status(Status::Closed);
            if batch > 0 && self.tickets[ticket].head.status == Status::Resolved {
                let answer = self.change(&Request { ticket, by, what, guard: Guard::Nothing });
                closed.extend(matches!(answer, Answer::Done { .. }).then_some(answer));
            }
        }
        let batches = closed.len().checked_div(batch as usize).map_or(1, |full| full + 1);
        Answer::Closed { closed, batches }
    }
}
