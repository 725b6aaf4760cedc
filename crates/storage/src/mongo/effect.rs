//! Effects as stages of an update: each sees what the one before left.

use bson::{Bson, Document, bson, doc};
use ventanilla_domain::{Actor, Effect, EnumSet, Field, Go, Plan, Stamp, Status, When};

use super::{
    expr::{array, conversation, first_response, priority, status},
    hands::Hands,
    ids::UserIdForm,
    write::{ASSIGNEE_CHANGED, PRIORITY_CHANGED, STATUS_CHANGED, date},
};
use crate::StoreError;

/// The stages that carry a plan out.
pub(super) fn pipeline(plan: &Plan, ids: UserIdForm) -> Result<Vec<Document>, StoreError> {
    let mut stages = Stages { plan, ids, done: Vec::new(), fields: Document::new(), hands: None };
    for effect in plan.effects() {
        stages.effect(effect)?;
    }
    if let Some(hands) = stages.hands.take() {
        stages.set("sla", hands.set());
    }
    if let Some(go) = plan.go() {
        stages.go(go)?;
    }
    Ok(stages.finish())
}

struct Stages<'a> {
    plan: &'a Plan,
    ids: UserIdForm,
    done: Vec<Document>,
    /// What the stage in the making sets; each of its expressions sees the document before it.
    fields: Document,
    hands: Option<Hands>,
}

impl Stages<'_> {
    fn effect(&mut self, effect: &Effect) -> Result<(), StoreError> {
        let at = date(self.plan.at());
        match effect {
            Effect::Append(message) => {
                let message = self.ids.message(message)?;
                self.set("messages", appended(conversation(), message));
            }
            Effect::AddNote(note) => {
                let note = self.ids.note(note)?;
                self.set("notes", appended(array("$notes"), note));
            }
            Effect::Set(Field::Priority(to)) => {
                self.record(PRIORITY_CHANGED, priority(), to.as_str().into())?;
                self.set("priority", literal(to.as_str().into()));
            }
            Effect::Set(Field::Assignee(to)) => {
                let to = self.ids.optional(to.as_ref())?;
                self.record(ASSIGNEE_CHANGED, bson!({ "$ifNull": ["$assigneeId", null] }), to.clone())?;
                self.set("assigneeId", if to == Bson::Null { "$$REMOVE".into() } else { literal(to) });
            }
            Effect::Stamp(stamp, when) => {
                let kept = kept(*stamp);
                self.set(name(*stamp), choose(self.holds(*when)?, at, kept));
            }
            Effect::StampOnce(stamp, when) => {
                let once = choose(self.holds(*when)?, at, "$$REMOVE".into());
                self.set(name(*stamp), bson!({ "$ifNull": [known(*stamp), once] }));
            }
            Effect::Clear(stamp, when) => {
                self.set(name(*stamp), choose(self.holds(*when)?, "$$REMOVE".into(), kept(*stamp)));
            }
            Effect::Clock(step, clocks, when) => {
                let when = match when {
                    When::Always => None,
                    When::Moves | When::NotRequester => Some(self.holds(*when)?),
                };
                let by = match self.plan.by() {
                    Actor::Admin(id) => Some(literal(self.ids.write(id)?)),
                    Actor::Customer(_) | Actor::Bot | Actor::System => None,
                };
                if let Some(now) = self.plan.reading() {
                    let hands = self.hands.get_or_insert_with(|| Hands::new(at, now, by));
                    clocks.iter().for_each(|metric| hands.step(*step, metric, when.clone()));
                }
            }
            Effect::Touch => {
                self.set("updatedAt", bson!({ "$max": ["$updatedAt", at] }));
                self.set("version", next_version());
            }
        }
        Ok(())
    }

    /// The move of the status, in a stage after everything that looked at the old one.
    fn go(&mut self, go: Go) -> Result<(), StoreError> {
        self.flush_if(|fields| fields.contains_key("history"));
        let moves = moves(go.from);
        let event = self.event(STATUS_CHANGED, status(), go.to.as_str().into())?;
        let longer = self.longer_history(event);
        self.set("history", choose(moves.clone(), longer, array("$history")));
        self.set("status", choose(moves, literal(go.to.as_str().into()), "$status".into()));
        Ok(())
    }

    /// Writes a change of a field to the history.
    fn record(&mut self, name: &str, from: Bson, to: Bson) -> Result<(), StoreError> {
        let event = self.event(name, from, to)?;
        let longer = self.longer_history(event);
        self.set("history", longer);
        Ok(())
    }

    fn event(&self, name: &str, from: Bson, to: Bson) -> Result<Document, StoreError> {
        let by = self.ids.actor(self.plan.by())?;
        Ok(doc! {
            "at": date(self.plan.at()),
            "by": literal(by.into()),
            "event": literal(name.into()),
            "from": from,
            "to": literal(to),
        })
    }

    /// The history with one more event, and without the oldest above the limit. The version tells
    /// afterwards which events a command wrote.
    fn longer_history(&self, mut event: Document) -> Bson {
        let grown = self
            .done
            .iter()
            .any(|stage| stage.get_document("$set").is_ok_and(|set| set.contains_key("version")));
        event.insert("version", if grown { "$version".into() } else { next_version() });
        let all = bson!({ "$concatArrays": [array("$history"), [event]] });
        bson!({ "$slice": [all, -i64::from(self.plan.history_limit())] })
    }

    fn holds(&self, when: When) -> Result<Bson, StoreError> {
        Ok(match when {
            When::Always => true.into(),
            When::Moves => moves(self.plan.go().map_or_else(EnumSet::empty, |go| go.from)),
            When::NotRequester => {
                let by = self.ids.optional(self.plan.by().user())?;
                bson!({ "$ne": ["$userId", literal(by)] })
            }
        })
    }

    /// Sets a field once more, in a stage of its own if this one has set it already.
    fn set(&mut self, field: &str, expression: Bson) {
        self.flush_if(|fields| fields.contains_key(field));
        self.fields.insert(field, expression);
    }

    fn flush_if(&mut self, condition: impl FnOnce(&Document) -> bool) {
        if condition(&self.fields) {
            self.done.push(doc! { "$set": std::mem::take(&mut self.fields) });
        }
    }

    fn finish(mut self) -> Vec<Document> {
        self.flush_if(|fields| !fields.is_empty());
        self.done
    }
}

fn name(stamp: Stamp) -> &'static str {
    match stamp {
        Stamp::FirstResponse => "firstResponseAt",
        Stamp::Resolved => "resolvedAt",
        Stamp::Closed => "closedAt",
    }
}

/// What a stamp says, read as the domain reads it: a live ticket was never resolved, and only a
/// closed one was closed.
fn known(stamp: Stamp) -> Bson {
    let within = |set: EnumSet<Status>, field: &str| choose(moves(set), field.into(), Bson::Null);
    match stamp {
        Stamp::FirstResponse => first_response(),
        Stamp::Resolved => within(Status::Resolved | Status::Closed, "$resolvedAt"),
        Stamp::Closed => within(Status::Closed.into(), "$closedAt"),
    }
}

/// A stamp as it is, without a null.
fn kept(stamp: Stamp) -> Bson {
    bson!({ "$ifNull": [format!("${}", name(stamp)), "$$REMOVE"] })
}

fn moves(from: EnumSet<Status>) -> Bson {
    let words: Vec<&str> = from.iter().map(Status::as_str).collect();
    bson!({ "$in": [status(), words] })
}

fn next_version() -> Bson {
    bson!({ "$toLong": { "$add": [{ "$ifNull": ["$version", 0] }, 1] } })
}

fn appended(list: Bson, item: Bson) -> Bson {
    bson!({ "$concatArrays": [list, [literal(item)]] })
}

/// Keeps the server from reading a text as an expression.
fn literal(value: Bson) -> Bson {
    bson!({ "$literal": value })
}

fn choose(condition: Bson, yes: Bson, no: Bson) -> Bson {
    bson!({ "$cond": [condition, yes, no] })
}
