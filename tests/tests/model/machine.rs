//! Runs the reference and the help desk side by side.

use std::{marker::PhantomData, sync::Arc};

use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use tokio::runtime::Runtime;
use ventanilla_service::{
    attachments::AttachmentStore,
    store::TicketStore,
    ticket::{Actor, MessageRange},
};

use super::{
    answer::Answer,
    desk::Desk,
    generators::{self, Focus},
    people,
    reference::World,
    step::{Action, Guard, Read, Request, Step},
};

/// Store that holds the tickets of a run.
///
/// With one line for a store, the whole model runs over it.
pub(crate) trait Backend: 'static {
    /// Returns the runtime on which the store is used.
    fn runtime() -> Arc<Runtime>;

    /// Returns an empty store of tickets and one of files.
    fn stores() -> impl Future<Output = (Arc<dyn TicketStore>, AttachmentStore)>;
}

pub(crate) struct Reference<F>(PhantomData<F>);

impl<F: Focus> ReferenceStateMachine for Reference<F> {
    type State = World;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<World> {
        generators::worlds()
    }

    fn transitions(world: &World) -> BoxedStrategy<Step> {
        generators::steps::<F>(world)
    }

    fn preconditions(world: &World, step: &Step) -> bool {
        match &step.action {
            Action::NextPage { .. } => world.may_turn_the_page(),
            Action::Change(Request { ticket, guard, .. }) => {
                let needs_turn = matches!(guard, Guard::Turn | Guard::Unversioned);
                let has_turn = world.tickets.get(*ticket).is_some_and(|ticket| ticket.turn.is_some());
                has_turn || !needs_turn
            }
            _ => true,
        }
    }

    fn apply(mut world: World, step: &Step) -> World {
        world.take(step);
        world
    }
}

/// Agreement of the answers of a desk over this store with those of the reference.
pub(crate) struct Agreement<B, F>(PhantomData<(B, F)>);

pub(crate) struct Running {
    runtime: Arc<Runtime>,
    desk: Desk,
}

impl<B: Backend, F: Focus> StateMachineTest for Agreement<B, F> {
    type SystemUnderTest = Running;
    type Reference = Reference<F>;

    fn init_test(world: &World) -> Running {
        let runtime = B::runtime();
        let (tickets, files) = runtime.block_on(B::stores());
        let desk = Desk::new(tickets, files, &world.policy);
        Running { runtime, desk }
    }

    fn apply(mut running: Running, world: &World, step: Step) -> Running {
        let answer = running.runtime.block_on(running.desk.take(&step));
        assert_eq!(Some(answer), world.answer.clone(), "desk and model differ on {step:?}");
        let listed = matches!(step.action, Action::List { .. } | Action::NextPage { .. });
        if listed && let Some(traversal) = running.desk.traversed() {
            steady_tickets_were_visited_once(world, &traversal.visited);
        }
        running
    }

    /// Compares every ticket and the files of all with the model at the end, as the desk sees them.
    fn teardown(running: Running, world: World) {
        let by = Actor::Admin(people::person(4));
        let views = (0..=world.tickets.len()).map(|ticket| Read::View {
            ticket,
            by: by.clone(),
            window: MessageRange::All,
        });
        let file = |file| {
            let by = by.clone();
            (0..world.tickets.len()).map(move |ticket| Read::Download {
                ticket,
                by: by.clone(),
                file,
                range: None,
            })
        };
        let files = (0..world.uploads.len()).flat_map(file);
        for read in views.chain(files).chain([Read::Counts(people::person(4))]) {
            let answer: Answer = running.runtime.block_on(running.desk.read(&read));
            assert_eq!(answer, world.read(&read), "desk and model differ in the end on {read:?}");
        }
    }
}

fn steady_tickets_were_visited_once(world: &World, visited: &[usize]) {
    for (ticket, _) in world.traversal.iter().flat_map(|traversal| &traversal.steady) {
        let visits = visited.iter().filter(|visited| *visited == ticket).count();
        assert_eq!(visits, 1, "visits of ticket {ticket}, which stayed as it was");
    }
}
