//! Context of a page.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Mutex, PoisonError},
};

use ventanilla_domain::{Policy, Timestamp, UserId};

use super::{FileInput, LocalTime, Person, PersonDirectory, PersonRef, PersonView, SlaContext, Viewer};

/// People by the ids that a directory was asked for; `None` for those that it doesn't know.
type AskedPeople = HashMap<UserId, Option<Person>>;

/// Everything that a page depends on besides the ticket.
#[derive(Clone, Copy)]
pub(crate) struct PageContext<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) now: Timestamp,
    pub(crate) viewer: Viewer,
    keeps_files: bool,
    people: &'a AskedPeople,
}

impl PageContext<'_> {
    pub(crate) fn time(&self, instant: Timestamp) -> LocalTime {
        LocalTime::new(instant, self.viewer)
    }

    /// Returns a person, named `unknown` if the directory doesn't know them.
    pub(crate) fn person(&self, id: Option<&UserId>, unknown: &str) -> PersonView {
        PersonView::new(id.and_then(|id| self.known(id)), unknown)
    }

    /// Returns a person with their id, named `unknown` if the directory doesn't know them.
    pub(crate) fn person_ref(&self, id: &UserId, unknown: &str) -> PersonRef {
        PersonRef::new(id, self.known(id), unknown)
    }

    fn known(&self, id: &UserId) -> Option<Person> {
        let asked = self.people.get(id);
        debug_assert!(asked.is_some(), "a page has a person for whom the directory wasn't asked");
        asked.cloned().flatten()
    }

    /// Returns the input for files, if the desk keeps them.
    pub(crate) fn file_input(&self) -> Option<FileInput> {
        FileInput::new(self.keeps_files, self.policy, self.viewer)
    }

    /// Returns the SLA policy at this time, if the desk has one.
    pub(crate) fn sla(&self) -> Option<SlaContext<'_>> {
        self.policy.sla.as_ref().map(|sla| SlaContext { sla, now: self.now, viewer: self.viewer })
    }
}

/// Source of the page contexts of one viewer. It remembers the people that it has asked for.
pub(crate) struct PageSource<'a> {
    policy: &'a Policy,
    now: Timestamp,
    pub(crate) viewer: Viewer,
    keeps_files: bool,
    directory: &'a dyn PersonDirectory,
    asked: Mutex<AskedPeople>,
}

impl<'a> PageSource<'a> {
    pub(crate) fn new(
        policy: &'a Policy,
        now: Timestamp,
        viewer: Viewer,
        keeps_files: bool,
        directory: &'a dyn PersonDirectory,
    ) -> Self {
        Self { policy, now, viewer, keeps_files, directory, asked: Mutex::default() }
    }

    /// Builds a page with these people on it. The directory is asked once for those that it wasn't asked for
    /// before, if there are any.
    pub(crate) async fn build<T>(
        &self,
        ids: BTreeSet<&UserId>,
        build: impl FnOnce(&PageContext<'_>) -> T,
    ) -> T {
        let unasked: Vec<UserId> = self.with_asked(|asked| {
            ids.into_iter().filter(|id| !asked.contains_key(*id)).cloned().collect()
        });
        if !unasked.is_empty() {
            let mut found = self.directory.people(&unasked).await;
            self.with_asked(|asked| {
                asked.extend(unasked.into_iter().map(|id| {
                    let person = found.remove(&id);
                    (id, person)
                }));
            });
        }
        let Self { policy, now, viewer, keeps_files, .. } = *self;
        self.with_asked(|people| build(&PageContext { policy, now, viewer, keeps_files, people }))
    }

    /// Returns the input for files, if the desk keeps them.
    pub(crate) fn file_input(&self) -> Option<FileInput> {
        FileInput::new(self.keeps_files, self.policy, self.viewer)
    }

    fn with_asked<T>(&self, f: impl FnOnce(&mut AskedPeople) -> T) -> T {
        f(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for PageSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageSource")
            .field("now", &self.now)
            .field("viewer", &self.viewer)
            .finish_non_exhaustive()
    }
}
