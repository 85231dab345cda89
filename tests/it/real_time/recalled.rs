//! A write that headquarters performed, whose local write was lost, and which would be refused by now.

use csu::{
    domain::feature::{
        ASYNC_ADDRESS_CREATION, ASYNC_CUSTOMER_EDITING, ENHANCED_ASYNC_CUSTOMER_CREATION,
    },
    proto::channel::{Customer, ExecutionMode, SyncState},
};
use tonic::Code;

use super::call::{self, Call, broken, looked_up};
use crate::harness::{Chain, Engine, Passage, branch};

crate::on_both_engines!(
    a_lost_update_is_completed_though_edits_wait_by_now,
    a_lost_update_waits_while_headquarters_is_away,
    a_lost_update_is_told_from_a_reused_id,
);

/// Whatever else is on, editing goes by real time.
const REAL_TIME: &[&str] = &[ENHANCED_ASYNC_CUSTOMER_CREATION, ASYNC_ADDRESS_CREATION];
const ASYNC: &[&str] =
    &[ENHANCED_ASYNC_CUSTOMER_CREATION, ASYNC_ADDRESS_CREATION, ASYNC_CUSTOMER_EDITING];

fn edits_waiting() -> (Code, String) {
    (Code::FailedPrecondition, "EDITS_WAITING".to_owned())
}

/// A customer whose renaming was lost on its way back, and whose first name was changed in async mode since, while
/// that was on.
async fn with_edits_waiting(engine: Engine) -> (Chain, Customer, Call) {
    let mut chain = Chain::with(engine, branch::setup(REAL_TIME), branch::impatient()).await;
    let customer = call::create().sent(chain.unit()).await.customer;
    let lost = call::rename(&customer, "Rossi");
    chain.gate.next(Passage::LoseAnswer(broken()));
    lost.refused(chain.unit()).await;

    chain.switch_to(ASYNC).await;
    let maria = Customer { first_name: "Maria".to_owned(), ..customer.clone() };
    let edited = call::update(&maria, "first_name").sent(chain.unit()).await;
    assert_eq!(edited.execution.reason, "ASYNC_EDIT");
    assert_eq!(edited.customer.display_name, "Maria Berg");
    chain.switch_to(REAL_TIME).await;
    (chain, edited.customer, lost)
}

/// Counts of what the unit has in its staging tables.
async fn staged(chain: &Chain) -> (i64, i64) {
    let count = async |table: &str| {
        chain.world.database.number(&format!("SELECT count(*) FROM {table}")).await
    };
    (count("revision").await, count("retailasynccustomerv2").await)
}

async fn a_lost_update_is_completed_though_edits_wait_by_now(engine: Engine) {
    let (chain, edited, lost) = with_edits_waiting(engine).await;
    let unit = chain.unit();
    let writes = chain.gate.writes();
    // Another one is refused, and headquarters is asked whether it remembers it.
    let lookups = chain.gate.lookups();
    let new = call::rename(&edited, "Verdi");
    assert_eq!(new.refused(unit).await, edits_waiting());
    assert_eq!(chain.gate.lookups(), lookups + 1);
    assert_eq!(looked_up(unit, new.id()).await, None);

    let (performed, waiting) = (chain.performed().await, staged(&chain).await);
    let answer = lost.sent(unit).await;
    assert_eq!(answer.execution.mode(), ExecutionMode::RealTime, "as it was performed");
    assert_eq!(answer.execution.reason, "ASYNC_EDIT_OFF");
    let customer = &answer.customer;
    assert_eq!(customer.display_name, "Maria Rossi", "the base with what waits laid over it");
    assert_eq!(customer.sync_state(), SyncState::PendingUpload);
    assert_eq!(&unit.read(&customer.name).await, customer);
    assert_eq!(lost.sent(unit).await, answer, "word for word");
    assert_eq!((chain.performed().await, staged(&chain).await), (performed, waiting));
    assert_eq!(chain.gate.writes(), writes, "headquarters only remembered");
    let version = "SELECT version FROM customer";
    let base = chain.headquarters.base_of(lost.id()).await;
    assert_eq!(chain.world.database.number(version).await, base.version);
    // The edit waits on as it was.
    assert_eq!(new.refused(unit).await, edits_waiting());
    chain.close().await;
}

async fn a_lost_update_waits_while_headquarters_is_away(engine: Engine) {
    let (chain, edited, lost) = with_edits_waiting(engine).await;
    let unit = chain.unit();
    for away in [Passage::Refuse(broken()), Passage::LoseAnswer(broken()), Passage::Garbage] {
        chain.gate.next(away);
        assert_eq!(lost.refused(unit).await, edits_waiting());
        assert_eq!(unit.read(&edited.name).await, edited);
    }
    assert_eq!(lost.sent(unit).await.customer.display_name, "Maria Rossi");
    chain.close().await;
}

async fn a_lost_update_is_told_from_a_reused_id(engine: Engine) {
    let (chain, edited, lost) = with_edits_waiting(engine).await;
    let unit = chain.unit();
    let reused = (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned());
    let other = lost.clone().with_other_content();
    assert_eq!(other.refused(unit).await, reused, "headquarters knows");
    assert_eq!(unit.read(&edited.name).await, edited);
    lost.sent(unit).await;
    let lookups = chain.gate.lookups();
    assert_eq!(other.refused(unit).await, reused, "the unit knows");
    assert_eq!(chain.gate.lookups(), lookups);
    chain.close().await;
}
