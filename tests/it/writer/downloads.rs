//! What 1010 brings is taken over chunk by chunk: in whatever order, however often, and with local edits in between.

use csu::{
    channel::{store::Applied, writer::CustomersChunk},
    domain::{
        base::Base,
        field::CustomerField,
        job::DownloadJob,
        outcome::{Outcome, OutcomeStatus},
        revision::Counter,
        routing::Standing,
        sync::{Entity, SyncProgress, SyncState},
    },
    storage::StoreError,
};

use super::channel::{Channel, base, discarded, done, first_name, rename};
use crate::harness::{Engine, START, writes};

crate::on_both_engines!(
    a_pending_customer_gets_its_number,
    neither_order_of_arrival_hides_an_edit,
    no_order_of_arrival_shows_an_older_value,
    an_older_base_never_comes_back,
    a_failure_is_shown_until_it_is_mended,
    an_outcome_of_another_revision_is_refused_whole,
    what_is_uploaded_and_processed_is_marked_once,
    a_discarded_create_takes_the_customer_with_it,
    what_is_discarded_of_a_pending_customer_is_gone_from_its_view,
    a_discarded_edit_gives_way_to_the_base,
);

async fn a_pending_customer_gets_its_number(engine: Engine) {
    let channel = Channel::new(engine).await;
    let pending = channel.write(writes::create("Berg")).await;
    let id = pending.customer.id;
    assert_eq!(pending.standing(), Standing::Pending);
    for round in 0..2 {
        let changed = channel.apply(vec![base(&pending, 5)], vec![done(1, 5)]).await;
        assert_eq!(changed, usize::from(round == 0), "repeating is harmless");
        let known = channel.customer(id).await;
        assert_eq!(known.standing(), Standing::Synced);
        assert_eq!((known.version, known.waiting.len()), (Some(5), 0));
        assert_eq!(known.synced_addresses.len(), known.customer.addresses.len());
    }
    for table in ["retailasynccustomerv2", "retailasyncaddressv2", "retailasynccustomercontact"] {
        let open = format!("SELECT count(*) FROM {table} WHERE onlineoperationcompleted = 0");
        assert_eq!(channel.database.number(&open).await, 0, "{table}");
    }
    let views = "SELECT count(*) FROM customer WHERE view IS NOT NULL";
    assert_eq!(channel.database.number(views).await, 0, "the base is all there is to it");
    assert_eq!(channel.store.applied(DownloadJob::Customers).await.unwrap(), None);
    let applied = Applied { version: 9, at: START };
    let last = CustomersChunk { applied: Some(applied), ..CustomersChunk::default() };
    channel.writer.apply_customers(last, None).await.unwrap();
    assert_eq!(channel.store.applied(DownloadJob::Customers).await.unwrap(), Some(applied));
    channel.close().await;
}

async fn neither_order_of_arrival_hides_an_edit(engine: Engine) {
    for outcomes_first in [true, false] {
        let channel = Channel::new(engine).await;
        let created = channel.write(writes::create("Berg")).await;
        let id = created.customer.id;
        channel.apply(vec![base(&created, 5)], vec![done(1, 5)]).await;
        channel.write(rename(id, "Karin")).await;
        let edited = channel.customer(id).await;
        assert_eq!((first_name(&edited), edited.version), ("Karin", Some(5)));

        let newer = base(&edited, 7);
        let steps = [(Vec::new(), vec![done(2, 7)]), (vec![newer], Vec::new())];
        let mut steps = Vec::from(steps);
        if !outcomes_first {
            steps.reverse();
        }
        for (number, (bases, outcomes)) in steps.into_iter().enumerate() {
            channel.apply(bases, outcomes).await;
            let known = channel.customer(id).await;
            assert_eq!(first_name(&known), "Karin", "not for a moment");
            assert_eq!(known.waiting.len(), usize::from(number == 0));
        }
        channel.close().await;
    }
}

async fn an_older_base_never_comes_back(engine: Engine) {
    let channel = Channel::new(engine).await;
    let created = channel.write(writes::create("Berg")).await;
    let id = created.customer.id;
    let mut newer = base(&created, 9);
    newer.customer.fields.set(CustomerField::FirstName, "Karin");
    newer.customer.addresses.remove(0);
    channel.apply(vec![newer], vec![done(1, 5)]).await;
    assert_eq!(channel.apply(vec![base(&created, 8)], Vec::new()).await, 0);
    let known = channel.customer(id).await;
    assert_eq!((first_name(&known), known.version), ("Karin", Some(9)));
    assert_eq!(known.customer.addresses.len(), 1, "what headquarters has removed is gone");
    channel.close().await;
}

async fn a_failure_is_shown_until_it_is_mended(engine: Engine) {
    let channel = Channel::new(engine).await;
    let created = channel.write(writes::create("Berg")).await;
    let id = created.customer.id;
    let reason = "CUSTOMER_GROUP_NOT_FOUND";
    let failed = Outcome {
        status: OutcomeStatus::Failed,
        error_reason: Some(reason.to_owned()),
        version: 0,
        ..done(1, 5)
    };
    assert_eq!(channel.apply(Vec::new(), vec![failed.clone()]).await, 0);
    let known = channel.customer(id).await;
    let progress = known.progress(Entity::Customer).expect("it waits");
    assert_eq!(
        (progress.state(), progress.error_reason.as_deref()),
        (SyncState::Failed, Some(reason))
    );

    // The word first: its base has not come yet.
    channel.apply(Vec::new(), vec![done(1, 8)]).await;
    let state =
        async || channel.customer(id).await.progress(Entity::Customer).map(SyncProgress::state);
    assert_eq!(state().await, Some(SyncState::PendingDownload));
    channel.apply(Vec::new(), vec![failed.clone()]).await;
    assert_eq!(state().await, Some(SyncState::PendingDownload), "an older word changes nothing");
    channel.apply(vec![base(&created, 8)], Vec::new()).await;
    assert_eq!(state().await, None);
    channel.apply(Vec::new(), vec![failed]).await;
    assert_eq!(state().await, None, "nor does it when nothing waits");
    channel.close().await;
}

/// A database that was cloned or restored has another revision under the counter, or none: to take the word for it
/// would settle what was never uploaded.
async fn an_outcome_of_another_revision_is_refused_whole(engine: Engine) {
    let channel = Channel::new(engine).await;
    let write = writes::create("Berg");
    let revision_id = write.request_id.revision_id();
    let created = channel.write(write).await;
    let own = Outcome { revision_id, ..done(1, 5) };
    let foreign = writes::request_id().revision_id();
    for outcomes in [
        vec![own.clone(), Outcome { revision_id: foreign, ..done(2, 6) }],
        vec![Outcome { revision_id: foreign, ..done(1, 6) }],
        vec![Outcome { counter: Counter(2), ..own }],
    ] {
        let chunk = CustomersChunk {
            bases: vec![base(&created, 5)],
            outcomes,
            applied: Some(Applied { version: 6, at: START }),
            ..CustomersChunk::default()
        };
        let refused = channel.writer.apply_customers(chunk, None).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    }
    let known = channel.customer(created.customer.id).await;
    assert_eq!(known.standing(), Standing::Pending);
    assert_eq!(channel.store.applied(DownloadJob::Customers).await.unwrap(), None);
    channel.close().await;
}

async fn what_is_uploaded_and_processed_is_marked_once(engine: Engine) {
    let channel = Channel::new(engine).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let write = writes::create(&number.to_string());
        ids.push(channel.writer.write(write).await.unwrap().known.customer.id);
    }
    let captured = channel.store.captured_revisions(Counter(2), 2).await.unwrap();
    let counters: Vec<_> = captured.iter().map(|it| it.revision.counter.0).collect();
    assert_eq!(counters, [3, 4]);
    assert_eq!(captured[0].revision.customer_id, ids[2]);
    assert_eq!(captured[0].decision.reason, "PROFILE_ASYNC_CREATE");
    assert_eq!(captured[0].channel, "SEATTLE");

    let states = async || {
        let mut states = Vec::new();
        for id in &ids {
            let known = channel.customer(*id).await;
            states.push(known.progress(Entity::Customer).expect("it waits").state());
        }
        states
    };
    channel.writer.mark_uploaded(Counter(4), None).await.unwrap();
    let (here, sent, done) =
        (SyncState::PendingUpload, SyncState::PendingProcessing, SyncState::PendingDownload);
    assert_eq!(states().await, [sent, sent, sent, sent, here]);
    channel.writer.mark_processed(Counter(2)).await.unwrap();
    assert_eq!(states().await, [done, done, sent, sent, here]);
    channel.writer.mark_processed(Counter(9)).await.unwrap();
    assert_eq!(states().await, [done, done, done, done, here]);
    channel.close().await;
}

/// Headquarters performs a create and two edits one after the other; the unit is sent what became of them, and the
/// customer as it was after each, in every order that there is.
async fn no_order_of_arrival_shows_an_older_value(engine: Engine) {
    let channel = Channel::new(engine).await;
    for order in orders(&[0, 1, 2, 3, 4]) {
        let created = channel.write(writes::create("Berg")).await;
        let id = created.customer.id;
        let counter = channel.database.number("SELECT revision FROM counter").await;
        channel.apply(vec![base(&created, 5)], vec![done(counter, 5)]).await;
        let first = channel.write(rename(id, "Karin")).await;
        let second = channel.write(rename(id, "Maria")).await;
        let mut renamed = base(&first, 7);
        renamed.customer.fields.set(CustomerField::LastName, "Roth");
        let mut renamed_again = base(&second, 9);
        renamed_again.customer.fields.set(CustomerField::LastName, "Roth");
        for step in &order {
            let (bases, outcomes): (Vec<Base>, Vec<Outcome>) = match step {
                0 => (vec![renamed.clone()], Vec::new()),
                1 => (vec![renamed_again.clone()], Vec::new()),
                2 => (Vec::new(), vec![done(counter + 1, 7)]),
                3 => (Vec::new(), vec![done(counter + 2, 9)]),
                _ => {
                    channel.writer.mark_uploaded(Counter(counter + 2), None).await.unwrap();
                    channel.writer.mark_processed(Counter(counter + 2)).await.unwrap();
                    continue;
                }
            };
            channel.apply(bases, outcomes).await;
            let known = channel.customer(id).await;
            assert_eq!(first_name(&known), "Maria", "{order:?} at {step}");
        }
        let known = channel.customer(id).await;
        assert_eq!((known.version, known.waiting.len()), (Some(9), 0), "{order:?}");
        assert_eq!(known.customer, renamed_again.customer);
    }
    channel.close().await;
}

fn orders(steps: &[usize]) -> Vec<Vec<usize>> {
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

/// Also with edits of it that nobody has decided on: there is nothing left for them to change.
async fn a_discarded_create_takes_the_customer_with_it(engine: Engine) {
    let channel = Channel::new(engine).await;
    let create = writes::create("Berg");
    let id = channel.write(create.clone()).await.customer.id;
    channel.write(rename(id, "Karin")).await;
    channel.write(writes::add_address(id, "3 Union Street")).await;
    let other = channel.write(writes::create("Roth")).await;
    for round in 0..2 {
        let changed = channel.apply(Vec::new(), vec![discarded(1, 5)]).await;
        assert_eq!(changed, usize::from(round == 0), "repeating is harmless");
        assert_eq!(channel.store.customers(&[id]).await.unwrap(), []);
    }
    assert_eq!(channel.customer(other.customer.id).await, other);
    let key = channel.database.id(id.0);
    for (table, column) in
        [("customer", "id"), ("address", "customer_id"), ("customer_search", "customer_id")]
    {
        let left = format!("SELECT count(*) FROM {table} WHERE {column} = {key}");
        assert_eq!(channel.database.number(&left).await, 0, "{table}");
    }
    let waiting = format!("SELECT count(*) FROM revision WHERE customer_id = {key}");
    assert_eq!(channel.database.number(&waiting).await, 3, "all that was captured is uploaded");
    let waiting = format!("{waiting} AND resolved_at IS NULL");
    assert_eq!(channel.database.number(&waiting).await, 0);
    let completed = "SELECT count(*) FROM retailasynccustomerv2 WHERE onlineoperationcompleted = 1";
    assert_eq!(channel.database.number(completed).await, 0, "nothing of it was performed");
    assert_eq!(channel.events().await, ["1", "2", "2", "1", "3"]);
    // What comes late about the edits changes nothing.
    channel.apply(Vec::new(), vec![discarded(2, 6), done(3, 7)]).await;
    let answer = channel.writer.write(create).await.unwrap();
    assert_eq!(answer.known.customer.id, id, "its caller is told what he was told");
    let late = channel.writer.write(rename(id, "Late")).await;
    assert!(late.is_err(), "{late:?}");
    channel.close().await;
}

async fn what_is_discarded_of_a_pending_customer_is_gone_from_its_view(engine: Engine) {
    let channel = Channel::new(engine).await;
    let created = channel.write(writes::create("Berg")).await;
    let id = created.customer.id;
    channel.write(rename(id, "Karin")).await;
    channel.write(writes::add_address(id, "3 Union Street")).await;
    let failed = Outcome { status: OutcomeStatus::Failed, version: 0, ..done(1, 5) };
    channel.apply(Vec::new(), vec![failed, discarded(2, 6), discarded(3, 7)]).await;
    let known = channel.customer(id).await;
    assert_eq!(known.customer, created.customer);
    assert_eq!((known.waiting.len(), known.standing()), (1, Standing::Pending));
    // The create is mended, and everything goes its way.
    channel.apply(vec![base(&created, 9)], vec![done(1, 9)]).await;
    assert_eq!(channel.customer(id).await.standing(), Standing::Synced);
    assert_eq!(channel.events().await, ["1", "2", "2", "2", "2"]);
    channel.close().await;
}

async fn a_discarded_edit_gives_way_to_the_base(engine: Engine) {
    let channel = Channel::new(engine).await;
    let created = channel.write(writes::create("Berg")).await;
    let id = created.customer.id;
    channel.apply(vec![base(&created, 5)], vec![done(1, 5)]).await;
    let before = channel.customer(id).await;
    channel.write(rename(id, "Karin")).await;
    channel.write(writes::add_address(id, "3 Union Street")).await;
    channel.apply(Vec::new(), vec![discarded(2, 6), discarded(3, 7)]).await;
    assert_eq!(channel.customer(id).await, before);
    let views = "SELECT count(*) FROM customer WHERE view IS NOT NULL";
    assert_eq!(channel.database.number(views).await, 0);
    channel.close().await;
}
