//! Jobs run one by one, as the FAQ tells people to.

use csu::proto::{
    channel::{Customer, SyncState},
    headquarters::{RunStatus, Session, SessionStatus},
};

use super::{PENDING, by_name, by_number, by_phone, found_once, guid, numbered, rename, staged};
use crate::harness::{Chain, Engine, Footprint, requests::create, uploads::statuses};

crate::on_both_engines!(
    scenario_36_the_batch_before_the_upload_does_nothing,
    scenarios_37_38_and_42_from_pending_sync_to_the_number,
    scenario_53_nothing_to_bring_is_no_work,
    jobs_in_the_wrong_order_lose_nothing,
);

async fn scenario_36_the_batch_before_the_upload_does_nothing(engine: Engine) {
    let chain = Chain::new(engine).await;
    let pending = chain.unit().created(create()).await;
    for _ in 0..2 {
        let run = chain.headquarters.run_well("synchronize").await;
        assert_eq!((run.status(), run.rows), (RunStatus::NoData, 0));
    }
    assert_eq!(chain.performed().await, (0, 0));
    assert_eq!(chain.unit().read(&pending.name).await, pending);
    chain.close().await;
}

async fn scenarios_37_38_and_42_from_pending_sync_to_the_number(engine: Engine) {
    let chain = Chain::new(engine).await;
    let (unit, headquarters) = (chain.unit(), &chain.headquarters);
    let pending = unit.created(create()).await;
    let rows = staged(&chain.world.database).await.0;
    assert_eq!(rows, 4, "the customer, its address, a phone and an e-mail address");
    let still_pending = async || {
        let shown = unit.read(&pending.name).await;
        assert_eq!(shown.account_number_display, PENDING);
        assert_eq!(shown.account_number, guid(&pending.name));
        assert_eq!(staged(&chain.world.database).await, (rows, 0));
    };

    let run = headquarters.run_well("P-0001").await;
    assert_eq!((run.status(), run.rows), (RunStatus::Succeeded, 1));
    assert!(run.bytes > 0);
    assert_eq!(statuses(&headquarters.database).await, ["1 RECEIVED 0"]);
    still_pending().await;
    let again = headquarters.run_well("P-0001").await;
    assert_eq!((again.status(), again.rows), (RunStatus::NoData, 0), "nothing is uploaded twice");
    assert_eq!(statuses(&headquarters.database).await, ["1 RECEIVED 0"]);

    let run = headquarters.run_well("synchronize").await;
    assert_eq!((run.status(), run.rows), (RunStatus::Succeeded, 1));
    assert_eq!(statuses(&headquarters.database).await, ["1 SYNCHRONIZED 1"]);
    assert_eq!(chain.performed().await, (1, 1));
    let numbers = headquarters.database.texts("SELECT account_number FROM customer").await;
    assert_eq!(numbers, ["C-0000001"], "headquarters has it, with a number of its sequence");
    still_pending().await;
    let again = headquarters.run_well("synchronize").await;
    assert_eq!(again.status(), RunStatus::NoData);

    let run = headquarters.run_well("1010").await;
    assert_eq!((run.status(), run.rows), (RunStatus::Succeeded, 2), "the customer and the outcome");
    let synced = unit.read(&pending.name).await;
    assert_eq!(synced.account_number, "C-0000001");
    assert_eq!(synced.account_number_display, "C-0000001");
    assert_eq!((synced.sync_state(), &synced.sync_progress), (SyncState::Synced, &None));
    assert_eq!(synced.addresses[0].sync_state(), SyncState::Synced);
    assert_eq!(staged(&chain.world.database).await, (0, rows));
    assert_eq!(content(&synced), content(&pending), "and it is who it was");
    assert_eq!(synced.etag, pending.etag, "a number is no edit");

    let temporary = guid(&pending.name);
    for number in [temporary, "C-0000001", "c-0000001"] {
        assert_eq!(numbered(unit, number).await, synced, "{number}");
    }
    let searches =
        [by_number(temporary), by_number("C-0000001"), by_name("kar ber"), by_phone("4255550100")];
    assert_eq!(found_once(unit, &pending.name, &searches).await, synced);
    let run = headquarters.run_well("P-0001").await;
    assert_eq!(run.status(), RunStatus::NoData, "what has its number is not uploaded either");
    chain.close().await;
}

/// All of a customer that does not change with its number.
fn content(customer: &Customer) -> Customer {
    let mut content = Customer {
        account_number: String::new(),
        account_number_display: String::new(),
        sync_state: 0,
        sync_progress: None,
        ..customer.clone()
    };
    for address in &mut content.addresses {
        (address.sync_state, address.sync_progress) = (0, None);
    }
    content
}

async fn scenario_53_nothing_to_bring_is_no_work(engine: Engine) {
    let chain = Chain::new(engine).await;
    chain.unit().created(create()).await;
    chain.headquarters.exchange_all().await;
    let before = Footprint::of(&chain.world.database).await;
    let reports = chain.gate.reports();
    for job in ["1010", "1070", "1110"] {
        let run = chain.headquarters.run_well(job).await;
        assert_eq!((run.status(), run.rows), (RunStatus::NoData, 0), "{job}");
        let status: Vec<_> = run.sessions.iter().map(Session::status).collect();
        assert_eq!(status, [SessionStatus::NoData], "{job}");
    }
    assert_eq!(chain.gate.reports(), reports, "the unit has nothing to say");
    assert_eq!(Footprint::of(&chain.world.database).await, before);
    chain.close().await;
}

/// Each order of the three jobs, again and again, with an edit before each: what is not its turn does nothing, and
/// what was done is never undone.
async fn jobs_in_the_wrong_order_lose_nothing(engine: Engine) {
    let chain = Chain::new(engine).await;
    let unit = chain.unit();
    let name = unit.created(create()).await.name;
    let (upload, batch, download) = ("P-0001", "synchronize", "1010");
    let orders = [
        [download, batch, upload],
        [download, upload, batch],
        [batch, download, upload],
        [batch, upload, download],
        [upload, download, batch],
        [upload, batch, download],
    ];
    for (number, order) in orders.into_iter().enumerate() {
        let first_name = format!("Karen {number}");
        unit.update(rename(&name, &first_name)).await.expect("edited");
        for job in order {
            chain.headquarters.run_well(job).await;
            assert_eq!(unit.read(&name).await.first_name, first_name, "{job} of {order:?}");
        }
    }
    chain.headquarters.exchange_all().await;
    let shown = unit.read(&name).await;
    assert_eq!((shown.first_name.as_str(), shown.sync_state()), ("Karen 5", SyncState::Synced));
    assert_eq!(shown.account_number, "C-0000001");
    assert_eq!(staged(&chain.world.database).await.0, 0);
    assert_eq!(chain.performed().await, (1, 7));
    chain.close().await;
}
