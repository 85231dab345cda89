//! What 1010 brings is taken over step by step, in any order, while the till writes on. Whoever reads in between sees
//! what was written last, finds the customer by every number that he was ever shown, and finds him once.

use std::sync::atomic::{AtomicUsize, Ordering};

use csu::{
    channel::writer::CustomersChunk,
    domain::{
        base::Base,
        field::CustomerField,
        id::CustomerId,
        outcome::{Outcome, OutcomeStatus},
        revision::Counter,
    },
    proto::channel::{Customer, SyncState},
};
use futures::{StreamExt as _, stream};

use super::{add_address, by_name, by_number, by_phone, found_once, guid, numbered, rename};
use crate::harness::{
    Engine, World,
    requests::{create, phone},
};

crate::on_both_engines!(no_order_of_steps_shows_anything_older);

/// Customers that are under way at once, so that their steps come between each other.
const AT_ONCE: usize = 8;

/// What happens to a customer who was created and edited once in the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The till edits him again.
    Edit,
    /// He comes as headquarters had him after his create,
    Created,
    /// after the first edit and another store's change of the last name,
    Edited,
    /// and after the second edit.
    EditedAgain,
    /// Outcomes of the create and the first edit.
    Outcomes,
    /// Outcome of the second edit.
    LastOutcome,
}

use Step::{Created, Edit, Edited, EditedAgain, LastOutcome, Outcomes};

/// Each brings his number.
const BASES: &[Step] = &[Created, Edited, EditedAgain];

/// One customer on the way.
struct Journey<'a> {
    world: &'a World,
    name: String,
    number: String,
    phone: String,
    /// Of the create; that of each edit is looked up.
    counters: Vec<i64>,
    /// As the till saw him after his create and first edit.
    captured: Base,
    seen: Seen,
    /// Begins elsewhere for each, so that every search meets every step.
    looks: usize,
}

/// What nobody may see undone.
#[derive(Debug, Default)]
struct Seen {
    taken: Vec<Step>,
    /// The other store's last name was shown.
    last_name: bool,
}

impl Seen {
    fn any(&self, steps: &[Step]) -> bool {
        self.taken.iter().any(|step| steps.contains(step))
    }
}

async fn no_order_of_steps_shows_anything_older(engine: Engine) {
    let world = World::new(engine).await;
    let orders = orders(&[Edit, Created, Edited, EditedAgain, Outcomes, LastOutcome]);
    // Headquarters can't know the second edit before it is written.
    let possible = |order: &Vec<Step>| {
        let at = |step| order.iter().position(|it| *it == step);
        at(Edit) < at(EditedAgain) && at(Edit) < at(LastOutcome)
    };
    let orders: Vec<_> = orders.into_iter().filter(possible).collect();
    assert_eq!(orders.len(), 240);
    let done = AtomicUsize::new(0);
    stream::iter(orders.iter().enumerate())
        .for_each_concurrent(AT_ONCE, async |(number, order)| {
            let mut journey = Journey::begin(&world, number).await;
            journey.look("at the beginning").await;
            for step in order {
                journey.take(*step).await;
                journey.look(&format!("{order:?} at {step:?}")).await;
            }
            journey.end(order).await;
            done.fetch_add(1, Ordering::Relaxed);
        })
        .await;
    assert_eq!(done.into_inner(), orders.len());
    world.close().await;
}

impl<'a> Journey<'a> {
    async fn begin(world: &'a World, number: usize) -> Self {
        let unit = world.replica();
        let phone_number = format!("+1425555{number:04}");
        let mut request = create();
        let new = request.customer.as_mut().expect("a customer");
        new.contacts = vec![phone(&phone_number)];
        // Nobody else has it, so that a search for all of his names finds him alone.
        new.middle_name = format!("J{number:04}");
        let name = unit.created(request).await.name;
        unit.update(rename(&name, "Maria")).await.expect("edited");
        let id = CustomerId::from_resource_name(&name).expect("a name");
        let store = &world.replica().serving.unit.store;
        let known = store.customers(&[id]).await.expect("a read").pop().expect("the customer");
        let mut journey = Self {
            world,
            name,
            number: format!("C-{number:07}"),
            phone: phone_number,
            counters: Vec::new(),
            captured: Base { customer: known.customer, version: 0 },
            seen: Seen::default(),
            looks: number,
        };
        journey.count().await;
        journey
    }

    /// Looks which counters the customer's revisions have.
    async fn count(&mut self) {
        let id = self.world.database.id(self.captured.customer.id.0);
        let query = format!("SELECT CAST(counter AS text) FROM revision WHERE customer_id = {id}");
        let counters = self.world.database.texts(&query).await;
        self.counters = counters.iter().map(|it| it.parse().expect("a number")).collect();
        self.counters.sort_unstable();
    }

    async fn take(&mut self, step: Step) {
        let unit = self.world.replica();
        let chunk = match step {
            Edit => {
                unit.update(rename(&self.name, "Giulia")).await.expect("edited");
                unit.add_address(add_address(&self.name, "2 Pine Street")).await.expect("added");
                self.seen.taken.push(step);
                self.count().await;
                return;
            }
            Created => self.base(5, "Karen", "Berg"),
            Edited => self.base(8, "Maria", "Roth"),
            EditedAgain => {
                let mut chunk = self.base(10, "Giulia", "Roth");
                let id = self.captured.customer.id;
                let store = &self.world.replica().serving.unit.store;
                let known =
                    store.customers(&[id]).await.expect("a read").pop().expect("he is here");
                chunk.bases[0].customer.addresses = known.customer.addresses;
                chunk
            }
            Outcomes => self.outcomes(&[(0, 5), (1, 7)]).await,
            LastOutcome => self.outcomes(&[(2, 9), (3, 10)]).await,
        };
        self.seen.taken.push(step);
        unit.serving.unit.writer.apply_customers(chunk, None).await.expect("applied");
    }

    fn base(&self, version: i64, first_name: &str, last_name: &str) -> CustomersChunk {
        let mut base = Base { version, ..self.captured.clone() };
        base.customer.account_number = Some(self.number.clone());
        base.customer.fields.set(CustomerField::FirstName, first_name);
        base.customer.fields.set(CustomerField::LastName, last_name);
        CustomersChunk { bases: vec![base], ..CustomersChunk::default() }
    }

    async fn outcomes(&self, revisions: &[(usize, i64)]) -> CustomersChunk {
        let store = &self.world.replica().serving.unit.store;
        let mut outcomes = Vec::new();
        for &(revision, version) in revisions {
            let counter = Counter(self.counters[revision]);
            let revision_id = store.revision_id(counter).await.expect("a read").expect("its id");
            outcomes.push(Outcome {
                counter,
                revision_id,
                status: OutcomeStatus::Synchronized,
                change: version,
                version,
                error_reason: None,
            });
        }
        CustomersChunk { outcomes, ..CustomersChunk::default() }
    }

    /// Reads him in every way.
    async fn look(&mut self, when: &str) {
        let unit = self.world.replica();
        let shown = unit.read(&self.name).await;
        let first_name = if self.seen.any(&[Edit]) { "Giulia" } else { "Maria" };
        assert_eq!(shown.first_name, first_name, "{when}");
        self.look_at_the_rest(&shown, when);
        let names = format!("{first_name} {} {}", shown.middle_name, shown.last_name);
        let mut searches =
            vec![by_number(guid(&self.name)), by_phone(&self.phone), by_name(&names)];
        if self.seen.any(BASES) {
            assert_eq!(numbered(unit, &self.number).await, shown, "{when}");
            searches.push(by_number(&self.number));
        } else {
            assert_eq!(numbered(unit, guid(&self.name)).await, shown, "{when}");
        }
        // One kind of search a look, each in its turn: the orders are many.
        self.looks += 1;
        let search = searches.swap_remove(self.looks % searches.len());
        assert_eq!(found_once(unit, &self.name, &[search]).await, shown, "{when}");
    }

    fn look_at_the_rest(&mut self, shown: &Customer, when: &str) {
        let number = if self.seen.any(BASES) { self.number.as_str() } else { guid(&self.name) };
        assert_eq!(shown.account_number, number, "{when}");
        let is_new = shown.last_name == "Roth";
        assert!(is_new || shown.last_name == "Berg", "{when}: {}", shown.last_name);
        assert!(is_new || !self.seen.last_name, "{when}: the older one is back");
        // What waits here lies over a base with the other name until its outcome is known.
        let expected = self.seen.any(&[Edited, EditedAgain]) && self.seen.any(&[Outcomes]);
        assert_eq!(is_new, expected, "{when}");
        self.seen.last_name = is_new;
        let addresses = if self.seen.any(&[Edit]) { 2 } else { 1 };
        assert_eq!(shown.addresses.len(), addresses, "{when}");
    }

    async fn end(&self, order: &[Step]) {
        let shown = self.world.replica().read(&self.name).await;
        assert_eq!(
            (shown.sync_state(), &shown.sync_progress),
            (SyncState::Synced, &None),
            "{order:?}"
        );
        let states = shown.addresses.iter().map(csu::proto::channel::Address::sync_state);
        assert!(states.into_iter().all(|state| state == SyncState::Synced), "{order:?}");
    }
}

fn orders(steps: &[Step]) -> Vec<Vec<Step>> {
    if steps.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for first in steps {
        let rest: Vec<_> = steps.iter().copied().filter(|step| step != first).collect();
        all.extend(orders(&rest).into_iter().map(|rest| [vec![*first], rest].concat()));
    }
    all
}
