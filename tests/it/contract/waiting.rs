//! Revisions that wait are read back as they were written, whatever they change.

use csu::{
    channel::store::SharedStore,
    domain::{
        field::{AddressField, CustomerField, Fields, Patch},
        id::CustomerId,
        revision::{Counter, Revision},
        write::{Command, NewCustomer, Verdict, Write},
    },
};

use super::steps::{commit_one, customer};
use crate::harness::{Database, Engine, START, writes};

crate::on_both_engines!(
    all_kinds_of_changes_are_read_back_in_the_order_of_their_counters,
    only_those_that_wait_and_of_these_customers,
);

/// Performs a write, and says what revision it is.
async fn captured(store: &SharedStore, write: &Write, counter: i64) -> Revision {
    let before = customer(store, write.customer_id).await;
    let Ok(Verdict::Append(draft)) = write.judge(None, before.as_ref()) else {
        panic!("the write changes something");
    };
    commit_one(store, START, write).await;
    draft.captured(Counter(counter), START)
}

async fn waiting(store: &SharedStore, ids: &[CustomerId]) -> Vec<Revision> {
    let mut transaction = store.begin().await.expect("a transaction");
    transaction.waiting_revisions(ids).await.expect("read")
}

fn update(id: CustomerId, patch: Patch<CustomerField>) -> Write {
    writes::write(writes::request_id(), id, Command::UpdateCustomer { patch, etag: None })
}

fn address(id: CustomerId, fields: Fields<AddressField>, primary: bool) -> Write {
    let request = writes::request_id();
    let command = Command::AddAddress { id: request.address_id(0), fields, primary };
    writes::write(request, id, command)
}

/// Every field that there is, with texts that quoting could break.
fn everything() -> (Fields<CustomerField>, Fields<AddressField>) {
    use csu::domain::field::Field as _;
    let text = |number: usize| format!("{number} O'Neill \"Ælfric\" \\ 王 {{}}, null\u{1F600}");
    let customer = CustomerField::ALL.iter().enumerate();
    let fields = customer.map(|(number, field)| (*field, text(number))).collect();
    let address = AddressField::ALL.iter().enumerate();
    (fields, address.map(|(number, field)| (*field, text(number))).collect())
}

async fn all_kinds_of_changes_are_read_back_in_the_order_of_their_counters(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let (all_fields, fields) = everything();
    // Neither can be updated: nobody becomes an organization.
    let of_persons = |field: &CustomerField| {
        !matches!(field, CustomerField::Type | CustomerField::OrganizationName)
    };
    let patch = all_fields.iter().filter(|(field, _)| of_persons(field));
    let patch = patch.map(|(field, value)| (field, value.to_owned())).collect();
    let new = NewCustomer { fields: all_fields, contacts: Vec::new(), addresses: Vec::new() };
    let create = writes::create("Berg");
    let other = writes::create_as(writes::request_id(), new);
    let (id, other_id) = (create.customer_id, other.customer_id);
    let cleared = Patch::from_iter([
        (CustomerField::MiddleName, String::new()),
        (CustomerField::ReceiptEmail, String::new()),
    ]);
    let all = [
        create,
        other,
        update(id, patch),
        address(other_id, fields, true),
        update(id, cleared),
        address(id, writes::fields([(AddressField::City, "Seattle")]), false),
        writes::add_address(other_id, "4 Main Street"),
        writes::add_address(id, "3 Union Street"),
    ];
    let mut written = Vec::new();
    for (counter, write) in (1..).zip(&all) {
        written.push(captured(&store, write, counter).await);
    }
    assert_eq!(waiting(&store, &[id, other_id]).await, written);
    assert_eq!(waiting(&store, &[other_id, id]).await, written, "whatever the order asked in");
    let of = |id| written.iter().filter(move |it| it.customer_id == id).cloned();
    assert_eq!(waiting(&store, &[id]).await, of(id).collect::<Vec<_>>());
    assert_eq!(waiting(&store, &[other_id]).await, of(other_id).collect::<Vec<_>>());
    store.close().await;
    database.remove().await;
}

async fn only_those_that_wait_and_of_these_customers(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let create = writes::create("Berg");
    let id = create.customer_id;
    let nobody = writes::request_id().customer_id();
    assert_eq!(waiting(&store, &[]).await, []);
    assert_eq!(waiting(&store, &[id, nobody]).await, []);
    let mut written = vec![captured(&store, &create, 1).await];
    for (counter, last_name) in [(2, "Roth"), (3, "Rossi"), (4, "Verdi")] {
        written.push(captured(&store, &writes::rename(id, last_name), counter).await);
    }
    // Uploaded and failed ones wait still, resolved ones don't.
    database.execute("UPDATE revision SET uploaded_at = 5 WHERE counter = 1").await;
    database.execute("UPDATE revision SET error_reason = 'X' WHERE counter = 2").await;
    assert_eq!(waiting(&store, &[id, nobody]).await, written);
    database.execute("UPDATE revision SET resolved_at = 7 WHERE counter IN (1, 3)").await;
    assert_eq!(waiting(&store, &[id]).await, [written[1].clone(), written[3].clone()]);
    assert_eq!(waiting(&store, &[nobody]).await, []);

    // A transaction sees its own.
    let mut transaction = store.begin().await.unwrap();
    let write = writes::rename(id, "Bianchi");
    super::steps::perform(&mut *transaction, START, &[write]).await.unwrap();
    assert_eq!(transaction.waiting_revisions(&[id]).await.unwrap().len(), 3);
    drop(transaction);
    assert_eq!(waiting(&store, &[id]).await.len(), 2);
    store.close().await;
    database.remove().await;
}
