//! Headquarters and units killed at random while tills write and all jobs run: in the end everyone agrees, and nobody
//! was ever shown less than before.

mod company;
mod random;
mod till;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinSet;

use crate::harness::{Engine, agreement, headquarters, invariants, tools, wait};
use company::{Company, SECOND_CHANNEL};
use random::Random;
use till::{Board, Till};

crate::on_both_engines!(killed_twenty_times_while_jobs_run);

const KILLS: usize = 20;
/// Between a start and the next kill, in ms: most die soon again, some live long enough for the leases of the dead to
/// lapse, so that jobs go on between.
const LIVES: [(u64, u64); 4] = [(100, 900), (100, 900), (100, 900), (3_000, 7_000)];
/// Unless the environment names another: `CSU_TEST_SEED`.
const SEED: u64 = 1_015;

/// Each till of the first unit has a partner at the second one.
fn tills(company: &Company, random: &Random) -> Vec<Till> {
    let [first, second] = company.units() else { panic!("two units") };
    let mut tills = Vec::new();
    for channel in ["HOUSTON", "SEATTLE", "HOUSTON", "SEATTLE"] {
        let boards: [Board; 2] = Default::default();
        let [here, there] = boards;
        let sides = [
            (first, channel, [Arc::clone(&here), Arc::clone(&there)]),
            (second, SECOND_CHANNEL, [there, here]),
        ];
        for (unit, channel, boards) in sides {
            let number = tills.len();
            let random = random.branch(1 + number as u64);
            tills.push(Till::new(number, channel, unit.clients(), random, boards));
        }
    }
    tills
}

async fn killed_twenty_times_while_jobs_run(engine: Engine) {
    let seed = tools::optional("CSU_TEST_SEED").map_or(SEED, |seed| seed.parse().expect("a seed"));
    println!("{engine:?}: CSU_TEST_SEED={seed}");
    let mut random = Random::new(seed);
    let mut company = Company::start(engine, &mut random).await;
    let over = Arc::new(AtomicBool::new(false));
    let mut load = JoinSet::new();
    for mut till in tills(&company, &random) {
        let over = Arc::clone(&over);
        load.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                till.act().await;
            }
            till
        });
    }
    for kill in 0..KILLS {
        let (least, most) = LIVES[random.below(LIVES.len())];
        let life = least + random.number_below(most - least);
        tokio::time::sleep(Duration::from_millis(life)).await;
        let before = company.progress().await;
        let member = &mut company.members[random.below(3)];
        println!("{engine:?} {kill:2}: {before:?}, {} dies after {life} ms", member.name);
        member.die(&mut random).await;
        assert_eq!(load.try_join_next().map(|till| till.expect("no till fails").created), None);
    }
    over.store(true, Ordering::Relaxed);
    let mut tills = wait::bounded("the tills", load.join_all()).await;
    company.rest().await;
    for till in &mut tills {
        for unit in company.units() {
            till.check(&unit.clients()).await;
        }
    }
    company.stop().await;
    check(&company, &tills).await;
    company.remove().await;
}

/// Row for row, in all three databases.
async fn check(company: &Company, tills: &[Till]) {
    let database = company.headquarters();
    headquarters::check(database).await;
    for unit in company.units() {
        invariants::check(&unit.database).await;
        agreement::at_rest(&unit.database, database).await;
    }
    let id = database.uuid_text("request_id");
    let performed = format!("SELECT {id} FROM revision WHERE performed = 1");
    let performed: BTreeSet<_> = database.texts(&performed).await.into_iter().collect();
    let simple = |id: &String| id.replace('-', "");
    let sent: BTreeSet<_> =
        tills.iter().flat_map(|till| till.requests.iter().map(simple)).collect();
    assert_eq!(performed, sent, "every request had its effect, and no other");
    let other =
        "SELECT count(*) FROM revision WHERE status <> 'SYNCHRONIZED' OR superseded IS NOT NULL";
    assert_eq!(database.number(other).await, 0, "nobody failed, and nobody lost");

    let id = database.uuid_text("id");
    let numbers = format!("SELECT {id} || ' ' || account_number FROM customer");
    let numbers = database.texts(&numbers).await;
    let numbers: BTreeMap<_, _> = numbers.iter().filter_map(|row| row.split_once(' ')).collect();
    assert_eq!(numbers.len(), tills.iter().map(|till| till.created).sum::<usize>());
    for known in tills.iter().flat_map(|till| &till.customers) {
        let id = known.name.trim_start_matches("customers/").replace('-', "");
        assert_eq!(numbers.get(id.as_str()).copied(), known.number.as_deref(), "{}", known.name);
    }
    println!("{} requests, {} customers", sent.len(), numbers.len());
}
