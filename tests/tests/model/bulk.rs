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
        // Then no ticket is looked for, and another spelling of a number is another number.
        let no_ticket_takes_it = self.refuses_files_of(&bulk.what).is_some();
        let (mut met, mut each) = (Vec::new(), Vec::new());
        for (asked, (ticket, hand)) in bulk.tickets.iter().enumerate() {
            let number = (*ticket, if no_ticket_takes_it { spelling(*hand) } else { 0 });
            if met.contains(&number) && !matches!(hand, Hand::Blank) {
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
                met.push(number);
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

/// Returns one value for all spellings of a number that need no search.
fn spelling(hand: Hand) -> u8 {
    match hand {
        Hand::Exact | Hand::Hash => 0,
        Hand::Lower => 1,
        Hand::NoPrefix => 2,
        Hand::Letters => 3,
        Hand::Blank => 4,
    }
}
