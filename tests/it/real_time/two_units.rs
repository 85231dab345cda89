//! Two units, each with what it knows of one customer, and headquarters between them.

use std::time::Duration;

use csu::proto::channel::Customer;
use tonic::Code;

use super::call::{self, Call, broken, unreachable};
use crate::harness::{Branch, Chain, Engine, Passage, branch, wait};

crate::on_both_engines!(
    edits_of_two_units_are_merged_by_field,
    the_later_of_two_values_wins_unless_its_etag_is_old,
    an_older_answer_does_not_replace_what_came_by_1010,
    a_request_is_one_whichever_unit_sends_it,
);

async fn both(engine: Engine) -> (Chain, Branch) {
    let chain = Chain::with(engine, branch::setup(&[]), branch::patient()).await;
    let dallas = Branch::of(&chain, engine, branch::patient()).await;
    (chain, dallas)
}

/// A customer that both have.
async fn shared(chain: &Chain, dallas: &Branch) -> Customer {
    let create = call::create();
    let customer = create.sent(chain.unit()).await.customer;
    dallas.world.bring(&chain.headquarters.base_of(create.id()).await).await;
    assert_eq!(dallas.unit().read(&customer.name).await, customer);
    customer
}

fn with(customer: &Customer, path: &str, value: &str) -> Call {
    let mut changed = customer.clone();
    let field = match path {
        "first_name" => &mut changed.first_name,
        "middle_name" => &mut changed.middle_name,
        _ => &mut changed.last_name,
    };
    value.clone_into(field);
    call::update(&changed, path)
}

async fn edits_of_two_units_are_merged_by_field(engine: Engine) {
    let (chain, dallas) = both(engine).await;
    let (houston, dallas_unit) = (chain.unit(), dallas.unit());
    let customer = shared(&chain, &dallas).await;

    let maria = with(&customer, "first_name", "Maria").sent(houston).await.customer;
    assert_eq!(maria.display_name, "Maria Berg");
    assert_eq!(dallas_unit.read(&customer.name).await, customer, "it has not heard of it");
    // With the base of before, and with the etag of before: nobody has touched the last name.
    let rossi = with(&customer, "last_name", "Rossi").at("DALLAS").if_unchanged(&customer.etag);
    let rossi = rossi.sent(dallas_unit).await.customer;
    assert_eq!(rossi.display_name, "Maria Rossi", "headquarters' answer brings the other edit too");
    assert_eq!(dallas_unit.read(&customer.name).await, rossi);
    assert_eq!(houston.read(&customer.name).await, maria);

    let pine = call::add_address(&customer, "2 Pine Street").sent(houston).await.customer;
    assert_eq!((pine.display_name.as_str(), pine.addresses.len()), ("Maria Rossi", 2));
    let anna = with(&customer, "middle_name", "Anna").at("DALLAS").sent(dallas_unit).await.customer;
    assert_eq!((anna.display_name.as_str(), anna.addresses.len()), ("Maria Anna Rossi", 2));
    dallas.close(&chain).await;
    chain.close().await;
}

async fn the_later_of_two_values_wins_unless_its_etag_is_old(engine: Engine) {
    let (chain, dallas) = both(engine).await;
    let customer = shared(&chain, &dallas).await;
    with(&customer, "last_name", "Rossi").sent(chain.unit()).await;
    chain.clock.advance(Duration::from_secs(1));

    let verdi = with(&customer, "last_name", "Verdi").at("DALLAS");
    let careful = with(&customer, "last_name", "Bianchi").at("DALLAS").if_unchanged(&customer.etag);
    let refused = careful.refused(dallas.unit()).await;
    assert_eq!(refused, (Code::Aborted, "ETAG_MISMATCH".to_owned()), "headquarters' word");
    assert_eq!(dallas.unit().read(&customer.name).await, customer);
    let verdi = verdi.sent(dallas.unit()).await.customer;
    assert_eq!(verdi.last_name, "Verdi");
    assert_eq!(chain.performed().await, (1, 3));
    dallas.close(&chain).await;
    chain.close().await;
}

async fn an_older_answer_does_not_replace_what_came_by_1010(engine: Engine) {
    let (chain, dallas) = both(engine).await;
    let customer = shared(&chain, &dallas).await;
    let early = with(&customer, "first_name", "Maria");
    let late = with(&customer, "last_name", "Rossi").at("DALLAS");
    chain.gate.next(Passage::HoldAnswer);
    let (early, late) = tokio::join!(early.sent(chain.unit()), async {
        let performed = async || chain.performed().await.1 == 2;
        wait::until("headquarters has the first", performed).await;
        let answer = late.sent(dallas.unit()).await.customer;
        chain.world.bring(&chain.headquarters.base_of(late.id()).await).await;
        assert_eq!(chain.unit().read(&customer.name).await, answer);
        chain.gate.release();
        answer
    });
    assert_eq!(late.display_name, "Maria Rossi");
    assert_eq!(early.customer, late);
    assert_eq!(chain.unit().read(&customer.name).await, late);
    assert_eq!(chain.world.database.number("SELECT version FROM customer").await, 3);
    dallas.close(&chain).await;
    chain.close().await;
}

/// A till that is moved, or that calls another unit as its own is gone. The channel is part of the content.
async fn a_request_is_one_whichever_unit_sends_it(engine: Engine) {
    let (chain, dallas) = both(engine).await;
    let create = call::create().at("DALLAS");
    dallas.gate.next(Passage::LoseAnswer(broken()));
    let pending = create.sent(dallas.unit()).await.customer;
    assert_eq!(chain.performed().await, (1, 1));
    let elsewhere = create.clone().at("HOUSTON").refused(chain.unit()).await;
    assert_eq!(elsewhere, (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned()));
    assert_eq!(create.sent(dallas.unit()).await.customer, pending);

    // Something that both know, lost by the one and repeated by the other.
    let customer = shared(&chain, &dallas).await;
    let rename = call::rename(&customer, "Rossi");
    chain.gate.next(Passage::LoseAnswer(broken()));
    assert_eq!(rename.refused(chain.unit()).await, unreachable());
    let found = dallas.unit().lookup(rename.id()).await.unwrap();
    assert!(found.headquarters_asked && found.answer.is_some());
    let stolen = rename.clone().at("DALLAS").refused(dallas.unit()).await;
    assert_eq!(stolen, (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned()));
    assert_eq!(rename.sent(chain.unit()).await.customer.last_name, "Rossi");
    assert_eq!(chain.performed().await, (2, 3));
    dallas.close(&chain).await;
    chain.close().await;
}
