//! A full package of 1010: what it does not bring is gone, and nothing else is.

use csu::{
    channel::{
        store::{Applied, IdRange},
        writer::{CustomersChunk, FullRange},
    },
    domain::{base::Base, id::CustomerId, job::DownloadJob, routing::Standing},
};

use super::channel::{Channel, base, discarded, done, first_name, rename};
use crate::harness::{Engine, START, writes};

crate::on_both_engines!(
    who_is_not_in_it_is_gone_within_its_range_alone,
    who_waits_is_newer_or_never_was_at_headquarters_stays,
    its_one_event_comes_with_its_last_chunk,
    very_many_go_in_several_steps,
    an_empty_company_leaves_nobody,
);

const VERSION: i64 = 9;

/// Chunk with these customers, complete for the range.
fn chunk(above: Option<CustomerId>, bases: Vec<Base>, up_to: Option<CustomerId>) -> CustomersChunk {
    let full = Some(FullRange { ids: IdRange { above, up_to }, version: VERSION });
    let applied = up_to.is_none().then_some(Applied { version: VERSION, at: START });
    CustomersChunk { bases, full, applied, ..CustomersChunk::default() }
}

/// So many customers of headquarters in the order of their ids, all from version 5.
async fn synced(channel: &Channel, count: usize) -> Vec<Base> {
    let mut bases = Vec::new();
    for number in 0..count {
        let created = channel.write(writes::create(&format!("Name{number}"))).await;
        let counter = channel.database.number("SELECT revision FROM counter").await;
        channel.apply(vec![base(&created, 5)], vec![done(counter, 5)]).await;
        bases.push(base(&created, 5));
    }
    bases.sort_by_key(|base| base.customer.id);
    bases
}

/// Which of them there are.
async fn left(channel: &Channel, of: &[Base]) -> Vec<bool> {
    let ids: Vec<_> = of.iter().map(|base| base.customer.id).collect();
    let known = channel.store.customers(&ids).await.unwrap();
    ids.iter().map(|id| known.iter().any(|known| known.customer.id == *id)).collect()
}

async fn who_is_not_in_it_is_gone_within_its_range_alone(engine: Engine) {
    let channel = Channel::new(engine).await;
    let all = synced(&channel, 6).await;
    let id = |index: usize| Some(all[index].customer.id);
    // Beginning and end of the package are of other chunks.
    let middle = chunk(id(1), vec![all[2].clone()], id(4));
    for round in 0..2 {
        assert_eq!(channel.bring(middle.clone()).await, if round == 0 { 2 } else { 0 });
        assert_eq!(left(&channel, &all).await, [true, true, true, false, false, true]);
    }
    assert_eq!(channel.bring(chunk(id(4), Vec::new(), None)).await, 1);
    assert_eq!(channel.bring(chunk(None, vec![all[1].clone()], id(1))).await, 1);
    assert_eq!(left(&channel, &all).await, [false, true, true, false, false, false]);
    let mut found = channel.store.customers(&[all[1].customer.id]).await.unwrap();
    assert_eq!(found.pop().unwrap().customer, all[1].customer);
    let applied = Applied { version: VERSION, at: START };
    assert_eq!(channel.store.applied(DownloadJob::Customers).await.unwrap(), Some(applied));
    channel.close().await;
}

async fn who_waits_is_newer_or_never_was_at_headquarters_stays(engine: Engine) {
    let channel = Channel::new(engine).await;
    let all = synced(&channel, 5).await;
    let id = |index: usize| all[index].customer.id;
    channel.write(rename(id(0), "Karin")).await;
    let edit = channel.database.number("SELECT revision FROM counter").await;
    channel.apply(vec![Base { version: VERSION + 1, ..all[1].clone() }], Vec::new()).await;
    channel.apply(vec![Base { version: VERSION, ..all[2].clone() }], Vec::new()).await;
    let pending = channel.write(writes::create("Pending")).await;
    let discarded_later = channel.database.number("SELECT revision FROM counter").await;

    let everything = chunk(None, vec![all[3].clone()], None);
    assert_eq!(channel.bring(everything.clone()).await, 2);
    assert_eq!(left(&channel, &all).await, [true, true, false, true, false]);
    assert_eq!(first_name(&channel.customer(id(0)).await), "Karin", "with what waits");
    let known = channel.customer(pending.customer.id).await;
    assert_eq!((known.standing(), &known.customer), (Standing::Pending, &pending.customer));

    // When it waits no longer, the next one takes it along.
    channel.apply(Vec::new(), vec![discarded(edit, 11)]).await;
    assert_eq!(channel.bring(everything).await, 1);
    assert_eq!(left(&channel, &all).await, [false, true, false, true, false]);
    channel.apply(Vec::new(), vec![discarded(discarded_later, 12)]).await;
    channel.close().await;
}

async fn its_one_event_comes_with_its_last_chunk(engine: Engine) {
    let channel = Channel::new(engine).await;
    let all = synced(&channel, 4).await;
    let before = channel.events().await.len();
    let end = Some(all[1].customer.id);
    // One goes and one changes.
    let newer = Base { version: 7, ..all[1].clone() };
    assert_eq!(channel.bring(chunk(None, vec![newer], end)).await, 2);
    assert_eq!(channel.events().await.len(), before, "a watcher is not told of each");
    let mut others = vec![all[2].clone(), Base { version: 8, ..all[3].clone() }];
    assert_eq!(channel.bring(chunk(end, others.clone(), None)).await, 1);
    assert_eq!(channel.events().await[before..], ["4"]);
    let of_nobody = "SELECT count(*) FROM event WHERE customer_id IS NULL";
    assert_eq!(channel.database.number(of_nobody).await, 1);
    // What is no full package tells of each.
    others[0].version = 10;
    channel.apply(others, Vec::new()).await;
    assert_eq!(channel.events().await[before..], ["4", "2"]);
    channel.close().await;
}

async fn very_many_go_in_several_steps(engine: Engine) {
    let channel = Channel::new(engine).await;
    let one = synced(&channel, 1).await.remove(0);
    let mut bases = Vec::new();
    for number in 0..1_203_u32 {
        let mut other = one.clone();
        other.customer.id = writes::request_id().customer_id();
        other.customer.account_number = Some(format!("C-{number}"));
        other.customer.addresses.clear();
        bases.push(other);
    }
    for part in bases.chunks(400) {
        assert_eq!(channel.apply(part.to_vec(), Vec::new()).await, part.len());
    }
    let last = chunk(None, vec![Base { version: 6, ..one.clone() }], None);
    assert_eq!(channel.bring(last).await, 1_203 + 1);
    assert_eq!(channel.database.number("SELECT count(*) FROM customer").await, 1);
    assert_eq!(channel.customer(one.customer.id).await.version, Some(6));
    channel.close().await;
}

async fn an_empty_company_leaves_nobody(engine: Engine) {
    let channel = Channel::new(engine).await;
    let all = synced(&channel, 2).await;
    let mut nothing = chunk(None, Vec::new(), None);
    // Version 0 is older than what there is.
    nothing.full = Some(FullRange { version: 0, ids: IdRange { above: None, up_to: None } });
    nothing.applied = Some(Applied { version: 0, at: START });
    assert_eq!(channel.bring(nothing).await, 0);
    assert_eq!(left(&channel, &all).await, [true, true]);
    let applied = channel.store.applied(DownloadJob::Customers).await.unwrap();
    assert_eq!(applied.map(|applied| applied.version), Some(0));
    assert_eq!(channel.bring(chunk(None, Vec::new(), None)).await, 2);
    assert_eq!(left(&channel, &all).await, [false, false]);
    channel.close().await;
}
