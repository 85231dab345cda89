//! Customers that headquarters has sent, put into the database as 1010 will.

use csu::{
    domain::{
        customer::{Address, Customer},
        field::{AddressField, CustomerField, Fields},
        id::RequestId,
        search,
    },
    runtime::{clock::SystemClock, ids},
};

use super::{Database, START};

/// A person with a final number and one address, none of which ever was async here.
pub struct Synced {
    /// Resource name.
    pub name: String,
    pub address_id: String,
}

pub async fn plant(database: &Database, number: &str, first_name: &str, last_name: &str) -> Synced {
    let request = ids::new_request_id(&SystemClock);
    let customer = customer(request, number, first_name, last_name);
    let address = Address {
        id: request.address_id(0),
        fields: Fields::from_iter([
            (AddressField::Purpose, "HOME".to_owned()),
            (AddressField::Street, "1 Synced Street".to_owned()),
            (AddressField::Country, "US".to_owned()),
        ]),
        created_at: START,
    };
    let customer = Customer { addresses: vec![address.clone()], ..customer };
    plant_base(database, &customer).await;
    let key = database.id(customer.id.0);
    for term in search::terms(&customer) {
        let (kind, text) = (term.kind.code(), literal(&term.text));
        database
            .execute(&format!("INSERT INTO customer_search VALUES ({kind}, {text}, {key})"))
            .await;
    }
    Synced { name: customer.id.resource_name(), address_id: address.id.to_string() }
}

/// The rows of a base alone: nobody finds it by a search.
pub async fn plant_base(database: &Database, customer: &Customer) {
    let alone = Customer { addresses: Vec::new(), ..customer.clone() };
    let json = |text: Result<String, _>| literal(&text.expect("JSON"));
    let (key, base) = (database.id(customer.id.0), json(serde_json::to_string(&alone)));
    database
        .execute(&format!("INSERT INTO customer (id, version, base) VALUES ({key}, 7, {base})"))
        .await;
    for address in &customer.addresses {
        let (id, base) = (database.id(address.id.0), json(serde_json::to_string(address)));
        let insert = "INSERT INTO address (customer_id, id, base) VALUES";
        database.execute(&format!("{insert} ({key}, {id}, {base})")).await;
    }
}

fn customer(request: RequestId, number: &str, first_name: &str, last_name: &str) -> Customer {
    Customer {
        id: request.customer_id(),
        account_number: Some(number.to_owned()),
        created_by: request,
        fields: Fields::from_iter(
            [
                (CustomerField::Type, "PERSON"),
                (CustomerField::FirstName, first_name),
                (CustomerField::LastName, last_name),
                (CustomerField::Language, "en-US"),
                (CustomerField::CustomerGroup, "30"),
                (CustomerField::Currency, "USD"),
                (CustomerField::ReceiptOption, "STANDARD"),
            ]
            .map(|(field, value)| (field, value.to_owned())),
        ),
        contacts: Vec::new(),
        primary_address: None,
        addresses: Vec::new(),
        created_at: START,
        updated_at: START,
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
