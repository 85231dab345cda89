//! A flush that failed: nobody knows what the disk holds, so nothing is written over it and the unit stops.

use csu::{
    channel::store::Applied,
    domain::{
        configuration::{ConfigurationRows, GlobalConfigurationRows},
        error::{Error, Unavailable},
    },
    runtime::task::Task,
    server::health::Readiness,
    storage::StoreError,
};
use tonic::Code;

use super::Unit;
use crate::harness::{Engine, START, World, faulty_store::Fault, requests, wait, writes};

crate::on_both_engines!(
    the_unit_stops_and_its_readiness_goes,
    nothing_is_written_after_it,
    it_counts_in_maintenance_too,
);

fn flush_failed() -> StoreError {
    StoreError::FlushFailed("code 1034".to_owned())
}

async fn the_unit_stops_and_its_readiness_goes(engine: Engine) {
    let (mut world, store) = World::wrapped(engine).await;
    let before = world.replica().created(requests::create()).await;
    store.faults.next(Fault::Fail(flush_failed));
    let request = requests::create();
    let refused = world.replica().create(request.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");

    let serving = &world.replica().serving;
    let failed = wait::bounded("the writer's end", serving.tasks.failed()).await;
    assert_eq!(failed, Task::Writer);
    wait::bounded("not ready", serving.health.reached(Readiness::Stopping)).await;
    let begun = store.begin.count();
    let late = world.replica().create(requests::create()).await.unwrap_err();
    // The unit's answer, or the end of a connection that the unit has closed.
    assert!(late.code() == Code::Unavailable || late.details().is_empty(), "{late:?}");
    assert_eq!(store.begin.count(), begun, "nothing is begun any more");
    drop(store);

    // The process is to be started anew. What was answered is there, and the rest can be repeated.
    world.restart(Vec::new()).await;
    assert_eq!(world.replica().read(&before.name).await, before);
    world.replica().created(request).await;
    assert_eq!(world.database.number("SELECT count(*) FROM revision").await, 2);
    world.close().await;
}

async fn nothing_is_written_after_it(engine: Engine) {
    let unit = Unit::new(engine).await;
    unit.faults.next(Fault::Fail(flush_failed));
    let first = unit.held_up().await;
    let queued: Vec<_> = (0..5).map(|number| writes::create(&number.to_string())).collect();
    let waiting = unit.queue(queued.clone());
    unit.go_on();
    assert_eq!(first.await, Err(Error::Unavailable(Unavailable::Store)));
    for answer in unit.answers(waiting).await {
        assert_eq!(answer, Err(Error::Unavailable(Unavailable::Stopping)));
    }
    assert_eq!(wait::bounded("the writer's end", unit.tasks.failed()).await, Task::Writer);
    let stopping = unit.tasks.shutdown_token();
    wait::bounded("the end of everything else", stopping.cancelled()).await;
    let late = unit.writer.write(writes::create("Late")).await;
    assert_eq!(late, Err(Error::Unavailable(Unavailable::Stopping)));
    assert_eq!(unit.faults.commit.count(), 1);
    assert_eq!(unit.database.number("SELECT count(*) FROM request_record").await, 0);
    unit.close().await;
}

async fn it_counts_in_maintenance_too(engine: Engine) {
    for pruning in [true, false] {
        let unit = Unit::new(engine).await;
        unit.faults.next(Fault::Fail(flush_failed));
        let failed = if pruning {
            unit.writer.prune_request_records(START, 10).await.err()
        } else {
            let package = ConfigurationRows::Global(GlobalConfigurationRows::default());
            let applied = Applied { version: 1, at: START };
            unit.writer.apply_configuration(package, applied, None).await.err()
        };
        assert!(matches!(failed, Some(StoreError::FlushFailed(_))), "{failed:?}");
        assert_eq!(wait::bounded("the writer's end", unit.tasks.failed()).await, Task::Writer);
        let late = unit.writer.write(writes::create("Late")).await;
        assert_eq!(late, Err(Error::Unavailable(Unavailable::Stopping)));
        unit.close().await;
    }
}
