//! Pages of lists, each in one command that examines few more keys than it returns.

use std::sync::Arc;

use bson::{Document, RawDocument, RawDocumentBuf, doc, oid::ObjectId};
use futures::TryStreamExt;
use mongodb::{
    action::{Action, Aggregate, Find},
    options::Hint,
};
use ventanilla_domain::{BusinessTime, EnumSet, Priority, Status, TicketSummary};

use super::{
    Inner,
    decode::{DecodeError, read_text, read_whole, required},
    encode::date,
    expr,
    ids::UserIdEncoding,
    index,
    timers::business_time,
};
use crate::{
    AssigneeFilter, Counted, Direction, DueFilter, ListQuery, Page, PageQuery, PageSize, Position, Sort,
    StoreError, WaitingFilter,
};

impl Inner {
    pub(super) async fn list(
        self: &Arc<Self>,
        page: &PageQuery,
    ) -> Result<Page<TicketSummary>, StoreError> {
        let query = page.query();
        let has_place = |row: &RawDocumentBuf| place(row, query.sort()).is_some();
        let mut found = self.rows(page, Unplaced::Unexpected).await?;
        if !found.iter().all(has_place) {
            found = self.rows(page, Unplaced::Excluded).await?;
        }
        let more = found.len() > query.page_size();
        found.truncate(query.page_size());
        let last = found.last().filter(|_| more).and_then(|row| place(row, query.sort()));
        let next = last.map(|last| page.cursor_after(&last));
        let (mut rows, mut unreadable) = (Vec::with_capacity(found.len()), Vec::new());
        for document in &found {
            match self.ids.summary(document) {
                Ok(row) => rows.push(row),
                Err(problem) => unreadable.push(problem.to_unreadable(document)),
            }
        }
        Ok(Page { rows, next, unreadable })
    }

    /// Counts the documents of a list, in the order of the index that the list reads.
    pub(super) async fn count(
        self: &Arc<Self>,
        list: &PageQuery,
        up_to: u32,
    ) -> Result<Counted, StoreError> {
        let counted = self.counted(list, up_to, Unplaced::Unexpected).await?;
        let found = match counted {
            // As a list does, it leaves out what has no position.
            Tally { all, placed } if placed < all => {
                self.counted(list, up_to, Unplaced::Excluded).await?.all
            }
            Tally { all, .. } => all,
        };
        Ok(Counted::new(found, up_to))
    }

    async fn counted(
        self: &Arc<Self>,
        list: &PageQuery,
        up_to: u32,
        unplaced: Unplaced,
    ) -> Result<Tally, StoreError> {
        let query = list.query();
        let list = list.clone().at_start();
        let is = |field: &str, types: &[&str]| doc! { "$in": [{ "$type": field }, types] };
        let (matching, order, key, hint) = match query.sort() {
            Sort::Due => {
                let by_due = doc! { "sla.due": 1, "_id": 1 };
                let key = is("$sla.due", &["int", "long"]);
                (self.by_due_time(&list, unplaced)?, by_due, key, due_hint(query))
            }
            // All orders by creation have the same tickets.
            Sort::Created(_) | Sort::UrgentFirst(_) | Sort::LowFirst(_) => {
                let (all, newest) = (query.priorities(), Direction::NewestFirst);
                let matching = self.matching(&list, all, newest, None, unplaced)?;
                (matching, by_creation(newest), is("$createdAt", &["date"]), creation_hint(query))
            }
        };
        let is_placed = doc! { "$and": [key, is("$_id", &["objectId"])] };
        let stages = [
            doc! { "$match": matching },
            doc! { "$sort": order },
            doc! { "$limit": i64::from(up_to) + 1 },
            doc! { "$group": {
                "_id": null,
                "all": { "$sum": 1_i64 },
                "placed": { "$sum": { "$cond": [is_placed, 1_i64, 0_i64] } },
            } },
        ];
        let tickets = self.tickets.clone();
        let counted: Option<RawDocumentBuf> = self
            .read(self.deadline(), async move {
                let counted = tickets.aggregate(stages).optional(hint, Aggregate::hint);
                counted.with_type::<RawDocumentBuf>().await?.try_next().await
            })
            .await?;
        let number = |name: &str| {
            let number = counted.as_ref().and_then(|counted| counted.get_i64(name).ok());
            number.unwrap_or_default().unsigned_abs()
        };
        Ok(Tally { all: number("all"), placed: number("placed") })
    }

    async fn rows(
        self: &Arc<Self>,
        page: &PageQuery,
        unplaced: Unplaced,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let query = page.query();
        match query.sort() {
            Sort::Created(direction) => {
                let all = query.priorities();
                let matching = self.matching(page, all, direction, page.position(), unplaced)?;
                self.find(page, matching, by_creation(direction), creation_hint(query)).await
            }
            Sort::UrgentFirst(direction) | Sort::LowFirst(direction) => {
                self.by_priority(page, direction, unplaced).await
            }
            Sort::Due => {
                let by_due = doc! { "sla.due": 1, "_id": 1 };
                self.find(page, self.by_due_time(page, unplaced)?, by_due, due_hint(query)).await
            }
        }
    }

    /// Returns the documents of a page in the order of an index, in one batch.
    async fn find(
        self: &Arc<Self>,
        page: &PageQuery,
        matching: Document,
        order: Document,
        hint: Option<Hint>,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let (tickets, limit, row) = (self.tickets.clone(), limit(page.query()), row(page));
        self.read(self.deadline(), async move {
            let found = tickets.find(matching).sort(order).limit(limit).projection(row);
            found.batch_size(PART).optional(hint, Find::hint).await?.try_collect().await
        })
        .await
    }

    /// Returns the documents of a page in order of priority: one command fetches a full page of each
    /// priority. A stored rank would do with less, but another application would leave it stale.
    async fn by_priority(
        self: &Arc<Self>,
        page: &PageQuery,
        direction: Direction,
        unplaced: Unplaced,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let (query, after) = (page.query(), page.position());
        let order = query.priorities_in_order();
        let left = order
            .iter()
            .enumerate()
            .skip_while(|(_, priority)| after.is_some_and(|last| last.priority != **priority));
        let mut stages = Vec::new();
        for (rank, &priority) in left {
            let after = after.filter(|last| last.priority == priority);
            let mut matching = self.matching(page, priority.into(), direction, after, unplaced)?;
            matching.extend(in_none_of(order[..rank].iter().copied().collect()));
            let branch = vec![
                doc! { "$match": matching },
                doc! { "$sort": by_creation(direction) },
                doc! { "$limit": limit(query) },
                doc! { "$project": row(page) },
                doc! { "$set": { "rank": rank as i32, "ranked": priority.as_str() } },
            ];
            if stages.is_empty() {
                stages = branch;
            } else {
                stages.push(doc! { "$unionWith": { "coll": self.tickets.name(), "pipeline": branch } });
            }
        }
        if stages.is_empty() {
            return Ok(Vec::new());
        }
        let step = step(direction);
        stages.push(doc! { "$sort": { "rank": 1, "createdAt": step, "_id": step } });
        stages.push(doc! { "$limit": limit(query) });
        let tickets = self.tickets.clone();
        self.read(self.deadline(), async move {
            let rows = tickets.aggregate(stages).batch_size(PART).with_type::<RawDocumentBuf>();
            rows.await?.try_collect().await
        })
        .await
    }

    /// Returns the condition of a list by due time, for a scan of the index of due times.
    fn by_due_time(&self, page: &PageQuery, unplaced: Unplaced) -> Result<Document, StoreError> {
        let query = page.query();
        let mut matching = self.filtered(query, query.priorities())?;
        let mut conditions =
            vec![due_conditions(query.due(), page.as_of()), doc! { "createdAt": creation(query) }];
        conditions.extend(desk_conditions(page));
        conditions.extend(unplaced.conditions());
        if unplaced == Unplaced::Excluded {
            conditions.push(doc! { "$expr": { "$in": [{ "$type": "$sla.due" }, ["int", "long"]] } });
        }
        if let Some(last) = page.position() {
            let (due, id) = (bson::Bson::Int64(last.key), ObjectId::from_bytes(last.tiebreaker));
            conditions.push(doc! { "sla.due": { "$gte": due.clone() } });
            conditions.push(doc! { "$nor": [{ "sla.due": due, "_id": { "$lte": id } }] });
        }
        matching.insert("$and", conditions);
        Ok(matching)
    }

    /// Returns the condition of the filters by status, priority, category, requester and assignee.
    fn filtered(
        &self,
        query: &ListQuery,
        priorities: EnumSet<Priority>,
    ) -> Result<Document, StoreError> {
        let mut matching = doc! {
            // Both are always present, so that the ranges of the index are merged in order without a sort.
            "status": { "$in": expr::statuses(query.listed_statuses()) },
            "priority": { "$in": expr::priorities(priorities) },
        };
        if let Some(category) = query.category() {
            matching.insert("category", category.as_str());
        }
        // Only items of a list are labels, and none of their fields is a list. The planner uses the partial
        // indexes only if their condition is repeated.
        if let Some(tag) = query.tag() {
            let tag = doc! { "$eq": tag.as_str() };
            matching.insert("tags", doc! { "$exists": true, "$elemMatch": tag });
        }
        if let Some(about) = query.about() {
            let is = |text: &str| doc! { "$eq": text, "$not": { "$type": "array" } };
            let about = doc! { "id": is(about.id()), "kind": is(about.kind()) };
            matching.insert("about", doc! { "$exists": true, "$elemMatch": about });
        }
        if let Some(requester) = query.requester() {
            matching.insert("userId", self.ids.write(requester)?);
        }
        match query.assignee() {
            Some(AssigneeFilter::To(admin)) => matching.insert("assigneeId", self.ids.write(admin)?),
            Some(AssigneeFilter::Unassigned) => matching.insert("assigneeId", bson::Bson::Null),
            None => None,
        };
        Ok(matching)
    }

    fn matching(
        &self,
        page: &PageQuery,
        priorities: EnumSet<Priority>,
        direction: Direction,
        after: Option<&Position>,
        unplaced: Unplaced,
    ) -> Result<Document, StoreError> {
        let query = page.query();
        let mut matching = self.filtered(query, priorities)?;
        let mut conditions = vec![doc! { "createdAt": creation(query) }];
        conditions.extend(query.due().map(|filter| due_conditions(Some(filter), page.as_of())));
        conditions.extend(desk_conditions(page));
        conditions.extend(unplaced.conditions());
        if is_of_requester(query) {
            // The condition of the partial index.
            conditions.push(doc! { "_id": { "$exists": true } });
        }
        if let Some(last) = after {
            // A bound of the index, without the rows of its millisecond that were seen. For an `$or`
            // the planner would scan two ranges and sort the result.
            let (up_to, seen) = match direction {
                Direction::NewestFirst => ("$lte", "$gte"),
                Direction::OldestFirst => ("$gte", "$lte"),
            };
            let at: bson::Bson = bson::DateTime::from_millis(last.key).into();
            let id = ObjectId::from_bytes(last.tiebreaker);
            conditions.push(doc! { "createdAt": { up_to: at.clone() } });
            conditions.push(doc! { "$nor": [{ "createdAt": at, "_id": { seen: id } }] });
        }
        matching.insert("$and", conditions);
        Ok(matching)
    }
}

/// Returns the conditions of the filters by wait and by hand-over.
fn desk_conditions(page: &PageQuery) -> impl Iterator<Item = Document> {
    let query = page.query();
    let waiting = query.waiting().map(|filter| match filter {
        WaitingFilter::Waiting => expr::is_waiting(page.now()),
        WaitingFilter::NotWaiting => {
            let mut waiting = doc! { "status": Status::InProgress.as_str() };
            waiting.extend(expr::is_waiting(page.now()));
            doc! { "$nor": [waiting] }
        }
    });
    let handed_over = query.is_handed_over().then(|| doc! { "handoffAt": expr::any_time() });
    waiting.into_iter().chain(handed_over)
}

/// Returns the condition that excludes a list of priorities reported before. A ticket with such a list
/// is unreadable, and is reported with the first of its priorities.
fn in_none_of(earlier: EnumSet<Priority>) -> Document {
    let found = doc! { "$setIntersection": ["$priority", expr::priorities(earlier)] };
    doc! { "$expr": { "$cond": [{ "$isArray": "$priority" }, { "$eq": [found, []] }, true] } }
}

/// Treatment of documents whose time or `_id` has another type. They have no position in the order of a
/// list, so no walk could continue after them.
#[derive(Clone, Copy, PartialEq)]
enum Unplaced {
    /// They are not expected: excluding them takes the server an eighth of the time, and few collections
    /// have any.
    Unexpected,
    /// They are excluded, after one was found.
    Excluded,
}

impl Unplaced {
    fn conditions(self) -> Vec<Document> {
        match self {
            Self::Unexpected => Vec::new(),
            Self::Excluded => vec![
                doc! { "createdAt": { "$not": { "$type": "array" } } },
                // A `$type` condition would become a bound of the index and examine a key more for each row.
                doc! { "$expr": { "$eq": [{ "$type": "$_id" }, "objectId"] } },
            ],
        }
    }
}

/// Number of documents, and of those that have a position in the order of their list.
struct Tally {
    all: u64,
    placed: u64,
}

/// Returns the condition on the time of creation.
fn creation(query: &ListQuery) -> Document {
    let (from, before) = query.created();
    let mut created = expr::any_time();
    if let Some(from) = from {
        created.insert("$gte", date(from));
    }
    if let Some(before) = before {
        created.remove("$lte");
        created.insert("$lt", date(before));
    }
    created
}

/// Returns the condition on the timers of live tickets that pass a filter; without a filter that they
/// have a due time.
pub(super) fn due_conditions(filter: Option<DueFilter>, now: BusinessTime) -> Document {
    let now = business_time(now);
    match filter {
        None => doc! { "sla.due": { "$gte": i64::MIN } },
        Some(DueFilter::Overdue) => doc! { "sla.due": { "$lt": now } },
        Some(DueFilter::AtRisk) => {
            doc! { "sla.due": { "$gte": now.clone() }, "sla.risk": { "$lte": now } }
        }
    }
}

impl UserIdEncoding {
    fn summary(self, document: &RawDocument) -> Result<TicketSummary, DecodeError> {
        let head = self.decode_head(document)?;
        let description = required(document, "description", read_text)?;
        Ok(TicketSummary::new(head, &description))
    }
}

/// Returns the projection of a row. It has stored fields only: deriving one from the conversation would
/// take as long as all the rest.
fn row(page: &PageQuery) -> Document {
    let mut fields = expr::stored_head();
    // The cursor of a list by due time needs the timers.
    if page.is_for_requester() && page.query().sort() != Sort::Due {
        expr::remove_desk_fields(&mut fields);
    }
    fields.insert("description", 1);
    fields
}

/// Returns true for a list of all tickets of a requester by creation, which has an index of its own.
fn is_of_requester(query: &ListQuery) -> bool {
    matches!(query.sort(), Sort::Created(_))
        && query.requester().is_some()
        && query.listed_statuses() == EnumSet::all()
        && query.priorities() == EnumSet::all()
        && !has_selective_filter(query)
}

/// Returns the index hint of a list by creation.
fn creation_hint(query: &ListQuery) -> Option<Hint> {
    is_of_requester(query).then(|| Hint::Name(index::REQUESTER.into()))
}

/// Returns the index hint of a list by due time. With a filter that few tickets pass the planner chooses:
/// sorting the tickets of one requester may be faster.
fn due_hint(query: &ListQuery) -> Option<Hint> {
    (query.requester().is_none() && !has_selective_filter(query)).then(|| Hint::Name(index::DUE.into()))
}

/// Returns true if a filter other than that by requester may let few tickets pass.
fn has_selective_filter(query: &ListQuery) -> bool {
    matches!(query.assignee(), Some(AssigneeFilter::To(_)))
        || query.category().is_some()
        || query.about().is_some()
        || query.tag().is_some()
        || query.waiting() == Some(WaitingFilter::Waiting)
        || query.is_handed_over()
}

fn place(row: &RawDocument, order: Sort) -> Option<Position> {
    let key = match order {
        Sort::Due => read_whole(row.get_document("sla").ok()?.get("due").ok()??).ok()?,
        _ => row.get_datetime("createdAt").ok()?.timestamp_millis(),
    };
    let priority = row.get_str("ranked").map_or(Ok(Priority::default()), str::parse);
    Some(Position { key, priority: priority.ok()?, tiebreaker: row.get_object_id("_id").ok()?.bytes() })
}

/// Batch size, so that the server sends the largest page in one batch.
const PART: u32 = PageSize::MAX + 2;

fn by_creation(direction: Direction) -> Document {
    doc! { "createdAt": step(direction), "_id": step(direction) }
}

/// Returns the number of rows to fetch: one more than the page has tells whether another page follows.
fn limit(query: &ListQuery) -> i64 {
    query.page_size() as i64 + 1
}

const fn step(direction: Direction) -> i32 {
    match direction {
        Direction::NewestFirst => -1,
        Direction::OldestFirst => 1,
    }
}
