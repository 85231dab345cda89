//! Finding customers by what a cashier is told.

use std::collections::{BTreeMap, BTreeSet};

use csu::proto::channel::{Customer, SearchCustomersRequest};

use crate::harness::{
    Engine, Replica, World,
    requests::{ASYNC_CHANNEL, create, create_named, email, phone, update},
    synced,
};

crate::on_both_engines!(
    by_all_that_a_cashier_may_be_told,
    rows_follow_an_update,
    each_customer_once_over_all_pages,
    found_on_every_replica_the_moment_it_is_answered,
);

fn by_name(name: &str) -> SearchCustomersRequest {
    SearchCustomersRequest { name: name.to_owned(), ..Default::default() }
}

fn by_phone(phone: &str) -> SearchCustomersRequest {
    let channel = ASYNC_CHANNEL.to_owned();
    SearchCustomersRequest { phone: phone.to_owned(), channel, ..Default::default() }
}

fn by_email(email: &str) -> SearchCustomersRequest {
    SearchCustomersRequest { email: email.to_owned(), ..Default::default() }
}

fn by_number(number: &str) -> SearchCustomersRequest {
    SearchCustomersRequest { account_number: number.to_owned(), ..Default::default() }
}

/// Display names of the only page.
async fn found(replica: &Replica, request: SearchCustomersRequest) -> Vec<String> {
    let page = replica.search(request).await.unwrap();
    assert_eq!(page.next_page_token, "");
    let mut names: Vec<_> =
        page.customers.into_iter().map(|customer| customer.display_name).collect();
    names.sort();
    names
}

async fn by_all_that_a_cashier_may_be_told(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let ander = {
        let mut request = create_named("Ánder María", "O'Birch-Løwe");
        let customer = request.customer.as_mut().unwrap();
        customer.contacts = vec![phone("425-555-0100"), email("Ander.Birch@Example.com")];
        customer.receipt_email = "receipts@example.com".to_owned();
        replica.created(request).await
    };
    let mut karen = create();
    karen.customer.as_mut().unwrap().contacts = vec![phone("+39 06 6982"), email("k@example.com")];
    replica.created(karen).await;
    synced::plant(&world.database, "C-0000042", "Anna", "Birch").await;

    let shown = ["Ánder María O'Birch-Løwe"];
    for request in [
        by_phone("(425) 555-0100"),
        by_phone("425.555.0100"),
        by_phone("+1 425 555 0100"),
        by_email("ander.birch@example.com"),
        by_email("ANDER.BIRCH@EXAMPLE.COM"),
        by_email("receipts@example.com"),
        by_number(&ander.account_number),
        by_number(&ander.account_number.to_uppercase()),
        by_name("ander"),
        by_name("OBIRCH AND"),
        by_name("and obi"),
        by_name("maria löwe"),
        by_name("  lowe,   mar "),
        SearchCustomersRequest { name: "lo".to_owned(), ..by_phone("4255550100") },
        SearchCustomersRequest { name: "lo".to_owned(), ..by_number(&ander.account_number) },
        SearchCustomersRequest {
            email: "receipts@example.com".to_owned(),
            ..by_phone("4255550100")
        },
    ] {
        assert_eq!(found(replica, request.clone()).await, shown, "{request:?}");
    }
    assert_eq!(found(replica, by_phone("+39 06 6982")).await, ["Karen Berg"]);
    assert_eq!(found(replica, by_number(" c-0000042 ")).await, ["Anna Birch"]);
    assert_eq!(found(replica, by_name("an")).await, ["Anna Birch", shown[0]]);

    // What does not fit in all of its parts is not found.
    for request in [
        by_phone("425-555-0199"),
        by_email("ander.birch@example.org"),
        by_email("birch@example.com"),
        by_number("C-000004"),
        by_name("irch"),
        by_name("ander karen"),
        SearchCustomersRequest { name: "berg".to_owned(), ..by_phone("425-555-0100") },
        SearchCustomersRequest { name: "ander".to_owned(), ..by_number("C-0000042") },
        SearchCustomersRequest { email: "k@example.com".to_owned(), ..by_name("ander") },
    ] {
        assert_eq!(found(replica, request.clone()).await, Vec::<String>::new(), "{request:?}");
    }
    world.close().await;
}

async fn rows_follow_an_update(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let synced = synced::plant(&world.database, "C-0000001", "Anna", "Rossi").await;
    let pending = replica.created(create_named("Anna", "Rossi")).await.name;
    for name in [synced.name, pending] {
        let change = Customer {
            name,
            last_name: "Bianchi Verdi".to_owned(),
            receipt_email: "anna@example.com".to_owned(),
            ..Customer::default()
        };
        replica.update(update(change, &["last_name", "receipt_email"])).await.unwrap();
    }
    let twice = ["Anna Bianchi Verdi", "Anna Bianchi Verdi"];
    for request in [by_name("anna"), by_name("verdi bia"), by_email("anna@example.com")] {
        assert_eq!(found(replica, request).await, twice);
    }
    assert_eq!(found(replica, by_name("rossi")).await, Vec::<String>::new());
    world.close().await;
}

/// 45 customers named Berg, a third of whom have two words that begin with it, and more that come while somebody
/// turns the pages.
async fn each_customer_once_over_all_pages(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let mut times = BTreeMap::new();
    for number in 0..45 {
        let first_name = match number % 3 {
            0 => format!("Bergita{number}"),
            _ => format!("Karen{number}"),
        };
        times.insert(replica.created(create_named(&first_name, "Berg")).await.name, 0);
    }
    replica.created(create_named("Karen", "Stone")).await;

    let mut request = SearchCustomersRequest { page_size: 7, ..by_name("berg") };
    let (mut newcomers, mut pages) = (BTreeMap::new(), 0);
    loop {
        let page = replica.search(request.clone()).await.unwrap();
        assert!(page.customers.len() <= 7);
        for customer in page.customers {
            let seen = times.get_mut(&customer.name).or_else(|| newcomers.get_mut(&customer.name));
            *seen.expect("a Berg") += 1;
        }
        pages += 1;
        // One who is before the page and one who is after it, in whatever order there is.
        for last_name in ["Bergaa", "Bergzz"] {
            let newcomer = replica.created(create_named(&format!("New{pages}"), last_name)).await;
            newcomers.insert(newcomer.name, 0);
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
        assert!(pages < 50, "the pages come to an end");
    }
    assert!(times.values().all(|seen| *seen == 1), "each exactly once: {times:?}");
    assert!(newcomers.values().all(|seen| *seen <= 1), "none twice: {newcomers:?}");
    assert!(newcomers.values().any(|seen| *seen == 1), "some came in time");

    // Of two words the first narrows the second: a page may be short, but nobody is lost.
    let mut request = SearchCustomersRequest { page_size: 4, ..by_name("berg bergita") };
    let mut found = Vec::new();
    loop {
        let page = replica.search(request.clone()).await.unwrap();
        found.extend(page.customers.into_iter().map(|customer| customer.name));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(found.len(), 15);
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>().len(), 15);
    world.close().await;
}

async fn found_on_every_replica_the_moment_it_is_answered(engine: Engine) {
    let mut world = World::new(engine).await;
    if engine == Engine::Postgres {
        world.add_replica().await;
    }
    let replicas = world.replicas();
    let (here, there) = (&replicas[0], &replicas[replicas.len() - 1]);
    for number in 0..20 {
        let customer = here.created(create_named(&format!("Word{number}"), "Berg")).await;
        let request = by_name(&format!("word{number} berg"));
        assert_eq!(there.search(request).await.unwrap().customers, std::slice::from_ref(&customer));
        assert_eq!(there.read(&customer.name).await, customer);
        let mut change = customer;
        change.last_name = format!("Stone{number}");
        let changed = there.update(update(change, &["last_name"])).await.unwrap().customer.unwrap();
        let request = by_name(&format!("stone{number}"));
        assert_eq!(here.search(request).await.unwrap().customers, [changed]);
    }
    world.close().await;
}
